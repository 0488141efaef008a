//! For any journal: what a reopened store holds is the fold of what it was given.

use std::fmt::Write as _;

use proptest::prelude::*;
use respec::journal::Journal as _;
use respec::saga::Entry;
use respec::store::{Contents, KeyRange, Kv as _, MemoryKv, Store, Tree, fold};

use crate::world::{Scribe, TempHome, lineage, machine, one_whole_run, order, run};

/// What a run may do next, on one of a few machines.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Adopt(u64),
    Change(u64),
    Order(u64, u64),
    EndRun,
}

fn deeds() -> impl Strategy<Value = Vec<Vec<Deed>>> {
    let deed = prop_oneof![
        (0..4u64).prop_map(Deed::Adopt),
        (0..4u64).prop_map(Deed::Change),
        (0..4u64, 0..6u64).prop_map(|(machine, number)| Deed::Order(machine, number)),
        Just(Deed::EndRun),
    ];
    prop::collection::vec(prop::collection::vec(deed, 1..5), 1..12)
}

/// The commits in which these deeds would be written down.
fn commits(deeds: &[Vec<Deed>]) -> Vec<Vec<Entry>> {
    let mut contents = Contents::empty(lineage());
    let mut commits = Vec::new();
    for commit in deeds {
        let entries = commit_of(&contents, commit);
        fold(&mut contents, &entries).unwrap();
        commits.push(entries);
    }
    commits
}

fn commit_of(contents: &Contents, deeds: &[Deed]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut contents = contents.clone();
    for deed in deeds {
        let open = contents
            .open_run
            .as_ref()
            .map(|open| open.record.run.clone());
        let id = open.clone().unwrap_or_else(|| run(contents.next_seq));
        let scribe = Scribe::after(&contents, id);
        let mut new = Vec::new();
        if open.is_none() {
            new.push(scribe.opened());
        }
        new.push(match *deed {
            Deed::Adopt(number) => scribe.adopted(number),
            Deed::Change(number) => {
                scribe.begun(number, contents.change_number(&machine(number)) + 1)
            }
            Deed::Order(number, id) => scribe.answered(number, Some(order(id))),
            Deed::EndRun => scribe.over(),
        });
        fold(&mut contents, &new).unwrap();
        entries.extend(new);
    }
    entries
}

fn folded(commits: &[Vec<Entry>]) -> Contents {
    let mut contents = Contents::empty(lineage());
    for commit in commits {
        fold(&mut contents, commit).unwrap();
    }
    contents
}

async fn write(store: &Store, commits: &[Vec<Entry>]) {
    for commit in commits {
        store.append(commit).await.unwrap();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// Older stores are read by newer versions: a change here needs a new format number.
#[tokio::test]
async fn what_is_stored_keeps_its_form() {
    let kv = MemoryKv::new();
    let store = Store::in_memory(&kv, &lineage()).unwrap();
    one_whole_run(&store, 1).await;
    let plan_id = respec::model::Digest::of_text("decisions");
    store.save_plan(&plan_id, b"plan").await.unwrap();
    let mut dump = String::new();
    for tree in Tree::ALL {
        for (key, value) in kv.scan(tree, &KeyRange::all()).unwrap() {
            let value = String::from_utf8(value).unwrap();
            writeln!(dump, "{} {}: {value}", tree.name(), key.escape_ascii()).unwrap();
        }
    }
    assert_eq!(dump, include_str!("golden-format-2.txt"), "{dump}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_reopened_memory_is_the_fold_of_its_entries(deeds in deeds()) {
        let (kv, commits) = (MemoryKv::new(), commits(&deeds));
        block_on(write(&Store::in_memory(&kv, &lineage()).unwrap(), &commits));
        let store = Store::in_memory(&kv, &lineage()).unwrap();
        prop_assert_eq!(&*store.contents(), &folded(&commits));
        prop_assert!(block_on(store.check_all()).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn a_reopened_folder_is_the_fold_of_its_entries(deeds in deeds()) {
        let (home, commits) = (TempHome::new("laws"), commits(&deeds));
        block_on(write(&home.open().unwrap(), &commits));
        prop_assert_eq!(&Store::peek(&home.dir()).unwrap().unwrap(), &folded(&commits));
        let store = home.open().unwrap();
        prop_assert_eq!(&*store.contents(), &folded(&commits));
        prop_assert!(block_on(store.check_all()).is_ok());
    }
}
