//! The view on terminals of two sizes, with and without colour, and the model key by key.

use super::app::{Effect, Screen, SelectedItem, TuiEvent, TuiState, Wish};
use super::paint::Paint;
use super::view::{shares, view};
use crate::ops::status::testing::{NOW, quiet, trouble};
use crate::ops::status::{HistoryLine, StackStatus};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;
use std::path::Path;

fn app_of(status: StackStatus) -> TuiState {
    let mut app = TuiState::new(NOW, 30);
    app.update(TuiEvent::Read(Ok(Box::new(status))));
    app
}

fn press(app: &mut TuiState, key: KeyCode) -> Effect {
    app.update(TuiEvent::Key(KeyEvent::new(key, KeyModifiers::NONE)))
}

fn presses(app: &mut TuiState, keys: &str) {
    for key in keys.chars() {
        press(app, KeyCode::Char(key));
    }
}

fn drawn(app: &TuiState, size: (u16, u16), colour: bool) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| view(frame, app, Paint { colour })).unwrap();
    terminal.backend().buffer().clone()
}

fn text_of(buffer: &Buffer) -> String {
    let row = |y: u16| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..buffer.area.height).map(|y| format!("{}\n", row(y).trim_end())).collect()
}

/// Compares with the picture in `snapshots/`; TRYCMD=overwrite writes it anew, as for the sessions of `tests/cli`.
fn looks_like(name: &str, app: &TuiState, size: (u16, u16)) {
    let (plain, coloured) = (drawn(app, size, false), drawn(app, size, true));
    let text = text_of(&plain);
    assert_eq!(text, text_of(&coloured), "without colour the view says the same");
    let colours = |buffer: &Buffer| buffer.content.iter().filter(|cell| cell.fg != Color::Reset).count();
    assert_eq!(colours(&plain), 0);
    assert!(colours(&coloured) > 0);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/status_tui/snapshots").join(format!("{name}.txt"));
    if std::env::var("TRYCMD").is_ok_and(|mode| mode == "overwrite") {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{name}\n{text}");
}

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (200, 60);

#[test]
fn the_overview() {
    for (name, status) in [("quiet", quiet()), ("trouble", trouble())] {
        let app = app_of(status);
        looks_like(&format!("{name}-small"), &app, SMALL);
        looks_like(&format!("{name}-large"), &app, LARGE);
    }
}

#[test]
fn an_alarm_in_detail() {
    let mut app = app_of(trouble());
    let effect = press(&mut app, KeyCode::Enter);
    assert_eq!(effect.wish, Some(Wish::History("shop-errors".into())));
    let history = trouble().changes.unwrap().into_iter().map(HistoryLine::State);
    let action = HistoryLine::Other(NOW - 1_499, "Successfully executed action arn:aws:sns:us-east-1:1:alerts".into());
    app.update(TuiEvent::History("shop-errors".into(), Ok([action].into_iter().chain(history).collect())));
    looks_like("alarm-small", &app, SMALL);
    looks_like("alarm-large", &app, LARGE);
}

#[test]
fn help_and_a_subscription() {
    let mut app = app_of(trouble());
    presses(&mut app, "?");
    looks_like("help-small", &app, SMALL);
    press(&mut app, KeyCode::Esc);
    presses(&mut app, "/bob");
    press(&mut app, KeyCode::Enter);
    press(&mut app, KeyCode::Enter);
    looks_like("subscription-small", &app, SMALL);
}

#[test]
fn a_failed_read_is_shown_and_the_view_goes_on() {
    let mut app = app_of(quiet());
    assert_eq!(app.update(TuiEvent::Now(NOW + 60)), Effect::default(), "nothing to redraw at rest");
    app.update(TuiEvent::Now(NOW + 180));
    app.update(TuiEvent::Read(Err("error: cloudwatch:DescribeAlarms: no (AccessDenied)\n  fix: allow it".into())));
    let text = text_of(&drawn(&app, SMALL, false));
    assert!(text.contains("! what is shown is 3m old; could not be read: cloudwatch:DescribeAlarms: no"), "{text}");
    assert!(text.contains("OK      shop-errors"), "the old data stays: {text}");
    let fresh = StackStatus { at: NOW + 200, ..quiet() };
    app.update(TuiEvent::Read(Ok(Box::new(fresh))));
    let text = text_of(&drawn(&app, SMALL, false));
    assert!(!text.contains("could not be read") && !text.contains(" old"), "{text}");
}

#[test]
fn before_the_first_read_and_on_tiny_terminals_something_is_said() {
    let mut app = TuiState::new(NOW, 30);
    assert!(text_of(&drawn(&app, SMALL, false)).contains("reading ..."));
    app.update(TuiEvent::Read(Err("error: no credentials".into())));
    assert!(text_of(&drawn(&app, SMALL, false)).contains("no credentials"));
    let app = app_of(trouble());
    assert!(text_of(&drawn(&app, (20, 5), false)).contains("too small"));
    for width in [40, 79, 139, 140, 300] {
        for height in [10, 15, 43, 100] {
            for keys in ["", "\n", "?", "l"] {
                let mut app = app_of(trouble());
                keys.chars().for_each(|key| {
                    press(&mut app, if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) });
                });
                drawn(&app, (width, height), true);
            }
        }
    }
}

