//! What can be explained: the guide's entries, joined with what respec does about each refusal.

use crate::guide::errors::ErrorFacts;
use crate::guide::policies::Policy;
use crate::guide::rules::Rule;
use crate::model::Severity;

/// What respec does when a call is refused with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conduct {
    /// The call goes out again.
    SendsAgain,
    /// The machine is left in peace first.
    Rests,
    /// The same call is asked again under its token.
    AsksAgain,
    /// The machine is looked at before anything else.
    LooksFirst,
    /// Its state may still become right.
    TriesForAWhile,
    /// There is no order yet, and there may be one.
    OrdersAgain,
    /// This machine's change fails.
    Fails,
    /// So does that of machines that want the same type in the same zone.
    SparesTheSameType,
    /// So does that of machines that want the same type in the region, or more vCPUs in the zone.
    SparesMoreVcpus,
    /// So does that of machines that get money back.
    SparesRefunds,
    /// So does that of machines that get money back for a smaller type.
    SparesSmallerTypes,
    /// So does that of machines whose orders are paid from the balance.
    SparesPaidOrders,
    /// So does that of machines whose orders are left for somebody to pay.
    SparesOrdersLeft,
    /// So does that of machines that need the same operation.
    SparesTheSameCall,
    /// So does every other change.
    SparesAll,
    /// Nothing is done before a person has looked.
    NeedsAPerson,
}

impl Conduct {
    /// A sentence.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendsAgain => {
                "Sends the call again after a growing wait, for a minute or so; then the machine's change fails and is undone."
            }
            Self::Rests => {
                "Leaves the machine in peace until the five minutes are over and comes back; it is not held down meanwhile."
            }
            Self::AsksAgain => {
                "Asks again under the same client token until the answer is another."
            }
            Self::LooksFirst => {
                "Looks at the machine to learn whether it happened, and asks again only under the same client token."
            }
            Self::TriesForAWhile => {
                "Looks and tries again for up to five minutes; then the machine's change fails and is undone."
            }
            Self::OrdersAgain => {
                "Asks for the order again under the same client token, for a minute while the machine is in service and for a few seconds while it is held down; then its change fails and is undone."
            }
            Self::Fails => {
                "Ends this machine's change and puts the machine back as it was found; behind an order it is held for a person instead."
            }
            Self::SparesTheSameType => {
                "Undoes this machine's change, and spares machines still to be stopped that want the same type in the same zone."
            }
            Self::SparesMoreVcpus => {
                "Undoes this machine's change, and neither begins nor stops any other that is paid for alike and wants the same type in the region, or more vCPUs in the zone."
            }
            Self::SparesRefunds => {
                "Undoes this machine's change, and neither begins nor stops any other that gets money back."
            }
            Self::SparesSmallerTypes => {
                "Undoes this machine's change, and neither begins nor stops any other that gets money back for a smaller type."
            }
            Self::SparesPaidOrders => {
                "Undoes this machine's change, and neither begins nor stops any other whose order is paid from the balance."
            }
            Self::SparesOrdersLeft => {
                "Undoes this machine's change, and neither begins nor stops any other whose order is left for somebody to pay."
            }
            Self::SparesTheSameCall => {
                "Undoes this machine's change, and neither begins nor stops any other that needs the same operation."
            }
            Self::SparesAll => {
                "Undoes this machine's change, and neither begins nor stops any other."
            }
            Self::NeedsAPerson => {
                "Stops at this machine and waits for a person (exit code 8): what the first request did is not known."
            }
        }
    }
}

/// One meaning of an error code, with what respec does about it.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// The code.
    pub facts: &'static ErrorFacts,
    /// What follows.
    pub conduct: Conduct,
}

/// A code that manifests earn.
#[derive(Debug, Clone, Copy)]
pub struct FindingCode {
    /// `RS0107`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// A few words.
    pub title: &'static str,
    /// What it means and what to do.
    pub meaning: &'static str,
}

/// Everything that can be explained, or what one word stands for.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Error codes of the vendor.
    pub errors: Vec<Refusal>,
    /// Rules of the vendor.
    pub rules: Vec<&'static Rule>,
    /// Names that plans give.
    pub policies: Vec<&'static Policy>,
    /// Codes of findings in manifests.
    pub findings: Vec<FindingCode>,
}

impl Book {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
            && self.rules.is_empty()
            && self.policies.is_empty()
            && self.findings.is_empty()
    }
}
