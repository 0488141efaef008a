//! Signatures, nonces, clocks, tokens and rates.

use crate::harness::{House, request, signed, story};
use respec::wire::Wire as _;
use serde_json::json;

const ONE: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";

/// Sends common parameters after a change, signed with a secret, and returns the error code.
async fn code(house: &House, secret: &str, change: &[(&str, &str)]) -> String {
    let mut params = house.common("DescribeRegions");
    for (name, value) in change {
        params.retain(|(held, _)| held != name);
        if !value.is_empty() {
            params.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    let answer = house.send(signed(params, secret)).await.unwrap();
    answer.code().to_owned()
}

#[test]
fn a_stranger_learns_what_is_wrong_with_the_signature() {
    story(ONE, |house| async move {
        let good = "simulated-secret";
        for (secret, change, expected) in [
            (good, &[][..], "OK"),
            (
                good,
                &[("AccessKeyId", "other")],
                "InvalidAccessKeyId.NotFound",
            ),
            ("other", &[], "SignatureDoesNotMatch"),
            (
                good,
                &[("Timestamp", "2026-01-01T01:00:00Z")],
                "InvalidTimeStamp.Expired",
            ),
            (
                good,
                &[("Timestamp", "yesterday")],
                "InvalidTimeStamp.Format",
            ),
            (good, &[("SignatureMethod", "MD5")], "IncompleteSignature"),
            (good, &[("SignatureNonce", "")], "MissingParameter"),
            (good, &[("Version", "1999-01-01")], "InvalidVersion"),
            (good, &[("Action", "Nothing")], "InvalidAction.NotFound"),
            (
                good,
                &[("SecurityToken", "x")],
                "InvalidSecurityToken.MismatchWithAccessKey",
            ),
        ] {
            assert_eq!(code(&house, secret, change).await, expected, "{change:?}");
        }
    });
}

#[test]
fn a_replayed_nonce_is_refused() {
    story(ONE, |house| async move {
        let query = signed(house.common("DescribeRegions"), "simulated-secret");
        assert_eq!(house.send(query.clone()).await.unwrap().code(), "OK");
        assert_eq!(
            house.send(query).await.unwrap().code(),
            "SignatureNonceUsed"
        );
    });
}

#[test]
fn a_temporary_key_needs_its_token() {
    let scenario = "keys: [{id: STS.a, secret: b, token: c}]";
    story(scenario, |house| async move {
        let key = ("AccessKeyId", "STS.a");
        assert_eq!(code(&house, "b", &[key]).await, "MissingSecurityToken");
        let wrong = code(&house, "b", &[key, ("SecurityToken", "d")]).await;
        assert_eq!(wrong, "InvalidSecurityToken.MismatchWithAccessKey");
        assert_eq!(
            code(&house, "b", &[key, ("SecurityToken", "c")]).await,
            "OK"
        );
    });
}

#[test]
fn the_error_body_carries_what_clients_look_for() {
    story(ONE, |house| async move {
        let answer = house
            .ecs("StartInstance", &[("InstanceId", "i-none")])
            .await;
        assert_eq!(
            (answer.status, answer.code()),
            (404, "InvalidInstanceId.NotFound")
        );
        let body = answer.body;
        let id = body["RequestId"].as_str().unwrap();
        assert_eq!(id.len(), 36);
        assert_eq!(body["HostId"], "ecs-cn-hangzhou.aliyuncs.com");
        assert!(body["Recommend"].as_str().unwrap().contains(id));
    });
}

#[test]
fn form_parameters_count_like_query_parameters() {
    story(ONE, |house| async move {
        let mut params = house.common("StopInstance");
        params.push(("InstanceId".to_owned(), "i-1".to_owned()));
        let body = signed(params, "simulated-secret").into_bytes();
        let mut sent = request("/", String::new(), body);
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        sent.headers
            .push(("content-type".to_owned(), form.to_owned()));
        assert_eq!(house.wire.send(sent).await.unwrap().status, 200);
        assert_eq!(house.truth("i-1")["Status"], "Stopping");
    });
}

#[test]
fn a_rate_is_kept_and_says_when_to_come_back() {
    let scenario = "throttle: {DescribeRegions: {calls: 2, per: 60s}}";
    story(scenario, |house| async move {
        for expected in ["OK", "OK", "Throttling.User"] {
            assert_eq!(house.ecs("DescribeRegions", &[]).await.code(), expected);
        }
        let query = signed(house.common("DescribeRegions"), "simulated-secret");
        let reply = house
            .wire
            .send(request("/", query, Vec::new()))
            .await
            .unwrap();
        let wait: u64 = reply.header("x-acs-retry-after").unwrap().parse().unwrap();
        assert_eq!((reply.status, wait), (400, 59_600));
        house.wait(60).await;
        assert_eq!(house.ecs("DescribeRegions", &[]).await.code(), "OK");
    });
}

#[test]
fn the_caller_is_told_the_account() {
    story("account: '42'", |house| async move {
        let mut params = house.common("GetCallerIdentity");
        params.retain(|(name, _)| name != "Version");
        params.push(("Version".to_owned(), "2015-04-01".to_owned()));
        let answer = house
            .send(signed(params, "simulated-secret"))
            .await
            .unwrap();
        assert_eq!(answer.body["AccountId"], "42");
        assert_eq!(answer.body["Arn"], "acs:ram::42:root");
        let ecs = house.ecs("GetCallerIdentity", &[]).await;
        assert_eq!((ecs.status, ecs.code()), (404, "InvalidAction.NotFound"));
    });
}

#[test]
fn a_parameter_that_a_modify_call_does_not_know_is_passed_over_and_counted() {
    let scenario = "instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped}
- {InstanceId: i-2, InstanceType: ecs.g7.large}
";
    story(scenario, |house| async move {
        // Spelled as another of the three calls spells it, or known to another only.
        let spec = [
            ("InstanceId", "i-1"),
            ("InstanceType", "ecs.g7.xlarge"),
            ("MigrateAcrossZone", "perhaps"),
            ("NetworkChargeType", "PayByBandwidth"),
        ];
        assert_eq!(house.ecs("ModifyInstanceSpec", &spec).await.code(), "OK");
        let network = [
            ("InstanceId", "i-2"),
            ("InternetMaxBandwidthOut", "5"),
            ("Isp", "BGP"),
            ("DryRun", "true"),
        ];
        let answer = house.ecs("ModifyInstanceNetworkSpec", &network).await;
        assert_eq!(answer.code(), "OK");
        // Known, whether open or not, of every call, and empty.
        let known = [
            ("InstanceId", "i-2"),
            ("Async", "true"),
            ("ClientToken", "t"),
            ("OwnerId", "7"),
            ("Disk.3.Category", "cloud_essd"),
            ("Disk.x.Category", ""),
        ];
        let answer = house.ecs("ModifyInstanceSpec", &known).await;
        assert_eq!(answer.code(), "InvalidParameter");

        assert_eq!(house.truth("i-1")["ConfiguredType"], "ecs.g7.xlarge");
        let other = house.truth("i-2");
        assert_eq!(other["InternetMaxBandwidthOut"], 5);
        assert_eq!(other["InternetChargeType"], "PayByTraffic");
        let calls = house.world.lock().unwrap().call_counts();
        assert_eq!(
            calls,
            json!({
                "ModifyInstanceNetworkSpec": {
                    "calls": 1,
                    "dry_runs": 1,
                    "errors": {},
                    "unknown_parameters": { "DryRun": 1, "Isp": 1 },
                },
                "ModifyInstanceSpec": {
                    "calls": 2,
                    "dry_runs": 0,
                    "errors": { "InvalidParameter": 1 },
                    "unknown_parameters": { "MigrateAcrossZone": 1, "NetworkChargeType": 1 },
                },
            })
        );
    });
}
