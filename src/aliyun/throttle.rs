//! Paces calls, so that the service seldom has to refuse one for the call rate.
//!
//! The vendor counts calls by operation and region, so every such pair has a lane of
//! its own: a pure [`Bucket`], and around it a queue in which callers wait their turn.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::operation::Operation;
use crate::clock::Clock;
use crate::cloud::{Bucket, Rate};
use crate::model::RegionId;

/// How long a lane rests after a refusal that names no time.
const REST_UNASKED: Duration = Duration::from_secs(1);

/// One lane. The queue is fair: callers get through in the order they came.
struct Lane {
    queue: tokio::sync::Mutex<()>,
    bucket: RefCell<Bucket>,
}

/// All lanes.
pub(super) struct Throttle {
    clock: Rc<dyn Clock>,
    lanes: RefCell<BTreeMap<(&'static str, RegionId), Rc<Lane>>>,
}

impl Throttle {
    pub(super) fn new(clock: Rc<dyn Clock>) -> Self {
        Self {
            clock,
            lanes: RefCell::default(),
        }
    }

    /// Waits until the call may go out.
    pub(super) async fn admit(&self, operation: &'static Operation, region: &RegionId) {
        let lane = self.lane(operation, region);
        let _first = lane.queue.lock().await;
        // Only the first of the queue waits for the bucket. Each round ends later than the one before;
        // a further one happens only when the lane was slowed down meanwhile.
        loop {
            let turn = lane.bucket.borrow_mut().take(self.clock.elapsed());
            match turn {
                Ok(()) => return,
                Err(wait) => self.clock.sleep(wait).await,
            }
        }
    }

    /// The service refused a call for the call rate and asks for this rest.
    pub(super) fn slow_down(
        &self,
        operation: &'static Operation,
        region: &RegionId,
        rest: Option<Duration>,
    ) {
        let lane = self.lane(operation, region);
        let mut bucket = lane.bucket.borrow_mut();
        bucket.slow_down(self.clock.elapsed(), rest.unwrap_or(REST_UNASKED));
    }

    /// A call went through.
    pub(super) fn speed_up(&self, operation: &'static Operation, region: &RegionId) {
        self.lane(operation, region).bucket.borrow_mut().speed_up();
    }

    /// How often the operation may be called at present.
    pub(super) fn rate(&self, operation: &'static Operation, region: &RegionId) -> Rate {
        self.lane(operation, region).bucket.borrow().rate()
    }

    fn lane(&self, operation: &'static Operation, region: &RegionId) -> Rc<Lane> {
        let mut lanes = self.lanes.borrow_mut();
        let lane = lanes
            .entry((operation.name, region.clone()))
            .or_insert_with(|| {
                Rc::new(Lane {
                    queue: tokio::sync::Mutex::new(()),
                    bucket: RefCell::new(Bucket::new(operation.rate)),
                })
            });
        Rc::clone(lane)
    }
}
