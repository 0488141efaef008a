//! The world of `--simulate`, between two commands.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::model::Digest;
use crate::sim::{SCENARIO_BYTES_MAX, Scenario, World};

use crate::cli::failure::{Failure, Situation};
use crate::cli::private_files::{make_private, write_private};
use crate::cli::surroundings::read_bounded;

/// A simulated world and the file it is kept in.
#[derive(Clone)]
pub(super) struct SavedWorld {
    pub(super) world: Arc<Mutex<World>>,
    path: PathBuf,
}

impl SavedWorld {
    /// A world that is kept in this folder.
    pub(super) fn new(world: World, folder: &Path) -> Self {
        Self {
            world: Arc::new(Mutex::new(world)),
            path: folder.join("world.json"),
        }
    }

    /// Keeps it as it is now.
    pub(super) fn write(&self, world: &World) -> Result<(), Failure> {
        write_private(&self.path, &world.save())
    }
}

/// The world of a scenario as it was left, or as the scenario begins.
///
/// The folder carries a digest of the scenario: an edited scenario is another world.
pub(super) fn open_world(home: &Path, scenario: &Path) -> Result<(PathBuf, World), Failure> {
    let bytes = read_bounded(scenario, SCENARIO_BYTES_MAX as u64)?;
    let stem = scenario
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    let stem = stem
        .split('.')
        .next()
        .filter(|stem| !stem.is_empty())
        .unwrap_or("world")
        .to_owned();
    let digest = Digest::of_bytes(&bytes);
    let folder = home
        .join("simulated")
        .join(format!("{stem}-{}", digest.short(8)));
    let unusable = |error: &dyn std::error::Error| {
        Failure::from_error(
            Situation::BadInput,
            &format!("use {}", scenario.display()),
            error,
        )
    };
    let path = folder.join("world.json");
    let world = if path.exists() {
        let saved = read_bounded(&path, SCENARIO_BYTES_MAX as u64)?;
        World::load(&saved).map_err(|error| {
            Failure::from_error(
                Situation::BadInput,
                &format!("read {}", path.display()),
                &error,
            )
            .hint(format!(
                "remove {} to begin that world anew",
                folder.display()
            ))
        })?
    } else {
        let text = String::from_utf8(bytes).map_err(|error| unusable(&error))?;
        let scenario = Scenario::read(&text).map_err(|error| unusable(&error))?;
        let begin = scenario.start;
        World::new(&scenario, begin)
    };
    make_private(&folder)?;
    Ok((folder, world))
}
