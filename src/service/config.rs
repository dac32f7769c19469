//! What the service is told from outside: the environment, a `.env` file, the command line. Reads no file but
//! `.env` and opens nothing; a broken database address is kept, not refused, because the service runs without one.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};

use super::log;
use super::network::AddressRange;
use super::telemetry;

/// Where the rows go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// The embedded store: a SQLite file.
    Sqlite(PathBuf),
    /// A `postgres://` address, password and all: never print it.
    Postgres(String),
    /// An address that cannot be one; the text says why. The service runs and says that it is not connected.
    Unusable(String),
}

/// Everything `serve` needs. `Config::from_environment` gives the contract's defaults.
#[derive(Debug, Clone)]
pub struct Config {
    pub address: IpAddr,
    pub port: u16,
    /// The second listener, for Prometheus; `None` leaves it out.
    pub prometheus_port: Option<u16>,
    pub database: Database,
    /// Holds the embedded database and the spool; created when missing, used by one process at a time.
    pub data_dir: PathBuf,
    pub environment: String,
    pub api_key: Option<String>,
    /// What asks for the key beside /track, /refresh-metrics and /analytics.
    pub protect: Protect,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<AddressRange>,
    /// The origins whose pages may read answers; `None` is all, as the contract has it.
    pub origins: Option<Vec<String>>,
    /// Whether missing tables are made.
    pub migration: Migration,
    /// 400 and 415 instead of the course's 500 for what is no JSON.
    pub strict: bool,
    /// A path prefix to strip, `/stage/function`, without a slash at its end.
    pub base_path: Option<String>,
    pub log_level: log::ServiceLogLevel,
    pub log_format: log::LogFormat,
    pub telemetry: telemetry::TelemetrySettings,
    pub limits: ClientLimits,
    /// Threads that serve HTTP.
    pub workers: usize,
}

/// Whether a program may make tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    Apply,
    /// The tables are made by somebody else, by a role with more rights.
    Expect,
}

/// What asks for the key only when told to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Protect {
    pub metrics: bool,
    pub dashboard: bool,
}

/// How often a client may ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    Unlimited,
    /// Requests a second.
    PerSecond(f64),
    /// The limits of the course's Lab 10, by route.
    Course,
}

/// What a client may cost.
#[derive(Debug, Clone)]
pub struct ClientLimits {
    /// Bytes of a request body.
    pub body: usize,
    /// From the first byte of a connection's request to the end of its headers.
    pub header_time: Duration,
    /// From the end of the headers to the answer.
    pub request_time: Duration,
    /// How long a stop waits for requests under way.
    pub grace: Duration,
    pub rate: Rate,
    /// Bytes of events that wait on disk for the database.
    pub spool: u64,
    /// Distinct `business_id` label values before the rest is counted as `other`.
    pub businesses: usize,
    /// Connections at once; more wait in the kernel's queue.
    pub connections: usize,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            body: 64 * 1024,
            header_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            grace: Duration::from_secs(10),
            rate: Rate::Unlimited,
            spool: 64 * 1024 * 1024,
            businesses: 1_000,
            connections: 4_096,
        }
    }
}

/// The process environment over a `.env` file: a variable that is set and not empty wins.
#[derive(Debug, Default)]
pub struct ProcessEnvironment(BTreeMap<String, String>);

impl ProcessEnvironment {
    /// Reads the process environment and `.env` in `dir`, when there is one.
    ///
    /// # Errors
    /// When `.env` exists and cannot be read or a line of it is no `NAME=value`.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(".env");
        let mut values = match std::fs::read_to_string(&path) {
            Ok(text) => parse_dotenv(&text).with_context(|| format!("in {}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        values.extend(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?)).filter(|(_, value)| !value.is_empty())
        }));
        Ok(Self(values))
    }

    /// These variables and no others.
    pub fn of<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// A variable's value, unless it is unset or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A variable that is true or false, false when it is unset.
    ///
    /// # Errors
    /// When it is neither.
    pub fn flag(&self, name: &str) -> anyhow::Result<bool> {
        match self.get(name) {
            None | Some("0" | "false" | "no" | "off") => Ok(false),
            Some("1" | "true" | "yes" | "on") => Ok(true),
            Some(other) => bail!("{name} must be true or false, and is {other:?}"),
        }
    }

    /// A variable's values between commas.
    fn list(&self, name: &str) -> Vec<String> {
        let text = self.get(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn parse<T: FromStr>(&self, name: &str, what: &str) -> anyhow::Result<Option<T>> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| anyhow::anyhow!("{name} must be {what}, and is {text:?}")))
            .transpose()
    }
}

