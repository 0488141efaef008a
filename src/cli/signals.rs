//! Signals become interrupts: the first asks, the second insists.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::apply::Interrupt;

use super::failure::{Failure, Situation};

/// 128 + SIGINT.
const INTERRUPTED: u8 = 130;
/// 128 + SIGTERM; a lost terminal (SIGHUP) ends a run the same way.
const TERMINATED: u8 = 143;

/// Listens for SIGINT, SIGTERM and SIGHUP from now on. Must be called inside a `LocalSet`.
///
/// # Errors
/// [`Failure`] when the system does not let us listen.
pub fn listen() -> Result<UnboundedReceiver<Interrupt>, Failure> {
    let cannot =
        |error: std::io::Error| Failure::from_error(Situation::Other, "listen for signals", &error);
    let mut int = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut term = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut hup = signal(SignalKind::hangup()).map_err(cannot)?;
    let (sender, receiver) = unbounded_channel();
    tokio::task::spawn_local(async move {
        let mut asked = false;
        loop {
            let exit_code = tokio::select! { biased;
                Some(()) = int.recv() => INTERRUPTED,
                Some(()) = term.recv() => TERMINATED,
                Some(()) = hup.recv() => TERMINATED,
                else => return,
            };
            let interrupt = if asked {
                Interrupt::Insist { exit_code }
            } else {
                Interrupt::Ask { exit_code }
            };
            asked = true;
            if sender.send(interrupt).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}
