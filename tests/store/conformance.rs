//! What every body of the store does alike: sled on its own thread, sled inline, memory.

use respec::journal::{Journal as _, JournalError};
use respec::model::Digest;
use respec::store::{CommitFault, MemoryKv, Store, StoreError, VALUE_BYTES_MAX};

use crate::world::{Place, Scribe, append, lineage, machine, one_whole_run, order, refusal, run};

#[tokio::test]
async fn everything_acknowledged_is_there_after_reopening() {
    for place in Place::all("reopen") {
        let store = place.open();
        one_whole_run(&store, 1).await;
        let scribe = Scribe::after(&store.contents(), run(2));
        append(&store, &[scribe.opened(), scribe.begun(3, 1)]).await;
        let before = store.contents();
        drop(store);

        let store = place.open();
        assert_eq!(*store.contents(), *before);
        assert_eq!(before.applied.stamp.serial, 2);
        assert_eq!(before.change_number(&machine(1)), 1);
        assert_eq!(before.change_number(&machine(3)), 1, "before any record");
        assert_eq!(before.orders[&order(1)].instance, machine(1));
        assert_eq!(before.open_run.as_ref().unwrap().entries.len(), 2);
        store.check_all().await.unwrap();
    }
}

#[tokio::test]
async fn each_run_keeps_its_own_journal() {
    for place in Place::all("history") {
        let store = place.open();
        one_whole_run(&store, 1).await;
        one_whole_run(&store, 2).await;
        let (first, second) = (store.entries(&run(1)).await, store.entries(&run(2)).await);
        assert!(first.unwrap().iter().map(|e| e.seq).eq(1..=7));
        assert!(second.unwrap().iter().map(|e| e.seq).eq(8..=14));
        assert!(store.entries(&run(3)).await.unwrap().is_empty());
        assert_eq!(store.contents().runs.len(), 2);
        assert_eq!(store.contents().open_run, None);
    }
}

#[tokio::test]
async fn a_gap_in_the_numbers_is_refused_and_the_store_goes_on() {
    for place in Place::all("gap") {
        let store = place.open();
        let scribe = Scribe::after(&store.contents(), run(1));
        append(&store, &[scribe.opened()]).await;
        let skipped = scribe.adopted(1);
        let why = refusal(store.append(&[scribe.adopted(2)]).await);
        assert_eq!(why, "entry 3 does not follow: the next one is 2");
        append(&store, &[skipped]).await;
        assert_eq!(store.contents().next_seq, 3);
    }
}

#[tokio::test]
async fn one_run_at_a_time_and_each_id_once() {
    for place in Place::all("runs") {
        let store = place.open();
        let stray = Scribe::after(&store.contents(), run(1)).adopted(1);
        assert!(refusal(store.append(&[stray]).await).contains("not open"));
        one_whole_run(&store, 1).await;
        let again = Scribe::after(&store.contents(), run(1)).opened();
        assert!(refusal(store.append(&[again]).await).contains("again"));
        let second = Scribe::after(&store.contents(), run(2));
        append(&store, &[second.opened()]).await;
        let third = Scribe::after(&store.contents(), run(3)).opened();
        assert!(refusal(store.append(&[third]).await).contains("still open"));
    }
}

#[tokio::test]
async fn a_change_number_is_used_once() {
    for place in Place::all("changes") {
        let store = place.open();
        one_whole_run(&store, 1).await;
        let scribe = Scribe::after(&store.contents(), run(2));
        let batch = [scribe.opened(), scribe.begun(1, 1)];
        assert!(refusal(store.append(&batch).await).contains("change 1 of i-0001"));
        assert_eq!(store.contents().open_run, None, "all or none");
    }
}

#[tokio::test]
async fn a_forgotten_machine_is_gone_and_its_change_number_and_orders_stay() {
    for place in Place::all("forgotten") {
        let store = place.open();
        one_whole_run(&store, 1).await;
        let serial = store.contents().applied.stamp.serial;
        let scribe = Scribe::after(&store.contents(), run(2));
        append(
            &store,
            &[scribe.opened(), scribe.forgotten(1), scribe.over()],
        )
        .await;
        drop(store);
        let store = place.open();
        let contents = store.contents();
        assert!(!contents.applied.instances.contains_key(&machine(1)));
        assert_eq!(contents.applied.stamp.serial, serial + 1);
        assert_eq!(contents.change_number(&machine(1)), 1);
        assert_eq!(contents.orders[&order(1)].instance, machine(1));
        store.check_all().await.unwrap();
        one_whole_run(&store, 3).await;
        assert_eq!(store.contents().change_number(&machine(1)), 2);
    }
}

