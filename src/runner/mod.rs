//! What is done from the machine that respec runs on: connections, requests and commands.
//!
//! In: facts and probes. Out: what was seen. Redirects are not followed, certificates are verified, no
//! proxy is used, no shell reads a command, and no command is given more of respec's environment than
//! `PASSED_ON`: credentials above all stay here. Everything that comes back is bounded and cleaned of
//! what could deceive a reader; it never reaches more than a line of text.

mod words;
mod tcp;
mod http;
mod command;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::model::{Facts, Probe};
use crate::probe::{HookCall, Prober, Ran, Sight};

use command::Job;
use http::Asker;

/// Variables of respec's environment that commands are given: what programs need to be found and to
/// speak the user's language, and nothing that could be a secret. `LC_…` goes along.
const PASSED_ON: &[&str] = &[
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER",
];

/// Looks and runs for real.
#[derive(Debug)]
pub struct Runner {
    environment: BTreeMap<String, String>,
    asker: Asker,
}

impl Runner {
    /// A runner that passes on what is harmless of this environment.
    #[must_use]
    pub fn new(environment: &BTreeMap<String, String>) -> Self {
        let harmless = |name: &str| PASSED_ON.contains(&name) || name.starts_with("LC_");
        let passed = environment.iter().filter(|(name, _)| harmless(name));
        Self {
            environment: passed.map(|(n, v)| (n.clone(), v.clone())).collect(),
            asker: Asker::default(),
        }
    }

    /// What a command is told of its machine, on top of the harmless rest.
    fn variables(&self, facts: &Facts, moment: &str) -> BTreeMap<String, String> {
        let mut variables = self.environment.clone();
        for (word, fact) in facts.known() {
            let name = format!("RESPEC_{}", word.to_ascii_uppercase());
            variables.insert(name, fact.to_owned());
        }
        variables.insert("RESPEC_MOMENT".to_owned(), moment.to_owned());
        variables
    }
}

#[async_trait(?Send)]
impl Prober for Runner {
    async fn probe(&self, facts: &Facts, probe: &Probe, within: Duration) -> Sight {
        match probe {
            Probe::Status => Sight::Good("is Running".to_owned()),
            Probe::Tcp(address) => match address.fill(facts) {
                Ok(address) => tcp::connect(&address, within).await,
                Err(missing) => Sight::Bad(words::missing(&missing)),
            },
            Probe::Http(wanted) => match wanted.url.fill_address(facts) {
                Ok(url) => self.asker.ask(&url, wanted, within).await,
                Err(missing) => Sight::Bad(words::missing(&missing)),
            },
            Probe::Command(command) => {
                let variables = self.variables(facts, "ready");
                match Job::new(command, facts, variables) {
                    Ok(job) => sight(job.run(within).await),
                    Err(missing) => Sight::Bad(words::missing(&missing)),
                }
            }
        }
    }

    async fn run(&self, call: HookCall<'_>) -> Ran {
        let mut variables = self.variables(call.facts, call.moment.as_str());
        let condition = call.condition.as_str().to_owned();
        variables.insert("RESPEC_HEALTH".to_owned(), condition);
        match Job::new(&call.hook.command, call.facts, variables) {
            Ok(job) => job.run(call.hook.within).await,
            Err(missing) => Ran::Badly(words::missing(&missing)),
        }
    }
}

fn sight(ran: Ran) -> Sight {
    match ran {
        Ran::Well | Ran::Pretended => Sight::Good("ended with 0".to_owned()),
        Ran::Badly(how) => Sight::Bad(how),
    }
}
