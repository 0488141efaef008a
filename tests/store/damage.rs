//! What is damaged is an error or harmless: never another value, never a panic, never an empty store.
//!
//! Told without the black box, which mends all of it: `healing.rs` has those stories.

use std::path::Path;

use respec::store::{Contents, Store, StoreError};

use crate::world::{Scribe, TempHome, append, copy_tree, error_of, one_whole_run, run};

/// Positions of the log in which one bit is turned.
const FLIPS: u64 = 30;

/// A store with two finished runs and an open one.
pub(crate) async fn filled(name: &str) -> (TempHome, Contents) {
    let home = TempHome::new(name);
    let store = home.open().unwrap();
    one_whole_run(&store, 1).await;
    one_whole_run(&store, 2).await;
    let scribe = Scribe::after(&store.contents(), run(3));
    append(&store, &[scribe.opened(), scribe.begun(1, 3)]).await;
    append(&store, &[scribe.intent(1)]).await;
    let contents = Contents::clone(&store.contents());
    drop(store);
    (home, contents)
}

/// The same, whose black box is lost.
async fn filled_without_box(name: &str) -> (TempHome, Contents) {
    let (home, contents) = filled(name).await;
    lose_box(&home);
    (home, contents)
}

fn lose_box(home: &TempHome) {
    std::fs::remove_file(home.root().join("journal.jsonl")).unwrap();
}

fn assert_same(home: &TempHome, contents: &Contents) {
    assert_eq!(*home.open().unwrap().contents(), *contents);
}

fn assert_damaged(home: &TempHome, what: &str) {
    let error = error_of(home.open());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains(what), "{error}");
    assert!(Store::peek(&home.dir()).is_err());
}

#[tokio::test]
async fn a_half_made_index_is_cleared_away() {
    let (home, contents) = filled("generating").await;
    let part = home.root().join("store/snap.00000000FFFFFFFF.generating");
    std::fs::write(&part, b"half").unwrap();
    assert_same(&home, &contents);
    assert!(!part.exists());
}

#[tokio::test]
async fn an_unfinished_first_store_is_begun_again() {
    let home = TempHome::new("unfinished");
    std::fs::create_dir_all(home.root().join("store.new")).unwrap();
    for path in [home.root(), home.root().join("store.new")] {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    std::fs::write(home.root().join("store.new/conf"), b"").unwrap();
    assert!(Store::peek(&home.dir()).unwrap().is_none());
    one_whole_run(&home.open().unwrap(), 1).await;
    assert!(!home.root().join("store.new").exists());
}

#[tokio::test]
async fn a_damaged_index_is_made_again_and_a_copy_kept() {
    let (home, contents) = filled("index").await;
    for path in indexes(&home.root().join("store")) {
        std::fs::write(path, b"nonsense").unwrap();
    }
    assert_same(&home, &contents);
    assert!(home.root().join("store.damaged-1/db").exists());
}

#[tokio::test]
async fn a_missing_database_is_an_error_and_not_an_empty_store() {
    for name in ["store", "store/db", "store/conf"] {
        let (home, _) = filled_without_box("missing").await;
        let path = home.root().join(name);
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        assert_damaged(&home, "missing");
    }
}

#[tokio::test]
async fn an_older_database_put_back_is_noticed() {
    let (home, _) = filled("rollback").await;
    let old = home.path.join("old");
    copy_tree(&home.root().join("store"), &old);
    let store = home.open().unwrap();
    let scribe = Scribe::after(&store.contents(), run(3));
    append(&store, &[scribe.answered(1, None)]).await;
    drop(store);
    std::fs::remove_dir_all(home.root().join("store")).unwrap();
    copy_tree(&old, &home.root().join("store"));
    lose_box(&home);
    assert_damaged(&home, "entry 18 was written, but the database ends at 17");
}

#[tokio::test]
async fn a_log_cut_short_is_noticed_even_without_its_index() {
    let (home, _) = filled_without_box("truncated").await;
    let log = home.root().join("store/db");
    let whole = std::fs::read(&log).unwrap();
    let used = whole.iter().rposition(|&b| b != 0).unwrap();
    for path in indexes(&home.root().join("store")) {
        std::fs::remove_file(path).unwrap();
    }
    std::fs::write(&log, &whole[..used * 9 / 10]).unwrap();
    let error = error_of(home.open());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_turned_bit_is_an_error_or_harmless() {
    let (home, contents) = filled("flips").await;
    let pristine = home.path.join("pristine");
    copy_tree(&home.root(), &pristine);
    let log = home.root().join("store/db");
    let whole = std::fs::read(&log).unwrap();
    let used = whole.iter().rposition(|&b| b != 0).unwrap() as u64;
    let mut n_errors = 0;
    for flip in 0..FLIPS {
        std::fs::remove_dir_all(home.root()).unwrap();
        copy_private(&pristine, &home.root());
        lose_box(&home);
        let mut damaged = whole.clone();
        damaged[usize::try_from(flip * used / FLIPS).unwrap()] ^= 1 << (flip % 8);
        std::fs::write(&log, &damaged).unwrap();
        match home.open() {
            Err(_) => n_errors += 1,
            Ok(store) => match store.check_all().await {
                Err(_) => n_errors += 1,
                Ok(()) => assert_eq!(*store.contents(), contents, "flip {flip}"),
            },
        }
    }
    assert!(n_errors > 0, "the flips hit nothing");
}

#[tokio::test]
async fn a_changed_entry_of_a_finished_run_is_found_by_the_full_check() {
    let (home, _) = filled("chain").await;
    tamper(&home, 3);
    let store = home.open().unwrap();
    let error = store.check_all().await.unwrap_err();
    assert!(error.to_string().contains("entry 3"), "{error}");
    assert!(store.entries(&run(1)).await.is_err());
}

#[tokio::test]
async fn a_changed_entry_of_the_open_run_is_found_at_opening() {
    let (home, _) = filled_without_box("open-chain").await;
    tamper(&home, 16);
    assert_damaged(&home, "entry 16");
}

#[tokio::test]
async fn a_newer_format_is_left_alone() {
    let (home, _) = filled("newer").await;
    let db = sled::open(home.root().join("store")).unwrap();
    let meta = db.open_tree("meta").unwrap();
    let identity = meta.get("identity").unwrap().unwrap();
    let newer = String::from_utf8(identity.to_vec()).unwrap();
    let newer = newer.replace("\"format\":2", "\"format\":3");
    meta.insert("identity", newer.as_bytes()).unwrap();
    drop((meta, db));
    let error = error_of(home.open());
    assert!(
        matches!(
            error,
            StoreError::NewerFormat {
                found: 3,
                known: 2,
                ..
            }
        ),
        "{error}"
    );
}

/// Changes one entry as somebody with sled at hand would.
pub(crate) fn tamper(home: &TempHome, seq: u64) {
    let db = sled::open(home.root().join("store")).unwrap();
    let journal = db.open_tree("journal").unwrap();
    let value = journal.get(seq.to_be_bytes()).unwrap().unwrap();
    let text = String::from_utf8(value.to_vec()).unwrap();
    let changed = text.replace("2026-11-10T04", "2026-11-10T05");
    assert_ne!(text, changed);
    journal
        .insert(seq.to_be_bytes(), changed.as_bytes())
        .unwrap();
    db.flush().unwrap();
}

pub(crate) fn indexes(database: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(database).unwrap();
    files
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("snap.")
        })
        .collect()
}

fn copy_private(from: &Path, to: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    copy_tree(from, to);
    for dir in [to.to_owned(), to.join("store")] {
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}
