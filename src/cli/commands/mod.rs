//! The commands, one file each: a function that reads like a recipe.

pub mod generate;
pub mod operations;
pub mod schema;
pub mod sim;
pub mod sim_wait;
pub mod validate;
pub mod plan;
pub mod policy;
pub mod apply;
pub mod orders;
pub mod cancel;
pub mod drift;
pub mod rehearse;
pub mod state;
pub mod history;
pub mod approve;
pub mod explain;
pub mod version;
