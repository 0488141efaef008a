//! The program's two ways out, wire and journal, watched, and cut where the script says so.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use respec::clock::Clock;
use respec::journal::{Journal, JournalError};
use respec::saga::Entry;
use respec::sim::SimWire;
use respec::store::Store;
use respec::wire::{HttpReply, HttpRequest, Wire, WireError};
use tokio::sync::Notify;

use crate::eye::Eye;
use crate::script::{Fate, Moment};

/// Most commits of one program: forty for each of a dozen machines, and room to spare.
const APPENDS_MAX: u64 = 1000;

/// What a program has done, which is where it could have died.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Points {
    pub(crate) n_calls: u64,
    /// The calls among them that were to change something.
    pub(crate) changes: BTreeSet<u64>,
    pub(crate) n_appends: u64,
}

/// When the present program dies.
pub(crate) struct Death {
    fate: Cell<Fate>,
    n_calls: Cell<u64>,
    /// Which of them were to change something.
    changes: RefCell<BTreeSet<u64>>,
    n_appends: Cell<u64>,
    dead: Cell<bool>,
    bell: Notify,
    /// From when until when the machine sleeps, by the true clock.
    nap: Cell<Option<(Duration, Duration)>>,
}

impl Death {
    pub(crate) fn new() -> Self {
        Self {
            fate: Cell::new(Fate::Spared),
            n_calls: Cell::new(0),
            changes: RefCell::default(),
            n_appends: Cell::new(0),
            dead: Cell::new(false),
            bell: Notify::new(),
            nap: Cell::new(None),
        }
    }

    /// A new program begins, with this before it.
    pub(crate) fn begin(&self, fate: Fate) {
        self.fate.set(fate);
        self.n_calls.set(0);
        self.changes.take();
        self.n_appends.set(0);
        self.dead.set(false);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.get()
    }

    pub(crate) fn n_calls(&self) -> u64 {
        self.n_calls.get()
    }

    /// Calls and commits of the present program so far.
    pub(crate) fn points(&self) -> Points {
        Points {
            n_calls: self.n_calls.get(),
            changes: self.changes.borrow().clone(),
            n_appends: self.n_appends.get(),
        }
    }

    /// The machine of the present program sleeps from then until then.
    pub(crate) fn sleeps(&self, nap: Option<(Duration, Duration)>) {
        self.nap.set(nap);
    }

    /// Nothing leaves a machine that sleeps, and nothing is heard there.
    pub(crate) async fn awake(&self, clock: &dyn Clock) {
        if let Some((from, until)) = self.nap.get()
            && (from..until).contains(&clock.elapsed())
        {
            clock.sleep(until - clock.elapsed()).await;
        }
    }

    /// Resolves when the program dies.
    pub(crate) async fn comes(&self) {
        while !self.dead.get() {
            self.bell.notified().await;
        }
    }

    /// The program ends here: whoever calls this never gets any further.
    async fn strike<T>(&self) -> T {
        self.dead.set(true);
        self.bell.notify_one();
        std::future::pending().await
    }

    fn at_call(&self) -> Option<Moment> {
        self.n_calls.set(self.n_calls.get() + 1);
        match self.fate.get() {
            Fate::DiesAtCall(at, moment) if at == self.n_calls.get() => Some(moment),
            _ => None,
        }
    }

    fn at_append(&self) -> Option<Moment> {
        self.n_appends.set(self.n_appends.get() + 1);
        match self.fate.get() {
            Fate::DiesAtAppend(at, moment) if at == self.n_appends.get() => Some(moment),
            _ => None,
        }
    }
}

/// The wire: with faults, or without once the script wants quiet.
pub(crate) struct WatchedWire {
    pub(crate) noisy: SimWire,
    pub(crate) quiet: SimWire,
    pub(crate) is_quiet: Cell<bool>,
    pub(crate) death: Rc<Death>,
    pub(crate) eye: Rc<Eye>,
    pub(crate) clock: Rc<dyn Clock>,
    /// Most requests of one program; one that sends more is ended.
    pub(crate) calls_max: u64,
}

impl WatchedWire {
    fn wire(&self) -> &SimWire {
        if self.is_quiet.get() {
            &self.quiet
        } else {
            &self.noisy
        }
    }
}

