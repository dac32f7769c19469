//! A table of very many rows: the first ones are in the page, all of them packed beside it, column by column, for the script to draw
//! those that are looked at.

use super::grid::{GridKind, HtmlGrid, whole};
use super::{CellStatus, Markup};
use crate::report::{count, mask};
use serde_json::{Value, json};
use std::collections::HashMap;

/// As `long.js` reads them: a digit is how much of the text before a text begins with, or the place of a value.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Texts that follow each other, each as how much of the one before it begins with, and the rest; a list in JSON from the beginning,
/// since as values they would take many times that room.
#[derive(Debug, Default)]
pub struct PackedTexts {
    json: String,
    before: String,
}

impl PackedTexts {
    /// `text` is without secrets.
    pub fn push(&mut self, text: &str) {
        let (mut bytes, mut units) = (0, 0);
        for (a, b) in text.chars().zip(self.before.chars()) {
            if a != b || units + a.len_utf16() >= DIGITS.len() {
                break;
            }
            bytes += a.len_utf8();
            units += a.len_utf16();
        }
        self.json.push(if self.json.is_empty() { '[' } else { ',' });
        self.json.push_str(&mask::json_text(&format!("{}{}", char::from(DIGITS[units]), &text[bytes..])));
        text.clone_into(&mut self.before);
    }

    fn json(&self) -> String {
        if self.json.is_empty() { "[]".to_owned() } else { format!("{}]", self.json) }
    }
}

/// Values of which many rows have the same, each once.
#[derive(Debug)]
pub struct CodedValues<V> {
    values: Vec<V>,
    places: HashMap<V, usize>,
    codes: Vec<u32>,
}

impl<V> Default for CodedValues<V> {
    fn default() -> Self {
        Self { values: Vec::new(), places: HashMap::new(), codes: Vec::new() }
    }
}

impl<V: Clone + Eq + std::hash::Hash> CodedValues<V> {
    /// The place of a value, new or not.
    pub fn place(&mut self, value: V) -> usize {
        let next = self.values.len();
        let place = *self.places.entry(value.clone()).or_insert(next);
        if place == next {
            self.values.push(value);
        }
        place
    }

    pub fn push(&mut self, value: V) {
        let place = self.place(value);
        // There are no more values than rows.
        self.codes.push(u32::try_from(place).unwrap_or(u32::MAX));
    }

    pub fn values(&self) -> &[V] {
        &self.values
    }

    /// What each row has, a digit a row where that is enough.
    pub fn codes(&self) -> Value {
        if self.values.len() > DIGITS.len() {
            return self.codes.iter().copied().map(Value::from).collect();
        }
        self.codes.iter().map(|code| char::from(DIGITS[*code as usize])).collect::<String>().into()
    }
}

/// What a column of a long list holds.
#[derive(Debug)]
pub enum LongColumn {
    /// Texts of a pool, by its place.
    Texts { pool: usize, is_name: bool },
    /// Values with what each is sorted by.
    Coded { values: CodedValues<String>, keys: Vec<Value>, is_badge: bool },
}

impl LongColumn {
    fn json(&self) -> Value {
        match self {
            Self::Texts { pool, is_name } => json!({ "pool": pool, "name": is_name }),
            Self::Coded { values, keys, is_badge } => {
                json!({ "values": values.values(), "keys": keys, "codes": values.codes(), "badge": is_badge })
            }
        }
    }
}

/// All rows of a long list, column by column.
#[derive(Debug, Default)]
pub struct LongRows {
    pub rows: usize,
    pub columns: Vec<LongColumn>,
    pub pools: Vec<PackedTexts>,
    /// Values that a row is known by and that stand in its lines, with their pools; from `own` on they are shown below the row.
    pub names: Vec<(String, usize)>,
    pub own: usize,
    pub kinds: CodedValues<String>,
    pub moods: CodedValues<CellStatus>,
    /// What is said below rows: `h`eading, `i`tem, `c`ode, `t`ext or what to `d`o, and its text, with `\u{1}n\u{1}` for the value of a name.
    pub lines: CodedValues<(char, String)>,
    /// Of a row, the places of its lines.
    pub details: CodedValues<Vec<usize>>,
}

/// The list: `grid` has the first rows as they are without the script.
pub fn long(grid: &HtmlGrid, all: &LongRows) -> Markup {
    let names: Vec<Value> = all.names.iter().map(|(name, pool)| json!({ "name": name, "pool": pool })).collect();
    let pools: Vec<String> = all.pools.iter().map(PackedTexts::json).collect();
    let statuses: Vec<&str> = all.moods.values().iter().map(|mood| mood.class()).collect();
    let data = json!({
        "rows": all.rows,
        "one": grid.one,
        "columns": all.columns.iter().map(LongColumn::json).collect::<Vec<_>>(),
        "names": names,
        "own": all.own,
        "kinds": all.kinds.values(),
        "kind": { "codes": all.kinds.codes() },
        "statuses": statuses,
        "status": { "codes": all.moods.codes() },
        "lines": all.lines.values().iter().map(|(kind, text)| json!([kind, text])).collect::<Vec<_>>(),
        "details": all.details.values(),
        "detail": { "codes": all.details.codes() },
    });
    let data = mask::json_line(data);
    // Behind the bracket that opens it: the pools are made fit text by text.
    let data = format!("{{\"pools\":[{}],{}", pools.join(","), data.get(1..).unwrap_or_default());
    let data = Markup::data(&format!("{}-data", grid.id), &data);
    let mut kinds: Vec<GridKind<'_>> =
        all.kinds.values().iter().map(|kind| (CellStatus::Quiet, kind.as_str(), 0)).collect();
    for (kind, mood) in all.kinds.codes.iter().zip(&all.moods.codes) {
        let (worst, _, n) = &mut kinds[*kind as usize];
        *worst = all.moods.values()[*mood as usize].max(*worst);
        *n += 1;
    }
    let more = Markup::text("Show more").with("button", &[("type", "button"), ("class", "more"), ("hidden", "")]);
    let told = format!(
        "{} of {}; a browser that runs the script of this page shows all",
        grid.rows.len(),
        count(all.rows, grid.one)
    );
    whole(grid, "list long", kinds, &told, Markup::join([more.line(), data.line()]))
}
