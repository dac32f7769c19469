//! Files that want to hurt: each is read, or refused, at once and without a panic.

use super::*;
use std::io::Write;

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// What a file is refused with, as one text.
fn refusal(bytes: &[u8]) -> String {
    let file = written(bytes);
    let refused = load(file.path()).and_then(|spec| spec.bind(&BTreeMap::new())).map(|_| ());
    refused.unwrap_err().to_string()
}

/// Nanoseconds of the processor that this thread has had, however busy the machine is; `None` where no one tells.
fn processor_time() -> Option<u64> {
    // What has run since the clock's last tick is counted when the thread gives way.
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split(' ').next()?.parse().ok()
}

/// Four times the text costs four times as much, and not sixteen: the cheapest of several readings of each.
fn costs_grow_with_the_text(what: &str, text: impl Fn(usize) -> String) {
    const PART: usize = 15_000;
    const TRIES: usize = 6;
    /// Between 4 and 16, with room for what a machine adds.
    const MOST: u64 = 9;
    /// Below it the clock and the machine weigh more than the text: ticks of four milliseconds.
    const GRAIN: u64 = 20_000_000;
    let (part, whole) = (text(PART), text(4 * PART));
    let cost = |text: &str| {
        let from = processor_time()?;
        let _ = parse("f", text).and_then(|spec| spec.bind(&BTreeMap::new())).map_err(|error| error.to_string());
        Some(processor_time()? - from)
    };
    let (mut of_part, mut of_whole) = (u64::MAX, u64::MAX);
    for _ in 0..TRIES {
        let (Some(one), Some(four)) = (cost(&part), cost(&whole)) else { return };
        (of_part, of_whole) = (of_part.min(one), of_whole.min(four));
        if of_whole <= MOST * of_part + GRAIN {
            return;
        }
    }
    panic!("{what}: {of_part} ns, and for four times as much {of_whole} ns");
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = String::from("version: 1\nstack: s\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..30 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    assert!(refusal(bomb.as_bytes()).contains("more than 100000 values that anchors and aliases repeat"));
}

#[test]
fn deep_nesting_is_refused() {
    assert!(refusal("[".repeat(10_000).as_bytes()).contains("nested more than 64 levels deep"));
    assert!(refusal("- ".repeat(10_000).as_bytes()).contains("nested more than 64 levels deep"));
    let block: String = (0..10_000).map(|n| format!("{}a:\n", " ".repeat(n % 500))).collect();
    refusal(block.as_bytes());
    let mixed = "a: [{".repeat(5_000);
    refusal(mixed.as_bytes());
    let keys = "? ".repeat(10_000);
    refusal(keys.as_bytes());
}

#[test]
fn a_hundred_megabytes_are_refused_unread() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(100 * 1024 * 1024).unwrap();
    let refused = load(file.path()).unwrap_err().to_string();
    assert!(refused.contains("is larger than 8 MiB"), "{refused}");
}

#[test]
fn anchors_inside_anchors_are_refused() {
    let open: String = (0..60).map(|n| format!("&a{n} [")).collect();
    let text = format!("version: 1\nstack: s\nx: {open}{}{}\n", "x, ".repeat(90_000), "]".repeat(60));
    assert!(refusal(text.as_bytes()).contains("more than 100000 values"));
}

#[test]
fn much_of_one_kind_is_read_fast() {
    let head = "version: 1\nstack: s\n";
    let units = [
        "x",
        "x ",
        "x\n",
        "ab: 1\n",
        "- x\n",
        "# x\n",
        "&a ",
        "&a x\n",
        "*a ",
        "? ",
        ": ",
        "- ",
        "[",
        "[],",
        "{}",
        "{a: b},",
        "\"\\\"",
        "'",
        "''",
        "!",
        "!a ",
        "%",
        "\t",
        " ",
        "\n",
        "|\n",
        ">",
        "---\n",
        "...\n",
        "${a}",
        "${",
        "$${a}",
        "\u{1F600}",
        "a:\n b:\n",
        "  a: b\n c:\n",
        "<<: x\n",
        ",",
        "a, ",
    ];
    for unit in units {
        for before in ["", "tags: { a: ", "tags:\n  a: ", "tags: { a: \"", "alarms:\n  a: "] {
            costs_grow_with_the_text(&format!("{before}{unit}"), |length| {
                format!("{head}{before}{}", unit.repeat(length / unit.len()))
            });
        }
    }
}

#[test]
fn lines_and_lists_of_a_megabyte_are_refused_fast() {
    costs_grow_with_the_text("a long line", |n| {
        format!("version: 1\nstack: s\ntags: {{ a: {} }}\n", "x".repeat(15 * n))
    });
    costs_grow_with_the_text("a long quote", |n| {
        format!("version: 1\nstack: s\ntags: {{ a: \"{}", "\\\"".repeat(6 * n))
    });
    costs_grow_with_the_text("many mistakes", |n| (0..n / 20).map(|n| format!("topic{n}: {n}\n")).collect());
    let long_line = format!("version: 1\nstack: s\ntags: {{ a: {} }}\n", "x".repeat(900_000));
    let long_quote = format!("version: 1\nstack: s\ntags: {{ a: \"{}", "\\\"".repeat(400_000));
    for text in [long_line, long_quote] {
        refusal(text.as_bytes());
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let refused = refusal(b"version: 1\nstack: \xff\xfe\n");
    assert!(refused.contains("byte 18 (0xff) is not UTF-8") && refused.contains(":2:8"), "{refused}");
    assert!(refusal(b"version: 1\nstack: a\0b\n").contains("a NUL byte"));
    assert!(refusal(b"\xff\xfev\0e\0r\0").contains("is not UTF-8"));
    assert!(refusal(b"version: 1\nstack: \"\\0\"\n").contains("cannot name a stack"));
}

#[test]
fn a_mark_and_windows_line_ends_change_no_place() {
    let unix = "version: 1\nstack: s\ntopics:\n  a: { displayname: A }\n";
    let places = |text: &str| parse("f", text).unwrap().bind(&BTreeMap::new()).unwrap_err().problems();
    let expected = places(unix);
    assert_eq!((expected[0].line, expected[0].column), (4, 8));
    assert_eq!(places(&format!("\u{feff}{unix}")), expected);
    assert_eq!(places(&unix.replace('\n', "\r\n")), expected);
}

#[test]
fn a_file_that_is_not_there_or_is_a_folder_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let absent = load(&folder.path().join("alarms.yaml")).unwrap_err().to_string();
    assert!(absent.starts_with("error: cannot read ") && absent.contains("mlopsctl init"), "{absent}");
    assert!(load(folder.path()).is_err());
}

#[test]
fn variables_come_from_yaml_or_json() {
    let values = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "x: y".to_owned())]);
    assert_eq!(read_var_file(written(b"a: 1\nb: 'x: y'\n").path()).unwrap(), values);
    assert_eq!(read_var_file(written(br#"{"a": 1, "b": "x: y"}"#).path()).unwrap(), values);
    assert!(read_var_file(written(b"").path()).unwrap().is_empty());
    let wrong = read_var_file(written(b"a: 1\na: 2\nb: [1]\n").path()).unwrap_err().problems();
    let lines: Vec<usize> = wrong.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [2, 3]);
    assert!(read_var_file(written(b"- a\n").path()).is_err());
}
