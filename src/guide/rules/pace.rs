//! R52 to R56: how fast, how much, how often.

use super::Coverage::Answers;
use super::Stance::{Notes, Runs, Sequences};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(52, "five minutes between two changes of a machine",
        ("After a change has succeeded the same machine takes no other one for five minutes.", "003, DOC20, TF"),
        (Sequences, "Puts a cool-down between two changes of one machine, and never holds it down through it; apply also keeps it from one run to the next."),
        (Answers, "400 Throttling until `cool_down` is over.")),
    rule(53, "the bandwidth of a region has a sum",
        ("All fixed bandwidth of an account in a region has a ceiling, once 50 Gbit/s, now a quota.", "000, 001, 002"),
        (Notes, "Adds up what the fleet will have in each region, and notes a sum above the figures once published; machines outside of the manifest are not counted. In apply a refusal speaks for its own machine, since less may still fit."),
        (Answers, "400 QuotaExceeded.InternetBandwidth when pay-as-you-go machines of the region that pay by bandwidth come to more than `fixed_bandwidth_max`, 50,000 Mbit/s; InvalidParameter.Bandwidth from ModifyInstanceSpec.")),
    rule(54, "a thousand subscription orders a minute",
        ("ModifyPrepayInstanceSpec takes 1000 calls in 60 s from an account; no figure is known for the others.", "004"),
        (Runs, "Sends at most 976 calls of each modify operation in the worst minute."),
        (Answers, "400 Throttling.User above 1000; other operations as `throttle` says.")),
    rule(55, "one thing at a time on a machine",
        ("Two changes of one machine at once are refused.", "000"),
        (Sequences, "Puts a machine's steps into one chain, each behind the one before."),
        (Answers, "400 LastRequestProcessing while a change is carried out.")),
    rule(56, "what a client token looks like",
        ("At most 64 characters, all ASCII.", "000, 001, 002, 004"),
        (Runs, "Derives tokens of that form from the change, so that a second try is the same request."),
        (Answers, "400 InvalidClientToken.ValueNotSupported, or InvalidParameter from ModifyPrepayInstanceSpec; repeats the first answer to a known token, and refuses one that comes with another request.")),
];
