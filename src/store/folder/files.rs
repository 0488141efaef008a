//! Files and folders that only we can read or write, and writes that are whole or absent.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::model::Digest;
use crate::store::error::StoreError;

/// Largest plan that is kept, in bytes.
pub const PLAN_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Folders are ours alone.
const DIR_MODE: u32 = 0o700;

/// Files too.
const FILE_MODE: u32 = 0o600;

/// The bits that let group or others write. Where they are set, the contents may be somebody else's.
const OTHERS_WRITE: u32 = 0o022;

/// The bits that let group or others do anything.
const OTHERS_ANY: u32 = 0o077;

/// Makes a folder, and what is missing above it, for us alone; an existing one is left as it is.
pub(in crate::store) fn make_dir(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIR_MODE)
        .create(path)
        .map_err(|e| StoreError::io("creating", path, e))
}

/// The user our files belong to, learned from a file made for the purpose.
///
/// The standard library cannot name the effective user, and `unsafe` is forbidden here.
pub(in crate::store) fn own_uid(probe: &Path) -> Result<u32, StoreError> {
    remove_if_present(probe)?;
    let file = create_new(probe)?;
    let uid = file
        .metadata()
        .map_err(|e| StoreError::io("reading", probe, e))?
        .uid();
    remove_if_present(probe)?;
    Ok(uid)
}

/// Refuses a folder that is a symlink, belongs to another user or can be written by others;
/// takes away what group and others may read.
pub(in crate::store) fn guard_dir(path: &Path, owner: u32) -> Result<(), StoreError> {
    let meta = inspect_dir(path)?;
    refuse_foreign(path, &meta, owner)?;
    tighten(path, &meta, DIR_MODE)
}

/// The same for a file, which may be absent.
pub(in crate::store) fn guard_file(path: &Path, owner: u32) -> Result<(), StoreError> {
    let Some(meta) = inspect(path)? else {
        return Ok(());
    };
    if !meta.is_file() {
        return Err(StoreError::unsafe_path(path, "it is not a plain file"));
    }
    refuse_writable(path, &meta)?;
    refuse_foreign(path, &meta, owner)?;
    tighten(path, &meta, FILE_MODE)
}

/// The engine's own files, to any depth: sled makes them with the umask, so too open a mode says
/// nothing about who wrote them (the folder above them was always 0700) and is mended.
pub(in crate::store) fn guard_engine_files(dir: &Path, owner: u32) -> Result<(), StoreError> {
    for path in children(dir)? {
        let Some(meta) = inspect(&path)? else {
            continue;
        };
        refuse_foreign(&path, &meta, owner)?;
        if meta.is_dir() {
            tighten(&path, &meta, DIR_MODE)?;
            guard_engine_files(&path, owner)?;
        } else if meta.is_file() {
            tighten(&path, &meta, FILE_MODE)?;
        } else {
            return Err(StoreError::unsafe_path(&path, "it is not a plain file"));
        }
    }
    Ok(())
}

/// A folder's metadata, if it is a real folder that only its owner can write to.
pub(in crate::store) fn inspect_dir(path: &Path) -> Result<Metadata, StoreError> {
    let meta = fs::symlink_metadata(path).map_err(|e| StoreError::io("reading", path, e))?;
    if !meta.is_dir() {
        return Err(StoreError::unsafe_path(path, "it is not a plain folder"));
    }
    refuse_writable(path, &meta)?;
    Ok(meta)
}

/// The metadata of what stands at `path` itself, symlinks not followed.
pub(in crate::store) fn inspect(path: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(StoreError::io("reading", path, e)),
    }
}

fn refuse_writable(path: &Path, meta: &Metadata) -> Result<(), StoreError> {
    if meta.mode() & OTHERS_WRITE == 0 {
        return Ok(());
    }
    let why = format!(
        "others may write to it (mode {:04o}); look at what it holds, then `chmod go-rwx` it",
        meta.mode() & 0o7777
    );
    Err(StoreError::unsafe_path(path, why))
}

fn refuse_foreign(path: &Path, meta: &Metadata, owner: u32) -> Result<(), StoreError> {
    if meta.uid() == owner {
        return Ok(());
    }
    let why = format!("it belongs to user {}, we are user {owner}", meta.uid());
    Err(StoreError::unsafe_path(path, why))
}

fn tighten(path: &Path, meta: &Metadata, mode: u32) -> Result<(), StoreError> {
    if meta.mode() & OTHERS_ANY == 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(|e| StoreError::io("closing to others", path, e))
}

/// Opens for reading and writing, creating it for us alone, and makes sure that what was opened
/// is a plain file standing at that very path, not something behind a symlink.
pub(in crate::store) fn open_own(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(path)
        .map_err(|e| StoreError::io("opening", path, e))?;
    let opened = file
        .metadata()
        .map_err(|e| StoreError::io("reading", path, e))?;
    match inspect(path)? {
        Some(meta) if meta.is_file() && same_file(&meta, &opened) => Ok(file),
        Some(_) => Err(StoreError::unsafe_path(path, "it is not a plain file")),
        None => Err(StoreError::Refused(format!(
            "{} was removed while it was being opened",
            path.display()
        ))),
    }
}

fn same_file(a: &Metadata, b: &Metadata) -> bool {
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

fn create_new(path: &Path) -> Result<File, StoreError> {
    // O_EXCL follows no symlink.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)
        .map_err(|e| StoreError::io("creating", path, e))
}

/// Whether a replaced file must survive a power cut the moment the call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Durability {
    /// Yes: file and folder are fsynced.
    Synced,
    /// No: it can be made again from something that is.
    Derived,
}

