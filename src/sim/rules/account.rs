//! What the account may: how often, how much, and how it pays (R40, R48 to R51, R53, R64).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::sim::machine::described::{ChargeType, Described, InternetCharge};
use crate::sim::machine::network::Network;
use crate::sim::protocol::reply::Refusal;
use crate::sim::rules::Caller;
use crate::sim::world::World;
use crate::sim::world::instance::Instance;
use crate::sim::world::orders::{Order, OrderKind, Payment};

/// R48: so many downgrades in a calendar month and no more, counted over the account.
pub(crate) fn downgrade_is_left(world: &World, kind: OrderKind) -> Result<(), Refusal> {
    let Some(most) = world.settings.choices.downgrades_per_month else {
        return Ok(());
    };
    let this_month = month(world.now.wall);
    let taken = downgrades(world).filter(|order| month(order.created) == this_month);
    if kind != OrderKind::Downgrade || taken.count() < most as usize {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InstanceDowngrade.QuotaExceed",
        "The downgrades of this month are used up.",
    ))
}

/// R49: where it is so, a machine that went down stays as it is for the rest of its term.
pub(crate) fn is_not_frozen(world: &World, id: &str) -> Result<(), Refusal> {
    let freezes = world.settings.choices.freeze_after_downgrade;
    if !(freezes && downgrades(world).any(|order| order.instance == id)) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "OperationDenied",
        "The instance was downgraded and stays as it is for the rest of its billing period.",
    ))
}

fn downgrades(world: &World) -> impl Iterator<Item = &Order> {
    let all = world.orders.all();
    all.filter(|order| order.kind == OrderKind::Downgrade && order.payment == Payment::Paid)
}

/// The vendor's months begin in the zone of its bills.
fn month(moment: Timestamp) -> (i16, i8) {
    let zoned = moment.to_zoned(TimeZone::fixed(jiff::tz::offset(8)));
    (zoned.year(), zoned.month())
}

/// R51: a card that waits to be confirmed by its holder stops everything that may cost.
pub(crate) fn card_is_confirmed(world: &World) -> Result<(), Refusal> {
    if !world.settings.choices.card_unconfirmed {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "SecurityRisk.3DVerification",
        "The default card must be confirmed by the link that was sent by e-mail.",
    ))
}

/// R50: an account that is not charged on the spot orders with AutoPay=false.
pub(crate) fn cannot_pay_at_once() -> Refusal {
    Refusal::new(
        400,
        "InvalidPayMethod.SyncPaymentNotSupport",
        "The account cannot be charged on the spot.",
    )
}

/// R53: the fixed bandwidth of all pay-as-you-go machines of a region has a ceiling.
pub(crate) fn regional_sum_allows(
    world: &World,
    machine: &Described,
    wanted: Network,
    caller: Caller,
) -> Result<(), Refusal> {
    let most = i64::from(world.settings.choices.fixed_bandwidth_max);
    let held = fixed(machine.instance_charge_type, Network::of(machine));
    let asked = fixed(machine.instance_charge_type, wanted);
    if asked <= held {
        return Ok(());
    }
    let here = world.instances.values().map(|other| &other.truth);
    let here = here.filter(|other| other.region_id == machine.region_id);
    let sum: i64 = here
        .map(|it| fixed(it.instance_charge_type, Network::of(it)))
        .sum();
    if sum - held + asked <= most {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        caller.bandwidth_code("QuotaExceeded.InternetBandwidth"),
        "The fixed bandwidth of the pay-as-you-go instances of this region is used up.",
    ))
}

/// What a machine adds to the regional sum.
fn fixed(machine: ChargeType, network: Network) -> i64 {
    match (machine, network.charge) {
        (ChargeType::PostPaid, InternetCharge::PayByBandwidth) => network.out,
        (ChargeType::PostPaid | ChargeType::PrePaid, _) => 0,
    }
}

/// R64: what of the vCPU quota is used, by the pay-as-you-go machines of a place.
pub(crate) fn vcpus_in_use(world: &World, is_there: impl Fn(&Described) -> bool) -> u64 {
    let machines = world.instances.values().map(|instance| &instance.truth);
    machines
        .filter(|machine| machine.instance_charge_type == ChargeType::PostPaid)
        .filter(|machine| is_there(machine))
        .map(|machine| u64::from(machine.cpu))
        .sum()
}

/// R40: there is an address left in the region for a machine that has none.
pub(crate) fn an_address_is_left(
    world: &World,
    instance: &Instance,
    code: &str,
) -> Result<(), Refusal> {
    let Some(most) = world.settings.choices.public_addresses else {
        return Ok(());
    };
    let has_one = |machine: &Described| !machine.public_ip_address.ip_address.is_empty();
    let here = world.instances.values().map(|other| &other.truth);
    let here = here.filter(|other| other.region_id == instance.truth.region_id);
    let held = here.filter(|other| has_one(other)).count();
    if has_one(&instance.truth) || held < most as usize {
        return Ok(());
    }
    let message = "No public address is left in this region.";
    Err(Refusal::new(403, code, message))
}
