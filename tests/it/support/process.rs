//! The program as its users run it: a child process, with its own clock, that can be killed.

use super::store::Store;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

/// How long a start or a stop may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A `caucus serve` that runs.
pub struct Process {
    pub base: String,
    child: Child,
    log: PathBuf,
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The command line of the program over a store, with no settings from elsewhere.
pub fn caucus(store: &Store) -> Command {
    let settings = store.folder.path().join("caucus.toml");
    if !settings.exists() {
        std::fs::write(&settings, "").unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_caucus"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CAUCUS_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command.arg("--config").arg(settings).arg("--data-dir").arg(store.folder.path());
    command.arg("--database-url").arg(store.url_text());
    command
}

/// Runs a command to its end with `input` on its standard input.
pub fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that needs no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

impl Process {
    /// Starts the server on `port` and waits until it is ready.
    pub async fn serve(store: &Store, port: u16) -> Self {
        let mut command = caucus(store);
        command.args(["--public-url", &format!("http://127.0.0.1:{port}")]);
        Self::start(command, store, port).await
    }

    /// The same with a command that was prepared.
    pub async fn start(mut command: Command, store: &Store, port: u16) -> Self {
        let log = store.folder.path().join(format!("serve-{port}.log"));
        let to_log = || std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let base = format!("http://127.0.0.1:{port}");
        command.args(["--listen", &format!("127.0.0.1:{port}"), "serve"]);
        let child = command.stdin(Stdio::null()).stdout(to_log()).stderr(to_log()).spawn().unwrap();
        let mut process = Self { base, child, log };
        process.wait_until_ready().await;
        process
    }

    async fn wait_until_ready(&mut self) {
        let ready = async {
            while get_status(&format!("{}/readyz", self.base)).await != Some(200) {
                if let Some(status) = self.child.try_wait().unwrap() {
                    panic!("serve ended with {status}:\n{}", self.log());
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, ready).await.is_err() {
            panic!("serve did not become ready:\n{}", self.log());
        }
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGKILL: no last words.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit status it ends with.
    pub async fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let ended = async {
            loop {
                match self.child.try_wait().unwrap() {
                    Some(status) => return status,
                    None => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, ended).await {
            Ok(status) => status,
            Err(_) => panic!("serve did not stop:\n{}", self.log()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone after kill and terminate; a test that failed must not leave it behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_types, reason = "the test asks from outside")]
async fn get_status(url: &str) -> Option<u16> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().unwrap();
    client.get(url).send().await.ok().map(|answer| answer.status().as_u16())
}
