//! Who pays an order, and when. AutoPay is always stated: the API's default would pay (R42).

use crate::model::Payment;
use crate::plan::step::Because;

/// Whether the order is to be paid from the balance at once.
pub(in crate::plan) fn auto_pay(payment: Payment) -> bool {
    match payment {
        Payment::Auto => true,
        Payment::Await => false,
    }
}

/// Why AutoPay is what it is.
pub(in crate::plan) fn because(payment: Payment) -> Because {
    match payment {
        Payment::Auto => Because::new(
            "payment: auto",
            "AutoPay=true pays it from the balance (R42)",
        ),
        Payment::Await => Because::new(
            "payment: await",
            "AutoPay=false leaves it for a person to pay (R43)",
        ),
    }
}

/// R44, R47: a downgrade is refunded and carried out by itself, whatever AutoPay says.
pub(in crate::plan) fn nothing_to_pay() -> Because {
    Because::new("R44", "a downgrade is refunded: there is nothing to pay")
}
