//! The folded plan: which targets have the same to be done, told once. Pure. Account ids, regions and the roster's values do
//! not keep equal changes apart: where they are all that differs, their names stand for them (`${email}`).

use super::{Drift, FleetRow};
use crate::model::{FieldChange, Target};
use crate::plan::Blocked;
use crate::resources::Address;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

/// More names than this in one text, and only all of them together or one alone are tried.
const TRIED: usize = 4;

/// Targets with the same drift, the most first, then in their order. Rows without drift are in none.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftGroup {
    pub targets: Vec<Target>,
    /// With `${account}`, `${region}` and `${column}` where the group's members differ by them.
    pub drift: Vec<Drift>,
}

/// Groups the rows' drift.
///
/// A value of a row (its account, its region, a column) gives way to its name only in a place where another row has another
/// value of the same column and the rest is equal: that a student is called `errors` does not turn `alarm/errors` into
/// `alarm/${name}`, and what all rows have in common stays as it is.
pub fn fold(rows: &[FleetRow]) -> Vec<DriftGroup> {
    // What a row's values are called is worked out anew in each pass: of all rows together it would be more than the rows.
    let rows =
        || rows.iter().filter(|row| !row.drift.is_empty()).map(|row| (row, named(&row.target, row.columns.iter())));
    let mut seen = TemplateEvidence::default();
    for (row, names) in rows() {
        for drift in &row.drift {
            templated(drift, &mut |place, text| {
                seen.note(place, text, &names);
                None
            });
        }
    }
    let mut groups: BTreeMap<String, DriftGroup> = BTreeMap::new();
    for (row, names) in rows() {
        let drift: Vec<Drift> = row
            .drift
            .iter()
            .map(|drift| templated(drift, &mut |place, text| seen.template(place, text, &names)))
            .collect();
        let key = serde_json::to_string(&drift).unwrap_or_default();
        groups.entry(key).or_insert_with(|| DriftGroup { targets: Vec::new(), drift }).targets.push(row.target.clone());
    }
    let mut groups: Vec<DriftGroup> = groups.into_values().collect();
    groups.sort_by(|a, b| (b.targets.len(), &a.targets).cmp(&(a.targets.len(), &b.targets)));
    groups
}

/// The same that is said of several targets, in its parts: a message and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    pub targets: Vec<Target>,
    pub texts: Vec<String>,
}

/// Groups what is said of rows, a line a row and thing said, as `fold` groups drift: the most first, then in their order.
pub fn alike(said: &[(&FleetRow, Vec<&str>)]) -> Vec<Alike> {
    grouped(said.iter().map(|(row, texts)| (&row.target, || named(&row.target, row.columns.iter()), texts.clone())))
}

/// Groups what is said of targets with the roster's columns, where it is not said of a `FleetRow`.
pub fn alike_texts<'a>(
    said: impl Iterator<Item = (&'a Target, &'a BTreeMap<String, String>, &'a [&'a str])>,
) -> Vec<Alike> {
    let texts = |(name, value): (&'a String, &'a String)| (name.as_str(), value.as_str());
    grouped(
        said.map(|(target, columns, said)| (target, move || named(target, columns.iter().map(texts)), said.to_vec())),
    )
}

/// `named`: what the values of a target are called, as often as it is asked.
fn grouped<'a, N: Fn() -> Vec<NamedValue<'a>>>(
    said: impl Iterator<Item = (&'a Target, N, Vec<&'a str>)>,
) -> Vec<Alike> {
    let said: Vec<(&Target, N, Vec<&str>)> = said.collect();
    let mut seen = TemplateEvidence::default();
    for (_, named, texts) in &said {
        let names = named();
        for (place, text) in texts.iter().enumerate() {
            seen.note(&place.to_string(), text, &names);
        }
    }
    let mut groups: BTreeMap<Vec<String>, Vec<Target>> = BTreeMap::new();
    for (target, named, texts) in said {
        let names = named();
        let template = |(place, text): (usize, &&str)| {
            seen.template(&place.to_string(), text, &names).unwrap_or_else(|| (*text).to_owned())
        };
        let targets = groups.entry(texts.iter().enumerate().map(template).collect()).or_default();
        if targets.last() != Some(target) {
            targets.push(target.clone());
        }
    }
    let mut groups: Vec<Alike> = groups.into_iter().map(|(texts, targets)| Alike { targets, texts }).collect();
    groups.sort_by(|a, b| (b.targets.len(), &a.targets).cmp(&(a.targets.len(), &b.targets)));
    groups
}

/// A value of a row and what it is called.
struct NamedValue<'a> {
    name: &'a str,
    value: &'a str,
}

/// The longest value first, so that one within another is not taken for itself.
fn named<'a>(target: &'a Target, columns: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<NamedValue<'a>> {
    let own = [("account", target.account.as_str()), ("region", target.region.as_str())];
    let all = own.into_iter().chain(columns).filter(|(_, value)| !value.is_empty());
    let mut all: Vec<NamedValue<'a>> = all.map(|(name, value)| NamedValue { name, value }).collect();
    all.sort_by(|a, b| b.value.len().cmp(&a.value.len()).then_with(|| a.name.cmp(b.name)));
    all
}

