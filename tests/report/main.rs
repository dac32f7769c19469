//! The page of a fleet's report in a real browser, on a phone and on a wide screen, in the light and in the dark.
//! `tests/setup` installs the browser; in CI a missing one fails the test.

// The service's pages are pressed and pointed at, too.
#[allow(dead_code)]
#[path = "../../src/service/tests/service/browser.rs"]
mod browser;
#[allow(dead_code)]
#[path = "../../src/service/tests/service/client.rs"]
mod client;
#[allow(dead_code)]
#[path = "../../src/service/tests/service/tools.rs"]
mod tools;

use browser::Browser;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

const HOSTILE: &str = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>";

/// Sixty accounts: most are well, every sixth failed, every tenth has changes, one is called like an attack.
fn report() -> Value {
    let rows: Vec<Value> = (0..60).map(row).collect();
    json!({ "format_version": "1", "command": "apply", "stack": "lab9", "targets": rows.len(), "rows": rows })
}

fn row(n: usize) -> Value {
    let account = format!("{:012}", 200_000_000_000_usize + n * 7);
    let name = if n == 1 {
        HOSTILE.to_owned()
    } else {
        format!("Student Number {n} of Somewhere-upon-a-Long-Hyphenated-Name")
    };
    let mut row = json!({
        "target": { "account": account, "region": "us-east-1" },
        "columns": { "name": name, "email": format!("s{n}@example.edu") },
        "state": "applied",
        "planned": { "add": 6, "change": 1, "destroy": 0, "adopt": 0 },
        "applied": { "add": 6, "change": 1, "destroy": 0, "adopt": 0 },
        "subscriptions": { "confirmed": n % 2, "pending": 1 - n % 2, "lost": 0, "missing": 0 },
        "alarms": { "ok": 3, "alarm": n % 3 / 2, "insufficient_data": 1 },
        "cost": (n % 5) as f64 / 4.0,
    });
    if n % 10 == 3 {
        row["state"] = json!("pending");
        row["applied"] = Value::Null;
        row["drift"] =
            json!([{ "address": format!("subscription/alerts/email/s{n}@example.edu"), "action": "create" }]);
    }
    if n.is_multiple_of(6) {
        let message =
            format!("sts:AssumeRole: not authorized on arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
        row = json!({
            "target": row["target"], "columns": row["columns"], "state": "failed",
            "failure": { "message": message, "remedy": "let the role trust this account", "exit": 4 },
        });
    }
    row
}

fn page() -> PathBuf {
    let folder = tools::output_dir();
    let (file, page) = (folder.join("fleet.json"), folder.join("fleet.html"));
    std::fs::write(&file, report().to_string()).unwrap();
    tools::run(
        Command::new(env!("CARGO_BIN_EXE_mlopsctl")).args(["report", "show"]).arg(&file).arg("--out").arg(&page),
    );
    page
}

fn shown(browser: &Browser) -> usize {
    let count =
        browser.eval("[...document.querySelectorAll('.row')].filter((row) => row.offsetParent !== null).length");
    usize::try_from(count.as_u64().unwrap()).unwrap()
}

fn first(browser: &Browser) -> String {
    let first = "[...document.querySelectorAll('.row')].find((row) => row.offsetParent !== null).cells[0].innerText";
    browser.eval(first).as_str().unwrap().to_owned()
}

fn filter(browser: &Browser, text: &str) {
    browser.eval(&format!(
        "(() => {{ const field = document.querySelector('.filter'); field.value = '{text}'; field.dispatchEvent(new Event('input')); }})()"
    ));
}

#[test]
fn the_page_sorts_filters_unfolds_and_fits_every_screen() {
    let Some(browser) = Browser::start() else { return };
    browser.size(1400, 900);
    browser.open(&format!("file://{}", page().display()));
    assert_eq!(browser.eval("document.title"), "lab9: apply");
    assert_eq!(shown(&browser), 60);
    assert_eq!(browser.text(".count"), "60 targets");

    // Sorting is told to screen readers; the first click on a number brings the greatest up, the second the least.
    let order = || browser.eval("document.querySelector('th:last-child').getAttribute('aria-sort')");
    assert_eq!(order(), "none");
    browser.click("th:last-child .sort");
    assert_eq!(order(), "descending");
    let costs = || {
        let cells = browser.eval("[...document.querySelectorAll('.row td:last-child')].map((cell) => cell.innerText)");
        let cells: Vec<String> =
            cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect();
        cells
    };
    assert_eq!((costs()[0].as_str(), costs()[59].as_str()), ("1.00", ""), "absent values come last");
    browser.click("th:last-child .sort");
    assert_eq!((order(), costs()[0].as_str(), costs()[59].as_str()), (json!("ascending"), "0.00", ""));
    browser.click("th:first-child .sort");
    assert_eq!(first(&browser), "200000000000");

    // The kinds and the field narrow it down together.
    browser.click(".kind[data-kind=failed]");
    assert_eq!((shown(&browser), browser.text(".count")), (10, "10 of 60 targets shown".to_owned()));
    filter(&browser, "S12@example.edu");
    assert_eq!((shown(&browser), first(&browser)), (1, "200000000084".to_owned()));
    browser.click(".kind[data-kind=failed]");
    filter(&browser, "");
    assert_eq!(shown(&browser), 60);

    // What is known of a target is one activation away, and not in the way before it.
    let detail = || browser.eval("document.querySelector('.detail').offsetParent !== null");
    assert_eq!(detail(), false);
    browser.click(".row .unfold");
    assert_eq!(detail(), true);
    assert!(browser.text(".detail").contains("fix: let the role trust this account"), "{}", browser.text(".detail"));
    let heard = browser.devtools("Accessibility.getFullAXTree", &json!({}));
    let roles: Vec<&str> =
        heard["nodes"].as_array().unwrap().iter().filter_map(|n| n["role"]["value"].as_str()).collect();
    let missing = |screen: &str, roles: &[&str]| {
        for role in ["table", "row", "columnheader", "rowheader", "cell", "searchbox", "button", "main", "status"] {
            // Cards have no head.
            if (screen, role) != ("phone", "columnheader") {
                assert!(roles.contains(&role), "{role} is not among {roles:?} on a {screen} screen");
            }
        }
    };
    missing("wide", &roles);

    for (screen, width, height) in
        [("wide", 1400, 900), ("tablet", 820, 1180), ("phone", 390, 844), ("small", 320, 600)]
    {
        for scheme in ["light", "dark"] {
            browser.size(width, height);
            browser.devtools(
                "Emulation.setEmulatedMedia",
                &json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
            );
            let fits = browser.eval("document.documentElement.scrollWidth <= window.innerWidth");
            assert_eq!(fits, true, "{screen} scrolls sideways");
            assert_eq!(browser.low_contrast(), Vec::<Value>::new(), "{screen} {scheme}");
            browser.screenshot(&tools::output_dir().join(format!("fleet-{screen}-{scheme}.png")));
        }
        let heard = browser.devtools("Accessibility.getFullAXTree", &json!({}));
        let roles: Vec<&str> =
            heard["nodes"].as_array().unwrap().iter().filter_map(|n| n["role"]["value"].as_str()).collect();
        if screen == "phone" {
            missing("phone", &roles);
        }
    }
    // On a phone the head is gone, and a list says the order instead.
    browser.size(390, 844);
    assert_eq!(browser.eval("document.querySelector('.order').offsetParent !== null"), true);
    browser.eval("(() => { const order = document.querySelector('.order'); order.selectedIndex = order.options.length - 1; order.dispatchEvent(new Event('change')); })()");
    assert_eq!(order(), "descending");
    assert_eq!(browser.eval("document.title"), "lab9: apply", "no name is markup");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "no error, no broken policy");
}
