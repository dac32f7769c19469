//! `--shard i/n`: a roster in n parts that many machines run side by side. A target's part follows from its account and region
//! alone, so that parts are disjoint, complete, and the same in whatever order the roster is written.

use crate::model::Target;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Part `index` of `of`, both counted from 1; `2/4` in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: u32,
    of: u32,
}

/// More parts than any CI matrix has.
pub const MOST: u32 = 10_000;

impl Shard {
    /// The whole roster.
    pub const WHOLE: Shard = Shard { index: 1, of: 1 };

    /// Part `index` of `of`, counted from 1; `None` where there is no such part.
    pub fn new(index: u32, of: u32) -> Option<Self> {
        (of <= MOST && (1..=of).contains(&index)).then_some(Self { index, of })
    }

    pub fn contains(&self, target: &Target) -> bool {
        folded(&format!("{}/{}", target.account, target.region)) % u64::from(self.of) == u64::from(self.index - 1)
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// All parts, where there are so many.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        (1..=of).filter_map(move |index| Self::new(index, of))
    }

    /// The file of this part in a folder of `--report`: whoever does the part again writes the same one.
    pub fn file_name(self) -> String {
        let width = self.of.to_string().len();
        format!("part-{:0width$}-of-{}.json", self.index, self.of)
    }

    /// The part whose file has this name; `None` for any other file.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (index, of) = name.strip_prefix("part-")?.strip_suffix(".json")?.split_once("-of-")?;
        let part = Self::new(index.parse().ok()?, of.parse().ok()?)?;
        (part.file_name() == name).then_some(part)
    }
}

/// The first bytes of a SHA-256, since it is the same on every machine and in every version, and spreads evenly.
pub fn folded(text: &str) -> u64 {
    Sha256::digest(text).iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        let Some((index, of)) = parts else { return Err("write I/N, e.g. 1/4 for the first of four parts".to_owned()) };
        Self::new(index, of).ok_or_else(|| format!("parts are 1/{of} to {of}/{of}, of at most {MOST}"))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets() -> Vec<Target> {
        (0..1000).map(|n| Target::new(format!("{n:012}"), if n % 3 == 0 { "eu-west-1" } else { "us-east-1" })).collect()
    }

    #[test]
    fn every_target_is_in_one_part_and_parts_are_even() {
        for of in [1, 2, 7, 20] {
            let shards: Vec<Shard> = (1..=of).map(|index| Shard::new(index, of).unwrap()).collect();
            let mut sizes = vec![0; shards.len()];
            for target in targets() {
                let homes: Vec<usize> = (0..shards.len()).filter(|n| shards[*n].contains(&target)).collect();
                assert_eq!(homes.len(), 1, "{target} of {of}");
                sizes[homes[0]] += 1;
            }
            let even = 1000 / of as usize;
            assert!(sizes.iter().all(|size| (even / 2..even * 2).contains(size)), "{sizes:?}");
        }
    }

    /// Machines of different versions share a run: where a target goes must never change.
    #[test]
    fn a_targets_part_is_fixed() {
        let part = |account: &str| {
            let target = Target::new(account, "us-east-1");
            (1..=4).find(|index| Shard::new(*index, 4).unwrap().contains(&target)).unwrap()
        };
        assert_eq!(["111122223333", "123456789012", "210987654321"].map(part), [2, 2, 4]);
    }

    #[test]
    fn parts_are_read_and_written() {
        assert_eq!("2/4".parse::<Shard>().unwrap().to_string(), "2/4");
        for of in [1, 9, 10, 400] {
            for part in Shard::all(of) {
                assert_eq!(Shard::of_file_name(&part.file_name()), Some(part));
            }
        }
        assert_eq!(Shard::new(2, 16).unwrap().file_name(), "part-02-of-16.json");
        for other in ["part-2-of-16.json", "part-0-of-4.json", "part-1-of-4.html", "fleet.json", ".part-1-of-4.json.0a"]
        {
            assert_eq!(Shard::of_file_name(other), None, "{other}");
        }
        for wrong in ["", "2", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/4294967295"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