impl Config {
    /// The contract's environment variables, and the service's own: `MLOPS_DATA_DIR`, `MLOPS_STRICT`,
    /// `MLOPS_NO_MIGRATE`, `MLOPS_PROTECT`, `TRUSTED_PROXIES`, `CORS_ORIGINS`, `API_GATEWAY_BASE_PATH`, `LOG_LEVEL`,
    /// `LOG_FORMAT`, `RATE_LIMIT`, `MAX_BODY_BYTES`, `SPOOL_MAX_BYTES`, `MAX_BUSINESSES`, `SERVICE_HOST`.
    ///
    /// # Errors
    /// When a number, a level or a format is none. `DATABASE_URL` is never an error: see [`Database::Unusable`].
    pub fn from_environment(env: &ProcessEnvironment) -> anyhow::Result<Self> {
        let data_dir = PathBuf::from(env.get("MLOPS_DATA_DIR").unwrap_or(".mlopsctl/service"));
        let mut limits = ClientLimits::default();
        const WHOLE: &str = "a whole number";
        if let Some(bytes) = env.parse("MAX_BODY_BYTES", WHOLE)? {
            limits.body = bytes;
        }
        if let Some(bytes) = env.parse("SPOOL_MAX_BYTES", WHOLE)? {
            limits.spool = bytes;
        }
        if let Some(count) = env.parse("MAX_BUSINESSES", WHOLE)? {
            limits.businesses = count;
        }
        limits.rate = match env.get("RATE_LIMIT") {
            None => Rate::Unlimited,
            Some("course") => Rate::Course,
            Some(_) => match env.parse::<f64>("RATE_LIMIT", "course, or requests a second, such as 50")? {
                Some(rate) if rate.is_finite() && rate > 0.0 => Rate::PerSecond(rate),
                _ => bail!("RATE_LIMIT must be above 0"),
            },
        };
        const PORT: &str = "a port from 0 to 65535";
        Ok(Self {
            address: env.parse("SERVICE_HOST", "an IP address")?.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            port: env.parse("SERVICE_PORT", PORT)?.unwrap_or(5001),
            prometheus_port: match env.get("PROMETHEUS_PORT") {
                Some("off") => None,
                _ => Some(env.parse("PROMETHEUS_PORT", "a port from 0 to 65535, or off")?.unwrap_or(8001)),
            },
            database: match env.get("DATABASE_URL") {
                None => Database::Sqlite(data_dir.join("service.db")),
                Some(url) => Database::from_url(url),
            },
            data_dir,
            environment: env.get("ENVIRONMENT").unwrap_or("development").to_owned(),
            api_key: env.get("MLOPS_API_KEY").map(str::to_owned),
            protect: protect(env)?,
            trusted_proxies: env
                .list("TRUSTED_PROXIES")
                .iter()
                .map(|text| text.parse().map_err(|error| anyhow::anyhow!("TRUSTED_PROXIES: {error}")))
                .collect::<anyhow::Result<_>>()?,
            origins: Some(env.list("CORS_ORIGINS")).filter(|origins| !origins.is_empty() && origins != &["*"]),
            migration: if env.flag("MLOPS_NO_MIGRATE")? { Migration::Expect } else { Migration::Apply },
            strict: env.flag("MLOPS_STRICT")?,
            base_path: env.get("API_GATEWAY_BASE_PATH").and_then(base_path),
            log_level: env.parse("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR")?.unwrap_or(log::ServiceLogLevel::Info),
            log_format: env.parse("LOG_FORMAT", "text or json")?.unwrap_or(log::LogFormat::Text),
            telemetry: telemetry::TelemetrySettings::from_environment(
                env,
                env.get("ENVIRONMENT").unwrap_or("development"),
            )?,
            limits,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
        })
    }
}

impl Config {
    /// Another data directory; an embedded database that stood in the former goes along.
    pub fn move_data(&mut self, dir: PathBuf) {
        if let Database::Sqlite(path) = &self.database
            && let Ok(inside) = path.strip_prefix(&self.data_dir)
        {
            self.database = Database::Sqlite(dir.join(inside));
        }
        self.data_dir = dir;
    }
}

impl Database {
    /// `db.system.name` of OpenTelemetry's conventions.
    pub fn system_name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) | Self::Unusable(_) => "postgresql",
        }
    }

    /// `postgres://…`, `postgresql://…` or `sqlite:PATH`; whatever else is kept as unusable.
    pub fn from_url(url: &str) -> Self {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::Postgres(url.to_owned());
        }
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.trim_start_matches("//").is_empty() => {
                Self::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
            }
            _ => Self::Unusable("DATABASE_URL is neither postgres://... nor sqlite:PATH".to_owned()),
        }
    }
}

