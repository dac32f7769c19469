//! Who is in the sandbox's organization: a management account, two groups of students, one of them with an evening class.

use crate::accounts::ACCOUNT;
use crate::tags::StoredTags;

const ROOT: &str = "r-sand";
const GROUP_A: &str = "ou-sand-groupa00";
const EVENING: &str = "ou-sand-evening0";
const GROUP_B: &str = "ou-sand-groupb00";

#[derive(Clone, Copy, Debug)]
pub struct MemberUnit {
    pub id: &'static str,
    pub name: &'static str,
    pub parent: &'static str,
}

pub const UNITS: &[MemberUnit] = &[
    MemberUnit { id: GROUP_A, name: "Group A", parent: ROOT },
    MemberUnit { id: EVENING, name: "Group A, evening", parent: GROUP_A },
    MemberUnit { id: GROUP_B, name: "Group B", parent: ROOT },
];

/// Students by unit: name, and a state where it is not active.
const STUDENTS: &[(&str, &str, &str)] = &[
    ("Ada", GROUP_A, ""),
    ("Blaise", GROUP_A, ""),
    ("Carl", GROUP_A, "SUSPENDED"),
    ("Dorothy", GROUP_A, ""),
    ("Edsger", GROUP_A, ""),
    ("Frances", GROUP_A, ""),
    ("Grace", EVENING, ""),
    ("Hedy", EVENING, ""),
    ("Ida", EVENING, "PENDING_CLOSURE"),
    ("John", GROUP_B, ""),
    ("Katherine", GROUP_B, ""),
    ("Leslie", GROUP_B, ""),
    ("Margaret", GROUP_B, "SUSPENDED"),
    ("Niklaus", GROUP_B, ""),
    ("Ole-Johan", GROUP_B, ""),
    ("Peter", GROUP_B, ""),
    ("Radia", GROUP_B, ""),
];

#[derive(Clone, Debug)]
pub struct MemberAccount {
    pub id: String,
    pub name: String,
    pub email: String,
    pub state: &'static str,
    pub parent: &'static str,
}

/// Everybody. Ids begin with a zero, which spreadsheets lose: a roster has to keep it.
pub fn members() -> Vec<MemberAccount> {
    let student = |(n, (name, parent, state)): (usize, &(&str, &'static str, &'static str))| MemberAccount {
        id: format!("0910000000{:02}", n + 1),
        name: (*name).to_owned(),
        email: format!("{}@students.example.edu", name.to_lowercase()),
        state: if state.is_empty() { "ACTIVE" } else { state },
        parent,
    };
    let manager = MemberAccount {
        id: ACCOUNT.to_owned(),
        name: "Teaching".to_owned(),
        email: "aws@example.edu".to_owned(),
        state: "ACTIVE",
        parent: ROOT,
    };
    std::iter::once(manager).chain(STUDENTS.iter().enumerate().map(student)).collect()
}

pub fn find(id: &str) -> Option<MemberAccount> {
    members().into_iter().find(|member| member.id == id)
}

pub fn is_parent(id: &str) -> bool {
    id == ROOT || UNITS.iter().any(|unit| unit.id == id)
}

impl MemberAccount {
    pub fn is_manager(&self) -> bool {
        self.id == ACCOUNT
    }

    pub fn tags(&self) -> StoredTags {
        let group = match self.parent {
            GROUP_A => "a",
            EVENING => "a-evening",
            GROUP_B => "b",
            _ => return StoredTags::new(),
        };
        [("course", "mlops"), ("group", group)].into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }
}
