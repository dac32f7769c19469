//! The pages of a fleet, of grades, of signals and of a backtest in a real browser, on a phone and on a wide screen, in the light and in the dark.
//! `tests/setup` installs the browser; in CI a missing one fails the test.

// The service's pages are pressed and pointed at, too.
#[allow(dead_code)]
#[path = "../../src/service/tests/service/browser.rs"]
mod browser;
#[allow(dead_code)]
#[path = "../../src/service/tests/service/client.rs"]
mod client;
mod long;
#[allow(dead_code)]
#[path = "../../src/service/tests/service/tools.rs"]
mod tools;

use browser::Browser;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
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

const SCREENS: [(&str, u32, u32); 4] =
    [("wide", 1400, 900), ("narrow", 1000, 900), ("phone", 390, 844), ("small", 320, 600)];

/// Runs the program in a sandbox of its own that is at an hour of traffic; how it judges is no matter.
fn sandbox(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
    command.args(arguments).args(["--sandbox=sandbox.json", "--quiet"]).current_dir(folder);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_REGION", "us-east-1");
    command.env("MLOPSCTL_VAR_EMAIL", "you@example.edu");
    let ran = command.output().unwrap();
    assert!(ran.status.code().is_some_and(|code| code < 64), "{arguments:?}: {ran:?}");
}

fn folder(name: &str) -> PathBuf {
    let folder = tools::output_dir().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab.yaml");
    std::fs::copy(lab, folder.join("alarms.yaml")).unwrap();
    folder
}

/// On each screen, in the light and in the dark: nothing scrolls sideways, every text stands out, and what else is to hold.
fn on_every_screen(browser: &Browser, page: &Path, name: &str, holds: &dyn Fn(&str)) {
    browser.open(&format!("file://{}", page.display()));
    for (screen, width, height) in SCREENS {
        browser.size(width, height);
        browser.eval("window.dispatchEvent(new Event('resize'))");
        for scheme in ["light", "dark"] {
            browser.devtools(
                "Emulation.setEmulatedMedia",
                &json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
            );
            let wide = "[document.scrollingElement.scrollWidth, window.innerWidth, document.scrollingElement.scrollWidth <= window.innerWidth]";
            assert_eq!(browser.eval(wide)[2], true, "{name} {screen} scrolls sideways: {}", browser.eval(wide));
            assert_eq!(browser.low_contrast(), Vec::<Value>::new(), "{name} {screen} {scheme}");
            holds(&format!("{name} {screen} {scheme}"));
            browser.screenshot(&tools::output_dir().join(format!("{name}-{screen}-{scheme}.png")));
        }
    }
    assert_eq!(browser.complaints(), Vec::<String>::new(), "no error, no broken policy");
}

/// Of each chart: the numbers of its scale and its times that are seen, whether they are large enough and within the figure, and
/// the least contrast of what is drawn. A line is to stand out by 3 to 1 (WCAG 2, 1.4.11).
const CHARTS: &str = "(() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const contrast = (a, b) => { const [x, y] = [light(channels(a)), light(channels(b))]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
    return [...document.querySelectorAll('.plot')].map((plot) => {
      const box = plot.getBoundingClientRect();
      const ground = getComputedStyle(plot).backgroundColor;
      const seen = (selector) => [...plot.querySelectorAll(selector)].filter((label) => label.offsetParent);
      const labels = [...seen('.scale span'), ...seen('.times span'), ...seen('.axis')];
      const drawn = [['path.series', 'fill'], ['path.limit', 'stroke'], ['rect.fired', 'fill']].flatMap(([what, paint]) =>
        [...plot.querySelectorAll(what)].map((shape) => contrast(getComputedStyle(shape)[paint], ground)));
      return { title: plot.querySelector('figcaption').innerText, scale: seen('.scale span').map((label) => label.innerText),
        times: seen('.times span').map((label) => label.innerText), axis: seen('.axis').map((label) => label.innerText).join(),
        large: labels.every((label) => parseFloat(getComputedStyle(label).fontSize) >= 11),
        within: labels.every((label) => { const own = label.getBoundingClientRect(); return own.left >= box.left && own.right <= box.right; }),
        alarm: [...plot.querySelectorAll('rect.fired')].map((shape) => getComputedStyle(shape).fill)[0] || null,
        legend: plot.querySelector('.legend') ? plot.querySelector('.legend').innerText : '',
        before: [...plot.querySelectorAll('path.before')].map((line) => line.getAttribute('d').length)[0] || 0,
        limits: plot.querySelectorAll('path.limit').length, contrast: Math.min(...drawn) };
    });
  })()";

fn charts(browser: &Browser, place: &str) -> Vec<Value> {
    let charts = browser.eval(CHARTS).as_array().cloned().unwrap_or_default();
    assert!(!charts.is_empty(), "{place}: no chart");
    for chart in &charts {
        let many = |what: &str| chart[what].as_array().map_or(0, Vec::len);
        assert!(many("scale") >= 2 && many("times") >= 2 && chart["axis"] == "time in UTC", "{place}: {chart:#}");
        assert!(chart["large"] == true && chart["within"] == true, "{place}: {chart:#}");
        assert!(chart["contrast"].as_f64().unwrap() >= 3.0, "{place}: {chart:#}");
    }
    charts
}

