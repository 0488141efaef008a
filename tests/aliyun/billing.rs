//! Orders and money: which site is asked, what is never sent twice, and lists without gaps.

use respec::aliyun::{Endpoints, Site};
use respec::cloud::{Billing, CloudError, ErrorKind, OrderQuery, Outcome, Payer};
use respec::model::{OrderId, PaymentStatus};
use respec::wire::{HttpReply, WireError};

use crate::{House, answer, house, house_at, lost, machine, not_sent, refused};

/// Where the books of the vendor's two sites are.
const CHINA: &str = "https://business.aliyuncs.com";
const INTERNATIONAL: &str = "https://business.ap-southeast-1.aliyuncs.com";

fn order() -> OrderId {
    OrderId::new("210000000000001").unwrap()
}

/// A page of the given orders, each made a second after the one before.
fn page(n_total: usize, ids: std::ops::Range<usize>) -> Result<HttpReply, WireError> {
    let orders: Vec<String> = ids
        .map(|n| {
            let (minute, second) = (n / 60, n % 60);
            format!(
                r#"{{"OrderId":"{}","OrderType":"Upgrade","PaymentStatus":"Unpaid",
                   "CreateTime":"2026-03-01T08:{minute:02}:{second:02}Z"}}"#,
                1000 + n
            )
        })
        .collect();
    answer(
        200,
        format!(
            r#"{{"Code":"Success","Success":true,"RequestId":"R","Data":{{"TotalCount":{n_total},"OrderList":{{"Order":[{}]}}}}}}"#,
            orders.join(",")
        ),
    )
}

/// The details of these orders; of none, as of an account that never bought anything.
fn details(ids: &[OrderId]) -> Result<HttpReply, WireError> {
    let orders: Vec<String> = ids
        .iter()
        .map(|id| {
            format!(
                r#"{{"OrderId":"{id}","OrderType":"Upgrade","PaymentStatus":"Paid",
                   "CreateTime":"2026-03-01T08:00:00Z","InstanceIDs":"[\"i-1\"]"}}"#
            )
        })
        .collect();
    answer(
        200,
        format!(
            r#"{{"Code":"Success","Success":true,"RequestId":"R","Data":{{"TotalCount":{},"OrderList":{{"Order":[{}]}}}}}}"#,
            ids.len(),
            orders.join(",")
        ),
    )
}

fn balance(amount: &str) -> Result<HttpReply, WireError> {
    answer(
        200,
        format!(
            r#"{{"Code":"Success","Success":true,"RequestId":"R","Data":{{"AvailableAmount":"{amount}","Currency":"USD"}}}}"#
        ),
    )
}

impl House {
    async fn orders(&self) -> Result<usize, CloudError> {
        let query = OrderQuery {
            created_from: "2026-03-01T07:00:00.9Z".parse().unwrap(),
            created_until: "2026-03-01T09:00:00Z".parse().unwrap(),
            payment: Some(PaymentStatus::Unpaid),
            kind: None,
        };
        let orders = self.aliyun.query_orders(&query).await?;
        assert!(orders.is_sorted_by(|a, b| a.created_at > b.created_at));
        Ok(orders.len())
    }

    async fn pay(&self) -> Result<(), CloudError> {
        let payer = Payer {
            buyer_id: "1".to_owned(),
            payer_id: "2".to_owned(),
            pay_submit_uid: "3".to_owned(),
            token: "hush-money".into(),
        };
        self.aliyun.pay_order(&order(), &payer).await.map(|_| ())
    }

    async fn cancel(&self) -> Result<(), CloudError> {
        self.aliyun.cancel_order(&order()).await.map(|_| ())
    }

    /// What the account could pay.
    async fn money(&self) -> Result<String, CloudError> {
        let balance = self.aliyun.account_balance().await?;
        Ok(balance.available.to_string())
    }

