//! The house keeps its own rules: which room may import which, in what order, how large, how quiet.
//!
//! It needs no parser: rooms are named by `crate::room::…` paths everywhere, which this file finds
//! as text. `docs/architecture.md` says why the rules are as they are.

#![expect(
    clippy::unwrap_used,
    reason = "a test may stop where the tree cannot be read"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Reading order; each room with the rooms it may import.
const ROOMS: &[(&str, Kind, &[&str])] = &[
    ("planted", Kind::Pure, &[]),
    ("model", Kind::Pure, &[]),
    ("guide", Kind::Pure, &[]),
    ("manifest", Kind::Pure, &["model"]),
    ("diff", Kind::Pure, &["model"]),
    ("plan", Kind::Pure, &["planted", "model", "diff"]),
    ("saga", Kind::Pure, &["planted", "model", "plan"]),
    ("event", Kind::Pure, &["model", "plan", "saga"]),
    ("figures", Kind::Pure, &["model", "plan", "saga", "event"]),
    ("clock", Kind::Port, &[]),
    ("wire", Kind::Port, &[]),
    ("cloud", Kind::Port, &["model"]),
    ("journal", Kind::Port, &["saga"]),
    ("probe", Kind::Port, &["model"]),
    ("observe", Kind::Effect, &["model", "cloud"]),
    (
        "apply",
        Kind::Effect,
        &[
            "planted", "model", "diff", "plan", "saga", "event", "clock", "cloud", "journal",
            "probe",
        ],
    ),
    ("aliyun", Kind::Effect, &["model", "clock", "wire", "cloud"]),
    ("http", Kind::Effect, &["wire"]),
    ("runner", Kind::Effect, &["model", "probe"]),
    ("sim", Kind::Effect, &["guide", "clock", "wire"]),
    (
        "store",
        Kind::Effect,
        &["planted", "model", "saga", "journal"],
    ),
    (
        "rehearse",
        Kind::Effect,
        &[
            "model", "plan", "saga", "event", "figures", "clock", "probe", "apply", "aliyun",
            "sim", "store",
        ],
    ),
    (
        "report",
        Kind::Edge,
        &["model", "guide", "diff", "plan", "saga", "event", "figures"],
    ),
    (
        "cli",
        Kind::Edge,
        &[
            "model", "guide", "manifest", "diff", "plan", "saga", "event", "figures", "clock",
            "wire", "cloud", "journal", "probe", "observe", "apply", "aliyun", "http", "runner",
            "sim", "store", "rehearse", "report",
        ],
    ),
];

/// A file longer than this is refused; 400 lines already ask for a split.
const FILE_LINES_MAX: usize = 600;

/// A function longer than this is refused.
const FUNCTION_LINES_MAX: usize = 70;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pure,
    Port,
    Effect,
    Edge,
}

struct File {
    path: PathBuf,
    room: String,
    /// Without comments and without its inline tests.
    code: String,
    text: String,
}

fn files() -> Vec<File> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| read(&src, path))
        .collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            paths.push(path);
        }
    }
}

fn read(src: &Path, path: PathBuf) -> Option<File> {
    let inside = path.strip_prefix(src).unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    let room = first.trim_end_matches(".rs").to_owned();
    if room == "lib" || room == "main" {
        return None;
    }
    let text = fs::read_to_string(&path).unwrap();
    let own = text.split("#[cfg(test)]").next().unwrap();
    let code: Vec<&str> = own
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    Some(File {
        code: code.join("\n"),
        path,
        room,
        text,
    })
}

/// Every `prefix::word` in the text, as the words.
fn words_after<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    code.match_indices(prefix)
        .map(|(at, _)| &code[at + prefix.len()..])
        .map(|rest| {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .filter(|word| !word.is_empty())
        .collect()
}

fn allowed(room: &str) -> (Kind, &'static [&'static str]) {
    let row = ROOMS.iter().find(|(name, _, _)| *name == room);
    let (_, kind, may) = row.unwrap_or_else(|| panic!("room `{room}` is not in the table"));
    (*kind, may)
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn a_room_imports_only_rooms_above_it_and_in_its_row() {
    for (position, (room, kind, may)) in ROOMS.iter().enumerate() {
        for other in *may {
            let at = ROOMS.iter().position(|(name, _, _)| name == other).unwrap();
            assert!(at < position, "{room} is listed above {other}");
            if *kind == Kind::Pure {
                assert!(
                    allowed(other).0 == Kind::Pure,
                    "{room} is pure and imports {other}"
                );
            }
        }
    }
    let mut faults = Vec::new();
    for file in files() {
        let (_, may) = allowed(&file.room);
        for other in words_after(&file.code, "crate::") {
            let known = ROOMS.iter().any(|(name, _, _)| *name == other);
            if known && other != file.room && !may.contains(&other) {
                faults.push(format!("{} imports {other}", file.path.display()));
            }
        }
    }
    report(&faults);
}

#[test]
fn the_tour_lists_the_rooms_in_reading_order() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let table: Vec<&str> = ROOMS.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(listed, table);
}

