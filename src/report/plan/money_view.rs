//! A plan's money sorted for reading: who pays what, when it is paid again, which limits hold.
//!
//! Made for a terminal and for a pull request alike; they differ in how they draw it.

use std::collections::BTreeMap;

use crate::model::{AutoRenew, Funds, Money, Pricing};
use crate::plan::{Costs, Ruling, Saga, SavedPlan, SpendLimit, Sum, spend_limits};
use crate::report::words::{count, terminal};

use super::prices::{limit_words, signed, sum_words};

/// One row of the table: who, to pay now, money back, more or less by the month.
pub(super) struct Row {
    /// A machine or a group; text of others, to be made safe.
    pub(super) who: String,
    /// To pay now, to get back, each month.
    pub(super) cells: [String; 3],
}

/// What the columns are called.
pub(super) const COLUMNS: [&str; 3] = ["now", "back", "a month"];

/// The columns that have something to say.
pub(super) fn used(rows: &[Row]) -> Vec<usize> {
    let says = |n: &usize| rows.iter().any(|row| row.cells[*n] != NOTHING);
    (0..COLUMNS.len()).filter(says).collect()
}

/// A cell where there is nothing to add.
const NOTHING: &str = "–";

/// Machines outside any group that get a row of their own; the others share one.
const ROWS_MAX: usize = 10;

/// Machines that are named for the end of their term.
const NAMED_MAX: usize = 3;

/// One line beside the table.
pub(super) struct Remark {
    /// Whether it is good to know, or stands in the way.
    pub(super) weight: Weight,
    /// The line; safe to print.
    pub(super) text: String,
}

/// What a remark means for the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// A limit that holds.
    Good,
    /// Something to know.
    Plain,
    /// A limit that is broken.
    Broken,
}

/// Whether there is anything to say about money.
pub(super) fn is_silent(plan: &SavedPlan) -> bool {
    let bill = &plan.sheet.money.bill;
    bill.total.is_empty() && spend_limits(plan, None).is_empty()
}

/// The rows, groups first, the total last.
pub(super) fn rows(plan: &SavedPlan, every_machine: Every) -> Vec<Row> {
    let bill = &plan.sheet.money.bill;
    let mut rows = Vec::new();
    for (group, costs) in &bill.groups {
        let members = plan
            .sagas
            .values()
            .filter(|saga| saga.group.as_ref() == Some(group));
        rows.push(row(format!("{group} ({})", members.count()), costs));
        if every_machine == Every::Machine {
            let members = alone(plan, |saga| saga.group.as_ref() == Some(group));
            rows.extend(members.map(|(name, costs)| row(format!("  {name}"), costs)));
        }
    }
    let ungrouped: Vec<(String, &Costs)> = alone(plan, |saga| saga.group.is_none()).collect();
    let shown = match every_machine {
        Every::Group if ungrouped.len() > ROWS_MAX => ROWS_MAX - 1,
        Every::Group | Every::Machine => ungrouped.len(),
    };
    let (shown, more) = ungrouped.split_at(shown);
    rows.extend(shown.iter().map(|(name, costs)| row(name.clone(), costs)));
    if !more.is_empty() {
        let mut rest = Costs::default();
        more.iter().for_each(|(_, costs)| rest.add(costs));
        rows.push(row(format!("{} more", more.len()), &rest));
    }
    if rows.len() > 1 {
        rows.push(row("all".to_owned(), &bill.total));
    }
    rows
}

/// How fine the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Every {
    /// Groups, and the first machines outside them.
    Group,
    /// Every machine.
    Machine,
}

fn alone<'a>(
    plan: &'a SavedPlan,
    belongs: impl Fn(&Saga) -> bool + 'a,
) -> impl Iterator<Item = (String, &'a Costs)> {
    let machines = plan.sheet.money.bill.machines.iter();
    machines.filter_map(move |(id, costs)| {
        let saga = plan.sagas.get(id).filter(|saga| belongs(saga))?;
        Some((saga.name.to_string(), costs))
    })
}

fn row(who: String, costs: &Costs) -> Row {
    Row {
        who,
        cells: [
            cell(&costs.now, |money| money.to_string()),
            cell(&costs.refund, |money| money.to_string()),
            cell(&costs.monthly, |money| {
                format!("{} {}", signed(money), money.currency())
            }),
        ],
    }
}

