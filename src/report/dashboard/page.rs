//! A dashboard as a page: its widgets at their places on the grid of 24 columns, and one below the other on a phone.

use super::chart::figure;
use super::{heading, markdown, state};
use crate::ops::dashboard::{DashboardPicture, DrawnAlarm, DrawnSeries, DrawnWidget, WidgetChart, WidgetContent};
use crate::report::figures::number;
use crate::report::html::{CellStatus, HtmlPage, Markup, page_with};

const STYLE: &str = include_str!("page.css");
/// Views that are a number rather than a line.
const NUMBERS: [&str; 4] = ["singleValue", "gauge", "pie", "table"];

pub fn html(picture: &DashboardPicture) -> String {
    let alarms = picture.alarms();
    let count = |state: &str| alarms.iter().filter(|alarm| alarm.state.as_deref() == Some(state)).count();
    let (in_alarm, unclear) = (count("ALARM"), count("INSUFFICIENT_DATA"));
    let missing = alarms.iter().filter(|alarm| alarm.state.is_none()).count();
    let mood = match (in_alarm, missing) {
        (1.., _) => CellStatus::Bad,
        (0, 1..) => CellStatus::Careful,
        _ if alarms.is_empty() => CellStatus::Quiet,
        _ => CellStatus::Good,
    };
    let verdict = match (alarms.len(), in_alarm, missing) {
        (0, ..) => "No alarm is shown".to_owned(),
        (all, 0, 0) => format!("None of {all} alarms is in ALARM"),
        (all, 0, missing) => format!("None of {all} alarms is in ALARM; {missing} do not exist yet"),
        (all, some, _) => format!("{some} of {all} alarms {} in ALARM", if some == 1 { "is" } else { "are" }),
    };
    let figures = vec![
        ("ALARM", in_alarm.to_string()),
        ("OK", count("OK").to_string()),
        ("INSUFFICIENT_DATA", unclear.to_string()),
    ];
    let widgets = picture.widgets.iter().enumerate().map(|(n, widget)| section(n, widget, picture));
    let notes = picture.notes.iter().map(|note| Markup::text(&format!("note: {note}")).within("p").line());
    let place = format!("Account {}, {}", picture.account, picture.region);
    let time = format!(
        "{place}: {}. Drawn by mlopsctl from the same data; CloudWatch's own drawing differs in looks.",
        heading(picture)
    );
    let body = Markup::join(
        [Markup::text(&time).within("p").line(), Markup::join(widgets).classed("div", "board").line()]
            .into_iter()
            .chain(notes),
    );
    let title = format!("Dashboard {}", picture.name);
    page_with(&HtmlPage { title: &title, verdict: &verdict, mood, figures, body }, &style(picture))
}

/// The places on the grid are rules of a style: the page lets no style of a single element in.
fn style(picture: &DashboardPicture) -> String {
    let first = picture.widgets.iter().map(|widget| widget.y).min().unwrap_or_default();
    let places: String = picture
        .widgets
        .iter()
        .enumerate()
        .map(|(n, widget)| {
            let DrawnWidget { x, width, height, .. } = widget;
            let row = widget.y - first + 1;
            format!(".p{n}{{grid-column:{}/span {width};grid-row:{row}/span {height}}}", x + 1)
        })
        .collect();
    format!("{STYLE}@media (min-width: 901px) {{\n{places}\n}}\n")
}

fn section(n: usize, widget: &DrawnWidget, picture: &DashboardPicture) -> Markup {
    let (kind, inner) = match &widget.content {
        WidgetContent::Text(text) => ("text", markdown::markup(text)),
        WidgetContent::States(alarms) if alarms.is_empty() => {
            ("states", Markup::text("No alarm is in one of these states.").classed("p", "empty"))
        }
        WidgetContent::States(alarms) => {
            ("states", Markup::join(alarms.iter().map(|alarm| badge(alarm, true))).classed("div", "alarms"))
        }
        WidgetContent::Chart(shown) => ("chart", chart(&widget.title, shown, picture)),
        WidgetContent::Log { query } => ("log", log(query)),
        WidgetContent::Other(kind) => {
            ("other", Markup::text(&format!("A widget of type {kind} is drawn by CloudWatch alone.")).within("p"))
        }
    };
    let heading = if widget.title.is_empty() { Markup::default() } else { Markup::text(&widget.title).within("h3") };
    Markup::join([heading, inner]).classed("section", &format!("widget {kind} p{n}")).line()
}

fn mood(alarm: &DrawnAlarm) -> CellStatus {
    match alarm.state.as_deref() {
        Some("OK") => CellStatus::Good,
        Some("ALARM") => CellStatus::Bad,
        Some(_) => CellStatus::Quiet,
        None => CellStatus::Careful,
    }
}

fn badge(alarm: &DrawnAlarm, named: bool) -> Markup {
    let word = Markup::text(state(alarm)).classed("span", &format!("badge {}", mood(alarm).class()));
    let name = if named { Markup::text(&alarm.name).classed("span", "name") } else { Markup::default() };
    Markup::join([name, word]).classed("div", &format!("alarm {}", mood(alarm).class()))
}

fn chart(title: &str, chart: &WidgetChart, picture: &DashboardPicture) -> Markup {
    let state = chart.alarm.as_ref().map(|alarm| badge(alarm, false)).unwrap_or_default();
    let drawn = match &chart.failure {
        Some(why) => Markup::text(why).classed("p", "empty"),
        None if NUMBERS.contains(&chart.view.as_str()) => {
            Markup::join(chart.series.iter().map(value)).classed("dl", "values")
        }
        None => figure(title, chart, (picture.from, picture.until)),
    };
    Markup::join([state, drawn])
}

fn value(series: &DrawnSeries) -> Markup {
    let latest = series.points.last().map_or_else(|| "no data".to_owned(), |(_, value)| number(*value));
    Markup::join([Markup::text(&series.label).within("dt"), Markup::text(&latest).within("dd")]).within("div")
}

fn log(query: &str) -> Markup {
    let words = Markup::text("CloudWatch runs this query when the dashboard is opened:").classed("p", "empty");
    Markup::join([words, Markup::text(&query.replace(" | ", "\n| ")).within("pre")])
}
