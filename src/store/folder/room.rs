//! Room on the disk: a reserve for bad moments, and how much there must be before a run begins.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::error::StoreError;

use super::files::{self, Durability};

/// The reserve: 2,500 entries, or a place for the engine to grow into. What an interrupted run over the
/// largest fleet has to say of the machines it has under way is a tenth of it.
const RESERVE_BYTES: usize = 1024 * 1024;

/// So much must be free before a run begins: the engine grows by half a MiB at a time, and writes its index
/// anew at every opening.
const FREE_BYTES_MIN: u64 = 16 * 1024 * 1024;

/// What is known of the room a store has. Clones share what they learn.
#[derive(Debug, Clone)]
pub(in crate::store) struct Room {
    reserve: PathBuf,
    /// Whether the reserve may go before anything is written: a run that is carried on may have machines down, and has to
    /// come to its end.
    carries_on: bool,
    short: Arc<AtomicBool>,
}

impl Room {
    /// As it is found: nothing is known yet.
    pub(in crate::store) fn beside(reserve: PathBuf, carries_on: bool) -> Self {
        Self {
            reserve,
            carries_on,
            short: Arc::default(),
        }
    }

    /// Makes sure that the reserve is there, unless it was given up; where it does not fit, room is short.
    pub(in crate::store) fn fill_up(&self) -> Result<(), StoreError> {
        let found = files::inspect(&self.reserve)?;
        let is_there = found.is_some_and(|meta| meta.len() == RESERVE_BYTES as u64);
        if is_there || self.is_short() {
            return Ok(());
        }
        match files::replace(&self.reserve, &filling(), Durability::Synced) {
            Err(StoreError::DiskFull { .. }) => {
                self.give_up();
                Ok(())
            }
            done => done,
        }
    }

    /// Does something; where the disk is full, once more in the room that the reserve makes.
    pub(in crate::store) fn make_do<T>(
        &self,
        deed: impl Fn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match deed() {
            Err(error) if error.wants_room() && !self.is_short() => {
                self.give_up();
                deed()
            }
            done => done,
        }
    }

    /// The same for what is part of opening. Whoever only looks, or has a word to write, leaves the reserve to those who
    /// carry a run on.
    pub(in crate::store) fn make_do_to_open<T>(
        &self,
        deed: impl Fn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.carries_on {
            self.make_do(deed)
        } else {
            deed()
        }
    }

    /// Gives the reserve up, if a run is carried on.
    pub(in crate::store) fn give_up_to_open(&self) {
        if self.carries_on {
            self.give_up();
        }
    }

    /// Gives the reserve up. Room is short from now on.
    pub(in crate::store) fn give_up(&self) {
        self.short.store(true, Ordering::SeqCst);
        // What cannot be removed frees nothing, which the next write will tell.
        let _ignored = files::remove_if_present(&self.reserve);
    }

    /// Whether the reserve is gone.
    pub(in crate::store) fn is_short(&self) -> bool {
        self.short.load(Ordering::SeqCst)
    }

    /// Whether there is room for a run to begin.
    pub(in crate::store) fn check(&self, folder: &Path) -> Result<(), StoreError> {
        let free = free_bytes(folder)?;
        if free >= FREE_BYTES_MIN && !self.is_short() {
            return Ok(());
        }
        Err(StoreError::LittleRoom {
            path: folder.to_owned(),
            free,
            wanted: FREE_BYTES_MIN,
        })
    }
}

/// Bytes that we may still write there.
fn free_bytes(folder: &Path) -> Result<u64, StoreError> {
    let disk = rustix::fs::statvfs(folder).map_err(|error| {
        StoreError::io("asking how much room is left for", folder, error.into())
    })?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Really written, and nothing that a file system would keep as a hole or in a few bytes.
fn filling() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        // Numbers of Knuth's MMIX generator: any will do that do not repeat soon.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()
    };
    (0..RESERVE_BYTES / 8).flat_map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A folder, and the place of the reserve in it.
    fn place(name: &str) -> (PathBuf, PathBuf) {
        let folder = format!("respec-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        files::make_dir(&folder).unwrap();
        let reserve = folder.join("store.reserve");
        (folder, reserve)
    }

    #[test]
    fn whoever_carries_no_run_on_opens_nothing_in_the_room_of_the_reserve() {
        let (folder, reserve) = place("room-kept");
        let room = Room::beside(reserve.clone(), false);
        room.fill_up().unwrap();
        let n_tries = Cell::new(0);
        let open = || {
            n_tries.set(n_tries.get() + 1);
            Err::<(), _>(StoreError::DiskFull {
                path: folder.clone(),
            })
        };
        room.make_do_to_open(open).unwrap_err();
        room.give_up_to_open();
        let seen = (n_tries.get(), reserve.exists(), room.is_short());
        assert_eq!(seen, (1, true, false));

        let room = Room::beside(reserve.clone(), true);
        room.make_do_to_open(open).unwrap_err();
        let seen = (n_tries.get(), reserve.exists(), room.is_short());
        assert_eq!(seen, (3, false, true));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_finds_no_room_is_done_once_more_without_the_reserve() {
        let (folder, reserve) = place("room");
        let full = || StoreError::DiskFull {
            path: reserve.clone(),
        };
        let room = Room::beside(reserve.clone(), false);
        room.fill_up().unwrap();
        let n_tries = Cell::new(0);
        let write = || {
            n_tries.set(n_tries.get() + 1);
            if reserve.exists() {
                Err(full())
            } else {
                Ok(())
            }
        };
        room.make_do(write).unwrap();
        assert_eq!((n_tries.get(), room.is_short()), (2, true));
        room.fill_up().unwrap();
        assert!(!reserve.exists(), "it was given up");

        let write_in_vain = || {
            n_tries.set(n_tries.get() + 1);
            Err::<(), _>(full())
        };
        room.make_do(write_in_vain).unwrap_err();
        assert_eq!(n_tries.get(), 3, "nothing is left to be given up");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
