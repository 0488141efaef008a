//! The gate: one request in, one reply out, whichever door it came through.
//!
//! Signature, nonce, version and operation, rate; then the operation with its own checks.

use sha2::{Digest, Sha256};

use crate::sim::operations::billing::elsewhere;
use crate::sim::operations::{
    Access, Call, Identity, Operation, Product, find, permission, strangers,
};
use crate::sim::protocol::letter::Letterhead;
use crate::sim::protocol::reply::{Body, Effect, Refusal, Reply};
use crate::sim::protocol::request::{Params, Request};
use crate::sim::scenario::{Permissions, Site};
use crate::sim::signature::{self, Keys};
use crate::sim::time::Now;
use crate::sim::world::World;

/// The name calls are counted under whose operation cannot be known yet.
const UNREAD: &str = "unread";

/// Most unknown parameters counted by name for an operation.
const STRANGERS_MAX: usize = 100;

impl World {
    /// Answers one request at a moment. Whatever was due by then happens first.
    pub fn handle(&mut self, request: &Request, now: Now) -> Reply {
        self.handle_read(request, &request.parameters(), now)
    }

    /// The same, where its parameters were read already.
    pub(crate) fn handle_read(
        &mut self,
        request: &Request,
        params: &Result<Params, Refusal>,
        now: Now,
    ) -> Reply {
        self.advance(now);
        let request_id = self.next_request_id();
        let mut gate = Gate {
            action: UNREAD.to_owned(),
            product: Product::Ecs,
            identity: Identity::Anyone,
            permissions: Permissions::default(),
        };
        let result = match params {
            Ok(params) => gate.pass(self, request, params),
            Err(refusal) => Err(refusal.clone()),
        };
        let none = Params::default();
        let params = params.as_ref().unwrap_or(&none);
        let head = Letterhead::to(request, params, &request_id, gate.product.code());
        let reply = match result {
            Ok((body, effect)) => head.answer(body, effect),
            Err(refusal) => head.refuse(&refusal),
        };
        self.count(gate.action, &reply);
        reply
    }

    /// Request ids look like upper-case UUIDs and are the same in every run.
    pub(crate) fn next_request_id(&mut self) -> String {
        self.requests += 1;
        let digest = Sha256::digest(self.requests.to_be_bytes());
        let bytes = digest.first_chunk::<16>().expect("a digest has 32 bytes");
        let whole = u128::from_be_bytes(*bytes);
        let part = |from: u32, digits: u32| {
            whole >> (128 - 4 * (from + digits)) & ((1 << (4 * digits)) - 1)
        };
        format!(
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            part(0, 8),
            part(8, 4),
            part(12, 4),
            part(16, 4),
            part(20, 12)
        )
    }

    /// Counts a call and how it ended.
    pub(crate) fn count(&mut self, action: String, reply: &Reply) {
        let calls = self.calls.entry(action).or_default();
        calls.calls += 1;
        if reply.outcome != "OK" {
            *calls.errors.entry(reply.outcome.clone()).or_default() += 1;
        }
    }

    /// Counts a parameter that its operation passes over.
    fn count_stranger(&mut self, operation: &str, name: &str) {
        let calls = self.calls.entry(operation.to_owned()).or_default();
        let counted = &mut calls.unknown_parameters;
        if counted.len() < STRANGERS_MAX || counted.contains_key(name) {
            *counted.entry(name.to_owned()).or_default() += 1;
        }
    }
}

/// What is known of a request so far.
struct Gate {
    action: String,
    product: Product,
    identity: Identity,
    permissions: Permissions,
}

impl Gate {
    fn pass(
        &mut self,
        world: &mut World,
        request: &Request,
        params: &Params,
    ) -> Result<(Body, Effect), Refusal> {
        if request.path != "/" {
            return Err(no_such_path());
        }
        let operation = self.admit(world, request, params)?;
        let call = Call {
            params,
            action: operation.name,
            host: request.host(),
            identity: &self.identity,
            permissions: &self.permissions,
        };
        if operation.product == Product::Bss && !are_kept_here(world, request.host()) {
            let nothing = elsewhere::run(world, &call)?;
            return Ok((Body::Fields(nothing), Effect::None));
        }
        let body = operation.doing.run(world, &call)?;
        Ok((body, operation.effect))
    }

    fn admit(
        &mut self,
        world: &mut World,
        request: &Request,
        params: &Params,
    ) -> Result<&'static Operation, Refusal> {
        let operation = match open_to_all(request, params) {
            Some(operation) => operation,
            None => self.admit_signed(world, request, params)?,
        };
        self.product = operation.product;
        operation.name.clone_into(&mut self.action);
        if params.flag("DryRun")? == Some(true) {
            let name = operation.name.to_owned();
            world.calls.entry(name).or_default().dry_runs += 1;
        }
        for name in strangers::of(operation.name, params) {
            world.count_stranger(operation.name, name);
        }
        permission::check(&self.permissions, operation, &world.settings.account)?;
        if let Some(rate) = world.settings.throttle.get(operation.name) {
            world
                .throttle
                .admit(operation.name, rate, world.now.elapsed)?;
        }
        Ok(operation)
    }

    fn admit_signed(
        &mut self,
        world: &mut World,
        request: &Request,
        params: &Params,
    ) -> Result<&'static Operation, Refusal> {
        let claim = signature::read(request, params)?;
        let wall = world.now.wall;
        let keys = Keys {
            lasting: &world.settings.keys,
            sessions: &world.sessions,
        };
        claim.verify(&keys, wall)?;
        self.identity = identity_of(world, &claim.access_key_id);
        self.permissions = permission::of_caller(world, &claim.access_key_id, &self.identity);
        world.nonces.spend(&claim.nonce, wall)?;
        self.product = Product::of_version(&claim.version).ok_or_else(no_such_version)?;
        find(self.product, &claim.action)
    }
}

/// An operation that needs no signature, called without one.
fn open_to_all(request: &Request, params: &Params) -> Option<&'static Operation> {
    let (version, action) = signature::unsigned(request, params)?;
    let operation = find(Product::of_version(version)?, action).ok()?;
    (operation.access == Access::Open).then_some(operation)
}

fn identity_of(world: &World, key_id: &str) -> Identity {
    match world.sessions.get(key_id) {
        None => Identity::Account,
        Some(session) => Identity::Role {
            role: session.role.clone(),
            session: session.name.clone(),
        },
    }
}

/// An account is billed on the site it belongs to, and only the endpoint of that site knows it.
fn are_kept_here(world: &World, host: &str) -> bool {
    let own = world.settings.site;
    Site::of_host(host).is_none_or(|site| site == own)
}

fn no_such_path() -> Refusal {
    Refusal::new(
        404,
        "InvalidApi.NotFound",
        "Every operation is at the path /.",
    )
}

fn no_such_version() -> Refusal {
    Refusal::new(400, "InvalidVersion", "No product here has this version.")
}
