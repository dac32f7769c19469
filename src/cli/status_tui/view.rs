//! The overview: verdict, alarms, who is notified, functions, last changes of state. Draws what the model holds and decides nothing.

use super::app::{Screen, SelectedItem, TuiState};
use super::paint::{Paint, TextScroll, text};
use super::{detail, help};
use crate::ops::status::{AlarmStatus, Curve, FunctionStatus, Reason, StackStatus, SubscriptionStatus};
use crate::report::sparkline::{against_threshold, sparkline};
use crate::report::status::words;
use crate::report::{Tone, backtest::moment, layout, mask};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// From so many columns on, alarms stand beside the rest.
const WIDE: u16 = 140;
/// A long verdict is cut: the rows say the rest.
const VERDICT_LINES: usize = 2;
const LEAST: (u16, u16) = (40, 10);
/// From so many rows on, what is selected is also shown below the alarms.
const TALL_DETAIL: u16 = 14;

/// A part of the view: its title and what its columns are, and rows of which some can be selected.
struct ViewSection {
    title: &'static str,
    columns: &'static str,
    /// How many rows it gets for one of the others, where there is too little room.
    weight: usize,
    rows: Vec<(Option<SelectedItem>, Line<'static>)>,
}

/// Draws the whole view.
pub fn view(frame: &mut Frame<'_>, app: &TuiState, paint: Paint) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("too small: {} x {} at least", LEAST.0, LEAST.1);
        frame.render_widget(Paragraph::new(text), area);
        return;
    }
    let mut head = head(app, paint, area.width.into());
    // Air, where there is any.
    if area.height >= 20 {
        head.push(Line::default());
    }
    let head_rows = u16::try_from(head.len()).unwrap_or(3);
    let [top, body, foot] =
        Layout::vertical([Constraint::Length(head_rows), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    frame.render_widget(Paragraph::new(head), top);
    frame.render_widget(Paragraph::new(foot_line(app, paint)), foot);
    match (&app.screen, &app.status) {
        (Screen::Help, _) => help::draw(frame, body, app, paint),
        (_, None) => {
            let said = match &app.failure {
                Some((_, why)) => why.clone(),
                None => "reading ...".to_owned(),
            };
            text(
                frame,
                body,
                layout::wrap(&said, body.width.into()).into_iter().map(Line::from).collect(),
                TextScroll::default(),
            );
        }
        (Screen::Overview, Some(status)) => overview(frame, body, app, status, paint),
        (Screen::Detail(item), Some(status)) => {
            let lines = detail::lines(app, status, item, paint, (body.width, body.height));
            text(frame, body, lines, app.scroll);
        }
        (Screen::Logs(function), Some(_)) => {
            text(frame, body, detail::logs(app, function, paint), app.scroll);
        }
    }
}

/// Whose it is and when it was read; the verdict; what is wrong with the view itself.
fn head(app: &TuiState, paint: Paint, width: usize) -> Vec<Line<'static>> {
    let Some(status) = &app.status else { return vec![Line::from("mlopsctl status")] };
    let whose = format!("{} in {}", mask::line(&status.stack), status.target);
    let clock = clock(status.at);
    let read = if app.is_reading { "reading ...".to_owned() } else { format!("read {clock}") };
    let gap = width.saturating_sub(layout::width(&whose) + layout::width(&read)).max(1);
    let mut lines = vec![Line::from(vec![
        paint.span(Tone::Quiet, whose),
        Span::raw(" ".repeat(gap)),
        paint.span(Tone::Quiet, read),
    ])];
    let style = paint.tone(words::tone(status)).add_modifier(Modifier::BOLD);
    let mut verdict = layout::wrap(&words::verdict(status), width);
    if verdict.len() > VERDICT_LINES {
        verdict.truncate(VERDICT_LINES);
        let last = verdict.pop().unwrap_or_default();
        verdict.push(layout::cut(&format!("{last} …"), width));
    }
    lines.extend(verdict.into_iter().map(|line| Line::styled(line, style)));
    let failure = app.failure.as_ref().map(|(_, why)| format!("could not be read: {}", first_line(why)));
    let trouble: Vec<String> = [app.staleness(), failure].into_iter().flatten().collect();
    if !trouble.is_empty() {
        lines.push(Line::from(paint.span(Tone::Bad, layout::cut(&format!("! {}", trouble.join("; ")), width))));
    }
    lines
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ")
}

/// `10:05:32 UTC`
fn clock(second: i64) -> String {
    format!("{}:{:02} UTC", moment(second).get(11..).unwrap_or_default(), second.rem_euclid(60))
}

fn foot_line(app: &TuiState, paint: Paint) -> Line<'static> {
    if app.is_typing {
        return Line::from(format!("/{}_   enter: keep, esc: drop", app.filter));
    }
    let keys = match app.screen {
        Screen::Overview => "enter detail  / filter  l logs  r refresh  ? help  q quit",
        _ => "esc back  up/down scroll  l logs  r refresh  ? help",
    };
    let filter = if app.filter.is_empty() { String::new() } else { format!("filter: {} (esc drops it)  ", app.filter) };
    Line::from(vec![Span::raw(filter), paint.span(Tone::Quiet, keys)])
}

