//! What the policies of a key keep from its holder, and how that looks.

use crate::harness::{House, story};
use respec::sim::Scenario;

fn with(permissions: &str) -> String {
    format!(
        "keys: [{{id: simulated, secret: simulated-secret, permissions: {permissions}}}]
instances:
- {{InstanceId: i-1, InstanceType: ecs.g7.large}}
- {{InstanceId: i-2, InstanceType: ecs.g7.large, Status: Stopped}}
"
    )
}

async fn seen(house: &House) -> Vec<String> {
    let answer = house.ecs("DescribeInstances", &[]).await;
    assert_eq!(answer.code(), "OK");
    let machines = answer.body["Instances"]["Instance"]
        .as_array()
        .unwrap()
        .clone();
    let ids = machines
        .iter()
        .map(|machine| machine["InstanceId"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

#[test]
fn a_denied_call_is_refused_with_its_action_and_does_nothing() {
    story(
        &with("{deny: ['ecs:StartInstance', 'ecs:Modify*', 'bss:*']}"),
        |house| async move {
            let start = house.ecs("StartInstance", &[("InstanceId", "i-2")]).await;
            assert_eq!((start.status, start.code()), (403, "Forbidden.RAM"));
            let detail = &start.body["AccessDeniedDetail"];
            assert_eq!(detail["AuthAction"], "ecs:StartInstance");
            assert_eq!(detail["NoPermissionType"], "ImplicitDeny");
            assert_eq!(house.truth("i-2")["Status"], "Stopped");
            let modify = [("InstanceId", "i-1"), ("InternetMaxBandwidthOut", "5")];
            for (code, answer) in [
                (
                    "Forbidden.RAM",
                    house.ecs("ModifyInstanceNetworkSpec", &modify).await,
                ),
                ("Forbidden.RAM", house.bss("QueryAccountBalance", &[]).await),
                (
                    "OK",
                    house.ecs("StopInstance", &[("InstanceId", "i-1")]).await,
                ),
            ] {
                assert_eq!(answer.code(), code);
            }
        },
    );
}

#[test]
fn a_denied_list_is_empty_and_only_a_dry_run_tells() {
    story(
        &with("{deny: ['ecs:DescribeInstances']}"),
        |house| async move {
            assert_eq!(seen(&house).await, Vec::<String>::new());
            let page = house
                .ecs("DescribeInstances", &[("MaxResults", "100")])
                .await;
            assert_eq!(
                page.body["Instances"]["Instance"].as_array().unwrap().len(),
                0
            );
            let dry = house.ecs("DescribeInstances", &[("DryRun", "true")]).await;
            assert_eq!((dry.status, dry.code()), (403, "Forbidden.RAM"));
        },
    );
    story(&with("{}"), |house| async move {
        assert_eq!(seen(&house).await, ["i-1", "i-2"]);
        let dry = house.ecs("DescribeInstances", &[("DryRun", "true")]).await;
        assert_eq!((dry.status, dry.code()), (412, "DryRunOperation"));
    });
}

#[test]
fn a_machine_can_be_hidden_from_a_key() {
    story(&with("{deny_reading: [i-2]}"), |house| async move {
        assert_eq!(seen(&house).await, ["i-1"]);
        let statuses = house.ecs("DescribeInstanceStatus", &[]).await;
        assert_eq!(statuses.body["TotalCount"], 1);
    });
}

#[test]
fn a_dry_run_of_a_batch_tells_rights_from_states() {
    let both = [
        ("InstanceId.1", "i-1"),
        ("InstanceId.2", "i-2"),
        ("DryRun", "true"),
    ];
    let first = [
        both[0],
        both[1],
        both[2],
        ("BatchOptimization", "SuccessFirst"),
    ];
    story(&with("{}"), |house| async move {
        for action in ["StartInstances", "StopInstances"] {
            let together = house.ecs(action, &both).await;
            assert_eq!(
                (together.status, together.code()),
                (403, "IncorrectInstanceStatus")
            );
            assert_eq!(house.ecs(action, &first).await.code(), "DRYRUN.SUCCESS");
        }
        let stop = [both[0], both[2]];
        assert_eq!(
            house.ecs("StopInstances", &stop).await.code(),
            "DRYRUN.SUCCESS"
        );
        assert_eq!(house.truth("i-1")["Status"], "Running");
    });
    story(
        &with("{deny: ['ecs:StartInstances']}"),
        |house| async move {
            for params in [&both[..], &first] {
                let answer = house.ecs("StartInstances", params).await;
                assert_eq!((answer.status, answer.code()), (403, "Forbidden.RAM"));
            }
            assert_eq!(
                house.ecs("StopInstances", &first).await.code(),
                "DRYRUN.SUCCESS"
            );
        },
    );
}

#[test]
fn a_permission_that_denies_nothing_is_refused_with_its_place() {
    for (permissions, why) in [
        (
            "{deny: ['ecs:StrtInstance']}",
            "keys[0].permissions.deny: ecs:StrtInstance",
        ),
        ("{deny: ['ram:*']}", "keys[0].permissions.deny: ram:*"),
        (
            "{deny_reading: [i-9]}",
            "keys[0].permissions.deny_reading: no instance i-9",
        ),
    ] {
        let error = Scenario::read(&with(permissions)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
