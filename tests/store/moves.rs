//! Out of one folder and into another, and nothing is lost on the way.

use std::fs;
use std::path::PathBuf;

use respec::model::Digest;
use respec::store::{Body, Contents, Store, StoreError};

use crate::damage::filled;
use crate::world::{Scribe, TempHome, access, append, copy_tree, one_whole_run, run};

/// A filled store with the plan of its last run, and its export in a file.
async fn exported(name: &str) -> (TempHome, Contents, PathBuf) {
    let (home, contents) = filled(name).await;
    let store = home.open().unwrap();
    let id = last_plan(&contents);
    store.save_plan(&id, b"{\"a\": \"plan\"}\n").await.unwrap();
    let file = home.path.join("export.jsonl");
    fs::write(&file, store.export().await.unwrap()).unwrap();
    (home, contents, file)
}

fn last_plan(contents: &Contents) -> Digest {
    contents.runs.last().unwrap().plan_id.clone()
}

#[tokio::test]
async fn an_export_makes_the_same_store_elsewhere() {
    let (_home, contents, file) = exported("export").await;
    let other = TempHome::new("export-other");
    let restored = Store::restore(&other.dir(), &file, &access(Body::Inline)).unwrap();
    assert_eq!(restored.replaced, None);
    let store = other.open().unwrap();
    assert_eq!(*store.contents(), contents);
    let plan = store.load_plan(&last_plan(&contents)).await;
    assert_eq!(plan.unwrap(), b"{\"a\": \"plan\"}\n");
    assert_eq!(store.survey().await.unwrap().plans, 1);
    let again = store.export().await.unwrap();
    assert_eq!(
        again,
        fs::read_to_string(file).unwrap(),
        "the same, byte for byte"
    );
    let scribe = Scribe::after(&contents, run(3));
    append(&store, &[scribe.answered(1, None)]).await;
}

#[tokio::test]
async fn the_journal_of_a_lost_runner_is_as_good_as_an_export() {
    let (home, contents, _) = exported("runner").await;
    let saved = home.root().join("journal.jsonl");
    let other = TempHome::new("runner-other");
    Store::restore(&other.dir(), &saved, &access(Body::Inline)).unwrap();
    let store = other.open().unwrap();
    assert_eq!(*store.contents(), contents);
    let id = last_plan(&contents);
    assert!(matches!(
        store.load_plan(&id).await,
        Err(StoreError::NoPlan(_))
    ));
    drop(store);
    // Its plans are found later, and put where they belong.
    copy_tree(&home.root().join("plans"), &other.root().join("plans"));
    set_private(&other.root().join("plans"));
    let store = other.open().unwrap();
    let plan = store.load_plan(&id).await;
    assert_eq!(plan.unwrap(), b"{\"a\": \"plan\"}\n");
    assert_eq!(store.survey().await.unwrap().plans, 1);
}

#[tokio::test]
async fn a_replaced_store_is_kept() {
    let (home, contents, file) = exported("replace").await;
    let store = home.open().unwrap();
    let scribe = Scribe::after(&store.contents(), run(3));
    append(&store, &[scribe.answered(1, None)]).await;
    let newer = Contents::clone(&store.contents());
    drop(store);
    let restored = Store::restore(&home.dir(), &file, &access(Body::Inline)).unwrap();
    assert_eq!(*home.open().unwrap().contents(), contents);
    let journal = restored.replaced.unwrap().join("journal.jsonl");
    Store::restore(&home.dir(), &journal, &access(Body::Inline)).unwrap();
    assert_eq!(*home.open().unwrap().contents(), newer);
}

#[tokio::test]
async fn a_restore_that_cannot_write_moves_nothing() {
    let (home, contents, file) = exported("no-room").await;
    let in_the_way = home.root().join("journal.jsonl.tmp");
    fs::create_dir(&in_the_way).unwrap();
    Store::restore(&home.dir(), &file, &access(Body::Inline)).unwrap_err();
    fs::remove_dir(in_the_way).unwrap();
    let store = home.open().unwrap();
    assert_eq!(store.mended(), [], "the database was not moved");
    assert_eq!(*store.contents(), contents);
}

