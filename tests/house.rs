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
    let (doors, mut faults) = (doors(), Vec::new());
    for file in files() {
        let own = module_of(&file);
        for named in paths_inside(&file, &own) {
            if let Some(at) = first_fork(&own, &named)
                && let Some(order) = doors.get(&own[..at])
                && let (Some(own), Some(other)) = (place(order, &own[at]), place(order, &named[at]))
                && other > own
            {
                let named = named.join("::");
                faults.push(format!(
                    "{} imports {named}, which stands below it",
                    file.path.display()
                ));
            }
        }
    }
    report(&faults);
}

/// A file's own path of modules; that of a door is its folder's.
fn module_of(file: &File) -> Vec<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inside = file.path.strip_prefix(src).unwrap().with_extension("");
    let mut path: Vec<String> = inside
        .components()
        .map(|part| part.as_os_str().to_str().unwrap().to_owned())
        .collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// Everything of its own room that a file names, as paths of modules that end in whatever is named there.
fn paths_inside(file: &File, own: &[String]) -> BTreeSet<Vec<String>> {
    let parent = &own[..own.len() - 1];
    let room = &own[..1];
    let from_the_room = format!("crate::{}::", own[0]);
    let heads = [(from_the_room.as_str(), room), ("super::", parent)];
    let mut paths = BTreeSet::new();
    for (head, base) in heads {
        for (at, _) in file.code.match_indices(head) {
            let rest = file.code[at + head.len()..].split(|c: char| !is_of_a_path(c));
            let words = rest.take(1).flat_map(|words| words.split("::"));
            let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
            paths.insert(base.iter().cloned().chain(words).collect());
        }
    }
    paths
}

fn is_of_a_path(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// The floor on which two paths part; none where one of them ends first: a door may name what is in its folder, and
/// what is in a folder may name what its door has.
fn first_fork(own: &[String], named: &[String]) -> Option<usize> {
    (0..own.len().min(named.len())).find(|at| own[*at] != named[*at])
}

fn place(order: &[String], module: &str) -> Option<usize> {
    order.iter().position(|other| other == module)
}

/// Every folder with a door, as a path of modules, and its modules in the order of the door.
fn doors() -> BTreeMap<Vec<String>, Vec<String>> {
    let doors = files().into_iter();
    let doors = doors.filter(|file| file.path.ends_with("mod.rs"));
    doors
        .map(|door| {
            let modules = door.code.lines().filter_map(|line| {
                let words = line.trim().strip_suffix(';')?;
                let name = words.rsplit_once("mod ")?.1;
                name.chars()
                    .all(|c| c.is_alphanumeric() || c == '_')
                    .then(|| name.to_owned())
            });
            let modules = modules.collect();
            (module_of(&door), modules)
        })
        .collect()
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

/// `fn`, after who may call it and how.
fn begins_a_function(line: &str) -> bool {
    let shown = line.strip_prefix("pub(");
    let line = shown.map_or(line, |rest| {
        rest.split_once(") ").map_or(rest, |(_, rest)| rest)
    });
    let Some((words, _)) = line.split_once("fn ") else {
        return false;
    };
    let mut words = words.split_whitespace();
    words.all(|word| ["pub", "const", "async"].contains(&word))
}

/// Functions with their length: rustfmt puts the closing brace under the first letter of the item.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let is_function = begins_a_function(line.trim_start());
        if !is_function {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        if let Some(length) = lines[at..].iter().position(|line| *line == close) {
            let name = line.split("fn ").nth(1).unwrap_or_default();
            let name = name.split('(').next().unwrap_or_default();
            found.push((name.to_owned(), length + 1));
        }
    }
    found
}
