//! A run that outlives the keys it began with.

use respec::sim::Faults;
use serde_json::json;

use crate::house::story;

/// One after the other takes the better part of an hour.
const N_MACHINES: usize = 60;

#[test]
fn a_long_run_goes_through_many_keys_and_nobody_notices() {
    let ids: Vec<String> = (1..=N_MACHINES).map(|n| format!("i-{n}")).collect();
    let machines: Vec<_> = ids
        .iter()
        .map(|id| json!({"InstanceId": id, "InstanceType": "ecs.g7.large"}))
        .collect();
    let cloud = json!({
        "account": "1234567890123456",
        "roles": [{"name": "night-shift", "keys_last": "15m"}],
        "instances": machines,
    });
    let manifest = format!(
        "groups: {{web: {{ids: [{}], spec: {{instance_type: ecs.g7.xlarge}}}}}}",
        ids.join(", ")
    );
    story(
        &manifest,
        &cloud.to_string(),
        Faults::None,
        async |mut house| {
            house
                .take_on("acs:ram::1234567890123456:role/night-shift")
                .await;
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert!(house.is_as_wanted().await);
            assert!(house.calls("AssumeRole").len() > 3, "the run was too short");
            let refused = house.calls("DescribeInstances");
            assert!(
                refused.iter().all(|line| line.ends_with("OK")),
                "{refused:?}"
            );
        },
    );
}
