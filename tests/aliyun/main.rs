//! The client against bad answers: lost, cut, misshapen, hostile. Good answers are the simulator's part.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod clocks;
mod billing;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use proptest::prelude::*;
use respec::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints};
use respec::clock::{Clock, VirtualClock};
use respec::cloud::{Cloud, CloudError, ErrorKind, InstanceQuery, Outcome, PowerCall, PowerVerb};
use respec::model::{
    AccountId, ClientToken, InstanceId, ModifyCall, NetworkChange, PrepayChange, RegionId,
    SpecChange, StoppedMode, TemporaryBandwidth, TypeName,
};
use respec::observe::{Survey, survey};
use respec::wire::{HttpReply, HttpRequest, REPLY_BYTES_MAX, Wire, WireError};

/// Answers what it was told to, in order; the last answer repeats.
#[derive(Default)]
struct Script {
    answers: RefCell<VecDeque<Result<HttpReply, WireError>>>,
    requests: RefCell<Vec<HttpRequest>>,
}

#[async_trait(?Send)]
impl Wire for Script {
    async fn send(&self, request: HttpRequest) -> Result<HttpReply, WireError> {
        self.requests.borrow_mut().push(request);
        // Others get to send before this one is answered.
        tokio::task::yield_now().await;
        let mut answers = self.answers.borrow_mut();
        if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers[0].clone()
        }
    }
}

/// A client in virtual time over a script.
struct House {
    aliyun: Aliyun,
    script: Rc<Script>,
    clock: Rc<VirtualClock>,
}

fn house(answers: Vec<Result<HttpReply, WireError>>) -> House {
    house_at(Endpoints::vendor(), answers)
}

fn house_at(endpoints: Endpoints, answers: Vec<Result<HttpReply, WireError>>) -> House {
    let script = Rc::new(Script::default());
    script.answers.borrow_mut().extend(answers);
    let epoch = "2026-03-01T08:00:00Z".parse().unwrap();
    let clock = Rc::new(VirtualClock::starting_at(epoch));
    let config = AliyunConfig {
        credentials: AccessKey {
            id: "LTAItest".to_owned(),
            secret: "hush-hush".into(),
            token: Some("t0k3n".into()),
        }
        .into(),
        endpoints,
        region: region(),
    };
    let mut n = 0;
    let counter = Box::new(move || {
        n += 1;
        n
    });
    let aliyun = Aliyun::new(config, script.clone(), clock.clone(), counter);
    House {
        aliyun,
        script,
        clock,
    }
}

fn region() -> RegionId {
    RegionId::new("cn-beijing").unwrap()
}

