//! Manifests from disk: which files, their bytes, and what is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::manifest::{self, Source};
use crate::model::{DesiredFleet, Digest, Finding, ObservedFleet};
use crate::plan;
use crate::report::findings::{Paint, findings};

use super::failure::{Failure, Situation};
use super::surroundings::read_bounded;

/// Largest manifest file.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A manifest that was read without errors.
pub struct Input {
    /// What it says.
    pub fleet: DesiredFleet,
    /// Warnings, rendered; may be empty.
    pub warnings: String,
    sources: Vec<Source>,
}

impl Input {
    /// Reads the files and folders of a command line as one fleet.
    ///
    /// # Errors
    /// [`Failure`] with every finding rendered.
    pub fn read(paths: &[PathBuf], paint: Paint) -> Result<Self, Failure> {
        let sources = read_all(paths)?;
        let reading = manifest::read(&sources);
        let rendered = render(&sources, &reading.findings, paint);
        match reading.fleet {
            Some(fleet) => Ok(Self {
                fleet,
                warnings: rendered,
                sources,
            }),
            None => Err(refused(rendered)),
        }
    }

    /// The same files, with their selectors answered by what was seen. Only what is new to say is a
    /// warning then.
    ///
    /// # Errors
    /// [`Failure`] with every finding rendered.
    pub fn against(&self, observed: &ObservedFleet, paint: Paint) -> Result<Self, Failure> {
        let before = manifest::read(&self.sources).findings;
        let reading = manifest::read_against(&self.sources, observed);
        match reading.fleet {
            Some(fleet) => {
                let mut news = reading.findings;
                news.retain(|finding| !before.contains(finding));
                Ok(Self {
                    fleet,
                    warnings: render(&self.sources, &news, paint),
                    sources: self.sources.clone(),
                })
            }
            None => Err(refused(render(&self.sources, &reading.findings, paint))),
        }
    }

    /// The fleet with a made-up machine for whoever a selector finds, for those who ask no cloud.
    #[must_use]
    pub fn with_stand_ins(&self) -> DesiredFleet {
        manifest::read_with_stand_ins(&self.sources).unwrap_or_else(|| self.fleet.clone())
    }

    /// Everything that is wrong with the files, for a machine to read.
    ///
    /// # Errors
    /// [`Failure`] when a file cannot be read at all.
    pub fn findings(paths: &[PathBuf]) -> Result<Vec<Finding>, Failure> {
        Ok(manifest::read(&read_all(paths)?).findings)
    }

    /// The failure that these findings about the manifest make.
    #[must_use]
    pub fn refuse(&self, found: &[Finding], paint: Paint) -> Failure {
        refused(render(&self.sources, found, paint))
    }

    /// Names and digests of the files, for the plan file.
    #[must_use]
    pub fn sources(&self) -> Vec<plan::Source> {
        let source = |source: &Source| plan::Source {
            name: source.name.clone(),
            digest: Digest::of_bytes(&source.bytes),
        };
        self.sources.iter().map(source).collect()
    }
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    for path in manifest_files(paths)? {
        let bytes = read_bounded(&path, MANIFEST_BYTES_MAX)?;
        sources.push(Source {
            name: path.display().to_string(),
            bytes,
        });
    }
    Ok(sources)
}

fn render(sources: &[Source], found: &[Finding], paint: Paint) -> String {
    let texts: BTreeMap<&str, &[u8]> = sources
        .iter()
        .map(|source| (source.name.as_str(), source.bytes.as_slice()))
        .collect();
    findings(found, &texts, paint)
}

fn refused(rendered: String) -> Failure {
    let mut failure = Failure::new(Situation::BadInput, "the manifest cannot be used");
    failure.rendered = Some(rendered);
    failure
}

/// Folders stand for their `*.yaml`, scenarios and the policy file left out.
fn manifest_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(in_folder(path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |why: String| {
        Failure::new(
            Situation::BadInput,
            format!("failed to read {}: {why}", folder.display()),
        )
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| wrong(error.to_string()))? {
        let path = entry.map_err(|error| wrong(error.to_string()))?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let manifest =
            name.ends_with(".yaml") && !name.ends_with(".cloud.yaml") && name != "policy.yaml";
        if manifest && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(wrong(
            "it holds no manifest (*.yaml, *.cloud.yaml left out)".to_owned(),
        ));
    }
    files.sort();
    Ok(files)
}
