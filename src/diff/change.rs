//! Desired against observed.

use serde::{Deserialize, Serialize};

use crate::model::{
    DesiredSpec, Field, InstanceStatus, ManagedFields, ObservedInstance, Power, StoppedMode,
};

/// One field that is not as the manifest wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which field.
    pub field: Field,
    /// As it is.
    pub from: String,
    /// As it should be.
    pub to: String,
}

/// The fields of `spec` that the machine does not show, in the manifest's order.
#[must_use]
pub fn changes(spec: &DesiredSpec, seen: &ObservedInstance) -> Vec<FieldChange> {
    wanted(spec, seen)
        .into_iter()
        .filter_map(|(field, to)| {
            let from = value_of(field, seen);
            (from != to).then_some(FieldChange { field, from, to })
        })
        .collect()
}

/// The managed fields with the values the machine shows now: what is recorded as applied.
#[must_use]
pub fn managed_fields(spec: &DesiredSpec, seen: &ObservedInstance) -> ManagedFields {
    wanted(spec, seen)
        .into_iter()
        .map(|(field, _)| (field, value_of(field, seen)))
        .collect()
}

fn wanted(spec: &DesiredSpec, seen: &ObservedInstance) -> Vec<(Field, String)> {
    let internet = &spec.internet;
    let power = spec.power.filter(|power| *power != Power::Keep);
    let wishes = [
        (
            Field::InstanceType,
            spec.instance_type.as_ref().map(ToString::to_string),
        ),
        (
            Field::ChargeType,
            internet.charge_type.map(|c| c.as_str().to_owned()),
        ),
        (
            Field::MaxBandwidthOut,
            internet.max_bandwidth_out.map(|m| m.to_string()),
        ),
        (
            Field::MaxBandwidthIn,
            internet.max_bandwidth_in.map(|m| m.to_string()),
        ),
        (Field::PublicIp, internet.public_ip.map(|ip| ip.to_string())),
        (Field::Power, power.map(|p| p.as_str().to_owned())),
        (
            Field::StoppedMode,
            comparable_mode(spec, seen).map(|m| m.as_str().to_owned()),
        ),
    ];
    wishes
        .into_iter()
        .filter_map(|(field, wish)| wish.map(|to| (field, to)))
        .collect()
}

/// The cloud shows a stopped mode only while a pay-as-you-go machine is down; elsewhere there is
/// nothing to compare the wish with.
fn comparable_mode(spec: &DesiredSpec, seen: &ObservedInstance) -> Option<StoppedMode> {
    spec.stopped_mode.filter(|_| seen.stopped_mode.is_some())
}

/// The value of a field as text, in the manifest's spelling.
#[must_use]
pub fn value_of(field: Field, seen: &ObservedInstance) -> String {
    match field {
        Field::InstanceType => seen.instance_type.to_string(),
        Field::ChargeType => seen
            .charge_type
            .map_or_else(|| "none".to_owned(), |c| c.as_str().to_owned()),
        Field::MaxBandwidthOut => seen.max_bandwidth_out.to_string(),
        Field::MaxBandwidthIn => seen
            .max_bandwidth_in
            .map_or_else(|| "unknown".to_owned(), |m| m.to_string()),
        Field::PublicIp => seen.public_ip.is_some().to_string(),
        Field::Power => power_word(&seen.status),
        Field::StoppedMode => seen
            .stopped_mode
            .map_or_else(|| "none".to_owned(), |m| m.as_str().to_owned()),
        // No look at a machine shows what was bought for later.
        Field::TemporaryBandwidth => "none".to_owned(),
    }
}

fn power_word(status: &InstanceStatus) -> String {
    match status {
        InstanceStatus::Running => "running".to_owned(),
        InstanceStatus::Stopped => "stopped".to_owned(),
        InstanceStatus::Pending
        | InstanceStatus::Starting
        | InstanceStatus::Stopping
        | InstanceStatus::Other(_) => status.as_str().to_lowercase(),
    }
}
