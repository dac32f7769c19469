//! All there is to know of one row: an alarm with its chart, configuration and history, a subscription, a function and its logs.

use super::app::{SelectedItem, TuiState};
use super::paint::Paint;
use crate::model::advice;
use crate::model::partition::Partition;
use crate::ops::status::{AlarmStatus, Curve, FunctionStatus, HistoryLine, Life, StackStatus, SubscriptionStatus};
use crate::report::backtest::chart::{self, Ink};
use crate::report::backtest::{moment, number};
use crate::report::status::words;
use crate::report::{Tone, layout, mask, phrase};
use ratatui::text::{Line, Span};

/// The lines of a row's detail in so many columns and rows; they may be more than the rows.
pub fn lines(
    app: &TuiState,
    status: &StackStatus,
    item: &SelectedItem,
    paint: Paint,
    (columns, rows): (u16, u16),
) -> Vec<Line<'static>> {
    let page = DetailPage { app, status, paint, columns: columns.into(), rows: rows.into() };
    let found = match item {
        SelectedItem::Alarm(name) => {
            status.alarms.iter().find(|alarm| alarm.address.name == *name).map(|alarm| page.alarm(alarm))
        }
        SelectedItem::Subscription(name) => {
            let found = status.subscriptions.iter().find(|subscription| subscription.address.name == *name);
            found.map(|subscription| page.subscription(subscription))
        }
        SelectedItem::Function(name) => {
            status.functions.iter().find(|function| function.name == *name).map(|function| page.function(function))
        }
    };
    found.unwrap_or_else(|| vec![Line::from("it is not there any more")])
}

struct DetailPage<'a> {
    app: &'a TuiState,
    status: &'a StackStatus,
    paint: Paint,
    columns: usize,
    rows: usize,
}

