//! Somebody's working folder: a manifest, a cloud to try it on, and the program with a clean environment.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::process::{Ended, Running};
use crate::server::Server;

#[path = "secrets.rs"]
mod secrets;
pub(crate) use secrets::Secret;

/// How many times faster than real time most stories run.
pub(crate) const FAST: u32 = 200;

/// The folders of the houses that stand: two of one name would empty each other's.
static TAKEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A folder with `fleet.yaml` and `fleet.cloud.yaml`, and the cloud served.
pub(crate) struct House {
    pub(crate) folder: PathBuf,
    pub(crate) server: Server,
    /// What `fleet:` says.
    pub(crate) fleet: String,
    env: Vec<(&'static str, String)>,
    secret: Secret,
    /// What stands behind every command.
    always: &'static str,
}

impl House {
    /// A made-up fleet; `made_up` is what `sim generate` takes.
    pub(crate) fn generated(name: &str, made_up: &str, speed: u32) -> Self {
        let folder = empty_folder(name);
        let generate = format!("sim generate {made_up} --out .");
        let generated = Running::start(&mut respec(&folder, &[], &generate));
        generated.ended().exits(0);
        Self::serve(folder, speed)
    }

    /// A fleet written by hand.
    pub(crate) fn with(name: &str, manifest: &str, cloud: &str, speed: u32) -> Self {
        let folder = empty_folder(name);
        fs::write(folder.join("fleet.yaml"), manifest).unwrap();
        fs::write(folder.join("fleet.cloud.yaml"), cloud).unwrap();
        Self::serve(folder, speed)
    }

    fn serve(folder: PathBuf, speed: u32) -> Self {
        mark_the_key(&folder);
        let server = Server::start(&folder.join("fleet.cloud.yaml"), speed);
        let manifest = fs::read_to_string(folder.join("fleet.yaml")).unwrap();
        let fleet = manifest
            .lines()
            .find_map(|line| line.strip_prefix("fleet: "));
        let env = vec![
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", server.key_id.clone()),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", server.key_secret.clone()),
            ("RESPEC_ENDPOINT", server.url.clone()),
            ("RESPEC_SPEED", speed.to_string()),
            // Whatever machine the tests run on, its own role is none of their business.
            ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true".to_owned()),
            // Whoever listens to everything may not hear the secret either.
            ("RUST_LOG", "trace".to_owned()),
        ];
        Self {
            fleet: fleet.unwrap_or_default().to_owned(),
            folder,
            secret: Secret::new(&server.key_secret),
            server,
            env,
            always: "",
        }
    }

    /// The same house with one more variable, or another value for one.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.env.push((name, value.to_owned()));
    }

    /// Puts these options behind every command from now on.
    pub(crate) fn always(&mut self, options: &'static str) {
        self.always = options;
    }

    /// `respec` with these arguments, separated by spaces.
    pub(crate) fn command(&self, args: &str) -> Command {
        respec(&self.folder, &self.env, &format!("{args} {}", self.always))
    }

    /// Starts it.
    pub(crate) fn start(&self, args: &str) -> Running {
        let running = Running::start(&mut self.command(args));
        // Whoever lists the processes of the machine sees their arguments.
        let listed = fs::read(format!("/proc/{}/cmdline", running.id())).unwrap_or_default();
        assert_eq!(
            self.secret.found_in(&listed),
            None,
            "in its arguments: {args}"
        );
        running
    }

    /// Starts it at a terminal, where somebody types these lines.
    pub(crate) fn start_at_a_terminal(&self, args: &str, typed: &str) -> (Running, File) {
        let (running, mut keyboard) = Running::at_a_keyboard(&mut self.command(args));
        keyboard.write_all(typed.as_bytes()).unwrap();
        (running, keyboard)
    }

    /// Runs `respec` to its end.
    #[track_caller]
    pub(crate) fn run(&self, args: &str) -> Ended {
        let ended = self.start(args).ended();
        for said in [&ended.stdout, &ended.stderr] {
            assert_eq!(
                self.secret.found_in(said.as_bytes()),
                None,
                "the secret was said: {ended}"
            );
        }
        ended
    }

    /// Runs `respec` without `--endpoint`, key or speed.
    #[track_caller]
    pub(crate) fn run_without_cloud(&self, args: &str) -> Ended {
        Running::start(&mut respec(&self.folder, &[], args)).ended()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    /// Changes the manifest's text.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let old = self.read("fleet.yaml");
        assert!(old.contains(from), "{from} stands nowhere in\n{old}");
        self.write("fleet.yaml", old.replacen(from, to, 1));
    }

    /// The one run that is open, or the last one.
    pub(crate) fn last_run(&self) -> String {
        let history = self.run("history -json").exits(0).json();
        let runs = history["runs"].as_array().unwrap();
        let newest = runs.iter().max_by_key(|run| run["opened_at"].as_str());
        newest.unwrap()["run"].as_str().unwrap().to_owned()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }
}

/// Gives the cloud a key of this story's own, where the story does not write one. Its secret holds what
/// encodings would change, and the story's name: whose it is can be told wherever it turns up.
fn mark_the_key(folder: &Path) {
    let scenario = folder.join("fleet.cloud.yaml");
    let text = fs::read_to_string(&scenario).unwrap();
    if text.starts_with("keys:") || text.contains("\nkeys:") {
        return;
    }
    let story = folder.file_name().unwrap().to_string_lossy();
    let key =
        format!("keys: [{{id: id-of-{story}, secret: 'marked+{story}/with=odd&signs0123456789'}}]");
    fs::write(&scenario, format!("{text}\n{key}\n")).unwrap();
}

/// Every story of this target ends with a search of every byte it wrote.
impl Drop for House {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.secret.is_in_no_file_below(&self.folder);
        }
        // Another story may have the name now, in its turn.
        if let Ok(mut taken) = TAKEN.lock() {
            taken.remove(&self.folder);
        }
    }
}

fn respec(folder: &Path, env: &[(&'static str, String)], args: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_respec"));
    command
        .args(args.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("USER", "tester")
        .env("LANG", "C.UTF-8")
        .envs(env.iter().map(|(name, value)| (*name, value)));
    command
}

fn empty_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(env!("CARGO_CRATE_NAME"))
        .join(name);
    let is_free = TAKEN.lock().unwrap().insert(folder.clone());
    assert!(is_free, "two stories at once are called {name}");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}