#[test]
fn charts_have_axes_units_and_limits_on_every_screen() {
    let Some(browser) = Browser::start() else { return };
    let folder = folder("charts");
    sandbox(&folder, &["sandbox", "reset", "--at", "2026-11-24T20:00Z", "--yes"]);
    sandbox(&folder, &["signals", "mlops-service-lambda", "--since", "1d", "--html", "signals.html"]);
    sandbox(&folder, &["backtest", "--html", "backtest.html"]);
    on_every_screen(&browser, &folder.join("signals.html"), "signals", &|place| {
        let charts = charts(&browser, place);
        let of = |title: &str| {
            let found = charts.iter().find(|chart| chart["title"].as_str().unwrap().starts_with(title));
            found.unwrap_or_else(|| panic!("{place}: no {title}")).clone()
        };
        let latency = of("Latency");
        let marks: Vec<&str> = latency["scale"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        // The timeout is far above the scale: its line has its own number.
        assert!(marks[0] == "30 s" && marks[1..].iter().all(|mark| mark.ends_with(" ms")), "{latency:#}");
        assert!(latency["legend"].as_str().unwrap().contains("timeout of the function 30 s"), "{latency:#}");
        assert_eq!(latency["limits"], 1, "{latency:#}");
        for chart in [latency, of("Traffic: requests a 15m"), of("Errors"), of("Saturation")] {
            assert!(chart["before"].as_u64().unwrap() > 20, "the period before is drawn: {chart:#}");
            // A day is crossed: times have their dates.
            assert!(
                chart["times"].as_array().unwrap().iter().all(|time| time.as_str().unwrap().starts_with("11-2")),
                "{chart:#}"
            );
        }
    });
    on_every_screen(&browser, &folder.join("backtest.html"), "backtest", &|place| {
        let charts = charts(&browser, place);
        assert!(charts.iter().all(|chart| chart["limits"] == 1), "{place}: {charts:#?}");
        let errors = charts.iter().find(|chart| chart["title"] == "alarm/mlops-lambda-high-errors").expect("a chart");
        assert!(errors["legend"].as_str().unwrap().contains("threshold > 5"), "{errors:#}");
        let colours: Vec<&Value> = charts.iter().map(|chart| &chart["alarm"]).filter(|fill| !fill.is_null()).collect();
        // Of the palette: the same for each alarm.
        let wanted = if place.ends_with("dark") { "rgb(255, 122, 112)" } else { "rgb(210, 63, 54)" };
        assert!(!colours.is_empty() && colours.iter().all(|fill| *fill == wanted), "{place}: {colours:?}");
    });
}

#[test]
fn grades_break_no_name_and_fold_where_they_do_not_fit() {
    let Some(browser) = Browser::start() else { return };
    let folder = folder("grades");
    let rubric = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/grading/lab-rubric.yaml");
    let names = ["Ada Lovelace", "Maria-Theresia von Trapp-Sommer", "Bartholomew Featherstonehaugh"];
    let rows: String = (0..9)
        .map(|n| format!("{},{},student-{n}@department.example.edu\n", 123_456_789_010_u64 + n, names[n as usize % 3]))
        .collect();
    std::fs::write(folder.join("roster.csv"), format!("account,name,email\n{rows}")).unwrap();
    let check = ["check", "--accounts", "roster.csv", "--rubric", rubric.to_str().unwrap(), "--report", "grades.html"];
    sandbox(&folder, &check);
    on_every_screen(&browser, &folder.join("grades.html"), "grades", &|place| {
        assert_eq!(shown(&browser), 9, "{place}");
        let names = "[...document.querySelectorAll('.keep')].filter((name) => name.offsetParent).map((name) => [name.innerText, name.getClientRects().length])";
        let names = browser.eval(names);
        assert!(names.as_array().unwrap().len() >= 3, "{place}: {names}");
        let broken: Vec<&Value> = names.as_array().unwrap().iter().filter(|name| name[1] != 1).collect();
        assert!(broken.is_empty(), "{place}: {broken:?}");
        let is_table =
            browser.eval("getComputedStyle(document.querySelector('.grid tbody')).display") == "table-row-group";
        assert_eq!(
            is_table,
            place.contains("wide"),
            "{place}: a table where it fits, cards elsewhere: {}",
            browser.eval("[document.querySelector('.grid').scrollWidth, document.querySelector('.list').clientWidth]")
        );
        if is_table {
            // A heading is one word: it has one line.
            let heads = browser.eval("[...document.querySelectorAll('.sort')].filter((head) => head.offsetHeight > 60).map((head) => head.innerText)");
            assert_eq!(heads, json!([]), "{place}");
        }
    });
}
