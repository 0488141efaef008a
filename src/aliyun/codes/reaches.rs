//! Whom a refusal speaks for, where its kind alone does not say it: a row for each code, above it its page's words.
//!
//! As narrowly as the pages have it. Whoever is left alone for a reason that is not its own has to wait for another
//! apply; whoever is not left alone for one that is, goes down to be told the same. Pages are named as in the guide.

use crate::cloud::Reach;

/// Whatever was asked for.
const ANY: &[&str] = &[];
const SPEC: &[&str] = &["ModifyInstanceSpec"];
const NETWORK: &[&str] = &["ModifyInstanceNetworkSpec"];
/// Calls that make orders.
const ORDERS: &[&str] = &["ModifyInstanceNetworkSpec", "ModifyPrepayInstanceSpec"];
/// Calls in which nothing but addresses can run out.
const ADDRESSES: &[&str] = &["ModifyInstanceNetworkSpec", "AllocatePublicIpAddress"];

/// Code, operations, whom it speaks for there.
#[rustfmt::skip]
pub(super) const REACHES: &[(&str, &[&str], Reach)] = &[
    // 000 to 004: "Your account has an outstanding payment."
    ("Account.Arrearage", ANY, Reach::Account),
    // 000, 001: "Your account does not have enough balance." What is left unpaid does not need it.
    ("InvalidAccountStatus.NotEnoughBalance", NETWORK, Reach::PaidOrders),
    // 002, 003: the same words, where no order is made.
    ("InvalidAccountStatus.NotEnoughBalance", SPEC, Reach::SameCall),
    // 000: "Synchronous payment is not supported. Use another payment method."
    ("InvalidPayMethod.SyncPaymentNotSupport", ANY, Reach::PaidOrders),
    // 004: "The account has not chosen any billing method."
    ("BillingMethodNotFound", ANY, Reach::SameCall),
    // 000, 002, 003: "a security risk with your default credit or debit card".
    ("SecurityRisk.3DVerification", ANY, Reach::Account),
    // 000, 004: "requires price permission. Please either apply …, or set the parameter AutoPay as true".
    ("NoPermission.Price", ORDERS, Reach::OrdersLeft),
    // 000, 004: "The operation requires refund permission."
    ("NoPermission.Refund", ORDERS, Reach::Refunds),
    // 004: "The RAM user does not have privilege to pass a role." That takes a machine which has one.
    ("InvalidUser.PassRoleForbidden", ANY, Reach::Machine),
    // The gateway, about whoever owns the account.
    ("Forbidden.RiskControl", ANY, Reach::Account),
    ("RiskControl.Refused", ANY, Reach::Account),
    // 000, 001, 004: "Quota of instance downgrade is exceed."; DOC20, WEB: so many in a month for the account (R48).
    ("InstanceDowngrade.QuotaExceed", ANY, Reach::Refunds),
    // 004: "The maximum number of refunded vcpu is exceeded".
    ("QuotaExceed.RufundVcpu", ANY, Reach::RefundedVcpus),
    // 002, 004: machines of the type "in the current region", or "the number of vCPUs … in the zone".
    ("QuotaExceed.ElasticQuota", ANY, Reach::Vcpus),
    // 004: "The used capacity of disk type has exceeded the quota in the zone". None of our calls asks for disks.
    ("QuotaExceed.DiskCapacity", ANY, Reach::Machine),
    // 000: the fixed bandwidth of all pay-as-you-go machines. A smaller rise may fit, and asking takes nobody down.
    ("QuotaExceeded.InternetBandwidth", ANY, Reach::Machine),
    // 000: "The public IP address … is out of stock." No type is.
    ("InvalidOperation.PublicIpAddressNoStock", ANY, Reach::Machine),
    ("OperationDenied.NoStock", ADDRESSES, Reach::Machine),
];
