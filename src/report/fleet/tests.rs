use super::*;
use crate::fleet::testing::{report, row, some_report};
use crate::fleet::{AlarmStates, FunctionHealth, Merge, ReportPart, Shard, SubscriptionCounts, Verdicts};
use crate::plan::{Action, Note, NoteKind};
use crate::report::RenderOptions;
use crate::resources::Address;
use serde_json::{Value, json};

/// What a renderer hands on, in one text.
fn whole(write: impl FnOnce(&mut dyn FnMut(&str) -> std::io::Result<()>) -> std::io::Result<()>) -> String {
    let mut text = String::new();
    write(&mut |piece| {
        text.push_str(piece);
        Ok(())
    })
    .unwrap();
    text
}

fn as_json(report: &FleetReport) -> String {
    whole(|put| json::write(report, put))
}

fn as_csv(report: &FleetReport) -> String {
    whole(|put| csv::write(report, put))
}

fn as_junit(report: &FleetReport) -> String {
    whole(|put| junit::write(report, put))
}

type Format = (&'static str, fn(&FleetReport) -> String);

const FORMATS: [Format; 6] = [
    ("table", |report| text::text(report, &RenderOptions::PLAIN)),
    ("json", as_json),
    ("markdown", markdown::markdown),
    ("csv", as_csv),
    ("html", html::html),
    ("junit", as_junit),
];

fn student(n: usize, state: TargetState) -> FleetRow {
    let mut row = FleetRow { state, ..row(n) };
    row.columns.insert("email".into(), format!("s{n}@example.edu"));
    row.columns.insert("name".into(), format!("Student {n}"));
    if state == TargetState::Pending {
        row.planned = Some(PlanSummary { add: 2, ..PlanSummary::default() });
        for address in ["topic/alerts".to_owned(), format!("subscription/alerts/email/s{n}@example.edu")] {
            let address = Address::parse(&address).unwrap();
            row.drift.push(crate::fleet::Drift { address, action: Action::Create, fields: vec![], blocked: None });
        }
    }
    if state == TargetState::Failed {
        row.planned = None;
        row.failure = Some(crate::fleet::TargetFailure {
            message: format!("sts:AssumeRole: no role arn:aws:iam::{}:role/Lab", row.target.account),
            remedy: Some("create the role".into()),
            exit: 4,
        });
    }
    row
}

/// 98 accounts to be made, one as it should be, one that cannot be reached.
fn lab() -> FleetReport {
    let mut rows: Vec<FleetRow> = (0..98).map(|n| student(n, TargetState::Pending)).collect();
    rows.push(student(98, TargetState::InSync));
    rows.push(student(99, TargetState::Failed));
    report("plan", rows)
}

#[test]
fn a_hundred_accounts_are_one_screen() {
    let expected = "\
lab9: plan of 100 accounts: 1 in sync, 98 pending, 1 failed

98 accounts: + 2 resources
    + topic/alerts
    + subscription/alerts/email/${email}

 Account       Name        State    Planned  Drift
 100000000000  Student 0   pending  +2       2
 100000000001  Student 1   pending  +2       2
 100000000098  Student 98  in sync  0
 100000000099  Student 99  failed
 … and 96 more pending (-v or --report FILE.html has all)

failed in 1 account (100000000099 Student 99)
  sts:AssumeRole: no role arn:aws:iam::100000000099:role/Lab
  fix: create the role

To run only what did not go well again: the same command with --retry-failed and a report saved by --report FILE.json.

Fleet: 1 in sync, 0 applied, 98 pending, 0 not started, 0 blocked, 0 partial, 1 failed.
";
    assert_eq!(text::text(&lab(), &RenderOptions::PLAIN), expected);
}

#[test]
fn a_thousand_accounts_in_every_state_are_one_screen_unless_asked() {
    let report = some_report(3, 1000);
    let text = text::text(&report, &RenderOptions::PLAIN);
    assert!(text.lines().count() <= 60, "{} lines\n{text}", text.lines().count());
    let all = text::text(&report, &RenderOptions { verbose: true, ..RenderOptions::PLAIN });
    for row in &report.rows {
        assert!(all.contains(&row.target.account));
    }
}

#[test]
fn accounts_that_differ_are_told_by_what_sets_them_apart() {
    let mut report = lab();
    report.rows[5].drift[0].address = Address::parse("topic/other").unwrap();
    let text = folded::folded(&report, &RenderOptions::PLAIN);
    let expected = "\
97 accounts (100000000000, 100000000001, 100000000002, 100000000003 and 93 more): + 2 resources
    + topic/alerts
    + subscription/alerts/email/${email}
1 account (100000000005): + 2 resources
    + topic/other
    + subscription/alerts/email/${email}
";
    assert_eq!(text, expected);
    report.rows[5].drift.remove(0);
    let text = folded::folded(&report, &RenderOptions::PLAIN);
    assert!(
        text.ends_with("1 account (100000000005): + 1 resource\n    + subscription/alerts/email/${email}\n"),
        "{text}"
    );
    for n in 0..8 {
        let more = Address::parse(&format!("alarm/more-{n}")).unwrap();
        for row in report.rows.iter_mut().take(98) {
            row.drift.push(crate::fleet::Drift { address: more.clone(), ..row.drift[0].clone() });
        }
    }
    let text = folded::folded(&report, &RenderOptions::PLAIN);
    assert!(text.ends_with("1 account (100000000005): as above, but\n  not   + topic/alerts\n"), "{text}");
}

/// Must hold: for any roster and any number of shards, the merged report is the whole one, byte for byte, in every format, also
/// after it was saved and read again.
#[test]
fn merged_shards_are_the_whole_in_every_format() {
    for seed in 0..25 {
        let whole = some_report(seed, usize::try_from(seed * 7 % 60).unwrap());
        let of = 1 + u32::try_from(seed % 6).unwrap();
        let shards = (1..=of).map(|index| Shard::new(index, of).unwrap());
        let parts: Vec<(String, FleetReport)> = shards
            .map(|shard| {
                let rows = whole.rows.iter().filter(|row| shard.contains(&row.target)).cloned().collect();
                let part = FleetReport { rows, ..whole.clone() };
                (format!("{shard}.json"), FleetReport::parse(&as_json(&part)).unwrap())
            })
            .rev()
            .collect();
        let mut merge = Merge::default();
        for (file, part) in parts {
            merge.add(file, part).unwrap();
        }
        let merged = merge.end().unwrap().unwrap().report;
        for (name, format) in FORMATS {
            assert_eq!(format(&merged), format(&whole), "{name}, seed {seed}, {of} shards");
        }
    }
}

#[test]
fn no_format_tells_a_secret_or_lets_a_name_steer() {
    for seed in 0..10 {
        let report = some_report(seed, 40);
        for (name, format) in FORMATS {
            let text = format(&report);
            assert!(!text.contains("hunter2"), "{name} tells a secret");
            assert!(!text.contains('\u{1b}'), "{name} passes an escape sequence on");
        }
        let page = html::html(&report);
        assert!(!page.contains("<b>") && !page.contains("<i>"), "markup of a name");
        assert!(as_csv(&report).lines().all(|line| !line.contains(",=")), "a formula");
    }
}

#[test]
fn markdown_is_never_too_long_and_says_what_was_cut() {
    let report = some_report(4, 3000);
    let text = markdown::markdown(&report);
    assert!(text.len() <= super::super::markdown::LIMIT, "{}", text.len());
    assert!(text.contains("**Cut: ") && text.contains("report show FILE.json -v"));
    assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
    for linked in ["@octocat", "<b>", "|`x`"] {
        let outside: String = text.lines().filter(|line| !line.starts_with("    ")).collect::<Vec<_>>().join("\n");
        assert!(!outside.contains(linked), "{linked}");
    }
    assert!(
        markdown::markdown(&lab()).starts_with("### lab9: plan of 100 accounts: 1 in sync, 98 pending, 1 failed\n")
    );
}

#[test]
fn csv_has_a_line_a_target_with_the_rosters_columns() {
    let mut report = lab();
    report.rows[99].columns.insert("state".into(), "=evil".into());
    report.rows[0].backtest = Some(Verdicts { noisy: 1, quiet: 3, unknown: 1, ..Verdicts::default() });
    let text = as_csv(&report);
    let mut lines = text.split("\r\n");
    assert!(lines.next().unwrap().starts_with("account,region,email,name,roster.state,state,to_add,"), "{text}");
    assert_eq!(
        lines.next().unwrap(),
        "100000000000,us-east-1,s0@example.edu,Student 0,,pending,2,0,0,0,0,,,,,,2,0,,,,,,,,,0,1,0,0,0,3,1,,,,,"
    );
    let last = "100000000099,us-east-1,s99@example.edu,Student 99,'=evil,failed,,,,,,,,,,,0,0,,,,,,,,,,,,,,,,,\
                sts:AssumeRole: no role arn:aws:iam::100000000099:role/Lab,create the role";
    assert!(text.contains(last), "{text}");
    assert_eq!(text.trim_end().split("\r\n").count(), 101);
}

/// In the price table's currency, with what it does not include; a report of before currencies were told has sums alone.
#[test]
fn the_cost_of_all_targets_is_in_currency() {
    let mut report = lab();
    for (row, (cost, currency)) in
        report.rows.iter_mut().zip([(0.6, Some("USD")), (1.1, Some("USD")), (2.0, Some("EUR"))])
    {
        row.cost = Some(cost);
        row.currency = currency.map(str::to_owned);
        row.usage = vec!["logs written".into(), "mails".into()];
    }
    let text = text::text(&report, &RenderOptions { verbose: true, ..RenderOptions::PLAIN });
    let total = "Cost: 2.00 EUR + 1.70 USD a month in 3 accounts; not included (usage-based): logs written, mails";
    let flat: Vec<&str> = text.split_whitespace().collect();
    assert!(flat.join(" ").contains(total) && text.contains("0.60 USD"), "{text}");
    assert!(html::html(&report).contains("2.00 EUR + 1.70 USD"));
    assert!(as_csv(&report).lines().nth(1).unwrap().ends_with(",USD"));
    report.rows.iter_mut().for_each(|row| row.currency = None);
    report.rows.iter_mut().for_each(|row| row.usage.clear());
    assert!(super::text::text(&report, &RenderOptions::PLAIN).contains("Cost: 3.70 a month in 3 accounts\n"));
}

#[test]
fn junit_tells_what_is_not_well() {
    let text = as_junit(&lab());
    assert!(text.contains("tests=\"100\" failures=\"0\" errors=\"1\" skipped=\"0\""), "{text}");
    let failed = "<testcase classname=\"lab9 plan\" name=\"100000000099 us-east-1 Student 99\">\n      <error message=\"sts:AssumeRole";
    assert!(text.contains(failed), "{text}");
    let applied = FleetReport { command: "apply".into(), ..lab() };
    assert!(as_junit(&applied).contains("failures=\"98\""), "after an apply, what is pending was not done");
}

#[test]
fn a_page_has_every_target_and_what_is_known_of_it() {
    let mut report = lab();
    report.rows[98].notes.push(Note::new(NoteKind::Act, "confirm the mail").remedy("click <it>"));
    let page = html::html(&report);
    assert_eq!(page.matches("class=\"row ").count(), 100);
    assert!(page.contains("to do: confirm the mail") && page.contains("fix: click &lt;it&gt;"), "{page}");
    assert!(page.contains("98 pending</button>") && page.contains("<dd>98</dd>"), "{page}");
    assert_eq!(page, html::html(&report));
}

/// The schema against everything that a report can hold; a field that is missing there is an error here.
#[test]
fn the_report_is_as_the_published_schema_says() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/schemas/fleet-report.schema.json")).unwrap();
    for seed in 0..20 {
        let mut report = some_report(seed, 50);
        report.part = Some(ReportPart::new(Shard::WHOLE, "version: 1", seed)).filter(|_| seed % 2 == 0);
        let value: Value = serde_json::from_str(&as_json(&report)).unwrap();
        assert_eq!(crate::report::testing::check(&schema, &value), Vec::<String>::new());
    }
    let mut wrong: Value = serde_json::from_str(&as_json(&lab())).unwrap();
    wrong["rows"][0]["state"] = json!("perfect");
    wrong["rows"][0]["surplus"] = json!(1);
    wrong["targets"] = json!("many");
    assert_eq!(crate::report::testing::check(&schema, &wrong).len(), 3);
}

