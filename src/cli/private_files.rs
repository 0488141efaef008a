//! Files and folders that only their owner can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::failure::{Failure, Situation};

/// Names that are tried for a file that is not there yet.
const NAMES_MAX: u32 = 100;

/// Makes a folder that only its owner can enter.
///
/// # Errors
/// [`Failure`] when the disk refuses.
pub(super) fn make_private(folder: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| writing(folder, &error))
}

/// Writes a file that only its owner can read. Whoever reads meanwhile sees the old file or the new one, whole.
///
/// # Errors
/// [`Failure`] when the disk refuses; an old file is as it was then.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let replaces = match fs::symlink_metadata(path) {
        Ok(found) => found.is_file(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    let written = if replaces {
        replace(path, bytes)
    } else {
        write_into(path, bytes)
    };
    written.map_err(|error| writing(path, &error))
}

/// A link, a pipe or a terminal: whoever named it wants what it leads to written, and not a file in its place.
fn write_into(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(true);
    open.mode(0o600).open(path)?.write_all(bytes)
}

/// A file that was there may be open to everybody, and a disk may be full: so a new one takes its place.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (beside, mut file) = create_beside(path)?;
    let written = file.write_all(bytes);
    let kept = written.and_then(|()| file.sync_all());
    let replaced = kept.and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        let _gone = fs::remove_file(&beside);
    }
    replaced
}

/// A new file in the same folder. Those of others, also of a process that was killed, are left alone.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    for n in 0..NAMES_MAX {
        let beside = path.with_file_name(format!(".respec-{}-{n}.new", std::process::id()));
        let mut create = OpenOptions::new();
        create.write(true).create_new(true).mode(0o600);
        match create.open(&beside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (beside, file)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn writing(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Situation::Other,
        format!("failed to write {}: {error}", path.display()),
    )
}
