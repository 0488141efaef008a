//! What a machine's store holds when nothing more will happen: read once, for all the laws.

use std::rc::Rc;

use respec::model::RunId;
use respec::saga::Entry;
use respec::store::{Contents, Store};

use crate::history::History;

/// A journal that is over, and the tables beside it.
pub(crate) struct Past {
    pub(crate) contents: Rc<Contents>,
    runs: Vec<(RunId, Vec<Entry>)>,
}

impl Past {
    /// I14: the journal decodes and its chain holds; none where it does not.
    pub(crate) async fn of(history: &History) -> Option<Self> {
        match Self::read(history).await {
            Ok(past) => Some(past),
            Err(what) => {
                history.eye.object("I14", what);
                None
            }
        }
    }

    async fn read(history: &History) -> Result<Self, String> {
        let store = Store::in_memory(&history.kv, &history.rig.lineage);
        let store = store.map_err(|error| error.to_string())?;
        store.check_all().await.map_err(|error| error.to_string())?;
        let contents = store.contents();
        let mut runs = Vec::new();
        for record in &contents.runs {
            let entries = store.entries(&record.run).await;
            let entries = entries.map_err(|error| error.to_string())?;
            runs.push((record.run.clone(), entries));
        }
        Ok(Self { contents, runs })
    }

    /// Each run with its entries, the oldest first.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (&RunId, &[Entry])> {
        self.runs
            .iter()
            .map(|(run, entries)| (run, entries.as_slice()))
    }

    /// The entries of all runs, the oldest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.runs.iter().flat_map(|(_, entries)| entries)
    }
}
