//! `respec sim generate`: a made-up fleet, as a manifest and a scenario next to each other.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::args::sim::GenerateArgs;
use crate::report::words::terminal;
use crate::sim::{GenerateOptions, generate};

const MANIFEST_NAME: &str = "fleet.yaml";
const CLOUD_NAME: &str = "fleet.cloud.yaml";

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
    let shown = |path: &Path| terminal(&path.display().to_string()).into_owned();
    // Talk that cannot be heard is no failure: the files are written.
    let _ = writeln!(
        talk,
        "   Generated  {} machines, {} of them to change\n        Next  respec plan -f {} --simulate {}",
        args.machines,
        generated.n_changed,
        shown(&manifest),
        shown(&cloud),
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
