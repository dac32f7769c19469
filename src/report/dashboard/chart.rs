//! Several series over one time as a figure: lines with a legend, the lines across it, an axis with numbers. Labels are text beside the
//! picture, as in every figure of a page.

use crate::ops::dashboard::{DrawnSeries, WidgetChart};
use crate::report::figures::number;
use crate::report::html::Markup;
use crate::report::html::plot::{PlotScale, times};

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// Colours that there are; further series begin anew.
pub const COLOURS: usize = 6;
/// A line so many times as far away as the series is drawn at the edge.
const FAR: f64 = 4.0;
/// Series that a legend names.
const NAMED: usize = 12;

pub fn figure(title: &str, chart: &WidgetChart, (from, until): (i64, i64)) -> Markup {
    let values = || chart.series.iter().flat_map(|series| series.points.iter().map(|(_, value)| *value));
    let Some(high) = values().filter(|value| value.is_finite()).reduce(f64::max) else {
        return Markup::join([legend(chart, |_| true), Markup::text("no data").classed("p", "empty")]);
    };
    let low = values().filter(|value| value.is_finite()).fold(high, f64::min);
    let low = chart.min.map_or(low, |min| min.min(low));
    let reach = (high - low).max(f64::MIN_POSITIVE);
    let is_near = |value: f64| high == low || (value <= high + reach * FAR && value >= low - reach * FAR);
    let near: Vec<f64> = chart.lines.iter().map(|line| line.value).filter(|value| is_near(*value)).collect();
    let top = near.iter().copied().fold(chart.max.map_or(high, |max| max.max(high)), f64::max);
    let bottom = near.iter().copied().fold(low, f64::min);
    let scale = PlotScale::of(bottom, top, 0.0);
    let labels = scale.marks().into_iter().map(|mark| Markup::text(&number(mark)).within("span"));
    let labels = Markup::join(labels).classed("div", "scale");
    let times = Markup::join(times(from, until).iter().map(|time| Markup::text(time).within("span")));
    let picture = picture(title, chart, &scale, (from, until));
    let frame = Markup::join([labels, picture, times.classed("div", "times")]).classed("div", "frame");
    Markup::join([legend(chart, is_near), frame])
}

fn legend(chart: &WidgetChart, is_near: impl Fn(f64) -> bool) -> Markup {
    let named = chart.series.iter().enumerate().take(NAMED).map(|(n, series)| {
        let latest = series.points.last().map(|(_, value)| format!(": {}", number(*value))).unwrap_or_default();
        Markup::text(&format!("{}{latest}", series.label)).classed("li", &format!("s{}", n % COLOURS))
    });
    let more = chart.series.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| Markup::text(&format!("and {more} more")).classed("li", "more"));
    let lines = chart.lines.iter().map(|line| {
        let name = if line.label.is_empty() { "line" } else { &line.label };
        let far = if is_near(line.value) { "" } else { " (off the scale, drawn at its edge)" };
        Markup::text(&format!("{name} {}{far}", number(line.value))).classed("li", "limit")
    });
    Markup::join(named.chain(more).chain(lines)).classed("ul", "legend")
}

fn picture(title: &str, chart: &WidgetChart, scale: &PlotScale, (from, until): (i64, i64)) -> Markup {
    let path = |class: &str, d: &str| Markup::default().with("path", &[("class", class), ("d", d)]);
    let rules: String =
        scale.marks().iter().map(|mark| format!("M0 {:.2}H{WIDTH}", scale.y(*mark).clamp(0.3, HEIGHT - 0.3))).collect();
    let mut shapes = vec![path("rule", &rules)];
    for (n, series) in chart.series.iter().enumerate() {
        shapes.push(path(&format!("s{}", n % COLOURS), &line(series, scale, chart.period, (from, until))));
    }
    for limit in &chart.lines {
        shapes.push(path("limit", &format!("M0 {:.2}H{WIDTH}", scale.y(limit.value).clamp(0.8, HEIGHT - 0.8))));
    }
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    let attributes =
        [("viewBox", view.as_str()), ("preserveAspectRatio", "none"), ("role", "img"), ("aria-label", title)];
    Markup::join(shapes).with("svg", &attributes)
}

/// Points that follow each other are joined; where data are missing, the line ends. A point alone is a short stroke.
fn line(series: &DrawnSeries, scale: &PlotScale, period: i64, (from, until): (i64, i64)) -> String {
    let x = |at: i64| ((at - from) as f64 / (until - from).max(1) as f64 * WIDTH).clamp(0.0, WIDTH);
    let (mut d, mut last) = (String::new(), None);
    let shown = series.points.iter().filter(|(at, value)| value.is_finite() && *at <= until);
    for (at, value) in shown {
        let joined = last.is_some_and(|last: i64| at - last <= period * 2);
        let pen = if joined { 'L' } else { 'M' };
        d += &format!("{pen}{:.1} {:.2}", x(*at), scale.y(*value).clamp(0.0, HEIGHT));
        if !joined {
            d += "h2";
        }
        last = Some(*at);
    }
    d
}
