//! The HTTP client under the SDK: reads a request, lets the weather befall it, runs its handler in a transaction, writes the
//! answer. What an operation does is the services' matter.

mod invoke;
#[cfg(test)]
mod tests;

use super::accounts::Caller;
use super::cloudwatch::{RecordedTransition, changes_since};
use super::dispatch;
use super::fault::Fault;
use super::lambda::instance::Instances;
use super::lambda::{self, invoke as function_call};
use super::logs::tail;
use super::quota::Buckets;
use super::session;
#[cfg(any(test, feature = "testing"))]
use super::stats::Stats;
use super::stats::{CallOutcome, Counter, Started};
use super::store::{EntityStore, Tx};
use super::weather::{Accident, Keys, Quotas, Weather};
use super::wire::{self, Timestamp, WireReply, WireRequest};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use ciborium::Value;
use mlops_model::Partition;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// An AWS inside the process. Clones share one state.
#[derive(Clone)]
pub struct Sandbox(Arc<SandboxShared>);

struct SandboxShared {
    weather: Weather,
    instances: Arc<Instances>,
    /// Where it is served, if it is.
    served_at: OnceLock<String>,
    state: Mutex<SandboxState>,
}

/// How a call ended at AWS's end, and its answer.
type Arrived = (CallOutcome, Result<HttpResponse, ConnectorError>);

/// What a handler answered, or what befell the call before it got there.
type Applied = Result<Result<Value, Fault>, Box<Arrived>>;

/// How often a call that waits for something looks again; another process may bring it.
const POLL: Duration = Duration::from_millis(50);

struct SandboxState {
    store: EntityStore,
    buckets: Buckets,
    counter: Counter,
    /// How often an account made a call, where faults befall calls.
    made: HashMap<String, u64>,
    calls: u64,
    writes: u64,
}

impl Sandbox {
    /// A sandbox that keeps its state in a file between runs; several processes may share it, and any may be killed.
    pub fn open(path: &Path, weather: Weather) -> anyhow::Result<Self> {
        Ok(Self::on(EntityStore::open(path, dispatch::seeds)?, weather))
    }

    /// A sandbox that is gone when its last clone is.
    #[cfg(any(test, feature = "testing"))]
    pub fn in_memory(weather: Weather) -> Self {
        Self::on(EntityStore::in_memory(dispatch::seeds), weather)
    }

    /// Whether calls are counted here, so that too many of them are refused.
    pub fn has_quotas(&self) -> bool {
        self.0.weather.quotas != Quotas::None
    }

    fn on(store: EntityStore, weather: Weather) -> Self {
        let state = SandboxState {
            store,
            buckets: Buckets::default(),
            counter: Counter::default(),
            made: HashMap::new(),
            calls: 0,
            writes: 0,
        };
        Sandbox(Arc::new(SandboxShared {
            weather,
            instances: Arc::default(),
            served_at: OnceLock::new(),
            state: Mutex::new(state),
        }))
    }

    /// To be set on the SDK's configuration.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// The counts since the start or the last [`Sandbox::reset_stats`].
    #[cfg(any(test, feature = "testing"))]
    pub fn stats(&self) -> Stats {
        self.state().counter.read()
    }

    #[cfg(any(test, feature = "testing"))]
    pub fn reset_stats(&self) {
        self.state().counter.reset();
    }

    /// A copy of the state under other weather, with counters of its own: what befalls the one, the other never sees.
    #[cfg(any(test, feature = "testing"))]
    pub fn fork(&self, weather: Weather) -> Self {
        Self::on(self.state().store.fork(), weather)
    }

    /// Every entity of an account and region by table and key, as it is kept.
    #[cfg(any(test, feature = "testing"))]
    pub fn entities(&self, account: &str, region: &str) -> super::store::Contents {
        self.state().store.contents(account, region).expect("the state is in reach")
    }

    /// Puts an entity as it is to be kept: what only time or somebody outside AWS can bring about.
    #[cfg(any(test, feature = "testing"))]
    pub fn put_entity(&self, account: &str, region: &str, table: &str, key: &str, value: &serde_json::Value) {
        self.state().store.put(account, region, table, key, value).expect("the state is in reach");
    }

    /// The accounts and regions that anything was done in, in order.
    pub fn places(&self) -> anyhow::Result<Vec<(String, String)>> {
        self.state().store.places()
    }

    /// The time in the sandbox, and by how much it is ahead of the wall's.
    pub fn time(&self) -> anyhow::Result<(Timestamp, Duration)> {
        self.state().store.time()
    }

    /// Moves the clock ahead, for everybody who shares the state; the alarms everywhere are evaluated on the way.
    pub fn advance(&self, by: Duration) -> anyhow::Result<()> {
        self.state().store.advance(&self.0.weather, by)?;
        self.catch_up()
    }

