//! What is around the program: environment, files, user, host. Read here and nowhere else.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use super::failure::{Failure, Situation};

/// The environment, read once.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Variables whose name and value are text.
    pub env: BTreeMap<String, String>,
}

impl Surroundings {
    /// Reads them.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where it is read")]
    pub fn read() -> Self {
        // `vars` would panic on a variable that is not UTF-8; such a one cannot be any of ours.
        let text = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self {
            env: text.collect(),
        }
    }

    /// A variable; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.env
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Who works here, as far as it is known.
    #[must_use]
    pub fn user(&self) -> &str {
        self.get("USER")
            .or_else(|| self.get("LOGNAME"))
            .unwrap_or("unknown")
    }

    /// The machine's name.
    #[must_use]
    pub fn host(&self) -> String {
        let name = fs::read_to_string("/etc/hostname").ok();
        let name = name
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        name.or_else(|| self.get("HOSTNAME").map(str::to_owned))
            .unwrap_or_else(|| "unknown".to_owned())
    }
}

/// Reads a whole file, but never more than `max` bytes of it.
///
/// # Errors
/// [`Failure`] with the file's name; a folder, a device or a larger file is one too.
pub fn read_bounded(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let wrong = |why: String| {
        Failure::new(
            Situation::BadInput,
            format!("failed to read {}: {why}", path.display()),
        )
    };
    let meta = fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if !meta.is_file() {
        return Err(wrong("it is not a file".to_owned()));
    }
    if meta.len() > max {
        return Err(wrong(format!(
            "it has {} bytes, at most {max} are read",
            meta.len()
        )));
    }
    let file = fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(max + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(error.to_string()))?;
    if bytes.len() as u64 > max {
        return Err(wrong(format!("more than {max} bytes")));
    }
    Ok(bytes)
}
