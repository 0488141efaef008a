//! Digests of plans, from the box to a database that does not know them.
//!
//! Only of plans whose files are there: of one that is lost, the database had better know nothing.

use crate::model::Digest;
use crate::store::black_box::line::PlanLine;
use crate::store::black_box::transcript::Transcript;
use crate::store::engine::kv::{Batch, Kv as _, Tree};
use crate::store::engine::sled_kv::SledKv;
use crate::store::error::StoreError;
use crate::store::folder::files;
use crate::store::folder::layout::StoreDir;
use crate::store::history::contents::Contents;
use crate::store::history::records;

/// The plans whose files are there and are what was kept, by id and digest.
pub(super) fn at_hand(dir: &StoreDir, transcript: &Transcript) -> Vec<(Digest, Digest)> {
    let lines = transcript.plans.values();
    let at_hand = lines.filter(|line| is_at_hand(dir, line));
    at_hand
        .map(|line| (line.plan.clone(), line.digest.clone()))
        .collect()
}

/// A file that cannot be read is no lost one: whoever wants the plan is told what is wrong with it.
fn is_at_hand(dir: &StoreDir, line: &PlanLine) -> bool {
    let file = dir.plan(&line.plan, &line.digest);
    match files::digest_of(&file) {
        Ok(found) => found.as_ref() == Some(&line.digest),
        Err(_) => true,
    }
}

/// Makes those of these plans known that are at hand and that the database does not know.
pub(super) fn keep(dir: &StoreDir, kv: &SledKv, plans: &[PlanLine]) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    for line in plans {
        let key = records::plan_key(&line.plan);
        let digest = line.digest.as_str();
        let known = kv.get(Tree::Meta, &key)?;
        if known.as_deref() != Some(digest.as_bytes()) && is_at_hand(dir, line) {
            batch.put(Tree::Meta, key, digest)?;
        }
    }
    if batch.puts().is_empty() {
        return Ok(());
    }
    kv.commit(&batch)
}

/// Where the database does not know the plan of the open run, all of the box is looked through for it: its file may
/// have come back since. A box that cannot be read has nothing to say here.
pub(super) fn find_open(
    dir: &StoreDir,
    kv: &SledKv,
    contents: &Contents,
) -> Result<(), StoreError> {
    let open = contents.open_run.as_ref().map(|open| &open.record);
    let Some(run) = open.filter(|run| run.has_plan()) else {
        return Ok(());
    };
    let key = records::plan_key(&run.plan_id);
    if kv.get(Tree::Meta, &key)?.is_some() {
        return Ok(());
    }
    let Ok(Some(transcript)) = Transcript::read(&dir.black_box()) else {
        return Ok(());
    };
    let line = transcript.plans.get(&run.plan_id);
    keep(dir, kv, line.map_or(&[], std::slice::from_ref))
}
