//! What a fault script does to the world itself.

use std::time::Duration;

use crate::sim::operations::Product;
use crate::sim::protocol::letter::Letterhead;
use crate::sim::protocol::reply::{Refusal, Reply};
use crate::sim::protocol::request::{Params, Request};
use crate::sim::world::memory::throttled;
use crate::sim::world::script::Strike;
use crate::sim::world::{Mischief, World};

impl World {
    /// The type sells out in the zone of the machine that is about to ask for it.
    pub(crate) fn sell_out(&mut self, id: &str, target: &str) {
        if let Some(instance) = self.instances.get(id) {
            self.catalogue.sell_out(target, &instance.truth.zone_id);
        }
    }

    /// The next start, stop or reboot takes half an hour.
    pub(crate) fn next_power_call_hangs(&mut self) {
        self.mischief.power_hangs = true;
    }

    /// The next read shows what was shown some time ago.
    pub(crate) fn next_read_is_stale(&mut self, age: Duration) {
        self.mischief.reads_lag_by = age;
    }

    /// The next list of machines is empty.
    pub(crate) fn next_list_is_empty(&mut self) {
        self.mischief.lists_nobody = true;
    }

    /// Mischief is for one call only.
    pub(crate) fn forget_mischief(&mut self) {
        self.mischief = Mischief::default();
    }

    /// 500 `InternalError`.
    pub(crate) fn internal_error(&mut self, request: &Request) -> Reply {
        let refusal = Refusal::new(
            500,
            "InternalError",
            "Something failed on the server's side.",
        );
        self.refuse_by_fault(request, refusal)
    }

    /// 503 `ServiceUnavailable`.
    pub(crate) fn unavailable(&mut self, request: &Request) -> Reply {
        let refusal = Refusal::new(503, "ServiceUnavailable", "The service is overloaded.");
        self.refuse_by_fault(request, refusal)
    }

    /// 400 `Throttling.User`.
    pub(crate) fn throttled_by_fault(&mut self, request: &Request, wait: Duration) -> Reply {
        self.refuse_by_fault(request, throttled(wait))
    }

    /// What the faults of the scenario do to a call.
    pub(crate) fn strike(&mut self, request: &Request) -> Option<(Strike, String)> {
        if self.script.is_empty() || request.path != "/" {
            return None;
        }
        let params = request.parameters().ok()?;
        let action = request.action(&params)?.to_owned();
        let strike = self.script.next(&action, &params)?;
        Some((strike, action))
    }

    /// The answer a fault of the scenario gives in place of the operation's, counted as one.
    pub(crate) fn refuse_by_script(
        &mut self,
        request: &Request,
        action: String,
        refusal: Refusal,
    ) -> Reply {
        let reply = self.refuse_by_fault(request, refusal);
        self.count(action, &reply);
        reply
    }

    pub(crate) fn refuse_by_fault(&mut self, request: &Request, refusal: Refusal) -> Reply {
        let request_id = self.next_request_id();
        let params = request.parameters().unwrap_or_default();
        let product = product_of(request, &params).code();
        Letterhead::to(request, &params, &request_id, product).refuse(&refusal)
    }
}

fn product_of(request: &Request, params: &Params) -> Product {
    let version = request.version(params);
    version
        .and_then(Product::of_version)
        .unwrap_or(Product::Ecs)
}
