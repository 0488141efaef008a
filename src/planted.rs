//! Promises broken on purpose, to prove that the simulation notices.
//!
//! A switch stands where the protocol keeps a promise. Without the feature `planted` every switch is a constant
//! no, and nothing of this file is left in the program; with it, the simulation chooses one for its whole process.

/// A promise that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// A call is sent again under another token.
    NewTokenPerRetry = 1,
    /// Whoever goes on with a call makes another token for it.
    NewTokenAtRecovery,
    /// An intent does not say the token.
    TokenNotJournaled,
    /// A token is sent long after the cloud may have forgotten it.
    OldTokenSentAgain,
    /// A call is announced after it was sent.
    IntentAfterCall,
    /// No answer is taken for a refusal.
    TimeoutTakenAsFailure,
    /// Once the change shows, nobody asks which order made it.
    OrderDropped,
    /// A change is given up while its last call may still be on its way.
    NoHorizon,
    /// A machine that was stopped for a change that failed stays down.
    NoCompensation,
    /// A stop whose end nobody saw counts as never sent.
    StopForgotten,
    /// What was changed first is taken back first.
    WrongUndoOrder,
    /// A machine that came up is not watched for a stop that got lost.
    NoSettle,
    /// Whoever goes on believes that a machine it finds down was down before.
    WasRunningReadAgain,
    /// A machine that was found stopped is started.
    StoppedMachineRestarted,
    /// One machine more than allowed is taken down.
    LimitOffByOne,
    /// However many fail, the next one is begun.
    FailuresUncounted,
    /// What an availability promises holds nobody.
    AvailabilityIgnored,
    /// Machines of two zones go down together although they may not.
    ZonesMixed,
    /// A batch begins before the one before it has ended.
    BatchesOverlap,
    /// A gate lets everybody through.
    GateOpen,
    /// A shut window stops nobody.
    WindowIgnored,
    /// A freeze stops nobody.
    FreezeIgnored,
    /// The next change does not wait for the cool-down.
    CoolDownIgnored,
    /// What could not be written down is sent all the same.
    LostJournalIgnored,
    /// The journal says "durable" before it is.
    FlushSkipped,
    /// The first interrupt ends nothing.
    InterruptIgnored,
    /// The second interrupt is taken for another first one.
    InsistenceIgnored,
    /// Nobody says which machine is owed a start.
    ObligationUnsaid,
    /// The exit code says that all is done.
    WrongExitCode,
    /// A machine that is not good behind its change stays there, whatever its group says.
    NoWayBack,
}

/// Whether this promise is to be broken.
#[cfg(not(feature = "planted"))]
#[must_use]
#[inline]
pub const fn is(_: Fault) -> bool {
    false
}

#[cfg(feature = "planted")]
pub use chosen::{ALL, choose, is};

#[cfg(feature = "planted")]
mod chosen {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Fault;

    /// The fault of this process; 0 is none.
    static CHOSEN: AtomicU8 = AtomicU8::new(0);

    /// Every fault with its name.
    #[rustfmt::skip]
    pub const ALL: [(Fault, &str); 30] = [
        (Fault::NewTokenPerRetry, "new-token-per-retry"),
        (Fault::NewTokenAtRecovery, "new-token-at-recovery"),
        (Fault::TokenNotJournaled, "token-not-journaled"),
        (Fault::OldTokenSentAgain, "old-token-sent-again"),
        (Fault::IntentAfterCall, "intent-after-call"),
        (Fault::TimeoutTakenAsFailure, "timeout-taken-as-failure"),
        (Fault::OrderDropped, "order-dropped"),
        (Fault::NoHorizon, "no-horizon"),
        (Fault::NoCompensation, "no-compensation"),
        (Fault::StopForgotten, "stop-forgotten"),
        (Fault::WrongUndoOrder, "wrong-undo-order"),
        (Fault::NoSettle, "no-settle"),
        (Fault::WasRunningReadAgain, "was-running-read-again"),
        (Fault::StoppedMachineRestarted, "stopped-machine-restarted"),
        (Fault::LimitOffByOne, "limit-off-by-one"),
        (Fault::FailuresUncounted, "failures-uncounted"),
        (Fault::AvailabilityIgnored, "availability-ignored"),
        (Fault::ZonesMixed, "zones-mixed"),
        (Fault::BatchesOverlap, "batches-overlap"),
        (Fault::GateOpen, "gate-open"),
        (Fault::WindowIgnored, "window-ignored"),
        (Fault::FreezeIgnored, "freeze-ignored"),
        (Fault::CoolDownIgnored, "cool-down-ignored"),
        (Fault::LostJournalIgnored, "lost-journal-ignored"),
        (Fault::FlushSkipped, "flush-skipped"),
        (Fault::InterruptIgnored, "interrupt-ignored"),
        (Fault::InsistenceIgnored, "insistence-ignored"),
        (Fault::ObligationUnsaid, "obligation-unsaid"),
        (Fault::WrongExitCode, "wrong-exit-code"),
        (Fault::NoWayBack, "no-way-back"),
    ];

    /// Breaks this promise from now on, or none, in the whole process.
    pub fn choose(fault: Option<Fault>) {
        CHOSEN.store(fault.map_or(0, |fault| fault as u8), Ordering::Relaxed);
    }

    /// Whether this promise is to be broken.
    #[must_use]
    pub fn is(fault: Fault) -> bool {
        CHOSEN.load(Ordering::Relaxed) == fault as u8
    }
}
