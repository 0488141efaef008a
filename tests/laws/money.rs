//! The laws of money, each tried on hundreds of fleets.

use proptest::prelude::*;
use respec::model::{Books, Budget, Currency, Funds, InstanceId, Payment, PrepaidUpgrade};
use respec::plan::{Costs, Price, Ruling, bill, spend_limits};

use crate::fleets::{After, fleet, plain};
use crate::laws::{carry_out, config};
use crate::prices::money;
use crate::world::{World, id, type_name};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_bill_is_the_sum_of_its_parts(fleet in fleet()) {
        let planned = World::of(&fleet).plan();
        let bill = bill(&planned.sagas);
        prop_assert_eq!(&planned.account.money.bill, &bill);
        let mut machines = Costs::default();
        let mut groups = Costs::default();
        for (id, costs) in &bill.machines {
            prop_assert_eq!(costs, &Costs::of(&planned.sagas[id].steps));
            machines.add(costs);
            if planned.sagas[id].group.is_none() {
                groups.add(costs);
            }
        }
        bill.groups.values().for_each(|costs| groups.add(costs));
        prop_assert_eq!(&machines, &bill.total);
        prop_assert_eq!(&groups, &bill.total);
    }

    #[test]
    fn one_unknown_price_makes_every_sum_it_is_in_unknown(fleet in fleet()) {
        let planned = World::of(&fleet).plan();
        let steps = || planned.sagas.values().flat_map(|saga| &saga.steps);
        let unknown = steps().filter(|step| step.price == Price::Unknown).count();
        let now = bill(&planned.sagas).total.now;
        prop_assert_eq!(now.unknown, unknown);
        prop_assert_eq!(now.parts, steps().filter(|step| {
            step.price == Price::Unknown || step.price.cap().is_some()
        }).count());
        prop_assert!(unknown == 0 || now.exact().is_none());
    }

    #[test]
    fn an_upgrade_never_costs_less_than_nothing_and_a_refund_never_more(fleet in fleet()) {
        for saga in World::of(&fleet).plan().sagas.values() {
            for step in &saga.steps {
                prop_assert!(step.price.cap().is_none_or(|cap| !cap.is_refund()), "{:?}", step);
                if let Price::Refund(Some(estimate)) = &step.price {
                    prop_assert!(!estimate.is_refund(), "{:?}", step);
                }
                let makes_order = step.order_call().is_some();
                prop_assert_eq!(makes_order, step.price != Price::NoOrder, "{:?}", step);
            }
        }
    }

    #[test]
    fn nothing_is_paid_unseen_or_beyond_the_balance(fleet in fleet()) {
        let world = World::of(&fleet);
        let planned = world.plan();
        let by_itself = bill(&planned.sagas).total.by_itself;
        if by_itself.is_empty() {
            return Ok(());
        }
        let sum = by_itself.exact().expect("what is paid by itself is known, in one currency");
        match &world.books.funds {
            Funds::Known(funds) => prop_assert!(sum.compare(funds).unwrap().is_le()),
            Funds::Unasked | Funds::Unknown(_) => prop_assert!(false, "paid from nobody knows what"),
        }
        prop_assert_eq!(planned.account.money.held, None);
    }

    #[test]
    fn without_prices_nothing_is_paid_by_itself_and_the_same_machines_change(fleet in fleet()) {
        let world = World::of(&fleet);
        let mut blind = world.clone();
        blind.books = Books::default();
        let planned = blind.plan();
        prop_assert!(bill(&planned.sagas).total.by_itself.is_empty());
        for id in planned.sagas.keys() {
            prop_assert!(world.plan().sagas.contains_key(id), "{} changes only unseen", id);
        }
    }

    #[test]
    fn a_wider_budget_never_breaks_what_a_narrower_one_allows(
        fleet in fleet(), narrow in 0..30_000u32, more in 0..30_000u32,
    ) {
        let mut world = World::of(&fleet);
        let mut rulings = |limit: u32| {
            world.desired.budget = Some(Budget {
                currency: Currency::new("CNY").unwrap(),
                max_spend_per_apply: Some(money(limit, "CNY")),
                max_monthly_increase: Some(money(limit, "CNY")),
            });
            spend_limits(&world.saved(), None)
        };
        let (narrow, wide) = (rulings(narrow), rulings(narrow + more));
        prop_assert_eq!((narrow.len(), wide.len()), (2, 2));
        for (narrow, wide) in narrow.iter().zip(&wide) {
            let holds = |ruling| ruling == Ruling::Holds;
            prop_assert!(!holds(narrow.ruling) || holds(wide.ruling), "{:?} {:?}", narrow, wide);
            prop_assert!(!holds(wide.ruling) || wide.planned.unknown == 0, "{:?}", wide);
            let foreign = wide.planned.known().any(|m| m.currency().as_str() != "CNY" && !m.is_zero());
            prop_assert!(!holds(wide.ruling) || !foreign, "{:?}", wide);
        }
    }
}

#[test]
fn what_the_balance_did_not_cover_is_planned_once_the_rest_is_paid() {
    let mut fleet = plain();
    let mut web = fleet.machines.remove(0);
    let mut db = fleet.machines.remove(0);
    db.wish.payment = Payment::Auto;
    let mut dear = db.clone();
    db.seen.id = id(0);
    db.wish.spec.instance_type = Some(type_name("ecs.g7.large"));
    db.wish.change.prepaid_upgrade = PrepaidUpgrade::Offline;
    dear.wish.spec.instance_type = Some(type_name("ecs.g7.2xlarge"));
    web.seen.id = id(2);
    web.wish.after = Some(After::Machine(0));
    fleet.machines = vec![db, dear, web];
    let mut world = World::of(&fleet);
    world.books.funds = Funds::Known(money(15_900, "CNY"));

    // 15,800 and 200: too much together, and nobody waits for a person while it is down.
    let first = world.plan();
    let blocked = first.account.blocked.values();
    let rules: Vec<&str> = blocked.map(|it| it.because.rule.as_str()).collect();
    assert_eq!(rules, ["payment: auto", "after"]);
    carry_out(&mut world);
    let planned: Vec<InstanceId> = world.plan().sagas.into_keys().collect();
    assert_eq!(planned, [id(0), id(2)]);
}
