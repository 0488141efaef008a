//! The built program, with a meddler between it and the cloud.

use crate::house::{FAST, House};
use crate::meddler::{Meddler, Meddling, Passed};
use crate::process::until;
use crate::shop::{APPLY, MACHINES, WANTED, all_run_as, prepaid_shop, shop};

/// More replies than any of these runs asks for.
const ALWAYS: usize = usize::MAX;

/// What a proxy sends to whoever has not signed in.
const LOGIN_PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 33\r\n\r\n\
     <html><body>Sign in</body></html>";

const FORBIDDEN_PAGE: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\ncontent-length: 28\r\n\r\n<html>Blocked by IT</html>\r\n";

/// Promises more than it brings.
const CUT: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"RequestId\":\"473469C7-AA6F";

/// An empty object, which could be taken for a reply without anything in it.
const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// Puts a meddler before the cloud of this house.
fn meddle(
    house: &mut House,
    action: &'static str,
    times: usize,
    reply: &'static [u8],
    passed: Passed,
) -> Meddler {
    let meddling = Meddling {
        action,
        times,
        reply,
        passed,
    };
    let meddler = Meddler::start(&house.server.url, meddling);
    house.set("RESPEC_ENDPOINT", &meddler.url);
    meddler
}

#[test]
fn a_read_that_is_no_answer_ends_before_anything_is_touched() {
    let reads = ["GetCallerIdentity", "DescribeInstances"];
    for (n, action) in reads.into_iter().enumerate() {
        for (m, reply) in [LOGIN_PAGE, FORBIDDEN_PAGE, CUT, EMPTY]
            .into_iter()
            .enumerate()
        {
            let mut house = prepaid_shop(&format!("bad-read-{n}-{m}"), "await", FAST);
            let meddler = meddle(&mut house, action, ALWAYS, reply, Passed::No);
            for command in ["plan", APPLY] {
                let ended = house.run(command).exits(1);
                let ended = ended.says(&[action, "try again", "proxy", "nothing was changed"]);
                assert_eq!(house.server.n_changing_calls(), 0, "{ended}");
                assert!(!house.has("state"), "{ended}");
            }
            assert!(meddler.n_spoiled() > 0, "{action} was never asked");
        }
    }
}

#[test]
fn a_question_that_is_not_answered_blocks_what_hangs_on_it() {
    for (m, reply) in [LOGIN_PAGE, CUT].into_iter().enumerate() {
        let mut house = prepaid_shop(&format!("bad-question-{m}"), "await", FAST);
        let action = "DescribeResourcesModification";
        let meddler = meddle(&mut house, action, ALWAYS, reply, Passed::No);
        let words = ["could not be learned", "could not be checked", action];
        house.run("plan").exits(0).shows(&words);
        let ended = house.run(APPLY).exits(6);
        assert!(
            format!("{ended}").contains("could not be learned"),
            "{ended}"
        );
        assert_eq!(house.server.n_changing_calls(), 0, "{ended}");
        assert!(meddler.n_spoiled() > 0, "{action} was never asked");
    }
}

#[test]
fn a_change_whose_answer_is_spoiled_is_neither_lost_nor_made_twice() {
    for (n, action) in ["StopInstances", "ModifyInstanceSpec", "StartInstances"]
        .into_iter()
        .enumerate()
    {
        for (m, reply) in [FORBIDDEN_PAGE, CUT].into_iter().enumerate() {
            for (k, passed) in [Passed::On, Passed::No].into_iter().enumerate() {
                let mut house = shop(&format!("bad-change-{n}-{m}-{k}"), FAST);
                let meddler = meddle(&mut house, action, 2, reply, passed);
                house.run(APPLY).exits(0);
                all_run_as(&house, WANTED);
                assert!(meddler.n_spoiled() > 0, "{action} was never asked");
                house.run("plan -detailed-exitcode").exits(0);
            }
        }
    }
}

