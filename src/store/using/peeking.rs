//! Looking into a store without writing to it.

use std::io::ErrorKind;
use std::time::Duration;

use crate::model::{Digest, RunId};
use crate::saga::Entry;
use crate::store::engine::body::{Body, Engine};
use crate::store::error::StoreError;
use crate::store::folder::files;
use crate::store::folder::layout::StoreDir;
use crate::store::folder::lock::{Lock, Waited};
use crate::store::history::contents::Contents;
use crate::store::mending::creation;
use crate::store::mending::healing::{self, Mended};
use crate::store::snapshot;

use super::opening::Store;
use super::plans;

/// How long a reader looks for the first snapshot of a store that its first writer is still opening: thirty times
/// as long as an opening was seen to take.
const FIRST_OPENING: Duration = Duration::from_secs(2);

/// What a reader gets.
enum Sight {
    /// The database is ours to read for a moment.
    Truth(Box<Store>),
    /// It is not, for this reason; the snapshot is what there is.
    Snapshot(StoreError),
    /// There never was a store.
    Nothing,
}

/// What a reader gets of a plan.
#[derive(Debug)]
pub enum PeekedPlan {
    /// All of it, byte for byte as it was saved.
    Whole(Vec<u8>),
    /// Nothing now, for this reason: somebody writes or only they may read it, it is damaged or lost, or it was never
    /// kept.
    Unread(StoreError),
}

impl Store {
    /// Looks into the store of a fleet without creating or holding anything: the truth when nobody
    /// writes, else the writer's last snapshot. None when there never was a store.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::Locked`] only while the very first writer is still opening it.
    pub fn peek(dir: &StoreDir) -> Result<Option<Contents>, StoreError> {
        Self::peek_mending(dir, &mut Vec::new())
    }

    /// The same, and tells what it had to mend to see anything.
    ///
    /// # Errors
    /// As [`Store::peek`].
    pub fn peek_mending(
        dir: &StoreDir,
        mended: &mut Vec<Mended>,
    ) -> Result<Option<Contents>, StoreError> {
        let mut waited = Waited::default();
        loop {
            let reason = match look(dir, mended, &mut waited)? {
                Sight::Truth(store) => return Ok(Some(Contents::clone(&store.contents()))),
                Sight::Nothing => return Ok(None),
                Sight::Snapshot(reason) => reason,
            };
            if let Some(contents) = snapshot::read(dir)? {
                return Ok(Some(contents));
            }
            let is_held = matches!(reason, StoreError::Locked { .. });
            if !is_held || !waited.once_more(FIRST_OPENING) {
                return Err(reason);
            }
        }
    }

    fn locked(dir: &StoreDir) -> StoreError {
        StoreError::Locked {
            path: dir.lock(),
            holder: Lock::holder(&dir.lock()),
        }
    }

    /// The journal of one run, read like [`Store::peek`]; empty for a run that is not known. That of a run that is over is
    /// in no snapshot: whoever writes is waited for, for so long in real time.
    ///
    /// # Errors
    /// As [`Store::peek`]; [`StoreError::Locked`] also where somebody still writes then.
    pub async fn peek_entries(
        dir: &StoreDir,
        run: &RunId,
        patience: Duration,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut waited = Waited::default();
        let sight = look(dir, &mut Vec::new(), &mut waited)?;
        if let Sight::Snapshot(_) = &sight {
            let open = snapshot::read(dir)?.and_then(|contents| contents.open_run);
            if let Some(open) = open.filter(|open| &open.record.run == run) {
                return Ok(open.entries);
            }
        }
        match in_time(dir, sight, waited, patience)? {
            Sight::Truth(store) => store.entries(run).await,
            Sight::Snapshot(reason) => Err(reason),
            Sight::Nothing => Ok(Vec::new()),
        }
    }

