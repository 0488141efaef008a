//! Plans: whole files beside the database, which keeps their digests so that an altered one shows.

use crate::model::Digest;
use crate::store::engine::kv::{Batch, Tree};
use crate::store::error::StoreError;
use crate::store::folder::files::{self, Durability, PLAN_BYTES_MAX};
use crate::store::folder::layout::StoreDir;
use crate::store::history::records::plan_key;

use super::opening::{Disk, Store};

impl Store {
    /// Keeps a plan: the file is whole and on disk, and its digest committed, when this returns.
    /// A plan of the same id that was kept before is replaced.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], [`StoreError::DiskFull`], [`StoreError::Io`], [`StoreError::Refused`];
    /// [`StoreError::Unconfirmed`] ends the store's life like a lost append.
    pub async fn save_plan(&self, plan_id: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        check(plan_id, bytes.len())?;
        let digest = Digest::of_bytes(bytes);
        let before = self.plan_digest(plan_id).await?;
        match &self.disk {
            Some(disk) => write_file(disk, plan_id, &digest, bytes)?,
            None => self.remember(&digest, bytes),
        }
        let mut batch = Batch::default();
        batch.put(Tree::Meta, plan_key(plan_id), digest.as_str())?;
        self.commit(batch).await?;
        match (&self.disk, before) {
            (Some(disk), Some(old)) if old != digest => {
                files::remove_if_present(&disk.dir.plan(plan_id, &old))
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// A plan that was kept, byte for byte.
    ///
    /// # Errors
    /// [`StoreError::NoPlan`] when none of this id was kept; [`StoreError::LostPlan`] when its file is
    /// missing; [`StoreError::Damaged`] when it is not what was saved; [`StoreError::Unsafe`] when others can write
    /// to it.
    pub async fn load_plan(&self, plan_id: &Digest) -> Result<Vec<u8>, StoreError> {
        check(plan_id, 0)?;
        let no_plan = || StoreError::NoPlan(plan_id.short(12).to_owned());
        let digest = self.plan_digest(plan_id).await?.ok_or_else(no_plan)?;
        match &self.disk {
            Some(disk) => read_file(&disk.dir, disk.owner, plan_id, &digest),
            None => self.recall(&digest).ok_or_else(no_plan),
        }
    }

    pub(super) async fn plan_digest(&self, plan_id: &Digest) -> Result<Option<Digest>, StoreError> {
        let bytes = self.engine.get(Tree::Meta, &plan_key(plan_id)).await?;
        let Some(text) = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) else {
            return Ok(None);
        };
        let unreadable = || {
            let what = format!("the digest of plan {} is unreadable", plan_id.short(12));
            StoreError::damaged(&self.path, what)
        };
        Digest::parse(&text).map(Some).ok_or_else(unreadable)
    }

    fn remember(&self, digest: &Digest, bytes: &[u8]) {
        let mut state = self.state.borrow_mut();
        state.plans_in_memory.insert(digest.clone(), bytes.to_vec());
    }

    fn recall(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.state.borrow().plans_in_memory.get(digest).cloned()
    }
}

/// A plan from its file, which is what was saved or an error.
pub(super) fn read_file(
    dir: &StoreDir,
    owner: u32,
    plan_id: &Digest,
    digest: &Digest,
) -> Result<Vec<u8>, StoreError> {
    let path = dir.plan(plan_id, digest);
    files::guard_file(&path, owner)?;
    let Some(bytes) = files::read_bounded(&path, PLAN_BYTES_MAX)? else {
        return Err(StoreError::LostPlan { path });
    };
    if Digest::of_bytes(&bytes) == *digest {
        return Ok(bytes);
    }
    Err(StoreError::damaged(
        &path,
        "it is not the plan that was saved",
    ))
}

fn write_file(
    disk: &Disk,
    plan_id: &Digest,
    digest: &Digest,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let folder = disk.dir.plans();
    files::make_dir(&folder)?;
    files::guard_dir(&folder, disk.owner)?;
    files::sync_parent(&folder)?;
    files::replace(&disk.dir.plan(plan_id, digest), bytes, Durability::Synced)
}

/// A plan id that came from a file may be any text; only a real digest names a file.
fn check(plan_id: &Digest, size: usize) -> Result<(), StoreError> {
    if Digest::parse(plan_id.as_str()).is_none() {
        return Err(StoreError::Refused("the plan id is not a digest".into()));
    }
    if size <= PLAN_BYTES_MAX {
        return Ok(());
    }
    Err(StoreError::TooLarge {
        what: "the plan".into(),
        size,
        limit: PLAN_BYTES_MAX,
    })
}
