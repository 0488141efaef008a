//! Speaks to Alibaba Cloud: signs, paces, repeats and reads, and decides nothing about machines.
//!
//! In: the typed calls of [`crate::cloud::Cloud`] and [`crate::cloud::Billing`]. Out: typed replies, or a
//! [`crate::cloud::CloudError`] that says whether the call can have had an effect. [`Aliyun`] is the
//! only implementation of those ports; what lies below its [`crate::wire::Wire`], a socket or the
//! simulator, makes no difference to it. It never follows a redirect, never repeats a call that has
//! no client token after an answer got lost, and never lets a secret into a message.
//!
//! ```text
//!   typed call ─► query ─► throttle ─► sign ─► wire ─► refusal ─► reply ─► typed reply
//!                             ▲                           │
//!                             └─── retry (decides only) ◄─┘
//! ```
//!
//! What the vendor fixed stands in three tables: `operation` (method, timeout, rate, whether a
//! call may be repeated), `codes` (what an error code means) and `endpoint` (which host answers; `site`
//! knows which of two for the books).

mod key;
mod operation;
mod sign;
mod envelope;
mod site;
mod endpoint;
mod codes;
mod lenient;
mod verdict;
mod refusal;
mod query;
mod reply;
mod throttle;
mod retry;
mod credentials;
mod client;
mod port;
mod billing;
mod prices;
mod preflight;

pub use client::{Aliyun, AliyunConfig};
pub use codes::{classify, reach, second_meaning};
pub use credentials::{
    Credentials, CredentialsError, FileText, Found, Host, Looked, Means, Readers, Tell, assume,
    find,
};
pub use endpoint::{EndpointError, Endpoints};
pub use envelope::Randomness;
pub use key::AccessKey;
pub use site::Site;
