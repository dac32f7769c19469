//! What the dashboard draws: a range by bars and by business and model, and the sums of its cards. Of all replicas, from the database;
//! while that is away, of this process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::sync::Mutex;

use super::key::Guarded;
use super::{AppRef, ServiceResponse};
use crate::clock;
use crate::metrics::charts::{CHART_RANGES, ChartRange, Charts};
use crate::store::EventStore;
use crate::timer::within;

/// An answer serves whoever asks within this time.
const FRESH: Duration = Duration::from_secs(2);
/// And one that took long serves so many times longer: looking on never keeps the database busy.
const FRESH_TIMES: u32 = 20;
/// How long a page waits for the database before it is shown what this process knows. The question goes on behind it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The latest answers of the database, by range.
#[derive(Default)]
pub struct ChartCache([Mutex<Option<Cached>>; CHART_RANGES.len()]);

struct Cached {
    charts: Arc<Charts>,
    until: Instant,
}

impl ChartCache {
    /// One question at a time and range: who comes meanwhile waits for its answer.
    async fn charts(&self, place: usize, store: EventStore) -> Option<Arc<Charts>> {
        let (slot, range) = (self.0.get(place)?, CHART_RANGES.get(place)?);
        let mut slot = slot.lock().await;
        let began = Instant::now();
        if let Some(cached) = slot.as_ref().filter(|cached| began < cached.until) {
            return Some(Arc::clone(&cached.charts));
        }
        let charts = Arc::new(store.charts(range).await?);
        let until = Instant::now() + FRESH.max(began.elapsed() * FRESH_TIMES);
        *slot = Some(Cached { charts: Arc::clone(&charts), until });
        Some(charts)
    }
}

pub async fn history(
    app: AppRef,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<ServiceResponse, ServiceResponse> {
    app.admit(Guarded::Dashboard, &headers)?;
    let place = asked(query.as_deref().unwrap_or_default()).ok_or_else(|| {
        let names = CHART_RANGES.map(|range| range.name).join(", ");
        ServiceResponse::error(StatusCode::BAD_REQUEST, &format!("range must be one of {names}"))
    })?;
    let range: &ChartRange = &CHART_RANGES[place];
    // Whoever looks on gets what the others have stored meanwhile with the next look.
    app.store.look();
    let stored = if app.store.status().connected() {
        let (cache, store) = (Arc::clone(&app.charts), app.store.clone());
        within(PATIENCE, tokio::spawn(async move { cache.charts(place, store).await })).await
    } else {
        None
    };
    let stored = stored.and_then(Result::ok).flatten();
    let source = if stored.is_some() { "database" } else { "process" };
    let charts = stored.unwrap_or_else(|| Arc::new(Charts { bars: app.ledger.minutes(), ..Charts::default() }));
    let now = clock::now();
    let (sums, events) = app.ledger.stored_sums();
    Ok(ServiceResponse::ok(&json!({
        "timestamp": clock::iso(now),
        "range": range.name,
        "step_seconds": range.step_seconds,
        "source": source,
        "totals": {
            "conversations": events,
            "tokens": sums.tokens,
            "api_cost_usd": sums.cost_micros as f64 / 1e6,
            "appointments_requested": sums.requested,
            "appointments_booked": sums.booked,
            "human_handoffs": sums.handoffs,
        },
        "buckets": charts.bars(range, now),
        "groups": charts.groups(),
        "groups_left_out": charts.groups_left_out,
    })))
}

/// The place of the range that a query asks for among all ranges: the first without one, none when there is no such range.
fn asked(query: &str) -> Option<usize> {
    let mut named = query.split('&').filter_map(|pair| match pair.split_once('=') {
        Some(("range", name)) => Some(name),
        None if pair == "range" => Some(""),
        _ => None,
    });
    match (named.next(), named.next()) {
        (None, _) => Some(0),
        (Some(name), None) => ChartRange::place(name),
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_of_five_or_the_first() {
        for (query, place) in [("", 0), ("range=1h", 0), ("x=1&range=30d", 4), ("ranges=9", 0)] {
            assert_eq!(asked(query), Some(place), "{query}");
        }
        for query in ["range=", "range", "range=2h", "range=1h&range=6h", "range=1H", "range=%31h"] {
            assert_eq!(asked(query), None, "{query}");
        }
    }
}