    /// Evaluates what is due, in every account and region: for who shows the sandbox without calling it.
    pub fn catch_up(&self) -> anyhow::Result<()> {
        self.places()?.iter().try_for_each(|(account, region)| self.visit(account, region, |_| Ok(())))
    }

    /// The changes of alarms' states after a moment, in order of time.
    pub fn changes_since(
        &self,
        account: &str,
        region: &str,
        moment: Timestamp,
    ) -> anyhow::Result<Vec<RecordedTransition>> {
        self.visit(account, region, |tx| changes_since(tx, moment))
    }

    /// Forgets everything that was ever done here, and the file.
    pub fn reset(&self) -> anyhow::Result<()> {
        self.state().store.reset()
    }

    /// Forgets everything and begins at a moment, in milliseconds since 1970.
    pub fn begin_at(&self, millis: i64) -> anyhow::Result<()> {
        self.state().store.begin_at(Timestamp::from_millis(millis))
    }

    /// Forgets what was done in one account and region.
    pub fn forget(&self, account: &str, region: &str) -> anyhow::Result<()> {
        self.state().store.forget(account, region)
    }

    /// From now on the sandbox is found at this address as well.
    pub(super) fn serve_at(&self, base: &str) {
        let _ = self.0.served_at.set(base.to_owned());
    }

    /// Answers a request that came over a socket.
    ///
    /// # Errors
    /// Where the connection is to be broken off.
    pub(super) async fn answer_http(&self, request: http::Request<SdkBody>) -> io::Result<http::Response<SdkBody>> {
        let request = HttpRequest::try_from(request).map_err(io::Error::other)?;
        let answer = self.clone().call(request).await.map_err(io::Error::other)?;
        answer.try_into_http1x().map_err(io::Error::other)
    }

    /// Looks at, or changes, what no API of AWS shows. It is no call: no weather befalls it and nothing is counted.
    pub(super) fn visit<T>(
        &self,
        account: &str,
        region: &str,
        mut visit: impl FnMut(&mut Tx) -> Result<T, Fault>,
    ) -> anyhow::Result<T> {
        let state = &mut *self.state();
        let visit = |tx: &mut Tx| dispatch::catch_up(tx).and_then(|()| visit(tx));
        let (visited, _) = state.store.transact(account, region, &self.0.weather, state.calls, visit)?;
        visited.map_err(|fault| anyhow::anyhow!("{}: {}", fault.code, fault.message))
    }

