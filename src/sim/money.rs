//! Amounts of money, exact to a tenth of a thousandth, so that equal runs cost equally.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount in ten-thousandths of the account's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(i64);

/// Units of [`Money`] in one unit of the currency.
const SCALE: i64 = 10_000;

/// Largest amount a scenario may name; keeps every sum of a fleet inside an `i64`.
const AMOUNT_MAX: f64 = 1e12;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The smallest amount an order is made out for: one hundredth.
    pub const LEAST: Self = Self(SCALE / 100);

    /// An amount from a decimal number, as scenarios write it; `None` when it is no sensible amount.
    #[must_use]
    pub fn from_decimal(amount: f64) -> Option<Self> {
        if !amount.is_finite() || amount.abs() > AMOUNT_MAX {
            return None;
        }
        let units = (amount * SCALE as f64).round() as i64;
        Some(Self(units))
    }

    /// The amount as a decimal number, as answers carry it.
    #[must_use]
    pub fn to_decimal(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }

    /// This price an hour, for `hours`, rounded to the hundredth, halves up.
    #[must_use]
    pub fn for_hours(self, hours: i64) -> Self {
        let cent = Self::LEAST.0;
        let exact = self.0.saturating_mul(hours);
        Self(exact.saturating_add(cent / 2).div_euclid(cent) * cent)
    }

    /// This price for `count` of the same thing.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl std::ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let amount = f64::deserialize(input)?;
        Self::from_decimal(amount)
            .ok_or_else(|| serde::de::Error::custom(format!("{amount} is no amount of money")))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_f64(self.to_decimal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hourly_price_over_a_term_is_rounded_to_the_hundredth() {
        let hourly = Money::from_decimal(0.1234).unwrap();
        assert_eq!(hourly.for_hours(100), Money::from_decimal(12.34).unwrap());
        assert_eq!(hourly.for_hours(1), Money::from_decimal(0.12).unwrap());
        assert_eq!(Money::from_decimal(f64::NAN), None);
    }
}
