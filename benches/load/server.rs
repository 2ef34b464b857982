//! The server under test: the release binary, started as anybody would start it.

use anyhow::{Context as _, bail};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_caucus");

/// A running `caucus serve`.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// From the start of the process to the first answer.
    pub start_time: Duration,
}

/// Where the data of a run is.
pub struct Place {
    pub data_dir: PathBuf,
    pub database_url: Option<String>,
    pub port: u16,
}

impl Place {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(&self.data_dir)
            .arg("--public-url")
            .arg(format!("http://127.0.0.1:{}", self.port))
            .env("CAUCUS_CABALS_PER_DAY", "1000")
            .env("RUST_LOG", "warn")
            .current_dir(&self.data_dir);
        if let Some(url) = &self.database_url {
            command.arg("--database-url").arg(url);
        }
        command
    }

    /// Runs a command to its end and gives what it printed.
    pub fn run(&self, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let mut child = self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.take().context("stdin")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("caucus {} failed", arguments.join(" "));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts the server and waits for its first answer.
    pub fn serve(&self) -> anyhow::Result<Server> {
        let address = format!("127.0.0.1:{}", self.port);
        let started = Instant::now();
        let log = std::fs::File::create(self.data_dir.join("serve.log"))?;
        let child = self.command(&["serve", "--listen", &address]).stdout(Stdio::null()).stderr(log).spawn()?;
        let mut server = Server { child, address, start_time: Duration::ZERO };
        while !server.answers() {
            if started.elapsed() > Duration::from_secs(30) || server.child.try_wait()?.is_some() {
                bail!("the server did not start: {}", std::fs::read_to_string(self.data_dir.join("serve.log"))?);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        server.start_time = started.elapsed();
        Ok(server)
    }
}

impl Server {
    fn answers(&self) -> bool {
        use std::io::Read as _;
        let Ok(mut stream) = std::net::TcpStream::connect(&self.address) else { return false };
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        let mut answer = String::new();
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    /// Resident memory in MiB.
    pub fn memory_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).context("VmRSS")?;
        let kib: f64 = line.split_whitespace().nth(1).context("a figure")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// Ends the server as an operator would.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The size of the binary in MiB.
pub fn binary_mib() -> anyhow::Result<f64> {
    let bytes = std::fs::metadata(Path::new(BINARY))?.len();
    Ok(f64::from(u32::try_from(bytes / 1024)?) / 1024.0)
}
