//! R1 to R9: ModifyInstanceSpec, which changes pay-as-you-go machines.

use super::Coverage::Answers;
use super::Stance::{Brackets, Chooses, NeverSends, Notes};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(1, "ModifyInstanceSpec is for pay-as-you-go",
        ("It changes pay-as-you-go machines only and turns subscriptions away.", "002, 003"),
        (Chooses, "Takes this call for the type of every pay-as-you-go machine, and for nothing else."),
        (Answers, "403 ChargeTypeViolation to a subscription.")),
    rule(2, "the type changes while Stopped",
        ("A pay-as-you-go machine changes its type only while it is Stopped.", "002, 003"),
        (Brackets, "Puts a stop before the change and, where the machine ran or should run, a start behind it."),
        (Answers, "400 InvalidInstanceStatus.NotStopped.")),
    rule(3, "type or bandwidth, never both",
        ("One call changes the type or the bandwidth; both together are refused, although a sample of the vendor sends both.", "002, 003"),
        (NeverSends, "Changes bandwidth by ModifyInstanceNetworkSpec only, in a step of its own."),
        (Answers, "400 InvalidParameter.Mismatch to both; a missing parameter to neither.")),
    rule(4, "a new type counts from the next start",
        ("The new type is recorded at once, and the machine works with it from its next start.", "SDK6, WEB"),
        (Notes, "Says so for a machine that stays stopped; any other is started behind its change."),
        (Answers, "Readers see the configured type; the effective one follows with the start.")),
    rule(5, "no order comes of it",
        ("The call gives back a request id and nothing else: the bill follows the new shape by itself.", "002, SDK7"),
        (Chooses, "Counts such a step as free of orders and never waits for a payment behind it."),
        (Answers, "Gives back a request id and no order.")),
    rule(6, "Async only means not to wait",
        ("With Async=true the request is taken and carried out later; without it, as a rule, at once.", "002, SDK7"),
        (NeverSends, "Looks for the new type after every change, so the answer's timing does not matter."),
        (Answers, "Takes the parameter and answers as without it.")),
    rule(7, "a dry run ends in an error code",
        ("DryRun=true checks everything and answers DryRunOperation when all is well; of the three modify calls only this one has it.", "SDK7, META"),
        (NeverSends, "Learns from reading calls what it can; a dry run would cost a call a machine."),
        (Answers, "DryRunOperation with HTTP 412 once every check has passed.")),
    rule(8, "bandwidth by this call needs no stop",
        ("Bandwidth changed by ModifyInstanceSpec takes effect at once, Running or Stopped.", "002, 003, SDK6"),
        (NeverSends, "Takes ModifyInstanceNetworkSpec for bandwidth, which serves both ways of paying."),
        (Answers, "Changes it at once; 403 InvalidStatus.ValueNotSupported to a machine on its way.")),
    rule(9, "bandwidth by this call ends at 100",
        ("ModifyInstanceSpec takes 0 to 100 Mbit/s outbound and knows neither network billing nor addresses.", "002, SDK7"),
        (NeverSends, "Takes ModifyInstanceNetworkSpec for bandwidth, which reaches further."),
        (Answers, "400 InvalidParameter outside of it.")),
];
