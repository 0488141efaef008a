//! Two shared desks: one looks at machines, one switches their power, each by the hundred.
//!
//! Workers hand in what they need; a desk gathers for a moment and sends one call for all. A look may be
//! answered by any page that was read after it was asked for, so looking first costs no call a machine.
//! Looks go in rounds, and a round that has room looks at others along the way.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::apply::timing::{GATHER, ROUND};
use crate::clock::Clock;
use crate::cloud::{
    Cloud, CloudError, ErrorKind, IDS_PER_CALL_MAX, InstancePage, InstanceQuery, PowerCall,
    PowerVerb, Reach,
};
use crate::model::{InstanceId, ObservedInstance, RegionId, RequestId};

use super::sights::Sights;

/// A machine as it looks, or that it is not there.
pub(in crate::apply) type Look = Result<Option<ObservedInstance>, CloudError>;

struct LookRequest {
    region: RegionId,
    instance: InstanceId,
    reply: oneshot::Sender<Look>,
}

struct PowerRequest {
    region: RegionId,
    verb: PowerVerb,
    instance: InstanceId,
    reply: oneshot::Sender<Result<RequestId, CloudError>>,
}

/// Where workers hand in looks and power calls.
#[derive(Clone)]
pub(in crate::apply) struct Desk {
    looks: mpsc::UnboundedSender<LookRequest>,
    powers: mpsc::UnboundedSender<PowerRequest>,
    /// What looks have shown so far.
    pub(in crate::apply) sights: Rc<RefCell<Sights>>,
}

/// What the desk of looks works with.
#[derive(Clone)]
struct Lookout {
    cloud: Rc<dyn Cloud>,
    clock: Rc<dyn Clock>,
    sights: Rc<RefCell<Sights>>,
    /// Who wants to hear of machines that were looked at along the way.
    noticed: mpsc::UnboundedSender<Vec<Rc<ObservedInstance>>>,
}

impl Desk {
    /// Opens both desks as tasks of `tasks`, which ends them with itself.
    pub(in crate::apply) fn open(
        tasks: &mut JoinSet<()>,
        cloud: &Rc<dyn Cloud>,
        clock: &Rc<dyn Clock>,
        noticed: mpsc::UnboundedSender<Vec<Rc<ObservedInstance>>>,
    ) -> Self {
        let (looks, look_requests) = mpsc::unbounded_channel();
        let (powers, power_requests) = mpsc::unbounded_channel();
        let sights = Rc::new(RefCell::new(Sights::default()));
        let lookout = Lookout {
            cloud: cloud.clone(),
            clock: clock.clone(),
            sights: sights.clone(),
            noticed,
        };
        tasks.spawn_local(serve_looks(lookout, look_requests));
        tasks.spawn_local(serve_power(cloud.clone(), clock.clone(), power_requests));
        Self {
            looks,
            powers,
            sights,
        }
    }

    /// Looks at one machine.
    pub(in crate::apply) async fn look(&self, region: &RegionId, instance: &InstanceId) -> Look {
        let (reply, answer) = oneshot::channel();
        let request = LookRequest {
            region: region.clone(),
            instance: instance.clone(),
            reply,
        };
        // A closed desk means that the run is being dropped; this worker goes with it.
        self.looks.send(request).ok();
        answer
            .await
            .unwrap_or_else(|_| Err(closed("DescribeInstances")))
    }

    /// Switches one machine's power.
    pub(in crate::apply) async fn power(
        &self,
        region: &RegionId,
        instance: &InstanceId,
        verb: PowerVerb,
    ) -> Result<RequestId, CloudError> {
        let (reply, answer) = oneshot::channel();
        let request = PowerRequest {
            region: region.clone(),
            verb,
            instance: instance.clone(),
            reply,
        };
        self.powers.send(request).ok();
        answer
            .await
            .unwrap_or_else(|_| Err(closed(verb.operation())))
    }
}

fn closed(operation: &'static str) -> CloudError {
    CloudError {
        operation,
        kind: ErrorKind::Unanswered,
        also: None,
        reach: Reach::Machine,
        code: None,
        message: "no answer for this machine".to_owned(),
        request_id: None,
        retry_after: None,
    }
}

fn unread(why: &str) -> CloudError {
    CloudError {
        kind: ErrorKind::Fault,
        message: format!("the machine is described in words this version cannot read: {why}"),
        ..closed("DescribeInstances")
    }
}

/// Waits for one request, then takes all that come within a moment.
async fn gather<T>(requests: &mut mpsc::UnboundedReceiver<T>, clock: &dyn Clock) -> Option<Vec<T>> {
    let mut batch = vec![requests.recv().await?];
    clock.sleep(GATHER).await;
    while let Ok(request) = requests.try_recv() {
        batch.push(request);
    }
    Some(batch)
}

/// Cuts a batch into what one call takes.
fn pages<T>(mut batch: Vec<T>) -> Vec<Vec<T>> {
    let mut pages = Vec::new();
    while !batch.is_empty() {
        let rest = batch.split_off(batch.len().min(IDS_PER_CALL_MAX));
        pages.push(std::mem::replace(&mut batch, rest));
    }
    pages
}