#[async_trait(?Send)]
impl Wire for WatchedWire {
    async fn send(&self, request: HttpRequest) -> Result<HttpReply, WireError> {
        if self.death.dead.get() {
            return std::future::pending().await;
        }
        let moment = self.death.at_call();
        if self.death.n_calls() > self.calls_max {
            let what = format!("more than {} calls", self.calls_max);
            self.eye.object("I9", what);
            return self.death.strike().await;
        }
        let changes = is_change(&request);
        // Most calls read and are survived: nobody asks whom they are about.
        if moment.is_none() && !changes {
            return self.wire().send(request).await;
        }
        let (action, instances, token) = subject(&request);
        let line = format!(
            "{:?} {action} {}",
            self.clock.elapsed(),
            instances.join(",")
        );
        if let Some(moment) = moment {
            self.eye.log(|| format!("dies around {line}: {moment:?}"));
        }
        if matches!(moment, Some(Moment::Before)) {
            return self.death.strike().await;
        }
        if changes {
            self.death.changes.borrow_mut().insert(self.death.n_calls());
            self.eye.log(|| line);
            for instance in &instances {
                self.eye.judge_call(&action, instance, token.as_deref());
            }
        }
        match moment {
            None | Some(Moment::Before) => {
                self.death.awake(self.clock.as_ref()).await;
                let answer = self.wire().send(request).await;
                self.death.awake(self.clock.as_ref()).await;
                let is_refused = |reply: &HttpReply| (400..500).contains(&reply.status);
                if answer.as_ref().is_ok_and(is_refused) {
                    self.eye.forget_token(token.as_deref());
                }
                answer
            }
            Some(Moment::During(after)) => {
                tokio::select! { biased;
                    _ = self.wire().send(request) => {}
                    () = self.clock.sleep(after) => {}
                }
                self.death.strike().await
            }
            Some(Moment::After) => {
                let _unheard = self.wire().send(request).await;
                self.death.strike().await
            }
        }
    }
}

/// By the name of its operation, which needs no encoding.
fn is_change(request: &HttpRequest) -> bool {
    let mut pairs = request.query.split('&');
    let action = pairs.find_map(|pair| pair.strip_prefix("Action="));
    let reads = ["Describe", "Get", "Query"];
    !reads
        .iter()
        .any(|read| action.unwrap_or_default().starts_with(read))
}

fn subject(request: &HttpRequest) -> (String, Vec<String>, Option<String>) {
    let pairs = form_urlencoded::parse(request.query.as_bytes());
    let (mut action, mut instances, mut token) = (String::new(), Vec::new(), None);
    for (name, value) in pairs {
        if name == "Action" {
            action = value.into_owned();
        } else if name == "ClientToken" {
            token = Some(value.into_owned());
        } else if name == "InstanceId" || name.starts_with("InstanceId.") {
            instances.push(value.into_owned());
        }
    }
    (action, instances, token)
}

/// The journal.
pub(crate) struct WatchedJournal {
    pub(crate) store: Rc<Store>,
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) death: Rc<Death>,
    pub(crate) eye: Rc<Eye>,
}

#[async_trait(?Send)]
impl Journal for WatchedJournal {
    async fn append(&self, entries: &[Entry]) -> Result<(), JournalError> {
        if self.death.dead.get() {
            return std::future::pending().await;
        }
        let moment = self.death.at_append();
        if self.death.n_appends.get() > APPENDS_MAX {
            self.eye
                .object("I15", format!("more than {APPENDS_MAX} commits"));
            return self.death.strike().await;
        }
        if let Some(moment) = moment {
            self.eye
                .log(|| format!("dies around entry {}: {moment:?}", entries[0].seq));
        }
        match moment {
            Some(Moment::Before) => self.death.strike().await,
            Some(Moment::During(_) | Moment::After) => {
                let _unheard = self.store.append(entries).await;
                self.death.strike().await
            }
            None => {
                self.death.awake(self.clock.as_ref()).await;
                let written = self.store.append(entries).await;
                match &written {
                    Ok(()) => self.eye.judge_entries(entries),
                    Err(error) => {
                        self.eye
                            .log(|| format!("entry {}: {error}", entries[0].seq));
                        self.eye.journal_lost.set(true);
                    }
                }
                written
            }
        }
    }
}
