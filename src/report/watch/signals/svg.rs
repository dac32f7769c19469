//! Golden signals as one picture: the charts of every function, one below the other.

use super::{drawn, verdict};
use crate::ops::signals::GoldenSignals;
use crate::report::backtest::chart::Time;
use crate::report::backtest::svg::{HEIGHT, WIDTH, chart};
use crate::report::html::escape;

pub fn svg(signals: &GoldenSignals) -> String {
    let time = Time { from: signals.from, until: signals.until, marked: &[] };
    let charts: Vec<String> = signals
        .functions
        .iter()
        .flat_map(|function| drawn(function, signals.quota))
        .filter(|(_, sketch)| sketch.columns.iter().any(Option::is_some))
        .map(|(title, sketch)| chart(&title, &sketch, time))
        .collect();
    let height = HEIGHT * charts.len().max(1) as f64;
    let mut body = String::new();
    for (n, chart) in charts.iter().enumerate() {
        body.push_str(&format!("<g transform=\"translate(0 {})\">\n{chart}</g>\n", HEIGHT * n as f64));
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>{}</title>\n{body}</svg>\n",
        escape(&verdict(signals))
    )
}
