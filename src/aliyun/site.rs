//! Which of the vendor's two sites keeps the account's books, and how sure that is.
//!
//! The books of the wrong site refuse, or they answer as those of somebody who never bought anything. So an
//! empty answer is believed only once the site is proven: an order that nobody sees is lost, or made twice.

use super::operation::Repeat;
use crate::cloud::{CloudError, ErrorKind, Outcome};

/// How the wrong site says that it does not keep this account's books.
const WRONG_SITE: &str = "NotApplicable";

/// The vendor's two sites. An account belongs to one, and only that one's books know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// Billed at `business.aliyuncs.com`.
    China,
    /// Billed at `business.ap-southeast-1.aliyuncs.com`.
    International,
}

impl Site {
    /// The one that is not this one.
    pub(super) fn other(self) -> Self {
        match self {
            Self::China => Self::International,
            Self::International => Self::China,
        }
    }

    /// The host of the site's books, which serves every region.
    pub(super) fn billing_host(self) -> &'static str {
        match self {
            Self::China => "business.aliyuncs.com",
            Self::International => "business.ap-southeast-1.aliyuncs.com",
        }
    }
}

/// What is known of the account's site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountSite {
    /// Nobody has said so yet: the books of both have to be asked before nothing counts as nothing.
    Guessed(Site),
    /// Somebody said so, or the books did; or one address stands for both.
    Proven(Site),
}

/// What the books of one site said, as far as it tells whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// What only the account's own books can say.
    Own,
    /// No order: there is none, or they are not its books.
    NoOrder,
    /// No money, likewise. Nothing is proven by it: some accounts may not ask for their balance where they are.
    NoMoney,
    /// `NotApplicable`: they are not its books, or this is not for such an account.
    NotApplicable,
    /// Another refusal that speaks of what was asked.
    Refused,
    /// Nothing: no answer came, or none for now, or none for these credentials.
    Unclear,
}

/// Whose answer counts, once both sites were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// That of the site asked first.
    Here,
    /// That of the other one.
    There,
    /// Nobody's: nothing was shown here, and the other one could not be heard.
    Neither,
}

impl AccountSite {
    /// The site whose books are asked first.
    pub(super) fn site(self) -> Site {
        match self {
            Self::Guessed(site) | Self::Proven(site) => site,
        }
    }

    /// What is known once both were asked, and whose answer counts.
    pub(super) fn settled(self, here: Heard, there: Heard) -> (Self, Counts) {
        use Heard::{NoMoney, NoOrder, NotApplicable, Own, Refused, Unclear};
        let (first, second) = (self.site(), self.site().other());
        match (here, there) {
            (_, Own) | (NotApplicable, NoOrder) => (Self::Proven(second), Counts::There),
            (NotApplicable, NoMoney | Refused) => (Self::Guessed(second), Counts::There),
            (NotApplicable, Unclear) => (self, Counts::There),
            (NoOrder, NotApplicable | Refused) | (Refused, NotApplicable) => {
                (Self::Proven(first), Counts::Here)
            }
            (NoOrder | NoMoney, Unclear) => (self, Counts::Neither),
            (_, _) => (self, Counts::Here),
        }
    }
}

impl Heard {
    /// What an answer or a refusal tells; `of_answer` reads the answers.
    pub(super) fn of<T>(result: &Result<T, CloudError>, of_answer: fn(&T) -> Self) -> Self {
        match result {
            Ok(answer) => of_answer(answer),
            Err(error) => Self::of_refusal(error),
        }
    }

    fn of_refusal(error: &CloudError) -> Self {
        let says_so = |code: &str| code.eq_ignore_ascii_case(WRONG_SITE);
        let is_wrong_site = error.code.as_deref().is_some_and(says_so);
        let is_about_rights = matches!(error.kind, ErrorKind::Denied | ErrorKind::Credentials);
        if is_wrong_site && error.kind == ErrorKind::Denied {
            Self::NotApplicable
        } else if is_about_rights || error.passes() || error.outcome() == Outcome::Unknown {
            Self::Unclear
        } else {
            Self::Refused
        }
    }

    /// Whether the other site has to be asked the same. What changes something is sent there only where these
    /// books are not for it at all: that is a definite refusal, so nothing is done twice.
    pub(super) fn leaves_it_open(self, repeat: Repeat) -> bool {
        match self {
            Self::Own | Self::Unclear => false,
            Self::NoOrder | Self::NoMoney | Self::NotApplicable => true,
            Self::Refused => repeat == Repeat::Read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Heard::{NoMoney, NoOrder, NotApplicable, Own, Refused, Unclear};
    use super::*;

    const GUESS: AccountSite = AccountSite::Guessed(Site::China);

    #[test]
    fn what_both_sites_say_settles_where_the_account_is() {
        let here = AccountSite::Proven(Site::China);
        let there = AccountSite::Proven(Site::International);
        for (said, proven) in [
            ((NoOrder, Own), (there, Counts::There)),
            ((NoMoney, Own), (there, Counts::There)),
            ((NotApplicable, Own), (there, Counts::There)),
            ((NotApplicable, NoOrder), (there, Counts::There)),
            ((NoOrder, NotApplicable), (here, Counts::Here)),
            ((NoOrder, Refused), (here, Counts::Here)),
            ((Refused, NotApplicable), (here, Counts::Here)),
        ] {
            assert_eq!(GUESS.settled(said.0, said.1), proven, "{said:?}");
        }
    }

    #[test]
    fn what_proves_nothing_leaves_a_guess() {
        let moved = AccountSite::Guessed(Site::International);
        for (said, guessed) in [
            ((NoOrder, NoOrder), (GUESS, Counts::Here)),
            ((NoOrder, Unclear), (GUESS, Counts::Neither)),
            ((NoMoney, NoMoney), (GUESS, Counts::Here)),
            ((NoMoney, NotApplicable), (GUESS, Counts::Here)),
            ((NoMoney, Refused), (GUESS, Counts::Here)),
            ((NoMoney, Unclear), (GUESS, Counts::Neither)),
            ((Refused, NoOrder), (GUESS, Counts::Here)),
            ((Refused, Refused), (GUESS, Counts::Here)),
            ((Refused, Unclear), (GUESS, Counts::Here)),
            ((NotApplicable, NotApplicable), (GUESS, Counts::Here)),
            ((NotApplicable, Unclear), (GUESS, Counts::There)),
            ((NotApplicable, NoMoney), (moved, Counts::There)),
            ((NotApplicable, Refused), (moved, Counts::There)),
        ] {
            assert_eq!(GUESS.settled(said.0, said.1), guessed, "{said:?}");
        }
    }
}
