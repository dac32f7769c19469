//! The accounts of an organization as a roster: what `--accounts` reads back unchanged.

use super::{RenderOptions, Tone, count, csv, mask, table};
use crate::fleet::organization::OrganizationMember;

/// The columns; `state` only where not all are active.
fn cells(member: &OrganizationMember, with_state: bool) -> Vec<(&'static str, &str)> {
    let mut cells = vec![("account", &*member.account), ("name", &*member.name), ("email", &*member.email)];
    if with_state {
        cells.push(("state", &*member.state));
    }
    cells
}

pub fn roster_csv(members: &[OrganizationMember], with_state: bool) -> String {
    let header = if with_state { &["account", "name", "email", "state"][..] } else { &["account", "name", "email"] };
    let rows =
        members.iter().map(|member| cells(member, with_state).iter().map(|(_, cell)| (*cell).to_owned()).collect());
    csv::csv(header.iter().copied(), rows)
}

/// Every value is quoted as JSON does, which YAML reads the same: an id keeps its zeros, and no name is anything but a text. An
/// empty one is left out.
pub fn roster_yaml(members: &[OrganizationMember], with_state: bool) -> String {
    let line = |member: &OrganizationMember| {
        let given = cells(member, with_state).into_iter().filter(|(_, cell)| !cell.is_empty());
        let pairs: Vec<String> = given.map(|(name, cell)| format!("{name}: {}", quoted(cell))).collect();
        format!("- {{ {} }}\n", pairs.join(", "))
    };
    if members.is_empty() { "[]\n".to_owned() } else { members.iter().map(line).collect() }
}

pub fn roster_json(members: &[OrganizationMember], with_state: bool) -> String {
    let object = |member: &OrganizationMember| {
        let given = cells(member, with_state).into_iter().filter(|(_, cell)| !cell.is_empty());
        given.map(|(name, cell)| (name.to_owned(), cell.into())).collect::<serde_json::Map<_, _>>()
    };
    let list: serde_json::Value = members.iter().map(object).collect();
    mask::document(list)
}

pub fn roster_table(members: &[OrganizationMember], look: &RenderOptions) -> String {
    let row = |member: &OrganizationMember| {
        let cell = |text: &str| mask::line(text);
        vec![cell(&member.account), cell(&member.name), cell(&member.email), member.state.to_lowercase()]
    };
    let mut text = table::table(&["account", "name", "email", "state"], members.iter().map(row).collect(), look);
    text.push_str(&look.paint(Tone::Strong, &format!("{}.", count(members.len(), "account"))));
    text + "\n"
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Roster;
    use std::collections::BTreeMap;

    /// What is written is what `--accounts` reads: ids with their zeros, names with whatever is in them.
    #[test]
    fn a_roster_is_read_back_unchanged() {
        let member = |account: &str, name: &str, email: &str| OrganizationMember {
            account: account.into(),
            name: name.into(),
            email: email.into(),
            state: "ACTIVE".into(),
            tags: BTreeMap::new(),
        };
        let members = [
            member("000000000012", "Ada, \"Countess\" of Lovelace", "ada@example.edu"),
            member("091000000002", "null", "b: c # d"),
            member("123456789012", "Zoë ${email} 'x'", ""),
        ];
        let written = [
            ("roster.csv", roster_csv(&members, false)),
            ("roster.yaml", roster_yaml(&members, false)),
            ("roster.json", roster_json(&members, false)),
        ];
        for (name, text) in written {
            let roster = Roster::parse(name, &text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let read = roster.accounts.iter().map(|account| {
                let column = |name: &str| account.columns.get(name).cloned().unwrap_or_default();
                (account.id.clone(), column("name"), column("email"))
            });
            let wanted = members.iter().map(|m| (m.account.clone(), m.name.clone(), m.email.clone()));
            assert_eq!(read.collect::<Vec<_>>(), wanted.collect::<Vec<_>>(), "{name}");
        }
    }
}
