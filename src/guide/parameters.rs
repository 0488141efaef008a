//! Every request parameter of the three modify calls, and where its value comes from.

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The operations that know it under this name.
    pub operations: &'static [&'static str],
    /// Its name as the vendor spells it.
    pub name: &'static str,
    /// Whether it is sent.
    pub fate: Fate,
    /// Where its value comes from, or why it is not sent.
    pub why: &'static str,
}

/// Whether a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The manifest sets it, under this key.
    Written(&'static str),
    /// respec sets it by itself.
    Own,
    /// Never.
    Never,
}

const NETWORK: &[&str] = &["ModifyInstanceNetworkSpec"];
const PREPAY: &[&str] = &["ModifyPrepayInstanceSpec"];
const SPEC: &[&str] = &["ModifyInstanceSpec"];
const TYPES: &[&str] = &["ModifyInstanceSpec", "ModifyPrepayInstanceSpec"];
const ORDERS: &[&str] = &["ModifyPrepayInstanceSpec", "ModifyInstanceNetworkSpec"];
const EVERY: &[&str] = &[
    "ModifyInstanceSpec",
    "ModifyPrepayInstanceSpec",
    "ModifyInstanceNetworkSpec",
];

/// Every parameter; those that all three know come first.
#[rustfmt::skip]
pub const ALL: &[Parameter] = &[
    parameter(EVERY, "Action", Fate::Own,
        "The operation, chosen by what changes and how the machine is paid for (R1, R10)."),
    parameter(EVERY, "RegionId", Fate::Written("region"),
        "Sent with every call: one operation needs it, the others do not mind it."),
    parameter(EVERY, "InstanceId", Fate::Written("id"),
        "Of an instance, or one of a group's `ids`."),
    parameter(EVERY, "ClientToken", Fate::Own,
        "Made from the change itself, so that a second try is the same request (R56)."),

    parameter(TYPES, "InstanceType", Fate::Written("spec.instance_type"),
        "The wanted type."),
    parameter(TYPES, "SystemDisk.Category", Fate::Written("change.system_disk_category"),
        "Sent with a change of type where it is written and may count; left out elsewhere (R69)."),
    parameter(SPEC, "AllowMigrateAcrossZone", Fate::Written("change.migrate_across_zone"),
        "Sent with a change of type where it is written (R68)."),
    parameter(PREPAY, "MigrateAcrossZone", Fate::Written("change.migrate_across_zone"),
        "The same wish under its other name (R68)."),
    parameter(ORDERS, "AutoPay", Fate::Written("payment"),
        "Stated for every order: `auto` sends true, `await` and `api` false; the vendor's default would pay (R42)."),

    parameter(NETWORK, "InternetMaxBandwidthOut", Fate::Written("spec.internet.max_bandwidth_out"),
        "Sent when it changes, and along with a switch of network billing."),
    parameter(NETWORK, "InternetMaxBandwidthIn", Fate::Written("spec.internet.max_bandwidth_in"),
        "Sent when it is written and it or outbound changes; otherwise it follows outbound (R29)."),
    parameter(NETWORK, "NetworkChargeType", Fate::Written("spec.internet.charge_type"),
        "Sent when it changes (R34)."),
    parameter(NETWORK, "AllocatePublicIp", Fate::Written("spec.internet.public_ip"),
        "Sent as true when pay-as-you-go bandwidth leaves 0 and an address is wanted (R25); false is what leaving it out means."),
    parameter(NETWORK, "StartTime", Fate::Written("temporary_bandwidth.start"),
        "Begins a temporary upgrade, to the minute (R30)."),
    parameter(NETWORK, "EndTime", Fate::Written("temporary_bandwidth.end"),
        "Ends it, to the hour (R30)."),
    parameter(NETWORK, "ISP", Fate::Never,
        "By invitation only (R36)."),

    parameter(SPEC, "InternetMaxBandwidthOut", Fate::Never,
        "ModifyInstanceNetworkSpec changes bandwidth for both ways of paying and reaches further (R3, R9)."),
    parameter(SPEC, "InternetMaxBandwidthIn", Fate::Never,
        "As for outbound (R3, R9)."),
    parameter(SPEC, "Async", Fate::Never,
        "Every change is looked for afterwards, whether the call waited or not (R6)."),
    parameter(SPEC, "DryRun", Fate::Never,
        "A call a machine for what reading a hundred at once tells as well (R7)."),
    parameter(SPEC, "Temporary.StartTime", Fate::Never,
        "By invitation only; ModifyInstanceNetworkSpec does this in the open (R30)."),
    parameter(SPEC, "Temporary.EndTime", Fate::Never,
        "As for its beginning."),
    parameter(SPEC, "Temporary.InternetMaxBandwidthOut", Fate::Never,
        "As for its beginning."),

    parameter(PREPAY, "OperatorType", Fate::Never,
        "The service finds the direction out by itself, and a wrong word would be refused (R15)."),
    parameter(PREPAY, "RebootWhenFinished", Fate::Never,
        "The reboot would come with the payment, past every limit, hook and probe, and leaves no trace to verify; a stop and a start have their place and do (R16)."),
    parameter(PREPAY, "RebootTime", Fate::Never,
        "As for RebootWhenFinished (R17)."),
    parameter(PREPAY, "EndTime", Fate::Never,
        "A type for a while: the sources disagree whether that exists (R18)."),

    parameter(TYPES, "ModifyMode", Fate::Never,
        "Not open to the public (R71)."),
    parameter(TYPES, "Disk.N.Category", Fate::Never,
        "Not open to the public (R71)."),
    parameter(TYPES, "Disk.N.DiskId", Fate::Never,
        "Not open to the public (R71)."),
    parameter(TYPES, "Disk.N.PerformanceLevel", Fate::Never,
        "Not open to the public (R71)."),
];

/// What is known about a parameter of an operation.
#[must_use]
pub fn find(operation: &str, name: &str) -> Option<&'static Parameter> {
    ALL.iter()
        .find(|known| known.name == name && known.operations.contains(&operation))
}

const fn parameter(
    operations: &'static [&'static str],
    name: &'static str,
    fate: Fate,
    why: &'static str,
) -> Parameter {
    Parameter {
        operations,
        name,
        fate,
        why,
    }
}