/// 300 accounts that match the spec; in one of them an alarm is in ALARM, and nobody has confirmed anywhere.
fn quiet_but_for_one() -> FleetReport {
    let mut rows: Vec<FleetRow> = (0..300).map(|n| student(n, TargetState::InSync)).collect();
    for row in &mut rows {
        row.alarms = Some(AlarmStates { ok: 4, alarm: 0, insufficient_data: 1, new: 1 });
        row.subscriptions = Some(SubscriptionCounts { pending: 1, ..SubscriptionCounts::default() });
        row.notes.push(Note::new(NoteKind::Act, "a mail waits").remedy("click the link in it"));
    }
    rows[75].alarms = Some(AlarmStates { ok: 2, alarm: 2, insufficient_data: 1, new: 0 });
    report("status", rows)
}

#[test]
fn a_status_counts_alarms_and_unconfirmed_people_in_every_format() {
    let report = quiet_but_for_one();
    let said = "2 alarms in ALARM in 1 account, 300 subscriptions not confirmed in 300 accounts, 300 in sync";
    assert_eq!(verdict(&report), format!("lab9: status of 300 accounts: {said}"));
    let text = text::text(&report, &RenderOptions::PLAIN);
    assert!(!text.contains("all in sync"), "{text}");
    assert!(text.ends_with("0 failed; 2 in ALARM; 300 not confirmed.\n"), "{text}");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with(" 1000")).collect();
    assert!(rows[0].contains("100000000075") && rows[0].contains("2 ALARM"), "the worst comes first: {}", rows[0]);
    assert!(text.lines().count() <= 60, "{text}");
    let acts = "to do in 300 accounts (100000000000 Student 0, 100000000001 Student 1, 100000000002 Student 2,";
    assert!(text.contains(acts), "who has to act is said: {text}");
    assert!(text.contains("ALARM in 1 account (100000000075 Student 75)\n  2 alarms in ALARM\n"), "{text}");
    assert!(rows[1].contains("1 new") && !rows[1].contains("no data"), "{}", rows[1]);
    assert!(as_junit(&report).contains("tests=\"300\" failures=\"300\" errors=\"0\""));
    assert!(as_junit(&report).contains("2 alarms in ALARM"));
    let value: Value = serde_json::from_str(&as_json(&report)).unwrap();
    assert_eq!(value["summary"]["alarms"]["alarm"], 2);
    assert_eq!(value["summary"]["targets_in_alarm"], 1);
    assert_eq!(value["summary"]["subscriptions"]["pending"], 300);
    let page = html::html(&report);
    assert!(page.contains("class=\"verdict bad\""));
    assert!(page.split("class=\"row ").nth(1).unwrap().contains("100000000075"), "the worst comes first");
    assert!(markdown::markdown(&report).contains(said));
}

