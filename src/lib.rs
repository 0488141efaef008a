//! respec: plan and apply for the specs of Alibaba Cloud ECS instances.
//!
//! Read the rooms in this order; each imports only rooms named before it.

pub mod planted;
pub mod model;
pub mod guide;
pub mod manifest;
pub mod diff;
pub mod plan;
pub mod saga;
pub mod event;
pub mod figures;
pub mod clock;
pub mod wire;
pub mod cloud;
pub mod journal;
pub mod probe;
pub mod observe;
pub mod apply;
pub mod aliyun;
pub mod http;
pub mod runner;
pub mod sim;
pub mod store;
pub mod rehearse;
pub mod report;
pub mod cli;
