//! Money as the billing service tells it: orders of several machines, payers, sites and prices.

use serde_json::{Value, json};

use crate::harness::{Answer, House, request, signed, story};
use respec::wire::Wire as _;

const TWO: &str = "start: 2026-01-01T00:00:00Z
instances:
- {InstanceId: i-1, InstanceType: ecs.g7.large}
- {InstanceId: i-2, InstanceType: ecs.g7.xlarge, InternetMaxBandwidthOut: 5, InternetChargeType: PayByBandwidth}
- {InstanceId: i-3, InstanceType: ecs.g7.large, InstanceChargeType: PrePaid}";

const MONTH: [(&str, &str); 3] = [
    ("InstanceIds", r#"["i-1","i-2"]"#),
    ("Period", "1"),
    ("InstanceChargeType", "PrePaid"),
];

async fn convert(house: &House, more: &[(&str, &str)]) -> Answer {
    let params = [&MONTH[..], more].concat();
    house.ecs("ModifyInstanceChargeType", &params).await
}

async fn detail(house: &House, id: &str) -> Vec<Value> {
    let answer = house.bss("GetOrderDetail", &[("OrderId", id)]).await;
    let list = &answer.body["Data"]["OrderList"]["Order"];
    list.as_array().cloned().unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[test]
fn one_order_turns_two_machines_into_subscriptions() {
    story(TWO, |house| async move {
        let answer = convert(&house, &[("AutoPay", "false"), ("IsDetailFee", "true")]).await;
        let id = text(&answer.body, "OrderId");
        // 720 hours of 0.52, and of 1.04 plus five times 0.08.
        let fees = json!([
            { "InstanceId": "i-1", "Fee": "374.40", "Currency": "CNY" },
            { "InstanceId": "i-2", "Fee": "1036.80", "Currency": "CNY" },
        ]);
        assert_eq!(answer.body["FeeOfInstances"]["FeeOfInstance"], fees);
        let parts = detail(&house, id).await;
        let told: Vec<_> = parts
            .iter()
            .map(|part| {
                let words = ["InstanceIDs", "PretaxAmount", "OrderType", "OriginalConfig"];
                words.map(|word| text(part, word))
            })
            .collect();
        assert_eq!(
            told,
            [
                [
                    "[\"i-1\"]",
                    "374.40",
                    "Convert",
                    "InstanceType:ecs.g7.large;InternetMaxBandwidthOut:0"
                ],
                [
                    "[\"i-2\"]",
                    "1036.80",
                    "Convert",
                    "InstanceType:ecs.g7.xlarge;InternetMaxBandwidthOut:5"
                ],
            ]
        );
        let listed = house.bss("QueryOrders", &[("OrderType", "Convert")]).await;
        let listed = &listed.body["Data"]["OrderList"]["Order"][0];
        assert_eq!(text(listed, "PretaxAmount"), "1411.20");
        // Either machine is held by the order until it is paid.
        for instance in [r#"["i-1"]"#, r#"["i-2"]"#] {
            let again = [("InstanceIds", instance), ("Period", "1")];
            let again = house.ecs("ModifyInstanceChargeType", &again).await;
            assert_eq!(again.code(), "InvalidInstance.UnpaidOrder");
        }
        house.by_hand("pay", &json!({ "OrderId": id }));
        house.wait(10).await;
        for machine in ["i-1", "i-2"] {
            let shown = house.shown(machine).await;
            assert_eq!(shown["InstanceChargeType"], "PrePaid");
            assert_eq!(shown["ExpiredTime"], "2026-01-31T00:00Z");
        }
        assert_eq!(house.settled_truth()["balance"]["available"], 98_588.8);
    });
}

#[test]
fn the_way_back_is_refunded() {
    story(TWO, |house| async move {
        let back = [
            ("InstanceIds", r#"["i-3"]"#),
            ("InstanceChargeType", "PostPaid"),
        ];
        let answer = house.ecs("ModifyInstanceChargeType", &back).await;
        house.wait(10).await;
        let parts = detail(&house, text(&answer.body, "OrderId")).await;
        assert_eq!(text(&parts[0], "OrderType"), "Refund");
        // 0.52 for the whole hours left of the year, which began a moment ago.
        assert_eq!(text(&parts[0], "PretaxAmount"), "-4554.68");
        let shown = house.shown("i-3").await;
        assert_eq!(shown["InstanceChargeType"], "PostPaid");
        assert_eq!(shown["ExpiredTime"], "2099-12-31T15:59Z");
    });
}

#[test]
fn a_charge_type_is_checked_before_anything_is_ordered() {
    story(TWO, |house| async move {
        for (params, expected) in [
            (&[("Period", "1")][..], "MissingParameter"),
            (&[("InstanceIds", r#"["i-1"]"#)], "MissingParameter"),
            (
                &[("InstanceIds", r#"["i-1"]"#), ("Period", "10")],
                "InvalidPeriod.ValueNotSupported",
            ),
            (
                &[("InstanceIds", r#"["i-1","i-3"]"#), ("Period", "1")],
                "InvalidInstanceChargeType.ValueNotSupported",
            ),
            (
                &[("InstanceIds", r#"["i-1","i-9"]"#), ("Period", "1")],
                "InvalidInstanceId.NotFound",
            ),
            (
                &[
                    ("InstanceIds", r#"["i-1"]"#),
                    ("Period", "1"),
                    ("DryRun", "true"),
                ],
                "DryRunOperation",
            ),
        ] {
            let answer = house.ecs("ModifyInstanceChargeType", params).await;
            assert_eq!(answer.code(), expected, "{params:?}");
        }
        assert_eq!(house.settled_truth()["orders"], json!([]));
    });
}

#[test]
fn only_the_account_itself_pays_by_api() {
    story(TWO, |house| async move {
        let answer = convert(&house, &[("AutoPay", "false")]).await;
        let id = text(&answer.body, "OrderId");
        let pay = async |payer: &str| {
            let params = [
                ("OrderId", id),
                ("BuyerId", "1234567890123456"),
                ("PayerId", payer),
                ("PaySubmitUid", "1234567890123456"),
                ("Token", "any"),
            ];
            house.bss("PayOrder", &params).await
        };
        assert_eq!(pay("1").await.code(), "InvalidOwner");
        let paid = pay("1234567890123456").await;
        assert_eq!(paid.body["OrderId"], id);
        assert_eq!(pay("1234567890123456").await.code(), "InvalidParameter");
        assert_eq!(text(&detail(&house, id).await[0], "PaymentStatus"), "Paid");
    });
}

#[test]
fn a_person_voids_an_abnormal_order_and_puts_money_on_the_account() {
    let poor = format!("balance: {{available: 1}}\n{TWO}");
    story(&poor, |house| async move {
        let answer = convert(&house, &[]).await;
        let id = json!({ "OrderId": answer.body["OrderId"] });
        assert_eq!(house.settled_truth()["orders"][0]["Payment"], "Abnormal");
        house.by_hand("void", &id);
        assert_eq!(house.settled_truth()["orders"][0]["Payment"], "Cancelled");
        house.by_hand("deposit", &json!({ "Amount": 5000 }));
        assert_eq!(convert(&house, &[]).await.code(), "OK");
        assert_eq!(house.settled_truth()["orders"][1]["Payment"], "Paid");
        let refused = respec::sim::ByHand::read("void", id.to_string().as_bytes()).unwrap();
        let refused = house
            .world
            .lock()
            .unwrap()
            .by_hand(&refused, house.moment());
        assert_eq!(
            refused.unwrap_err().to_string(),
            "only an abnormal order can be voided"
        );
    });
}

#[test]
fn orders_are_found_by_what_they_are() {
    story(TWO, |house| async move {
        convert(&house, &[("AutoPay", "false")]).await;
        for (filter, n) in [
            (("PaymentStatus", "Unpaid"), 1),
            (("PaymentStatus", "Paid"), 0),
            (("OrderType", "Upgrade"), 0),
            (("ProductCode", "ecs"), 1),
            (("ProductCode", "oss"), 0),
            (("SubscriptionType", "Subscription"), 1),
            (("SubscriptionType", "PayAsYouGo"), 0),
            (("CreateTimeEnd", "2025-12-31T23:59:59Z"), 0),
        ] {
            let answer = house.bss("QueryOrders", &[filter]).await;
            assert_eq!(answer.body["Data"]["TotalCount"], n, "{filter:?}");
        }
        let bad = house
            .bss("QueryOrders", &[("CreateTimeStart", "today")])
            .await;
        assert_eq!(bad.code(), "InvalidParameter");
        assert_eq!(bad.body["Success"], false);
    });
}

#[test]
fn an_account_is_known_on_its_own_site_only() {
    for (site, host, expected) in [
        ("china", "business.aliyuncs.com", "Success"),
        (
            "china",
            "business.ap-southeast-1.aliyuncs.com",
            "NotApplicable",
        ),
        ("international", "business.aliyuncs.com", "NotApplicable"),
        (
            "international",
            "business-vpc.cn-hongkong.aliyuncs.com",
            "NotApplicable",
        ),
        (
            "international",
            "business.ap-southeast-1.aliyuncs.com",
            "Success",
        ),
        ("international", "127.0.0.1:8080", "Success"),
        ("international", "business.localhost:8080", "NotApplicable"),
    ] {
        story(&format!("site: {site}\n{TWO}"), |house| async move {
            let body = at(&house, host, "QueryAccountBalance", &[]).await;
            assert_eq!(body["Code"], expected, "{site} {host}");
        });
    }
}

/// What the books at a host answer.
async fn at(house: &House, host: &str, action: &str, more: &[(&str, &str)]) -> Value {
    let mut params = house.common(action);
    params.retain(|(name, _)| name != "Version");
    params.push(("Version".to_owned(), "2017-12-14".to_owned()));
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    params.extend(more.iter().map(owned));
    let mut sent = request("/", signed(params, "simulated-secret"), Vec::new());
    sent.origin = format!("https://{host}");
    let reply = house.wire.send(sent).await.unwrap();
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn the_other_sites_books_may_show_nothing_and_do_nothing() {
    let scenario = format!("site: international\nchoices: {{other_site_is_empty: true}}\n{TWO}");
    story(&scenario, |house| async move {
        let answer = convert(&house, &[("AutoPay", "false")]).await;
        let order = [("OrderId", text(&answer.body, "OrderId"))];
        let own = "business.ap-southeast-1.aliyuncs.com";
        let other = "business.aliyuncs.com";
        for (action, params, n) in [
            ("QueryOrders", &[][..], 1),
            ("GetOrderDetail", &order[..], 2),
            ("QueryAvailableInstances", &[][..], 3),
        ] {
            let here = at(&house, own, action, params).await;
            assert_eq!(here["Data"]["TotalCount"], n, "{action}: {here}");
            let there = at(&house, other, action, params).await;
            assert_eq!(there["Code"], "Success", "{action}: {there}");
            assert_eq!(there["Data"]["TotalCount"], 0, "{action}: {there}");
        }
        let money = at(&house, other, "QueryAccountBalance", &[]).await;
        assert_eq!(money["Data"]["AvailableAmount"], "0.00");
        let refused = at(&house, other, "CancelOrder", &order).await;
        assert_eq!(refused["Code"], "InvalidParameter");
        assert_eq!(house.settled_truth()["orders"][0]["Payment"], "Unpaid");
    });
}

#[test]
fn prices_come_in_parts() {
    let price = async |house: &House, action: &str, params: &[(&str, &str)]| {
        let answer = house.ecs(action, params).await;
        let price = &answer.body["PriceInfo"]["Price"];
        let details = price["DetailInfos"]["DetailInfo"].as_array().cloned();
        let parts: Vec<_> = details
            .unwrap_or_default()
            .iter()
            .map(|part| format!("{} {}", text(part, "Resource"), part["TradePrice"]))
            .collect();
        (answer.code().to_owned(), price["TradePrice"].clone(), parts)
    };
    story(TWO, |house| async move {
        let shape = [
            ("InstanceType", "ecs.g7.large"),
            ("InternetMaxBandwidthOut", "10"),
            ("InternetChargeType", "PayByBandwidth"),
            ("SystemDisk.Size", "40"),
            ("Amount", "2"),
        ];
        let (_, sum, parts) = price(&house, "DescribePrice", &shape).await;
        assert_eq!(sum, 2.808);
        let told = ["InstanceType 1.04", "bandwidth 1.6", "SystemDisk 0.168"];
        assert_eq!(parts, told);
        let month = [&shape[..1], &[("PriceUnit", "Month"), ("Period", "2")]].concat();
        let (_, sum, _) = price(&house, "DescribePrice", &month).await;
        assert_eq!(sum, 748.8);
        for (extra, expected) in [
            (("PriceUnit", "Fortnight"), "InvalidParameter"),
            (("Period", "2"), "InvalidParameter"),
            (("InstanceType", "ecs.none.large"), "PriceNotFound"),
            (("ResourceType", "ddh"), "PriceNotFound"),
            (("ResourceType", "bandwidth"), "OK"),
        ] {
            let mut params = shape.to_vec();
            params.retain(|(name, _)| *name != extra.0);
            params.push(extra);
            let (code, _, _) = price(&house, "DescribePrice", &params).await;
            assert_eq!(code, expected, "{extra:?}");
        }
        let for_a_day = [
            ("InstanceId", "i-3"),
            ("InternetMaxBandwidthOut", "20"),
            ("InternetChargeType", "PayByBandwidth"),
            ("StartTime", "2026-01-02T00:00Z"),
            ("EndTime", "2026-01-03T00Z"),
        ];
        let modification = "DescribeInstanceModificationPrice";
        let (_, sum, parts) = price(&house, modification, &for_a_day).await;
        assert_eq!(
            (sum, &parts[..]),
            (json!(38.4), &["bandwidth 38.4".to_owned()][..])
        );
        let both = [&for_a_day[..3], &[("InstanceType", "ecs.g7.xlarge")]].concat();
        let (_, _, parts) = price(&house, modification, &both).await;
        assert_eq!(parts.len(), 2);
        let (code, _, _) = price(&house, modification, &for_a_day[..1]).await;
        assert_eq!(code, "MissingParameter");
    });
}
