//! A store checked to the last byte, and in figures: `respec state check`.

use jiff::Timestamp;

use crate::model::{Digest, Lineage, Stamp};
use crate::store::black_box;
use crate::store::black_box::line::PlanLine;
use crate::store::black_box::transcript::Transcript;
use crate::store::engine::kv::Tree;
use crate::store::error::StoreError;
use crate::store::folder::files;
use crate::store::history::contents::Contents;

use super::opening::{Disk, Store};

/// How much there is of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Whose history it is, and how often the recorded fleet changed.
    pub stamp: Stamp,
    /// Machines that are recorded.
    pub machines: usize,
    /// Runs, open or over.
    pub runs: usize,
    /// The open run, if there is one.
    pub open_run: Option<String>,
    /// Orders that were ever made.
    pub orders: usize,
    /// Journal entries.
    pub entries: u64,
    /// When the last of them was written, as far as runs tell: of one that was closed, when it was.
    pub until: Option<Timestamp>,
}

impl Figures {
    /// The figures of a store that holds this.
    #[must_use]
    pub fn of(contents: &Contents) -> Self {
        let open = contents.open_run.as_ref();
        Self {
            stamp: contents.applied.stamp.clone(),
            machines: contents.applied.instances.len(),
            runs: contents.runs.len(),
            open_run: open.map(|open| open.record.run.as_str().to_owned()),
            orders: contents.orders.len(),
            entries: contents.next_seq - 1,
            until: last_written(contents),
        }
    }

    /// Whose history it is.
    #[must_use]
    pub fn lineage(&self) -> &Lineage {
        &self.stamp.lineage
    }
}

fn last_written(contents: &Contents) -> Option<Timestamp> {
    let entries = contents.open_run.iter().flat_map(|open| &open.entries);
    let ends = contents
        .runs
        .iter()
        .filter_map(|run| Some(run.closed.as_ref()?.0));
    entries.map(|entry| entry.at).chain(ends).max()
}

/// What was found. All of it is whole, or there is no survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// How much there is.
    pub figures: Figures,
    /// Plans that are kept.
    pub plans: usize,
    /// Size of the database, in bytes.
    pub database_bytes: u64,
    /// Size of the black box, in bytes.
    pub black_box_bytes: u64,
}

impl Store {
    /// Checks everything: every link of the chain in both copies, that the copies are the same, that every
    /// table is what the journal says, and every plan that is kept; that of the open run must be.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first thing that is not as it was written; [`StoreError::LostPlan`] when the file
    /// of the open run's plan is gone;
    /// [`StoreError::Refused`] for a store without a disk.
    pub async fn survey(&self) -> Result<Survey, StoreError> {
        let Some(disk) = &self.disk else {
            return Err(StoreError::Refused("it has no files to check".into()));
        };
        self.check_all().await?;
        self.compare_copies(disk).await?;
        let plans = self.check_plans(disk).await?;
        Ok(Survey {
            figures: Figures::of(&self.contents()),
            plans,
            database_bytes: files::bytes_below(&disk.dir.database())?,
            black_box_bytes: files::bytes_below(&disk.dir.black_box())?,
        })
    }

    async fn compare_copies(&self, disk: &Disk) -> Result<(), StoreError> {
        let path = disk.dir.black_box();
        let differs = || StoreError::damaged(&path, "it is not what the database says");
        let transcript = Transcript::read(&path)?.ok_or_else(differs)?;
        let rows = self.rows().await?;
        let journal = rows.get(&Tree::Journal).map_or(&[][..], Vec::as_slice);
        let written = transcript.commits.iter().flat_map(|commit| &commit.rows);
        if written.eq(journal) {
            Ok(())
        } else {
            Err(differs())
        }
    }

    async fn check_plans(&self, disk: &Disk) -> Result<usize, StoreError> {
        let rows = self.rows().await?;
        let meta = rows.get(&Tree::Meta).map_or(&[][..], Vec::as_slice);
        let plans = black_box::plans(meta);
        self.knows_the_open_plan(&plans)?;
        let mut n_kept = 0;
        for plan in &plans {
            if self.may_lack(plan)? {
                continue;
            }
            self.load_plan(&plan.plan).await?;
            n_kept += 1;
        }
        files::guard_dir(disk.dir.root(), disk.owner)?;
        Ok(n_kept)
    }

    /// Refuses a store that does not know the plan of its open run: nothing goes on without it.
    pub(super) fn knows_the_open_plan(&self, plans: &[PlanLine]) -> Result<(), StoreError> {
        let contents = self.contents();
        let open = contents.open_run.as_ref().map(|open| &open.record);
        let is_known = |id: &Digest| plans.iter().any(|plan| plan.plan == *id);
        let Some(run) = open.filter(|run| run.has_plan() && !is_known(&run.plan_id)) else {
            return Ok(());
        };
        let disk = self.disk.as_ref();
        let path = disk.map_or_else(|| self.path.clone(), |disk| disk.dir.plans());
        let what = format!("the plan of the open run {} is not kept in it", run.run);
        Err(StoreError::damaged(&path, what))
    }

    /// Whether a plan is not there and need not be: no run is open that carries it out. After a restore most are not.
    pub(super) fn may_lack(&self, plan: &PlanLine) -> Result<bool, StoreError> {
        let contents = self.contents();
        let open = contents.open_run.as_ref().map(|open| &open.record.plan_id);
        let Some(disk) = &self.disk else {
            return Ok(false);
        };
        let file = disk.dir.plan(&plan.plan, &plan.digest);
        Ok(open != Some(&plan.plan) && files::inspect(&file)?.is_none())
    }
}