    fn origins(&self) -> Vec<String> {
        let requests = self.script.requests.borrow();
        requests.iter().map(|r| r.origin.clone()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn the_wrong_site_is_asked_once_and_never_again() {
    let house = house(vec![refused("NotApplicable"), page(0, 0..0)]);
    assert_eq!(house.orders().await.unwrap(), 0);
    assert_eq!(house.orders().await.unwrap(), 0);
    let international = "https://business.ap-southeast-1.aliyuncs.com";
    assert_eq!(
        house.origins(),
        [
            "https://business.aliyuncs.com",
            international,
            international
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_account_known_on_neither_site_is_refused_after_two_questions() {
    let house = house(vec![refused("NotApplicable")]);
    let error = house.orders().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert_eq!(error.code.as_deref(), Some("NotApplicable"));
    assert_eq!(house.n_sent(), 2);
}

#[tokio::test(start_paused = true)]
async fn two_that_find_the_wrong_site_at_once_do_not_send_each_other_back() {
    let house = house(vec![
        refused("NotApplicable"),
        refused("NotApplicable"),
        page(0, 0..0),
    ]);
    let (one, two) = tokio::join!(house.orders(), house.orders());
    assert_eq!((one.unwrap(), two.unwrap()), (0, 0));
    assert!(
        house.origins()[2..]
            .iter()
            .all(|o| o.contains("ap-southeast-1"))
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_is_put_to_the_other_site_and_an_order_there_is_found() {
    let house = house(vec![page(0, 0..0), page(1, 0..1), page(0, 0..0)]);
    assert_eq!(house.orders().await.unwrap(), 1);
    assert_eq!(house.orders().await.unwrap(), 0);
    assert_eq!(house.origins(), [CHINA, INTERNATIONAL, INTERNATIONAL]);
}

#[tokio::test(start_paused = true)]
async fn a_site_that_refuses_proves_the_one_that_shows_nothing() {
    for code in ["NotApplicable", "InvalidParameter"] {
        let house = house(vec![page(0, 0..0), refused(code), page(0, 0..0)]);
        assert_eq!(house.orders().await.unwrap(), 0);
        assert_eq!(house.orders().await.unwrap(), 0);
        assert_eq!(house.origins(), [CHINA, INTERNATIONAL, CHINA], "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_site_that_shows_an_order_is_asked_alone_from_then_on() {
    let house = house(vec![page(1, 0..1), page(0, 0..0)]);
    assert_eq!(house.orders().await.unwrap(), 1);
    assert_eq!(house.orders().await.unwrap(), 0);
    assert_eq!(house.origins(), [CHINA, CHINA]);
}

#[tokio::test(start_paused = true)]
async fn as_long_as_neither_site_shows_anything_both_are_asked() {
    let house = house(vec![page(0, 0..0)]);
    assert_eq!(house.orders().await.unwrap(), 0);
    assert_eq!(house.orders().await.unwrap(), 0);
    assert_eq!(
        house.origins(),
        [CHINA, INTERNATIONAL, CHINA, INTERNATIONAL]
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_is_not_empty_where_the_other_site_cannot_be_heard() {
    for (there, kind) in [
        (not_sent(), ErrorKind::NotSent),
        (lost(), ErrorKind::Unanswered),
        (answer(502, "<html>"), ErrorKind::Fault),
        (refused("Throttling.User"), ErrorKind::Throttled),
        (refused("NoPermission"), ErrorKind::Denied),
    ] {
        let house = house(vec![page(0, 0..0), there]);
        let error = house.orders().await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        let way_out = "ALIBABA_CLOUD_ACCOUNT_TYPE tells which one the account is on";
        assert!(error.message.contains(way_out), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_one_site_does_not_know_is_looked_for_on_the_other() {
    for unknown in [details(&[]), refused("InvalidParameter")] {
        let house = house(vec![unknown, details(&[order()])]);
        let found = house.aliyun.order_detail(&order()).await.unwrap();
        assert_eq!(found.instances, [machine()]);
        assert_eq!(house.origins(), [CHINA, INTERNATIONAL]);
    }
    let nowhere = house(vec![details(&[])]);
    let error = nowhere.aliyun.order_detail(&order()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fault);
    assert_eq!(nowhere.n_sent(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_goes_to_the_other_site_only_where_the_first_one_is_the_wrong_one() {
    let refusing = house(vec![refused("InvalidParameter")]);
    let error = refusing.cancel().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(refusing.origins(), [CHINA]);

    let done = answer(200, r#"{"RequestId":"R","Code":"Success","Success":true}"#);
    let wrong = house(vec![refused("NotApplicable"), done]);
    wrong.cancel().await.unwrap();
    assert_eq!(wrong.origins(), [CHINA, INTERNATIONAL]);
}

#[tokio::test(start_paused = true)]
async fn what_neither_site_takes_from_this_account_moves_nobody() {
    // Some may not ask for their balance, wherever they are.
    let neither = [refused("NotApplicable"), refused("NotApplicable")];
    let house = house([&neither[..], &[page(1, 0..1)]].concat());
    let error = house.money().await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("NotApplicable"));
    assert_eq!(house.orders().await.unwrap(), 1);
    assert_eq!(house.origins(), [CHINA, INTERNATIONAL, CHINA]);
}

#[tokio::test(start_paused = true)]
async fn money_proves_a_site_and_its_lack_proves_none() {
    let rich = house(vec![balance("0.00"), balance("12.50"), page(0, 0..0)]);
    assert_eq!(rich.money().await.unwrap(), "12.50 USD");
    assert_eq!(rich.orders().await.unwrap(), 0);
    assert_eq!(rich.origins(), [CHINA, INTERNATIONAL, INTERNATIONAL]);

    let poor = house(vec![
        balance("0.00"),
        refused("NotApplicable"),
        page(0, 0..0),
        page(1, 0..1),
    ]);
    assert_eq!(poor.money().await.unwrap(), "0.00 USD");
    assert_eq!(poor.orders().await.unwrap(), 1);
    assert_eq!(poor.origins(), [CHINA, INTERNATIONAL, CHINA, INTERNATIONAL]);
}

#[tokio::test(start_paused = true)]
async fn where_the_site_is_told_or_there_is_one_address_only_nothing_is_asked_twice() {
    let told = Endpoints::vendor().with_site(Some(Site::International));
    let one = Endpoints::custom("https://books.example").unwrap();
    for (endpoints, origin) in [(told, INTERNATIONAL), (one, "https://books.example")] {
        for (reply, shown) in [(page(0, 0..0), Some(0)), (refused("NotApplicable"), None)] {
            let house = house_at(endpoints.clone(), vec![reply]);
            assert_eq!(house.orders().await.ok(), shown);
            assert_eq!(house.origins(), [origin]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_payment_whose_answer_is_lost_is_never_sent_again() {
    for answer in [
        lost(),
        answer(502, "<html>"),
        answer(200, r#"{"RequestId":"R","Code":"Success","Success":false}"#),
    ] {
        let house = house(vec![answer]);
        let error = house.pay().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(house.n_sent(), 1);
        assert!(!format!("{error:?}").contains("hush-money"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_to_its_end_by_pages_of_twenty_with_a_stated_window() {
    let house = house(vec![page(45, 25..45), page(45, 5..25), page(45, 0..5)]);
    assert_eq!(house.orders().await.unwrap(), 45);
    let asked = house.parameters(2);
    for (name, value) in [
        ("PageNum", "3"),
        ("PageSize", "20"),
        ("ProductCode", "ecs"),
        ("PaymentStatus", "Unpaid"),
        ("CreateTimeStart", "2026-03-01T07:00:00Z"),
        ("CreateTimeEnd", "2026-03-01T09:00:00Z"),
        ("Version", "2017-12-14"),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_changes_while_it_is_read_is_read_anew_and_never_returned_with_a_gap() {
    // Order 30 is paid and leaves the list after the first page: order 24 moves onto it, unseen.
    let house_with_luck = house(vec![page(45, 25..45), page(44, 4..24), page(20, 0..20)]);
    assert_eq!(house_with_luck.orders().await.unwrap(), 20);
    // The same order twice in place of the one that is missing.
    let restless = house(vec![page(21, 1..21), page(21, 1..2), page(21, 0..0)]);
    let error = restless.orders().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fault);
    assert!(error.message.contains("keeps changing"), "{error}");
    assert!(restless.n_sent() <= 12, "{}", restless.n_sent());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_too_long_is_read_in_shorter_windows_and_an_order_in_both_counts_once() {
    // The first answer is all of the page that is looked at.
    let house = house(vec![
        page(2_001, 0..20),
        page(21, 10..30),
        page(21, 9..10),
        page(10, 0..10),
    ]);
    assert_eq!(house.orders().await.unwrap(), 30);
    let windows = [1, 3].map(|nth| {
        let asked = house.parameters(nth);
        (
            asked["CreateTimeStart"].clone(),
            asked["CreateTimeEnd"].clone(),
        )
    });
    let (middle, end) = ("2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z");
    assert_eq!(windows[0], (middle.to_owned(), end.to_owned()));
    let begin = "2026-03-01T07:00:00Z";
    assert_eq!(windows[1], (begin.to_owned(), middle.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_list_without_end_is_given_up() {
    let house = house((0..80).map(|_| page(5_000, 0..20)).collect());
    let error = house.orders().await.unwrap_err();
    assert!(error.message.contains("more orders than"), "{error}");
    assert!(house.n_sent() <= 64, "{}", house.n_sent());
}