    fn state(&self) -> MutexGuard<'_, SandboxState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call(self, http: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = match wire::read(&http, dispatch::routes) {
            Ok(request) => request,
            Err(refused) => return wire::write_refusal(&refused).map_err(other),
        };
        let weather = &self.0.weather;
        let name = format!("{}:{}", request.caller.service, request.operation);
        let (started, way, accident) = {
            let mut state = self.state();
            state.calls += 1;
            let (account, region) = (&request.caller.account, &request.caller.region);
            let accident = weather.has_accidents().then(|| {
                let made = state.made.entry(format!("{account}/{region}/{name}")).or_default();
                *made += 1;
                weather.accident(account, region, &name, *made)
            });
            let accident = accident.flatten();
            let way = weather.one_way(state.calls);
            let started = SandboxCall { sandbox: &self, call: Some(state.counter.start(name)) };
            (started, way, accident)
        };
        travel(way).await;
        let until = Instant::now() + dispatch::patience(&request);
        let applied = loop {
            let last = Instant::now() >= until;
            match self.apply(&request, accident) {
                Ok(Ok(answer)) if !last && dispatch::is_empty(&answer) => {}
                applied => break applied,
            }
            tokio::time::sleep(POLL.min(until.saturating_duration_since(Instant::now()))).await;
        };
        let (outcome, answer) = self.answer(&request, accident, applied).await;
        travel(way).await;
        let state = self.state();
        let killed = weather.kill_after.is_some_and(|n| state.writes >= n);
        let outcome = if killed { CallOutcome::Faulted } else { outcome };
        drop(state);
        started.finish(outcome);
        if killed { Err(lost("the sandbox's process was killed")) } else { answer }
    }

    /// The answer to what was applied.
    async fn answer(&self, request: &WireRequest, accident: Option<Accident>, applied: Applied) -> Arrived {
        let answer = match applied {
            Ok(answer) => answer,
            Err(refused) => return *refused,
        };
        let written = self.write(request, &request.reply(), answer).await.map_err(other);
        if accident == Some(Accident::ResetAfter) {
            return (CallOutcome::Faulted, Err(lost("connection reset after the request was applied")));
        }
        (CallOutcome::Answered, written)
    }

    /// Most answers are values; a function's is what the function says, and a tail's is a stream.
    async fn write(
        &self,
        request: &WireRequest,
        reply: &WireReply,
        answer: Result<Value, Fault>,
    ) -> anyhow::Result<HttpResponse> {
        let caller = &request.caller;
        let (account, region) = (caller.account.as_str(), caller.region.as_str());
        match (caller.service.as_str(), request.operation.as_str(), answer) {
            ("logs", tail::OPERATION, Ok(session)) => {
                let session: tail::LiveTailSession = wire::decode(session)?;
                reply.stream(session.body(self.clone(), account, region)?)
            }
            ("lambda", function_call::OPERATION, Ok(call)) => {
                self.respond(account, region, wire::decode(call)?, reply).await
            }
            ("lambda", _, Ok(answer)) => reply.write(Ok(lambda::reachable(answer, self.0.served_at.get()))),
            (_, _, answer) => reply.write(answer),
        }
    }

    /// The call at AWS's end: runs the handler. Where something befalls the call before that, it is the error.
    fn apply(&self, request: &WireRequest, accident: Option<Accident>) -> Applied {
        let weather = &self.0.weather;
        let mut held = self.state();
        let state = &mut *held;
        let killed = weather.kill_after.is_some_and(|n| state.writes >= n);
        if killed || accident == Some(Accident::ResetBefore) {
            return Err(Box::new((CallOutcome::Faulted, Err(lost("connection reset before the request was applied")))));
        }
        let reply = request.reply();
        let caller = &request.caller;
        let now = state.store.now();
        if let Some(fault) = weather.access.refusal(request, now) {
            return Ok(Err(fault));
        }
        if !state.buckets.allow(weather, &caller.account, &caller.region, &caller.service, &request.operation) {
            let fault = Fault::throttled(&caller.service, reply.protocol());
            return Err(Box::new((CallOutcome::Throttled, reply.write(Err(fault)).map_err(other))));
        }
        if let Some(fault) = refused(weather, caller, &request.operation) {
            return Err(Box::new((CallOutcome::Answered, reply.write(Err(fault)).map_err(other))));
        }
        if accident == Some(Accident::Internal) {
            let fault = Fault::internal(&caller.service);
            return Err(Box::new((CallOutcome::Faulted, reply.write(Err(fault)).map_err(other))));
        }
        let (account, region) = (caller.account.clone(), dispatch::region(request).to_owned());
        let done =
            state.store.transact(&account, &region, weather, state.calls, |tx| dispatch::dispatch(request.clone(), tx));
        match done {
            Ok((answer, written)) => {
                state.writes += u64::from(written);
                Ok(answer)
            }
            // The state file is out of reach: no retry helps, so this is no answer of AWS's.
            Err(error) => Err(Box::new((CallOutcome::Faulted, Err(ConnectorError::other(error.into(), None))))),
        }
    }
}

/// What AWS says to keys it does not take, and to what their owner may not do.
fn refused(weather: &Weather, caller: &Caller, operation: &str) -> Option<Fault> {
    match weather.credentials {
        Keys::Good => {}
        Keys::Expired => return Some(Fault::expired(&caller.service)),
        Keys::Skewed => return Some(Fault::skewed(&caller.service)),
        Keys::Unknown => return Some(Fault::unknown_keys(&caller.service)),
    }
    // CloudWatch signs under another name than IAM knows it by.
    let service = if caller.service == "monitoring" { "cloudwatch" } else { caller.service.as_str() };
    let service = if service == "tagging" { "tag" } else { service };
    let action = format!("{service}:{operation}");
    let who = || session::arn(Partition::of_region(&caller.region), &caller.account, None);
    weather.denied.contains(&action).then(|| Fault::denied(&caller.service, &who(), &action))
}

/// A call on its way; where its caller gives up waiting, it is no longer in flight.
struct SandboxCall<'a> {
    sandbox: &'a Sandbox,
    call: Option<Started>,
}

impl SandboxCall<'_> {
    fn finish(mut self, outcome: CallOutcome) {
        if let Some(call) = self.call.take() {
            self.sandbox.state().counter.finish(call, outcome);
        }
    }
}

impl Drop for SandboxCall<'_> {
    fn drop(&mut self) {
        if self.call.take().is_some() {
            self.sandbox.state().counter.abandon();
        }
    }
}

/// One way of a round trip. Even without latency other calls get to start, so that what is asked together arrives together.
async fn travel(way: Duration) {
    if way.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(way).await;
    }
}

fn lost(what: &'static str) -> ConnectorError {
    ConnectorError::io(io::Error::new(io::ErrorKind::ConnectionReset, what).into())
}

fn other(error: anyhow::Error) -> ConnectorError {
    ConnectorError::other(error.into(), None)
}

impl HttpConnector for Sandbox {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().call(request))
    }
}

impl HttpClient for Sandbox {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("faults", &self.0.weather).finish_non_exhaustive()
    }
}