/// Which templates have been seen where, and which of their names with more than one value. Texts are known by their hashes: of a
/// hundred thousand rows with an ARN each there are as many templates that only one row has.
#[derive(Default)]
struct TemplateEvidence {
    seen: HashMap<u64, SeenTemplate>,
    hashes: RandomState,
}

struct SeenTemplate {
    /// Of the first row, a value a name.
    values: Box<[u64]>,
    /// Names that have had another value, a bit a name: a roster has fewer columns than that in one text.
    differ: u64,
    rows: u32,
}

impl TemplateEvidence {
    fn note(&mut self, place: &str, text: &str, names: &[NamedValue<'_>]) {
        for (template, values) in templates(text, names) {
            let key = self.hashes.hash_one((place, template));
            let hash = |value: &&str| self.hashes.hash_one(value);
            let fresh = || SeenTemplate { values: values.iter().map(hash).collect(), differ: 0, rows: 0 };
            let seen = self.seen.entry(key).or_insert_with(fresh);
            for (n, value) in values.iter().enumerate().take(64) {
                seen.differ |= u64::from(seen.values.get(n) != Some(&hash(value))) << n;
            }
            seen.rows += 1;
        }
    }

    /// The template that most rows share; of equals the one with more names in it.
    fn template(&self, place: &str, text: &str, names: &[NamedValue<'_>]) -> Option<String> {
        let known = templates(text, names).into_iter().filter_map(|(template, _)| {
            let seen = self.seen.get(&self.hashes.hash_one((place, &template)))?;
            let all_differ = seen.differ.count_ones() as usize == seen.values.len().min(64);
            all_differ.then(|| ((seen.rows, template.matches("${").count()), template))
        });
        known.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(&a.1))).map(|(_, template)| template)
    }
}

/// The text with some of the values in it replaced by their names, and the values that were.
fn templates<'a>(text: &str, names: &[NamedValue<'a>]) -> Vec<(String, Vec<&'a str>)> {
    let within: Vec<&NamedValue<'a>> = names.iter().filter(|named| stands_in(text, named.value)).collect();
    let n = within.len();
    let sets: Vec<Vec<&NamedValue<'a>>> = match n {
        0 => Vec::new(),
        _ if n <= TRIED => {
            let chosen = |set: usize| (0..n).filter(|at| set >> at & 1 == 1).map(|at| within[at]).collect();
            (1..1_usize << n).map(chosen).collect()
        }
        _ => std::iter::once(within.clone()).chain(within.iter().map(|one| vec![*one])).collect(),
    };
    let mut found = Vec::new();
    for set in sets {
        let (mut template, mut values) = (Cow::Borrowed(text), Vec::new());
        for named in set {
            if let Some(with_name) = replaced(&template, named.value, named.name) {
                template = Cow::Owned(with_name);
                values.push(named.value);
            }
        }
        if !values.is_empty() {
            found.push((template.into_owned(), values));
        }
    }
    found
}

fn stands_in(text: &str, value: &str) -> bool {
    places(text, value).next().is_some()
}

/// Where the value stands as a whole: neither letter nor digit goes on at its ends, and it is no name already put in.
fn places<'a>(text: &'a str, value: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(value).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (text[..*at].chars().next_back(), text[at + value.len()..].chars().next());
        let goes_on = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let in_name = text[..*at].rfind("${").is_some_and(|open| !text[open..*at].contains('}'));
        !goes_on(before) && !goes_on(after) && !in_name
    })
}

fn replaced(text: &str, value: &str, name: &str) -> Option<String> {
    let (mut out, mut from) = (String::new(), 0);
    for at in places(text, value) {
        out += &format!("{}${{{name}}}", text.get(from..at)?);
        from = at + value.len();
    }
    (from > 0).then(|| out + &text[from..])
}

/// The drift with every text in it asked for its template; `place` says which text it is, apart from all values.
fn templated(drift: &Drift, ask: &mut dyn FnMut(&str, &str) -> Option<String>) -> Drift {
    let mut of = |place: &str, text: &str| ask(place, text).unwrap_or_else(|| text.to_owned());
    let kind = drift.address.kind;
    let address = Address::new(kind, of(&format!("{kind} {}", drift.action.word()), &drift.address.name));
    let blocked = drift.blocked.as_ref().map(|blocked| Blocked {
        reason: of(&format!("{kind} reason"), &blocked.reason),
        remedy: of(&format!("{kind} remedy"), &blocked.remedy),
    });
    let mut fields = Vec::with_capacity(drift.fields.len());
    for field in &drift.fields {
        let place = |side: &str| format!("{kind} {side} {}", field.field);
        let mut side = |which: &str, value: &Option<Value>| value.as_ref().map(|v| of_value(&place(which), v, &mut of));
        fields.push(FieldChange {
            from: side("from", &field.from),
            to: side("to", &field.to),
            field: field.field.clone(),
        });
    }
    Drift { address, action: drift.action, fields, blocked }
}

/// Texts anywhere within a value, and a number as a whole.
fn of_value(place: &str, value: &Value, of: &mut dyn FnMut(&str, &str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(of(place, text)),
        Value::Number(number) => {
            let text = number.to_string();
            let template = of(place, &text);
            if template == text { value.clone() } else { Value::String(template) }
        }
        Value::Array(items) => items.iter().map(|item| of_value(place, item, of)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), of_value(&format!("{place}.{key}"), value, of))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
