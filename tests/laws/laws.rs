//! The laws of the planner, each tried on hundreds of fleets.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseResult};
use respec::diff::changes;
use respec::model::{
    BillingMethod, Crowd, InstanceId, InstanceStatus, ModifyCall, Offers, OrderId, OrderOwner,
    PaymentStatus, Power, Share, StoppedMode, Unit, UpgradeOrder, VcpuQuota,
};
use respec::plan::{
    Action, Because, Goal, Held, Planned, Saga, Step, StepGraph, Undo, check, check_courses,
};

use crate::fleets::fleet;
use crate::little_cloud::LittleCloud;
use crate::world::{World, region, vcpus};

/// Policies that may stand where a vendor's rule number would.
const POLICIES: [&str; 20] = [
    "before_stop",
    "health",
    "after_start",
    "auto-release",
    "unreadable",
    "power",
    "prepaid_upgrade",
    "payment: auto",
    "payment: await",
    "payment: api",
    "temporary_bandwidth",
    "open-run",
    "vanished",
    "after",
    "protect",
    "managed",
    "spot",
    "max_unavailable",
    "max_outage",
    "found-stopped",
];

/// How many fleets (a quarter of what `PROPTEST_CASES` says, 64 when unsaid), and where the seeds of
/// failures are kept.
pub(crate) fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    let seeds = FileFailurePersistence::Direct("tests/laws/regressions.txt");
    ProptestConfig {
        cases: (usual.cases / 4).max(1),
        failure_persistence: Some(Box::new(seeds)),
        ..usual
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_same_input_gives_the_same_bytes(fleet in fleet()) {
        let world = World::of(&fleet);
        let other = turned_around(&world);
        prop_assert_eq!(world.saved().seal(), world.saved().seal());
        prop_assert_eq!(world.saved().seal(), other.saved().seal());
    }

    #[test]
    fn every_machine_is_answered_for_exactly_once(fleet in fleet()) {
        let world = World::of(&fleet);
        let planned = world.plan();
        let sheet = &planned.account;
        for id in world.desired.instances.keys() {
            let places = [
                planned.sagas.contains_key(id),
                sheet.blocked.contains_key(id),
                sheet.unchanged.contains(id),
                sheet.left_out.contains(id),
            ];
            let n = places.iter().filter(|there| **there).count();
            prop_assert_eq!(n, 1, "{} is in {:?}", id, places);
        }
        let n = planned.sagas.len() + sheet.blocked.len() + sheet.unchanged.len() + sheet.left_out.len();
        prop_assert_eq!(n, world.desired.instances.len());
    }

    #[test]
    fn what_is_called_unchanged_is_as_wanted(fleet in fleet()) {
        let world = World::of(&fleet);
        for id in &world.plan().account.unchanged {
            let left = changes(&world.desired.instances[id].spec, &world.observed.instances[id]);
            prop_assert!(left.is_empty(), "{}: {:?}", id, left);
        }
    }

    #[test]
    fn a_note_is_about_a_machine_that_is_left_or_changed_and_never_blocked(fleet in fleet()) {
        let planned = World::of(&fleet).plan();
        for note in &planned.account.notes {
            prop_assert!(!planned.account.blocked.contains_key(&note.instance), "{:?}", note);
        }
    }

    #[test]
    fn own_plans_pass_the_check(fleet in fleet()) {
        let world = World::of(&fleet);
        let planned = world.plan();
        let mut objections = check(&world.desired, &planned.sagas);
        objections.extend(check_courses(&world.desired, &planned.sagas, &planned.courses));
        prop_assert!(objections.is_empty(), "{:?}", objections);
    }

    /// However the groups wait for each other: taken batch by batch, somebody may always begin.
    #[test]
    fn batches_and_waits_never_hold_each_other(fleet in fleet(), sizes in proptest::collection::vec(1..4u32, 1..4)) {
        let mut fleet = fleet;
        for rollout in fleet.rollouts.iter_mut().chain([&mut fleet.ungrouped]) {
            rollout.batches.sizes = sizes.iter().copied().map(Share::Count).collect();
        }
        let planned = World::of(&fleet).plan();
        let mut left: BTreeSet<&InstanceId> = planned.sagas.keys().collect();
        while !left.is_empty() {
            let free = left.iter().find(|id| may_begin(&planned, &left, id));
            let free = free.copied();
            prop_assert!(free.is_some(), "nobody may begin of {:?}", left);
            left.retain(|id| Some(*id) != free);
        }
    }

    #[test]
    fn the_cloud_takes_every_step_and_shows_its_goals(fleet in fleet()) {
        let world = World::of(&fleet);
        for (id, saga) in &world.plan().sagas {
            let mut cloud = LittleCloud::with(world.observed.instances[id].clone());
            for (position, step) in saga.steps.iter().enumerate() {
                takes(&mut cloud, step).map_err(|why| {
                    TestCaseError::fail(format!("{id} step {position}: {why}\n{saga:#?}"))
                })?;
            }
        }
    }

    /// But for orders that the balance did not cover, or that stood beside others in another currency:
    /// once those others are paid, they may be within reach, and their way out says to plan again. So are
    /// those who wait for such a one, or for the place it keeps while it is down.
    #[test]
    fn after_the_plan_nothing_is_left_to_plan(fleet in fleet()) {
        let mut world = World::of(&fleet);
        let first = world.plan();
        carry_out(&mut world);
        let mut again = world.plan();
        again.sagas.retain(|id, _| !may_come_within_reach(&first, id));
        if let Some(saga) = again.sagas.values().next() {
            let wish = &world.desired.instances[&saga.instance];
            prop_assert!(false, "{:#?}\nwish {:#?}", saga, wish);
        }
    }

    #[test]
    fn nothing_is_changed_back_behind_what_is_final(fleet in fleet()) {
        for saga in World::of(&fleet).plan().sagas.values() {
            let first_final = saga.steps.iter().position(Step::is_pivot);
            let behind = &saga.steps[first_final.unwrap_or(saga.steps.len())..];
            let undone = behind.iter().any(|step| matches!(step.undo, Undo::By(Action::Modify(_))));
            prop_assert!(!undone, "{:#?}", saga);
        }
    }

    #[test]
    fn every_step_answers_for_itself(fleet in fleet()) {
        for saga in World::of(&fleet).plan().sagas.values() {
            for step in &saga.steps {
                answers_for_itself(saga, step)?;
            }
        }
    }

    #[test]
    fn every_refusal_names_its_rule_and_the_way_out(fleet in fleet()) {
        let planned = World::of(&fleet).plan();
        for blocked in planned.account.blocked.values() {
            is_a_reason(&blocked.because)?;
            prop_assert!(!blocked.way_out.is_empty());
        }
        for note in &planned.account.notes {
            is_a_reason(&note.because)?;
        }
    }

    #[test]
    fn an_outage_keeps_its_place_is_short_and_ends(fleet in fleet()) {
        let world = World::of(&fleet);
        for (id, saga) in &world.plan().sagas {
            let wish = &world.desired.instances[id];
            let ends_up = match wish.spec.power {
                Some(Power::Running) => true,
                Some(Power::Stopped) => false,
                Some(Power::Keep) | None => saga.was_running,
            };
            let mut cloud = LittleCloud::with(world.observed.instances[id].clone());
            let mut outage = Duration::ZERO;
            for step in &saga.steps {
                cloud.carry_out(step).map_err(TestCaseError::fail)?;
                outage += step.downtime;
                prop_assert!(outage <= wish.change.max_outage, "{:#?}", saga);
                if step.action == Action::Start {
                    outage = Duration::ZERO;
                }
                if step.undo == Undo::By(Action::Start) {
                    let keep = Action::Stop { mode: StoppedMode::KeepCharging };
                    prop_assert_eq!(&step.action, &keep);
                }
            }
            prop_assert_eq!(cloud.machine.status == InstanceStatus::Running, ends_up);
        }
    }

    #[test]
    fn a_machine_held_down_never_waits_for_a_person_or_a_clock(fleet in fleet()) {
        for saga in World::of(&fleet).plan().sagas.values() {
            let mut held = false;
            for step in &saga.steps {
                held |= step.undo == Undo::By(Action::Start);
                held &= step.action != Action::Start;
                let waits = step.action == Action::CoolDown || step.waits_for_payment();
                prop_assert!(!(held && waits), "{:#?}", saga);
            }
        }
    }

    #[test]
    fn changes_of_one_machine_keep_their_distance_and_orders_say_who_pays(fleet in fleet()) {
        for saga in World::of(&fleet).plan().sagas.values() {
            let mut rested = true;
            for step in &saga.steps {
                match &step.action {
                    Action::Modify(call) => {
                        prop_assert!(rested, "{:#?}", saga);
                        rested = false;
                        says_who_pays(saga.billing, call)?;
                        changes_one_thing(step)?;
                    }
                    Action::CoolDown => rested = true,
                    Action::Stop { .. }
                    | Action::Start
                    | Action::AwaitOrder
                    | Action::PayOrder
                    | Action::AllocatePublicIp
                    | Action::RunHook { .. }
                    | Action::AskOffer(_)
                    | Action::AwaitHealth(_) => {}
                }
            }
        }
    }

    #[test]
    fn a_run_can_follow_the_graph_from_end_to_end(fleet in fleet()) {
        let sagas = World::of(&fleet).plan().sagas;
        let graph = StepGraph::build(&sagas).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let order = graph.order();
        for (position, node) in order.iter().enumerate() {
            let before: BTreeSet<_> = order[..position].iter().collect();
            for need in graph.needs(node) {
                prop_assert!(before.contains(&need), "{} before {}", node, need);
            }
        }
    }

    #[test]
    fn a_plan_never_adds_more_vcpus_than_are_left(fleet in fleet(), left in 0..40u64) {
        let mut world = World::of(&fleet);
        let quota = VcpuQuota { max: 1000, used: 1000 - left };
        world.limits.vcpus.insert(region(), Ok(quota));
        let (free, kept) = (World::of(&fleet).plan(), world.plan());
        let added: u64 = kept.sagas.values().map(|saga| added_vcpus(&world, saga)).sum();
        prop_assert!(added <= left, "{} of {}", added, left);
        for (id, saga) in &free.sagas {
            let blocked = kept.account.blocked.get(id);
            let by = blocked.map(|blocked| blocked.because.rule.as_str());
            let adds = added_vcpus(&world, saga);
            // Whoever adds nothing is not in the way, and whoever fits alone would fit first; who stays down keeps a place.
            prop_assert!(by != Some("R64") || adds > 0, "{}", id);
            prop_assert!(kept.sagas.contains_key(id) || matches!(by, Some("R64" | "after" | "max_unavailable")), "{}", id);
        }
    }

    #[test]
    fn nobody_waits_for_a_place_that_never_becomes_free(fleet in fleet()) {
        let world = World::of(&fleet);
        let planned = world.plan();
        for saga in planned.sagas.values().filter(|saga| saga.has_outage()) {
            let crowd = saga.crowd();
            let (meant, down) = stay_down(&world, &planned, &crowd);
            let limit = world.desired.rollout_of_crowd(&crowd).max_unavailable.of(meant);
            prop_assert!(down < limit, "{} of {} are down, {} may be: {:#?}", down, meant, limit, saga);
        }
    }

    #[test]
    fn what_waits_for_a_blocked_machine_is_blocked(fleet in fleet()) {
        let world = World::of(&fleet);
        let planned = world.plan();
        for saga in planned.sagas.values() {
            for unit in &saga.after {
                prop_assert!(!is_blocked(&world, &planned, unit), "{} waits for {:?}", saga.name, unit);
            }
        }
    }
}