fn overview(frame: &mut Frame<'_>, area: Rect, app: &TuiState, status: &StackStatus, paint: Paint) {
    if area.width >= WIDE {
        let left = area.width * 3 / 5;
        let [left, _, right] =
            Layout::horizontal([Constraint::Length(left), Constraint::Length(2), Constraint::Min(0)]).areas(area);
        let alarms = alarms(app, status, paint, left.width.into());
        let rows = u16::try_from(alarms.rows.len() + 2).unwrap_or(u16::MAX);
        if let (Some(item), true) = (&app.selected, left.height >= rows.min(left.height / 2) + TALL_DETAIL) {
            let above = Constraint::Length(rows.min(left.height / 2));
            let [above, below] = Layout::vertical([above, Constraint::Min(0)]).areas(left);
            draw(frame, above, vec![alarms], app);
            text(
                frame,
                below,
                detail::lines(app, status, item, paint, (below.width, below.height)),
                TextScroll::default(),
            );
        } else {
            draw(frame, left, vec![alarms], app);
        }
        draw(frame, right, beside(app, status, paint, right.width.into(), true), app);
    } else {
        let mut sections = vec![alarms(app, status, paint, area.width.into())];
        sections.extend(beside(app, status, paint, area.width.into(), area.height > 40));
        draw(frame, area, sections, app);
    }
}

