//! promtool's notation against promtool itself: random texts, and each value where `promtool test rules` has it.

use super::notation::Notation;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// On PATH; none outside of CI where it is not installed.
fn promtool() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("promtool")).find(|file| file.is_file());
    let told = "promtool is not installed: run `bash tests/setup`";
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "{told}");
    if found.is_none() {
        eprintln!("skipped: {told}");
    }
    found
}

fn text(rng: &mut fastrand::Rng) -> String {
    let number = |rng: &mut fastrand::Rng| match rng.u8(0..4) {
        0 => format!("{}", rng.i32(-20..20)),
        1 => format!("{}.{}", rng.i32(-20..20), rng.u8(0..100)),
        2 => format!("{}e{}", rng.i32(-9..9), rng.u8(0..3)),
        _ => rng.u8(0..9).to_string(),
    };
    let step = |rng: &mut fastrand::Rng| format!("{}{}", ["+", "-"][rng.usize(0..2)], rng.u8(0..9));
    let tenth = |rng: &mut fastrand::Rng| format!("{}0.{}", ["+", "-"][rng.usize(0..2)], rng.u8(0..10));
    let item = |rng: &mut fastrand::Rng| match rng.u8(0..8) {
        0 => "_".to_owned(),
        1 => format!("_x{}", rng.u8(0..4)),
        2 => "stale".to_owned(),
        3 | 4 => number(rng),
        5 => format!("{}x{}", number(rng), rng.u8(0..4)),
        6 => format!("{}{}x{}", number(rng), step(rng), rng.u8(0..5)),
        _ => format!("{}{}x{}", number(rng), tenth(rng), rng.u8(0..5)),
    };
    let count = rng.usize(1..6);
    (0..count).map(|_| item(rng)).collect::<Vec<_>>().join(" ")
}

/// Whether promtool finds these values at these times, a value a minute.
fn agrees(promtool: &PathBuf, series: &[(String, Vec<f64>)]) -> Result<(), String> {
    let mut file = "tests:\n  - interval: 1m\n    input_series:\n".to_owned();
    for (n, (text, _)) in series.iter().enumerate() {
        writeln!(file, "      - {{ series: 'm{{i=\"{n}\"}}', values: '{text}' }}").unwrap();
    }
    file.push_str("    promql_expr_test:\n");
    for (n, (_, values)) in series.iter().enumerate() {
        // And nothing after the last.
        for (minute, value) in values.iter().chain([&f64::NAN]).enumerate() {
            // A second alone: what is missing must not be what was there before.
            let samples = match value.is_nan() {
                true => String::new(),
                false => format!("{{ labels: '{{i=\"{n}\"}}', value: {value} }}"),
            };
            let expr = format!("max_over_time(m{{i=\"{n}\"}}[1s])");
            writeln!(file, "      - {{ expr: '{expr}', eval_time: {minute}m, exp_samples: [{samples}] }}").unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.yml");
    std::fs::write(&path, file).unwrap();
    // Where a test fails, promtool leaves its storage behind.
    let mut command = Command::new(promtool);
    let output = command.args(["test", "rules"]).arg(&path).env("TMPDIR", folder.path()).output().unwrap();
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(said()) }
}

#[test]
fn values_are_where_promtool_has_them() {
    let Some(promtool) = promtool() else { return };
    let mut rng = fastrand::Rng::with_seed(11);
    let texts = (0..60).map(|_| text(&mut rng));
    // A text of nothing but `_x0` has no values, which is a mistake here.
    let series: Vec<(String, Vec<f64>)> =
        texts.filter_map(|text| Notation::Promtool.parse(&text).ok().map(|values| (text, values))).collect();
    assert!(series.len() > 50, "{}", series.len());
    agrees(&promtool, &series).unwrap_or_else(|said| panic!("{said}"));
    // It does tell one value from another, and this program's own notation from its own.
    let own = vec![("1x3".to_owned(), Notation::Own.parse("1x3").unwrap())];
    assert!(agrees(&promtool, &own).is_err());
}

#[test]
fn what_is_refused_here_promtool_refuses() {
    let Some(promtool) = promtool() else { return };
    for text in ["1+2", "stalex2", "x3", "1x", "1x-1", "1xx2", "a", "1+-2x3", "1--2x3"] {
        assert!(Notation::Promtool.parse(text).is_err(), "{text}");
        assert!(agrees(&promtool, &[(text.to_owned(), vec![1.0])]).is_err(), "{text}");
    }
}
