//! Every call as one line, byte for byte the same for equal seeds.

use std::fmt::Write as _;
use std::time::Duration;

use crate::sim::protocol::request::Params;

/// Most lines kept; a run over ten thousand machines makes about a hundred thousand.
const LINES_MAX: usize = 2_000_000;

/// How much of a client token a line shows.
const TOKEN_SHOWN: usize = 12;

/// How many instance ids a line shows before it counts the rest.
const IDS_SHOWN: usize = 3;

/// The calls of a run in the order they were sent.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    at: Duration,
    what: String,
    outcome: String,
}

/// Where the outcome of a call goes once it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(usize);

impl Transcript {
    /// Notes a call as it is sent.
    pub(crate) fn sent(&mut self, at: Duration, action: &str, params: &Params) -> Place {
        let place = Place(self.lines.len());
        if self.lines.len() < LINES_MAX {
            let token = params.get("ClientToken").unwrap_or("-");
            let token: String = token.chars().take(TOKEN_SHOWN).collect();
            self.lines.push(Line {
                at,
                what: format!("{action} {} {token}", ids(params)),
                outcome: "…".to_owned(),
            });
        }
        place
    }

    /// Notes how a call ended.
    pub(crate) fn ended(&mut self, place: Place, outcome: String) {
        if let Some(line) = self.lines.get_mut(place.0) {
            line.outcome = outcome;
        }
    }
}

impl std::fmt::Display for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for Line { at, what, outcome } in &self.lines {
            let (secs, millis) = (at.as_secs(), at.subsec_millis());
            let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
            writeln!(
                f,
                "+{hours:02}:{minutes:02}:{secs:02}.{millis:03} {what} {outcome}"
            )?;
        }
        Ok(())
    }
}

/// The instances a call is about, shortened.
fn ids(params: &Params) -> String {
    let one = params
        .get("InstanceId")
        .or_else(|| params.get("ResourceId"));
    let mut ids: Vec<String> = one.map(str::to_owned).into_iter().collect();
    ids.extend(
        params
            .json_list("InstanceIds", usize::MAX)
            .ok()
            .flatten()
            .unwrap_or_default(),
    );
    let numbered = (1..).map_while(|n| params.get(&format!("InstanceId.{n}")));
    ids.extend(numbered.map(str::to_owned));
    if ids.is_empty() {
        return "-".to_owned();
    }
    let mut shown = ids
        .iter()
        .take(IDS_SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(",");
    if ids.len() > IDS_SHOWN {
        let _ = write!(shown, ",+{}", ids.len() - IDS_SHOWN);
    }
    shown
}
