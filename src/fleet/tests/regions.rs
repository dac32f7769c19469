//! The targets of a file of several regions, alone and with a roster.

use crate::fleet::{FleetDefaults, FleetTargets, Shard};
use crate::model::Target;
use crate::spec::{Roster, RosterAccount, SpecError};
use fastrand::Rng;
use std::collections::BTreeSet;

const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "ap-south-1", "sa-east-1"];

fn some(rng: &mut Rng) -> Vec<String> {
    REGIONS.iter().filter(|_| rng.bool()).map(|region| (*region).to_owned()).collect()
}

/// Exactly accounts x regions, each once; a row that names regions is in those alone, and parts are disjoint and whole.
#[test]
fn targets_are_accounts_times_regions() {
    let mut rng = Rng::with_seed(14);
    for _ in 0..500 {
        let of_file = match some(&mut rng) {
            regions if regions.is_empty() => vec![REGIONS[0].to_owned()],
            regions => regions,
        };
        let (mut csv, mut expected) = ("account,regions\n".to_owned(), BTreeSet::new());
        for n in 0..rng.usize(1..6) {
            let account = format!("{:012}", 100_000_000_000_usize + n);
            let own: Vec<String> = some(&mut rng).into_iter().filter(|region| of_file.contains(region)).collect();
            csv += &format!("{account},{}\n", own.join(" "));
            let regions = if own.is_empty() { &of_file } else { &own };
            expected.extend(regions.iter().map(|region| Target::new(&account, region)));
        }
        let roster = Roster::parse("roster.csv", &csv).unwrap();
        let targets = |shard: Shard| {
            let for_all = FleetDefaults { role: None, region: None, shard };
            let found = FleetTargets::of(&roster, for_all, |_: &RosterAccount| Ok::<_, SpecError>(of_file.clone()));
            let found = found.unwrap();
            assert_eq!(found.of, expected.len());
            found.list.into_iter().map(|member| member.target).collect::<Vec<_>>()
        };
        let whole = targets(Shard::WHOLE);
        assert_eq!(whole, expected.iter().cloned().collect::<Vec<_>>(), "{csv}");
        let parts: Vec<Target> = (1..=3).flat_map(|index| targets(Shard::new(index, 3).unwrap())).collect();
        assert_eq!(parts.len(), whole.len());
        assert_eq!(parts.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

#[test]
fn one_account_is_once_in_each_region() {
    let regions = vec!["us-east-1".to_owned(), "eu-west-1".to_owned()];
    let found = FleetTargets::of_account("123456789012", regions.clone(), Shard::WHOLE);
    let places: Vec<&str> = found.list.iter().map(|member| member.target.region.as_str()).collect();
    assert_eq!((found.of, places), (2, vec!["eu-west-1", "us-east-1"]));
    let keeps: Vec<bool> = found.list.iter().map(|member| member.keeps_account).collect();
    assert_eq!(keeps, [false, true], "the first is the home region");
    let parts =
        (1..=2).map(|index| FleetTargets::of_account("123456789012", regions.clone(), Shard::new(index, 2).unwrap()));
    assert_eq!(parts.map(|part| part.list.len()).sum::<usize>(), 2);
}