/// `MLOPS_PROTECT=metrics,dashboard`, which without a key would shut them for everybody.
fn protect(env: &ProcessEnvironment) -> anyhow::Result<Protect> {
    let mut protect = Protect::default();
    for name in env.list("MLOPS_PROTECT") {
        match name.as_str() {
            "metrics" => protect.metrics = true,
            "dashboard" => protect.dashboard = true,
            other => bail!("MLOPS_PROTECT names {other:?}: write metrics, dashboard or both"),
        }
    }
    if protect != Protect::default() && env.get("MLOPS_API_KEY").is_none() {
        bail!("MLOPS_PROTECT needs a key to ask for: set MLOPS_API_KEY");
    }
    Ok(protect)
}

/// `stage/function/` -> `/stage/function`; nothing of a bare slash.
pub fn base_path(text: &str) -> Option<String> {
    let trimmed = text.trim_matches('/');
    (!trimmed.is_empty()).then(|| format!("/{trimmed}"))
}

/// `NAME=value` lines, `export ` before them, `#` comments, single quotes as they are, double quotes with `\n`,
/// `\"` and `\\`. Values are not expanded.
fn parse_dotenv(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line
            .strip_prefix("export ")
            .unwrap_or(line)
            .split_once('=')
            .with_context(|| format!("line {} is no NAME=value", index + 1))?;
        values.insert(name.trim().to_owned(), unquote(value.trim()));
    }
    Ok(values)
}

fn unquote(value: &str) -> String {
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
        return inner.0.to_owned();
    }
    let Some(quoted) = value.strip_prefix('"') else {
        return value.split_once(" #").map_or(value, |(before, _)| before).trim_end().to_owned();
    };
    let mut out = String::new();
    let mut rest = quoted.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '"' => break,
            '\\' => match rest.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => break,
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_defaults() {
        let config = Config::from_environment(&ProcessEnvironment::default()).unwrap();
        assert_eq!((config.port, config.prometheus_port), (5001, Some(8001)));
        assert_eq!((config.environment.as_str(), config.api_key), ("development", None));
        assert_eq!(config.database, Database::Sqlite(PathBuf::from(".mlopsctl/service/service.db")));
    }

    #[test]
    fn dotenv_lines() {
        let text = "# note\nexport A=1\nB = two words # note\nC='x # y'\nD=\"l\\n\\\"q\\\"\"\n\nE=\nURL=a=b#c\n";
        let values = parse_dotenv(text).unwrap();
        let pairs: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            pairs,
            [("A", "1"), ("B", "two words"), ("C", "x # y"), ("D", "l\n\"q\""), ("E", ""), ("URL", "a=b#c")]
        );
        assert!(parse_dotenv("A=1\nnonsense\n").unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn a_broken_database_is_kept_and_a_broken_number_is_not() {
        let broken = Config::from_environment(&ProcessEnvironment::of([("DATABASE_URL", "mysql://x")])).unwrap();
        assert!(matches!(broken.database, Database::Unusable(_)));
        for (name, value) in [
            ("SERVICE_PORT", "70000"),
            ("LOG_LEVEL", "LOUD"),
            ("RATE_LIMIT", "-1"),
            ("RATE_LIMIT", "often"),
            ("MLOPS_STRICT", "perhaps"),
            ("TRUSTED_PROXIES", "10.0.0.0/99"),
            ("MLOPS_PROTECT", "metrics"),
        ] {
            let error = Config::from_environment(&ProcessEnvironment::of([(name, value)])).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn security_settings() {
        let config = Config::from_environment(&ProcessEnvironment::of([
            ("RATE_LIMIT", "course"),
            ("MLOPS_API_KEY", "k"),
            ("MLOPS_PROTECT", "dashboard, metrics"),
            ("TRUSTED_PROXIES", "10.0.0.0/8,::1"),
            ("CORS_ORIGINS", "https://a.example, https://b.example"),
            ("MLOPS_NO_MIGRATE", "true"),
        ]))
        .unwrap();
        assert_eq!(config.limits.rate, Rate::Course);
        assert_eq!(config.protect, Protect { metrics: true, dashboard: true });
        assert_eq!((config.trusted_proxies.len(), config.origins.map(|origins| origins.len())), (2, Some(2)));
        assert_eq!(config.migration, Migration::Expect);
        let any = Config::from_environment(&ProcessEnvironment::of([("CORS_ORIGINS", "*")])).unwrap();
        assert_eq!((any.origins, any.limits.rate, any.migration), (None, Rate::Unlimited, Migration::Apply));
    }

    #[test]
    fn addresses() {
        assert_eq!(Database::from_url("sqlite:///var/x.db"), Database::Sqlite(PathBuf::from("/var/x.db")));
        assert_eq!(Database::from_url("sqlite:x.db"), Database::Sqlite(PathBuf::from("x.db")));
        assert!(matches!(Database::from_url("postgresql://h/d"), Database::Postgres(_)));
        assert_eq!(base_path("/default/fn/"), Some("/default/fn".to_owned()));
        assert_eq!(base_path("/"), None);
    }
}