/// How many of a crowd are meant to run, and how many of those are down and started by nobody.
fn stay_down(world: &World, planned: &Planned, crowd: &Crowd) -> (usize, usize) {
    let (mut meant, mut down) = (0, 0);
    for (id, wish) in &world.desired.instances {
        let Some(seen) = world.observed.instances.get(id) else {
            continue;
        };
        let is_down = seen.status == InstanceStatus::Stopped;
        let runs = match wish.spec.power {
            Some(Power::Running) => true,
            Some(Power::Stopped) => false,
            Some(Power::Keep) | None => !is_down,
        };
        let starts = |saga: &Saga| saga.steps.iter().any(|step| step.action == Action::Start);
        let is_started = world.busy.contains_key(id) || planned.sagas.get(id).is_some_and(starts);
        if runs && wish.crowd() == *crowd {
            meant += 1;
            down += usize::from(is_down && !is_started);
        }
    }
    (meant, down)
}

/// The most a change of type adds to the vCPUs of pay-as-you-go machines.
fn added_vcpus(world: &World, saga: &Saga) -> u64 {
    let is = vcpus(&world.observed.instances[&saga.instance].instance_type);
    let will = saga.target_type().map_or(is, vcpus);
    match saga.billing {
        BillingMethod::PostPaid => u64::from(will.saturating_sub(is)),
        BillingMethod::PrePaid => 0,
    }
}

