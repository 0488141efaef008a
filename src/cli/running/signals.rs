//! Signals become interrupts: the first asks, the second insists.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::apply::Interrupt;
use crate::model::exit;

use crate::cli::failure::{Failure, Situation};

/// Does what the first signal ends at once, where nothing has to be brought to an end.
///
/// # Errors
/// [`Failure`] of the work, or that it was interrupted.
pub async fn unless_interrupted<T>(
    doing: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut interrupts = listen()?;
    tokio::select! { biased;
        Some(Interrupt::Ask { exit_code } | Interrupt::Insist { exit_code }) = interrupts.recv() => {
            let situation = Situation::Interrupted(exit_code);
            Err(Failure::new(situation, format!("interrupted, {doing}")))
        }
        done = work => done,
    }
}

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
                Some(()) = int.recv() => exit::INTERRUPTED,
                Some(()) = term.recv() => exit::TERMINATED,
                Some(()) = hup.recv() => exit::TERMINATED,
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
