//! Every code a manifest can earn, in one table: RS00xx is about the form of the text, RS01xx about
//! its meaning, RS02xx about what only the cloud can tell. A code once given out is never used for anything else.

use crate::model::Severity;

/// One code with what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The stable name: `RS0007`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// A few words for lists.
    pub title: &'static str,
    /// What it means and what to do, for `respec explain`.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($name:ident = $id:literal $severity:ident $title:literal: $meaning:literal;)*) => {
        $(pub(super) const $name: Code = Code {
            id: $id,
            severity: Severity::$severity,
            title: $title,
            meaning: $meaning,
        };)*

        /// The table, by code.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    TOO_LARGE = "RS0001" Error "file too large":
        "A manifest may hold 64 MiB. Split the fleet into several files, they are merged.";
    NOT_UTF8 = "RS0002" Error "not UTF-8":
        "Manifests are read as UTF-8, with or without a byte order mark. Save the file in that encoding.";
    CONTROL_CHARACTER = "RS0003" Error "control character":
        "YAML has no room for control characters other than tab and line break; write them as an escape inside double quotes if they are meant.";
    EMPTY = "RS0004" Error "empty file":
        "The file holds no YAML at all, perhaps because writing it was cut off. Remove it or write a manifest.";
    NOT_YAML = "RS0005" Error "not YAML":
        "The text breaks the grammar of YAML 1.2 at the marked place; the mistake may stand a little before it, often in the indentation.";
    MANY_DOCUMENTS = "RS0006" Error "several documents":
        "One file is one manifest. Put what follows `---` into a file of its own; all files of a run are merged.";
    UNKNOWN_KEY = "RS0007" Error "unknown key":
        "Nothing here has that name. Unknown keys are never ignored, since a misspelt limit would silently not hold.";
    DUPLICATE_KEY = "RS0009" Error "key written twice":
        "A mapping may name each key once. Remove one of the two.";
    WRONG_KIND = "RS0010" Error "wrong kind of value":
        "The value is text where a number is wanted, a list where a mapping is wanted, and so on. Plain words follow YAML 1.2: only `true` and `false` are booleans, `yes`, `on` and `010` are text.";
    MISSING_KEY = "RS0011" Error "key missing":
        "The mapping does not work without this key.";
    MERGE_KEY = "RS0012" Error "merge key":
        "`<<` was an extension of YAML 1.1 and is gone from 1.2. Groups and `defaults` share settings here; whole values can be shared with an alias.";
    TAG = "RS0013" Error "tag":
        "Tags (`!name`) ask a reader to build special values. Manifests have none; leave the tag out, quote a value that must be text.";
    TOO_DEEP = "RS0014" Error "nested too deeply":
        "Collections may nest 64 deep, aliases counted as if written out. No manifest needs more than seven.";
    ALIAS = "RS0015" Error "alias too large":
        "Written out, the aliases of this file would be far larger than the file, or would never end. Write the values where they are needed.";
    ODD_KEY = "RS0016" Error "key is not text":
        "Keys are plain or quoted text, never lists or mappings.";
    UNKNOWN_WORD = "RS0017" Error "unknown word":
        "The key takes one word of a short list, and this is none of them.";
    MALFORMED = "RS0018" Error "malformed value":
        "The value is of the right kind but not of the form the key needs; the message says which part is wrong.";
    TOO_MANY = "RS0019" Error "too many findings":
        "So much is wrong that the list was cut. Mend what is shown and read again.";

    VERSION = "RS0101" Error "unknown version":
        "This program reads manifests of version 1.";
    DISAGREEMENT = "RS0102" Error "files disagree":
        "All files of a run describe one fleet: `fleet`, `account`, `region`, `budget` and `balance` may be repeated but not changed.";
    DEFAULTS_TWICE = "RS0103" Error "defaults in two files":
        "`defaults` holds for every file, so only one of them may have it.";
    NAME_TWICE = "RS0104" Error "name defined twice":
        "Groups and instances share one set of names, over all files, so that `after` and `protect` need not say which they mean.";
    ID_TWICE = "RS0105" Error "one machine, two names":
        "Two entries under `instances` have the same id. A machine has one name.";
    TWO_GROUPS = "RS0106" Error "one machine, two groups":
        "A machine takes its limits from one group. Remove the id from the other one.";
    UNKNOWN_NAME = "RS0107" Error "unknown name":
        "`after` and `protect` name groups, instances, or members as `group/i-…`; nothing is called this.";
    CYCLE = "RS0108" Error "cycle":
        "These wait for each other, so none of them could ever begin. A group is finished when all its members are, and its members begin after whatever the group waits for.";
    EMPTY_GROUP = "RS0109" Warning "empty group":
        "The group has no members, so nothing it says has an effect.";
    NO_REGION = "RS0110" Error "no region":
        "Each machine needs a region: its own, its group's, or the manifest's.";
    BANDWIDTH_OUT = "RS0111" Error "outbound bandwidth out of range":
        "The cloud takes at most 100 Mbit/s for PayByTraffic, at most 200 for PayByBandwidth on subscription and 100 on pay-as-you-go (R28). The instance type may allow less, which only a plan can tell.";
    BANDWIDTH_IN = "RS0112" Error "inbound bandwidth out of range":
        "Inbound bandwidth begins at 1 Mbit/s and reaches to the outbound one, or to 10 where that is smaller (R29).";
    ADDRESS_WITHOUT_BANDWIDTH = "RS0113" Error "public address without bandwidth":
        "With an outbound bandwidth of 0 the cloud takes the static public address away (R33), so both cannot be had.";
    STOPPED_MODE = "RS0114" Error "stopped_mode without power: stopped":
        "`stopped_mode` says what a machine costs while it is meant to be stopped; stops around a change always keep charging.";
    SHARE = "RS0115" Error "more than everything":
        "A share of a group is at most 100 %.";
    NEVER_FORCED = "RS0116" Warning "force_stop_after comes too late":
        "A shutdown counts as failed after `stop_within`, so a forced stop planned for that moment or later never happens.";
    LISTED_TWICE = "RS0117" Warning "listed twice":
        "The same thing stands twice in one list; once is enough.";
    NO_INSTANCES = "RS0118" Warning "no machines":
        "The manifest names no instance at all, so there is nothing to plan.";
    NO_BATCH = "RS0119" Error "batches of nothing":
        "`batches` are sizes, in machines or in percent of the group; the last one repeats. Each has at least one machine.";
    NOTHING_ALLOWED = "RS0120" Error "limit that allows nothing":
        "With this limit no machine could ever be stopped, but the change needs a stop. Allow at least one machine to be down, or leave the change out.";
    NEVER_BEGINS = "RS0121" Error "window that never lets anything begin":
        "`cutoff` is the last part of the window, in which nothing new begins. It has to be shorter than the window.";
    USELESS_GATE = "RS0122" Error "gate that asks for nothing":
        "A gate waits (`wait`), asks a person (`approve: true`), looks at something (`check`), or several of these. Without any it is always open.";
    NO_SUCH_BATCH = "RS0123" Error "gate after the last batch":
        "The gate stands where no batch follows, so nobody would ever be asked.";
    NO_TOLERANCE = "RS0124" Error "continue and max_failures":
        "`on_failure: continue` goes on however many fail, so `max_failures` beside it would have no effect.";
    TWO_PROMISES = "RS0125" Error "two promises in one":
        "An availability says either how many stay up (`min_available`) or how many may be down (`max_unavailable`).";
    SELECTS_ALL = "RS0126" Error "selector that asks for nothing":
        "A selector without a condition would mean every machine of the region. If that is meant, say so with `name: \"*\"`.";
    IDS_AND_SELECT = "RS0127" Error "ids and select":
        "A group lists its members or selects them. `select` takes `ids`, too, and then every other key must fit as well.";
    LEAVES_ITSELF = "RS0128" Warning "selected by what changes":
        "The group selects by type and changes the type: a machine that is done no longer belongs to it, and is not looked after from then on. Select by tag or name, or name both types.";
    PROMISE_TWICE = "RS0129" Error "availability defined twice":
        "Each availability has a name of its own, so that a plan can say which one holds it up.";
    TEMPORARY = "RS0130" Error "temporary bandwidth that is not sold":
        "Temporary bandwidth lasts at least three hours, from a full minute to a full hour, and is more than the machine has for good, at most 200 Mbit/s, on subscriptions that pay by bandwidth (R30).";
    UNKNOWN_FACT = "RS0140" Error "unknown word in braces":
        "Probes and commands may ask for facts of their machine: `{fleet}`, `{group}`, `{id}`, `{instance_type}`, `{name}`, `{private_ip}`, `{public_ip}`, `{region}`, `{zone}`. Braces around anything that is not small letters are left as they are.";
    NO_ADDRESS = "RS0141" Error "not an address":
        "`tcp` takes `host:port`, `http` an address that begins with `http://` or `https://`. A user name or a password does not belong there: manifests and plans are read by many.";
    NEVER_GOOD = "RS0142" Error "hold as long as within":
        "A machine must stay ready for `hold` before it counts as up, and that must happen within `within`. With a `hold` that long every machine would fail.";
    LONE_AFTER_START = "RS0143" Error "after_start without before_stop":
        "`after_start` takes back what `before_stop` did, whenever the machine is started again. Without a `before_stop` there is nothing to take back.";
    NEVER_REVERTED = "RS0144" Error "revert without a health check":
        "`on_failure: revert` puts a machine back whose health check fails behind its change. Without `health` nobody looks, and nothing would ever be put back.";

    WRONG_ACCOUNT = "RS0201" Error "another account":
        "`account` guards against changing the wrong fleet: it must be the account of the credentials in use.";
    UNKNOWN_MACHINE = "RS0202" Error "unknown machine":
        "The cloud does not show this machine to these credentials in this region, and respec has never recorded it. A recorded machine that is gone is blocked in the plan instead.";
    UNEXPECTED_COUNT = "RS0203" Error "another number of machines":
        "`expect` says how many machines a selector means. Look at who joined or left, then correct the selector or the number.";
    EMPTY_SELECTION = "RS0204" Warning "nobody is selected":
        "No machine of the region fits the selector, so nothing the group says has an effect; or no machine of the manifest fits that of an availability, which protects nobody then. In a group, `expect` makes this an error.";
}

/// What this code stands for, if a manifest can earn it.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_given_out_once_and_in_order() {
        assert!(ALL.is_sorted_by(|a, b| a.id < b.id));
        assert_eq!(find("rs0007").map(|code| code.title), Some("unknown key"));
        assert_eq!(find("RS9999"), None);
    }
}
