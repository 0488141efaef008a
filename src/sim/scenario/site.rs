//! Which of the vendor's two sites the account belongs to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The site of an account: it decides which billing endpoint answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Site {
    /// `business.aliyuncs.com`.
    #[default]
    China,
    /// `business.ap-southeast-1.aliyuncs.com`.
    International,
}

/// How the hosts of the two billing endpoints begin; what is not listed tells no site.
const HOSTS: [(&str, Site); 4] = [
    ("business.ap-southeast-1.", Site::International),
    ("business-intl.", Site::International),
    ("business.", Site::China),
    ("business-vpc.", Site::China),
];

impl Site {
    /// The site a host belongs to. An address or a name of somebody's own belongs to neither.
    pub(crate) fn of_host(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let named = HOSTS.iter().find(|(begin, _)| host.starts_with(begin));
        named.map(|(_, site)| *site)
    }

    /// How billing answers name the site that sells.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::China => "26842",
            Self::International => "26888",
        }
    }
}
