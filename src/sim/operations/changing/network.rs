//! ModifyInstanceNetworkSpec: bandwidth, network billing and public address.

use crate::sim::machine::described::InternetCharge;
use crate::sim::machine::network::{Network, inbound_for};
use crate::sim::operations::billing::payment::{AutoPay, Wanted};
use crate::sim::operations::{Call, permission};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::rules::temporary::Span;
use crate::sim::rules::{Caller, account, attached, closed, common, network, prepay, temporary};
use crate::sim::world::World;
use crate::sim::world::instance::Instance;
use crate::sim::world::orders::{Change, OrderKind};

use super::once::once;

/// The request, read.
struct Asked<'a> {
    id: &'a str,
    out: Option<i64>,
    inbound: Option<i64>,
    charge: Option<InternetCharge>,
    allocate: Allocate,
    auto_pay: AutoPay,
    temporary: Option<Span>,
}

/// R25: whether a pay-as-you-go machine is to be given an address along with its bandwidth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allocate {
    Yes,
    No,
}

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let asked = Asked::read(call)?;
    once(world, call, |world| asked.change(world, call))
}

impl<'a> Asked<'a> {
    fn read(call: &'a Call<'_>) -> Result<Self, Refusal> {
        let params = call.params;
        closed::no_line(params, params.integer("InternetMaxBandwidthOut")?)?;
        let allocate = match params.flag("AllocatePublicIp")? {
            Some(true) => Allocate::Yes,
            Some(false) | None => Allocate::No,
        };
        Ok(Self {
            id: params.required("InstanceId")?,
            out: params.integer("InternetMaxBandwidthOut")?,
            inbound: params.integer("InternetMaxBandwidthIn")?,
            charge: charge_type(params.get("NetworkChargeType"))?,
            allocate,
            auto_pay: AutoPay::read(params)?,
            temporary: temporary::read(params)?,
        })
    }

    /// What the machine would have; what was not written stays as it is (open point 8).
    fn wanted(&self, instance: &Instance) -> Network {
        let held = Network::of(&instance.truth);
        let out = self.out.unwrap_or(held.out);
        let inbound = match (self.inbound, self.out) {
            (Some(inbound), _) => inbound,
            (None, Some(out)) => inbound_for(out),
            (None, None) => held.inbound,
        };
        Network {
            charge: self.charge.unwrap_or(held.charge),
            out,
            inbound,
        }
    }

    fn change(&self, world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
        let instance = common::exists(world, self.id, call.params.get("RegionId"))?;
        let wanted = self.wanted(instance);
        common::not_locked_for_security(instance)?;
        common::not_expired(world, instance, Caller::Network)?;
        common::account_not_in_arrears(world)?;
        account::card_is_confirmed(world)?;
        common::is_no_starter_package(instance)?;
        account::is_not_frozen(world, self.id)?;
        common::nothing_ordered(world, self.id, Caller::Network)?;
        common::nothing_unpaid_anywhere(world)?;
        common::no_temporary_upgrade(instance)?;
        common::nothing_underway(world, instance)?;
        common::has_rested(world, instance)?;
        network::is_settled(instance)?;
        network::classic_is_stopped(instance, wanted)?;
        self.has_no_eip(instance)?;
        network::has_no_port_maps(instance)?;
        network::has_public_network(world, instance, wanted, Caller::Network)?;
        attached::image_allows_it(instance, Caller::Network)?;
        network::outbound_fits(world, &instance.truth, wanted, Caller::Network)?;
        network::inbound_fits(wanted, Caller::Network)?;
        account::regional_sum_allows(world, &instance.truth, wanted, Caller::Network)?;
        if self.allocate == Allocate::Yes {
            network::address_has_bandwidth(wanted)?;
        }
        let gets_address = self.allocate == Allocate::Yes || instance.is_prepaid();
        if gets_address && wanted.out > 0 {
            account::an_address_is_left(world, instance, NO_ADDRESS)?;
        }
        match (&self.temporary, instance.is_prepaid()) {
            (Some(span), _) => self.order_for_a_while(world, call, *span, wanted),
            (None, true) => self.order(world, call, wanted),
            (None, false) => self.apply(world, wanted),
        }
    }

    /// R27; a temporary upgrade has a code of its own for it.
    fn has_no_eip(&self, instance: &Instance) -> Result<(), Refusal> {
        if self.temporary.is_some() && instance.has_eip() {
            return Err(Refusal::new(
                400,
                "BandwidthUpgradeDenied.EipBoundInstance",
                "An instance with an EIP has no bandwidth of its own to upgrade.",
            ));
        }
        network::has_no_eip(instance)
    }

    /// R32, R37: pay-as-you-go, the change is made at once and no order comes of it.
    fn apply(&self, world: &mut World, wanted: Network) -> Result<Fields, Refusal> {
        let now = world.now.elapsed;
        world.set_network(self.id, wanted, now);
        if self.allocate == Allocate::Yes {
            world.allocate_address(self.id, now);
        }
        Ok(Fields::new())
    }

    fn order(
        &self,
        world: &mut World,
        call: &Call<'_>,
        wanted: Network,
    ) -> Result<Fields, Refusal> {
        let instance = common::exists(world, self.id, None)?;
        let from = Network::of(&instance.truth).price_hour();
        let hours = prepay::term_hours(instance, world.now);
        let kind = prepay::direction(from, wanted.price_hour());
        account::downgrade_is_left(world, kind)?;
        permission::may_order(call, kind, self.auto_pay)?;
        let auto_pay = match kind {
            OrderKind::Downgrade => AutoPay::Yes,
            OrderKind::Upgrade
            | OrderKind::TempUpgrade
            | OrderKind::Convert
            | OrderKind::Refund => self.auto_pay,
        };
        let wanted = Wanted {
            kind,
            amount: prepay::amount(from, wanted.price_hour(), hours),
            others: Vec::new(),
            change: Change::Network(wanted),
        };
        world.place_order(self.id, wanted, auto_pay, Caller::Network)
    }

    /// R30: a temporary upgrade, for subscriptions that pay by bandwidth.
    fn order_for_a_while(
        &self,
        world: &mut World,
        call: &Call<'_>,
        span: Span,
        wanted: Network,
    ) -> Result<Fields, Refusal> {
        let instance = common::exists(world, self.id, None)?;
        temporary::is_offered(instance, wanted)?;
        temporary::fits(instance, span, wanted, world.now)?;
        permission::may_order(call, OrderKind::TempUpgrade, self.auto_pay)?;
        let from = Network::of(&instance.truth).price_hour();
        let wanted = Wanted {
            kind: OrderKind::TempUpgrade,
            amount: prepay::amount(from, wanted.price_hour(), span.hours()),
            others: Vec::new(),
            change: Change::Upgrade {
                out: wanted.out,
                from: span.from,
                until: span.until,
            },
        };
        world.place_order(self.id, wanted, self.auto_pay, Caller::Network)
    }
}

/// R40: what this call says when no address is left.
const NO_ADDRESS: &str = "InvalidOperation.PublicIpAddressNoStock";

/// R34: the two ways of paying for traffic.
fn charge_type(text: Option<&str>) -> Result<Option<InternetCharge>, Refusal> {
    let Some(text) = text else {
        return Ok(None);
    };
    let charge = InternetCharge::parse(text).ok_or_else(|| {
        Refusal::new(
            400,
            "InvalidInternetChargeType.ValueNotSupported",
            "NetworkChargeType is neither PayByBandwidth nor PayByTraffic.",
        )
    })?;
    Ok(Some(charge))
}
