//! The JSON Schema of manifests, for editors and for those who write manifests by program.
//!
//! A manifest is decoded by hand, so that every finding has its place; its schema is data beside it. A test
//! walks both and compares them key by key and word by word.

/// The schema of a manifest, in the 2020-12 draft, as the file that editors read has it.
#[must_use]
pub fn manifest_schema() -> &'static str {
    include_str!("../../docs/manifest.schema.json")
}
