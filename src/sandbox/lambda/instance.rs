//! The instances of functions: the bundled service, whatever code a function was given, one call at a time each, kept warm as long
//! as the sandbox lives. Knows neither store nor wire.

use super::concurrency::ACCOUNT_LIMIT;
use super::function::StoredFunction;
use super::invoke::Call;
use crate::wire::Timestamp;
use mlops_service::config::ProcessEnvironment;
use mlops_service::{FunctionFailure, Instance};
use std::collections::HashMap;
use std::fs::DirBuilder;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Those of all accounts and regions.
#[derive(Default)]
pub struct Instances(Mutex<HashMap<String, Pool>>);

/// Those of one function. Others than those of `revision` are not called again.
#[derive(Default)]
struct Pool {
    revision: String,
    idle: Vec<Warm>,
    running: usize,
}

struct Warm {
    instance: Instance,
    stream: String,
    _home: Home,
}

/// A folder that goes with its instance: the function's `/tmp`.
struct Home(PathBuf);

impl Home {
    fn make() -> std::io::Result<Self> {
        let name = format!("mlopsctl-function-{}-{:016x}", std::process::id(), fastrand::u64(..));
        let home = Home(std::env::temp_dir().join(name));
        // Fails where something is there already.
        own_folder().create(&home.0)?;
        Ok(home)
    }
}

/// For its owner alone.
fn own_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(false);
    builder
}

impl Drop for Home {
    fn drop(&mut self) {
        // What cannot be removed lies among temporary files, where it may.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The right to run one call.
pub struct InstanceSlot {
    instances: Arc<Instances>,
    key: String,
    warm: Option<Warm>,
    /// Calls of the function that run, this one included.
    concurrent: usize,
}

/// How a call went.
#[derive(Debug)]
pub struct Ran {
    pub request_id: String,
    pub stream: String,
    /// How long the start took, where the call had to wait for one.
    pub init: Option<Duration>,
    pub duration: Duration,
    pub ended: Ended,
    /// What the instance wrote, and when.
    pub lines: Vec<(Timestamp, String)>,
    pub memory_mb: u64,
    pub concurrent: usize,
}

#[derive(Debug)]
pub enum Ended {
    /// With this JSON.
    Well(String),
    Failed(FunctionFailure),
    TimedOut,
}

impl Instances {
    /// A place for one more call of a function; none where as many run as may.
    pub fn admit(self: &Arc<Self>, account: &str, region: &str, call: &Call) -> Option<InstanceSlot> {
        let prefix = format!("{account}/{region}/");
        let key = format!("{prefix}{}", call.function.function_name);
        let mut pools = self.pools();
        let all = |pools: &HashMap<String, Pool>| {
            pools.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, pool)| pool.running).sum::<usize>()
        };
        let full = match call.reserved {
            Some(most) => pools.get(&key).map_or(0, |pool| pool.running) >= most,
            None => all(&pools) >= ACCOUNT_LIMIT,
        };
        if full {
            return None;
        }
        let pool = pools.entry(key.clone()).or_default();
        if pool.revision != call.function.revision_id {
            pool.revision.clone_from(&call.function.revision_id);
            pool.idle.clear();
        }
        pool.running += 1;
        Some(InstanceSlot { instances: Arc::clone(self), key, warm: pool.idle.pop(), concurrent: pool.running })
    }

    fn pools(&self) -> MutexGuard<'_, HashMap<String, Pool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InstanceSlot {
    fn drop(&mut self) {
        if let Some(pool) = self.instances.pools().get_mut(&self.key) {
            pool.running -= 1;
        }
    }
}