/// The same world, with everything put in from the other end.
fn turned_around(world: &World) -> World {
    let mut other = world.clone();
    other.offers = Offers::default();
    let mut instances: Vec<_> = std::mem::take(&mut other.observed.instances)
        .into_iter()
        .collect();
    instances.reverse();
    for (id, machine) in instances {
        other.observed.instances.insert(id, machine);
    }
    let mut wishes: Vec<_> = std::mem::take(&mut other.desired.instances)
        .into_iter()
        .collect();
    wishes.rotate_left(1);
    other.desired.instances.extend(wishes);
    other.answer();
    other
}

/// Whether it was blocked for the want of money alone, or behind somebody who was: once others of the same
/// plan are paid, what is left of the balance may be enough.
fn may_come_within_reach(planned: &Planned, id: &InstanceId) -> bool {
    let rule = |id: &InstanceId| {
        let blocked = planned.account.blocked.get(id);
        blocked.map(|blocked| blocked.because.rule.as_str())
    };
    let unpaid = |id: &InstanceId| matches!(rule(id), Some("payment: auto" | "payment: api"));
    let together_too_much = matches!(
        planned.account.money.held,
        Some(Held::FundsTooSmall { .. } | Held::OtherCurrency { .. })
    );
    let behind = matches!(rule(id), Some("after" | "max_unavailable"));
    together_too_much && (unpaid(id) || behind && planned.account.blocked.keys().any(unpaid))
}