    /// A plan that was kept, read like [`Store::peek`], or why it cannot be read now. Whoever writes is waited for, for so
    /// long in real time.
    ///
    /// # Errors
    /// As [`Store::peek`]; [`StoreError::Unsafe`] when others can write to the plan's file.
    pub async fn peek_plan(
        dir: &StoreDir,
        plan_id: &Digest,
        patience: Duration,
    ) -> Result<PeekedPlan, StoreError> {
        let mut waited = Waited::default();
        let sight = look(dir, &mut Vec::new(), &mut waited)?;
        let kept = match in_time(dir, sight, waited, patience)? {
            Sight::Truth(store) => plan_beside(dir, &store, plan_id).await,
            Sight::Snapshot(reason) => return Ok(PeekedPlan::Unread(reason)),
            Sight::Nothing => Err(no_plan(plan_id)),
        };
        match kept {
            Ok(bytes) => Ok(PeekedPlan::Whole(bytes)),
            Err(
                why @ (StoreError::Damaged { .. }
                | StoreError::NoPlan(_)
                | StoreError::LostPlan { .. }),
            ) => Ok(PeekedPlan::Unread(why)),
            Err(error) => Err(error),
        }
    }
}

/// A plan beside a store that was opened to be read.
async fn plan_beside(
    dir: &StoreDir,
    store: &Store,
    plan_id: &Digest,
) -> Result<Vec<u8>, StoreError> {
    let digest = store.plan_digest(plan_id).await?;
    let digest = digest.ok_or_else(|| no_plan(plan_id))?;
    plans::read_file(dir, healing::guard(dir)?, plan_id, &digest)
}

fn no_plan(plan_id: &Digest) -> StoreError {
    StoreError::NoPlan(plan_id.short(12).to_owned())
}

fn look(
    dir: &StoreDir,
    mended: &mut Vec<Mended>,
    waited: &mut Waited,
) -> Result<Sight, StoreError> {
    if files::inspect(dir.root())?.is_none() || !creation::existed(dir)? {
        return Ok(Sight::Nothing);
    }
    files::inspect_dir(dir.root())?;
    match read_truth(dir, mended, waited) {
        Ok(Some(store)) => Ok(Sight::Truth(Box::new(store))),
        Ok(None) => Ok(Sight::Snapshot(Store::locked(dir))),
        Err(error) if is_forbidden(&error) || error.wants_room() => Ok(Sight::Snapshot(error)),
        Err(error) => Err(error),
    }
}

/// What whoever has some time sees: the database, if its writer lets go of it in that time.
fn in_time(
    dir: &StoreDir,
    first: Sight,
    mut waited: Waited,
    patience: Duration,
) -> Result<Sight, StoreError> {
    let mut sight = first;
    while matches!(sight, Sight::Snapshot(StoreError::Locked { .. })) && waited.once_more(patience)
    {
        sight = look(dir, &mut Vec::new(), &mut waited)?;
    }
    Ok(sight)
}

/// The database, if the lock is free; where the disk is too full for it to open, what the box tells.
fn read_truth(
    dir: &StoreDir,
    mended: &mut Vec<Mended>,
    waited: &mut Waited,
) -> Result<Option<Store>, StoreError> {
    let Some(lock) = Lock::take_to_read(&dir.lock(), waited)? else {
        return Ok(None);
    };
    let (engine, loaded) = match healing::open_checked(dir, healing::guard(dir)?, mended) {
        Ok(opened) => {
            let engine = Engine::start(Box::new(opened.kv), Body::Inline)?;
            (engine, opened.loaded)
        }
        Err(full) if full.wants_room() => {
            let (kv, loaded) = healing::recollect(dir)?.ok_or(full)?;
            (Engine::start(Box::new(kv), Body::Inline)?, loaded)
        }
        Err(error) => return Err(error),
    };
    let store = Store::assembled(&dir.database(), engine, loaded, Some(lock));
    Ok(Some(store))
}

/// Whether the folder is one we may only read; sled cannot open it then.
fn is_forbidden(error: &StoreError) -> bool {
    matches!(error, StoreError::Io { source, .. } if matches!(
        source.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    ))
}
