//! What options and environment say together, and what holds when neither says anything.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::aliyun::{Endpoints, Randomness};
use crate::clock::Clock;
use crate::cloud::Payer;
use crate::model::RegionId;
use crate::store::Holder;

use crate::cli::args::Global;
use crate::cli::failure::{Failure, Situation};
use crate::cli::surroundings::Surroundings;

/// The region that calls about no region go to when nobody says otherwise.
const DEFAULT_REGION: &str = "cn-hangzhou";

/// The folder of the state when nobody says otherwise.
const DEFAULT_STATE: &str = "state";

/// Largest speed that `RESPEC_SPEED` may ask for.
const SPEED_MAX: u32 = 10_000;

/// `RESPEC_SPEED`: how many times faster durations pass, for simulators only.
pub(super) fn speed(around: &Surroundings, endpoints: &Endpoints) -> Result<u32, Failure> {
    let Some(text) = around.get("RESPEC_SPEED") else {
        return Ok(1);
    };
    let speed: u32 = text
        .parse()
        .ok()
        .filter(|n| (1..=SPEED_MAX).contains(n))
        .ok_or_else(|| {
            Failure::new(
                Situation::Usage,
                format!("RESPEC_SPEED is a number from 1 to {SPEED_MAX}"),
            )
        })?;
    if speed > 1 && !endpoints.is_loopback() {
        return Err(Failure::new(
            Situation::Usage,
            "RESPEC_SPEED is for simulators on loopback only",
        ));
    }
    Ok(speed)
}

/// The region for calls about none: the command line's, else what stands beside the credentials.
pub(super) fn region(global: &Global, found: Option<RegionId>) -> Result<RegionId, Failure> {
    match (global.region.as_deref(), found) {
        (Some(name), _) => RegionId::new(name)
            .map_err(|error| Failure::from_error(Situation::Usage, "use the region", &error)),
        (None, Some(region)) => Ok(region),
        (None, None) => Ok(RegionId::new(DEFAULT_REGION).expect("a well-formed constant")),
    }
}

/// The folder behind `--state`; other kinds of state are not supported yet and are refused by name.
pub(super) fn state_home(global: &Global, around: &Surroundings) -> Result<PathBuf, Failure> {
    let named = global.state.as_deref().or(around.get("RESPEC_STATE"));
    let text = named.unwrap_or(DEFAULT_STATE);
    let path = text.strip_prefix("file:").unwrap_or(text);
    if path.is_empty() {
        return Err(Failure::new(Situation::Usage, "the state is a folder")
            .hint("give one: --state ./state"));
    }
    match path.split_once("://") {
        Some((scheme, _)) => Err(Failure::new(
            Situation::Usage,
            format!("state of the kind `{scheme}://` is not supported yet"),
        )
        .hint("give a folder: --state ./state")),
        None => Ok(PathBuf::from(path)),
    }
}

/// Who pays orders by a call, variable by variable.
pub const PAYER_VARIABLES: [&str; 4] = [
    "RESPEC_PAYER_BUYER_ID",
    "RESPEC_PAYER_PAYER_ID",
    "RESPEC_PAYER_SUBMIT_UID",
    "RESPEC_PAYER_TOKEN",
];

/// `RESPEC_PAYER_…`: all of them or none. Experimental: the vendor has not documented where they come from.
pub(super) fn payer(around: &Surroundings) -> Result<Option<Payer>, Failure> {
    let values = PAYER_VARIABLES.map(|name| around.get(name));
    match values {
        [None, None, None, None] => Ok(None),
        [Some(buyer), Some(payer), Some(submitter), Some(token)] => Ok(Some(Payer {
            buyer_id: buyer.to_owned(),
            payer_id: payer.to_owned(),
            pay_submit_uid: submitter.to_owned(),
            token: SecretString::from(token.to_owned()),
        })),
        _ => Err(Failure::new(
            Situation::Usage,
            "RESPEC_PAYER_BUYER_ID, _PAYER_ID, _SUBMIT_UID and _TOKEN are set together or not at all",
        )),
    }
}

/// Who runs this, for the journal and the lock.
pub(super) fn holder(around: &Surroundings, clock: &dyn Clock, command: &str) -> Holder {
    Holder {
        pid: std::process::id(),
        host: around.host(),
        user: around.user().to_owned(),
        command: command.to_owned(),
        since: clock.wall(),
    }
}

/// Numbers for nonces and jitter: seeded once from the system.
pub(super) fn randomness() -> Result<Randomness, Failure> {
    use rand::{Rng as _, SeedableRng as _};
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::new(Situation::Other, format!("no random numbers: {error}")))?;
    let mut numbers = rand_chacha::ChaCha20Rng::from_seed(seed);
    Ok(Box::new(move || numbers.next_u64()))
}
