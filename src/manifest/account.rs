//! `account`: whose machines these are, and by which role they are worked on.

use crate::model::{AccountId, RoleArn, WorkingRole};

use super::codes;
use super::decoder::Decoder;
use super::fields::Fields;
use super::mark::At;
use super::notes::Draft;
use super::tree::NodeId;

/// The account, by its number or by a role in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) account: AccountId,
    pub(super) role: Option<WorkingRole>,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.role {
            Some(role) => role.fmt(f),
            None => self.account.fmt(f),
        }
    }
}

/// Reads a number in quotes, or a mapping with a role.
pub(super) fn owner(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Owner>> {
    if !d.is_mapping(node) {
        let account: At<AccountId> = d.id(node)?;
        return Some(At {
            value: Owner {
                account: account.value,
                role: None,
            },
            mark: account.mark,
        });
    }
    let mut fields = Fields::open(d, node, "`account`")?;
    let mark = fields.mark;
    let role = fields.slot(d, "role", Decoder::id);
    let session_name = fields.slot(d, "session_name", Decoder::id);
    let external_id = fields.slot(d, "external_id", Decoder::id);
    fields.close(d);
    if role.is_unwritten() {
        d.notes.add(
            Draft::new(codes::MISSING_KEY, mark, "`role` is missing")
                .label("no role is named here")
                .help("write `account: {role: acs:ram::<account>:role/<name>}`, or the account's number in quotes"),
        );
    }
    let arn: RoleArn = role.value()?;
    Some(At {
        value: Owner {
            account: arn.account(),
            role: Some(WorkingRole {
                arn,
                session_name: session_name.value(),
                external_id: external_id.value(),
            }),
        },
        mark,
    })
}