/// Nine stores that were replaced are kept, and what was not replaced is none of them.
#[tokio::test]
async fn a_restore_that_cannot_write_leaves_nothing_behind_however_often_it_is_tried() {
    let (home, contents, file) = exported("no-room-again").await;
    let in_the_way = home.root().join("journal.jsonl.tmp");
    fs::create_dir(&in_the_way).unwrap();
    for _ in 0..10 {
        Store::restore(&home.dir(), &file, &access(Body::Inline)).unwrap_err();
    }
    let kept = home.root().join("replaced-1");
    assert!(!kept.exists());
    fs::remove_dir(in_the_way).unwrap();
    let restored = Store::restore(&home.dir(), &file, &access(Body::Inline)).unwrap();
    assert_eq!(restored.replaced, Some(kept));
    assert_eq!(*home.open().unwrap().contents(), contents);
}

#[tokio::test]
async fn a_file_that_is_cut_or_changed_anywhere_is_refused_and_nothing_is_touched() {
    let (home, contents, file) = exported("cut").await;
    let whole = fs::read(&file).unwrap();
    let spoiled = home.path.join("spoiled.jsonl");
    let places: Vec<usize> = (0..whole.len())
        .step_by(61)
        .chain([whole.len() - 1])
        .collect();
    assert!(places.len() > 50);
    for &place in &places {
        let mut turned = whole.clone();
        turned[place] ^= 1;
        for bytes in [&whole[..place], &turned] {
            fs::write(&spoiled, bytes).unwrap();
            let refused = Store::restore(&home.dir(), &spoiled, &access(Body::Inline));
            assert!(
                matches!(
                    refused,
                    Err(StoreError::Damaged { .. } | StoreError::NewerFormat { .. })
                ),
                "{place}: {refused:?}"
            );
        }
    }
    assert_eq!(*home.open().unwrap().contents(), contents);
    assert!(!home.root().join("replaced-1").exists());
}

#[tokio::test]
async fn lines_of_two_exports_make_no_third() {
    let (home, _, file) = exported("mix").await;
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without_one: String = [&lines[..4], &lines[5..]].concat().concat();
    let twice: String = [&lines[..5], &lines[4..]].concat().concat();
    let swapped: String = [&lines[..4], &[lines[5], lines[4]], &lines[6..]]
        .concat()
        .concat();
    for bad in [without_one, twice, swapped] {
        let spoiled = home.path.join("mixed.jsonl");
        fs::write(&spoiled, bad).unwrap();
        let refused = Store::read_export(&spoiled);
        assert!(
            matches!(refused, Err(StoreError::Damaged { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_the_old_store_or_the_new_one() {
    let (home, contents, file) = exported("killed").await;
    let store = home.open().unwrap();
    one_run_more(&store).await;
    let newer = Contents::clone(&store.contents());
    drop(store);
    let before = home.path.join("before");
    copy_tree(&home.root(), &before);
    Store::restore(&home.dir(), &file, &access(Body::Inline)).unwrap();
    let journal = fs::read(home.root().join("journal.jsonl")).unwrap();
    // Killed after the old database was moved away, and with or without the new journal in its place.
    for (killed, expected) in [(None, &newer), (Some(&journal), &contents)] {
        fs::remove_dir_all(home.root()).unwrap();
        copy_tree(&before, &home.root());
        set_private(&home.root());
        fs::remove_file(home.root().join("store.mark")).unwrap();
        fs::remove_dir_all(home.root().join("store")).unwrap();
        if let Some(journal) = killed {
            fs::write(home.root().join("journal.jsonl"), journal).unwrap();
        }
        assert_eq!(*home.open().unwrap().contents(), *expected);
    }
}

async fn one_run_more(store: &Store) {
    let scribe = Scribe::after(&store.contents(), run(3));
    append(store, &[scribe.answered(1, None), scribe.closed(1, 3)]).await;
    append(store, &[scribe.over()]).await;
    one_whole_run(store, 4).await;
}

fn set_private(dir: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).unwrap();
}
