//! A static address for a machine that has bandwidth but none: no token, but asking again is harmless.

use crate::apply::mail::End;
use crate::apply::timing::{RETRY, SHOW_WITHIN};
use crate::apply::token::request_digest;
use crate::cloud::Outcome;
use crate::saga::FailureCause::TimedOut;
use crate::saga::StepEvent;

use super::Worker;
use super::failing::failure_with;

impl Worker {
    /// R25: asks for a static address; asking again answers the same one.
    pub(super) async fn allocate(&self) -> End {
        let begun = self.tools.clock.elapsed();
        let mut found = true;
        let mut told = None;
        loop {
            let seen = match self.look_patiently().await {
                Ok(seen) => seen,
                Err(end) => return end,
            };
            if self.step().after.is_shown_by(&seen) {
                return End::Succeeded {
                    found,
                    seen: Some(seen),
                };
            }
            if self.tools.clock.elapsed() - begun > SHOW_WITHIN {
                return End::Failed {
                    failure: failure_with(TimedOut, "no address shows", told.as_ref()),
                    scope: None,
                };
            }
            let request = request_digest(
                &self.saga.region,
                &self.saga.instance,
                "AllocatePublicIpAddress",
            );
            if let Err(end) = self
                .record(StepEvent::Intent {
                    token: None,
                    request,
                    pays: None,
                })
                .await
            {
                return end;
            }
            found = false;
            let answer = self
                .tools
                .cloud
                .allocate_public_ip(&self.saga.region, &self.saga.instance)
                .await;
            told = answer.as_ref().err().cloned();
            match answer {
                Ok(_) => {
                    self.note(StepEvent::Answered {
                        request_id: None,
                        order_id: None,
                    })
                    .await;
                }
                Err(error) if error.outcome() == Outcome::Unknown => {
                    self.note(StepEvent::Unanswered {
                        reason: error.message.clone(),
                    })
                    .await;
                }
                // A look may lag behind what an earlier call did: `AllocatedAlready` is good news, too.
                Err(error) if error.passes() => {}
                Err(error) => return self.refused(&error),
            }
            self.tools.clock.sleep(RETRY).await;
        }
    }
}
