//! A key that another program prints (`External` profiles of the vendor's CLI).

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use super::Provider;
use super::answer::{self, ANSWER_BYTES_MAX, Token, no_answer};
use super::error::NotProvided;
use super::host::Host;
use crate::aliyun::key::Issued;
use crate::clock::Clock;

/// How long the program may take, in real time, as in the vendor's library.
const PRINTED_WITHIN: Duration = Duration::from_secs(60);

/// Runs a program.
pub(super) struct External {
    /// The program and its arguments; no shell reads them.
    pub(super) words: Vec<String>,
    pub(super) host: Rc<dyn Host>,
    pub(super) clock: Rc<dyn Clock>,
}

#[async_trait(?Send)]
impl Provider for External {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        // Only the program is named: its arguments may hold a secret.
        let name = self.words.first().map_or("", String::as_str);
        let from = format!("the program `{name}`");
        let output = self
            .host
            .run(&self.words, PRINTED_WITHIN, ANSWER_BYTES_MAX as u64);
        let output = output.await.map_err(|why| no_answer(&from, why))?;
        let now = self.clock.wall();
        Ok(answer::flat(&output, &from, Token::Optional, now)?)
    }
}
