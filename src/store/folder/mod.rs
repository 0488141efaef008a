//! The folder of one fleet: where things lie in it, that only we can touch them, and that one process
//! writes at a time.
//!
//! In: a home and a fleet's name. Out: the [`StoreDir`](crate::store::StoreDir) that names each file, and files
//! that are whole or absent. What is written in them is known to the rooms below, not here.
//!
//! ```text
//! layout   which file is called what
//! files    modes, owners, syncs: what is not as we leave it is refused
//! lock     store.lock: who writes, and how long to wait for them
//! room     store.reserve: what is given up when the disk is full
//! ```

pub(super) mod layout;
pub(super) mod files;
pub(super) mod lock;
pub(super) mod room;