impl InstanceSlot {
    /// Runs a call to its end, on a thread that may wait: the service's time is real, also where a test's is not.
    pub fn run(mut self, call: &Call, region: &str) -> Ran {
        let function = &call.function;
        let request_id = request_id();
        let began = Instant::now();
        let (warm, init) = match self.warm.take() {
            Some(warm) => (Ok(warm), None),
            None => (start(function, region), Some(began)),
        };
        let init = init.map(|began| began.elapsed());
        let called = Instant::now();
        let (ended, stream, lines) = match warm {
            Err(failure) => {
                let told = format!("error: {}", failure.message);
                (Ended::Failed(failure), stream_name(call.at), vec![(Instant::now(), told)])
            }
            Ok(mut warm) => {
                if warm.stream.is_empty() {
                    warm.stream = stream_name(call.at);
                }
                let ended = converse(&warm.instance, call);
                let (stream, lines) = (warm.stream.clone(), warm.instance.take_lines());
                if !matches!(ended, Ended::TimedOut) {
                    self.give_back(function, warm);
                }
                (ended, stream, lines)
            }
        };
        let at = |moment: Instant| call.at + moment.saturating_duration_since(began);
        let memory = memory_stats::memory_stats().map_or(0, |memory| memory.physical_mem as u64 / 1_048_576);
        Ran {
            request_id,
            stream,
            init,
            duration: called.elapsed(),
            ended,
            lines: lines.into_iter().map(|(moment, line)| (at(moment), line)).collect(),
            memory_mb: memory.clamp(1, u64::from(function.memory_size.unsigned_abs())),
            concurrent: self.concurrent,
        }
    }

    fn give_back(&self, function: &StoredFunction, warm: Warm) {
        if let Some(pool) = self.instances.pools().get_mut(&self.key)
            && pool.revision == function.revision_id
        {
            pool.idle.push(warm);
        }
    }
}

fn start(function: &StoredFunction, region: &str) -> Result<Warm, FunctionFailure> {
    let broken = |error: std::io::Error| FunctionFailure { kind: "Runtime.InitError", message: error.to_string() };
    let environment = environment(function, region);
    if !environment.stays_on_this_machine() {
        let message = "DATABASE_URL names another machine: a function in the sandbox reaches this one only".to_owned();
        return Err(FunctionFailure { kind: "Sandbox.Unreachable", message });
    }
    let home = Home::make().map_err(broken)?;
    let instance = Instance::start(&function.function_name, &environment, &home.0)?;
    Ok(Warm { instance, stream: String::new(), _home: home })
}

/// The function's variables and what Lambda adds. Where the service keeps its files is the sandbox's matter.
fn environment(function: &StoredFunction, region: &str) -> ProcessEnvironment {
    let own = function.environment.iter().flat_map(|environment| environment.variables.clone());
    let logging = &function.logging_config;
    let files =
        |name: &str, value: &str| name == "MLOPS_DATA_DIR" || (name == "DATABASE_URL" && value.starts_with("sqlite:"));
    let mut all: Vec<(String, String)> = own.filter(|(name, value)| !files(name, value)).collect();
    let mut add = |name: &str, value: Option<&String>| all.extend(value.map(|value| (name.to_owned(), value.clone())));
    add("AWS_LAMBDA_FUNCTION_NAME", Some(&function.function_name));
    add("AWS_REGION", Some(&region.to_owned()));
    add("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Some(&function.memory_size.to_string()));
    add("AWS_LAMBDA_LOG_FORMAT", logging.log_format.as_ref());
    add("AWS_LAMBDA_LOG_LEVEL", logging.application_log_level.as_ref());
    ProcessEnvironment::of(all)
}

fn converse(instance: &Instance, call: &Call) -> Ended {
    let most = Duration::from_secs(u64::from(call.function.timeout.unsigned_abs()));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Ended::Failed(FunctionFailure { kind: "Sandbox.Exhausted", message: error.to_string() });
        }
    };
    match runtime.block_on(async { tokio::time::timeout(most, instance.invoke(&call.payload.0)).await }) {
        Ok(Ok(answer)) => Ended::Well(answer),
        Ok(Err(failure)) => Ended::Failed(failure),
        Err(_) => Ended::TimedOut,
    }
}

/// One an instance: `2026/11/25/[$LATEST]` and an id.
fn stream_name(at: Timestamp) -> String {
    let (year, month, day) = at.civil_date();
    format!("{year:04}/{month:02}/{day:02}/[$LATEST]{:032x}", fastrand::u128(..))
}

fn request_id() -> String {
    let id = format!("{:032x}", fastrand::u128(..));
    format!("{}-{}-4{}-8{}-{}", &id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..])
}
