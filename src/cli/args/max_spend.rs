//! `--max-spend`: what a run may cost, said on the command line.

use crate::model::{Currency, Money};
use crate::plan::{SavedPlan, bill};

use crate::cli::failure::{Failure, Situation};

/// `--max-spend`: an amount, with or without its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaxSpend {
    amount: String,
    currency: Option<Currency>,
}

impl std::str::FromStr for MaxSpend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || "write an amount such as `5000`, `99.50` or `5000CNY`".to_owned();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (amount, currency) = text.split_at(digits.unwrap_or(text.len()));
        let currency = match currency.trim() {
            "" => None,
            code => Some(Currency::new(code).map_err(|error| error.to_string())?),
        };
        let any = Currency::new("CNY").map_err(|_| refused())?;
        Money::parse(amount, any).map_err(|_| refused())?;
        Ok(Self {
            amount: amount.to_owned(),
            currency,
        })
    }
}

impl MaxSpend {
    /// The limit in its own currency, else in the budget's, else in that of the plan's prices. None when
    /// the plan makes no order, so that there is nothing to limit.
    ///
    /// # Errors
    /// [`Failure`] when there are orders and no currency is known.
    pub fn limit(&self, plan: &SavedPlan) -> Result<Option<Money>, Failure> {
        let now = bill(&plan.sagas).total.now;
        let budget = plan.desired.budget.as_ref();
        let currency = self
            .currency
            .clone()
            .or_else(|| budget.map(|budget| budget.currency.clone()))
            .or_else(|| now.known().next().map(|money| money.currency().clone()));
        match currency {
            Some(currency) => Money::parse(&self.amount, currency)
                .map(Some)
                .map_err(|error| Failure::from_error(Situation::Usage, "use --max-spend", &error)),
            None if now.is_empty() => Ok(None),
            None => Err(Failure::new(
                Situation::Refused,
                "--max-spend cannot be checked: the plan makes orders, and no price is known",
            )
            .hint("plan with prices, or leave --max-spend out")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_may_carry_its_currency() {
        let read = |text: &str| text.parse::<MaxSpend>();
        let bare = read("99.50").unwrap();
        assert_eq!((bare.amount.as_str(), bare.currency), ("99.50", None));
        for text in ["5000CNY", "5000 CNY"] {
            let with = read(text).unwrap();
            assert_eq!(with.amount, "5000");
            assert_eq!(with.currency.unwrap().as_str(), "CNY");
        }
        for text in [
            "",
            "CNY",
            "-5",
            "5,000",
            "5000cny",
            "1.2.3",
            "5e3",
            "5000 yuan",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
