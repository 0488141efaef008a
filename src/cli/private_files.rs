//! Files and folders that only their owner can read.

use std::path::Path;

use super::failure::{Failure, Situation};

/// Makes a folder that only its owner can enter.
///
/// # Errors
/// [`Failure`] when the disk refuses.
pub(super) fn make_private(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| writing(folder, &error))
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// [`Failure`] when the disk refuses.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let open = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    let mut file = open.map_err(|error| writing(path, &error))?;
    file.write_all(bytes).map_err(|error| writing(path, &error))
}

/// A disk that refuses.
pub(super) fn writing(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        Situation::Other,
        format!("failed to write {}: {error}", path.display()),
    )
}