/// One round after the other: whoever asks waits for the next one, which comes at once after a rest.
async fn serve_looks(lookout: Lookout, mut requests: mpsc::UnboundedReceiver<LookRequest>) {
    // A call that takes long, or is being retried, must not hold up the next one.
    let mut under_way = JoinSet::new();
    while let Some(batch) = gather(&mut requests, lookout.clock.as_ref()).await {
        let next_round = lookout.clock.elapsed() + ROUND;
        let mut regions: BTreeMap<RegionId, Vec<LookRequest>> = BTreeMap::new();
        for request in batch {
            regions
                .entry(request.region.clone())
                .or_default()
                .push(request);
        }
        for (region, requests) in regions {
            for page in pages(requests) {
                under_way.spawn_local(answer_looks(lookout.clone(), region.clone(), page));
            }
        }
        while under_way.try_join_next().is_some() {}
        let rest = next_round.saturating_sub(lookout.clock.elapsed() + GATHER);
        lookout.clock.sleep(rest).await;
    }
}

async fn answer_looks(lookout: Lookout, region: RegionId, page: Vec<LookRequest>) {
    let asked: BTreeSet<InstanceId> = page
        .iter()
        .map(|request| request.instance.clone())
        .collect();
    let room = IDS_PER_CALL_MAX - asked.len();
    let along = lookout.sights.borrow_mut().along(&region, room);
    match look_for(lookout.cloud.as_ref(), region, &asked, along).await {
        Ok(found) => {
            let seen: Vec<Rc<ObservedInstance>> =
                found.instances.into_iter().map(Rc::new).collect();
            lookout.show(&seen, &asked);
            answer(page, &seen, found.unreadable);
        }
        Err(error) => {
            for request in page {
                request.reply.send(Err(error.clone())).ok();
            }
        }
    }
}

impl Lookout {
    /// Remembers what was seen, and tells what nobody had asked for.
    fn show(&self, seen: &[Rc<ObservedInstance>], asked: &BTreeSet<InstanceId>) {
        let now = self.clock.elapsed();
        let mut sights = self.sights.borrow_mut();
        for one in seen {
            sights.record(Rc::clone(one), now);
        }
        let along = seen.iter().filter(|one| !asked.contains(&one.id));
        let along: Vec<Rc<ObservedInstance>> = along.cloned().collect();
        if !along.is_empty() {
            // A dispatcher that is gone means that the run was dropped.
            self.noticed.send(along).ok();
        }
    }
}

fn answer(
    page: Vec<LookRequest>,
    seen: &[Rc<ObservedInstance>],
    unreadable: Vec<(InstanceId, String)>,
) {
    let unreadable: BTreeMap<InstanceId, String> = unreadable.into_iter().collect();
    let found: BTreeMap<&InstanceId, &ObservedInstance> =
        seen.iter().map(|seen| (&seen.id, seen.as_ref())).collect();
    for request in page {
        // Described in words nobody knows is not the same as gone.
        let seen = match unreadable.get(&request.instance) {
            Some(why) => Err(unread(why)),
            None => Ok(found.get(&request.instance).copied().cloned()),
        };
        request.reply.send(seen).ok();
    }
}

/// A page of these machines. Without the permission to look the cloud shows an empty list instead of
/// refusing: a machine is missing only where looking is allowed for certain.
async fn look_for(
    cloud: &dyn Cloud,
    region: RegionId,
    asked: &BTreeSet<InstanceId>,
    along: Vec<InstanceId>,
) -> Result<InstancePage, CloudError> {
    let ids: BTreeSet<InstanceId> = asked.iter().cloned().chain(along).collect();
    let query = InstanceQuery::Ids {
        region: region.clone(),
        ids: ids.into_iter().collect(),
    };
    let page = cloud.describe_instances(&query).await?;
    let instances = page.instances.iter().map(|seen| &seen.id);
    let found = instances.chain(page.unreadable.iter().map(|(id, _)| id));
    if found.filter(|id| asked.contains(*id)).count() >= asked.len() {
        return Ok(page);
    }
    cloud.may_look(&region).await?.believes_a_list()?;
    Ok(page)
}

async fn serve_power(
    cloud: Rc<dyn Cloud>,
    clock: Rc<dyn Clock>,
    mut requests: mpsc::UnboundedReceiver<PowerRequest>,
) {
    let mut under_way = JoinSet::new();
    while let Some(batch) = gather(&mut requests, clock.as_ref()).await {
        let mut kinds: BTreeMap<(RegionId, PowerVerb), Vec<PowerRequest>> = BTreeMap::new();
        for request in batch {
            kinds
                .entry((request.region.clone(), request.verb))
                .or_default()
                .push(request);
        }
        for ((region, verb), requests) in kinds {
            for page in pages(requests) {
                under_way.spawn_local(answer_power(cloud.clone(), region.clone(), verb, page));
            }
        }
        while under_way.try_join_next().is_some() {}
    }
}

/// Each machine is judged alone by its own entry; a whole call that failed failed for each.
async fn answer_power(
    cloud: Rc<dyn Cloud>,
    region: RegionId,
    verb: PowerVerb,
    page: Vec<PowerRequest>,
) {
    let instances = page
        .iter()
        .map(|request| request.instance.clone())
        .collect();
    match cloud
        .power(&PowerCall {
            region,
            verb,
            instances,
        })
        .await
    {
        Ok(answers) => {
            let mut results: BTreeMap<InstanceId, _> = answers
                .into_iter()
                .map(|answer| (answer.instance, answer.result))
                .collect();
            for request in page {
                let result = results.remove(&request.instance);
                request
                    .reply
                    .send(result.unwrap_or_else(|| Err(closed(verb.operation()))))
                    .ok();
            }
        }
        Err(error) => {
            for request in page {
                request.reply.send(Err(error.clone())).ok();
            }
        }
    }
}
