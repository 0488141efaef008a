//! Opening a gate of a run that rests: a person's word becomes durable, and nothing else happens.

use crate::clock::Clock;
use crate::journal::{Journal, JournalError};
use crate::model::Crowd;
use crate::saga::{Entry, IllegalEntry, Kind, RunState};

use super::abandon::OpenRun;

/// Why a gate was not opened.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// The journal of the run is damaged.
    #[error(transparent)]
    Illegal(#[from] IllegalEntry),
    /// The journal takes no more.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The gates of an open run that wait for a person, each named by the batch before it.
///
/// # Errors
/// [`IllegalEntry`] when the journal of the run is damaged.
pub fn waiting_gates(open: &OpenRun<'_>) -> Result<Vec<(Crowd, u32)>, IllegalEntry> {
    let state = RunState::replay(open.entries)?;
    Ok(state.map_or_else(Vec::new, |state| {
        state.milestones.gates_to_approve(open.plan)
    }))
}

/// Opens one of them. The next apply goes on behind it.
///
/// # Errors
/// [`ApproveError`]; the gate is then as shut as before.
pub async fn approve(
    open: &OpenRun<'_>,
    (crowd, batch): &(Crowd, u32),
    who: &str,
    journal: &dyn Journal,
    clock: &dyn Clock,
) -> Result<(), ApproveError> {
    let entry = Entry {
        seq: open.next_seq,
        at: clock.wall(),
        run: open.run.clone(),
        kind: Kind::Approved {
            crowd: crowd.clone(),
            batch: *batch,
            who: who.to_owned(),
        },
    };
    if let Some(mut state) = RunState::replay(open.entries)? {
        state.fold(&entry)?;
    }
    journal.append(&[entry]).await?;
    Ok(())
}