/// Carries every saga out, and asks the cloud again what can become of the machines.
pub(crate) fn carry_out(world: &mut World) {
    for (id, saga) in world.plan().sagas {
        let mut cloud = LittleCloud::with(world.observed.instances[&id].clone());
        for step in &saga.steps {
            cloud.carry_out(step).unwrap();
        }
        let bought = cloud.bought.map(|upgrade| UpgradeOrder {
            order: OrderId::new("210").unwrap(),
            owner: OrderOwner::Ours,
            payment: PaymentStatus::Paid,
            start: Some(upgrade.start),
            end: Some(upgrade.end),
            max_bandwidth_out: Some(upgrade.max_bandwidth_out),
            base: None,
        });
        let known = world.books.upgrades.entry(id.clone()).or_default();
        known.extend(bought);
        world.observed.instances.insert(id, cloud.machine);
    }
    world.answer();
}

/// One step between the looks that frame it.
fn takes(cloud: &mut LittleCloud, step: &Step) -> Result<(), String> {
    if let Some(difference) = step.before.first_difference(&cloud.machine) {
        return Err(format!("before it, {difference:?}"));
    }
    cloud.carry_out(step)?;
    if step.is_finished_by_its_answer() {
        return Ok(());
    }
    if step.after.temporary.is_some() {
        let is_bought = step.after.temporary == cloud.bought;
        return is_bought
            .then_some(())
            .ok_or_else(|| "after it, nothing is bought".to_owned());
    }
    match step.after.first_difference(&cloud.machine) {
        Some(difference) => Err(format!("after it, {difference:?}")),
        None => Ok(()),
    }
}

