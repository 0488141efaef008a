//! The network half of an instance's specs: bandwidth, its ranges and its price.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::sim::money::Money;

use super::described::{ChargeType, Described, InternetCharge};

/// Public bandwidth and how it is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) charge: InternetCharge,
    /// Mbit/s.
    pub(crate) out: i64,
    /// Mbit/s.
    pub(crate) inbound: i64,
}

impl Network {
    pub(crate) fn of(machine: &Described) -> Self {
        Self {
            charge: machine.internet_charge_type,
            out: machine.internet_max_bandwidth_out,
            inbound: machine.internet_max_bandwidth_in,
        }
    }

    /// What it costs a subscription: fixed bandwidth by its width, traffic nothing in advance (R35).
    pub(crate) fn price_hour(self) -> Money {
        match self.charge {
            InternetCharge::PayByTraffic => Money::ZERO,
            InternetCharge::PayByBandwidth => mbit_hour().times(self.out),
        }
    }
}

/// A made-up price of one Mbit/s for an hour; only its being above zero matters.
fn mbit_hour() -> Money {
    Money::from_decimal(0.08).expect("a small number is an amount")
}

/// R29: the inbound bandwidth that goes with an outbound one, when none is asked for.
pub(crate) fn inbound_for(out: i64) -> i64 {
    out.max(10)
}

/// R29: the inbound bandwidths that may be asked for.
pub(crate) fn inbound_range(out: i64) -> RangeInclusive<i64> {
    1..=inbound_for(out)
}

/// R28: the outbound bandwidths that may be asked for, before the type's own limit.
pub(crate) fn outbound_range(machine: ChargeType, traffic: InternetCharge) -> RangeInclusive<i64> {
    match (machine, traffic) {
        (ChargeType::PrePaid, InternetCharge::PayByBandwidth) => 0..=200,
        (ChargeType::PrePaid | ChargeType::PostPaid, _) => 0..=100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inbound_follows_outbound_above_ten() {
        assert_eq!(inbound_for(0), 10);
        assert_eq!(inbound_for(50), 50);
        assert_eq!(inbound_range(5), 1..=10);
        assert_eq!(inbound_range(80), 1..=80);
    }
}
