//! What one word of respec's means: a code of an error, of a rule, of a policy or of a finding.
//!
//! In: the entries of the guide that the word stands for, joined in a [`Book`] with what respec does
//! about each refusal. Out: a page for each of them ([`pages()`]), or a line for everything there is
//! ([`contents`]). The document for programs is in `json`, with the others.

mod book;
mod pages;

pub use book::{Book, Conduct, FindingCode, Refusal};
pub use pages::{contents, pages};
