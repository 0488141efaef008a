//! Two copies: whatever happens to one of them, the store is as it was, and its people are told.

use std::fs;
use std::path::Path;

use respec::store::{Contents, Mended, Store, StoreError};

use crate::damage::{filled, indexes, tamper};
use crate::world::{Scribe, TempHome, append, copy_tree, error_of, one_whole_run, plan_id, run};

const BOX: &str = "journal.jsonl";

/// Opens it: everything is there, both copies are whole, and this was mended.
#[track_caller]
fn opens_with(home: &TempHome, contents: &Contents) -> Vec<Mended> {
    let store = home.open().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(*store.contents(), *contents);
    // A whole state has the plan of its open run; most of these stories are not about it.
    let kept = futures_util::FutureExt::now_or_never(store.save_plan(&plan_id(), b"a plan"));
    kept.unwrap().unwrap();
    let survey = futures_util::FutureExt::now_or_never(store.survey()).unwrap();
    survey.unwrap_or_else(|error| panic!("{error}"));
    let mended = store.mended().to_vec();
    drop(store);
    assert_eq!(home.open().unwrap().mended(), [], "mended twice");
    mended
}

fn cut(path: &Path, n_bytes: usize) {
    let whole = fs::read(path).unwrap();
    fs::write(path, &whole[..n_bytes]).unwrap();
}

type Loss = fn(&TempHome);

type Spoil = fn(&Path);

/// What can happen to a database.
const LOSSES: [(&str, Loss); 7] = [
    ("all of it lost", |home| {
        fs::remove_dir_all(home.root().join("store")).unwrap();
    }),
    ("its log lost", |home| {
        fs::remove_file(home.root().join("store/db")).unwrap();
    }),
    ("its settings lost", |home| {
        fs::remove_file(home.root().join("store/conf")).unwrap();
    }),
    ("its settings garbled", |home| {
        fs::write(home.root().join("store/conf"), b"segment_size: many").unwrap();
    }),
    ("its log garbled", |home| {
        let log = home.root().join("store/db");
        let mut bytes = fs::read(&log).unwrap();
        bytes.iter_mut().step_by(7).for_each(|byte| *byte ^= 0x55);
        fs::write(&log, bytes).unwrap();
    }),
    ("its log cut short", |home| {
        let log = home.root().join("store/db");
        for path in indexes(&home.root().join("store")) {
            fs::remove_file(path).unwrap();
        }
        let used = fs::read(&log).unwrap();
        let used = used.iter().rposition(|&byte| byte != 0).unwrap();
        cut(&log, used * 9 / 10);
    }),
    ("an entry changed", |home| tamper(home, 16)),
];

#[tokio::test]
async fn a_database_that_is_lost_or_damaged_is_made_again_from_the_journal() {
    for (what, lose) in LOSSES {
        let (home, contents) = filled("rebuild").await;
        lose(&home);
        let mended = opens_with(&home, &contents);
        let [told] = mended.as_slice() else {
            panic!("{what}: {mended:?}");
        };
        let told = told.to_string();
        assert!(told.contains("journal.jsonl"), "{what}: {told}");
        if let Some((_, aside)) = told.split_once("the old one is in ") {
            assert!(Path::new(aside.trim_end_matches(')')).exists(), "{told}");
        }
    }
}

#[tokio::test]
async fn a_reader_sees_a_lost_database_too() {
    let (home, contents) = filled("rebuild-peek").await;
    fs::remove_dir_all(home.root().join("store")).unwrap();
    let mut mended = Vec::new();
    let seen = Store::peek_mending(&home.dir(), &mut mended).unwrap();
    assert_eq!(seen.unwrap(), contents);
    assert_eq!(mended.len(), 1);
}

