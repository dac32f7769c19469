//! How much of its error budget an SLO has spent in a past: bad and all requests, counted hour by hour. Knows neither clock nor network.

use super::MetricHistory;
use crate::resources::{Alarm, COUNT_PERIOD, Slo};
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::watched::{EvaluatedSeries, MetricRequirements};
use serde::Serialize;

/// The error budget of one SLO at the end of a past.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorBudget {
    pub slo: String,
    /// Per cent.
    pub objective: f64,
    /// Seconds.
    pub window: i64,
    /// Seconds of the window of which anything is known; of the rest it is taken that nothing was spent.
    pub looked_back: i64,
    pub requests: f64,
    pub bad: f64,
    /// Share of the whole window's budget; from 1 on it is exhausted.
    pub spent: f64,
    /// How many times faster than it lasts the budget was spent in the newest hour that had requests.
    pub burn_rate: f64,
    /// When it was first exhausted, in seconds since 1970.
    pub exhausted_at: Option<i64>,
}

/// Requests of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Hour {
    end: i64,
    bad: f64,
    requests: f64,
}

/// Returns what has to be known to count the requests of these SLOs.
pub fn needs<'a>(slos: impl Iterator<Item = &'a Slo>) -> Vec<(MetricRequirements, Condition)> {
    let of = |alarm: &Alarm| {
        let condition = Condition::of(&alarm.definition(), EvaluationOptions::default()).ok()?;
        Some((MetricRequirements::of(&alarm.definition(), &condition), condition))
    };
    slos.flat_map(|slo| [of(&slo.bad), of(&slo.total)]).flatten().collect()
}

/// Returns the error budget at `until` of a past that begins at `from` (seconds since 1970).
///
/// # Errors
/// Why it is not known: no request was counted, or what counts them cannot be worked out offline.
pub fn error_budget(slo: &Slo, history: &MetricHistory, from: i64, until: i64) -> Result<ErrorBudget, String> {
    let totals = hourly(&slo.total, history, from, until)?;
    let bad = hourly(&slo.bad, history, from, until)?;
    // A metric that counts what is bad often has no datapoint while nothing is.
    let known = |value: f64| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let mut bad = bad.into_iter().peekable();
    let hours = totals.into_iter().map(|(end, requests)| {
        while bad.next_if(|(at, _)| *at < end).is_some() {}
        let bad = bad.next_if(|(at, _)| *at == end).map_or(0.0, |(_, value)| value);
        Hour { end, bad: known(bad), requests: known(requests) }
    });
    over(slo, &hours.collect::<Vec<_>>()).ok_or_else(|| "no request was counted".to_owned())
}

/// The values of the hours by their ends, the oldest first.
fn hourly(alarm: &Alarm, history: &MetricHistory, from: i64, until: i64) -> Result<Vec<(i64, f64)>, String> {
    let condition = Condition::of(&alarm.definition(), EvaluationOptions::default())?;
    let series = EvaluatedSeries::new(&alarm.definition(), &condition, history, from, until)?;
    let (grid, stride) = (&series.grid, series.grid.stride());
    let newest = (0..grid.len).rev().find(|index| grid.end(*index) <= until);
    let ends = (0..).map_while(|back: usize| newest?.checked_sub(back * stride));
    let mut values: Vec<(i64, f64)> = ends
        .take_while(|index| grid.end(*index) > from)
        .map(|index| (grid.end(index), series.window(index, 1, |values| values.next().unwrap_or(f64::NAN))))
        .collect();
    values.reverse();
    Ok(values)
}

/// Slides the window over the hours; nothing where there was no request.
fn over(slo: &Slo, hours: &[Hour]) -> Option<ErrorBudget> {
    let allowed = slo.budget / 100.0;
    let first = hours.first()?;
    let begins = first.end - COUNT_PERIOD;
    let mut oldest = 0;
    let (mut bad, mut requests) = (0.0, 0.0);
    let (mut spent, mut exhausted_at) = (0.0, None);
    for hour in hours {
        bad += hour.bad;
        requests += hour.requests;
        while hours[oldest].end <= hour.end - slo.window {
            bad -= hours[oldest].bad;
            requests -= hours[oldest].requests;
            oldest += 1;
        }
        let covered = (hour.end - begins).min(slo.window) as f64 / slo.window as f64;
        spent = if requests > 0.0 { bad / (requests * allowed) * covered } else { 0.0 };
        if spent >= 1.0 {
            exhausted_at.get_or_insert(hour.end);
        }
    }
    let last = hours.last()?;
    let busy = hours[oldest..].iter().rev().find(|hour| hour.requests > 0.0)?;
    Some(ErrorBudget {
        slo: slo.name.clone(),
        objective: slo.objective,
        window: slo.window,
        looked_back: (last.end - begins).min(slo.window),
        requests,
        bad,
        spent,
        burn_rate: busy.bad / (busy.requests * allowed),
        exhausted_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = COUNT_PERIOD;

    fn slo(objective: f64, days: i64) -> Slo {
        let (bad, total) = (Alarm::default(), Alarm::default());
        let (name, window) = ("checkout".to_owned(), days * 24 * HOUR);
        Slo { name, objective, budget: 100.0 - objective, window, bad, total, alerts: Vec::new() }
    }

    /// A hundred requests an hour, of which so many are bad.
    fn hours(bad: impl IntoIterator<Item = f64>) -> Vec<Hour> {
        (1..).zip(bad).map(|(n, bad)| Hour { end: n * HOUR, bad, requests: 100.0 }).collect()
    }

    /// At a burn rate of one the budget lasts as long as the window, and at two half as long.
    #[test]
    fn a_budget_lasts_its_window_by_its_burn_rate() {
        let found = over(&slo(99.0, 10), &hours([1.0; 240])).unwrap();
        assert!((found.spent - 1.0).abs() < 1e-9 && (found.burn_rate - 1.0).abs() < 1e-9, "{found:?}");
        assert_eq!((found.looked_back, found.requests, found.bad), (240 * HOUR, 24_000.0, 240.0));
        let found = over(&slo(99.0, 10), &hours([2.0; 130])).unwrap();
        assert_eq!(found.exhausted_at, Some(120 * HOUR));
        assert!((found.spent - 130.0 / 120.0).abs() < 1e-9, "{found:?}");
    }

    /// What is older than the window is spent no longer.
    #[test]
    fn an_incident_leaves_the_window() {
        let incident = [100.0; 3].into_iter().chain([0.0; 240 + 24]);
        let found = over(&slo(99.0, 10), &hours(incident.clone())).unwrap();
        assert_eq!((found.spent, found.burn_rate, found.bad), (0.0, 0.0, 0.0));
        assert_eq!(found.exhausted_at, Some(3 * HOUR));
        let found = over(&slo(99.0, 10), &hours(incident.take(240))).unwrap();
        assert!((found.spent - 300.0 / 240.0).abs() < 1e-9, "{found:?}");
    }

    /// Nothing is known of a service that nobody called: neither all of the budget nor none.
    #[test]
    fn no_request_is_no_budget() {
        let idle: Vec<Hour> = (1..9).map(|n| Hour { end: n * HOUR, ..Hour::default() }).collect();
        assert_eq!(over(&slo(99.9, 30), &idle), None);
        assert_eq!(over(&slo(99.9, 30), &[]), None);
    }
}
