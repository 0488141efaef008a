//! `respec sim generate`: a made-up fleet, as a manifest and a scenario next to each other.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::sim::{GenerateOptions, MACHINES_MAX, generate};

const MANIFEST_NAME: &str = "fleet.yaml";
const CLOUD_NAME: &str = "fleet.cloud.yaml";

/// Make up a fleet to try things on: a manifest and a simulated cloud that differs from it.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct GenerateArgs {
    /// How many machines.
    #[arg(long, value_name = "N", value_parser = machine_count())]
    pub machines: u32,

    /// Equal seeds give equal fleets.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,

    /// How much of the fleet differs from the manifest.
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = percent)]
    pub changed: u32,

    /// Folder for fleet.yaml and fleet.cloud.yaml; made if absent, never overwritten.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Why no fleet was written.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// One of the two files is there already; it may be somebody's own.
    #[error("{} exists already", path.display())]
    Exists {
        /// The file in the way.
        path: PathBuf,
    },
    /// The disk refused.
    #[error("write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes both files and tells about them on `talk`.
///
/// # Errors
/// [`GenerateError::Exists`] before anything is written, [`GenerateError::Write`] when the disk refuses.
pub fn run(args: &GenerateArgs, talk: &mut dyn Write) -> Result<(), GenerateError> {
    let manifest = args.out.join(MANIFEST_NAME);
    let cloud = args.out.join(CLOUD_NAME);
    for path in [&manifest, &cloud] {
        if path.exists() {
            return Err(GenerateError::Exists { path: path.clone() });
        }
    }
    let generated = generate(&GenerateOptions {
        machines: args.machines,
        seed: args.seed,
        changed_percent: args.changed,
    });
    fs::create_dir_all(&args.out).map_err(|source| write_error(&args.out, source))?;
    write_new(&manifest, &generated.manifest)?;
    write_new(&cloud, &generated.cloud)?;
    // Talk that cannot be heard is no failure: the files are written.
    let _ = writeln!(
        talk,
        "   Generated  {} machines, {} of them to change\n        Next  respec plan -f {} --simulate {}",
        args.machines,
        generated.n_changed,
        manifest.display(),
        cloud.display(),
    );
    Ok(())
}

/// Opens the file only if it is new, whatever happened since the first look.
fn write_new(path: &Path, text: &str) -> Result<(), GenerateError> {
    fs::File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| write_error(path, source))
}

fn write_error(path: &Path, source: io::Error) -> GenerateError {
    GenerateError::Write {
        path: path.to_owned(),
        source,
    }
}

fn machine_count() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(MACHINES_MAX))
}

/// Reads `10%` or `10`.
fn percent(text: &str) -> Result<u32, String> {
    let digits = text.strip_suffix('%').unwrap_or(text);
    match digits.parse() {
        Ok(percent) if percent <= 100 => Ok(percent),
        Ok(_) | Err(_) => Err("a whole number from 0% to 100% is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn shares_are_read_with_and_without_their_sign() {
        assert_eq!(percent("10%"), Ok(10));
        assert_eq!(percent("0"), Ok(0));
        assert_eq!(percent("100%"), Ok(100));
        for wrong in ["", "%", "101", "-1", "ten", "10%%"] {
            assert!(percent(wrong).is_err(), "{wrong:?}");
        }
    }
}
