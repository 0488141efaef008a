//! Whose name calls are made in: finds an access key, and renews it before it ends.
//!
//! In: the environment's variables, perhaps a profile's name, and the ways out of the program ([`Means`]).
//! Out: [`Credentials`], which give a key that works now, each time they are asked. A key that ends is
//! renewed by whoever gave it, by one call at a time. No secret ever reaches an error, a log or a disk.
//!
//! ```text
//!   find: environment ─► OIDC ─► CLI profile ─► INI file ─► ECS metadata ─► credentials URI
//!            fixed       oidc      profile        ini         metadata           uri
//!                          │       │ fixed, role, oidc, metadata, uri, external
//!                          └──► sts ◄──┘◄── whoever was found, when the manifest names a role
//! ```

mod error;
mod host;
mod variables;
mod answer;
mod sts;
mod metadata;
mod kit;
mod role;
mod fixed;
mod oidc;
mod uri;
mod external;
mod profile_file;
mod profile;
mod ini;
mod renewal;
mod chain;

use async_trait::async_trait;

pub use chain::{Found, assume, find};
pub use error::{CredentialsError, Looked};
pub use host::{FileText, Host, Readers};
pub use kit::{Means, Tell};
pub use renewal::Credentials;

use super::key::Issued;
use error::NotProvided;

pub(super) use renewal::chain as told;

/// Gives a key, each time it is asked.
#[async_trait(?Send)]
trait Provider {
    /// A key that works now.
    async fn provide(&self) -> Result<Issued, NotProvided>;
}