/// The sections one below the other; where there is too little room, each gets a fair part, and shows the rows around what is selected.
fn draw(frame: &mut Frame<'_>, area: Rect, sections: Vec<ViewSection>, app: &TuiState) {
    let sections: Vec<ViewSection> = sections.into_iter().filter(|section| !section.rows.is_empty()).collect();
    let wanted: Vec<(usize, usize)> = sections.iter().map(|section| (section.rows.len(), section.weight)).collect();
    let all: usize = wanted.iter().map(|(rows, _)| rows + 2).sum();
    // Air between them, where there is any.
    let airy = usize::from(area.height) + 1 >= all;
    let titles = if airy { 2 * sections.len() } else { sections.len() };
    let room = usize::from(area.height).saturating_sub(titles.saturating_sub(usize::from(airy)));
    let shown = shares(&wanted, room);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (section, rows) in sections.into_iter().zip(shown) {
        if airy && !lines.is_empty() {
            lines.push(Line::default());
        }
        let selected = section.rows.iter().position(|(item, _)| item.is_some() && *item == app.selected);
        let from = selected.map_or(0, |at| (at + 1).saturating_sub(rows));
        let of = section.rows.len();
        let part = if rows < of { format!(" {}-{} of {of}", from + 1, from + rows) } else { String::new() };
        let title = format!("{}{part}{}", section.title, section.columns);
        lines.push(Line::styled(title, Style::new().add_modifier(Modifier::BOLD)));
        for (at, (_, line)) in section.rows.into_iter().enumerate().skip(from).take(rows) {
            let is_selected = selected == Some(at);
            let mark = if is_selected { "> " } else { "  " };
            let mut spans = vec![Span::raw(mark)];
            spans.extend(line.spans);
            // A curve that is reversed would be another curve.
            for span in spans.iter_mut().filter(|span| is_selected && !is_curve(&span.content)) {
                span.style = span.style.add_modifier(Modifier::REVERSED);
            }
            lines.push(Line::from(spans));
        }
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn is_curve(text: &str) -> bool {
    text.contains(|c: char| ('▁'..='█').contains(&c) || c == '·')
}

/// How many rows each gets of `room`, by how many it wants and its weight: all, or what is left when the small ones have theirs.
pub fn shares(wanted: &[(usize, usize)], room: usize) -> Vec<usize> {
    let mut shares = vec![0; wanted.len()];
    for _ in 0..room {
        // The one that has the least of those that want more gets the next row.
        let hungry = (0..wanted.len()).filter(|at| shares[*at] < wanted[*at].0);
        let poorest = hungry.min_by_key(|at| shares[*at] / wanted[*at].1.max(1));
        let Some(poorest) = poorest else { break };
        shares[poorest] += 1;
    }
    shares
}

fn alarms(app: &TuiState, status: &StackStatus, paint: Paint, width: usize) -> ViewSection {
    let alarms = app.alarms();
    let longest = alarms.iter().map(|alarm| layout::width(&mask::line(&alarm.address.name))).max().unwrap_or(0);
    // Mark, state, since, spaces and the newest value have their places; name and curve share the rest.
    let value = |alarm: &&AlarmStatus| {
        let curve = alarm.curve.as_ref()?.as_ref().ok()?;
        Some(layout::width(&now_and_limit(alarm, curve)) + layout::width(&marks(alarm)))
    };
    let state = alarms.iter().map(|alarm| words::alarm_state(alarm).1.len()).max().unwrap_or(0).max(7);
    let rest = width.saturating_sub(2 + state + 3 + 9 + alarms.iter().filter_map(value).max().unwrap_or(0));
    let name = longest.min(rest.saturating_sub(10)).max(10);
    let curve = rest.saturating_sub(name + 2).min(60);
    let row = |alarm: &&AlarmStatus| {
        let line = alarm_line(alarm, status, paint, &Widths { state, name, curve });
        (Some(SelectedItem::Alarm(alarm.address.name.clone())), line)
    };
    let rows: Vec<_> = alarms.iter().map(row).collect();
    let columns = ": state, since, last hours (middle: threshold), now (threshold)";
    ViewSection { title: "Alarms", columns, weight: 3, rows }
}

/// Columns of an alarm's line.
struct Widths {
    state: usize,
    name: usize,
    curve: usize,
}

fn alarm_line(alarm: &AlarmStatus, status: &StackStatus, paint: Paint, widths: &Widths) -> Line<'static> {
    let Widths { state, name, curve } = *widths;
    let (symbol, word, tone) = words::alarm_state(alarm);
    let mut spans = vec![
        paint.span(tone, format!("{symbol} {word:<state$} ")),
        Span::raw(pad(&layout::cut(&mask::line(&alarm.address.name), name), name)),
        Span::raw(format!(" {:>7} ", words::age(alarm.since, status.at))),
    ];
    match &alarm.curve {
        Some(Ok(found)) => {
            let is_bad = found.newest().is_some_and(|value| found.breaches(value));
            let tone = if is_bad { Tone::Bad } else { Tone::Special };
            spans.push(paint.span(tone, pad(&against_threshold(&found.sketch, curve), curve)));
            spans.push(Span::raw(now_and_limit(alarm, found)));
        }
        _ => spans.push(paint.span(Tone::Quiet, layout::cut(&words::condition(alarm), curve + 18))),
    }
    spans.push(paint.span(Tone::Careful, marks(alarm)));
    Line::from(spans)
}

/// What a state does not say: that nobody is notified, or that it may not be all.
fn marks(alarm: &AlarmStatus) -> String {
    let marks = [
        (alarm.reason == Some(Reason::NotYet)).then_some(" new, not evaluated yet"),
        alarm.is_silenced().then_some(" silenced"),
        alarm.evaluation.is_some().then_some(" partly evaluated"),
    ];
    marks.into_iter().flatten().collect()
}

/// ` 7 (> 5)`
fn now_and_limit(alarm: &AlarmStatus, curve: &Curve) -> String {
    format!(" {} ({})", words::newest(alarm, curve), words::limit(alarm))
}

/// Everything but the alarms.
fn beside(app: &TuiState, status: &StackStatus, paint: Paint, width: usize, roomy: bool) -> Vec<ViewSection> {
    let subscriptions = status.subscriptions.iter().filter(|s| app.passes(&[&s.endpoint, words::life(s).1]));
    let functions = status.functions.iter().filter(|function| app.passes(&[&function.name]));
    let mut sections = vec![
        ViewSection {
            title: "Who is notified",
            columns: "",
            weight: 1,
            rows: subscriptions
                .map(|s| (Some(SelectedItem::Subscription(s.address.name.clone())), subscription_line(s, paint)))
                .collect(),
        },
        ViewSection {
            title: "Functions",
            columns: "",
            weight: 1,
            rows: functions
                .map(|f| (Some(SelectedItem::Function(f.name.clone())), function_line(f, status, paint, width)))
                .collect(),
        },
    ];
    if roomy {
        let groups = status.log_groups.iter().map(|group| {
            let name = mask::line(&group.address.name);
            (None, Line::from(vec![Span::raw(format!("{name}  ")), Span::raw(words::log_group(group))]))
        });
        sections.push(ViewSection { title: "Log groups", columns: "", weight: 1, rows: groups.collect() });
    }
    let drift = status.drift.iter().map(|drift| {
        let fields: Vec<&str> = drift.fields.iter().map(|field| field.field.as_str()).collect();
        let symbol = paint.span(Tone::Careful, format!("{:>3} ", drift.action.symbol()));
        (None, Line::from(vec![symbol, Span::raw(mask::line(&format!("{}  {}", drift.address, fields.join(", "))))]))
    });
    sections.push(ViewSection { title: "Drift", columns: "", weight: 1, rows: drift.collect() });
    let changes = status.changes.as_deref().unwrap_or_default().iter();
    let changes = changes.filter(|change| app.passes(&[&change.alarm, words::state_word(change.to)])).map(|change| {
        let spans = vec![
            Span::raw(format!("{:>6} ago  ", words::age(Some(change.at), status.at))),
            paint.span(words::state_tone(change.to), format!("{:<18} ", words::transition(change))),
            Span::raw(format!("{}  ", mask::line(&change.alarm))),
            paint.span(Tone::Quiet, words::reason(&change.reason)),
        ];
        (None, Line::from(spans))
    });
    sections.push(ViewSection { title: "Last changes of state", columns: "", weight: 1, rows: changes.collect() });
    sections
}

fn subscription_line(subscription: &SubscriptionStatus, paint: Paint) -> Line<'static> {
    let (symbol, word, tone) = words::life(subscription);
    let more = words::more_of(subscription).map(|more| format!(", {more}")).unwrap_or_default();
    Line::from(vec![
        paint.span(tone, format!("{symbol} {word:<9} ")),
        Span::raw(words::endpoint(subscription)),
        paint.span(Tone::Quiet, mask::line(&format!("  of {}{more}", subscription.topic))),
    ])
}

fn function_line(function: &FunctionStatus, status: &StackStatus, paint: Paint, width: usize) -> Line<'static> {
    let (said, tone) = words::function(function, status.at);
    let name = mask::line(&function.name);
    let room = width.saturating_sub(layout::width(&name) + layout::width(&said) + 8);
    let mut spans = vec![Span::raw(format!("{}{name}  ", if function.facts.is_ok() { "  " } else { "! " }))];
    if let Some(invocations) = &function.invocations {
        let minutes: Vec<f64> = invocations.minutes.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
        spans.push(paint.span(Tone::Special, sparkline(&minutes, room.min(36), None)));
        spans.push(Span::raw("  "));
    }
    spans.push(paint.span(tone, said));
    Line::from(spans)
}

/// With spaces up to so many columns.
fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(layout::width(text))))
}
