//! ModifyInstanceSpec: the type or the bandwidth of a pay-as-you-go instance.

use crate::sim::machine::network::{Network, inbound_for};
use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::rules::{Caller, account, attached, closed, common, network, spec};
use crate::sim::world::World;
use crate::sim::world::orders::{Migrate, Way};

use super::once::once;

/// The request, read.
struct Asked<'a> {
    id: &'a str,
    new_type: Option<&'a str>,
    out: Option<i64>,
    inbound: Option<i64>,
    dry_run: bool,
    migrate: Migrate,
}

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let asked = Asked::read(call)?;
    once(world, call, |world| asked.change(world, call))
}

impl<'a> Asked<'a> {
    fn read(call: &'a Call<'_>) -> Result<Self, Refusal> {
        let params = call.params;
        closed::no_temporary(params)?;
        closed::no_disks_and_modes(params, Caller::Spec)?;
        // R6: Async only says whether to wait for the answer, and no answer waits here.
        params.flag("Async")?;
        let asked = Self {
            migrate: migrate(params)?,
            id: params.required("InstanceId")?,
            new_type: params.get("InstanceType"),
            out: params.integer("InternetMaxBandwidthOut")?,
            inbound: params.integer("InternetMaxBandwidthIn")?,
            dry_run: params.flag("DryRun")? == Some(true),
        };
        spec::one_thing_at_a_time(asked.new_type, asked.out.or(asked.inbound))?;
        if let Some(out) = asked.out {
            network::outbound_in_spec_range(out)?;
        }
        Ok(asked)
    }

    fn change(&self, world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
        let instance = common::exists(world, self.id, call.params.get("RegionId"))?;
        common::not_locked_for_security(instance)?;
        common::not_expired(world, instance, Caller::Spec)?;
        common::account_not_in_arrears(world)?;
        account::card_is_confirmed(world)?;
        spec::is_pay_as_you_go(instance)?;
        common::nothing_ordered(world, self.id, Caller::Spec)?;
        common::has_rested(world, instance)?;
        match self.new_type {
            Some(target) => self.change_type(world, target, call.params),
            None => self.change_bandwidth(world),
        }
    }

    fn change_type(
        &self,
        world: &mut World,
        target: &str,
        params: &Params,
    ) -> Result<Fields, Refusal> {
        let instance = common::exists(world, self.id, None)?;
        common::nothing_booked(instance, Caller::Spec)?;
        spec::is_stopped(instance)?;
        spec::eip_allows_it(instance)?;
        spec::has_no_local_disk(instance, Caller::Spec)?;
        spec::is_not_on_a_dedicated_host(instance)?;
        attached::image_allows_it(instance, Caller::Spec)?;
        spec::can_become(world, instance, target, Caller::Spec)?;
        attached::fits(world, instance, target, Caller::Spec)?;
        attached::vpc_takes_it(world, instance, target)?;
        let way = Way {
            migrate: self.migrate,
            system_disk: attached::system_disk(world, params, instance, target, Caller::Spec)?,
        };
        spec::in_stock(world, target, &instance.truth.zone_id)?;
        spec::within_quota(world, instance, target)?;
        self.stop_here_if_dry()?;
        let delays = &world.settings.delays;
        let (hidden_for, now) = (delays.modify.0 + delays.lag.0, world.now.elapsed);
        world.move_house(self.id, target, &way, now);
        world.set_type(self.id, target, hidden_for, now);
        // R5: no order, so nothing but the request id comes back.
        Ok(Fields::new())
    }

    fn change_bandwidth(&self, world: &mut World) -> Result<Fields, Refusal> {
        let instance = common::exists(world, self.id, None)?;
        let held = Network::of(&instance.truth);
        let out = self.out.unwrap_or(held.out);
        let wanted = Network {
            out,
            inbound: self.inbound.unwrap_or_else(|| inbound_for(out)),
            ..held
        };
        spec::is_settled(instance)?;
        network::classic_is_stopped(instance, wanted)?;
        network::has_no_eip(instance)?;
        network::has_public_network(world, instance, wanted, Caller::Spec)?;
        network::inbound_fits(wanted, Caller::Spec)?;
        network::outbound_fits(world, &instance.truth, wanted, Caller::Spec)?;
        account::regional_sum_allows(world, &instance.truth, wanted, Caller::Spec)?;
        self.stop_here_if_dry()?;
        world.set_network(self.id, wanted, world.now.elapsed);
        Ok(Fields::new())
    }

    /// R7: a dry run that passes every check ends in an error code of its own.
    fn stop_here_if_dry(&self) -> Result<(), Refusal> {
        if self.dry_run {
            return Err(Refusal::dry_run_passed("DryRunOperation"));
        }
        Ok(())
    }
}

/// R68; the documents name this parameter's own code.
fn migrate(params: &Params) -> Result<Migrate, Refusal> {
    let name = "AllowMigrateAcrossZone";
    match params.flag(name) {
        Ok(Some(true)) => Ok(Migrate::Yes),
        Ok(Some(false) | None) => Ok(Migrate::No),
        Err(_) => Err(Refusal::new(
            400,
            "InvalidParameter.AllowMigrateAcrossZone",
            "AllowMigrateAcrossZone is neither true nor false.",
        )),
    }
}
