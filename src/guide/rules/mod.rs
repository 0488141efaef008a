//! The vendor's rules by number: what the cloud does, what the planner makes of it, what the simulator answers.

mod pay_as_you_go;
mod subscription;
mod network;
mod money;
mod pace;
mod target;
mod effects;
mod shown;

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The number: 24 is R24.
    pub number: u8,
    /// A few words for lists.
    pub title: &'static str,
    /// What the vendor's cloud does.
    pub cloud: &'static str,
    /// The documents that say so. `000` to `004` are the vendor's pages on the three modify calls, `SDK6`
    /// and `SDK7` the field texts of its Python SDK, `META` what its CLI ships, `DOC20` its documentation
    /// of 2020, `WEB` pages of later years, `TF` its Terraform provider.
    pub sources: &'static str,
    /// What planner and apply do with it.
    pub stance: Stance,
    /// The same in words.
    pub plan: &'static str,
    /// Whether the simulator knows it.
    pub coverage: Coverage,
    /// What the simulator answers.
    pub sim: &'static str,
}

impl Rule {
    /// The tests that show it: `sim::…` of the simulator, `planning/…` of the planner.
    #[must_use]
    pub fn tests(&self) -> &'static [&'static str] {
        let found = shown::SHOWN
            .iter()
            .find(|(number, _)| *number == self.number);
        found.map_or(&[], |(_, tests)| tests)
    }
}

/// What planner and apply do with a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    /// A change that breaks it is blocked in the plan.
    Blocks,
    /// Steps are put around a change because of it.
    Brackets,
    /// It decides which call or which value is sent.
    Chooses,
    /// It decides what comes first.
    Sequences,
    /// A plan mentions it.
    Notes,
    /// What it is about is never sent.
    NeverSends,
    /// Apply keeps it, or acts on the refusal.
    Runs,
    /// It is known and nothing is made of it yet.
    NotYet,
    /// There is nothing to be made of it.
    Fact,
}

impl Stance {
    /// A few words for tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Brackets => "brackets",
            Self::Chooses => "chooses",
            Self::Sequences => "orders steps",
            Self::Notes => "notes",
            Self::NeverSends => "never sends",
            Self::Runs => "in apply",
            Self::NotYet => "not yet",
            Self::Fact => "nothing to do",
        }
    }
}

/// Whether the simulator knows a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// It answers as the vendor does.
    Answers,
    /// It does not, yet.
    NotYet,
    /// There is nothing to answer.
    Nothing,
}

impl Coverage {
    /// A few words for tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::NotYet => "not yet",
            Self::Nothing => "nothing to answer",
        }
    }
}

/// The chapters, each with its rules.
pub const CHAPTERS: &[(&str, &[Rule])] = &[
    ("Instance type, pay-as-you-go", pay_as_you_go::RULES),
    ("Instance type, subscription", subscription::RULES),
    ("Public network", network::RULES),
    ("Money", money::RULES),
    ("Pace and limits", pace::RULES),
    ("What stands in the way of a type", target::RULES),
    ("Side effects", effects::RULES),
];

/// Every rule, by number.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    CHAPTERS.iter().flat_map(|(_, rules)| rules.iter())
}

/// The rule of a name such as `R24` or `r24`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    let number: u8 = name.strip_prefix(['R', 'r'])?.parse().ok()?;
    all().find(|rule| rule.number == number)
}

/// One rule, written on five lines.
const fn rule(
    number: u8,
    title: &'static str,
    (cloud, sources): (&'static str, &'static str),
    (stance, plan): (Stance, &'static str),
    (coverage, sim): (Coverage, &'static str),
) -> Rule {
    Rule {
        number,
        title,
        cloud,
        sources,
        stance,
        plan,
        coverage,
        sim,
    }
}
