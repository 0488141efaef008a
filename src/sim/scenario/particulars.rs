//! What is true of a machine and DescribeInstances does not show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::time::Span;

/// What is true of one machine beside what DescribeInstances shows; everything has a harmless default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Particulars {
    /// Its disks; one system disk unless written (R61, R69).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<Disk>,
    /// Queues of its interfaces, by NetworkInterfaceId (R61).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub queues: BTreeMap<String, u32>,
    /// Whether its guest can start on another kind of machine (R22).
    #[serde(skip_serializing_if = "is_default")]
    pub guest: Guest,
    /// What its image forbids (R67).
    #[serde(skip_serializing_if = "is_default")]
    pub image: Image,
    /// Whether it may go up while it runs (R21).
    #[serde(skip_serializing_if = "is_default")]
    pub online_change: OnlineChange,
    /// A change is booked for its next period already (R20).
    #[serde(skip_serializing_if = "is_default")]
    pub booked_change: bool,
    /// It belongs to a starter package (R66).
    #[serde(skip_serializing_if = "is_default")]
    pub starter_package: bool,
    /// It stands in a CloudBox (R38).
    #[serde(skip_serializing_if = "is_default")]
    pub cloud_box: bool,
    /// Ports of a NAT gateway are mapped to it (R39).
    #[serde(skip_serializing_if = "is_default")]
    pub nat_port_maps: bool,
    /// So long after it came up its service answers health checks; `delays.ready` unless written.
    #[serde(skip_serializing_if = "is_default")]
    pub ready_after: Option<Span>,
    /// Once it was stopped, its service never answers well again.
    #[serde(skip_serializing_if = "is_default")]
    pub never_ready: bool,
    /// As long as its guest runs on one of these types, its service does not answer well.
    #[serde(skip_serializing_if = "is_default")]
    pub never_ready_on: Vec<String>,
}

impl Particulars {
    /// Those of a machine about which there is nothing to say.
    pub(crate) const fn nothing() -> Self {
        Self {
            disks: Vec::new(),
            queues: BTreeMap::new(),
            guest: Guest::Prepared,
            image: Image::Allowed,
            online_change: OnlineChange::Allowed,
            booked_change: false,
            starter_package: false,
            cloud_box: false,
            nat_port_maps: false,
            ready_after: None,
            never_ready: false,
            never_ready_on: Vec::new(),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A disk, with the field names of DescribeDisks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Disk {
    /// Its id.
    pub disk_id: String,
    /// What it is for.
    #[serde(default)]
    pub r#type: DiskKind,
    /// `cloud_essd`, `cloud_ssd`, `cloud_efficiency`, `cloud`, …
    #[serde(default = "essd")]
    pub category: String,
    /// GiB.
    #[serde(default = "forty")]
    pub size: u32,
    /// Its name in the guest; `xvd…` on retired types, `vd…` on others (R68).
    #[serde(default)]
    pub device: String,
}

impl Disk {
    /// Whether the guest boots from it.
    pub(crate) fn is_system(&self) -> bool {
        self.r#type == DiskKind::System
    }
}

fn essd() -> String {
    "cloud_essd".to_owned()
}

fn forty() -> u32 {
    40
}

/// What a disk is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiskKind {
    /// The guest boots from it.
    System,
    /// Anything else.
    #[default]
    Data,
}

/// Whether a guest can start on another kind of machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guest {
    /// It has the drivers.
    #[default]
    Prepared,
    /// It does not come up on a type with other NVMe support; Windows not in another family either.
    Unprepared,
}

/// What an image forbids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Image {
    /// Nothing.
    #[default]
    Allowed,
    /// The account may not use it any more, or its subscription has ended.
    NotAllowed,
    /// Every order for it fails on the server's side.
    OrderFails,
}

/// Whether a subscription may go up while it runs, and what is in the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlineChange {
    /// Nothing.
    #[default]
    Allowed,
    /// Its processor layout.
    CpuTopology,
    /// Too many such changes.
    TooMany,
    /// An earlier change that wants a reboot.
    RebootFirst,
    /// Its operating system.
    OperatingSystem,
}