#[test]
fn what_is_in_alarm_is_never_folded_away() {
    let mut report = FleetReport { command: "apply".into(), ..quiet_but_for_one() };
    let text = text::text(&report, &RenderOptions::PLAIN);
    assert!(text.contains(" 100000000075  ") && text.contains("more in sync"), "{text}");
    assert_eq!(FleetReport::parse(&as_json(&report)).unwrap(), report);
    report.command = "plan".into();
    assert!(!as_junit(&report).contains("<failure"), "a plan judges no alarm");
}

#[test]
fn verbose_names_every_account_that_a_note_is_about() {
    let report = quiet_but_for_one();
    let all = text::text(&report, &RenderOptions { verbose: true, ..RenderOptions::PLAIN });
    assert!(all.contains("100000000299)") && !all.contains(" more)"), "{all}");
}

/// Must hold: a page of very many rows holds each of them once, in a few bytes, and nothing of a name is markup.
#[test]
fn a_page_of_many_rows_is_small_and_whole() {
    let mut rows: Vec<FleetRow> =
        (0..20_000).map(|n| student(n, if n % 10 == 0 { TargetState::Failed } else { TargetState::Pending })).collect();
    rows[7].columns.insert("name".into(), "</script><b>Eve & \u{1b}[2J https://u:hunter2@h".into());
    rows[8].notes.push(Note::new(NoteKind::Act, "</script><!-- ##vso[task]"));
    let page = html::html(&report("plan", rows));
    assert!(page.len() < 20_000 * 100, "{} bytes", page.len());
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    for hidden in ["<b>", "hunter2", "\u{1b}", "<!--"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    let data = page.split("id=\"targets-data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["rows"], 20_000);
    assert_eq!(data["pools"][0].as_array().unwrap().len(), 20_000);
    // The account, the address and the role's ARN of each row are in one line for all.
    assert!(data["details"].as_array().unwrap().len() <= 4, "{}", data["details"]);
    let lines = data["lines"].to_string();
    assert!(lines.contains("arn:aws:iam::\\u00010\\u0001:role/Lab"), "{lines}");
    assert!(page.contains("18000 pending</button>") && page.contains("2000 failed</button>"));
    assert_eq!(page.matches("class=\"row bad\"").count(), 200, "what failed is there without the script");
    assert!(page.contains("200 of 20000 targets; a browser"));
}

/// `signals` over so many accounts with two functions each, of which the first account's `api` is bad.
fn signals(accounts: usize) -> FleetReport {
    let function = |name: &str, status, requests, p95_ms| crate::fleet::FunctionRow {
        function: name.to_owned(),
        status,
        requests,
        error_rate: Some(0.0),
        p95_ms,
        concurrency: None,
        throttles: None,
        cold_starts: None,
        memory_used: None,
    };
    let rows = (0..accounts).map(|n| {
        let status = if n == 0 { FunctionHealth::Bad } else { FunctionHealth::Well };
        let idle = function("idle-worker", FunctionHealth::Idle, 0.0, None);
        FleetRow {
            functions: vec![idle, function("api", status, 1_234.0, Some(87.5))],
            ..student(n, TargetState::InSync)
        }
    });
    report("signals", rows.collect())
}

#[test]
fn functions_are_in_every_format_that_has_room_for_them() {
    for accounts in [3, 2_500] {
        let report = signals(accounts);
        for (name, write) in FORMATS.iter().filter(|(name, _)| *name != "junit") {
            let text = write(&report);
            assert!(text.contains("api") && text.contains("1234"), "{name} of {accounts}");
        }
    }
}

#[test]
fn a_page_can_sort_functions_by_their_figures() {
    let page = html::html(&signals(3));
    let section = page.split("id=\"functions\"").nth(1).unwrap().split("</section>").next().unwrap();
    let rows: Vec<&str> = section.split("class=\"row").skip(1).collect();
    assert_eq!(rows.len(), 6);
    assert!(rows[0].contains("badge bad") && rows[0].contains("data-sort=\"87.5\""), "the worst first: {}", rows[0]);
    assert!(rows[5].contains("badge good"), "{}", rows[5]);
    let idle = rows.iter().find(|row| row.contains("idle-worker")).unwrap();
    assert!(!idle.contains(">-<"), "what is not known is sorted last: {idle}");
}
