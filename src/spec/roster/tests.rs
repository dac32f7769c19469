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
