//! Where inputs come from: files of this repository, artefacts of one run, and what ever failed.

use std::fs;
use std::path::{Path, PathBuf};

use respec::model::RunId;
use respec::sim::Faults;

use crate::program::{Came, Program};
use crate::rig::paused;

/// What ever failed of a target, by file name.
pub(crate) fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = here().join("tests/fuzz/corpus").join(target);
    files(&folder)
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect()
}

/// Every YAML file of this folder of the repository.
pub(crate) fn yaml(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let paths = files(&here().join(folder)).into_iter();
    let paths = paths.filter(|path| path.to_string_lossy().ends_with(ending));
    let texts: Vec<Vec<u8>> = paths.map(|path| fs::read(path).unwrap()).collect();
    assert!(!texts.is_empty(), "{folder} has no file *{ending}");
    texts
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}

/// A small fleet, applied to its end: its plan file and its journal, one entry a line.
pub(crate) fn one_run() -> (Vec<u8>, Vec<u8>) {
    let manifest = "version: 1\nfleet: shop\nregion: cn-hangzhou\ninstances:\n  \
        web: {id: i-1, spec: {instance_type: ecs.g7.xlarge, internet: {max_bandwidth_out: 50}}}\n  \
        db: {id: i-2, payment: auto, spec: {instance_type: ecs.g7.xlarge}}\n";
    let cloud = "instances:\n- {InstanceId: i-1, InstanceType: ecs.g7.large}\n\
        - {InstanceId: i-2, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid, ExpiredTime: 2027-06-01T16:00Z}\n";
    paused(async {
        let program = Program::new(manifest, cloud, 1, Faults::None);
        let cloud = program.rig.client(program.wire.clone());
        let planned = program
            .rig
            .plan(&cloud, &program.store.contents())
            .await
            .unwrap();
        let plan = planned.plan.seal().into_bytes();
        let Came::Ran(_) = program.apply().await else {
            panic!("a quiet cloud lets everybody plan");
        };
        let run = RunId::new("run-1").unwrap();
        let entries = program.store.entries(&run).await.unwrap();
        let lines: Vec<String> = entries
            .iter()
            .map(|entry| serde_json::to_string(entry).unwrap())
            .collect();
        (plan, lines.join("\n").into_bytes())
    })
}
