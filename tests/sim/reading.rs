//! What readers are shown: pages, filters, catalogues, and a world that was saved.

use crate::harness::story;
use respec::sim::World;
use serde_json::{Value, json};

fn fleet(n: usize) -> String {
    let machines = (0..n).map(|at| {
        let (role, kind) = if at % 3 == 0 {
            ("web", "g7")
        } else {
            ("db", "r7")
        };
        format!(
            "- {{InstanceId: i-{at:03}, InstanceName: {role}-{at}, InstanceType: ecs.{kind}.large, \
             Tags: {{Tag: [{{TagKey: role, TagValue: {role}}}]}}}}\n"
        )
    });
    format!("instances:\n{}", machines.collect::<String>())
}

fn ids(body: &Value) -> Vec<String> {
    let machines = body["Instances"]["Instance"].as_array().unwrap();
    machines
        .iter()
        .map(|m| m["InstanceId"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn pages_follow_each_other_to_the_end() {
    story(&fleet(230), |house| async move {
        let (mut seen, mut token, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let params = [("MaxResults", "100"), ("NextToken", token.as_str())];
            let answer = house.ecs("DescribeInstances", &params).await;
            seen.extend(ids(&answer.body));
            pages += 1;
            token = answer.body["NextToken"].as_str().unwrap().to_owned();
            if token.is_empty() {
                break;
            }
        }
        assert_eq!((seen.len(), pages), (230, 3));
        seen.dedup();
        assert_eq!(seen.len(), 230);
        let numbered = [("PageNumber", "3"), ("PageSize", "100")];
        let answer = house.ecs("DescribeInstances", &numbered).await;
        assert_eq!(ids(&answer.body).len(), 30);
        assert_eq!(answer.body["TotalCount"], 230);
    });
}

#[test]
fn filters_hold_all_at_once() {
    story(&fleet(12), |house| async move {
        for (params, n) in [
            (&[("Tag.1.Key", "role"), ("Tag.1.Value", "web")][..], 4),
            (&[("InstanceName", "web-*")], 4),
            (
                &[("InstanceName", "web-*"), ("InstanceType", "ecs.r7.large")],
                0,
            ),
            (&[("InstanceIds", r#"["i-000","i-001","i-999"]"#)], 2),
            (&[("InstanceIds", "[]")], 0),
            (&[("Status", "Running"), ("ZoneId", "cn-hangzhou-h")], 10),
            (&[("InstanceChargeType", "PrePaid")], 0),
        ] {
            let answer = house.ecs("DescribeInstances", params).await;
            assert_eq!(ids(&answer.body).len(), n, "{params:?}");
        }
        let unknown = house
            .ecs("DescribeInstances", &[("DeviceAvailable", "true")])
            .await;
        assert_eq!(unknown.code(), "InvalidParameter");
        let dry = house.ecs("DescribeInstances", &[("DryRun", "true")]).await;
        assert_eq!(dry.code(), "DryRunOperation");
    });
}

#[test]
fn statuses_come_in_pages_of_fifty() {
    story(&fleet(60), |house| async move {
        let answer = house
            .ecs("DescribeInstanceStatus", &[("PageSize", "50")])
            .await;
        let statuses = answer.body["InstanceStatuses"]["InstanceStatus"]
            .as_array()
            .unwrap();
        assert_eq!(
            (statuses.len(), &answer.body["TotalCount"]),
            (50, &json!(60))
        );
        let one = [("InstanceId.1", "i-007")];
        let answer = house.ecs("DescribeInstanceStatus", &one).await;
        let expected =
            json!({ "InstanceStatus": [{ "InstanceId": "i-007", "Status": "Running" }] });
        assert_eq!(answer.body["InstanceStatuses"], expected);
    });
}

#[test]
fn what_an_instance_can_become_goes_by_price() {
    let scenario = "catalogue:
- {type: ecs.g7.xlarge, vcpus: 4, memory_gib: 16, price_hour: 1.04, stock: {cn-hangzhou-h: 0}}
instances: [{InstanceId: i-1, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}]";
    story(scenario, |house| async move {
        let listed = async |kind: &str| {
            let params = [
                ("ResourceId", "i-1"),
                ("DestinationResource", "InstanceType"),
                ("OperationType", kind),
            ];
            let answer = house.ecs("DescribeResourcesModification", &params).await;
            let zone = &answer.body["AvailableZones"]["AvailableZone"][0];
            let listed = &zone["AvailableResources"]["AvailableResource"][0];
            listed["SupportedResources"]["SupportedResource"]
                .as_array()
                .unwrap()
                .clone()
        };
        let has = |list: &[Value], name: &str| list.iter().any(|entry| entry["Value"] == name);
        let (up, down) = (listed("Upgrade").await, listed("Downgrade").await);
        assert!(has(&up, "ecs.r7.large") && !has(&up, "ecs.c7.large"));
        assert!(has(&down, "ecs.c7.large") && has(&down, "ecs.g6.large"));
        let sold_out = up
            .iter()
            .find(|entry| entry["Value"] == "ecs.g7.xlarge")
            .unwrap();
        assert_eq!(sold_out["StatusCategory"], "WithoutStock");
    });
}

#[test]
fn types_carry_their_sizes() {
    story("", |house| async move {
        let params = [("InstanceTypes.1", "ecs.r7.2xlarge")];
        let answer = house.ecs("DescribeInstanceTypes", &params).await;
        let found = &answer.body["InstanceTypes"]["InstanceType"][0];
        assert_eq!(
            (&found["CpuCoreCount"], &found["MemorySize"]),
            (&json!(8), &json!(64.0))
        );
        assert_eq!(answer.body["NextToken"], "");
    });
}

#[test]
fn a_saved_world_goes_on_where_it_stood() {
    story(&fleet(3), |house| async move {
        house.ecs("StopInstance", &[("InstanceId", "i-001")]).await;
        let saved = house.world.lock().unwrap().save();
        let mut loaded = World::load(&saved).unwrap();
        assert_eq!(loaded.save(), saved);
        house.wait(20).await;
        assert_eq!(house.truth("i-001")["Status"], "Stopped");
        let unlock = respec::sim::ByHand::read("unlock", br#"{"InstanceId":"i-000"}"#).unwrap();
        loaded.by_hand(&unlock, house.moment()).unwrap();
        assert_eq!(loaded.truth()["instances"][1]["Status"], "Stopped");
        assert!(
            World::load(b"{\"format\":99}")
                .unwrap_err()
                .to_string()
                .contains("99")
        );
    });
}

#[test]
fn a_log_of_deeds_makes_the_same_world() {
    story(&fleet(3), |house| async move {
        let mut copy = World::load(&house.world.lock().unwrap().save()).unwrap();
        for (action, id) in [("StopInstance", "i-000"), ("StopInstance", "i-001")] {
            house.ecs(action, &[("InstanceId", id)]).await;
            copy.repeat(&house.world.lock().unwrap().last_deed().unwrap())
                .unwrap();
            house.wait(10).await;
        }
        assert_eq!(copy.truth(), house.world.lock().unwrap().truth());
        assert!(copy.repeat(b"{}").is_err());
    });
}

#[test]
fn a_hand_in_the_console_goes_past_the_rules() {
    story(&fleet(3), |house| async move {
        let edit = json!({ "InstanceId": "i-000", "InstanceType": "ecs.g7.xlarge",
            "InternetMaxBandwidthOut": 7, "InstanceChargeType": "PrePaid" });
        house.by_hand("modify", &edit);
        house.by_hand("delete", &json!({ "InstanceId": "i-001" }));
        house.wait(2).await;
        let shown = house.shown("i-000").await;
        assert_eq!(shown["InstanceType"], "ecs.g7.xlarge");
        assert_eq!(shown["InternetMaxBandwidthOut"], 7);
        assert_eq!(shown["InstanceChargeType"], "PrePaid");
        assert_eq!(house.shown("i-001").await, Value::Null);
    });
}