#[tokio::test]
async fn plans_outlive_the_database_that_knew_them() {
    let (home, _) = filled("rebuild-plans").await;
    let kept = respec::model::Digest::of_text("kept");
    let lost = respec::model::Digest::of_text("lost");
    let store = home.open().unwrap();
    store.save_plan(&kept, b"a plan").await.unwrap();
    store.save_plan(&lost, b"another").await.unwrap();
    drop(store);
    for entry in fs::read_dir(home.root().join("plans")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains(lost.as_str()) {
            fs::remove_file(path).unwrap();
        }
    }
    fs::remove_dir_all(home.root().join("store")).unwrap();
    let store = home.open().unwrap();
    assert_eq!(store.load_plan(&kept).await.unwrap(), b"a plan");
    assert!(matches!(
        store.load_plan(&lost).await,
        Err(StoreError::NoPlan(_))
    ));
}

#[tokio::test]
async fn a_plan_that_cannot_be_read_keeps_no_database_from_being_made_again() {
    let (home, contents) = filled("rebuild-unread").await;
    let store = home.open().unwrap();
    store.save_plan(&plan_id(), b"a plan").await.unwrap();
    drop(store);
    let plans = fs::read_dir(home.root().join("plans")).unwrap();
    let files: Vec<_> = plans.map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else {
        panic!("{files:?}");
    };
    fs::rename(file, home.path.join("elsewhere")).unwrap();
    fs::create_dir(file).unwrap();
    fs::remove_dir_all(home.root().join("store")).unwrap();
    let store = home.open().unwrap();
    assert_eq!(store.mended().len(), 1);
    assert_eq!(*store.contents(), contents);
    let error = store.load_plan(&plan_id()).await.unwrap_err();
    assert!(error.to_string().contains("not a plain file"), "{error}");

    fs::remove_dir(file).unwrap();
    fs::rename(home.path.join("elsewhere"), file).unwrap();
    assert_eq!(store.load_plan(&plan_id()).await.unwrap(), b"a plan");
}

#[tokio::test]
async fn an_older_database_put_back_is_brought_up_to_date() {
    let (home, _) = filled("older").await;
    let old = home.path.join("old");
    copy_tree(&home.root().join("store"), &old);
    let store = home.open().unwrap();
    let scribe = Scribe::after(&store.contents(), run(3));
    append(&store, &[scribe.answered(1, None)]).await;
    append(&store, &[scribe.closed(1, 3), scribe.over()]).await;
    let contents = Contents::clone(&store.contents());
    drop(store);
    fs::remove_dir_all(home.root().join("store")).unwrap();
    copy_tree(&old, &home.root().join("store"));
    let mended = opens_with(&home, &contents);
    assert_eq!(mended, [Mended::CaughtUp { n_entries: 3 }]);
}

/// Puts the database back as it was, as after a restore of that folder alone.
fn put_back(home: &TempHome, old: &Path) {
    fs::remove_dir_all(home.root().join("store")).unwrap();
    copy_tree(old, &home.root().join("store"));
}

#[tokio::test]
async fn a_database_put_back_gets_the_plan_of_the_run_that_was_opened_since() {
    let home = TempHome::new("older-plan");
    one_whole_run(&home.open().unwrap(), 1).await;
    let old = home.path.join("old");
    copy_tree(&home.root().join("store"), &old);
    let store = home.open().unwrap();
    store.save_plan(&plan_id(), b"seen at noon").await.unwrap();
    store.save_plan(&plan_id(), b"seen at one").await.unwrap();
    let scribe = Scribe::after(&store.contents(), run(2));
    append(&store, &[scribe.opened(), scribe.begun(1, 2)]).await;
    append(&store, &[scribe.intent(1)]).await;
    drop(store);

    put_back(&home, &old);
    let store = home.open().unwrap();
    assert_eq!(store.mended(), [Mended::CaughtUp { n_entries: 3 }]);
    assert_eq!(store.load_plan(&plan_id()).await.unwrap(), b"seen at one");
    assert_eq!(store.survey().await.unwrap().plans, 1);
    assert!(store.export().await.unwrap().contains("seen at one"));
}