/// Where the new bytes of a file stand until it is put in place. Whoever replaces it holds the lock, so that one name
/// for each target is enough.
pub(in crate::store) fn temporary(path: &Path) -> PathBuf {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    PathBuf::from(temporary)
}

/// Puts a file in place in one motion: readers see the old bytes or the new ones.
pub(in crate::store) fn replace(
    path: &Path,
    bytes: &[u8],
    durability: Durability,
) -> Result<(), StoreError> {
    prepare(path, bytes, durability)?;
    put_in_place(path, durability)
}

/// The first half of it, which is all that needs room: the new bytes, beside the file.
pub(in crate::store) fn prepare(
    path: &Path,
    bytes: &[u8],
    durability: Durability,
) -> Result<(), StoreError> {
    let temporary = temporary(path);
    remove_if_present(&temporary)?;
    or_remove(&temporary, write_new(&temporary, bytes, durability))
}

/// The other half: what was prepared gets its name.
pub(in crate::store) fn put_in_place(
    path: &Path,
    durability: Durability,
) -> Result<(), StoreError> {
    let temporary = temporary(path);
    or_remove(&temporary, rename(&temporary, path))?;
    match durability {
        Durability::Synced => sync_parent(path),
        Durability::Derived => Ok(()),
    }
}

/// On a full disk a file that is of no use would keep the very room that others need now.
fn or_remove(temporary: &Path, done: Result<(), StoreError>) -> Result<(), StoreError> {
    if done.is_err() {
        let _ignored = fs::remove_file(temporary);
    }
    done
}

fn write_new(path: &Path, bytes: &[u8], durability: Durability) -> Result<(), StoreError> {
    let mut file = create_new(path)?;
    file.write_all(bytes)
        .map_err(|e| StoreError::io("writing", path, e))?;
    match durability {
        Durability::Synced => sync(path),
        Durability::Derived => Ok(()),
    }
}

/// Renames without syncing the folder.
pub(in crate::store) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(|e| StoreError::io("putting in place", to, e))
}

/// Makes a file or folder durable as it is now.
pub(super) fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| StoreError::io("syncing", path, e))
}

/// Makes the name of a file durable.
pub(in crate::store) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync(Path::new(".")),
        Some(parent) => sync(parent),
        None => Ok(()),
    }
}

/// Syncs everything below a folder, then the folder.
pub(in crate::store) fn sync_tree(dir: &Path) -> Result<(), StoreError> {
    for path in children(dir)? {
        match inspect(&path)? {
            Some(meta) if meta.is_dir() => sync_tree(&path)?,
            Some(_) => sync(&path)?,
            None => {}
        }
    }
    sync(dir)
}

/// What a folder holds, sorted.
pub(in crate::store) fn children(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = fs::read_dir(dir).map_err(|e| StoreError::io("listing", dir, e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| StoreError::io("listing", dir, e))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Removes a folder with all that is in it, if that can be done: it is in nobody's way but for its room.
pub(in crate::store) fn discard_dir(path: &Path) {
    let _ignored = fs::remove_dir_all(path);
}

/// Removes a file that may be absent.
pub(in crate::store) fn remove_if_present(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(StoreError::io("removing", path, e)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The digest of a plan's bytes; none when it is absent.
pub(in crate::store) fn digest_of(path: &Path) -> Result<Option<Digest>, StoreError> {
    Ok(read_bounded(path, PLAN_BYTES_MAX)?.map(|bytes| Digest::of_bytes(&bytes)))
}

/// Copies a file of ours into a folder, for us alone.
pub(in crate::store) fn copy(from: &Path, folder: &Path) -> Result<(), StoreError> {
    let Some(name) = from.file_name() else {
        return Ok(());
    };
    // The mode goes with the copy.
    fs::copy(from, folder.join(name))
        .map(drop)
        .map_err(|e| StoreError::io("copying", from, e))
}

/// The size of a file, or of all files below a folder.
pub(in crate::store) fn bytes_below(path: &Path) -> Result<u64, StoreError> {
    match inspect(path)? {
        Some(meta) if meta.is_dir() => {
            let mut sum = 0;
            for child in children(path)? {
                sum += bytes_below(&child)?;
            }
            Ok(sum)
        }
        Some(meta) => Ok(meta.len()),
        None => Ok(0),
    }
}

/// The last `limit` bytes of a file, and where they begin.
pub(in crate::store) fn read_end(path: &Path, limit: u64) -> Result<(u64, Vec<u8>), StoreError> {
    let reading = |e| StoreError::io("reading", path, e);
    let mut file = File::open(path).map_err(reading)?;
    let length = file.metadata().map_err(reading)?.len();
    let from = length.saturating_sub(limit);
    file.seek(SeekFrom::Start(from)).map_err(reading)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(reading)?;
    Ok((from, bytes))
}

/// Reads a whole file of at most `limit` bytes; none when it is absent.
pub(in crate::store) fn read_bounded(
    path: &Path,
    limit: usize,
) -> Result<Option<Vec<u8>>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(StoreError::io("opening", path, e)),
    };
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| StoreError::io("reading", path, e))?;
    if bytes.len() > limit {
        return Err(StoreError::TooLarge {
            what: path.display().to_string(),
            size: bytes.len(),
            limit,
        });
    }
    Ok(Some(bytes))
}
