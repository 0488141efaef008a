//! ModifyInstanceSpec: the type or the bandwidth of a pay-as-you-go instance (section 2.1).

use crate::sim::network::{Network, inbound_for};
use crate::sim::operations::Call;
use crate::sim::operations::once::once;
use crate::sim::reply::{Fields, Refusal};
use crate::sim::rules::{Caller, common, network, spec};
use crate::sim::world::World;

/// The request, read.
struct Asked<'a> {
    id: &'a str,
    new_type: Option<&'a str>,
    out: Option<i64>,
    inbound: Option<i64>,
    dry_run: bool,
}

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let asked = Asked::read(call)?;
    once(world, call, |world| asked.change(world, call))
}

impl<'a> Asked<'a> {
    fn read(call: &'a Call<'_>) -> Result<Self, Refusal> {
        let params = call.params;
        if params.get("Temporary.InternetMaxBandwidthOut").is_some() {
            return Err(Refusal::invalid("Temporary", "is by invitation only"));
        }
        // R6: Async only says whether to wait for the answer, and no answer waits here.
        params.flag("Async")?;
        params.flag("AllowMigrateAcrossZone")?;
        let asked = Self {
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
        spec::is_pay_as_you_go(instance)?;
        common::nothing_ordered(world, self.id, Caller::Spec)?;
        common::has_rested(world, instance)?;
        match self.new_type {
            Some(target) => self.change_type(world, target),
            None => self.change_bandwidth(world),
        }
    }

    fn change_type(&self, world: &mut World, target: &str) -> Result<Fields, Refusal> {
        let instance = common::exists(world, self.id, None)?;
        spec::is_stopped(instance)?;
        spec::eip_allows_it(instance)?;
        spec::has_no_local_disk(instance, Caller::Spec)?;
        spec::is_not_on_a_dedicated_host(instance)?;
        spec::can_become(world, instance, target)?;
        spec::in_stock(world, target, &instance.truth.zone_id)?;
        spec::within_quota(world, instance, target)?;
        self.stop_here_if_dry()?;
        let delays = &world.settings.delays;
        let (hidden_for, now) = (delays.modify.0 + delays.lag.0, world.now.elapsed);
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
        network::has_no_eip(instance)?;
        network::inbound_fits(wanted, Caller::Spec)?;
        network::outbound_fits(world, &instance.truth, wanted)?;
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
