//! What `init --existing` found and wrote, and whether taking it over changes anything.

use super::{RenderOptions, field_text, mask, phrase};
use crate::plan::{Action, proof::AdoptionProof};
use crate::resources::{Address, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// Names of one owner that are shown; `-v` shows all.
const SHOWN: usize = 5;

/// `472 alarms, 3 topics`.
pub fn counted(counts: &BTreeMap<Kind, usize>) -> String {
    let parts: Vec<String> = counts.iter().map(|(kind, n)| format!("{n} {}", phrase::plural(*n, *kind))).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// What was not read, a line each.
pub fn unread(failures: &[String], unknown: &[Kind]) -> String {
    let failed = failures.iter().map(|failure| format!("could not be read: {}\n", mask::line(failure)));
    let none = unknown.iter().map(|kind| format!("no {} are known at this endpoint\n", phrase::plural(2, *kind)));
    failed.chain(none).collect()
}

/// What stands for others, and what could not be said exactly.
pub fn shortened(folded: usize, differing: &BTreeSet<Address>) -> String {
    let mut text = match folded {
        0 => String::new(),
        1 => "1 alarm is a golden signal of its function\n".to_owned(),
        n => format!("{n} alarms are the golden signals of their functions\n"),
    };
    for address in differing {
        text += &format!("warning: {} is not written exactly\n", mask::line(&address.to_string()));
    }
    text
}

/// What others own, an owner a line.
pub fn others(others: &BTreeMap<Address, String>, written: bool, look: &RenderOptions) -> String {
    let mut owners: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for (address, owner) in others {
        owners.entry(owner).or_default().push(address);
    }
    let line = |(owner, addresses): (&str, Vec<&Address>)| {
        let shown = if look.verbose { addresses.len() } else { SHOWN };
        let names: Vec<String> = addresses.iter().take(shown).map(|one| mask::line(&one.to_string())).collect();
        let more = addresses.len().saturating_sub(shown);
        let more = if more > 0 { format!(" and {more} more (-v shows all)") } else { String::new() };
        let owner = mask::line(owner);
        match written {
            true => format!(
                "warning: written although {owner} owns it, which may set it back: {}{more}\n",
                names.join(", ")
            ),
            false => format!("not written, since {owner} owns it: {}{more}\n", names.join(", ")),
        }
    };
    owners.into_iter().map(line).collect()
}

/// What no spec can say, a line each.
pub fn left_out(left_out: &BTreeMap<Address, String>) -> String {
    let line = |(address, reason): (&Address, &String)| {
        format!("not written, since no spec can say it: {}: {}\n", mask::line(&address.to_string()), mask::line(reason))
    };
    left_out.iter().map(line).collect()
}

/// The proof: that nothing changes, or each field that does.
pub fn proof(proof: &AdoptionProof, look: &RenderOptions) -> String {
    let ours = match proof.unchanged {
        0 => String::new(),
        n => format!(", {n} of the stack already"),
    };
    if proof.holds() {
        return format!("a plan of it changes nothing: {} to adopt{ours}\n", proof.adopted);
    }
    let mut text = String::new();
    for one in &proof.differing {
        let refused = one.refused.as_ref().map(|reason| format!(": {}", mask::line(reason))).unwrap_or_default();
        let what = match one.action {
            Action::NoOp | Action::Adopt | Action::Update => String::new(),
            action => format!(" {}", phrase::intent(action)),
        };
        text += &format!("{:>3} {}{what}{refused}\n", one.action.symbol(), mask::line(&one.address.to_string()));
        for field in &one.fields {
            text += &field_text::changed(field, &proof.target, look, 6);
        }
    }
    let count = proof.differing.len();
    let resources = if count == 1 { "resource" } else { "resources" };
    text + &format!("\na plan of it changes {count} {resources}; {} to adopt as they are{ours}\n", proof.adopted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FieldChange, Target};
    use crate::plan::proof::AdoptionDifference;
    use serde_json::json;

    #[test]
    fn a_proof_says_what_it_changes_or_that_it_changes_nothing() {
        let target = Target::new("123456789012", "us-east-1");
        let mut proof = AdoptionProof { target, adopted: 472, unchanged: 0, differing: Vec::new() };
        let look = RenderOptions::PLAIN;
        assert_eq!(super::proof(&proof, &look), "a plan of it changes nothing: 472 to adopt\n");
        let threshold = FieldChange { field: "threshold".into(), from: Some(json!(5)), to: Some(json!(6)) };
        let differs = |address: &str, action, fields, refused: Option<&str>| AdoptionDifference {
            address: Address::parse(address).unwrap(),
            action,
            fields,
            refused: refused.map(str::to_owned),
        };
        proof.differing = vec![
            differs("alarm/errors", Action::Adopt, vec![threshold], None),
            differs("topic/x", Action::Create, Vec::new(), None),
            differs("alarm/theirs", Action::Adopt, Vec::new(), Some("it is owned by Terraform")),
        ];
        assert_eq!(
            super::proof(&proof, &look),
            "  > alarm/errors\n      threshold: 5 -> 6\n  + topic/x to create\n  > alarm/theirs: it is owned by Terraform\n\n\
             a plan of it changes 3 resources; 472 to adopt as they are\n"
        );
    }

    #[test]
    fn many_of_one_owner_are_a_line() {
        let all = (0..7).map(|n| (Address::new(Kind::Alarm, format!("a{n}")), "Terraform".to_owned())).collect();
        assert_eq!(
            others(&all, false, &RenderOptions::PLAIN),
            "not written, since Terraform owns it: alarm/a0, alarm/a1, alarm/a2, alarm/a3, alarm/a4 and 2 more (-v shows all)\n"
        );
    }
}
