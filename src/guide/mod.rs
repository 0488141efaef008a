//! What the vendor's cloud does and says, and what respec makes of it: the book behind `respec explain`.
//!
//! In: a word a person has met, an error code, a rule number, a name from a plan. Out: what is known
//! about it, as data. Nothing here decides about a machine: the rules themselves live in
//! `src/plan/rules/` and `src/sim/rules/`, and what a code leads to in `src/aliyun/codes/`; tests hold
//! this book against them. It imports nothing, so that every room that speaks to people may open it,
//! and the simulator where a scenario names a code or a call names a parameter.
//!
//! ```
//! use respec::guide::errors;
//!
//! let facts = errors::find(Some("ModifyInstanceSpec"), "operationdenied.nostock");
//! assert_eq!(facts[0].http, 403);
//! ```

pub mod errors;
pub mod rules;
pub mod policies;
pub mod permissions;
pub mod parameters;
