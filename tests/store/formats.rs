//! Stores that other versions wrote, kept as they were: each is opened for ever.

use std::process::Command;

use respec::model::{AccountId, FleetName, Lineage};
use respec::store::{Access, Body, Contents, Store, StoreDir, StoreOptions};

use crate::world::{TempHome, access};

/// Unpacks a kept store, whose fleet is called `shop`.
fn kept(format: u32) -> (TempHome, StoreDir) {
    let home = TempHome::new(&format!("format-{format}"));
    let archive = format!(
        "{}/tests/store/format-{format}.tar.gz",
        env!("CARGO_MANIFEST_DIR")
    );
    let unpacked = Command::new("tar")
        .args(["-xzf", &archive, "-C"])
        .arg(&home.path)
        .status();
    assert!(unpacked.unwrap().success(), "{archive}");
    let dir = StoreDir::new(&home.path, &fleet());
    (home, dir)
}

fn fleet() -> FleetName {
    FleetName::new("shop").unwrap()
}

/// What is in each of them: one machine changed, one adopted, and an order that is still to be paid.
#[track_caller]
fn is_the_shop(contents: &Contents) {
    let names = contents.applied.instances.values();
    let names: Vec<&str> = names.map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["web-2", "web-3"]);
    let open = contents.open_run.as_ref().unwrap();
    assert!(open.record.run.as_str().ends_with("-51fe97"));
    let orders: Vec<&str> = contents.orders.keys().map(|id| id.as_str()).collect();
    assert_eq!(orders, ["210000000000001"]);
}

#[tokio::test]
async fn a_store_of_the_first_format_is_read_and_becomes_one_of_the_present() {
    let (home, dir) = kept(1);
    is_the_shop(&Store::peek(&dir).unwrap().unwrap());
    assert!(
        !dir.root().join("journal.jsonl").exists(),
        "readers upgrade nothing"
    );

    let account = AccountId::new("1234567890123456").unwrap();
    let options = StoreOptions {
        access: access(Body::Inline),
        lineage: Lineage::of(&account, &fleet()),
    };
    let store = Store::open(&dir, options).unwrap();
    assert_eq!(store.mended(), [], "an older format is no damage");
    is_the_shop(&store.contents());
    let open = store.contents().open_run.clone().unwrap();
    let plan = store.load_plan(&open.record.plan_id).await.unwrap();
    assert!(plan.len() > 1_000);
    drop(store);
    survives_the_loss_of_its_database(&dir).await;
    drop(home);
}

/// With a machine that was forgotten once, and found again.
#[tokio::test]
async fn a_store_of_the_present_format_is_opened() {
    let (home, dir) = kept(2);
    is_the_shop(&Store::peek(&dir).unwrap().unwrap());
    let store = Store::open_existing(&dir, &access(Body::Inline)).unwrap();
    let store = store.unwrap();
    assert_eq!(store.mended(), []);
    assert_eq!(store.survey().await.unwrap().plans, 2);
    assert_eq!(store.contents().runs.len(), 3);
    drop(store);
    survives_the_loss_of_its_database(&dir).await;
    drop(home);
}

/// What the first format could not do.
async fn survives_the_loss_of_its_database(dir: &StoreDir) {
    std::fs::remove_dir_all(dir.root().join("store")).unwrap();
    let access: Access = access(Body::Inline);
    let store = Store::open_existing(dir, &access).unwrap().unwrap();
    assert_eq!(store.mended().len(), 1);
    is_the_shop(&store.contents());
    assert_eq!(store.survey().await.unwrap().plans, 2);
}
