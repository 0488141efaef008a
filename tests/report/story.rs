//! An apply told as events: one machine done, one waiting for money, one undone, one stuck.

use std::collections::BTreeMap;
use std::time::Duration;

use respec::event::{Event, EventKind, StepView, Subject};
use respec::model::{Digest, InstanceName, OrderId, RequestId, RunId};
use respec::saga::{Direction, FailureCause, Halt, SagaOutcome};

use crate::world::{id, now};

pub(crate) fn subject(name: &str, instance: &str) -> Subject {
    Subject {
        instance: id(instance),
        name: InstanceName::new(name).unwrap(),
    }
}

pub(crate) fn step(step: u16, of: u16, verb: &'static str, detail: &str) -> StepView {
    StepView {
        step,
        of,
        verb,
        detail: detail.to_owned(),
        direction: Direction::Forward,
    }
}

/// Events with the seconds at which they happen.
#[derive(Default)]
pub(crate) struct Story(pub(crate) Vec<Event>);

impl Story {
    pub(crate) fn at(mut self, seconds: u64, kind: EventKind) -> Self {
        let elapsed = Duration::from_secs(seconds);
        self.0.push(Event {
            sequence: self.0.len() as u64,
            at: now().checked_add(elapsed).unwrap(),
            elapsed,
            kind,
        });
        self
    }

    pub(crate) fn run(self, machines: usize, steps: usize) -> Self {
        self.at(
            0,
            EventKind::RunStarted {
                run: RunId::new("20261121-0800-7f2c").unwrap(),
                plan_id: Digest::of_text("plan"),
                machines,
                steps,
                continued: false,
            },
        )
    }

    pub(crate) fn did(self, seconds: u64, of: &Subject, step: StepView, took: u64) -> Self {
        let subject = of.clone();
        let started = EventKind::StepStarted {
            subject: subject.clone(),
            step: step.clone(),
            attempt: 1,
        };
        let finished = EventKind::StepFinished {
            subject,
            step,
            found: false,
            took: Duration::from_secs(took),
        };
        self.at(seconds, started).at(seconds + took, finished)
    }

    pub(crate) fn closed(
        self,
        seconds: u64,
        of: &Subject,
        outcome: SagaOutcome,
        note: &str,
    ) -> Self {
        self.at(
            seconds,
            EventKind::Closed {
                subject: of.clone(),
                outcome,
                note: note.to_owned(),
                downtime: Duration::from_secs(36),
            },
        )
    }
}

/// One machine, all well.
pub(crate) fn good() -> Story {
    let web = subject("web/i-bp1", "i-bp1");
    Story::default()
        .run(1, 3)
        .at(
            0,
            EventKind::Begun {
                subject: web.clone(),
            },
        )
        .did(1, &web, step(1, 3, "stop", "KeepCharging"), 14)
        .did(
            15,
            &web,
            step(2, 3, "modify", "ecs.g6.large → ecs.g7.xlarge"),
            3,
        )
        .did(18, &web, step(3, 3, "start", ""), 19)
        .closed(37, &web, SagaOutcome::Done, "")
        .at(
            37,
            EventKind::RunFinished {
                totals: BTreeMap::from([("done", 1)]),
                exit_code: 0,
            },
        )
}

/// Five machines, of which one is done.
pub(crate) fn bad() -> Story {
    let web = subject("web/i-bp1", "i-bp1");
    let story = Story::default()
        .run(6, 17)
        .at(
            0,
            EventKind::Begun {
                subject: web.clone(),
            },
        )
        .did(1, &web, step(1, 3, "stop", "KeepCharging"), 14)
        .did(
            15,
            &web,
            step(2, 3, "modify", "ecs.g6.large → ecs.g7.xlarge"),
            3,
        )
        .did(18, &web, step(3, 3, "start", ""), 19)
        .closed(37, &web, SagaOutcome::Done, "");
    let story = refused_and_stuck(ordered(story));
    story.at(
        412,
        EventKind::RunFinished {
            totals: BTreeMap::from([
                ("done", 1),
                ("left alone", 1),
                ("paused", 1),
                ("stuck", 1),
                ("undone", 1),
            ]),
            exit_code: 8,
        },
    )
}

fn ordered(story: Story) -> Story {
    let db = subject("db-1", "i-bp2");
    story
        .at(
            38,
            EventKind::Begun {
                subject: db.clone(),
            },
        )
        .did(
            38,
            &db,
            step(1, 4, "modify", "ecs.r6.large → ecs.r7.xlarge"),
            2,
        )
        .at(
            40,
            EventKind::OrderMade {
                subject: db.clone(),
                order_id: OrderId::new("210000000012345").unwrap(),
                auto_pay: false,
            },
        )
        .at(
            40,
            EventKind::StepStarted {
                subject: db.clone(),
                step: step(2, 4, "pay order", ""),
                attempt: 1,
            },
        )
        .at(
            41,
            EventKind::Waiting {
                subject: db.clone(),
                reason: "the order is not paid yet".to_owned(),
            },
        )
        .at(
            42,
            EventKind::Halted {
                subject: db,
                halt: Halt::Paused,
                note: "order 210000000012345 is not paid yet".to_owned(),
            },
        )
}

fn refused_and_stuck(story: Story) -> Story {
    let (second, third) = (subject("web/i-bp3", "i-bp3"), subject("web/i-bp4", "i-bp4"));
    let mut undo = step(1, 3, "stop", "");
    undo.direction = Direction::Undo;
    story
        .did(50, &second, step(1, 3, "stop", "KeepCharging"), 14)
        .at(
            64,
            EventKind::StepStarted {
                subject: second.clone(),
                step: step(2, 3, "modify", "ecs.g6.large → ecs.g7.xlarge"),
                attempt: 2,
            },
        )
        .at(
            65,
            EventKind::StepFailed {
                subject: second.clone(),
                step: step(2, 3, "modify", "ecs.g6.large → ecs.g7.xlarge"),
                cause: FailureCause::Refused,
                message: "ModifyInstanceSpec: the type is out of stock\u{1b}[31m in cn-hangzhou-h"
                    .to_owned(),
                code: Some("OperationDenied.NoStock".to_owned()),
                request_id: Some(RequestId::new("4C8F5B3E-02B1").unwrap()),
            },
        )
        .did(66, &second, undo.clone(), 20)
        .closed(86, &second, SagaOutcome::Undone, "")
        .did(90, &third, step(1, 3, "stop", "KeepCharging"), 14)
        .at(
            400,
            EventKind::StepFailed {
                subject: third.clone(),
                step: undo,
                cause: FailureCause::TimedOut,
                message: "it is still Stopped after 5m".to_owned(),
                code: None,
                request_id: None,
            },
        )
        .at(
            401,
            EventKind::Halted {
                subject: third,
                halt: Halt::Stuck,
                note: "it is down and could not be started".to_owned(),
            },
        )
        .at(
            402,
            EventKind::LeftAlone {
                subject: subject("web/i-bp5", "i-bp5"),
                reason: "no more failures are tolerated in group web".to_owned(),
            },
        )
        .at(
            410,
            EventKind::Interrupted {
                doing: vec!["modify, then start".to_owned()],
                finishing: vec![InstanceName::new("web/i-bp4").unwrap()],
            },
        )
}
