//! What is done with a store: opened, read, written to, looked into, checked, moved.
//!
//! In: a folder or a memory, and who we are. Out: a [`Store`], which is one writer's, and what it answers. Each
//! file is one thing that can be done, as methods of the store that `opening` opens.
//!
//! ```text
//! opening     the store itself, and what it takes to be its one writer
//! recalling   the journal of a run, read back; all of it, checked
//! writing     entries appended: the journal that the rest of the house sees
//! plans       plans kept beside the database, and found again
//! peeking     a look inside while somebody else may be writing
//! surveying   every byte checked, and in figures
//! moving      all of it out as one text, and into another folder
//! ```

mod opening;
mod recalling;
mod writing;
mod plans;
mod peeking;
mod surveying;
mod moving;

pub use moving::Restored;
pub use opening::{Access, Store, StoreOptions};
pub use peeking::PeekedPlan;
pub use surveying::{Figures, Survey};