#[test]
fn keys_move_filter_and_end() {
    let mut app = app_of(trouble());
    assert_eq!(app.selected, Some(SelectedItem::Alarm("shop-errors".into())), "what rings comes first");
    presses(&mut app, "jj");
    assert_eq!(app.selected, Some(SelectedItem::Alarm("shop".into())));
    presses(&mut app, "G");
    assert_eq!(app.selected, Some(SelectedItem::Function("gone".into())));
    press(&mut app, KeyCode::Down);
    assert_eq!(app.selected, Some(SelectedItem::Function("gone".into())), "the end is the end");
    presses(&mut app, "g/pending");
    assert_eq!(app.items(), [SelectedItem::Subscription("alerts/email/bob@example.edu".into())]);
    assert_eq!(app.selected, app.items().first().cloned(), "the selection is among what is shown");
    // While it is typed, q is a letter.
    assert_eq!(press(&mut app, KeyCode::Char('q')).wish, None);
    press(&mut app, KeyCode::Esc);
    assert_eq!((app.filter.as_str(), app.is_typing), ("", false));
    assert_eq!(press(&mut app, KeyCode::Char('r')).wish, Some(Wish::Refresh));
    assert_eq!(press(&mut app, KeyCode::Char('r')).wish, None, "it is being read");
    presses(&mut app, "?");
    assert_eq!(press(&mut app, KeyCode::Char('q')).wish, None);
    assert_eq!(app.screen, Screen::Overview, "q goes back first");
    assert_eq!(press(&mut app, KeyCode::Char('q')).wish, Some(Wish::Quit));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(app.update(TuiEvent::Key(interrupt)).wish, Some(Wish::Interrupt));
}

#[test]
fn the_selection_stays_where_the_rows_move() {
    let mut app = app_of(quiet());
    presses(&mut app, "j");
    assert_eq!(app.selected, Some(SelectedItem::Alarm("shop-throttles".into())));
    app.update(TuiEvent::Read(Ok(Box::new(trouble()))));
    assert_eq!(app.selected, Some(SelectedItem::Alarm("shop-throttles".into())));
    let mut without = quiet();
    without.alarms.clear();
    app.update(TuiEvent::Read(Ok(Box::new(without))));
    assert_eq!(app.selected, app.items().first().cloned());
}

#[test]
fn logs_are_of_the_function_that_the_row_is_about() {
    let mut app = app_of(trouble());
    assert_eq!(press(&mut app, KeyCode::Char('l')).wish, Some(Wish::Logs("shop".into())));
    app.update(TuiEvent::Logs("shop".into(), Ok(vec!["one line".into()])));
    let text = text_of(&drawn(&app, SMALL, false));
    assert!(text.contains("Logs of shop") && text.contains("one line"), "{text}");
}

#[test]
fn rows_are_shared_fairly() {
    assert_eq!(shares(&[(5, 1), (1, 1), (2, 1)], 100), [5, 1, 2]);
    assert_eq!(shares(&[(50, 1), (1, 1), (2, 1)], 10), [7, 1, 2]);
    assert_eq!(shares(&[(50, 1), (50, 1)], 5), [3, 2]);
    assert_eq!(shares(&[(50, 3), (50, 1)], 8), [6, 2]);
    assert_eq!(shares(&[(5, 1), (5, 1)], 0), [0, 0]);
}

#[test]
fn long_lines_move_sideways_and_logs_stay_at_their_end() {
    let mut app = app_of(quiet());
    let effect = press(&mut app, KeyCode::Char('l'));
    let Some(Wish::Logs(function)) = effect.wish else { panic!("{effect:?}") };
    let written = |lines: std::ops::Range<usize>| -> Vec<String> {
        lines.map(|n| format!("line {n} {}END{n}", "-".repeat(90))).collect()
    };
    app.update(TuiEvent::Logs(function.clone(), Ok(written(0..60))));
    let shown = |app: &TuiState| text_of(&drawn(app, SMALL, false));
    assert!(shown(&app).contains("line 59 ") && !shown(&app).contains("line 2 "), "{}", shown(&app));
    assert!(!shown(&app).contains("END59"));
    (0..3).for_each(|_| drop(press(&mut app, KeyCode::Right)));
    assert!(shown(&app).contains("END59"), "{}", shown(&app));
    (0..3).for_each(|_| drop(press(&mut app, KeyCode::Left)));
    assert!(shown(&app).contains("line 59 "), "{}", shown(&app));
    // What is written meanwhile is seen; who reads further up is not moved by it back to the end.
    let fresh = StackStatus { at: NOW + 30, ..quiet() };
    assert_eq!(app.update(TuiEvent::Read(Ok(Box::new(fresh)))).wish, Some(Wish::Logs(function.clone())));
    app.update(TuiEvent::Logs(function, Ok(written(0..80))));
    assert!(shown(&app).contains("line 79 "), "{}", shown(&app));
    press(&mut app, KeyCode::Home);
    assert!(shown(&app).contains("line 0 "), "{}", shown(&app));
    press(&mut app, KeyCode::End);
    assert!(shown(&app).contains("line 79 "), "{}", shown(&app));
}
