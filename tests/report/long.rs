//! The page of a run over very many targets: small enough to be sent, and every row of it found, sorted and unfolded.

use super::browser::Browser;
use super::tools;
use super::{filter, first, folder, shown};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// Bytes a row: 10 MB for a hundred thousand.
const BYTES_A_ROW: u64 = 100;
/// Milliseconds; `cargo bench --bench reports` holds it against the second that is promised, on a machine with nothing else to do.
const FIRST_PAINT: f64 = 5_000.0;

/// The dev profile takes a minute to make the page of a hundred thousand, so it is a quarter of it; `MLOPSCTL_ROWS=100000` makes the whole.
fn rows() -> usize {
    std::env::var("MLOPSCTL_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(25_000)
}

fn account(n: usize) -> String {
    format!("{:012}", 200_000_000_000_usize + n * 7)
}

/// A quarter's multiple, the greatest of them once in a thousand.
fn cost(n: usize) -> f64 {
    (n * 31 % 1_000) as f64 / 4.0
}

fn page(rows: usize) -> PathBuf {
    let folder = folder("long");
    let mut text =
        format!("{{\"format_version\":\"1\",\"command\":\"plan\",\"stack\":\"lab9\",\"targets\":{rows},\"rows\":[");
    for n in 0..rows {
        let account = account(n);
        let mut row = json!({
            "target": { "account": account, "region": "us-east-1" },
            "columns": { "name": format!("Student {n}"), "email": format!("s{n}@example.edu") },
            "state": "in_sync",
            "cost": cost(n),
        });
        if n % 25 == 0 {
            let message = format!("sts:AssumeRole: not authorized on arn:aws:iam::{account}:role/Lab");
            row["state"] = json!("failed");
            row["failure"] = json!({ "message": message, "remedy": "let the role trust this account", "exit": 4 });
        }
        let comma = if n == 0 { "" } else { "," };
        write!(text, "{comma}{row}").unwrap();
    }
    text.push_str("]}");
    let (file, page) = (folder.join("long.json"), folder.join("long.html"));
    std::fs::write(&file, text).unwrap();
    tools::run(
        Command::new(env!("CARGO_BIN_EXE_mlopsctl")).args(["report", "show"]).arg(&file).arg("--out").arg(&page),
    );
    page
}

/// The texts of a column in the rows that are drawn.
fn column(browser: &Browser, name: &str) -> Vec<String> {
    let cells = browser
        .eval(&format!("[...document.querySelectorAll('.row [data-label=\"{name}\"]')].map((cell) => cell.innerText)"));
    cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_page_of_very_many_rows_is_small_and_every_row_is_found() {
    let Some(browser) = Browser::start() else { return };
    let rows = rows();
    let page = page(rows);
    let bytes = std::fs::metadata(&page).unwrap().len();
    assert!(bytes <= BYTES_A_ROW * rows as u64, "{bytes} bytes");
    browser.size(1400, 900);
    browser.open(&format!("file://{}", page.display()));
    let painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null";
    tools::wait_for("the page is painted", || browser.eval(painted).is_number());
    let painted = browser.eval(painted).as_f64().unwrap();
    println!("first paint of {rows} rows, {bytes} bytes: {painted:.0} ms");
    assert!(painted <= FIRST_PAINT, "{painted} ms");
    assert_eq!(browser.text(".count"), format!("{rows} targets"));
    let drawn = shown(&browser);
    assert!((1..rows / 100).contains(&drawn), "{drawn} rows are drawn");

    // A column of each kind, up and down: names, words of a few kinds, numbers.
    let head = |name: &str| {
        let heads = browser.eval("[...document.querySelectorAll('thead th')].map((head) => head.innerText)");
        let at = heads.as_array().unwrap().iter().position(|head| head == name);
        format!("th:nth-child({}) .sort", at.unwrap_or_else(|| panic!("no column {name} in {heads}")) + 1)
    };
    let ends = |name: &str| {
        browser.click(&head(name));
        let one = column(&browser, name);
        browser.click(&head(name));
        (one, column(&browser, name))
    };
    let (rising, falling) = ends("Account");
    assert_eq!((&rising[0], &falling[0]), (&account(0), &account(rows - 1)));
    assert!(rising.is_sorted() && falling.iter().rev().is_sorted());
    let (falling, rising) = ends("Cost");
    assert_eq!((falling[0].as_str(), rising[0].as_str()), ("249.75", "0.00"), "a number's greatest comes first");
    let costs = |texts: &[String]| -> Vec<f64> { texts.iter().map(|text| text.parse().unwrap()).collect() };
    assert!(costs(&rising).is_sorted() && costs(&falling).iter().rev().is_sorted());
    let (one, other) = ends("State");
    let same = |states: &[String]| states.iter().all(|state| *state == states[0]);
    assert!(same(&one) && same(&other) && one[0] != other[0], "{} and {}", one[0], other[0]);
    browser.click(&head("Account"));

    // Any row is found, by what is in its columns and by what is below it.
    let finds = |text: &str, count: &str| {
        filter(&browser, text);
        tools::wait_for(&format!("{text} finds {count}"), || browser.text(".count") == count);
    };
    finds("S17777@example.edu", &format!("1 of {rows} targets shown"));
    assert_eq!((shown(&browser), first(&browser)), (1, account(17_777)));
    finds("not authorized", &format!("{} of {rows} targets shown", rows / 25));
    finds(&format!("role/Lab {}", account(24_975)), &format!("1 of {rows} targets shown"));
    browser.click(".row .unfold");
    assert!(browser.text(".detail").contains("fix: let the role trust this account"), "{}", browser.text(".detail"));
    finds("nobody is called so", &format!("0 of {rows} targets shown"));
    assert_eq!(shown(&browser), 0);
    finds("", &format!("{rows} targets"));
    browser.click(".kind[data-kind=failed]");
    assert_eq!(browser.text(".count"), format!("{} of {rows} targets shown", rows / 25));

    // Who scrolls down is given more.
    let before = shown(&browser);
    browser.eval("scrollTo(0, document.body.scrollHeight)");
    tools::wait_for("more rows are drawn", || shown(&browser) > before);
    assert_eq!(browser.complaints(), [""; 0]);
}
