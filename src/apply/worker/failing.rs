//! How a worker says that a step cannot reach its goal: of which kind, in whose words, and whom a refusal
//! speaks for.

use crate::apply::mail::End;
use crate::apply::scope::Scope;
use crate::cloud::CloudError;
use crate::saga::{Failure, FailureCause};

use super::Worker;

impl Worker {
    pub(super) fn failed(&self, cause: FailureCause, message: impl Into<String>) -> End {
        let failure = Failure {
            cause,
            message: message.into(),
            code: None,
            request_id: None,
        };
        End::Failed {
            failure,
            scope: None,
        }
    }

    /// Refused by ourselves, for a reason that holds for others too.
    pub(super) fn failed_for(&self, scope: Scope, message: String) -> End {
        match self.failed(FailureCause::Refused, message) {
            End::Failed { failure, .. } => End::Failed {
                failure,
                scope: Some(scope),
            },
            end => end,
        }
    }

    pub(super) fn refused(&self, error: &CloudError) -> End {
        // What was there before the change is nobody else's wish; what may not be asked for, nobody may ask for.
        let scope = Scope::of(error, &self.saga);
        let scope = scope.filter(|scope| !self.is_undo() || scope.is_about_rights());
        End::Failed {
            failure: failure_of(FailureCause::Refused, error),
            scope,
        }
    }

    pub(super) fn refused_as(&self, cause: FailureCause, error: &CloudError) -> End {
        End::Failed {
            failure: failure_of(cause, error),
            scope: None,
        }
    }
}

/// Longest message that is kept of a refusal; journal values stay small.
const MESSAGE_CHARS_MAX: usize = 300;

/// A failure that says what was found, and what the cloud had said last.
pub(super) fn failure_with(cause: FailureCause, found: &str, told: Option<&CloudError>) -> Failure {
    let Some(error) = told else {
        return Failure {
            cause,
            message: found.to_owned(),
            code: None,
            request_id: None,
        };
    };
    let message = format!("{found}; the last call was told: {}", error.message);
    let error = CloudError {
        message,
        ..error.clone()
    };
    failure_of(cause, &error)
}

fn failure_of(cause: FailureCause, error: &CloudError) -> Failure {
    Failure {
        cause,
        message: format!("{}: {}", error.operation, error.message)
            .chars()
            .take(MESSAGE_CHARS_MAX)
            .collect(),
        code: error.code.clone(),
        request_id: error.request_id.clone(),
    }
}
