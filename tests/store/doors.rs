//! Who may come in: one writer, readers beside it, nobody else.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use respec::model::{AccountId, Digest, Lineage};
use respec::store::{Body, Store, StoreError};

use crate::world::{
    Scribe, TempHome, append, error_of, fleet, holder, one_whole_run, options, run,
};

#[tokio::test]
async fn a_second_writer_is_told_who_holds_the_store() {
    let home = TempHome::new("locked");
    let store = home.open().unwrap();
    let error = error_of(home.open());
    let StoreError::Locked { holder: found, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(found.as_deref(), Some(&holder()));
    assert!(error.to_string().contains("ops@build-7 (process "));
    drop(store);
    home.open().unwrap();
}

#[tokio::test]
async fn a_patient_writer_gets_its_turn() {
    let home = TempHome::new("patient");
    let (dir, (opened, is_open)) = (home.dir(), std::sync::mpsc::channel());
    let first = std::thread::spawn(move || {
        let store = Store::open(&dir, options(Body::Inline)).unwrap();
        opened.send(()).unwrap();
        pause(Duration::from_millis(700));
        drop(store);
    });
    is_open.recv().unwrap();
    let mut patient = options(Body::Inline);
    patient.access.lock_timeout = Duration::from_secs(60);
    Store::open(&home.dir(), patient).unwrap();
    first.join().unwrap();
}

#[tokio::test]
async fn readers_see_the_snapshot_while_somebody_writes_and_the_truth_after() {
    let home = TempHome::new("peek");
    assert!(Store::peek(&home.dir()).unwrap().is_none());
    assert!(!home.root().exists(), "looking creates nothing");

    let store = Store::open(&home.dir(), options(Body::Threaded)).unwrap();
    one_whole_run(&store, 1).await;
    let scribe = Scribe::after(&store.contents(), run(2));
    append(&store, &[scribe.opened(), scribe.begun(1, 2)]).await;
    let seen = Store::peek(&home.dir()).unwrap().unwrap();
    assert_eq!(seen, *store.contents());
    let entries = Store::peek_entries(&home.dir(), &run(2), Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(entries.len(), 2);
    let over = Store::peek_entries(&home.dir(), &run(1), Duration::ZERO).await;
    assert!(matches!(
        over,
        Err(StoreError::Locked {
            holder: Some(_),
            ..
        })
    ));
    drop(store);

    std::fs::remove_file(home.root().join("snapshot.json")).unwrap();
    assert_eq!(Store::peek(&home.dir()).unwrap().unwrap(), seen);
    let entries = Store::peek_entries(&home.dir(), &run(1), Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(entries.len(), 7);
}

#[tokio::test]
async fn a_patient_reader_gets_what_only_the_database_has() {
    let home = TempHome::new("patient-reader");
    let store = home.open().unwrap();
    one_whole_run(&store, 1).await;
    drop(store);
    let (dir, (opened, is_open)) = (home.dir(), std::sync::mpsc::channel());
    let (finish, is_finished) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        let store = Store::open(&dir, options(Body::Inline)).unwrap();
        opened.send(()).unwrap();
        is_finished.recv().unwrap();
        pause(Duration::from_millis(200));
        drop(store);
    });
    is_open.recv().unwrap();
    let hasty = Store::peek_entries(&home.dir(), &run(1), Duration::ZERO).await;
    assert!(matches!(hasty, Err(StoreError::Locked { .. })));
    finish.send(()).unwrap();
    let patient = Store::peek_entries(&home.dir(), &run(1), Duration::from_secs(60)).await;
    assert_eq!(patient.unwrap().len(), 7);
    writer.join().unwrap();
}

/// A reader holds the lock for a moment and leaves no name in it: that is no writer.
#[tokio::test]
async fn a_reader_is_not_sent_away_by_another_one() {
    let home = TempHome::new("two-readers");
    let store = home.open().unwrap();
    one_whole_run(&store, 1).await;
    drop(store);
    let mut n_answered = 0;
    // A moment may be a long one on a busy machine, but not each time.
    for _ in 0..3 {
        let other = std::fs::File::open(home.root().join("store.lock")).unwrap();
        other.lock().unwrap();
        let reads = std::thread::spawn(move || {
            pause(Duration::from_millis(100));
            drop(other);
        });
        match Store::peek_entries(&home.dir(), &run(1), Duration::ZERO).await {
            Ok(entries) => {
                assert_eq!(entries.len(), 7);
                n_answered += 1;
            }
            Err(StoreError::Locked { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        reads.join().unwrap();
    }
    assert!(n_answered > 0, "sent away each time");
}

#[tokio::test]
async fn a_store_of_another_account_is_refused() {
    let home = TempHome::new("lineage");
    drop(home.open().unwrap());
    let mut other = options(Body::Inline);
    other.lineage = Lineage::of(&AccountId::new("999").unwrap(), &fleet());
    let error = error_of(Store::open(&home.dir(), other));
    assert!(matches!(error, StoreError::OtherLineage { .. }), "{error}");
}

#[tokio::test]
async fn every_file_is_ours_alone() {
    let home = TempHome::new("modes");
    let store = home.open().unwrap();
    one_whole_run(&store, 1).await;
    store
        .save_plan(&Digest::of_text("p"), b"plan")
        .await
        .unwrap();
    drop(store);
    let store = home.open().unwrap();
    let mut n_seen = 0;
    for path in everything_below(&home.root()) {
        let mode = path.metadata().unwrap().mode() & 0o7777;
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{} is {mode:o}", path.display());
        n_seen += 1;
    }
    assert!(n_seen >= 10, "{n_seen}");
    let ignored = std::fs::read_to_string(home.root().join(".gitignore")).unwrap();
    assert_eq!(ignored, "*\n");
    drop(store);
}

#[tokio::test]
async fn files_that_others_may_read_are_closed_and_those_they_may_write_are_refused() {
    let home = TempHome::new("tighten");
    drop(home.open().unwrap());
    let mark = home.root().join("store.mark");
    for path in [mark.clone(), home.root().join("store/db")] {
        set_mode(&path, 0o644);
        drop(home.open().unwrap());
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
    }
    for (path, mode) in [
        (mark, 0o620),
        (home.root(), 0o777),
        (home.root().join("store"), 0o702),
    ] {
        let before = path.metadata().unwrap().mode();
        set_mode(&path, mode);
        let error = error_of(home.open());
        assert!(matches!(error, StoreError::Unsafe { .. }), "{error}");
        assert!(Store::peek(&home.dir()).is_err());
        set_mode(&path, before);
    }
    home.open().unwrap();
}

#[tokio::test]
async fn symlinks_are_not_followed() {
    for name in [
        "",
        "store",
        "store.lock",
        "store.mark",
        "store/db",
        "snapshot.json",
    ] {
        let home = TempHome::new("symlink");
        drop(home.open().unwrap());
        let (path, elsewhere) = (home.root().join(name), home.path.join("elsewhere"));
        let path = PathBuf::from(path.to_str().unwrap().trim_end_matches('/'));
        std::fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        let error = error_of(home.open());
        assert!(
            matches!(error, StoreError::Unsafe { .. }),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn an_altered_plan_is_noticed() {
    let home = TempHome::new("plan");
    let store = home.open().unwrap();
    let id = Digest::of_text("decisions");
    store.save_plan(&id, b"the plan").await.unwrap();
    let files: Vec<PathBuf> = everything_below(&home.root().join("plans"));
    let [file] = files.as_slice() else {
        panic!("{files:?}");
    };
    std::fs::write(file, b"the plot").unwrap();
    let error = store.load_plan(&id).await.unwrap_err();
    assert!(
        error.to_string().contains("not the plan that was saved"),
        "{error}"
    );
    std::fs::remove_file(file).unwrap();
    let error = store.load_plan(&id).await.unwrap_err();
    assert!(matches!(error, StoreError::LostPlan { .. }), "{error:?}");
    let told = format!("{} is missing: a plan was kept in it", file.display());
    assert_eq!(error.to_string(), told);
}

#[expect(clippy::disallowed_methods, reason = "a lock is held in real time")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o7777)).unwrap();
}

fn everything_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything_below(&path));
        }
        found.push(path);
    }
    found
}
