//! Signals become interrupts: the first asks, the second insists.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::apply::Interrupt;
use crate::model::exit;

use crate::cli::failure::{Failure, Situation};

/// Signals behind a run, which has listened to them: from then on none of them ends the program by itself.
pub struct Interrupts {
    heard: UnboundedReceiver<Interrupt>,
    /// Who has asked is not forgotten while something is brought to its end.
    asked: Option<u8>,
}

impl Interrupts {
    /// Hears all that come from now on. Must be called inside a `LocalSet`.
    ///
    /// # Errors
    /// [`Failure`] when the system does not let us listen.
    pub fn listen() -> Result<Self, Failure> {
        Ok(Self {
            heard: listen()?,
            asked: None,
        })
    }

    /// Does what the first signal ends at once, where nothing has to be brought to an end; then this is how it stands.
    ///
    /// # Errors
    /// [`Failure`] of the work, or that it was interrupted.
    pub async fn unless_asked<T>(
        &mut self,
        stands: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! { biased;
            Some(
                Interrupt::Ask { exit_code } | Interrupt::Insist { exit_code }
            ) = self.heard.recv() => Err(interrupted(exit_code, stands)),
            done = work => done,
        }
    }

    /// Does what is brought to its end once it is begun, unless somebody insists; then this is how it stands.
    ///
    /// # Errors
    /// [`Failure`] of the work, or that it was interrupted.
    pub async fn unless_insisted<T>(
        &mut self,
        stands: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! { biased;
                Some(interrupt) = self.heard.recv() => match interrupt {
                    Interrupt::Ask { exit_code } => self.asked = Some(exit_code),
                    Interrupt::Insist { exit_code } => return Err(interrupted(exit_code, stands)),
                },
                done = &mut work => return done,
            }
        }
    }

    /// Whether the next thing may be begun; if not, this is how it stands.
    ///
    /// # Errors
    /// [`Failure`] once somebody has asked to stop.
    pub fn may_begin(&mut self, stands: &str) -> Result<(), Failure> {
        while let Ok(Interrupt::Ask { exit_code } | Interrupt::Insist { exit_code }) =
            self.heard.try_recv()
        {
            self.asked = Some(exit_code);
        }
        match self.asked {
            Some(exit_code) => Err(interrupted(exit_code, stands)),
            None => Ok(()),
        }
    }
}

fn interrupted(exit_code: u8, stands: &str) -> Failure {
    let situation = Situation::Interrupted(exit_code);
    Failure::new(situation, format!("interrupted, {stands}"))
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
