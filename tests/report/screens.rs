//! A terminal while an apply goes on: whole screens, drawn from a plan and the events so far.

use std::time::Duration;

use indicatif::ProgressDrawTarget;
use respec::event::{EventKind, Subject};
use respec::model::{
    Approval, Batches, Crowd, Gate, GateAfter, GroupName, InstanceStatus, NetworkBilling, OrderId,
    RegionId, Rollout, Schedule, Share, Window, ZoneName,
};
use respec::report::run::{Board, Canvas, Display, Live, Size, Tally, screenful};
use respec::report::{Style, Symbols};
use respec::saga::{Keeping, SagaOutcome};

use crate::snapshot::{fits, same};
use crate::story::{Story, step, subject};
use crate::world::{World, machine, now, shop, wants};

const USUAL: Size = Size {
    rows: 24,
    columns: 80,
};

fn group(name: &str) -> GroupName {
    GroupName::new(name).unwrap()
}

fn web(n: usize) -> Subject {
    let id = format!("i-bp67acfmxazb4p00{n:02}");
    subject(&format!("web/{id}"), &id)
}

fn rollout(world: &mut World) -> &mut Rollout {
    let web = world.desired.groups.get_mut(&group("web")).unwrap();
    web.rollout.max_unavailable = Share::Count(2);
    web.rollout.batches = Batches {
        sizes: vec![Share::Count(1), Share::Count(4), Share::Percent(100)],
        defaulted: false,
    };
    &mut web.rollout
}

/// What the screen shows after these events, so many seconds into the run.
fn screen(world: &World, story: &Story, seconds: u64, size: Size, style: &Style) -> String {
    let plan = world.plan();
    let mut board = Board::of(&plan, &world.observed, Keeping::Hours, (now(), 1));
    let mut tally = Tally::default();
    for event in &story.0 {
        tally.take(event);
        board.take(event);
    }
    let mut shown = String::new();
    let elapsed = Duration::from_secs(seconds);
    tally.at(elapsed);
    board.at(elapsed);
    for line in screenful(&board, &tally, size, style) {
        shown.push_str(line.trim_end());
        shown.push('\n');
    }
    shown
}

fn begun(story: Story, seconds: u64, who: &Subject, verb: &'static str, at: u16) -> Story {
    let begun = EventKind::Begun {
        subject: who.clone(),
    };
    let story = if at == 1 {
        story.at(seconds, begun)
    } else {
        story
    };
    story.at(
        seconds,
        EventKind::StepStarted {
            subject: who.clone(),
            step: step(at, 3, verb, ""),
            attempt: 1,
        },
    )
}

fn finished(story: Story, seconds: u64, who: &Subject, verb: &'static str, at: u16) -> Story {
    story.at(
        seconds,
        EventKind::StepFinished {
            subject: who.clone(),
            step: step(at, 3, verb, ""),
            found: false,
            took: Duration::from_secs(10),
        },
    )
}

fn closed(story: Story, seconds: u64, who: &Subject, outcome: SagaOutcome) -> Story {
    story.at(
        seconds,
        EventKind::Closed {
            subject: who.clone(),
            outcome,
            note: String::new(),
            downtime: Duration::from_secs(30),
        },
    )
}

/// The first web machine is through, two of the second batch are on their way, an order is unpaid.
fn midway(world: &World) -> Story {
    let machines = world.plan().sagas.len();
    let mut story = Story::default().run(machines, 50);
    story = through(story, 0, &web(1));
    story = story.at(
        45,
        EventKind::BatchEnded {
            crowd: Crowd::Group(group("web")),
            batch: 1,
            of: 3,
        },
    );
    for (n, seconds) in [(2, 50), (3, 58)] {
        story = begun(story, seconds, &web(n), "stop", 1);
    }
    story = finished(story, 65, &web(2), "stop", 1);
    story = begun(story, 65, &web(2), "modify", 2);
    let db = subject("db-1", "i-bp2db00000000000001");
    story = begun(story, 66, &db, "modify", 1);
    story = story.at(
        67,
        EventKind::OrderMade {
            subject: db.clone(),
            order_id: OrderId::new("210000000012345").unwrap(),
            auto_pay: false,
        },
    );
    story = finished(story, 67, &db, "modify", 1);
    begun(story, 67, &db, "pay order", 2)
}

fn through(mut story: Story, from: u64, who: &Subject) -> Story {
    for (verb, at, seconds) in [("stop", 1, 1), ("modify", 2, 15), ("start", 3, 20)] {
        story = begun(story, from + seconds, who, verb, at);
        story = finished(story, from + seconds + 10, who, verb, at);
    }
    closed(story, from + 40, who, SagaOutcome::Done)
}

fn world() -> World {
    let mut world = shop();
    rollout(&mut world);
    world
}

#[test]
fn a_group_has_a_head_and_the_reason_that_needs_a_person_comes_first() {
    let world = world();
    let text = screen(&world, &midway(&world), 90, USUAL, &Style::plain());
    fits(79, &text);
    same("screen-midway", &text);
}

#[test]
fn a_small_terminal_shows_as_much_as_fits() {
    let (world, style) = (world(), Style::plain());
    let size = Size {
        rows: 8,
        columns: 44,
    };
    let text = screen(&world, &midway(&world), 90, size, &style);
    fits(43, &text);
    assert!(text.lines().count() <= 5, "{text}");
    same("screen-small", &text);
}