fn machine() -> InstanceId {
    InstanceId::new("i-1").unwrap()
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Result<HttpReply, WireError> {
    Ok(HttpReply {
        status,
        headers: Vec::new(),
        body: body.into(),
    })
}

fn lost() -> Result<HttpReply, WireError> {
    Err(WireError::Unanswered("timed out".to_owned()))
}

fn not_sent() -> Result<HttpReply, WireError> {
    Err(WireError::NotSent("refused".to_owned()))
}

fn refused(code: &str) -> Result<HttpReply, WireError> {
    let body = format!(r#"{{"RequestId":"R-1","Code":"{code}","Message":"no"}}"#);
    answer(400, body)
}

impl House {
    async fn resize(&self) -> Result<Option<String>, CloudError> {
        let change = ModifyCall::Spec(SpecChange {
            instance_type: TypeName::new("ecs.g7.large").unwrap(),
            allow_migrate_across_zone: None,
            system_disk_category: None,
        });
        self.modify(&change).await
    }

    async fn order(&self) -> Result<Option<String>, CloudError> {
        let change = ModifyCall::Prepay(PrepayChange {
            instance_type: TypeName::new("ecs.g7.large").unwrap(),
            auto_pay: false,
            migrate_across_zone: None,
            system_disk_category: None,
        });
        self.modify(&change).await
    }

    async fn modify(&self, change: &ModifyCall) -> Result<Option<String>, CloudError> {
        let token = ClientToken::new("rs1token").unwrap();
        let (region, machine) = (region(), machine());
        let reply = self.aliyun.modify(&region, &machine, change, &token);
        Ok(reply.await?.order_id.map(|id| id.to_string()))
    }

    async fn look(&self) -> Result<usize, CloudError> {
        let query = InstanceQuery::All {
            region: region(),
            next_token: None,
        };
        let page = self.aliyun.describe_instances(&query).await?;
        // A machine that cannot be read is there all the same.
        Ok(page.instances.len() + page.unreadable.len())
    }

    async fn stop(&self) -> Result<(), CloudError> {
        let call = PowerCall {
            region: region(),
            verb: PowerVerb::Stop(StoppedMode::KeepCharging),
            instances: vec![machine()],
        };
        self.aliyun.power_one(&call).await.map(|_| ())
    }

    fn n_sent(&self) -> usize {
        self.script.requests.borrow().len()
    }

    /// The parameters of the n-th request.
    fn parameters(&self, n: usize) -> BTreeMap<String, String> {
        let requests = self.script.requests.borrow();
        form_urlencoded::parse(requests[n].query.as_bytes())
            .into_owned()
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_change_is_the_same_call_under_a_new_signature() {
    let house = house(vec![lost(), answer(200, r#"{"RequestId":"R-1"}"#)]);
    assert_eq!(house.resize().await.unwrap(), None);
    let (mut first, mut second) = (house.parameters(0), house.parameters(1));
    assert_eq!(first["ClientToken"], "rs1token");
    assert_eq!(first["RegionId"], "cn-beijing");
    assert_eq!(first["SecurityToken"], "t0k3n");
    for fresh in ["SignatureNonce", "Signature"] {
        assert_ne!(first.remove(fresh), second.remove(fresh), "{fresh}");
    }
    assert_eq!(first.remove("Timestamp").unwrap(), "2026-03-01T08:00:00Z");
    second.remove("Timestamp");
    assert_eq!(first, second);
    assert_eq!(house.aliyun.calls()["ModifyInstanceSpec"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_stop_whose_answer_is_lost_is_never_sent_again() {
    for answer in [lost(), answer(500, "{}"), answer(200, "{\"Requ")] {
        let house = house(vec![answer]);
        let error = house.stop().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(house.n_sent(), 1);
    }
    let house = house(vec![not_sent(), answer(200, r#"{"RequestId":"R-1"}"#)]);
    house.stop().await.unwrap();
    assert_eq!(house.n_sent(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_answer_leaves_the_change_in_doubt() {
    let house = house(vec![lost(), refused("OperationDenied.NoStock")]);
    let error = house.resize().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unanswered);
    assert_eq!(error.code.as_deref(), Some("OperationDenied.NoStock"));
    assert_eq!(error.request_id.unwrap().as_str(), "R-1");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_was_never_in_doubt_stays_what_it_is() {
    let house = house(vec![not_sent(), refused("OperationDenied.NoStock")]);
    assert_eq!(house.resize().await.unwrap_err().kind, ErrorKind::NoStock);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_given_up_within_its_attempts_and_its_minute() {
    let house = house(vec![lost()]);
    assert_eq!(
        house.resize().await.unwrap_err().kind,
        ErrorKind::Unanswered
    );
    assert_eq!(house.n_sent(), 4);
    assert!(house.clock.elapsed() <= Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn a_cool_down_goes_back_to_whoever_asked() {
    let house = house(vec![refused("Throttling")]);
    assert_eq!(
        house.resize().await.unwrap_err().kind,
        ErrorKind::CoolingDown
    );
    assert_eq!(house.n_sent(), 1);
    assert_eq!(house.clock.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_look_waits_as_long_as_it_is_told() {
    let told = HttpReply {
        status: 429,
        headers: vec![("x-acs-retry-after".to_owned(), "42000".to_owned())],
        body: br#"{"Code":"Throttling.User"}"#.to_vec(),
    };
    let page = answer(200, r#"{"RequestId":"R-1","Instances":{"Instance":[]}}"#);
    let house = house(vec![Ok(told), page]);
    assert_eq!(house.look().await.unwrap(), 0);
    assert!(house.clock.elapsed() >= Duration::from_secs(42));
    assert!(house.clock.elapsed() < Duration::from_secs(70));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_changes_stays_below_the_quota_of_every_minute() {
    let house = house(vec![answer(200, r#"{"RequestId":"R-1"}"#)]);
    let flood: Vec<_> = (0..2_000).map(|_| house.resize()).collect();
    for result in futures_util::future::join_all(flood).await {
        result.unwrap();
    }
    // 2000 calls at 1000 a minute cannot take less than a minute; the rate is meant to be near that.
    assert!(house.clock.elapsed() > Duration::from_secs(100));
    assert!(house.clock.elapsed() < Duration::from_secs(130));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_leaves_a_change_in_doubt_and_a_look_with_an_error() {
    let deep = format!(r#"{{"RequestId":{}"#, "[".repeat(200_000));
    let huge = " ".repeat(REPLY_BYTES_MAX + 1);
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "<html><body>Sign in to the hotel's network</body></html>",
        r#"{"RequestId":{"no":"text"}}"#,
        r#"{"RequestId":"R-1","OrderId":["list"]}"#,
        r#"{"RequestId":"R-1","OrderId":"not-digits"}"#,
        r#"{"RequestId":"R-1","Instances":{"Instance":"none"}}"#,
        r#"{"RequestId":"R-1","Instances":{"Instance":[{"InstanceId":"web-1"}]}}"#,
        &deep,
        &huge,
    ];
    for body in bodies {
        let shown: String = body.chars().take(60).collect();
        let change = house(vec![answer(200, body)]);
        let error = change.order().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unanswered, "{shown}");
        assert_eq!(change.n_sent(), 4, "{shown}");
        let look = house(vec![answer(200, body)]);
        let error = look.look().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Fault, "{shown}");
        assert!(error.message.chars().count() <= 501, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_read_at_the_second_try_is_not_lost() {
    let good = r#"{"RequestId":"R-1","OrderId":203847561928374}"#;
    let house = house(vec![answer(200, &good[..30]), answer(200, good)]);
    let order = house.order().await.unwrap();
    assert_eq!(order.as_deref(), Some("203847561928374"));
}

#[tokio::test(start_paused = true)]
async fn bandwidth_for_a_while_is_an_order_and_an_answer_without_it_is_none() {
    let start: Timestamp = "2026-12-01T22:40:00Z".parse().unwrap();
    let for_a_while = |temporary| {
        ModifyCall::Network(NetworkChange {
            max_bandwidth_out: Some(100),
            auto_pay: Some(false),
            temporary,
            ..NetworkChange::default()
        })
    };
    let span = TemporaryBandwidth {
        max_bandwidth_out: 100,
        start,
        end: start + Duration::from_secs(24 * 3600),
    };
    let nameless = answer(200, r#"{"RequestId":"R-1"}"#);
    let sent = house(vec![nameless.clone()]);
    let error = sent.modify(&for_a_while(Some(span))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unanswered);
    let sent = house(vec![nameless]);
    assert_eq!(sent.modify(&for_a_while(None)).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn no_message_holds_a_secret() {
    let echo = r#"{"Code":"SignatureDoesNotMatch","Message":"server string to sign is:GET&%2F&SecurityToken%3Dt0k3n"}"#;
    for answer in [answer(400, echo), lost(), answer(200, "{"), not_sent()] {
        let house = house(vec![answer]);
        let error = house.look().await.unwrap_err();
        let request = format!("{:?}", house.script.requests.borrow()[0]);
        for text in [format!("{error} {error:?}"), request] {
            for secret in ["hush", "t0k3n", "LTAItest"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn more_machines_than_a_call_takes_are_refused_before_anything_is_sent() {
    let house = house(vec![lost()]);
    let ids: Vec<InstanceId> = (0..101)
        .map(|n| InstanceId::new(format!("i-{n}")).unwrap())
        .collect();
    let query = InstanceQuery::Ids {
        region: region(),
        ids,
    };
    let error = house.aliyun.describe_instances(&query).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    let none = InstanceQuery::Ids {
        region: region(),
        ids: Vec::new(),
    };
    let page = house.aliyun.describe_instances(&none).await.unwrap();
    assert!(page.instances.is_empty());
    assert_eq!(house.n_sent(), 0);
}

/// One machine as the vendor writes it.
const PAGE: &str = r#"{"RequestId":"R-1","NextToken":"","Instances":{"Instance":[{"InstanceId":"i-1",
    "RegionId":"cn-beijing","ZoneId":"cn-beijing-h","Status":"Running","InstanceType":"ecs.g7.large",
    "InstanceChargeType":"PrePaid","ExpiredTime":"2027-01-01T16:00Z","InternetMaxBandwidthOut":5,
    "Tags":{"Tag":[{"TagKey":"role","TagValue":"web"}]}}]}}"#;

/// The same, with another page behind it.
fn page_before(next_token: &str) -> Result<HttpReply, WireError> {
    let named = format!(r#""NextToken":"{next_token}""#);
    answer(200, PAGE.replace(r#""NextToken":"""#, &named))
}

#[tokio::test(start_paused = true)]
async fn pages_that_lead_round_in_a_circle_are_left_when_a_token_comes_twice() {
    let wanted = Survey {
        whole: [region()].into(),
        ..Survey::default()
    };
    for tokens in [&["a", "a"][..], &["a", "b", "a"]] {
        let pages = tokens.iter().map(|token| page_before(token)).collect();
        let house = house(pages);
        let account = AccountId::new("1234567890123456").unwrap();
        let now = house.clock.wall();
        let error = survey(&house.aliyun, account, now, &wanted).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Fault);
        assert_eq!(
            error.to_string(),
            "DescribeInstances: the pages of cn-beijing repeat themselves: a NextToken came twice"
        );
        assert_eq!(house.n_sent(), tokens.len());
    }
}

fn looked_at(status: u16, body: Vec<u8>) -> Result<usize, CloudError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { house(vec![answer(status, body)]).look().await })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_body_whatever_makes_the_client_panic(
        status in 100_u16..600,
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = looked_at(status, body);
    }

    #[test]
    fn a_page_cut_anywhere_is_an_error_and_never_an_empty_fleet(cut in 0..PAGE.len() - 1) {
        prop_assert!(looked_at(200, PAGE.as_bytes()[..cut].to_vec()).is_err());
        prop_assert_eq!(looked_at(200, PAGE.as_bytes().to_vec()).unwrap(), 1);
    }

    #[test]
    fn a_page_with_a_wrong_byte_is_an_error_or_still_one_machine(
        at in 0..PAGE.len(),
        byte in any::<u8>(),
    ) {
        let mut body = PAGE.as_bytes().to_vec();
        body[at] = byte;
        if let Ok(n_machines) = looked_at(200, body) {
            prop_assert_eq!(n_machines, 1);
        }
    }
}
