//! Reads `health` and the commands around an outage: what is probed, what is run, and for how long.

use std::time::Duration;

use crate::model::{Check, Command, FACT_WORDS, Facts, Health, Hook, HttpProbe, Probe, Template};

use super::calendar::{owned_text, required};
use super::codes;
use super::decoder::Decoder;
use super::fields::Fields;
use super::mark::{At, Mark, Slot};
use super::notes::{Draft, quoted};
use super::tree::NodeId;

/// A machine that is not ready by then has failed, when `within` is unwritten.
const HEALTH_WITHIN: Duration = Duration::from_secs(5 * 60);

/// A command that takes longer has failed, when `within` is unwritten: long enough to let the
/// connections of most services end.
const HOOK_WITHIN: Duration = Duration::from_secs(5 * 60);

/// Between two looks of a gate's check, when `every` is unwritten.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// Looks of a gate's check that may show something bad, when `failures` is unwritten.
const CHECK_FAILURES: u32 = 2;

/// What a gate's check may ask for.
const FACTS_OF_A_GATE: [&str; 2] = ["fleet", "group"];

/// Words of a command.
const WORDS_MAX: usize = 100;

/// Bytes of one word, an address or a text that is looked for.
const TEXT_BYTES_MAX: usize = 4096;

/// Reads `health`.
pub(super) fn health(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Health>> {
    let mut fields = Fields::open(d, node, "`health`")?;
    let mark = fields.mark;
    let ready = fields.slot(d, "ready", probe);
    let within = fields.slot(d, "within", Decoder::duration);
    let hold = fields.slot(d, "hold", Decoder::duration);
    fields.close(d);
    can_be_reached(d, &within, &hold);
    let ready = match ready {
        Slot::Unwritten => Probe::Status,
        Slot::Broken => return None,
        Slot::Written(at) => at.value,
    };
    let value = Health {
        ready,
        within: within.value().unwrap_or(HEALTH_WITHIN),
        hold: hold.value().unwrap_or_default(),
    };
    Some(At { value, mark })
}

fn can_be_reached(d: &mut Decoder<'_>, within: &Slot<Duration>, hold: &Slot<Duration>) {
    let limit = match within {
        Slot::Unwritten => HEALTH_WITHIN,
        Slot::Broken => return,
        Slot::Written(at) => at.value,
    };
    let Some(hold) = hold.get().filter(|hold| hold.value >= limit) else {
        return;
    };
    let message = "a machine could never be good for so long in time";
    let draft = Draft::new(codes::NEVER_GOOD, hold.mark, message).label("as long as `within`");
    d.notes.add(match within.get() {
        Some(within) => draft.other(within.mark, "all of it must happen within this"),
        None => draft.help(format!(
            "write a `within` that is longer; unwritten it is {}s",
            limit.as_secs()
        )),
    });
}

fn probe(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Probe>> {
    let At { value: text, mark } = d.key(node);
    if text == "status" {
        let value = Probe::Status;
        return Some(At { value, mark });
    }
    if !text.is_empty() {
        let message = format!("unknown probe {}", quoted(text));
        let draft = Draft::new(codes::UNKNOWN_WORD, mark, message);
        d.notes
            .add(draft.label("`status`, or a mapping with `tcp`, `http` or `command`"));
        return None;
    }
    let mut fields = Fields::open(d, node, "`ready`")?;
    let written = probes(d, &mut fields);
    fields.close(d);
    one_of(
        d,
        mark,
        "`ready`",
        "`status`, `tcp`, `http`, `command`",
        written,
    )
}

/// The keys that name a probe, and those that belong to one of them. None where one is broken.
fn probes(d: &mut Decoder<'_>, fields: &mut Fields<'_>) -> Option<Vec<At<Probe>>> {
    let tcp = fields.slot(d, "tcp", tcp_address);
    let http = fields.slot(d, "http", http_address);
    let status = fields.slot(d, "status", http_status);
    let body = fields.slot(d, "body", bounded_text);
    let command = fields.slot(d, "command", command);
    for (key, place) in [("status", mark_of(&status)), ("body", mark_of(&body))] {
        if let (Some(mark), true) = (place, http.is_unwritten()) {
            let message = format!("`{key}` without `http`");
            let draft = Draft::new(codes::MALFORMED, mark, message);
            d.notes
                .add(draft.label("says what a good answer to `http` is"));
        }
    }
    let broken = [
        matches!(tcp, Slot::Broken),
        matches!(http, Slot::Broken),
        matches!(command, Slot::Broken),
    ];
    if broken.contains(&true) {
        return None;
    }
    let tcp = tcp.get().map(|at| At {
        value: Probe::Tcp(at.value.clone()),
        mark: at.mark,
    });
    let http = http.get().map(|at| At {
        value: Probe::Http(HttpProbe {
            url: at.value.clone(),
            status: status.value(),
            body: body.value(),
        }),
        mark: at.mark,
    });
    let command = command.get().map(|at| At {
        value: Probe::Command(at.value.clone()),
        mark: at.mark,
    });
    Some([tcp, http, command].into_iter().flatten().collect())
}

fn mark_of<T>(slot: &Slot<T>) -> Option<Mark> {
    slot.get().map(|at| at.mark)
}

fn one_of(
    d: &mut Decoder<'_>,
    mark: Mark,
    what: &str,
    known: &str,
    written: Option<Vec<At<Probe>>>,
) -> Option<At<Probe>> {
    let mut written = written?.into_iter();
    match (written.next(), written.next()) {
        (Some(one), None) => Some(one),
        (None, _) | (Some(_), Some(_)) => {
            let draft = Draft::new(codes::MALFORMED, mark, format!("{what} names one probe"));
            d.notes.add(draft.label(format!("one of {known}")));
            None
        }
    }
}

/// Reads `check` of a gate: a probe of no machine in particular.
pub(super) fn check(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Check>> {
    let mut fields = Fields::open(d, node, "`check`")?;
    let mark = fields.mark;
    let written = probes(d, &mut fields);
    let every = fields.slot(d, "every", Decoder::duration);
    let failures = fields.slot(d, "failures", Decoder::number);
    fields.close(d);
    let probe = one_of(d, mark, "`check`", "`tcp`, `http`, `command`", written)?;
    if let Some(word) = foreign_word(&probe.value) {
        let message = format!("a gate stands before no machine, so it has no `{{{word}}}`");
        let draft = Draft::new(codes::UNKNOWN_FACT, probe.mark, message);
        d.notes
            .add(draft.label("may ask for `{fleet}` and `{group}`"));
        return None;
    }
    let value = Check {
        probe: probe.value,
        every: every.value().unwrap_or(CHECK_EVERY),
        failures: failures.value().unwrap_or(CHECK_FAILURES),
    };
    Some(At { value, mark })
}

/// A word that only a machine could fill in.
fn foreign_word(probe: &Probe) -> Option<String> {
    let templates = probe.templates().into_iter();
    let mut words = templates.flat_map(Template::words);
    let foreign = words.find(|word| !FACTS_OF_A_GATE.contains(word))?;
    Some(foreign.to_owned())
}

/// A command around an outage: a list, or a mapping that also says how long it may take.
pub(super) fn hook(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Hook>> {
    if d.is_list(node) {
        let At { value, mark } = command(d, node)?;
        let value = Hook {
            command: value,
            within: HOOK_WITHIN,
        };
        return Some(At { value, mark });
    }
    let At { value: text, mark } = d.key(node);
    if !text.is_empty() {
        let message = "a command is a list of words, which no shell reads";
        let draft = Draft::new(codes::WRONG_KIND, mark, message).label("one text");
        let list = text.split_whitespace().collect::<Vec<_>>().join(", ");
        d.notes
            .add(draft.suggest("write it like this", format!("[{list}]")));
        return None;
    }
    let mut fields = Fields::open(d, node, "a command")?;
    let mark = fields.mark;
    let words = fields.slot(d, "command", command);
    let within = fields.slot(d, "within", Decoder::duration);
    fields.close(d);
    required(d, &words, mark, "command", "command: [./drain.sh, web]");
    let value = Hook {
        command: words.value()?,
        within: within.value().unwrap_or(HOOK_WITHIN),
    };
    Some(At { value, mark })
}

/// A program and its arguments.
fn command(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Command>> {
    let written = d.items(node)?.len();
    let At { value, mark } = d.list(node, template)?;
    let refuse = |message: &str, label: &str| {
        Draft::new(codes::MALFORMED, mark, message).label(label.to_owned())
    };
    let is_nothing = value
        .first()
        .is_none_or(|program| program.value.0.is_empty());
    if is_nothing {
        let example = "a list, such as `[./drain.sh, web]`";
        d.notes.add(refuse("a command without a program", example));
        return None;
    }
    if written > WORDS_MAX {
        let label = format!("at most {WORDS_MAX} words");
        d.notes.add(refuse("the command is too long", &label));
        return None;
    }
    // A word that was refused has its finding; what is left of the command would be another one.
    if value.len() < written {
        return None;
    }
    let words = value.into_iter().map(|word| word.value).collect();
    let value = Command(words);
    Some(At { value, mark })
}

fn bounded_text(d: &mut Decoder<'_>, node: NodeId) -> Option<At<String>> {
    let text = owned_text(d, node)?;
    if text.value.len() <= TEXT_BYTES_MAX && !text.value.contains('\0') {
        return Some(text);
    }
    let draft = Draft::new(codes::MALFORMED, text.mark, "this text cannot be used");
    d.notes
        .add(draft.label(format!("at most {TEXT_BYTES_MAX} bytes, none of them 0")));
    None
}

/// Text with words in braces, all of them known.
fn template(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Template>> {
    let At { value, mark } = bounded_text(d, node)?;
    let value = Template(value);
    let unknown = value.words().find(|word| !FACT_WORDS.contains(word));
    let Some(word) = unknown.map(str::to_owned) else {
        return Some(At { value, mark });
    };
    let draft = no_fact(d, mark, &word);
    d.notes.add(draft);
    None
}

fn no_fact(d: &mut Decoder<'_>, mark: Mark, word: &str) -> Draft {
    let message = format!("{} is no fact of a machine", quoted(&format!("{{{word}}}")));
    let near = d.notes.nearest(word, FACT_WORDS.into_iter());
    let help = near.map_or_else(
        || format!("known: {}", FACT_WORDS.join(", ")),
        |near| format!("did you mean `{{{near}}}`?"),
    );
    Draft::new(codes::UNKNOWN_FACT, mark, message)
        .label("cannot be filled in")
        .help(help)
}

/// Text of an address: no brace is left in it once its words are filled in.
fn address(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Template>> {
    let at = template(d, node)?;
    let left = at.value.fill(&anybody()).unwrap_or_default();
    let Some((_, rest)) = left.split_once('{') else {
        return Some(at);
    };
    let word = rest.split('}').next().unwrap_or_default().to_owned();
    let draft = no_fact(d, at.mark, &word);
    d.notes.add(draft);
    None
}

/// `host:port`.
fn tcp_address(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Template>> {
    let at = address(d, node)?;
    let filled = at.value.fill(&anybody()).unwrap_or_default();
    let is_address = filled.rsplit_once(':').is_some_and(|(host, port)| {
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        is_port && url::Host::parse(host).is_ok()
    });
    if is_address {
        return Some(at);
    }
    let message = format!("{} is no address to connect to", quoted(&at.value.0));
    let draft = Draft::new(codes::NO_ADDRESS, at.mark, message);
    d.notes
        .add(draft.label("write `host:port`, such as `\"{private_ip}:22\"`"));
    None
}

/// An address of the web, without a secret in it.
fn http_address(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Template>> {
    let at = address(d, node)?;
    let filled = at.value.fill_address(&anybody()).unwrap_or_default();
    let parsed = url::Url::parse(&filled).ok();
    let parsed = parsed.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let why = match &parsed {
        None => "write it like `\"http://{private_ip}:8080/healthz\"`",
        Some(url) if !url.username().is_empty() || url.password().is_some() => {
            "a user name or a password does not belong here"
        }
        Some(_) => return Some(at),
    };
    let shown = if parsed.is_some() {
        "this address".to_owned()
    } else {
        quoted(&at.value.0)
    };
    let message = format!("{shown} cannot be asked");
    d.notes
        .add(Draft::new(codes::NO_ADDRESS, at.mark, message).label(why));
    None
}

fn http_status(d: &mut Decoder<'_>, node: NodeId) -> Option<At<u16>> {
    let At { value, mark } = d.number(node)?;
    let status = u16::try_from(value).ok().filter(|n| (100..600).contains(n));
    if let Some(value) = status {
        return Some(At { value, mark });
    }
    let draft = Draft::new(
        codes::MALFORMED,
        mark,
        format!("there is no status {value}"),
    );
    d.notes.add(draft.label("from 200 to 599, such as `204`"));
    None
}

/// A machine that has every fact, to see what a text becomes.
fn anybody() -> Facts {
    let word = || "x".to_owned();
    let address = || Some("192.0.2.1".to_owned());
    Facts {
        fleet: word(),
        group: Some(word()),
        id: word(),
        instance_type: word(),
        name: word(),
        private_ip: address(),
        public_ip: address(),
        region: word(),
        zone: word(),
    }
}