#[test]
fn a_terminal_without_symbols_gets_ascii() {
    let world = world();
    let style = Style {
        symbols: Symbols::Ascii,
        ..Style::plain()
    };
    let text = screen(&world, &midway(&world), 90, USUAL, &style);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn a_limit_is_named_where_nothing_worse_holds() {
    let mut world = World::new();
    for n in 1..=9 {
        let id = format!("i-bp67acfmxazb4p00{n:02}");
        world.add_to("web", machine(&id), wants("ecs.g7.xlarge"));
    }
    rollout(&mut world).batches.sizes = vec![Share::Percent(100)];
    let mut story = Story::default().run(9, 27);
    story = begun(story, 1, &web(4), "stop", 1);
    // Somebody else's stopped machine takes the other place.
    let seen = world.observed.instances.values_mut().next().unwrap();
    seen.status = InstanceStatus::Stopping;
    let text = screen(&world, &story, 5, USUAL, &Style::plain());
    assert!(text.contains("wait: web may have 2 down"), "{text}");
    assert!(text.contains("2 of 2 down"), "{text}");
}

#[test]
fn a_machine_that_cools_down_waits_and_is_not_doing() {
    let mut world = World::new();
    for n in 1..=2 {
        let mut spec = wants("ecs.g7.xlarge");
        spec.internet.max_bandwidth_out = Some(50);
        spec.internet.charge_type = Some(NetworkBilling::PayByTraffic);
        spec.internet.public_ip = Some(true);
        world.add_to("web", machine(&format!("i-bp67acfmxazb4p00{n:02}")), spec);
    }
    rollout(&mut world).batches.sizes = vec![Share::Percent(100)];
    let verbs = verbs_of_the_first(&world);
    let cooling = verbs.iter().position(|verb| *verb == "cool down").unwrap();
    let mut story = Story::default().run(2, 10);
    for (at, verb) in (1..).zip(&verbs[..cooling]) {
        story = begun(story, u64::from(at), &web(1), verb, at);
        story = finished(story, u64::from(at), &web(1), verb, at);
    }
    let text = screen(&world, &story, 60, USUAL, &Style::plain());
    assert!(text.contains("0 doing · 2 waiting"), "{verbs:?}\n{text}");
    assert!(
        text.contains("1 waits: five minutes after a change"),
        "{text}"
    );
}

fn verbs_of_the_first(world: &World) -> Vec<&'static str> {
    let plan = world.plan();
    let saga = plan.sagas.values().next().unwrap();
    saga.steps.iter().map(|step| step.action.verb()).collect()
}

#[test]
fn a_gate_names_the_command_that_opens_it() {
    let mut world = world();
    rollout(&mut world).gates = vec![Gate {
        after: GateAfter::Batch(1.try_into().unwrap()),
        wait: None,
        approval: Approval::Person,
        check: None,
    }];
    let story = through(Story::default().run(15, 50), 0, &web(1));
    let ended = EventKind::BatchEnded {
        crowd: Crowd::Group(group("web")),
        batch: 1,
        of: 3,
    };
    let size = Size {
        columns: 160,
        ..USUAL
    };
    let text = screen(&world, &story.at(40, ended), 41, size, &Style::plain());
    same("screen-gate", &text);
}

#[test]
fn a_window_opens_by_its_own_clock() {
    let mut world = world();
    let window = Window {
        schedule: Schedule::new("daily 22:00").unwrap(),
        time_zone: ZoneName::new("Asia/Shanghai").unwrap(),
        duration: Duration::from_secs(4 * 3600),
        cutoff: Duration::ZERO,
    };
    rollout(&mut world).window = Some(window);
    let story = Story::default().run(15, 50);
    let text = screen(&world, &story, 1, USUAL, &Style::plain());
    assert!(
        text.contains("12 wait: the window of web opens 22:00 CST"),
        "{text}"
    );
}

#[test]
fn two_thousand_machines_fit_any_terminal_and_are_drawn_as_often_as_is_due() {
    let mut world = World::new();
    for n in 0..2000 {
        let group = format!("tier-{:02}", n % 40);
        world.add_to(
            &group,
            machine(&format!("i-bp{n:018}")),
            wants("ecs.g7.xlarge"),
        );
    }
    for group in world.desired.groups.values_mut() {
        group.rollout.max_unavailable = Share::Percent(100);
        group.rollout.batches.sizes = vec![Share::Percent(100)];
    }
    let mut story = Story::default().run(2000, 6000);
    for n in 0..2000 {
        let id = format!("i-bp{n:018}");
        let who = subject(&format!("tier-{:02}/{id}", n % 40), &id);
        story = begun(story, n / 10, &who, "stop", 1);
    }
    let text = screen(&world, &story, 300, USUAL, &Style::plain());
    fits(79, &text);
    assert_eq!(text.lines().count(), 16, "{text}");
    same("screen-two-thousand", &text);

    let (plan, mut drawn) = (world.plan(), 0);
    let board = Board::of(&plan, &world.observed, Keeping::Hours, (now(), 1));
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let (counted, mut turns) = (asked.clone(), 0_u32);
    let canvas = Canvas {
        style: Style::plain(),
        size: Box::new(move || {
            counted.set(counted.get() + 1);
            USUAL
        }),
        due: Box::new(move || {
            turns += 1;
            turns.is_multiple_of(500)
        }),
    };
    let mut live = Live::new(ProgressDrawTarget::hidden(), board, canvas);
    for event in &story.0 {
        live.event(event);
        drawn += 1;
    }
    live.finish().unwrap();
    assert_eq!(asked.get(), drawn / 500);
}

#[test]
fn one_machine_needs_no_head() {
    let mut world = World::new();
    world.add("db-1", machine("i-bp9"), wants("ecs.g7.xlarge"));
    world.desired.instances.values_mut().for_each(|wish| {
        wish.region = RegionId::new("cn-hangzhou").unwrap();
    });
    let who = subject("db-1", "i-bp9");
    let story = begun(Story::default().run(1, 3), 1, &who, "stop", 1);
    let text = screen(&world, &story, 13, USUAL, &Style::plain());
    same("screen-one", &text);
}
