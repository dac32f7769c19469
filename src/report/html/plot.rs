//! A series over time as a figure of a page: axes with numbers and units, times in UTC, the period before, a limit, and times that
//! are marked. Labels are text beside the picture, so that they are as large on a phone as on a wide screen.

use super::Markup;
use crate::report::figures::{moment, number};

/// What is drawn. Times are seconds since 1970.
#[derive(Debug)]
pub struct Plot<'a> {
    pub title: &'a str,
    /// Behind each number of the scale: ` ms`; `ms` turn into `s` where they are many.
    pub unit: &'a str,
    pub from: i64,
    pub until: i64,
    /// Whether only whole numbers can be.
    pub is_count: bool,
    /// Lowest and highest of each column; `None` without data.
    pub now: Vec<Option<(f64, f64)>>,
    /// The same columns, one period earlier; empty where there is none to compare with.
    pub before: Vec<Option<f64>>,
    pub limit: Option<PlotLimit>,
    /// Times in ALARM.
    pub alarms: &'a [(i64, i64)],
}

/// A line that the series is seen against, and what it is called, with its number.
#[derive(Debug)]
pub struct PlotLimit {
    pub value: f64,
    pub name: String,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// A limit that is so many times as far away as the series is drawn at the edge: to scale, the series would be flat.
const FAR: f64 = 12.0;
/// Marks of the scale, about; and of the time, exactly.
const MARKS: f64 = 4.0;
const TIMES: i64 = 4;
/// By so much two columns overlap.
const SEAM: f64 = 0.4;
/// A time in ALARM is at least so wide, to be seen.
const SEEN: f64 = 3.0;

/// The numbers of the vertical axis.
pub struct PlotScale {
    bottom: f64,
    top: f64,
    step: f64,
}

impl PlotScale {
    /// From the lowest to the highest, in steps of 1, 2 or 5 times a power of ten.
    pub fn of(low: f64, high: f64, least: f64) -> Self {
        let reach = if high > low { high - low } else { 1.0 };
        let power = 10_f64.powf((reach / MARKS).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| reach / step <= MARKS + 1.0);
        let step = step.filter(|step| step.is_finite() && *step > 0.0).unwrap_or(1.0).max(least);
        let (bottom, mut top) = ((low / step).floor() * step, (high / step).ceil() * step);
        if top <= bottom {
            top = bottom + step;
        }
        Self { bottom, top, step }
    }

    pub fn y(&self, value: f64) -> f64 {
        (self.top - value) / (self.top - self.bottom) * HEIGHT
    }

