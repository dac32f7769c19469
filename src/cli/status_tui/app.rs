//! The state of the full-screen view and how events change it. Pure: no terminal, no clock, no AWS.

use super::paint::TextScroll;
use crate::ops::status::{AlarmStatus, HistoryLine, StackStatus};
use crate::report::status::words;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What the view shows, and where the user is in it.
#[derive(Debug)]
pub struct TuiState {
    /// The last one that could be read.
    pub status: Option<StackStatus>,
    /// When reading it again failed, and why; `None` after a success.
    pub failure: Option<(i64, String)>,
    pub is_reading: bool,
    /// Seconds since 1970.
    pub now: i64,
    /// Seconds between two reads.
    pub interval: i64,
    pub selected: Option<SelectedItem>,
    pub filter: String,
    pub is_typing: bool,
    pub screen: Screen,
    /// How far a screen of text is scrolled.
    pub scroll: TextScroll,
    /// Of the alarm that is looked at.
    pub history: Option<(String, Result<Vec<HistoryLine>, String>)>,
    /// Of the function that is looked at.
    pub logs: Option<(String, Result<Vec<String>, String>)>,
}

/// Something that can be selected; kept by name, so that it stays selected when the rows move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectedItem {
    Alarm(String),
    /// `TOPIC/PROTOCOL/ENDPOINT`
    Subscription(String),
    Function(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    Overview,
    Detail(SelectedItem),
    Logs(String),
    Help,
}

#[derive(Debug)]
pub enum TuiEvent {
    Key(KeyEvent),
    /// The window has another size, or has to be drawn anew.
    Resized,
    Now(i64),
    Read(Result<Box<StackStatus>, String>),
    History(String, Result<Vec<HistoryLine>, String>),
    Logs(String, Result<Vec<String>, String>),
}

/// What the loop around the model has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Quit,
    /// Ctrl-C.
    Interrupt,
    Refresh,
    History(String),
    Logs(String),
}

/// What an event led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Effect {
    pub redraw: bool,
    pub wish: Option<Wish>,
}

impl From<Wish> for Effect {
    fn from(wish: Wish) -> Self {
        Effect { redraw: true, wish: Some(wish) }
    }
}

const REDRAW: Effect = Effect { redraw: true, wish: None };
const NOTHING: Effect = Effect { redraw: false, wish: None };

impl TuiState {
    pub fn new(now: i64, interval: i64) -> Self {
        TuiState {
            status: None,
            failure: None,
            is_reading: true,
            now,
            interval,
            selected: None,
            filter: String::new(),
            is_typing: false,
            screen: Screen::Overview,
            scroll: TextScroll::default(),
            history: None,
            logs: None,
        }
    }

    pub fn update(&mut self, event: TuiEvent) -> Effect {
        match event {
            TuiEvent::Key(key) if key.kind == KeyEventKind::Release => NOTHING,
            TuiEvent::Key(key) => self.key(key),
            TuiEvent::Resized => REDRAW,
            // Nothing of the view moves with the clock but what it says of data that are too old.
            TuiEvent::Now(now) => {
                let before = self.staleness();
                self.now = now;
                Effect { redraw: before != self.staleness(), wish: None }
            }
            TuiEvent::Read(read) => self.read(read),
            TuiEvent::History(alarm, history) => {
                self.history = Some((alarm, history));
                REDRAW
            }
            TuiEvent::Logs(function, lines) => {
                self.logs = Some((function, lines));
                REDRAW
            }
        }
    }

    /// That what is shown is old, where it is: two reads should have come since.
    pub fn staleness(&self) -> Option<String> {
        let age = self.now - self.status.as_ref()?.at;
        let is_old = age > 2 * self.interval || (self.failure.is_some() && age > 0);
        is_old.then(|| format!("what is shown is {} old", words::age(Some(0), age)))
    }

