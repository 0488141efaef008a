//! Money: an exact amount in one currency. Amounts of two currencies are never added or compared.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Longest amount that is read, in characters; the vendor's balances stay below twenty.
const AMOUNT_CHARS_MAX: usize = 40;

/// A currency by its code, as the vendor says it: `CNY`, `USD`, `JPY`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

/// Why something is not an amount of money, or not one that fits to another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// A currency is three capital letters (ISO 4217).
    #[error("`{0}` is not a currency; use a code of three capital letters, as CNY or USD")]
    Currency(String),
    /// Not a decimal number.
    #[error("`{0}` is not an amount of money; write it as 1234.50")]
    Amount(String),
    /// Two currencies in one sum.
    #[error("{0} and {1} cannot be added or compared")]
    Mixed(Currency, Currency),
    /// A sum beyond 28 digits.
    #[error("the sum is too large")]
    TooLarge,
}

impl Currency {
    /// Parses a code.
    ///
    /// # Errors
    /// [`MoneyError::Currency`] when it is not three capital letters.
    pub fn new(code: impl Into<String>) -> Result<Self, MoneyError> {
        let code = code.into();
        if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(code))
        } else {
            Err(MoneyError::Currency(code.chars().take(20).collect()))
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::new(code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0
    }
}

/// An amount in a currency; below zero it is a refund.
///
/// Kept with two decimals where that loses nothing, so that equal amounts are written alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

/// How money stands in a file: `{"amount": "12.50", "currency": "CNY"}`. Never a JSON number, which
/// readers turn into a binary fraction.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    amount: String,
    currency: Currency,
}

impl Money {
    /// An amount.
    #[must_use]
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        let mut amount = amount.normalize();
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        Self { amount, currency }
    }

    /// Nothing of a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::new(Decimal::ZERO, currency)
    }

    /// Reads an amount as the vendor writes it: a decimal number, perhaps with thousands separators
    /// (`1,234.50`), perhaps with a small exponent as JSON numbers may have one.
    ///
    /// # Errors
    /// [`MoneyError::Amount`] when it is not a number of at most 28 digits.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let refused = || MoneyError::Amount(text.chars().take(AMOUNT_CHARS_MAX).collect());
        if text.len() > AMOUNT_CHARS_MAX {
            return Err(refused());
        }
        let plain = without_separators(text.trim()).ok_or_else(refused)?;
        let amount = match plain.contains(['e', 'E']) {
            true => Decimal::from_scientific(&plain),
            false => Decimal::from_str_exact(&plain),
        };
        amount
            .map(|amount| Self::new(amount, currency))
            .map_err(|_| refused())
    }

    /// The amount alone.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// Whether it is below zero: a refund.
    #[must_use]
    pub fn is_refund(&self) -> bool {
        self.amount < Decimal::ZERO
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] or [`MoneyError::TooLarge`].
    pub fn plus(&self, other: &Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.amount
            .checked_add(other.amount)
            .map(|amount| Self::new(amount, self.currency.clone()))
            .ok_or(MoneyError::TooLarge)
    }

    /// What is left after the other amount is taken away.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] or [`MoneyError::TooLarge`].
    pub fn minus(&self, other: &Self) -> Result<Self, MoneyError> {
        self.plus(&Self::new(-other.amount, other.currency.clone()))
    }

    /// So many times this amount, an hourly price for a month's hours for example.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn times(&self, count: u64) -> Result<Self, MoneyError> {
        self.amount
            .checked_mul(Decimal::from(count))
            .map(|amount| Self::new(amount, self.currency.clone()))
            .ok_or(MoneyError::TooLarge)
    }

    /// Rounded to the hundredth, halves away from zero, as bills are.
    #[must_use]
    pub fn to_cents(&self) -> Self {
        let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        let cents = self.amount.round_dp_with_strategy(2, strategy);
        Self::new(cents, self.currency.clone())
    }

    /// Which of two amounts of one currency is larger.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`].
    pub fn compare(&self, other: &Self) -> Result<std::cmp::Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.amount.cmp(&other.amount))
    }

    /// The sum of many amounts of one currency; none when there are none.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] or [`MoneyError::TooLarge`].
    pub fn sum<'a>(
        amounts: impl IntoIterator<Item = &'a Self>,
    ) -> Result<Option<Self>, MoneyError> {
        amounts
            .into_iter()
            .try_fold(None, |sum: Option<Self>, amount| {
                sum.map_or_else(|| Ok(amount.clone()), |sum| sum.plus(amount))
                    .map(Some)
            })
    }

    fn same_currency(&self, other: &Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed(
                self.currency.clone(),
                other.currency.clone(),
            ))
        }
    }
}

