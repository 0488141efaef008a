//! R68 to R72: what a change does besides what it was asked for.

use super::Coverage::Answers;
use super::Stance::{Chooses, NeverSends, Runs};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(68, "another cluster can mean other addresses",
        ("Allowed to move to another cluster, classic machines get another private address; a machine that leaves a retired type and becomes I/O-optimized gets other names for its disks and another licence code. In a VPC the private address stays.", "002, SDK7, DOC20"),
        (Chooses, "Sends it only where `change.migrate_across_zone` is written; notes the other address on the classic network, and the other names where a machine may become I/O-optimized. A type that is not sold any more is never promised back: leaving it is final."),
        (Answers, "Gives a classic machine another private address, and renames the disks of one that becomes I/O-optimized.")),
    rule(69, "another kind of system disk, in two cases",
        ("SystemDisk.Category counts only where a retired type is left for one on sale, or where a machine becomes I/O-optimized; by another text only where both happen.", "002, 004, SDK7"),
        (Chooses, "Sends `change.system_disk_category` where one of the two may be so: what is retired stands in `src/model/retired.rs`, and what the machine does not tell may be. Elsewhere it is left out, with a note; on a way back always."),
        (Answers, "400 InvalidParam.SystemDiskCategory or InvalidSystemDiskCategory.NotMatchInstanceType where neither is so.")),
    rule(70, "StopCharging gives capacity and address up",
        ("A pay-as-you-go machine in a VPC that is stopped with StopCharging loses its static address and its place.", "SDK7"),
        (Chooses, "Stops with KeepCharging unless the manifest says otherwise, always so around a change; blocks StopCharging where it does not apply or would cost an address without consent, and notes an address that a start brings back."),
        (Answers, "Gives the address and the place back; ignores the mode where it does not apply.")),
    rule(71, "disks and modes are not open",
        ("Disk.N and ModifyMode are in the documents and not to be used.", "004, SDK7"),
        (NeverSends, "Has no key for them."),
        (Answers, "400 OperationDenied to a subscription, once they could be read, InvalidParameter to more than 128 of them; InvalidParameter from ModifyInstanceSpec.")),
    rule(72, "a reader sees the new type before the guest does",
        ("DescribeInstances shows a type as soon as it is recorded; that a start is still needed shows nowhere.", "TF"),
        (Runs, "Remembers a start that is owed; where nothing is on record, looks for an order that was paid after the last start, and plans a stop and a start."),
        (Answers, "Keeps a configured and an effective type apart.")),
];