#[tokio::test]
async fn a_database_put_back_knows_a_plan_that_was_kept_behind_its_last_entry() {
    let (home, contents) = filled("older-plan-only").await;
    let store = home.open().unwrap();
    store.save_plan(&plan_id(), b"seen at noon").await.unwrap();
    drop(store);
    let old = home.path.join("old");
    copy_tree(&home.root().join("store"), &old);
    let store = home.open().unwrap();
    // The file of the older version goes with this.
    store.save_plan(&plan_id(), b"seen at one").await.unwrap();
    drop(store);

    put_back(&home, &old);
    let store = home.open().unwrap();
    assert_eq!(store.mended(), [], "no entry was behind");
    assert_eq!(*store.contents(), contents);
    assert_eq!(store.load_plan(&plan_id()).await.unwrap(), b"seen at one");
    assert_eq!(store.survey().await.unwrap().plans, 1);
}

#[tokio::test]
async fn a_state_without_the_plan_of_its_open_run_is_not_called_whole() {
    let (home, contents) = filled("no-plan").await;
    let store = home.open().unwrap();
    let plans = home.root().join("plans");
    let told = format!(
        "{} is damaged: the plan of the open run run-3 is not kept in it; \
         nothing was changed; docs/recovery.md says what to do",
        plans.display()
    );
    assert_eq!(store.survey().await.unwrap_err().to_string(), told);
    assert_eq!(store.export().await.unwrap_err().to_string(), told);
    let scribe = Scribe::after(&contents, run(3));
    append(&store, &[scribe.answered(1, None), scribe.closed(1, 3)]).await;
    append(&store, &[scribe.over()]).await;
    assert_eq!(store.survey().await.unwrap().plans, 0, "nobody needs it");
    store.export().await.unwrap();
}

/// A store whose last commit of two entries is in the box and not in the database, as after a kill between
/// the two; and what it holds without and with that commit.
async fn killed_in_between(name: &str) -> (TempHome, [Contents; 2], usize) {
    let (home, before) = filled(name).await;
    let store = home.open().unwrap();
    drop(store);
    let n_bytes = fs::read(home.root().join(BOX)).unwrap().len();
    let old = home.path.join("old");
    copy_tree(&home.root(), &old);
    let store = home.open().unwrap();
    let scribe = Scribe::after(&store.contents(), run(3));
    append(&store, &[scribe.answered(1, None), scribe.closed(1, 3)]).await;
    let after = Contents::clone(&store.contents());
    drop(store);
    for name in ["store", "store.mark"] {
        let path = home.root().join(name);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
            copy_tree(&old.join(name), &path);
        } else {
            fs::copy(old.join(name), &path).unwrap();
        }
    }
    (home, [before, after], n_bytes)
}

#[tokio::test]
async fn a_commit_that_a_kill_cut_in_two_is_there_or_not_and_nobody_has_to_know() {
    let (home, [before, after], n_before) = killed_in_between("torn").await;
    let pristine = home.path.join("pristine");
    copy_tree(&home.root(), &pristine);
    let n_whole = fs::read(pristine.join(BOX)).unwrap().len();
    let places = (n_before..n_whole)
        .step_by(41)
        .chain([n_whole - 1, n_whole]);
    for n_bytes in places {
        fs::remove_dir_all(home.root()).unwrap();
        copy_tree(&pristine, &home.root());
        close_to_others(&home);
        cut(&home.root().join(BOX), n_bytes);
        let expected = if n_bytes == n_whole { &after } else { &before };
        assert_eq!(opens_with(&home, expected), [], "cut at {n_bytes}");
    }
}

#[tokio::test]
async fn a_kill_is_mended_from_the_end_of_the_box_alone_however_long_it_is() {
    let (home, [_, after], n_before) = killed_in_between("long").await;
    let path = home.root().join(BOX);
    let mut bytes = fs::read(&path).unwrap();
    bytes[n_before / 2] ^= 1;
    fs::write(&path, bytes).unwrap();
    // What stands before the last entry that the database has was not read: the full check does that.
    let store = home.open().unwrap();
    assert_eq!(*store.contents(), after);
    assert_eq!(store.mended(), []);
    let error = store.survey().await.unwrap_err().to_string();
    assert!(error.contains("line "), "{error}");
}