#[test]
fn inside_a_room_a_file_imports_only_files_listed_above_it() {
    let mut faults = Vec::new();
    for (folder, order) in doors() {
        for (position, module) in order.iter().enumerate() {
            for path in bodies(&folder, module) {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                let code: Vec<&str> = code
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .collect();
                for named in words_after(&code.join("\n"), "super::") {
                    let at = order.iter().position(|other| other == named);
                    let deeper = path.parent() != Some(folder.as_path());
                    if !deeper && at.is_some_and(|at| at > position) {
                        faults.push(format!(
                            "{} imports {named}, which stands below it",
                            path.display()
                        ));
                    }
                }
            }
        }
    }
    report(&faults);
}

/// Every folder with a door, and its modules in the order of the door.
fn doors() -> BTreeMap<PathBuf, Vec<String>> {
    let doors = files()
        .into_iter()
        .filter(|file| file.path.ends_with("mod.rs"));
    doors
        .map(|door| {
            let modules = door.code.lines().filter_map(|line| {
                let words = line.trim().strip_suffix(';')?;
                let name = words.rsplit_once("mod ")?.1;
                name.chars()
                    .all(|c| c.is_alphanumeric() || c == '_')
                    .then(|| name.to_owned())
            });
            (door.path.parent().unwrap().to_owned(), modules.collect())
        })
        .collect()
}

fn bodies(folder: &Path, module: &str) -> Vec<PathBuf> {
    let file = folder.join(format!("{module}.rs"));
    if file.exists() {
        vec![file]
    } else {
        vec![folder.join(module).join("mod.rs")]
    }
}

#[test]
fn pure_rooms_neither_wait_nor_look_at_the_world() {
    let forbidden = [
        "async ",
        ".await",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "tokio::",
        "rand::",
        "HashMap",
        "HashSet",
        "SystemTime",
        "Instant",
        "Timestamp::now",
    ];
    let mut faults = Vec::new();
    for file in files()
        .iter()
        .filter(|file| allowed(&file.room).0 == Kind::Pure)
    {
        for word in forbidden {
            if file.code.contains(word) {
                faults.push(format!("{} is pure and says `{word}`", file.path.display()));
            }
        }
    }
    report(&faults);
}

#[test]
fn only_report_and_cli_speak() {
    let mut faults = Vec::new();
    for file in files()
        .iter()
        .filter(|file| allowed(&file.room).0 != Kind::Edge)
    {
        for word in [
            "print!",
            "println!",
            "eprint!",
            "eprintln!",
            "stdout()",
            "stderr()",
        ] {
            if file.code.contains(word) {
                faults.push(format!("{} says `{word}`", file.path.display()));
            }
        }
    }
    report(&faults);
}

#[test]
fn imports_are_spelled_out() {
    let mut faults = Vec::new();
    for file in files() {
        if file.code.contains("super::super") {
            faults.push(format!("{} climbs two floors", file.path.display()));
        }
        for line in file
            .code
            .lines()
            .filter(|line| line.trim_start().starts_with("use "))
        {
            if line.contains("::*") {
                faults.push(format!(
                    "{} imports everything: {line}",
                    file.path.display()
                ));
            }
        }
        if file.code.contains("#[allow(") {
            faults.push(format!(
                "{} silences a lint without a reason",
                file.path.display()
            ));
        }
    }
    report(&faults);
}

#[test]
fn doors_and_files_begin_with_what_they_are_for() {
    let silent = files()
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "));
    let faults: Vec<String> = silent
        .map(|file| format!("{} does not say what it is for", file.path.display()))
        .collect();
    report(&faults);
}

#[test]
fn files_and_functions_stay_small() {
    let mut faults = Vec::new();
    for file in files() {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{} has {lines} lines", file.path.display()));
        }
        for (name, length) in functions(&file.text) {
            if length > FUNCTION_LINES_MAX {
                faults.push(format!(
                    "{}: {name} has {length} lines",
                    file.path.display()
                ));
            }
        }
    }
    report(&faults);
}

/// Functions with their length: rustfmt puts the closing brace under the first letter of the item.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let is_function = [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "pub(super) fn ",
            "pub(super) async fn ",
        ]
        .iter()
        .any(|head| line.trim_start().starts_with(head));
        if !is_function {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        if let Some(length) = lines[at..].iter().position(|line| *line == close) {
            let name = line.trim().split('(').next().unwrap_or_default();
            found.push((name.to_owned(), length + 1));
        }
    }
    found
}
