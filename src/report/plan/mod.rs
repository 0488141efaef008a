//! A plan, as people read it before they agree to it.
//!
//! In: a [`PlanPage`]: the plan, and what is known about it from outside. Out: the page for a terminal
//! ([`plan_text`]) or for a pull request ([`plan_markdown`]). Both are drawn from the same sorting of
//! the plan and of its money, and say it in the same words.
//!
//! ```text
//!  sorted       in words
//!  view ───────┬─ spec_lines, steps, way_back ─┬─► tree, money_text ─► text      a terminal
//!  money_view ─┴─ prices, rollout, checks ─────┴───────────────────► markdown  a pull request
//! ```

mod view;
mod spec_lines;
mod prices;
mod steps;
mod way_back;
mod tree;
mod rollout;
mod money_view;
mod money_text;
mod checks;
mod text;
mod markdown;

pub use markdown::plan_markdown;
pub use prices::limit_words;
pub use rollout::overrun_line;
pub use text::{FirstRun, PlanPage, plan_text};
pub use tree::Detail;