fn is_a_reason(because: &Because) -> TestCaseResult {
    let number = because
        .rule
        .strip_prefix('R')
        .and_then(|n| n.parse::<u32>().ok());
    let known =
        number.is_some_and(|n| (1..=72).contains(&n)) || POLICIES.contains(&because.rule.as_str());
    prop_assert!(known, "{:?}", because);
    prop_assert!(
        !because.why.is_empty() && !because.why.ends_with('.'),
        "{:?}",
        because
    );
    Ok(())
}

fn answers_for_itself(saga: &Saga, step: &Step) -> TestCaseResult {
    prop_assert!(!step.because.is_empty());
    for because in &step.because {
        is_a_reason(because)?;
    }
    let looks = step.after != Goal::default() || step.action == Action::CoolDown;
    prop_assert!(looks, "nothing shows that this was done: {:?}", step);
    match (&step.undo, &step.action) {
        (Undo::By(Action::Start), Action::Stop { .. }) => {}
        (Undo::By(Action::Modify(ModifyCall::Spec(back))), Action::Modify(ModifyCall::Spec(_))) => {
            prop_assert_eq!(
                Some(&back.instance_type),
                step.before.instance_type.as_ref()
            );
        }
        (Undo::By(_), _) => prop_assert!(false, "undone by something else: {:?}", step),
        (Undo::Never { why }, _) => prop_assert!(!why.is_empty()),
        // What has to be paid first is final only then.
        (Undo::Nothing, Action::Modify(ModifyCall::Prepay(_)))
            if step.is_finished_by_its_answer() => {}
        (Undo::Nothing, Action::AwaitOrder | Action::PayOrder) => {
            prop_assert!(false, "a payment can be taken back: {:?}", step);
        }
        (Undo::Nothing, Action::Modify(ModifyCall::Spec(_) | ModifyCall::Prepay(_))) => {
            prop_assert!(false, "a type is left as it came out: {:?}", step);
        }
        (Undo::Nothing, _) => {}
    }
    prop_assert_eq!(saga.changes.is_empty(), false);
    Ok(())
}

fn says_who_pays(billing: BillingMethod, call: &ModifyCall) -> TestCaseResult {
    let is_order = billing == BillingMethod::PrePaid;
    prop_assert_eq!(call.makes_order(), is_order, "{:?}", call);
    Ok(())
}

/// R3: never the type and the bandwidth in one call.
fn changes_one_thing(step: &Step) -> TestCaseResult {
    let goal = &step.after;
    let network = goal.charge_type.is_some()
        || goal.max_bandwidth_out.is_some()
        || goal.max_bandwidth_in.is_some()
        || goal.public_ip.is_some()
        || goal.temporary.is_some();
    prop_assert!(goal.instance_type.is_some() != network, "{:?}", step);
    Ok(())
}

fn is_blocked(world: &World, planned: &Planned, unit: &Unit) -> bool {
    let blocked = |id: &InstanceId| planned.account.blocked.contains_key(id);
    match unit {
        Unit::Instance(id) => blocked(id),
        Unit::Group(name) => {
            let group = world.desired.groups.get(name);
            group.is_some_and(|group| group.members.iter().any(blocked))
        }
    }
}

/// Nothing it waits for is left, nor any machine of an earlier batch.
fn may_begin(planned: &Planned, left: &BTreeSet<&InstanceId>, id: &InstanceId) -> bool {
    let saga = &planned.sagas[id];
    let waits = saga.after.iter().any(|unit| match unit {
        Unit::Instance(other) => left.contains(other),
        Unit::Group(name) => left
            .iter()
            .any(|other| planned.sagas[*other].group.as_ref() == Some(name)),
    });
    let mut earlier = planned
        .courses
        .iter()
        .filter(|course| course.crowd == saga.crowd())
        .flat_map(|course| &course.batches)
        .take_while(|batch| !batch.contains(id))
        .flatten();
    let in_a_batch = planned
        .courses
        .iter()
        .any(|course| course.batches.iter().any(|batch| batch.contains(id)));
    !waits && (!in_a_batch || !earlier.any(|other| left.contains(other)))
}
