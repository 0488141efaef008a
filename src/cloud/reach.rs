//! Whom a refusal speaks for: what one machine was told, these would be told too.

/// Whom a refusal speaks for as its code says; what that comes to for one machine is its scope, in `apply`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The machine it was about, and no other.
    Machine,
    /// Whoever wants the same type in the same zone (R63).
    SameType,
    /// Whoever wants the same type in the region, or more vCPUs in the zone (R64).
    Vcpus,
    /// Whoever gets money back: subscriptions that become less (R47, R48).
    Refunds,
    /// Those of them that give vCPUs back.
    RefundedVcpus,
    /// Whoever's order is paid from the balance in the same call (R42, R50).
    PaidOrders,
    /// Whoever's order is left for somebody to pay (R43).
    OrdersLeft,
    /// Whoever needs the same operation.
    SameCall,
    /// Everybody in the account (R41, R51).
    Account,
}
