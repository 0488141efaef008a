//! Names that plans give for what is respec's own doing, not the vendor's: wishes of the manifest,
//! records of earlier runs, machines that other owners look after.

/// One name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The name as a plan shows it.
    pub name: &'static str,
    /// A few words for lists.
    pub title: &'static str,
    /// What it means, in a sentence or two.
    pub meaning: &'static str,
    /// What a person can do, in a sentence or two.
    pub way_out: &'static str,
}

/// Every name, sorted.
#[rustfmt::skip]
pub const ALL: &[Policy] = &[
    policy("after", "waits for a machine that is blocked",
        "The machine begins only when others are done, and one of those is blocked, so it would wait for ever.",
        "Resolve what blocks the other one, or take it out of `after`."),
    policy("after_start", "run after every start",
        "The group's `after_start` puts a machine back into service: after every start, once the machine is good again, and also when a change is taken back or a run is interrupted. It is run by respec, where respec runs.",
        "It must bear being run twice. Leave it out of the rollout if nothing has to be done."),
    policy("auto-release", "the cloud will release it",
        "Somebody has given the machine an AutoReleaseTime: it is released then, whatever a plan does to it.",
        "Take the time away in the console if the machine should stay."),
    policy("availability", "a promise over groups allows nobody to be down",
        "The change stops the machine, and an `availability` that covers it can never allow one of its machines to be down.",
        "Promise less, or let the promise cover more machines."),
    policy("before_stop", "run before every stop",
        "The group's `before_stop` takes a machine out of service before it is stopped. Should it fail, the machine is not stopped, and `after_start` puts it back. It is run by respec, where respec runs.",
        "It must bear being run twice. Leave it out of the rollout if nothing has to be done."),
    policy("found-stopped", "stopped, and nobody says why",
        "The machine was found Stopped, the manifest does not say whether it should be, and this state has no record of it: somebody may have stopped it on purpose.",
        "Write `power: stopped` or `power: running`, or pass -accept-stopped to take it as meant."),
    policy("health", "up when it is good again",
        "The group's `health` says when a machine counts as up: it runs, and what `ready` looks at was good for `hold`, all of it within `within`. Until then its place in the group's limits is taken; a machine that does not become good is left running and held, unless `on_failure: revert` puts it back.",
        "See why it is not good, mend it, and apply again; or change `health`."),
    policy("managed", "belongs to a scaling group or a cluster",
        "Tags say that a scaling group or a Kubernetes node pool looks after the machine; a machine that is down may be released by its owner.",
        "Change it through its owner, take it out of there first, or accept that with `allow_managed: [ess]` or `[ack]` (manifest, group or instance)."),
    policy("max_outage", "would be down for too long",
        "The change would keep the machine down for longer than `change.max_outage` allows.",
        "Raise `max_outage`, or leave this change out."),
    policy("max_unavailable", "its group lets no machine be down",
        "The change stops the machine, and its group lets no machine be down.",
        "Raise `max_unavailable` of the group to 1 or more."),
    policy("on_failure", "put back when it is not good",
        "The group says `on_failure: revert`: a machine whose health check fails behind its change is changed back to what it was, in an outage of its own, behind the cool-down. Orders, addresses that are gone and power that was found off are not taken back.",
        "Write `on_failure: stop` to have it held instead, for a person to decide."),
    policy("open-run", "an earlier run is open and has not done with it",
        "An earlier run is open and has the machine in its plan, begun or still to be begun.",
        "`respec apply` goes on with that run while the manifest is the same, `respec apply --continue RUN` in any case; `respec cancel RUN` ends it and puts its machines back."),
    policy("payment: api", "the order is paid by a call of its own",
        "The order is made and left unpaid, and PayOrder pays it, at most once for each order, as whoever RESPEC_PAYER_… says. Experimental: the vendor documents neither that call nor its payers.",
        "Write `payment: await` to have every order paid by a person, `payment: auto` to pay from the balance."),
    policy("payment: auto", "the order is paid from the balance",
        "The order is paid from the balance in the same call, as the manifest wants (R42), when its price is known and the balance covers all such orders of the run; otherwise it waits for a person, and the plan says why.",
        "Write `payment: await` to have every order paid by a person."),
    policy("payment: await", "the order waits for a person to pay it",
        "The order is made and left unpaid; the run goes on when a person has paid it (R43). This is so unless the manifest says otherwise.",
        "Write `payment: auto` to pay from the balance."),
    policy("power", "switched as the manifest wants it",
        "The manifest says whether the machine should be running, and it is not so now.",
        "Leave `power` out, or write `power: keep`, to leave the switch as it is found."),
    policy("prepaid_upgrade", "ordered while the machine is down",
        "The manifest asks for upgrades of subscriptions to be ordered while the machine is down. With `payment: await` this is blocked: nobody knows how long it would stay down.",
        "Write `prepaid_upgrade: online` to order first and have the outage last, or `payment: auto`."),
    policy("protect", "the manifest forbids stopping it",
        "The manifest names the machine under `protect`, and no plan may stop what stands there.",
        "Take it out of `protect` in a commit of its own, and put it back afterwards."),
    policy("spot", "a spot machine may not start again",
        "It is a spot machine: while it is down its place may go to somebody who pays more, and it would not start again. It is stopped only for a type that the cloud lists for it and has in stock, or where the manifest wants it stopped.",
        "Replace it by a new machine of the wanted type."),
    policy("temporary_bandwidth", "bandwidth for a while",
        "The manifest wants more bandwidth between two moments, or has stopped wanting what is bought already. It is bought once, as an order of its own, and not refunded.",
        "Write it as it was bought until it has ended; take it out afterwards."),
    policy("unreadable", "described in words nobody knows",
        "The cloud shows the machine with a value that this version does not know where a decision hangs on it, such as another way of paying.",
        "Change it in the console, or use a version that knows these words."),
    policy("vanished", "recorded once, and not there any more",
        "A record of the machine is there and the machine is not: it was released, or these credentials no longer see it.",
        "Take it out of the manifest, or find out who released it."),
];

/// What is known about a name, compared without case and without blanks.
#[must_use]
pub fn find(name: &str) -> Option<&'static Policy> {
    let wanted = bare(name);
    ALL.iter().find(|policy| bare(policy.name) == wanted)
}

fn bare(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

const fn policy(
    name: &'static str,
    title: &'static str,
    meaning: &'static str,
    way_out: &'static str,
) -> Policy {
    Policy {
        name,
        title,
        meaning,
        way_out,
    }
}
