//! Known incidents of the past, and what an alarm's firings were beside them. Reads a file; knows nothing of AWS.

use super::history::file::{fields, time};
use anyhow::{Context, Result, ensure};
use mlops_cloudwatch::evaluation::timeline::StateSpan;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// A time in which something was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownIncident {
    /// Seconds since 1970.
    pub from: i64,
    pub until: i64,
    /// The one alarm that should have fired; absent: any may.
    pub alarm: Option<String>,
}

/// What an alarm did about the known incidents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncidentScore {
    pub caught: usize,
    /// From and until of each that it did not fire on.
    pub missed: Vec<StateSpan>,
    /// Firings outside every known incident.
    pub false_firings: usize,
    /// Mean seconds from the beginning of an incident that was caught until ALARM.
    pub time_to_notify: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IncidentFile {
    incidents: Vec<WrittenIncident>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenIncident {
    from: String,
    until: String,
    alarm: Option<String>,
}

/// Reads `*.json`, else CSV: `from`, `until` and optionally `alarm`.
pub fn read(path: &Path) -> Result<Vec<KnownIncident>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the incidents {}", path.display()))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let incidents = if is_json { json(&text) } else { csv(&text) };
    incidents.with_context(|| format!("the incidents {} are wrong", path.display()))
}

fn json(text: &str) -> Result<Vec<KnownIncident>> {
    let file: IncidentFile = serde_json::from_str(text)?;
    let one = |(n, written): (usize, WrittenIncident)| {
        incident(&written.from, &written.until, written.alarm).with_context(|| format!("incident {}", n + 1))
    };
    file.incidents.into_iter().enumerate().map(one).collect()
}

fn csv(text: &str) -> Result<Vec<KnownIncident>> {
    let mut lines = text.lines();
    let header = lines.next().context("the file is empty")?;
    let names: Vec<&str> = header.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    let column = |name: &str| names.iter().position(|known| *known == name);
    let required = |name: &str| column(name).with_context(|| format!("the first line has no column `{name}`"));
    let (from, until, alarm) = (required("from")?, required("until")?, column("alarm"));
    let mut incidents = Vec::new();
    for (n, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields = fields(line);
        let field = |at: usize| fields.get(at).map(|field| field.trim()).unwrap_or_default();
        let alarm = alarm.map(field).filter(|name| !name.is_empty()).map(str::to_owned);
        incidents.push(incident(field(from), field(until), alarm).with_context(|| format!("line {}", n + 2))?);
    }
    Ok(incidents)
}

fn incident(from: &str, until: &str, alarm: Option<String>) -> Result<KnownIncident> {
    let (from, until) = (time(from)?, time(until)?);
    ensure!(from <= until, "it ends before it begins");
    Ok(KnownIncident { from, until, alarm })
}

/// Returns the times of the incidents that this alarm should have fired on, within what was looked at.
pub fn of_alarm(known: &[KnownIncident], name: &str, from: i64, until: i64) -> Vec<StateSpan> {
    let its = known.iter().filter(|one| one.alarm.as_deref().is_none_or(|alarm| alarm == name));
    its.filter(|one| one.until >= from && one.from < until).map(|one| (one.from, one.until)).collect()
}

/// Returns what these times in ALARM were beside the incidents. An alarm that was in ALARM already has caught it at once; how long one
/// took that began before `from`, where the look begins, is not known.
pub fn score(alarms: &[StateSpan], incidents: &[StateSpan], from: i64) -> IncidentScore {
    let touches = |alarm: &StateSpan, incident: &StateSpan| alarm.0 <= incident.1 && alarm.1 > incident.0;
    let (mut missed, mut delays) = (Vec::new(), Vec::new());
    for incident in incidents {
        match alarms.iter().find(|alarm| touches(alarm, incident)) {
            Some(first) => delays.extend((incident.0 >= from).then(|| (first.0 - incident.0).max(0))),
            None => missed.push(*incident),
        }
    }
    let false_firings = alarms.iter().filter(|alarm| !incidents.iter().any(|one| touches(alarm, one))).count();
    let count = i64::try_from(delays.len()).ok().filter(|count| *count > 0);
    let time_to_notify = count.map(|count| delays.iter().sum::<i64>() / count);
    IncidentScore { caught: incidents.len() - missed.len(), missed, false_firings, time_to_notify }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_file_say_the_same() {
        let csv = csv("until,alarm,from\n1970-01-01T00:02:00Z,a,60\n300,,240\n").unwrap();
        let json = json(
            r#"{"incidents":[{"from":"60","until":"120","alarm":"a"},{"from":"1970-01-01T00:04:00Z","until":"300"}]}"#,
        );
        assert_eq!(csv, json.unwrap());
        assert_eq!(of_alarm(&csv, "b", 0, 1_000), [(240, 300)]);
        assert_eq!(of_alarm(&csv, "a", 0, 200), [(60, 120)]);
        for (text, part) in [("", "empty"), ("from\n", "`until`"), ("from,until\n9,3\n", "line 2")] {
            let error = format!("{:#}", super::csv(text).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn firings_are_caught_missed_or_false() {
        let alarms = [(100, 160), (400, 420), (1_000, 2_000)];
        let found = score(&alarms, &[(90, 200), (600, 700), (1_500, 1_600)], 0);
        assert_eq!((found.caught, found.missed.as_slice(), found.false_firings), (2, &[(600, 700)][..], 1));
        // Ten seconds, and at once.
        assert_eq!(found.time_to_notify, Some(5));
        assert_eq!(score(&[], &[], 0).time_to_notify, None);
        let begun_before = score(&alarms, &[(90, 200)], 95);
        assert_eq!((begun_before.caught, begun_before.time_to_notify), (1, None), "how long it took is not known");
    }
}