#[tokio::test]
async fn a_record_above_the_limit_is_refused_whole() {
    for place in Place::all("large") {
        let store = place.open();
        let scribe = Scribe::after(&store.contents(), run(1));
        append(&store, &[scribe.opened()]).await;
        let before = store.contents();
        let large = scribe.noted(1, &"x".repeat(5 * 1024));
        let why = refusal(store.append(&[large]).await);
        assert!(why.contains("too large") && why.contains(&VALUE_BYTES_MAX.to_string()));
        assert_eq!(store.contents(), before);
        let scribe = Scribe::after(&before, run(1));
        append(&store, &[scribe.noted(1, &"x".repeat(3 * 1024))]).await;
    }
}

#[tokio::test]
async fn a_whole_fleet_is_adopted_in_one_commit() {
    for place in Place::all("fleet") {
        let store = place.open();
        let scribe = Scribe::after(&store.contents(), run(1));
        let mut entries = vec![scribe.opened()];
        entries.extend((0..10_000).map(|number| scribe.adopted(number)));
        append(&store, &entries).await;
        drop(store);
        let contents = place.open().contents();
        assert_eq!(contents.applied.instances.len(), 10_000);
        assert_eq!(contents.applied.stamp.serial, 1);
    }
}

#[tokio::test]
async fn a_plan_comes_back_byte_for_byte_and_the_newest_wins() {
    for place in Place::all("plans") {
        let store = place.open();
        let id = Digest::of_text("decisions");
        assert!(matches!(
            store.load_plan(&id).await,
            Err(StoreError::NoPlan(_))
        ));
        store.save_plan(&id, b"observed at noon").await.unwrap();
        store.save_plan(&id, b"observed at one").await.unwrap();
        assert_eq!(store.load_plan(&id).await.unwrap(), b"observed at one");
    }
}

#[tokio::test]
async fn a_plan_id_that_is_no_digest_names_no_file() {
    let id: Digest = serde_json::from_str("\"../../etc/passwd\"").unwrap();
    for place in Place::all("plan-id") {
        let store = place.open();
        assert!(matches!(
            store.save_plan(&id, b"x").await,
            Err(StoreError::Refused(_))
        ));
        assert!(matches!(
            store.load_plan(&id).await,
            Err(StoreError::Refused(_))
        ));
    }
}

#[tokio::test]
async fn a_refused_commit_leaves_no_trace() {
    let kv = MemoryKv::new();
    let store = Store::in_memory(&kv, &lineage()).unwrap();
    let scribe = Scribe::after(&store.contents(), run(1));
    append(&store, &[scribe.opened()]).await;
    kv.fail_commit(kv.n_commits() + 1, CommitFault::Refused);
    let entry = scribe.adopted(1);
    refusal(store.append(std::slice::from_ref(&entry)).await);
    append(&store, &[entry]).await;
    assert_eq!(store.contents().next_seq, 3);
}

#[tokio::test]
async fn after_an_unconfirmed_commit_nothing_more_is_taken() {
    for n_kept in [0, 1] {
        let kv = MemoryKv::new();
        let store = Store::in_memory(&kv, &lineage()).unwrap();
        one_whole_run(&store, 1).await;
        let scribe = Scribe::after(&store.contents(), run(2));
        kv.fail_commit(kv.n_commits() + 1, CommitFault::Unknown);
        let lost = store.append(&[scribe.opened(), scribe.begun(1, 2)]).await;
        assert!(matches!(lost, Err(JournalError::Unknown(_))));
        let next = Scribe::after(&store.contents(), run(2)).opened();
        assert!(refusal(store.append(&[next]).await).contains("opened again"));
        drop(store);

        kv.crash(n_kept);
        let store = Store::in_memory(&kv, &lineage()).unwrap();
        let expected = 8 + 2 * n_kept as u64;
        assert_eq!(
            store.contents().next_seq,
            expected,
            "exactly the durable prefix"
        );
        store.check_all().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_inline_bodies_let_no_virtual_time_pass() {
    for place in [
        Place::all("paused").remove(1),
        Place::Memory(MemoryKv::new()),
    ] {
        let store = place.open();
        let writing = one_whole_run(&store, 1);
        let result = tokio::time::timeout(std::time::Duration::from_nanos(1), writing).await;
        assert!(result.is_ok());
    }
}
