//! Findings of the rows, in words: what waits for one person once, whatever the accounts; else what is alike once.

use super::super::html::CellStatus;
use super::super::{count, mask};
use super::naming::TargetNaming;
use super::{FleetProblem, problem};
use crate::fleet::{FleetFinding, FleetLevel, FleetReport, FleetRow, alike};
use crate::model::Target;
use std::collections::BTreeMap;

/// Levels that are told; hints are counted.
const TOLD: [FleetLevel; 2] = [FleetLevel::Error, FleetLevel::ActionNeeded];

pub fn word(level: FleetLevel) -> &'static str {
    match level {
        FleetLevel::Error => "error",
        FleetLevel::ActionNeeded => "action needed",
        FleetLevel::Hint => "hint",
    }
}

fn status(level: FleetLevel) -> CellStatus {
    match level {
        FleetLevel::Error => CellStatus::Bad,
        FleetLevel::ActionNeeded => CellStatus::Careful,
        FleetLevel::Hint => CellStatus::Quiet,
    }
}

/// Returns how a row looks by the worst of its findings that are told.
pub fn worst(row: &FleetRow) -> Option<CellStatus> {
    row.found.iter().map(|found| found.level).filter(|level| TOLD.contains(level)).min().map(status)
}

/// The findings that are told, of all rows, the worst first.
pub fn problems(rows: &[FleetRow]) -> Vec<FleetProblem> {
    let mut all = Vec::new();
    for level in TOLD {
        let of_level = || rows.iter().flat_map(move |row| row.found.iter().map(move |found| (row, found)));
        let of_level = || of_level().filter(|(_, found)| found.level == level);
        let mut persons: BTreeMap<(&str, &str), (&FleetFinding, Vec<Target>)> = BTreeMap::new();
        for (row, found) in of_level() {
            if let Some(person) = &found.person {
                let (_, targets) = persons.entry((person, &found.text)).or_insert_with(|| (found, Vec::new()));
                if targets.last() != Some(&row.target) {
                    targets.push(row.target.clone());
                }
            }
        }
        all.extend(persons.into_values().map(|(found, targets)| FleetProblem {
            lead: word(level).to_owned(),
            mood: status(level),
            message: found.text.clone(),
            remedy: found.remedy.clone(),
            targets,
        }));
        let said: Vec<(&FleetRow, Vec<&str>)> = of_level()
            .filter(|(_, found)| found.person.is_none())
            .map(|(row, found)| (row, vec![found.text.as_str(), found.remedy.as_deref().unwrap_or_default()]))
            .collect();
        all.extend(alike(&said).into_iter().map(|one| problem(word(level).to_owned(), status(level), one)));
    }
    all
}

/// `2 errors in 1 account`, `action needed in 2 accounts`; what waits for persons is told with their subscriptions.
pub fn attention(report: &FleetReport) -> Vec<String> {
    let naming = TargetNaming::of(report);
    let told = |level: FleetLevel| {
        let is_told = |found: &&FleetFinding| found.level == level && found.person.is_none();
        let n: usize = report.rows.iter().map(|row| row.found.iter().filter(is_told).count()).sum();
        let rows = report.rows.iter().filter(|row| row.found.iter().any(|found| is_told(&found)));
        let place = naming.count(rows.map(|row| &row.target));
        (n > 0).then(|| match level {
            FleetLevel::ActionNeeded => format!("action needed in {place}"),
            _ => format!("{} in {place}", count(n, word(level))),
        })
    };
    TOLD.into_iter().filter_map(told).collect()
}

/// The findings that are told, a text each with its fix, for one row.
pub fn texts(row: &FleetRow) -> impl Iterator<Item = String> + '_ {
    row.found.iter().filter(|found| TOLD.contains(&found.level)).map(|found| {
        let fix = found.remedy.as_ref().map(|remedy| format!("\nfix: {remedy}")).unwrap_or_default();
        mask::text(&format!("{}: {}{fix}", word(found.level), found.text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::testing::{report, row};
    use crate::report::RenderOptions;
    use crate::report::fleet::{junit, text::text};

    fn finding(level: FleetLevel, text: &str, person: Option<&str>) -> FleetFinding {
        let (id, remedy) = ("an-id".to_owned(), Some("do it".to_owned()));
        FleetFinding { id, level, text: text.to_owned(), remedy, person: person.map(str::to_owned) }
    }

    #[test]
    fn a_person_is_named_once_and_other_findings_where_they_are_alike() {
        let waits = |who: &str| finding(FleetLevel::ActionNeeded, &format!("{who} has not confirmed"), Some(who));
        let wrong = |n: usize| finding(FleetLevel::Error, &format!("topic t{n} is missing"), None);
        let rows = [(1, "ann"), (2, "bob"), (3, "ann")].map(|(n, who)| FleetRow {
            found: vec![wrong(7), waits(who), finding(FleetLevel::Hint, "a hint", None)],
            ..row(n)
        });
        let found = report("doctor", rows.to_vec());
        let told: Vec<(String, usize)> =
            problems(&found.rows).into_iter().map(|one| (one.message, one.targets.len())).collect();
        let expected = [("topic t7 is missing", 3), ("ann has not confirmed", 2), ("bob has not confirmed", 1)];
        assert_eq!(told, expected.map(|(message, n)| (message.to_owned(), n)));
        assert_eq!(attention(&found), ["3 errors in 3 accounts"]);
        let shown = text(&found, &RenderOptions::PLAIN);
        assert!(shown.contains("3 errors in 3 accounts") && !shown.contains("a hint"), "{shown}");
        let mut cases = String::new();
        junit::write(&found, &mut |piece| {
            cases += piece;
            Ok(())
        })
        .unwrap();
        assert_eq!(cases.matches("<failure").count(), 6);
        assert_eq!(worst(&found.rows[0]), Some(CellStatus::Bad));
        assert_eq!(worst(&row(1)), None);
    }
}
