//! The database with its black box before it.

use std::cell::Cell;

use crate::store::engine::kv::{Batch, KeyRange, Kv, Row, Tree};
use crate::store::engine::sled_kv::SledKv;
use crate::store::error::StoreError;
use crate::store::folder::room::Room;

use super::file::BlackBox;

/// Writes each commit to the box first.
#[derive(Debug)]
pub(in crate::store) struct BoxedKv {
    kv: SledKv,
    black_box: BlackBox,
    room: Room,
    engine: Cell<EngineHealth>,
}

/// Whether the database takes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EngineHealth {
    /// Yes.
    Well,
    /// The disk ran full under it, after which it refuses everything. The box goes on alone, and the next
    /// opening brings the database up to date.
    Full,
}

impl BoxedKv {
    pub(in crate::store) fn new(kv: SledKv, black_box: BlackBox, room: Room) -> Self {
        Self {
            kv,
            black_box,
            room,
            engine: Cell::new(EngineHealth::Well),
        }
    }

    /// To the box; where the disk is full, into the room that the reserve makes.
    fn record(&self, batch: &Batch) -> Result<(), StoreError> {
        let text = self.black_box.lines_of(batch)?;
        self.room.make_do(|| self.black_box.append(&text))
    }
}

impl Kv for BoxedKv {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        self.record(batch)?;
        if self.engine.get() == EngineHealth::Full {
            return Ok(());
        }
        match self.kv.commit(batch) {
            Err(StoreError::FullMidway(_)) => {
                self.room.give_up();
                self.engine.set(EngineHealth::Full);
                Ok(())
            }
            done => done,
        }
    }

    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.kv.get(tree, key)
    }

    fn scan(&self, tree: Tree, range: &KeyRange) -> Result<Vec<Row>, StoreError> {
        self.kv.scan(tree, range)
    }
}
