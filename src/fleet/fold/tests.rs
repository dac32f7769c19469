use super::super::testing::{row, some_report};
use super::*;
use crate::plan::Action;
use serde_json::json;

fn create(address: &str) -> Drift {
    Drift { address: Address::parse(address).unwrap(), action: Action::Create, fields: vec![], blocked: None }
}

fn update(address: &str, field: &str, from: Value, to: Value) -> Drift {
    let fields = vec![FieldChange { field: field.to_owned(), from: Some(from), to: Some(to) }];
    Drift { action: Action::Update, fields, ..create(address) }
}

/// A row of account `n` with an e-mail address and a name.
fn student(n: usize, drift: Vec<Drift>) -> FleetRow {
    let mut row = row(n);
    row.columns.insert("email".into(), format!("s{n}@example.edu"));
    row.columns.insert("name".into(), format!("student {n}"));
    row.drift = drift;
    row
}

fn lab(n: usize) -> Vec<Drift> {
    let arn = format!("arn:aws:sns:us-east-1:{:012}:alerts", 100_000_000_000_usize + n);
    vec![
        create("topic/alerts"),
        create(&format!("subscription/alerts/email/s{n}@example.edu")),
        update("alarm/errors", "alarm_actions", json!([]), json!([arn])),
    ]
}

fn addresses(group: &DriftGroup) -> Vec<String> {
    group.drift.iter().map(|drift| drift.address.to_string()).collect()
}

#[test]
fn what_only_accounts_and_columns_tell_apart_is_one_group() {
    let mut rows: Vec<FleetRow> = (0..98).map(|n| student(n, lab(n))).collect();
    rows.push(student(98, [lab(98), vec![create("alarm/more")]].concat()));
    rows.push(student(99, Vec::new()));
    let groups = fold(&rows);
    assert_eq!(groups.iter().map(|group| group.targets.len()).collect::<Vec<_>>(), [98, 1]);
    assert_eq!(addresses(&groups[0]), ["topic/alerts", "subscription/alerts/email/${email}", "alarm/errors"]);
    assert_eq!(groups[0].drift[2].fields[0].to, Some(json!(["arn:aws:sns:us-east-1:${account}:alerts"])));
    assert_eq!(addresses(&groups[1]).last().unwrap(), "alarm/more");
}

#[test]
fn a_value_that_happens_to_be_a_word_of_the_spec_splits_nothing() {
    let mut rows: Vec<FleetRow> = (0..10).map(|n| student(n, lab(n))).collect();
    rows[3].columns.insert("name".into(), "errors".into());
    rows[4].columns.insert("name".into(), "alerts".into());
    let groups = fold(&rows);
    assert_eq!(groups.len(), 1, "{groups:#?}");
    assert_eq!(addresses(&groups[0])[2], "alarm/errors");
}

#[test]
fn regions_and_numbers_of_columns_are_names_too() {
    let rows: Vec<FleetRow> = ["us-east-1", "eu-west-1", "eu-west-1"]
        .iter()
        .enumerate()
        .map(|(n, region)| {
            let wanted = json!(5 + n);
            let mut row = student(n, vec![update("alarm/errors", "threshold", json!(3), wanted.clone())]);
            row.target.region = (*region).to_owned();
            row.drift.push(update("topic/t", "policy", json!("x"), json!({ "Resource": row.target.arn("sns", "t") })));
            row.columns.insert("limit".into(), wanted.to_string());
            row
        })
        .collect();
    let groups = fold(&rows);
    assert_eq!(groups.len(), 1, "{groups:#?}");
    let fields = |at: usize| groups[0].drift[at].fields[0].to.clone().unwrap();
    assert_eq!(fields(0), json!("${limit}"));
    assert_eq!(fields(1), json!({ "Resource": "arn:aws:sns:${region}:${account}:t" }));
}

#[test]
fn one_target_is_told_as_it_is() {
    let groups = fold(&[student(7, lab(7))]);
    assert_eq!(addresses(&groups[0])[1], "subscription/alerts/email/s7@example.edu");
}

#[test]
fn a_part_of_a_word_or_number_is_no_value() {
    let mut rows: Vec<FleetRow> = (1..4).map(|n| student(n, vec![create("alarm/errors-10-20-30")])).collect();
    for (row, name) in rows.iter_mut().zip(["1", "2", "3"]) {
        row.columns.insert("name".into(), name.into());
    }
    let groups = fold(&rows);
    assert_eq!((groups.len(), addresses(&groups[0])[0].as_str()), (1, "alarm/errors-10-20-30"));
}

#[test]
fn what_is_said_of_many_is_said_once() {
    let rows: Vec<FleetRow> = (0..5).map(|n| student(n, Vec::new())).collect();
    let texts: Vec<(String, String)> =
        rows.iter().map(|row| (format!("no role in {}", row.target.account), "create it".to_owned())).collect();
    let mut said: Vec<(&FleetRow, Vec<&str>)> =
        rows.iter().zip(&texts).map(|(row, (what, remedy))| (row, vec![what.as_str(), remedy.as_str()])).collect();
    said.push((&rows[2], vec!["throttled", "try later"]));
    let groups = alike(&said);
    assert_eq!(groups.iter().map(|group| group.targets.len()).collect::<Vec<_>>(), [5, 1]);
    assert_eq!(groups[0].texts, ["no role in ${account}", "create it"]);
}

/// Puts a row's values back in.
fn filled(text: &str, row: &FleetRow) -> String {
    let mut text = text.replace("${account}", &row.target.account).replace("${region}", &row.target.region);
    for (name, value) in row.columns.iter() {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    text
}

/// For any rows: each row with drift is in one group, and the group's drift with the row's values in it is the row's own.
#[test]
fn nothing_is_lost_by_folding() {
    for seed in 0..60 {
        let report = some_report(seed, 30);
        let groups = fold(&report.rows);
        let folded: usize = groups.iter().map(|group| group.targets.len()).sum();
        assert_eq!(folded, report.rows.iter().filter(|row| !row.drift.is_empty()).count(), "seed {seed}");
        for group in &groups {
            for target in &group.targets {
                let row = report.rows.iter().find(|row| row.target == *target).unwrap();
                let own: Vec<Drift> = row.drift.clone();
                let back: Vec<Drift> =
                    group.drift.iter().map(|drift| templated(drift, &mut |_, text| Some(filled(text, row)))).collect();
                // A number that a column stands for comes back as a text.
                let words = |drift: &Vec<Drift>| serde_json::to_string(drift).unwrap().replace('"', "");
                assert_eq!(words(&back), words(&own), "seed {seed}");
            }
        }
        assert!(groups.is_sorted_by(|a, b| a.targets.len() >= b.targets.len()));
    }
}

#[test]
fn a_thousand_accounts_fold_at_once() {
    let rows: Vec<FleetRow> = (0..1000).map(|n| student(n, lab(n))).collect();
    let began = std::time::Instant::now();
    assert_eq!(fold(&rows).len(), 1);
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
