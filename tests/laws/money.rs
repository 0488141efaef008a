//! The laws of money, each tried on hundreds of fleets.

use proptest::prelude::*;
use respec::model::{Books, Budget, Currency, Funds};
use respec::plan::{Costs, Price, Ruling, bill, spend_limits};

use crate::fleets::fleet;
use crate::laws::config;
use crate::prices::money;
use crate::world::World;

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