/// A sum in a table: unknown as soon as a part of it is; nothing where there is nothing to add.
fn cell(sum: &Sum, word: impl Fn(&Money) -> String) -> String {
    if sum.is_empty() {
        return NOTHING.to_owned();
    }
    if sum.unknown > 0 {
        return "unknown".to_owned();
    }
    let amounts: Vec<String> = sum.known().map(word).collect();
    let about = if sum.approximate > 0 { "≈ " } else { "" };
    format!("{about}{}", amounts.join(", "))
}

/// Everything to know beside the figures.
pub(super) fn remarks(plan: &SavedPlan) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = spend_limits(plan, None).iter().map(limit).collect();
    let texts = [who_pays(plan), not_all_known(plan), unread(plan)];
    let texts = texts.into_iter().flatten().chain(renewals(plan));
    remarks.extend(texts.map(plain));
    remarks.push(plain(fine_print(plan)));
    remarks
}

fn plain(text: String) -> Remark {
    Remark {
        weight: Weight::Plain,
        text,
    }
}

fn limit(limit: &SpendLimit) -> Remark {
    let broken = "; apply will refuse this plan";
    match limit.ruling {
        Ruling::Holds => Remark {
            weight: Weight::Good,
            text: limit_words(limit),
        },
        Ruling::Exceeded | Ruling::Unknown | Ruling::OtherCurrency => Remark {
            weight: Weight::Broken,
            text: limit_words(limit) + broken,
        },
    }
}

fn who_pays(plan: &SavedPlan) -> Option<String> {
    let money = &plan.sheet.money;
    let sum = &money.bill.total.by_itself;
    match (&money.held, &money.funds) {
        (Some(held), _) => {
            let held = held.to_string();
            let held = terminal(&held);
            Some(format!(
                "`payment: auto` waits for a person this time: {held}"
            ))
        }
        (None, Funds::Known(available)) if !sum.is_empty() => Some(format!(
            "{} paid from the balance: {} of the {available} that the account has",
            count(sum.parts, "order"),
            sum_words(sum)
        )),
        (None, Funds::Known(_) | Funds::Unasked | Funds::Unknown(_)) => None,
    }
}

fn not_all_known(plan: &SavedPlan) -> Option<String> {
    let total = &plan.sheet.money.bill.total;
    let unknown = total.now.unknown;
    match plan.sheet.money.pricing {
        Pricing::Skipped => Some("prices were not asked for (--no-price)".to_owned()),
        Pricing::Asked if unknown > 0 => Some(format!(
            "{} of unknown price; `apply` makes them with --allow-unknown-price only",
            count(unknown, "order")
        )),
        Pricing::Asked => None,
    }
}

fn unread(plan: &SavedPlan) -> Option<String> {
    let why = plan.sheet.money.unread_orders.as_ref()?;
    Some(format!(
        "whether orders of others are unpaid, or wait for a start, could not be checked: {}",
        terminal(why)
    ))
}

/// When subscriptions that change are paid again, those with the same end together.
fn renewals(plan: &SavedPlan) -> Vec<String> {
    let mut ends: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for saga in plan.sagas.values().filter(|saga| saga.makes_order()) {
        if let Some(renewal) = &saga.renewal {
            let end = (renewal.auto, renewal.at.strftime("%Y-%m-%d").to_string());
            ends.entry(end).or_default().push(saga.name.as_str());
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for ((auto, day), names) in ends {
        let who = named(&names);
        let s = if names.len() == 1 { "s" } else { "" };
        lines.push(match auto {
            Some(AutoRenew::On) => format!("{who} renew{s} automatically on {day}"),
            Some(AutoRenew::Off) => format!("{who} end{s} on {day} unless somebody renews"),
            Some(AutoRenew::Never) => format!("{who} end{s} on {day} and will not be renewed"),
            None => format!("{who} end{s} on {day}; whether anything renews is unknown"),
        });
    }
    if lines.len() > NAMED_MAX {
        let more = lines.len() - NAMED_MAX + 1;
        lines.truncate(NAMED_MAX - 1);
        lines.push(format!("{more} more ends of terms; `plan -json` has them"));
    }
    lines
}

fn named(names: &[&str]) -> String {
    let shown: Vec<_> = names
        .iter()
        .take(NAMED_MAX)
        .map(|name| terminal(name))
        .collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn fine_print(plan: &SavedPlan) -> String {
    let total = &plan.sheet.money.bill.total;
    let about = total.now.approximate + total.refund.approximate > 0;
    let mut print = "reserved instances, savings plans and vouchers are not counted".to_owned();
    if !total.monthly.is_empty() {
        print.push_str("; a month has 730 hours");
    }
    if about {
        print.push_str("; ≈ is an estimate");
    }
    print
}
