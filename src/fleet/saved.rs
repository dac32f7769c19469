//! A saved report read again with care: row by row as the file goes by, so that neither its text nor a tree of it is ever held.

use super::merge::NoReport;
use super::rows::{FORMAT_VERSION, FleetReport, FleetRow, ReportPart};
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use std::fmt;
use std::io::{BufReader, Read};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 18;

impl FleetReport {
    /// Reads what `report::fleet::json` wrote. Rows come back in the order of account and region.
    #[cfg(test)]
    pub fn parse(text: &str) -> Result<Self, NoReport> {
        Self::read(text.as_bytes())
    }

    /// The same from wherever it stands; what of it is no report is found where it is read.
    pub fn read(from: impl Read) -> Result<Self, NoReport> {
        let unreadable = |error: serde_json::Error| NoReport::Unreadable(error.to_string());
        let mut text = Deserializer::from_reader(BufReader::with_capacity(PIECE, from));
        let found = text.deserialize_map(ReportParts::default()).map_err(unreadable)?;
        // A report of another form need not have the parts of this one.
        match found.version.as_deref() {
            Some(FORMAT_VERSION) => {}
            Some(version) => return Err(NoReport::Version(version.to_owned())),
            None => return Err(NoReport::Unreadable("it has no format_version".to_owned())),
        }
        text.end().map_err(unreadable)?;
        let mut report = found.whole().map_err(unreadable)?;
        if !report.rows.is_sorted_by(|a, b| a.target <= b.target) {
            report.rows.sort_unstable_by(|a, b| a.target.cmp(&b.target));
        }
        if let Some(twice) = report.rows.windows(2).find(|pair| pair[0].target == pair[1].target) {
            return Err(NoReport::Unreadable(format!("{} is in it twice", twice[0].target)));
        }
        if report.rows.len() > report.targets {
            return Err(NoReport::TooMany { rows: report.rows.len(), targets: report.targets });
        }
        Ok(report)
    }
}

/// What has been read of a report. Behind a version that is not known nothing is looked at.
#[derive(Default)]
struct ReportParts {
    version: Option<String>,
    command: Option<String>,
    stack: Option<String>,
    targets: Option<usize>,
    part: Option<ReportPart>,
    rows: Option<Vec<FleetRow>>,
}

impl ReportParts {
    fn whole(self) -> Result<FleetReport, serde_json::Error> {
        let missing = serde_json::Error::missing_field;
        Ok(FleetReport {
            format_version: FORMAT_VERSION.to_owned(),
            command: self.command.ok_or_else(|| missing("command"))?,
            stack: self.stack.ok_or_else(|| missing("stack"))?,
            targets: self.targets.ok_or_else(|| missing("targets"))?,
            part: self.part,
            rows: self.rows.ok_or_else(|| missing("rows"))?,
        })
    }
}

impl<'de> Visitor<'de> for ReportParts {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self, A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            let is_known = self.version.as_deref().is_none_or(|version| version == FORMAT_VERSION);
            let is_again = match name.as_str() {
                "format_version" => self.version.replace(members.next_value()?).is_some(),
                "command" if is_known => self.command.replace(members.next_value()?).is_some(),
                "stack" if is_known => self.stack.replace(members.next_value()?).is_some(),
                "targets" if is_known => self.targets.replace(members.next_value()?).is_some(),
                "part" if is_known => self.part.replace(members.next_value()?).is_some(),
                "rows" if is_known => self.rows.replace(members.next_value_seed(SavedRows)?).is_some(),
                _ => members.next_value::<IgnoredAny>().map(|_| false)?,
            };
            if is_again {
                return Err(A::Error::custom(format!("it has two members {name}")));
            }
        }
        Ok(self)
    }
}

/// The rows, each without the room that it grew in.
struct SavedRows;

impl<'de> DeserializeSeed<'de> for SavedRows {
    type Value = Vec<FleetRow>;

    fn deserialize<D: serde::Deserializer<'de>>(self, rows: D) -> Result<Vec<FleetRow>, D::Error> {
        rows.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for SavedRows {
    type Value = Vec<FleetRow>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<FleetRow>, A::Error> {
        let mut rows = Vec::new();
        while let Some(mut row) = items.next_element::<FleetRow>()? {
            row.drift.iter_mut().for_each(|drift| drift.fields.shrink_to_fit());
            row.drift.shrink_to_fit();
            row.failed.shrink_to_fit();
            row.usage.shrink_to_fit();
            row.notes.shrink_to_fit();
            rows.push(row);
        }
        Ok(rows)
    }
}
