//! What other clients of the cloud ask for: small reads, filters, forms of answers, and releases.

use serde_json::{Value, json};

use crate::harness::{House, request, signed, story};
use respec::wire::Wire as _;

const THREE: &str = "quota: {vcpus: 64}
renewals: {i-3: {RenewalStatus: AutoRenewal, Duration: 1, PeriodUnit: Year}}
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large, CreationTime: 2025-06-01T00:00Z,
   PublicIpAddress: {IpAddress: [203.0.113.7]}, InternetMaxBandwidthOut: 5}
- {InstanceId: i-2, InstanceType: ecs.g7.xlarge, CreationTime: 2025-12-01T00:00Z, Status: Stopped,
   OperationLocks: {LockReason: [{LockReason: security}]}, MetadataOptions: {HttpTokens: required}}
- {InstanceId: i-3, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid, DeletionProtection: true}";

fn list<'a>(body: &'a Value, set: &str, item: &str) -> &'a Vec<Value> {
    body[set][item].as_array().unwrap()
}

fn ids<'a>(body: &'a Value, set: &str, item: &str) -> Vec<&'a str> {
    let entries = list(body, set, item).iter();
    entries
        .map(|entry| entry["InstanceId"].as_str().unwrap())
        .collect()
}

#[test]
fn machines_are_found_by_addresses_locks_and_birthdays() {
    story(THREE, |house| async move {
        for (params, expected) in [
            (
                &[("PublicIpAddresses", r#"["203.0.113.7"]"#)][..],
                &["i-1"][..],
            ),
            (
                &[("PrivateIpAddresses", r#"["10.0.0.2","10.0.0.3"]"#)],
                &["i-2", "i-3"],
            ),
            (&[("EipAddresses", r#"["203.0.113.9"]"#)], &[]),
            (&[("LockReason", "Security")], &["i-2"]),
            (&[("IoOptimized", "false")], &[]),
            (
                &[
                    ("Filter.1.Key", "CreationStartTime"),
                    ("Filter.1.Value", "2025-12-01T00:00Z"),
                ],
                &["i-2", "i-3"],
            ),
        ] {
            let answer = house.ecs("DescribeInstances", params).await;
            assert_eq!(
                ids(&answer.body, "Instances", "Instance"),
                expected,
                "{params:?}"
            );
        }
        for (params, expected) in [
            (&[("Status", "Asleep")][..], (404, "InvalidStatus.NotFound")),
            (
                &[("InstanceChargeType", "Free")],
                (404, "InvalidInstanceChargeType.NotFound"),
            ),
            (&[("Tag.1.Value", "web")], (400, "InvalidTag.Mismatch")),
            (&[("Filter.1.Key", "Colour")], (400, "InvalidParameter")),
        ] {
            let answer = house.ecs("DescribeInstances", params).await;
            assert_eq!((answer.status, answer.code()), expected, "{params:?}");
        }
    });
}

#[test]
fn some_fields_are_shown_when_they_are_asked_for() {
    story(THREE, |house| async move {
        let plain = house.ecs("DescribeInstances", &[]).await;
        let machine = |body: &Value, at: usize| list(body, "Instances", "Instance")[at].clone();
        assert_eq!(machine(&plain.body, 0)["MetadataOptions"], Value::Null);
        assert_eq!(machine(&plain.body, 0)["HpcClusterId"], "");
        let more = [("AdditionalAttributes.1", "META_OPTIONS")];
        let asked = house.ecs("DescribeInstances", &more).await;
        assert_eq!(
            machine(&asked.body, 0)["MetadataOptions"]["HttpTokens"],
            "optional"
        );
        assert_eq!(
            machine(&asked.body, 1)["MetadataOptions"]["HttpTokens"],
            "required"
        );
        assert_eq!(
            machine(&asked.body, 1)["MetadataOptions"]["HttpEndpoint"],
            "enabled"
        );
    });
}

#[test]
fn what_is_attached_names_its_machine() {
    story(THREE, |house| async move {
        let disks = house.ecs("DescribeDisks", &[("InstanceId", "i-1")]).await;
        assert_eq!(ids(&disks.body, "Disks", "Disk"), ["i-1"]);
        let disk = &list(&disks.body, "Disks", "Disk")[0];
        assert_eq!(
            (&disk["Type"], &disk["DiskChargeType"]),
            (&json!("system"), &json!("PostPaid"))
        );
        let data = house.ecs("DescribeDisks", &[("DiskType", "data")]).await;
        assert_eq!(data.body["TotalCount"], 0);
        let paged = [("MaxResults", "10"), ("DiskIds", r#"["d-1","d-3"]"#)];
        let paged = house.ecs("DescribeDisks", &paged).await;
        assert_eq!(ids(&paged.body, "Disks", "Disk"), ["i-1", "i-3"]);
        let tagged = house.ecs("DescribeDisks", &[("Tag.1.Key", "x")]).await;
        assert_eq!(tagged.code(), "InvalidParameter");

        let card = [("NetworkInterfaceId.1", "eni-2")];
        let cards = house.ecs("DescribeNetworkInterfaces", &card).await;
        let card = &list(&cards.body, "NetworkInterfaceSets", "NetworkInterfaceSet")[0];
        assert_eq!(card["InstanceId"], "i-2");
        assert_eq!(card["PrivateIpSets"]["PrivateIpSet"][0]["Primary"], true);
        assert_eq!(card["Attachment"]["InstanceId"], "i-2");
    });
}

#[test]
fn renewals_are_told_and_changed_for_subscriptions_only() {
    story(THREE, |house| async move {
        let told = async |params: &[(&str, &str)]| {
            let answer = house
                .ecs("DescribeInstanceAutoRenewAttribute", params)
                .await;
            let set = answer.body["InstanceRenewAttributes"]["InstanceRenewAttribute"].clone();
            set.as_array().cloned().unwrap_or_default()
        };
        let entry = &told(&[("InstanceId", "i-1,i-3")]).await[..];
        assert_eq!(
            entry,
            [json!({
                "InstanceId": "i-3", "AutoRenewEnabled": true, "RenewalStatus": "AutoRenewal",
                "Duration": 1, "PeriodUnit": "Year", "EnableExpectedRenewDay": false,
            })]
        );
        let modify = async |params: &[(&str, &str)]| {
            let answer = house.ecs("ModifyInstanceAutoRenewAttribute", params).await;
            answer.code().to_owned()
        };
        let by_itself = ("RenewalStatus", "AutoRenewal");
        for (params, expected) in [
            (
                &[("InstanceId", "i-1"), ("AutoRenew", "false")][..],
                "InvalidBillingMethod.ValueNotSupported",
            ),
            (&[("InstanceId", "i-3")], "MissingParameter"),
            (&[("InstanceId", "i-3"), by_itself], "MissingParameter"),
            (
                &[("InstanceId", "i-3"), by_itself, ("Duration", "7")],
                "InvalidParameter",
            ),
            (
                &[("InstanceId", "i-3"), ("RenewalStatus", "NotRenewal")],
                "OK",
            ),
        ] {
            assert_eq!(modify(params).await, expected, "{params:?}");
        }
        assert_eq!(told(&[("RenewalStatus", "NotRenewal")]).await.len(), 1);
        assert_eq!(told(&[("RenewalStatus", "AutoRenewal")]).await.len(), 0);
        let nothing = house.ecs("DescribeInstanceAutoRenewAttribute", &[]).await;
        assert_eq!(nothing.code(), "MissingParameter");
    });
}

#[test]
fn the_account_tells_its_quota_and_what_is_used() {
    story(THREE, |house| async move {
        let params = [
            ("AttributeName.1", "used-postpaid-instance-vcpu-count"),
            ("AttributeName.2", "max-postpaid-instance-vcpu-count"),
        ];
        let answer = house.ecs("DescribeAccountAttributes", &params).await;
        let value = |at: usize| {
            let item = &list(
                &answer.body,
                "AccountAttributeItems",
                "AccountAttributeItem",
            )[at];
            item["AttributeValues"]["ValueItem"][0]["Value"].clone()
        };
        assert_eq!((value(0), value(1)), (json!("6"), json!("64")));
        let stranger = [("AttributeName.1", "max-luck")];
        let stranger = house.ecs("DescribeAccountAttributes", &stranger).await;
        assert_eq!(stranger.code(), "InvalidParameter");
    });
}

#[test]
fn types_are_filtered_by_size_and_told_by_family() {
    story(THREE, |house| async move {
        let small = [
            ("MaximumCpuCoreCount", "2"),
            ("MinimumMemorySize", "16"),
            ("CpuArchitecture", "X86"),
        ];
        let answer = house.ecs("DescribeInstanceTypes", &small).await;
        let names: Vec<_> = list(&answer.body, "InstanceTypes", "InstanceType")
            .iter()
            .map(|one| one["InstanceTypeId"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["ecs.r7.large"]);
        let odd = house
            .ecs("DescribeInstanceTypes", &[("MinimumLuck", "7")])
            .await;
        assert_eq!(odd.code(), "InvalidParameter");
        let families = house.ecs("DescribeInstanceTypeFamilies", &[]).await;
        let families = list(&families.body, "InstanceTypeFamilies", "InstanceTypeFamily");
        assert_eq!(families.len(), 5);
    });
}

#[test]
fn regions_have_names_in_two_languages() {
    story(THREE, |house| async move {
        for (params, expected) in [
            (&[][..], "华东1（杭州）"),
            (&[("AcceptLanguage", "en-US")], "China (Hangzhou)"),
        ] {
            let answer = house.ecs("DescribeRegions", params).await;
            let regions = list(&answer.body, "Regions", "Region").iter();
            let mut own = regions.filter(|region| region["RegionId"] == "cn-hangzhou");
            assert_eq!(own.next().unwrap()["LocalName"], expected);
        }
    });
}

#[test]
fn a_machine_is_released_only_when_nothing_holds_it() {
    story(THREE, |house| async move {
        let delete = async |params: &[(&str, &str)]| {
            house.ecs("DeleteInstance", params).await.code().to_owned()
        };
        for (params, expected) in [
            (&[("InstanceId", "i-1")][..], "IncorrectInstanceStatus"),
            (&[("InstanceId", "i-2")], "InstanceLockedForSecurity"),
            (
                &[("InstanceId", "i-3"), ("Force", "true")],
                "InvalidOperation.DeletionProtection",
            ),
            (
                &[("InstanceId", "i-1"), ("Force", "true"), ("DryRun", "true")],
                "DryRunOperation",
            ),
            (&[("InstanceId", "i-1"), ("Force", "true")], "OK"),
            (
                &[("InstanceId", "i-1"), ("Force", "true")],
                "InvalidInstanceId.NotFound",
            ),
        ] {
            assert_eq!(delete(params).await, expected, "{params:?}");
        }
        let left = house.ecs("DescribeInstances", &[]).await;
        assert_eq!(ids(&left.body, "Instances", "Instance"), ["i-2", "i-3"]);
    });
}

/// The raw text of an answer, and its content type.
async fn raw(house: &House, action: &str, format: Option<&str>) -> (String, String) {
    let mut params = house.common(action);
    params.retain(|(name, _)| name != "Format");
    params.extend(format.map(|format| ("Format".to_owned(), format.to_owned())));
    params.push(("InstanceIds".to_owned(), r#"["i-2"]"#.to_owned()));
    let query = signed(params, "simulated-secret");
    let reply = house
        .wire
        .send(request("/", query, Vec::new()))
        .await
        .unwrap();
    let kind = reply
        .headers
        .iter()
        .find(|(name, _)| name == "content-type");
    let kind = kind.unwrap().1.clone();
    (kind, String::from_utf8(reply.body).unwrap())
}

#[test]
fn answers_are_xml_unless_json_is_asked_for() {
    story(THREE, |house| async move {
        for format in [None, Some("XML"), Some("xml")] {
            let (kind, text) = raw(&house, "DescribeInstanceAttachmentAttributes", format).await;
            assert_eq!(kind, "text/xml;charset=utf-8");
            let (begin, rest) = text.split_once("<RequestId>").unwrap();
            assert_eq!(
                begin,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DescribeInstanceAttachmentAttributesResponse>\
                 <Instances><Instance><InstanceId>i-2</InstanceId>\
                 <PrivatePoolOptionsId></PrivatePoolOptionsId>\
                 <PrivatePoolOptionsMatchCriteria></PrivatePoolOptionsMatchCriteria>\
                 </Instance></Instances><PageNumber>1</PageNumber><PageSize>10</PageSize>"
            );
            assert!(rest.ends_with(
                "</RequestId><TotalCount>1</TotalCount></DescribeInstanceAttachmentAttributesResponse>"
            ));
        }
        let (_, refused) = raw(&house, "DescribeNothing", None).await;
        assert!(
            refused.contains("<Error><Code>InvalidAction.NotFound</Code>"),
            "{refused}"
        );
        assert!(refused.ends_with("</RequestId></Error>"), "{refused}");
        let (kind, text) = raw(&house, "DescribeInstances", Some("json")).await;
        assert_eq!(kind, "application/json;charset=utf-8");
        assert!(text.starts_with('{'), "{text}");
    });
}

#[test]
fn products_are_found_where_they_are_asked_for() {
    story(THREE, |house| async move {
        let mut params = house.common("DescribeEndpoints");
        params.retain(|(name, _)| name != "Version");
        for (name, value) in [
            ("Version", "2015-06-12"),
            ("Id", "cn-hangzhou"),
            ("ServiceCode", "ecs"),
            ("Type", "openAPI"),
        ] {
            params.push((name.to_owned(), value.to_owned()));
        }
        let answer = house
            .send(signed(params, "simulated-secret"))
            .await
            .unwrap();
        let endpoint = &answer.body["Endpoints"]["Endpoint"][0];
        assert_eq!(endpoint["Endpoint"], "ecs-cn-hangzhou.aliyuncs.com");
        assert_eq!(endpoint["SerivceCode"], "ecs");
    });
}
