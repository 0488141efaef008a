//! The guide against the rooms it speaks about: no code unexplained, no rule claimed that nobody keeps.
//!
//! `docs/rules.md` and `docs/parameters.md` are made here; run with `RESPEC_BLESS=1` to write them anew.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot read")]

#[path = "guide/tree.rs"]
mod tree;
#[path = "guide/calls.rs"]
mod calls;
#[path = "guide/codes.rs"]
mod codes;
#[path = "guide/rules.rs"]
mod rules;
#[path = "guide/parameters.rs"]
mod parameters;
#[path = "guide/manifest_keys.rs"]
mod manifest_keys;
#[path = "guide/permissions.rs"]
mod permissions;
#[path = "guide/streams.rs"]
mod streams;
#[path = "guide/pages.rs"]
mod pages;
