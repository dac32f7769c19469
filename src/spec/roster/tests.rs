//! Rosters in both forms, and the mistakes of people and spreadsheets.

use super::*;

fn parse(text: &str) -> Roster {
    Roster::parse("roster.csv", text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_table_and_a_list_are_the_same_roster() {
    let table = parse(
        "account,role,regions,email,name\n111122223333,teaching/Deployer,us-east-1 eu-west-1,ann@x.edu,\"Ann, B.\"\n012345678901,,,bob@x.edu,\n",
    );
    let list = "- account: 111122223333\n  role: teaching/Deployer\n  regions: [us-east-1, eu-west-1]\n  email: ann@x.edu\n  name: Ann, B.\n- { account: 012345678901, email: bob@x.edu, name: }\n";
    let list = Roster::parse("roster.yaml", list).unwrap_or_else(|error| panic!("{error}"));
    let plain = |roster: &Roster| -> Vec<RosterAccount> {
        roster.accounts.iter().map(|account| RosterAccount { span: Span::default(), ..account.clone() }).collect()
    };
    assert_eq!(plain(&table), plain(&list));
    assert_eq!(table.accounts[0].columns["name"], "Ann, B.");
    assert_eq!(table.accounts[1].columns.len(), 1, "an empty cell is not given");
    assert_eq!(table.accounts[1].regions, [""; 0]);
}

#[test]
fn tables_come_as_spreadsheets_write_them() {
    let excel = "\u{feff}account;email;;\r\n111122223333; ann@x.edu ;;\r\n;;;\r\n\r\n222233334444;\"bob@x.edu\";;\r\n";
    let tabs = "account\temail\n111122223333\tann@x.edu\n222233334444\tbob@x.edu";
    for text in [excel, tabs] {
        let emails: Vec<String> = parse(text).accounts.into_iter().map(|a| a.columns["email"].clone()).collect();
        assert_eq!(emails, ["ann@x.edu", "bob@x.edu"], "{text:?}");
    }
}

#[test]
fn places_are_those_of_the_cells() {
    let text = "\u{feff}account,name,region\n\n111122223333,\"Ann, \"\"B\"\"\",mars\n";
    let error = Roster::parse("r.csv", text).unwrap_err();
    let found = &error.problems()[0];
    assert_eq!((found.line, found.column), (3, 27), "{error}");
}

#[test]
fn other_tools_call_the_column_otherwise_and_say_their_separator() {
    for text in [
        "account_id,email\n111122223333,ann@x.edu\n",
        "id,email\n111122223333,ann@x.edu\n",
        "sep=;\r\nid;email\r\n111122223333;ann@x.edu\r\n",
        "\u{feff}\"sep=|\"\nAccount|account_id|email\nx|111122223333|ann@x.edu\n",
    ] {
        let account = &parse(text).accounts[0];
        assert_eq!((account.id.as_str(), account.columns["email"].as_str()), ("111122223333", "ann@x.edu"), "{text:?}");
    }
    let both = parse("id,account,email\n7,111122223333,ann@x.edu\n");
    assert_eq!((both.accounts[0].id.as_str(), both.accounts[0].columns["id"].as_str()), ("111122223333", "7"));
    let list = Roster::parse("r.yaml", "- account_id: '111122223333'\n- id: '222233334444'\n").unwrap();
    assert_eq!(list.accounts[1].id, "222233334444");
    let error = Roster::parse("r.csv", "sep=;\nid;region\n111122223333;mars\n").unwrap_err();
    assert_eq!((error.problems()[0].line, error.problems()[0].column), (3, 14), "{error}");
}

#[test]
fn json_lines_are_a_roster() {
    let lines =
        "{\"id\": \"111122223333\", \"name\": \"A } \\\" {\"}\n{\"account\": \"222233334444\", \"region\": \"mars\"}\n";
    let error = Roster::parse("r.jsonl", lines).unwrap_err();
    assert_eq!((error.problems()[0].line, error.problems()[0].column), (2, 39), "{error}");
    let right = Roster::parse("stdin", &lines.replace("mars", "eu-west-1")).unwrap();
    assert_eq!(right.accounts[0].columns["name"], "A } \" {");
    assert_eq!(right.accounts[1].regions, ["eu-west-1"]);
    let list =
        Roster::parse("r.json", &format!("[{}]", lines.replace("mars", "eu-west-1").trim().replace("}\n{", "},\n {")));
    assert_eq!(list.unwrap().accounts.len(), 2);
}

/// A roster of so many accounts in each form, one mistake apart.
fn forms(accounts: usize) -> [(&'static str, String); 4] {
    let id = |n: usize| format!("{:012}", 100_000_000_000_usize + n);
    let pad = "x".repeat(200);
    let (mut csv, mut yaml) = ("\u{feff}id;name;region\r\n".to_owned(), String::new());
    let (mut lines, mut list) = (String::new(), "[\n".to_owned());
    for n in 0..accounts {
        csv += &format!("{};\"Ann; {n}{pad}\r\n\"\"B\"\"\";eu-west-1\r\n", id(n));
        yaml += &format!("- account: '{}'\n  name: |\n    Ann; {n}{pad}\n    - \"B\"\n  region: eu-west-1\n", id(n));
        let object = format!("{{\"id\": \"{}\", \"name\": \"}}{{, {n}{pad}\", \"region\": \"eu-west-1\"}}", id(n));
        list += &format!("{}{object}", if n == 0 { "" } else { ",\n" });
        lines += &format!("{object}\n");
    }
    [("r.csv", csv), ("r.yaml", yaml), ("r.jsonl", lines), ("r.json", list + "\n]\n")]
}

/// Must hold: a large roster, which is read in pieces, is the same accounts as its whole text; so is what is passed over.
#[test]
fn in_pieces_it_is_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in forms(6_000) {
        assert!(text.len() > 1 << 20, "{name}");
        let path = folder.path().join(name);
        std::fs::write(&path, &text).unwrap();
        let read = Roster::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let whole = Roster::parse(name, &text).unwrap();
        assert_eq!(read.accounts.len(), 6_000, "{name}");
        assert_eq!(read.accounts, whole.accounts, "{name}");
        let mut odd = |account: &RosterAccount| account.id.ends_with(['1', '3', '5', '7', '9']).then_some(2);
        let part = Roster::load_part(&path, &mut odd).unwrap();
        assert_eq!((part.accounts.len(), part.passed_over), (3_000, 6_000), "{name}");
        assert!(part.accounts.iter().all(|account| account.id.ends_with(['0', '2', '4', '6', '8'])), "{name}");
    }
}

/// The mistakes of a large file have the lines and columns that they have in its whole text, repetitions far apart included.
#[test]
fn mistakes_of_a_large_file_have_their_places() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in forms(6_000) {
        let path = folder.path().join(name);
        let far = "100000005900";
        let wrong = text.replacen(far, "100000000007", 1).replacen("100000005000", "10000000500x", 1);
        std::fs::write(&path, &wrong).unwrap();
        let error = Roster::load(&path).unwrap_err();
        let line = |id: &str| text[..text.find(id).unwrap()].matches('\n').count() + 1;
        let lines: Vec<usize> = error.problems().iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [line("100000005000"), line(far)], "{name}: {error}");
        let shown = error.to_string();
        assert!(
            shown.contains(&format!("{name}:{}:", line("100000000007"))) && shown.contains("10000000500x"),
            "{shown}"
        );
    }
}
