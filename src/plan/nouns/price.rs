//! What a step costs: once, by its order, and from then on, by time.

use serde::{Deserialize, Serialize};

use crate::model::{HOURS_OF_A_MONTH, Money, Term};

/// What a step costs at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    /// It makes no order: billing follows use.
    NoOrder,
    /// It makes an order, and what that costs is not known.
    Unknown,
    /// It makes an order of this price.
    Quoted(Quoted),
    /// It makes an order that gives money back: nobody has to pay it (R44, R47). How much is the
    /// cloud's to say; an estimate from what is left of the term, where prices are known.
    Refund(Option<Money>),
}

/// A price that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// The most that the order may cost: the quote, with the marketplace image. A decision, and so
    /// part of the plan's id; an order that has become dearer is not made.
    pub cap: Money,
    /// What of it is for a marketplace image.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub marketplace_image: Option<Money>,
    /// Whom the price was asked about.
    pub basis: Basis,
}

/// Whom a price was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// This very machine.
    Asked,
    /// One that shares everything the price hangs on; shown with `≈`.
    Alike,
}

impl Price {
    /// Whether money comes back.
    #[must_use]
    pub fn is_refund(&self) -> bool {
        match self {
            Self::Refund(_) => true,
            Self::NoOrder | Self::Unknown | Self::Quoted(_) => false,
        }
    }

    /// The most that the step's order may cost; none when it makes none, or none with a known price.
    #[must_use]
    pub fn cap(&self) -> Option<&Money> {
        match self {
            Self::Quoted(quoted) => Some(&quoted.cap),
            Self::NoOrder | Self::Unknown | Self::Refund(_) => None,
        }
    }

    /// The same kind of price without its figures, for telling like steps.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoOrder => "no order",
            Self::Unknown => "unknown",
            Self::Quoted(_) => "quoted",
            Self::Refund(_) => "refund",
        }
    }
}

/// What a step makes of its machine's costs by time, reserved instances, savings plans and vouchers
/// left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Running {
    /// Nothing: what it changes has no price by time.
    #[default]
    Same,
    /// It changes them, and how much is not known.
    Unknown,
    /// From so much to so much.
    Changes(Rates),
}

/// Costs by time before and after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Before it.
    pub before: Money,
    /// After it.
    pub after: Money,
    /// By which time.
    pub term: Term,
}

impl Rates {
    /// What it costs more by its own time, below zero when it costs less; none when the amounts
    /// cannot be compared.
    #[must_use]
    pub fn change(&self) -> Option<Money> {
        self.after.minus(&self.before).ok()
    }

    /// The same by the month: 730 hours, or one month of a subscription.
    #[must_use]
    pub fn monthly_change(&self) -> Option<Money> {
        let change = self.change()?;
        match self.term {
            Term::Hour => change.times(HOURS_OF_A_MONTH).ok().map(|m| m.to_cents()),
            Term::Month => Some(change),
        }
    }
}

impl Running {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_same(&self) -> bool {
        *self == Self::Same
    }
}
