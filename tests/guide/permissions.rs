//! Every call that the client can make is one that a policy can allow.

use std::collections::BTreeSet;

use respec::guide::permissions::{ALL, FREE, NEVER_CALLED};

use crate::tree::text_of;

/// The names that stand where the client's table of operations makes a row.
fn operations() -> BTreeSet<String> {
    let text = text_of("src/aliyun/operation.rs");
    let rows = text.split("pub(super) static ").skip(1);
    let name = |row: &str| row.split('"').nth(1).map(str::to_owned);
    rows.filter_map(name).collect()
}

#[test]
fn no_operation_of_the_client_is_without_a_permission() {
    let operations = operations();
    assert!(operations.len() > 15, "{operations:?}");
    for operation in &operations {
        let allowed = ALL
            .iter()
            .any(|permission| permission.operation() == operation);
        let named = FREE
            .iter()
            .chain(NEVER_CALLED)
            .any(|free| free == operation);
        assert!(
            allowed != named,
            "{operation}: allowed {allowed}, left out {named}"
        );
    }
    for left_out in FREE.iter().chain(NEVER_CALLED) {
        assert!(operations.contains(*left_out), "{left_out} is no operation");
    }
}

#[test]
fn no_permission_stands_there_twice() {
    let actions: BTreeSet<&str> = ALL.iter().map(|permission| permission.action).collect();
    assert_eq!(actions.len(), ALL.len());
}