#[tokio::test]
async fn a_power_cut_may_leave_the_second_half_of_a_commit_without_its_first() {
    let (home, [before, _], n_before) = killed_in_between("holes").await;
    let path = home.root().join(BOX);
    let mut bytes = fs::read(&path).unwrap();
    bytes[n_before..n_before + 40].fill(0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(opens_with(&home, &before), []);
}

#[tokio::test]
async fn a_box_that_is_lost_cut_or_damaged_is_made_again_from_the_database() {
    let spoil: [(&str, Spoil); 4] = [
        ("was missing", |path| fs::remove_file(path).unwrap()),
        ("was behind", |path| {
            let text = fs::read_to_string(path).unwrap();
            let lines: Vec<&str> = text.split_inclusive('\n').take(9).collect();
            fs::write(path, lines.concat()).unwrap();
        }),
        ("was behind", |path| {
            let mut bytes = fs::read(path).unwrap();
            let at = bytes.len() - 100;
            bytes[at] ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        ("was damaged, it is no journal", |path| {
            fs::write(path, b"hello\n").unwrap();
        }),
    ];
    for (what, spoil) in spoil {
        let (home, contents) = filled("box").await;
        let before = fs::read(home.root().join(BOX)).unwrap();
        spoil(&home.root().join(BOX));
        let store = home.open().unwrap();
        let told: Vec<String> = store.mended().iter().map(Mended::to_string).collect();
        drop(store);
        assert!(told.len() == 1 && told[0].contains(what), "{told:?}");
        assert_eq!(fs::read(home.root().join(BOX)).unwrap(), before, "{what}");
        assert_eq!(opens_with(&home, &contents), []);
    }
}

#[tokio::test]
async fn damage_in_an_old_part_of_the_box_is_found_by_the_full_check() {
    let (home, _) = filled("box-old").await;
    let path = home.root().join(BOX);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let store = home.open().unwrap();
    let error = store.survey().await.unwrap_err().to_string();
    assert!(
        error.contains("journal.jsonl") && error.contains("line "),
        "{error}"
    );
}

#[tokio::test]
async fn with_both_copies_damaged_nothing_is_made_up() {
    let (home, _) = filled("both").await;
    fs::remove_dir_all(home.root().join("store")).unwrap();
    let path = home.root().join(BOX);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = error_of(home.open());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(
        error.to_string().contains("nor can it be made again"),
        "{error}"
    );
    assert!(error.to_string().contains("line "), "{error}");
    assert!(!home.root().join("store").exists());
}

#[tokio::test]
async fn a_box_that_ends_before_the_mark_does_not_stand_in_for_the_database() {
    let (home, _) = filled("short-box").await;
    fs::remove_dir_all(home.root().join("store")).unwrap();
    let path = home.root().join(BOX);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').take(9).collect();
    fs::write(&path, lines.concat()).unwrap();
    let error = error_of(home.open());
    assert!(
        error.to_string().contains("and entry 17 was written"),
        "{error}"
    );
}

#[tokio::test]
async fn two_different_histories_are_left_to_a_person() {
    let (home, _) = filled("diverged").await;
    let old = home.path.join("old");
    copy_tree(&home.root(), &old);
    let store = home.open().unwrap();
    let scribe = Scribe::after(&store.contents(), run(3));
    append(&store, &[scribe.answered(1, None)]).await;
    drop(store);
    let box_of_one = fs::read(home.root().join(BOX)).unwrap();
    fs::remove_dir_all(home.root()).unwrap();
    copy_tree(&old, &home.root());
    close_to_others(&home);
    let store = home.open().unwrap();
    let scribe = Scribe::after(&store.contents(), run(3));
    append(&store, &[scribe.noted(1, "no answer")]).await;
    drop(store);
    fs::write(home.root().join(BOX), box_of_one).unwrap();
    let error = error_of(home.open());
    assert!(
        error.to_string().contains("is not the one of the database"),
        "{error}"
    );
}

fn close_to_others(home: &TempHome) {
    use std::os::unix::fs::PermissionsExt as _;
    for dir in [home.root(), home.root().join("store")] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