impl DetailPage<'_> {
    fn title(&self, text: impl Into<String>) -> Line<'static> {
        Line::from(self.paint.span(Tone::Strong, text))
    }

    /// `label` in its column, the text wrapped beside it.
    fn fact(&self, label: &str, text: &str, tone: Option<Tone>) -> Vec<Line<'static>> {
        self.labelled(label, 12, text, tone)
    }

    fn labelled(&self, label: &str, width: usize, text: &str, tone: Option<Tone>) -> Vec<Line<'static>> {
        let style = tone.map(|tone| self.paint.tone(tone)).unwrap_or_default();
        let room = self.columns.saturating_sub(width + 3).max(20);
        let wrapped: Vec<String> = layout::wrap(text, room).iter().flat_map(|line| pieces(line, room)).collect();
        let line = |(n, line): (usize, String)| {
            let label = if n == 0 { label } else { "" };
            let label = self.paint.span(Tone::Quiet, format!("  {label:<width$} "));
            Line::from(vec![label, Span::styled(line, style)])
        };
        wrapped.into_iter().enumerate().map(line).collect()
    }

    fn alarm(&self, alarm: &AlarmStatus) -> Vec<Line<'static>> {
        let (symbol, word, tone) = words::alarm_state(alarm);
        let now = self.status.at;
        let since = alarm.since.map(|since| format!(" since {}", words::when(since, now))).unwrap_or_default();
        let state = format!("{symbol} {word}{since}");
        let mut lines = vec![self.title(mask::line(&alarm.address.to_string()))];
        lines.extend(self.fact("state", state.trim_start(), Some(tone)));
        lines.extend(alarm.reason.iter().flat_map(|reason| self.fact("why", &words::reason(reason), None)));
        lines.extend(self.fact("threshold", &words::condition(alarm), None));
        lines.extend(self.fact("notifies", &words::tells(alarm, self.status), None));
        let hushed = words::hushed(alarm, now).map(|hushed| format!("nobody is notified: {hushed}"));
        lines.extend(hushed.iter().flat_map(|hushed| self.fact("silenced", hushed, Some(Tone::Careful))));
        let evaluation = alarm.evaluation.as_deref().map(words::evaluation);
        lines.extend(evaluation.iter().flat_map(|said| self.fact("evaluation", said, Some(Tone::Careful))));
        let standing = words::standing(&alarm.standing);
        lines.extend(standing.iter().flat_map(|(said, tone)| self.fact("spec", said, Some(*tone))));
        match &alarm.curve {
            Some(Ok(curve)) => {
                lines.push(Line::default());
                lines.extend(self.chart(curve));
            }
            Some(Err(why)) => lines.extend(self.fact("no chart", &mask::line(why), None)),
            None => {}
        }
        lines.extend(self.history(alarm));
        lines.extend([Line::default(), self.title("Further")]);
        lines.extend(self.console(&alarm.address.name).iter().flat_map(|url| self.fact("console", url, None)));
        let drill = advice::command(&format!("drill {}", advice::quoted(&alarm.address.name)));
        lines.extend(self.fact("drill", &format!("{drill} fires it and follows its notification"), None));
        lines.extend([Line::default(), self.title("Configuration")]);
        let fields = alarm.resource.fields();
        let longest = fields.keys().map(String::len).max().unwrap_or(0);
        for (field, value) in fields {
            let value = phrase::value(&field, &value, &self.status.target);
            lines.extend(self.labelled(&field, longest, &value, None));
        }
        lines
    }

    /// The page of an alarm in the console.
    fn console(&self, alarm: &str) -> Option<String> {
        let region = &self.status.target.region;
        let host = Partition::of_region(region).console_host(region)?;
        let name: String = form_urlencoded::byte_serialize(alarm.as_bytes()).collect();
        let name = name.replace('+', "%20");
        Some(format!("https://{host}/cloudwatch/home?region={region}#alarmsV2:alarm/{name}"))
    }

    fn chart(&self, curve: &Curve) -> Vec<Line<'static>> {
        let margin = 9;
        let columns = self.columns.saturating_sub(margin + 3).clamp(10, 160);
        let rows = (self.rows / 3).clamp(4, 16);
        let bars = chart::bars(&curve.sketch, columns);
        let breaching: Vec<bool> = bars.iter().map(|bar| bar.is_some_and(|value| curve.breaches(value))).collect();
        let Some(drawing) = chart::draw(&curve.sketch, &breaching, rows, (rows * 4) as f64) else {
            let hours = words::age(Some(curve.from), curve.until);
            return vec![Line::from(format!("  no data in the last {hours}"))];
        };
        let row = |(label, cells): (String, Vec<(char, Ink)>)| {
            let mut spans = vec![Span::raw(format!("{label:>margin$} │"))];
            spans.extend(cells.into_iter().map(|(cell, ink)| {
                let tone = match ink {
                    Ink::Threshold => Tone::Careful,
                    Ink::Alarm => Tone::Bad,
                    Ink::Series => Tone::Special,
                };
                self.paint.span(tone, cell.to_string())
            }));
            Line::from(spans)
        };
        let mut lines: Vec<Line<'static>> = drawing.rows.into_iter().map(row).collect();
        let (from, until) = (moment(curve.from), format!("{} UTC", moment(curve.until)));
        let gap = columns.saturating_sub(from.len() + until.len());
        let axis = format!("{:margin$}  {from}{}{until}", "", " ".repeat(gap));
        lines.push(Line::from(self.paint.span(Tone::Quiet, axis)));
        let threshold = format!("the threshold is {}", number(curve.sketch.threshold));
        let legend = drawing.far.unwrap_or_else(|| format!("┄ {threshold}"));
        lines.push(Line::from(self.paint.span(Tone::Careful, format!("{:margin$}  {legend}", ""))));
        lines
    }

    fn history(&self, alarm: &AlarmStatus) -> Vec<Line<'static>> {
        let mut lines = vec![Line::default(), self.title("History")];
        match self.app.history.as_ref().filter(|(name, _)| *name == alarm.address.name) {
            None => {
                let changes = self.status.changes.iter().flatten().filter(|change| change.alarm == alarm.address.name);
                let changes: Vec<HistoryLine> = changes.cloned().map(HistoryLine::State).collect();
                lines.extend(changes.iter().map(|one| self.happened(one)));
                lines.push(Line::from(self.paint.span(Tone::Quiet, "  enter shows all of it")));
            }
            Some((_, Err(why))) => lines.extend(self.fact("unknown", &mask::text(why), Some(Tone::Bad))),
            Some((_, Ok(history))) if history.is_empty() => {
                lines.push(Line::from("  nothing in the last 30 days"));
            }
            Some((_, Ok(history))) => lines.extend(history.iter().map(|one| self.happened(one))),
        }
        lines
    }

    fn happened(&self, happened: &HistoryLine) -> Line<'static> {
        match happened {
            HistoryLine::State(change) => Line::from(vec![
                Span::raw(format!("  {}  ", moment(change.at))),
                self.paint.span(words::state_tone(change.to), format!("{:<18}", words::transition(change))),
                Span::raw(format!("  {}", words::reason(&change.reason))),
            ]),
            HistoryLine::Other(at, summary) => Line::from(vec![
                Span::raw(format!("  {}  ", moment(*at))),
                self.paint.span(Tone::Quiet, mask::line(summary)),
            ]),
        }
    }

    fn subscription(&self, subscription: &SubscriptionStatus) -> Vec<Line<'static>> {
        let (_, word, tone) = words::life(subscription);
        let mut lines = vec![self.title(words::endpoint(subscription))];
        let more = words::more_of(subscription).map(|more| format!(", {more}")).unwrap_or_default();
        lines.extend(self.fact("state", &format!("{word}{more}"), Some(tone)));
        lines.extend(self.fact("topic", &mask::line(&subscription.topic), None));
        if subscription.life == Life::Pending {
            let confirm = crate::plan::notes::confirm(&subscription.protocol, &subscription.endpoint);
            lines.extend(self.fact("fix", &mask::text(&confirm), None));
            lines.extend(self.fact("or", "mlopsctl subscriptions resend sends the mail once more", None));
        }
        let topic = self.status.topics.iter().find(|topic| topic.address.name == subscription.topic);
        let notes =
            self.status.notes.iter().filter(|(address, _)| *address == topic.map(|topic| topic.address.clone()));
        for (_, note) in notes.filter(|(address, _)| address.is_some()) {
            lines.extend(self.fact("its topic", &mask::text(&note.text), Some(Tone::Careful)));
        }
        lines
    }

    fn function(&self, function: &FunctionStatus) -> Vec<Line<'static>> {
        let (said, tone) = words::function(function, self.status.at);
        let mut lines = vec![self.title(mask::line(&function.name))];
        lines.extend(self.fact("runs", &said, Some(tone)));
        if let Ok(facts) = &function.facts {
            lines.extend(self.fact("memory", &format!("{} MB", facts.memory_mb), None));
            lines.extend(self.fact("timeout", &format!("{} s", facts.timeout_s), None));
            lines.extend(self.fact("log group", &mask::line(&facts.log_group), None));
            lines.extend(words::modified(function).iter().flat_map(|said| self.fact("code", said, None)));
        }
        let watching = self.status.alarms.iter().filter(|alarm| alarm.function.as_ref() == Some(&function.name));
        for alarm in watching {
            let (_, word, tone) = words::alarm_state(alarm);
            lines.extend(self.fact("alarm", &mask::line(&format!("{word}  {}", alarm.address.name)), Some(tone)));
        }
        lines.extend(self.fact("logs", "press l", None));
        lines
    }
}

/// A line that has no place to be wrapped at, in pieces.
fn pieces(line: &str, columns: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in line.chars() {
        let last = pieces.len() - 1;
        if layout::width(&pieces[last]) >= columns {
            pieces.push(c.to_string());
        } else {
            pieces[last].push(c);
        }
    }
    pieces
}

/// The last lines of a function's logs, the newest last.
pub fn logs(app: &TuiState, function: &str, paint: Paint) -> Vec<Line<'static>> {
    let mut lines = vec![
        Line::default(),
        Line::from(paint.span(Tone::Strong, format!("Logs of {}, the last ten minutes", mask::line(function)))),
    ];
    match app.logs.as_ref().filter(|(of, _)| of == function) {
        None => lines.push(Line::from("  reading ...")),
        Some((_, Err(why))) => lines.push(Line::from(paint.span(Tone::Bad, format!("  {}", mask::line(why))))),
        Some((_, Ok(found))) if found.is_empty() => lines.push(Line::from("  nothing in the last ten minutes")),
        Some((_, Ok(found))) => lines.extend(found.iter().map(|line| Line::from(format!("  {}", mask::line(line))))),
    }
    lines
}
