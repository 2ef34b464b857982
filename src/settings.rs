//! Settings: one `caucus.toml`, every key overridable by `CAUCUS_…`, the four that matter at the
//! start also by flags. Unknown keys are refused, and all problems are told at once.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// Where the source of an unmodified Caucus is published.
pub const SOURCE_URL: &str = "https://caucus.example/source";

/// A switch of a library of ours that would let it connect to private addresses (security.md SS-11).
const ADDRESS_CHECK_OFF: &str = "DANGER_FEDERATION_ALLOW_LOCAL_IP";

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL, `postgres://…`.
    Postgres(String),
}

/// How the program logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that holds everything, created when missing.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address under which the world sees this instance: scheme, host, perhaps a port; no path.
    pub public_url: Url,
    /// The database.
    pub database_url: DatabaseUrl,
    /// Where the source of the running version is, for the AGPL's sake.
    pub source_url: Url,
    /// Plain http, ports and loopback peers; only where `public_url` names this machine.
    pub is_local_mode: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// How to log.
    pub log_format: LogFormat,
    /// How many cabals a member may form in a day (C1).
    pub cabals_per_day: u32,
}

/// What the command line may say.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data-dir`
    pub data_dir: Option<String>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--public-url`
    pub public_url: Option<String>,
    /// `--database-url`
    pub database_url: Option<String>,
}

/// The settings as written, before any check.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    data_dir: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    database_url: Option<String>,
    source_url: Option<String>,
    trusted_proxies: Option<Vec<String>>,
    log_format: Option<String>,
    cabals_per_day: Option<u32>,
}

const KEYS: &[&str] = &[
    "data_dir",
    "listen",
    "public_url",
    "database_url",
    "source_url",
    "trusted_proxies",
    "log_format",
    "cabals_per_day",
];

impl Settings {
    /// Reads file, environment and flags, in rising order of weight.
    ///
    /// # Errors
    /// Every problem, one plain sentence each.
    pub fn load(flags: &Flags, environment: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut written = read_file(flags.config.as_deref(), &mut problems);
        overlay_environment(&mut written, environment, &mut problems);
        for (flag, slot) in [
            (&flags.data_dir, &mut written.data_dir),
            (&flags.listen, &mut written.listen),
            (&flags.public_url, &mut written.public_url),
            (&flags.database_url, &mut written.database_url),
        ] {
            if flag.is_some() {
                slot.clone_from(flag);
            }
        }
        if environment.contains_key(ADDRESS_CHECK_OFF) {
            problems.push(format!(
                "{ADDRESS_CHECK_OFF} is set. It lets strangers make this server ask machines inside your network. Please unset it."
            ));
        }
        let settings = check(&written, &mut problems);
        match settings {
            Some(settings) if problems.is_empty() => Ok(settings),
            _ => Err(problems),
        }
    }
}

fn read_file(named: Option<&Path>, problems: &mut Vec<String>) -> Written {
    let path = named.unwrap_or(Path::new("caucus.toml"));
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).unwrap_or_else(|e| {
            problems.push(format!("{}: {} (known keys: {})", path.display(), e.message(), KEYS.join(", ")));
            Written::default()
        }),
        Err(e) if named.is_none() && e.kind() == std::io::ErrorKind::NotFound => Written::default(),
        Err(e) => {
            problems.push(format!("The settings file {} cannot be read: {e}.", path.display()));
            Written::default()
        }
    }
}

fn overlay_environment(written: &mut Written, environment: &BTreeMap<String, String>, problems: &mut Vec<String>) {
    for (name, value) in environment {
        let Some(key) = name.strip_prefix("CAUCUS_") else { continue };
        match key.to_ascii_lowercase().as_str() {
            "data_dir" => written.data_dir = Some(value.clone()),
            "listen" => written.listen = Some(value.clone()),
            "public_url" => written.public_url = Some(value.clone()),
            "database_url" => written.database_url = Some(value.clone()),
            "source_url" => written.source_url = Some(value.clone()),
            "trusted_proxies" => {
                written.trusted_proxies =
                    Some(value.split(',').map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect());
            }
            "log_format" => written.log_format = Some(value.clone()),
            "cabals_per_day" => match value.parse() {
                Ok(number) => written.cabals_per_day = Some(number),
                Err(_) => problems.push(format!("CAUCUS_CABALS_PER_DAY is {value:?}; please give a whole number.")),
            },
            // For the tests' second database; the program itself does not read it.
            "test_postgres" => {}
            _ => problems.push(format!(
                "{name} is not a setting. The settings are {}.",
                KEYS.iter().map(|k| format!("CAUCUS_{}", k.to_ascii_uppercase())).collect::<Vec<_>>().join(", ")
            )),
        }
    }
}

fn check(written: &Written, problems: &mut Vec<String>) -> Option<Settings> {
    let data_dir = PathBuf::from(written.data_dir.as_deref().unwrap_or("data"));
    let listen_text = written.listen.as_deref().unwrap_or("127.0.0.1:8080");
    let listen: Option<SocketAddr> = listen_text.parse().ok();
    if listen.is_none() {
        problems
            .push(format!("listen is {listen_text:?}; please give an address and a port, for example 127.0.0.1:8080."));
    }
    let public_url = check_public_url(written.public_url.as_deref(), listen, problems);
    let source_url = Url::parse(written.source_url.as_deref().unwrap_or(SOURCE_URL))
        .ok()
        .filter(|u| matches!(u.scheme(), "http" | "https"));
    if source_url.is_none() {
        problems.push("source_url must be the http or https address of this version's source.".to_owned());
    }
    let database_url = match written.database_url.as_deref() {
        None | Some("") => Some(DatabaseUrl::Sqlite(data_dir.join("caucus.sqlite"))),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Some(DatabaseUrl::Postgres(url.to_owned()))
        }
        Some(url) => match url.strip_prefix("sqlite://") {
            Some(path) if !path.is_empty() => Some(DatabaseUrl::Sqlite(PathBuf::from(path))),
            _ => {
                problems.push("database_url must begin with postgres:// or sqlite://; leave it out to use SQLite in the data folder.".to_owned());
                None
            }
        },
    };
    let log_format = match written.log_format.as_deref() {
        None | Some("text") => LogFormat::Text,
        Some("json") => LogFormat::Json,
        Some(other) => {
            problems.push(format!("log_format is {other:?}; please choose text or json."));
            LogFormat::Text
        }
    };
    let mut trusted_proxies = Vec::new();
    for text in written.trusted_proxies.iter().flatten() {
        match text.parse() {
            Ok(address) => trusted_proxies.push(address),
            Err(_) => problems.push(format!("trusted_proxies holds {text:?}, which is no IP address.")),
        }
    }
    let public_url = public_url?;
    Some(Settings {
        data_dir,
        listen: listen?,
        is_local_mode: is_local(&public_url),
        public_url,
        database_url: database_url?,
        source_url: source_url?,
        trusted_proxies,
        log_format,
        cabals_per_day: written.cabals_per_day.unwrap_or(5),
    })
}

fn check_public_url(written: Option<&str>, listen: Option<SocketAddr>, problems: &mut Vec<String>) -> Option<Url> {
    let fallback = format!("http://localhost:{}", listen.map_or(8080, |l| l.port()));
    let text = written.unwrap_or(&fallback);
    let parsed = Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some());
    let Some(url) = parsed else {
        problems.push(format!(
            "public_url is {text:?}; please give the address that the world sees, for example https://caucus.example."
        ));
        return None;
    };
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_bare {
        problems.push(format!(
            "public_url is {text:?}; it must have neither a path nor a user name, for example https://caucus.example."
        ));
    }
    if !is_local(&url) {
        if url.scheme() != "https" {
            problems.push(format!(
                "public_url is {text:?}; a public instance needs https. Plain http works only for localhost, loopback addresses and names that end in .localhost or .test."
            ));
        }
        if url.port().is_some() || !matches!(url.host(), Some(Host::Domain(name)) if name.contains('.')) {
            problems.push(format!("public_url is {text:?}; a public instance needs a domain name without a port."));
        }
        if cfg!(debug_assertions) {
            problems.push(
                "This is a debug build, which must not serve a public address. Please build with --release.".to_owned(),
            );
        }
    }
    Some(url)
}

/// True when the host is this machine: loopback, `localhost`, `.localhost` or `.test`.
pub fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost") || name.ends_with(".test"),
        None => false,
    }
}

#[cfg(test)]
mod tests;