/// Thousands separators are taken out, and only where they separate thousands: `1,5` is refused, since
/// it could mean one and a half.
fn without_separators(text: &str) -> Option<String> {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let digits = first.trim_start_matches(['-', '+']);
    let separated = whole.contains(',');
    if separated && !(1..=3).contains(&digits.len()) || rest.contains(',') {
        return None;
    }
    let mut plain = first.to_owned();
    for group in groups {
        if group.len() != 3 || !group.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        plain.push_str(group);
    }
    Some(plain + rest)
}

/// `1234.50 CNY`.
impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{} {}", self.amount, self.currency))
    }
}

impl TryFrom<Written> for Money {
    type Error = MoneyError;
    fn try_from(written: Written) -> Result<Self, MoneyError> {
        Self::parse(&written.amount, written.currency)
    }
}

impl From<Money> for Written {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount.to_string(),
            currency: money.currency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cny(text: &str) -> Money {
        Money::parse(text, Currency::new("CNY").unwrap()).unwrap()
    }

    #[test]
    fn amounts_are_read_as_the_vendor_writes_them_and_written_alike() {
        for (text, shown) in [
            ("12.5", "12.50 CNY"),
            ("12.500000", "12.50 CNY"),
            ("0.123456", "0.123456 CNY"),
            ("1,234,567.89", "1234567.89 CNY"),
            ("-1,234.5", "-1234.50 CNY"),
            ("1e-7", "0.0000001 CNY"),
            ("0", "0.00 CNY"),
            ("-0.00", "0.00 CNY"),
        ] {
            assert_eq!(cny(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_not_read_at_all() {
        let currency = Currency::new("CNY").unwrap();
        for text in [
            "", "1,5", "1,2345", ",123", "1.2,345", "1.2.3", "NaN", "inf", "12 CNY", "1e99",
        ] {
            assert!(Money::parse(text, currency.clone()).is_err(), "{text}");
        }
        assert!(Currency::new("cny").is_err());
        assert!(Currency::new("RMBX").is_err());
    }

    #[test]
    fn sums_are_exact_and_of_one_currency() {
        let parts = [cny("0.1"), cny("0.2"), cny("0.3")];
        assert_eq!(Money::sum(&parts).unwrap(), Some(cny("0.6")));
        assert_eq!(Money::sum([]).unwrap(), None);
        let usd = Money::parse("1", Currency::new("USD").unwrap()).unwrap();
        assert!(matches!(cny("1").plus(&usd), Err(MoneyError::Mixed(..))));
        assert!(cny("1").compare(&usd).is_err());
        assert_eq!(cny("1.005").to_cents(), cny("1.01"));
        assert_eq!(cny("0.5").times(730).unwrap(), cny("365"));
        assert!(cny("1").minus(&cny("2")).unwrap().is_refund());
    }

    #[test]
    fn money_goes_to_disk_as_text() {
        let text = serde_json::to_string(&cny("1,234.5")).unwrap();
        assert_eq!(text, r#"{"amount":"1234.50","currency":"CNY"}"#);
        assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), cny("1234.5"));
    }
}