#[test]
fn an_order_whose_answers_were_all_spoiled_is_known_after_the_next_apply() {
    let mut house = prepaid_shop("bad-order", "await", FAST);
    let meddler = meddle(
        &mut house,
        "ModifyPrepayInstanceSpec",
        ALWAYS,
        CUT,
        Passed::On,
    );
    let mut apply = house.start(APPLY);
    until("the order was asked for again", || meddler.n_spoiled() > 4);
    until("the program is over", || {
        apply.signal("INT");
        apply.is_over()
    });
    let ended = apply.ended().exits(130);
    let order = house.server.world().orders()[0]["OrderId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        !format!("{ended}").contains(&order),
        "nobody could know it\n{ended}"
    );

    house.set("RESPEC_ENDPOINT", &house.server.url.clone());
    let paused = house.run(APPLY).exits(7);
    assert!(format!("{paused}").contains(&order), "{paused}");
    house
        .server
        .by_hand("pay", &serde_json::json!({"OrderId": order}));
    house.run(APPLY).exits(0);
    let world = house.server.world();
    assert_eq!(world.orders().len(), 1);
    assert_eq!(world.field("i-1", "EffectiveType"), WANTED);
}

#[test]
fn stops_that_are_never_answered_leave_the_fleet_as_it_was() {
    let mut house = shop("bad-stop", FAST);
    let _meddler = meddle(
        &mut house,
        "StopInstances",
        ALWAYS,
        FORBIDDEN_PAGE,
        Passed::No,
    );
    let ended = house.run(APPLY).exits(3);
    let ended = ended.shows(&[
        "StopInstances: still Running after 300 s",
        "HTTP status 403",
    ]);
    drop(ended);
    all_run_as(&house, "ecs.g7.large");
}

#[test]
fn starts_that_are_never_answered_are_a_matter_for_a_person() {
    let mut house = shop("bad-start", 1000);
    let _meddler = meddle(&mut house, "StartInstances", ALWAYS, LOGIN_PAGE, Passed::No);
    let ended = house.run(APPLY).exits(8);
    let ended = ended.shows(&[
        "StartInstances: still Stopped after",
        "it is a page and no JSON",
        "start it",
    ]);
    let down = house.server.world().with_status("Stopped");
    for id in MACHINES
        .iter()
        .filter(|id| down.iter().any(|one| one == *id))
    {
        assert!(
            format!("{ended}").contains(&format!("({id})")),
            "{id} is down and nobody says so\n{ended}"
        );
    }
}

/// A machine of which nobody can say what it is may be one of a group's: that is told, and not that it has left.
#[test]
fn a_machine_that_no_selector_can_read_is_named() {
    let mut house = shop("bad-selected", FAST);
    let manifest = "version: 1\nfleet: shop\nregion: cn-hangzhou\ngroups:\n  web:\n    select: {name: \"web-*\"}\n    \
                    spec: {instance_type: ecs.g7.xlarge}\n";
    house.write("fleet.yaml", manifest);
    let _meddler = shows_too_little_of_one(&mut house);
    let ended = house.run("plan").exits(0);
    let ended = ended.says(&["i-1 cannot be read", "no selector chooses it"]);
    assert_eq!(house.server.n_changing_calls(), 0, "{ended}");
}

/// From now on each list has i-1 alone, and says too little about it.
fn shows_too_little_of_one(house: &mut House) -> Meddler {
    let body = r#"{"RequestId":"R-1","Instances":{"Instance":[{"InstanceId":"i-1","InstanceName":"web-1"}]}}"#;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let page: &'static str = Box::leak((head + body).into_boxed_str());
    let list = "DescribeInstances";
    meddle(house, list, ALWAYS, page.as_bytes(), Passed::No)
}

/// It is there, whatever it is: who hears that it is gone would look for whoever has released it.
#[test]
fn a_machine_of_a_saved_plan_that_cannot_be_read_is_not_called_gone() {
    let mut house = shop("bad-saved", FAST);
    house.run("plan -target web-1 -out saved.plan").exits(0);
    let _meddler = shows_too_little_of_one(&mut house);
    let ended = house.run("apply saved.plan").exits(4);
    let ended = ended.says(&["web-1 (i-1)", "it cannot be read"]);
    assert!(!ended.stderr.contains("not there any more"), "{ended}");
    assert_eq!(house.server.n_changing_calls(), 0, "{ended}");
}
