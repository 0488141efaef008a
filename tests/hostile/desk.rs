//! Where bad input is put before the program, within limits, and everything it says is written down.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Processor time of one run, in seconds: the kernel kills what takes longer.
const CPU_SECONDS: u32 = 1;

/// Address space of one run, in KiB. What is resident is never more.
const ADDRESS_SPACE_KIB: u32 = 256 * 1024;

/// Longest text of one case that is kept on the page; the program itself must not say much more.
const SAID_BYTES_MAX: usize = 8192;

pub(crate) const MANIFEST: &str = include_str!("fleet.yaml");

pub(crate) const CLOUD: &str = include_str!("fleet.cloud.yaml");

/// A working folder, and a page that keeps what was said in it.
pub(crate) struct Desk {
    pub(crate) folder: PathBuf,
    page: String,
    n_cases: usize,
}

/// How one run ended.
pub(crate) struct Said {
    /// None when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    /// An empty folder with a good manifest and a good cloud.
    pub(crate) fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("hostile")
            .join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        let desk = Self {
            folder,
            page: String::new(),
            n_cases: 0,
        };
        desk.put("fleet.yaml", MANIFEST);
        desk.put("fleet.cloud.yaml", CLOUD);
        desk
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    /// Runs `respec` with these arguments and these variables besides the few that it always has.
    pub(crate) fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Said {
        self.run_in_shell("", args, env)
    }

    /// The same after a few words to the shell, such as `umask 000;`.
    pub(crate) fn run_in_shell(&self, before: &str, args: &[&str], env: &[(&str, &str)]) -> Said {
        let limits = format!("ulimit -c 0 -t {CPU_SECONDS} -v {ADDRESS_SPACE_KIB}");
        let line = format!("{limits} && {before} exec \"$@\"");
        let output = Command::new("/bin/bash")
            .args(["-c", &line, "bash", env!("CARGO_BIN_EXE_respec")])
            .args(args)
            .current_dir(&self.folder)
            .env_clear()
            .env("HOME", &self.folder)
            .env("LANG", "C.UTF-8")
            .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// No state was made, and the simulated cloud is as its scenario begins.
    pub(crate) fn is_untouched(&self) -> bool {
        let state = self.folder.join("state");
        let names = |folder: PathBuf| -> Vec<String> {
            let entries = fs::read_dir(folder).into_iter().flatten();
            entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        };
        let worlds = names(state.join("simulated"));
        names(state).iter().all(|name| name == "simulated")
            && worlds
                .iter()
                .all(|world| names(self.folder.join("state/simulated").join(world)).is_empty())
    }

    /// One case on the page: refused, with this exit code, and nothing on stdout.
    #[track_caller]
    pub(crate) fn refused(&mut self, what: &str, code: i32, said: &Said) {
        assert_eq!(
            said.code,
            Some(code),
            "{what}: {}{}",
            said.stdout,
            said.stderr
        );
        assert_eq!(said.stdout, "", "{what}");
        assert!(said.stderr.contains("error"), "{what}: {}", said.stderr);
        self.keep(what, said);
    }

    /// One case on the page, however it ended.
    #[track_caller]
    pub(crate) fn keep(&mut self, what: &str, said: &Said) {
        let code = said
            .code
            .unwrap_or_else(|| panic!("{what}: killed: {}", said.stderr));
        assert!(!said.stderr.contains("panicked"), "{what}: {}", said.stderr);
        let text = format!("{}{}", said.stdout, said.stderr);
        assert!(is_tame(&text), "{what}: {text:?}");
        assert_eq!(command_in(&text), None, "{what}");
        assert!(
            text.len() <= SAID_BYTES_MAX,
            "{what}: {} bytes: {text}",
            text.len()
        );
        self.n_cases += 1;
        writeln!(self.page, "## {what}\nexit {code}\n{}\n", text.trim_end()).unwrap();
    }

    /// The page is as it was the last time, and has at least so many cases.
    #[track_caller]
    pub(crate) fn page_is(&self, name: &str, at_least: usize) {
        assert!(self.n_cases >= at_least, "{} cases", self.n_cases);
        let here = self.folder.to_str().unwrap();
        let page = self.page.replace(here, "<folder>");
        same(name, &page);
    }
}

/// No byte that a terminal would obey, and nothing that turns the direction of reading. Joiners stay: scripts
/// and faces are made with them.
pub(crate) fn is_tame(text: &str) -> bool {
    let is_wild = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    !text.chars().any(is_wild)
}

/// The first line that GitHub's runner would take for a command: `::` behind blanks, or `##[` anywhere. JSON may hold
/// the latter, for its bytes are what a program reads; and the `:::` by which a finding points to a second place
/// names no command.
pub(crate) fn command_in(text: &str) -> Option<&str> {
    let is_command = |line: &&str| {
        let start = line.trim_start();
        let begins = start.starts_with("::") && !start.starts_with("::: ");
        begins || (line.contains("##[") && !start.starts_with('{'))
    };
    text.lines().find(is_command)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told by its environment to bless"
)]
fn same(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/hostile")
        .join(format!("{name}.expected"));
    if std::env::var("RESPEC_BLESS").is_ok() {
        fs::write(&path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let diff = similar::TextDiff::from_lines(expected.as_str(), text);
    let diff = diff.unified_diff().header("expected", "now").to_string();
    assert!(expected == text, "{name} reads differently:\n{diff}");
}
