//! The past from a file, for work without AWS and for tests: JSON with whole series, or CSV with a line a datapoint.

use super::{MetricHistory, SAMPLES};
use anyhow::{Context, Result, bail, ensure};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use mlops_cloudwatch::evaluation::need::MetricIdentity;
use mlops_cloudwatch::evaluation::series::ValueSeries;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Ten years of minutes: what a series may span.
const MOST_SPANS: usize = 6_000_000;

/// Reads `*.json`, else CSV. Of the time before its first datapoint nothing is known.
pub fn read(path: &Path) -> Result<MetricHistory> {
    let file = File::open(path).with_context(|| format!("cannot read the history {}", path.display()))?;
    let reader = BufReader::with_capacity(1 << 18, file);
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let history = if is_json { json(reader) } else { csv(reader) };
    let mut history = history.with_context(|| format!("the history {} is wrong", path.display()))?;
    history.begin_with_data();
    Ok(history)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryDocument {
    series: Vec<WrittenSeries>,
}

/// One series. `statistic` absent means raw measurements, one a period: every statistic is known of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSeries {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    statistic: Option<String>,
    #[serde(default = "minute")]
    period: i64,
    start: String,
    #[serde(deserialize_with = "numbers")]
    values: Vec<f64>,
}

fn minute() -> i64 {
    60
}

pub fn json(reader: impl std::io::Read) -> Result<MetricHistory> {
    let document: HistoryDocument = serde_json::from_reader(reader)?;
    let mut history = MetricHistory::default();
    for written in document.series {
        ensure!(written.period > 0, "a period of {} s", written.period);
        ensure!(written.values.len() <= MOST_SPANS, "a series of more than {MOST_SPANS} values");
        let start = time(&written.start)?;
        let metric = MetricIdentity {
            namespace: written.namespace,
            name: written.metric_name,
            dimensions: written.dimensions,
            ..MetricIdentity::default()
        };
        let start = start.div_euclid(written.period) * written.period;
        let series = ValueSeries { start, step: written.period, values: written.values };
        history.add(metric, written.statistic.unwrap_or_else(|| SAMPLES.into()), series);
    }
    Ok(history)
}

/// `[1, null, 2.5]`, straight into one column: `null` is a period without data.
fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    struct Numbers;
    impl<'de> Visitor<'de> for Numbers {
        type Value = Vec<f64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of numbers and nulls")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<f64>, A::Error> {
            let mut values = Vec::new();
            while let Some(value) = list.next_element::<Option<f64>>()? {
                values.push(value.unwrap_or(f64::NAN));
            }
            // The room to grow, up to as much again, would be kept of each series.
            values.shrink_to_fit();
            Ok(values)
        }
    }
    deserializer.deserialize_seq(Numbers)
}

/// Columns by their names in the first line: time, namespace, metric_name, value; and optionally dimensions (`A=x;B=y`),
/// statistic, period.
pub fn csv(reader: impl BufRead) -> Result<MetricHistory> {
    let mut lines = reader.lines();
    let header = lines.next().context("the file is empty")??;
    let names: Vec<&str> = header.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    let column = |name: &str| names.iter().position(|known| *known == name);
    let required = |name: &str| column(name).with_context(|| format!("the first line has no column `{name}`"));
    let (at_time, at_value) = (required("time")?, required("value")?);
    let (at_namespace, at_name) = (required("namespace")?, required("metric_name")?);
    let (at_dimensions, at_stat, at_period) = (column("dimensions"), column("statistic"), column("period"));
    let mut found: BTreeMap<(MetricIdentity, String, i64), GrowingSeries> = BTreeMap::new();
    for (n, line) in lines.enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let fields = fields(&line);
        let field = |at: usize| fields.get(at).map(|field| field.trim()).unwrap_or_default();
        let place = || format!("line {}", n + 2);
        if field(at_value).is_empty() {
            continue;
        }
        let value: f64 = field(at_value).parse().with_context(place)?;
        ensure!(value.is_finite(), "{}: the value is no finite number", place());
        let period =
            at_period.map(field).filter(|text| !text.is_empty()).map_or(Ok(60), str::parse).with_context(place)?;
        ensure!(period > 0, "{}: a period of {period} s", place());
        let mut dimensions = BTreeMap::new();
        for part in at_dimensions.map(field).unwrap_or_default().split(';').filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                bail!("{}: a dimension is written Name=value", place())
            };
            dimensions.insert(name.trim().to_owned(), value.trim().to_owned());
        }
        let namespace = field(at_namespace).to_owned();
        let metric =
            MetricIdentity { namespace, name: field(at_name).to_owned(), dimensions, ..MetricIdentity::default() };
        let stat = at_stat.map(field).filter(|text| !text.is_empty()).unwrap_or(SAMPLES).to_owned();
        let at = time(field(at_time)).with_context(place)?;
        let series = found.entry((metric, stat, period)).or_default();
        series.put(at.div_euclid(period), value).with_context(place)?;
    }
    let mut history = MetricHistory::default();
    for ((metric, stat, step), series) in found {
        let series = series.at_steps_of(step).with_context(|| metric.to_string())?;
        history.add(metric, stat, series);
    }
    Ok(history)
}

/// A series while its points come in, mostly in order of time: kept as what it becomes, which is half of what the points take.
#[derive(Default)]
struct GrowingSeries {
    /// The span of the first value, counted from 1970.
    first: i64,
    values: Vec<f64>,
    /// What lies before the first value, in the order of the file.
    earlier: Vec<(i64, f64)>,
}

impl GrowingSeries {
    /// Of two points in one span the later one in the file counts.
    fn put(&mut self, span: i64, value: f64) -> Result<()> {
        if self.values.is_empty() {
            self.first = span;
        }
        let Ok(slot) = usize::try_from(span - self.first) else {
            self.earlier.push((span, value));
            return Ok(());
        };
        if slot >= self.values.len() {
            fits(slot + 1)?;
            self.values.resize(slot + 1, f64::NAN);
        }
        self.values[slot] = value;
        Ok(())
    }

    fn at_steps_of(mut self, step: i64) -> Result<ValueSeries> {
        let first = self.earlier.iter().map(|(span, _)| *span).fold(self.first, i64::min);
        let before = usize::try_from(self.first - first).unwrap_or(usize::MAX);
        fits(before.saturating_add(self.values.len()))?;
        self.values.splice(..0, std::iter::repeat_n(f64::NAN, before));
        for (span, value) in self.earlier {
            if let Some(slot) = usize::try_from(span - first).ok().and_then(|slot| self.values.get_mut(slot)) {
                *slot = value;
            }
        }
        self.values.shrink_to_fit();
        Ok(ValueSeries { start: first * step, step, values: self.values })
    }
}

fn fits(spans: usize) -> Result<()> {
    ensure!(spans <= MOST_SPANS, "the series spans too long a time");
    Ok(())
}

/// The fields of a line; one in double quotes may hold commas.
pub(in crate::backtest) fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

/// `2026-11-22T10:00:00Z`, or seconds since 1970.
pub fn time(text: &str) -> Result<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        ensure!(seconds.abs() < 100_000_000_000, "{text} is no time in seconds since 1970");
        return Ok(seconds);
    }
    match DateTime::from_str(text, Format::DateTimeWithOffset) {
        Ok(time) => Ok(time.secs()),
        Err(_) => bail!("`{text}` is no time such as 2026-11-22T10:00:00Z"),
    }
}