    /// The highest first.
    pub fn marks(&self) -> Vec<f64> {
        let n = ((self.top - self.bottom) / self.step).round() as usize;
        (0..=n).rev().map(|n| self.bottom + n as f64 * self.step).collect()
    }
}

/// The figure; nothing where there is nothing to draw.
pub fn plot(plot: &Plot<'_>) -> Markup {
    let before = || plot.before.iter().flatten().copied();
    let lows = plot.now.iter().flatten().map(|(low, _)| *low).chain(before());
    let highs = plot.now.iter().flatten().map(|(_, high)| *high).chain(before());
    let Some(high) = highs.filter(|value| value.is_finite()).reduce(f64::max) else { return Markup::default() };
    let low = lows.filter(|value| value.is_finite()).fold(0.0, f64::min);
    let limit = plot.limit.as_ref().filter(|limit| limit.value.is_finite());
    let near = limit.filter(|limit| {
        let reach = (high - low).max(f64::MIN_POSITIVE);
        limit.value <= low + reach * FAR && limit.value >= high - reach * FAR
    });
    let reach = near.map_or((low, high), |limit| (low.min(limit.value), high.max(limit.value)));
    let mut scale = PlotScale::of(reach.0, reach.1.max(0.0), if plot.is_count { 1.0 } else { 0.0 });
    let mut labels: Vec<String> = scale.marks().into_iter().map(|mark| with_unit(mark, scale.top, plot.unit)).collect();
    if let Some(far) = limit.filter(|_| near.is_none()) {
        // Beyond a step of its own, so that the series does not seem to touch it.
        let label = with_unit(far.value, far.value, plot.unit);
        if far.value > scale.top {
            scale.top += scale.step;
            labels.insert(0, label);
        } else {
            scale.bottom -= scale.step;
            labels.push(label);
        }
    }
    let picture = picture(plot, &scale, limit);
    let labels = labels.iter().map(|label| Markup::text(label).within("span"));
    let labels = Markup::join(labels).classed("div", "scale");
    let times = Markup::join(times(plot.from, plot.until).iter().map(|time| Markup::text(time).within("span")));
    let axis = Markup::text("time in UTC").classed("div", "axis");
    let frame = Markup::join([labels, picture, times.classed("div", "times"), axis]).classed("div", "frame");
    let caption = Markup::text(plot.title).within("figcaption");
    Markup::join([caption, legend(plot, limit, near.is_some(), &scale), frame]).classed("figure", "plot").line()
}

fn legend(plot: &Plot<'_>, limit: Option<&PlotLimit>, is_near: bool, scale: &PlotScale) -> Markup {
    let entry = |class: &str, text: &str| Markup::text(text).classed("li", class);
    let mut entries = Vec::new();
    if !plot.before.is_empty() {
        entries.push(entry("now", "this period"));
        entries.push(entry("before", "the period before"));
    }
    entries.extend(limit.map(|limit| match is_near {
        true => entry("limit", &limit.name),
        false => {
            let (side, edge) = if limit.value > scale.top { ("above", "top") } else { ("below", "bottom") };
            entry("limit", &format!("{} (far {side} the scale, drawn at the {edge})", limit.name))
        }
    }));
    if !plot.alarms.is_empty() {
        entries.push(entry("alarm", "ALARM"));
    }
    if entries.is_empty() { Markup::default() } else { Markup::join(entries).classed("ul", "legend") }
}

fn picture(plot: &Plot<'_>, scale: &PlotScale, limit: Option<&PlotLimit>) -> Markup {
    let length = (plot.until - plot.from).max(1) as f64;
    let at = |moment: i64| (moment - plot.from) as f64 / length * WIDTH;
    let path = |class: &str, d: &str| Markup::default().with("path", &[("class", class), ("d", d)]);
    let (mut shapes, mut fired) = (Vec::new(), Vec::new());
    let rules: String =
        scale.marks().iter().map(|mark| format!("M0 {:.2}H{WIDTH}", scale.y(*mark).clamp(0.3, HEIGHT - 0.3))).collect();
    shapes.push(path("rule", &rules));
    for (from, until) in plot.alarms {
        let (x, width) = (at(*from), (at(*until) - at(*from)).max(SEEN));
        let title = Markup::text(&format!("ALARM {} to {} UTC", moment(*from), moment(*until))).within("title");
        let [span, mark] = [("span", HEIGHT), ("fired", 3.0)].map(|(class, height)| {
            let place = [("x", x), ("y", 0.0), ("width", width), ("height", height)];
            let place = place.map(|(name, value)| (name, format!("{value:.1}")));
            let mut attributes = vec![("class", class)];
            attributes.extend(place.iter().map(|(name, value)| (*name, value.as_str())));
            title.clone().with("rect", &attributes)
        });
        shapes.push(span);
        fired.push(mark);
    }
    let column = WIDTH / plot.now.len().max(1) as f64;
    // Counts stand on the ground; of a range both ends are seen.
    let areas = plot.now.iter().enumerate().filter_map(|(n, range)| {
        let (low, high) = (*range)?;
        let (upper, lower) = (scale.y(high) - 0.4, scale.y(low) + 0.4);
        // A hair wider than the column, so that no gap is seen between two.
        let width = column + SEAM;
        Some(format!("M{:.1} {upper:.2}h{width:.2}V{lower:.2}h-{width:.2}z", n as f64 * column))
    });
    shapes.push(path("series", &areas.collect::<String>()));
    let (mut line, mut pen) = (String::new(), 'M');
    let column = WIDTH / plot.before.len().max(1) as f64;
    for (n, value) in plot.before.iter().enumerate() {
        match value {
            Some(value) => {
                line += &format!("{pen}{:.1} {:.2}", n as f64 * column, scale.y(*value));
                line += &format!("h{column:.1}");
                pen = 'L';
            }
            None => pen = 'M',
        }
    }
    // The line lies on the series, which is of its own colour: a rim sets it apart.
    shapes.extend([path("rim", &line), path("before", &line)]);
    shapes.extend(fired);
    shapes.extend(
        limit.map(|limit| path("limit", &format!("M0 {:.2}H{WIDTH}", scale.y(limit.value).clamp(0.6, HEIGHT - 0.6)))),
    );
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    Markup::join(shapes).with(
        "svg",
        &[("viewBox", view.as_str()), ("preserveAspectRatio", "none"), ("role", "img"), ("aria-label", plot.title)],
    )
}

/// `200 ms`; of many milliseconds `20 s`.
fn with_unit(mark: f64, top: f64, unit: &str) -> String {
    match unit {
        " ms" if top >= 10_000.0 => format!("{} s", number(mark / 1000.0)),
        unit => format!("{}{unit}", number(mark)),
    }
}

/// Times at equal distances: of one day the hours, of several days with their dates, of many days the dates alone.
pub fn times(from: i64, until: i64) -> Vec<String> {
    const DAY: i64 = 86_400;
    let all: Vec<String> = (0..=TIMES).map(|n| moment(from + (until - from) * n / TIMES)).collect();
    let part = |text: &str, range: std::ops::Range<usize>| text.get(range).unwrap_or(text).to_owned();
    let is_one_day = from.div_euclid(DAY) == until.div_euclid(DAY);
    let shown = all.iter().map(|time| match () {
        () if is_one_day => part(time, 11..16),
        () if until - from <= 4 * DAY => part(time, 5..16),
        () => part(time, 0..10),
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(limit: f64, until: i64) -> String {
        let limit = Some(PlotLimit { value: limit, name: "timeout 3 s".to_owned() });
        let now = vec![Some((0.0, 120.0)), None, Some((0.0, 310.0))];
        let before = vec![Some(100.0), Some(90.0), None];
        let plot = Plot {
            title: "Latency <p95>",
            unit: " ms",
            is_count: false,
            from: 1_795_341_600,
            until,
            now,
            before,
            limit,
            alarms: &[(1_795_341_600, 1_795_341_700)],
        };
        super::plot(&plot).to_string()
    }

    #[test]
    fn axes_have_units_and_times() {
        let text = shown(3000.0, 1_795_345_200);
        for said in
            ["<span>3000 ms</span>", "<span>0 ms</span>", "<span>10:00</span>", "<span>11:00</span>", "time in UTC"]
        {
            assert!(text.contains(said), "no {said} in {text}");
        }
        assert!(text.contains("class=\"limit\">timeout 3 s</li>") && text.contains("class=\"limit\" d=\"M0"), "{text}");
        assert!(text.contains("the period before") && text.contains("class=\"before\" d=\"M0.0"), "{text}");
        assert!(text.contains("ALARM 2026-11-22 10:00 to") && !text.contains("<p95>"), "{text}");
    }

    #[test]
    fn a_day_that_is_crossed_is_named() {
        assert!(shown(3000.0, 1_795_345_200 + 86_400).contains("<span>11-22 10:00</span>"));
        assert!(shown(3000.0, 1_795_345_200 + 9 * 86_400).contains("<span>2026-11-22</span>"));
    }

    #[test]
    fn a_limit_far_away_is_drawn_at_the_edge_and_says_so() {
        let text = shown(900_000.0, 1_795_345_200);
        assert!(text.contains("timeout 3 s (far above the scale, drawn at the top)"), "{text}");
        assert!(text.contains("class=\"limit\" d=\"M0 0.60"), "{text}");
        assert!(text.contains("<span>900 s</span><span>400 ms</span>"), "{text}");
    }

    #[test]
    fn a_scale_holds_what_it_shows_in_round_steps() {
        for (low, high) in [(0.0, 0.0), (0.0, 1.0), (-3.0, 7.0), (0.0, 0.0001), (0.0, 99_999.0), (5.0, 5.0)] {
            let scale = PlotScale::of(low, high, 0.0);
            let marks = scale.marks();
            assert!(
                scale.bottom <= low && scale.top >= high && (2..=8).contains(&marks.len()),
                "{low} {high} {marks:?}"
            );
        }
    }
}
