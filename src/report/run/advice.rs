//! What a person can do about a failure that carries the vendor's code.

use crate::guide::errors;

/// The remedy for a code, or where to read about it when it has several meanings; none for a code
/// nobody knows.
///
/// Messages of failed calls begin with their operation; where one does, only its meaning counts.
#[must_use]
pub fn advice(code: Option<&str>, message: &str) -> Option<String> {
    let code = code?;
    let operation = message.split_once(": ").map(|(operation, _)| operation);
    let mut facts = errors::find(operation, code);
    if facts.is_empty() {
        facts = errors::find(None, code);
    }
    let first = facts.first()?;
    let one_remedy = facts.iter().all(|other| other.remedy == first.remedy);
    Some(if one_remedy {
        first.remedy.to_owned()
    } else {
        format!("`respec explain {}` tells what it can mean.", first.code)
    })
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn a_code_is_followed_by_its_remedy() {
        let stock = advice(Some("operationdenied.nostock"), "sold out");
        assert_eq!(
            advice(Some("Account.Arrearage"), "whatever").unwrap(),
            "Pay what is overdue in the billing console, then apply again."
        );
        assert!(stock.unwrap().contains("explain OperationDenied.NoStock"));
        assert_eq!(
            advice(Some("OperationDenied.NoStock"), "StartInstance: sold out").unwrap(),
            "Try later, or choose another type; it stays down until then."
        );
        assert_eq!(advice(Some("Brand.NewCode"), "no"), None);
        assert_eq!(advice(None, "no"), None);
    }

    /// It is read of a machine that is up again, most often because the failed change was put back.
    #[test]
    fn nobody_is_looked_for_where_respec_has_started_the_machine() {
        for (code, operation) in [
            ("InvalidInstanceStatus.NotStopped", "ModifyInstanceSpec"),
            ("InvalidStatus.NotStopped", "ModifyPrepayInstanceSpec"),
        ] {
            assert_eq!(
                advice(Some(code), &format!("{operation}: it runs")).unwrap(),
                "If respec has not started it itself to put it back, find out who did; apply again stops it first."
            );
        }
    }
}