    /// The alarms that the filter lets pass, the urgent ones first.
    pub fn alarms(&self) -> Vec<&AlarmStatus> {
        let Some(status) = &self.status else { return Vec::new() };
        let alarms = words::by_urgency(&status.alarms).into_iter();
        alarms.filter(|alarm| self.passes(&[&alarm.address.name, words::alarm_state(alarm).1])).collect()
    }

    /// Whether one of the texts has what is filtered by.
    pub fn passes(&self, texts: &[&str]) -> bool {
        let filter = self.filter.to_lowercase();
        filter.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&filter))
    }

    /// Everything that can be selected, in the order of the view.
    pub fn items(&self) -> Vec<SelectedItem> {
        let Some(status) = &self.status else { return Vec::new() };
        let mut items: Vec<SelectedItem> =
            self.alarms().iter().map(|alarm| SelectedItem::Alarm(alarm.address.name.clone())).collect();
        let subscriptions = status.subscriptions.iter().filter(|s| self.passes(&[&s.endpoint, words::life(s).1]));
        items.extend(subscriptions.map(|s| SelectedItem::Subscription(s.address.name.clone())));
        let functions = status.functions.iter().filter(|function| self.passes(&[&function.name]));
        items.extend(functions.map(|function| SelectedItem::Function(function.name.clone())));
        items
    }

    /// The function that the selection is about; else the only one there is.
    pub fn function(&self) -> Option<String> {
        let status = self.status.as_ref()?;
        match self.looked_at() {
            Some(SelectedItem::Function(name)) => Some(name.clone()),
            Some(SelectedItem::Alarm(name)) => {
                let alarm = status.alarms.iter().find(|alarm| alarm.address.name == *name)?;
                alarm.function.clone().or_else(|| only_function(status))
            }
            _ => only_function(status),
        }
    }

    fn looked_at(&self) -> Option<&SelectedItem> {
        match &self.screen {
            Screen::Detail(item) => Some(item),
            _ => self.selected.as_ref(),
        }
    }

    fn read(&mut self, read: Result<Box<StackStatus>, String>) -> Effect {
        self.is_reading = false;
        match read {
            Ok(status) => {
                self.now = self.now.max(status.at);
                self.status = Some(*status);
                self.failure = None;
                let items = self.items();
                if self.selected.as_ref().is_none_or(|selected| !items.contains(selected)) {
                    self.selected = items.first().cloned();
                }
                // What happened to the alarm that is looked at may be new, and so may be lines of the logs.
                match &self.screen {
                    Screen::Detail(SelectedItem::Alarm(name)) => return Wish::History(name.clone()).into(),
                    Screen::Logs(function) => return Wish::Logs(function.clone()).into(),
                    _ => {}
                }
            }
            Err(why) => self.failure = Some((self.now, why)),
        }
        REDRAW
    }

    fn key(&mut self, key: KeyEvent) -> Effect {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Wish::Interrupt.into(),
                KeyCode::Char('l') => REDRAW,
                _ => NOTHING,
            };
        }
        if self.is_typing {
            return self.type_filter(key.code);
        }
        match (&self.screen, key.code) {
            (Screen::Overview, KeyCode::Char('q')) => Wish::Quit.into(),
            (Screen::Overview, KeyCode::Esc) if !self.filter.is_empty() => {
                self.filter.clear();
                REDRAW
            }
            (Screen::Overview, KeyCode::Esc) => NOTHING,
            (_, KeyCode::Char('q') | KeyCode::Esc | KeyCode::Enter | KeyCode::Backspace)
                if self.screen != Screen::Overview =>
            {
                self.show(Screen::Overview)
            }
            (_, KeyCode::Char('?') | KeyCode::F(1)) => self.show(Screen::Help),
            (_, KeyCode::Char('r')) if self.is_reading => NOTHING,
            (_, KeyCode::Char('r')) => {
                self.is_reading = true;
                Wish::Refresh.into()
            }
            (_, KeyCode::Char('l')) => self.show_logs(),
            (Screen::Overview, KeyCode::Char('/')) => {
                self.is_typing = true;
                REDRAW
            }
            (Screen::Overview, KeyCode::Enter) => self.show_detail(),
            (_, KeyCode::Down | KeyCode::Char('j')) => self.step(1),
            (_, KeyCode::Up | KeyCode::Char('k')) => self.step(-1),
            (_, KeyCode::PageDown) => self.step(10),
            (_, KeyCode::PageUp) => self.step(-10),
            (_, KeyCode::Right) => self.shift(SHIFT),
            (_, KeyCode::Left) => self.shift(-SHIFT),
            (_, KeyCode::Home | KeyCode::Char('g')) => self.step(isize::MIN),
            (_, KeyCode::End | KeyCode::Char('G')) => self.step(isize::MAX),
            _ => NOTHING,
        }
    }

    fn type_filter(&mut self, key: KeyCode) -> Effect {
        match key {
            KeyCode::Char(c) => self.filter.push(c),
            KeyCode::Backspace if !self.filter.is_empty() => _ = self.filter.pop(),
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc | KeyCode::Backspace => {
                self.filter.clear();
                self.is_typing = false;
            }
            _ => return NOTHING,
        }
        let items = self.items();
        if self.selected.as_ref().is_none_or(|selected| !items.contains(selected)) {
            self.selected = items.first().cloned();
        }
        REDRAW
    }

    fn show(&mut self, screen: Screen) -> Effect {
        // What is written last is seen first, and stays in view while more is written.
        self.scroll = TextScroll { from_end: matches!(screen, Screen::Logs(_)), ..TextScroll::default() };
        self.screen = screen;
        REDRAW
    }

    fn show_detail(&mut self) -> Effect {
        let Some(item) = self.selected.clone() else { return NOTHING };
        let wish = match &item {
            SelectedItem::Alarm(name) => Some(Wish::History(name.clone())),
            SelectedItem::Subscription(_) | SelectedItem::Function(_) => None,
        };
        Effect { wish, ..self.show(Screen::Detail(item)) }
    }

    fn show_logs(&mut self) -> Effect {
        let Some(function) = self.function() else { return NOTHING };
        if self.logs.as_ref().is_some_and(|(of, _)| *of != function) {
            self.logs = None;
        }
        self.show(Screen::Logs(function.clone()));
        Wish::Logs(function).into()
    }

    /// Scrolls a screen of text sideways.
    fn shift(&mut self, by: i16) -> Effect {
        if self.screen == Screen::Overview {
            return NOTHING;
        }
        self.scroll.columns = self.scroll.columns.saturating_add_signed(by).min(MOST_COLUMNS);
        REDRAW
    }

    /// Moves the selection, or scrolls a screen of text; the view stops at its end.
    fn step(&mut self, by: isize) -> Effect {
        if self.screen != Screen::Overview {
            let by = if self.scroll.from_end { by.saturating_neg() } else { by };
            self.scroll.lines = self.scroll.lines.saturating_add_signed(by).min(MOST_LINES);
            return REDRAW;
        }
        let items = self.items();
        let Some(last) = items.len().checked_sub(1) else { return NOTHING };
        let at = items.iter().position(|item| Some(item) == self.selected.as_ref());
        let to = at.map_or(0, |at| at.saturating_add_signed(by).min(last));
        self.selected = items.get(to).cloned();
        REDRAW
    }
}

/// No screen has more lines than this, and no line is looked at further than that.
const MOST_LINES: usize = 10_000;
const MOST_COLUMNS: u16 = 2_000;
/// Columns that a key moves.
const SHIFT: i16 = 20;

fn only_function(status: &StackStatus) -> Option<String> {
    match status.functions.as_slice() {
        [only] => Some(only.name.clone()),
        _ => None,
    }
}
