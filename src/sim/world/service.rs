//! Whether what runs on a machine is there for others: it comes some time after Running, or never.

use std::time::Duration;

use crate::sim::machine::described::Status;
use crate::sim::time::Now;

use super::World;
use super::instance::Instance;

impl World {
    /// Whether the service of a machine answers at this moment. Whatever was due by then happens first.
    ///
    /// # Errors
    /// Why it does not, in words that complete "it …".
    pub fn service_answers(&mut self, instance_id: &str, now: Now) -> Result<(), String> {
        self.advance(now);
        let Some(instance) = self.instances.get(instance_id) else {
            return Err("is not there".to_owned());
        };
        let usual = self.settings.delays.ready.0;
        instance.service_answers(usual, self.now.elapsed)
    }
}

impl Instance {
    fn service_answers(&self, usual: Duration, at: Duration) -> Result<(), String> {
        if self.truth.status != Status::Running {
            return Err(format!("is {}", self.truth.status.as_str()));
        }
        if self.lost_since.is_some() {
            return Err("does not answer: its guest did not come up".to_owned());
        }
        if self.particulars().never_ready && self.up_since.is_some() {
            return Err("answers 503".to_owned());
        }
        if self
            .particulars()
            .never_ready_on
            .contains(&self.effective_type)
        {
            return Err("answers 503".to_owned());
        }
        let needs = self.particulars().ready_after.map_or(usual, |span| span.0);
        // A machine that ran when the scenario began has been there for long.
        match self.up_since {
            Some(since) if at < since + needs => Err("does not accept connections yet".to_owned()),
            Some(_) | None => Ok(()),
        }
    }
}
