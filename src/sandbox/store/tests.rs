//! The store's promises: kills, several processes, compaction, seeds.

use super::*;
use crate::dispatch;
use std::fs;
use std::path::PathBuf;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("deep/sandbox.json")
    }

    fn open(&self) -> EntityStore {
        EntityStore::open(&self.path(), dispatch::seeds).unwrap()
    }
}

fn put(store: &mut EntityStore, account: &str, key: &str, value: &str) {
    let done = store.transact(account, "r", &Weather::default(), 1, |tx| tx.put("things", key, &value));
    assert_eq!(done.unwrap(), (Ok(()), true));
}

fn delete(store: &mut EntityStore, key: &str) -> bool {
    store.transact("1", "r", &Weather::default(), 1, |tx| Ok(tx.delete("things", key))).unwrap().0.unwrap()
}

fn things(store: &mut EntityStore, account: &str) -> Vec<(String, String)> {
    store.transact(account, "r", &Weather::default(), 1, |tx| tx.list("things")).unwrap().0.unwrap()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn nothing_is_written_before_the_first_change() {
    let place = Place::new();
    assert!(things(&mut place.open(), "1").is_empty());
    assert!(!place.path().exists());
}

#[test]
fn state_outlives_the_process() {
    let place = Place::new();
    let mut store = place.open();
    put(&mut store, "1", "a", "line\nbreak \"quoted\" ü");
    put(&mut store, "2", "a", "other account");
    put(&mut store, "1", "b", "gone");
    assert!(delete(&mut store, "b"));
    assert!(!delete(&mut store, "b"));
    let mut again = place.open();
    assert_eq!(things(&mut again, "1"), [pair("a", "line\nbreak \"quoted\" ü")]);
    assert_eq!(things(&mut again, "2"), [pair("a", "other account")]);
}

#[test]
fn two_processes_see_each_other() {
    let place = Place::new();
    let (mut one, mut two) = (place.open(), place.open());
    for n in 0..10 {
        put(&mut one, "1", &format!("a{n}"), "one");
        put(&mut two, "1", &format!("b{n}"), "two");
    }
    assert_eq!(things(&mut one, "1").len(), 20);
    assert_eq!(things(&mut one, "1"), things(&mut two, "1"));
}

#[test]
fn a_handler_runs_again_where_another_process_was_faster() {
    let place = Place::new();
    let (mut one, mut two) = (place.open(), place.open());
    put(&mut one, "1", "n", "0");
    let mut runs = 0;
    let done = two.transact("1", "r", &Weather::default(), 1, |tx| {
        runs += 1;
        if runs == 1 {
            put(&mut one, "1", "n", "5");
        }
        let n: String = tx.get("things", "n")?.unwrap();
        tx.put("things", "n", &format!("{n}+1"))
    });
    assert_eq!(done.unwrap(), (Ok(()), true));
    assert_eq!(runs, 2);
    assert_eq!(things(&mut one, "1"), [pair("n", "5+1")]);
}

#[test]
fn threads_with_stores_of_their_own_lose_no_change() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let mut store = place.open();
            scope.spawn(move || (0..50).for_each(|n| put(&mut store, "1", &format!("{thread}/{n}"), "x")));
        }
    });
    assert_eq!(things(&mut place.open(), "1").len(), 200);
}

#[test]
fn a_torn_last_line_is_ignored_and_overwritten() {
    let place = Place::new();
    put(&mut place.open(), "1", "a", "whole");
    let whole = fs::read(place.path()).unwrap();
    put(&mut place.open(), "1", "b", "torn later");
    let both = fs::read(place.path()).unwrap();
    for length in whole.len()..both.len() {
        fs::write(place.path(), &both[..length]).unwrap();
        let mut store = place.open();
        assert_eq!(things(&mut store, "1"), [pair("a", "whole")], "cut at {length}");
        put(&mut store, "1", "c", "x");
        assert_eq!(things(&mut place.open(), "1"), [pair("a", "whole"), pair("c", "x")], "cut at {length}");
    }
    for length in 0..journal::header_length() {
        fs::write(place.path(), &both[..length]).unwrap();
        let mut store = place.open();
        put(&mut store, "1", "c", "x");
        assert_eq!(things(&mut place.open(), "1"), [pair("c", "x")], "header cut at {length}");
    }
}

#[test]
fn garbage_is_compacted_away_under_the_eyes_of_another_process() {
    let place = Place::new();
    let (mut one, mut two) = (place.open(), place.open());
    for n in 0..2000 {
        put(&mut one, "1", &format!("k{}", n % 7), &n.to_string());
        if n % 97 == 0 {
            put(&mut two, "1", "two", &n.to_string());
        }
    }
    assert!(fs::metadata(place.path()).unwrap().len() < 60_000);
    assert_eq!(things(&mut one, "1").len(), 8);
    assert_eq!(things(&mut two, "1"), things(&mut one, "1"));
    assert_eq!(things(&mut place.open(), "1"), things(&mut one, "1"));
}

#[test]
fn versions_and_ids_never_repeat_across_processes_and_compaction() {
    let place = Place::new();
    let (mut one, mut two) = (place.open(), place.open());
    let mut ids = std::collections::HashSet::new();
    for n in 0..1200 {
        let store = if n % 2 == 0 { &mut one } else { &mut two };
        let id = store.transact("1", "r", &Weather::default(), 1, |tx| {
            let id = tx.uuid();
            tx.put("things", "k", &id)?;
            Ok(id)
        });
        assert!(ids.insert(id.unwrap().0.unwrap()), "id {n} repeats");
    }
}

#[test]
fn a_deleted_seed_stays_deleted() {
    fn seeds(_: &str, _: &str) -> Vec<Seed> {
        vec![Seed { table: "things", key: "seed".into(), value: "planted".into() }]
    }
    let place = Place::new();
    let open = || {
        let mut store =
            EntityStore { entities: Entities::new(seeds), journal: Some(Journal::new(&place.path())), clock: None };
        store.refresh(&own()).unwrap();
        store
    };
    let mut store = open();
    assert_eq!(things(&mut store, "1"), [pair("seed", "planted")]);
    assert!(delete(&mut store, "seed"));
    for n in 0..1000 {
        put(&mut store, "1", "k", &n.to_string());
    }
    assert!(fs::read_to_string(place.path()).unwrap().lines().count() < 600, "it was compacted");
    assert_eq!(things(&mut open(), "1"), [pair("k", "999")]);
    assert_eq!(things(&mut open(), "2"), [pair("seed", "planted")]);
}

#[test]
fn a_fault_changes_nothing() {
    let mut store = EntityStore::in_memory(dispatch::seeds);
    let done = store.transact("1", "r", &Weather::default(), 1, |tx| -> Result<(), Fault> {
        tx.put("things", "a", &"x")?;
        Err(Fault::validation("no"))
    });
    assert!(matches!(done, Ok((Err(_), false))));
    assert!(things(&mut store, "1").is_empty());
}

#[test]
fn a_file_that_is_no_state_is_refused_with_its_name() {
    let place = Place::new();
    fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    fs::write(place.path(), "{\"some\": \"other file that has nothing to do with this program\"}\n").unwrap();
    let error = format!("{:#}", EntityStore::open(&place.path(), dispatch::seeds).unwrap_err());
    assert!(error.contains("sandbox.json") && error.contains("remove the file"), "{error}");
    for short in ["mine", "{\"mlopsctl_sandbox\":2,"] {
        fs::write(place.path(), short).unwrap();
        let error = format!("{:#}", EntityStore::open(&place.path(), dispatch::seeds).unwrap_err());
        assert!(error.contains("--sandbox=FILE"), "{error}");
        assert_eq!(fs::read_to_string(place.path()).unwrap(), short, "it is left alone");
    }
}

#[cfg(unix)]
#[test]
fn the_files_are_their_owners_alone_and_nothing_else_is_followed_or_waited_for() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::new();
    let mut store = place.open();
    for n in 0..1200 {
        put(&mut store, "1", "k", &n.to_string());
    }
    let folder = place.path().parent().unwrap().to_owned();
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "the state and its lock");
    let target = folder.join("target");
    fs::rename(place.path(), &target).unwrap();
    symlink(&target, place.path()).unwrap();
    let error = format!("{:#}", EntityStore::open(&place.path(), dispatch::seeds).unwrap_err());
    assert!(error.contains("symbolic link"), "{error}");
    fs::remove_file(place.path()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(place.path()).status().unwrap().success());
    let error = format!("{:#}", EntityStore::open(&place.path(), dispatch::seeds).unwrap_err());
    assert!(error.contains("no plain file"), "{error}");
    fs::remove_file(place.path()).unwrap();
    fs::create_dir(place.path()).unwrap();
    assert!(EntityStore::open(&place.path(), dispatch::seeds).is_err());
    // The lock beside it, too.
    fs::remove_dir(place.path()).unwrap();
    let lock = folder.join("sandbox.json.lock");
    fs::remove_file(&lock).unwrap();
    symlink(folder.join("elsewhere"), &lock).unwrap();
    let mut store = place.open();
    let done = store.transact("1", "r", &Weather::default(), 1, |tx| tx.put("things", "a", &"x"));
    assert!(done.is_err() && !folder.join("elsewhere").exists());
}

#[test]
fn a_transaction_reads_its_own_changes() {
    let mut store = EntityStore::in_memory(dispatch::seeds);
    put(&mut store, "1", "a", "1");
    put(&mut store, "1", "b", "2");
    let done = store.transact("1", "r", &Weather::default(), 1, |tx| {
        tx.put("things", "c", &"3")?;
        assert!(tx.delete("things", "a"));
        assert!(!tx.delete("things", "a"));
        assert_eq!(tx.get::<String>("things", "a")?, None);
        tx.list::<String>("things")
    });
    assert_eq!(done.unwrap().0.unwrap(), [pair("b", "2"), pair("c", "3")]);
}

#[test]
fn a_thousand_accounts_fit_in_one_file() {
    let place = Place::new();
    let mut store = place.open();
    for n in 0..10_000 {
        put(&mut store, &format!("{:012}", n % 1000), &format!("k{}", n / 1000), "x");
    }
    let mut again = place.open();
    for account in [0, 500, 999] {
        assert_eq!(things(&mut again, &format!("{account:012}")).len(), 10);
    }
    assert_eq!(again.places().unwrap().len(), 1000);
    assert!(again.entities.places().count() < 600, "not all are at hand");
}

/// More accounts than stay at hand, changed by two processes in turn, over several compactions: what a store in memory holds.
#[test]
fn what_is_not_at_hand_is_read_again_as_it_was() {
    let place = Place::new();
    let (mut one, mut two, mut memory) = (place.open(), place.open(), EntityStore::in_memory(dispatch::seeds));
    let mut rng = fastrand::Rng::with_seed(11);
    let mut compacted = 0;
    for n in 0..8_000 {
        let (account, key) = (rng.u32(..900).to_string(), format!("k{}", rng.u8(..2)));
        let value = (rng.u8(..3) > 0).then(|| "v".repeat(rng.usize(1..20)));
        let file = if rng.bool() { &mut one } else { &mut two };
        let before = fs::metadata(place.path()).map_or(0, |file| file.len());
        for store in [file, &mut memory] {
            let done = store.transact(&account, "r", &Weather::default(), n, |tx| match &value {
                Some(value) => tx.put("things", &key, value),
                None => {
                    tx.delete("things", &key);
                    Ok(())
                }
            });
            done.unwrap().0.unwrap();
        }
        compacted += u32::from(fs::metadata(place.path()).map_or(0, |file| file.len()) < before);
    }
    assert!(compacted >= 2, "compacted {compacted} times");
    let places = memory.places().unwrap();
    assert!(places.len() > 700);
    for mut store in [one, two, place.open()] {
        assert_eq!(store.places().unwrap(), places);
        for (account, region) in &places {
            assert_eq!(
                store.contents(account, region).unwrap(),
                memory.contents(account, region).unwrap(),
                "{account}"
            );
        }
    }
}

#[test]
fn one_account_is_forgotten_and_the_others_stay() {
    let place = Place::new();
    let mut store = place.open();
    put(&mut store, "1", "a", "one");
    put(&mut store, "2", "a", "two");
    store.forget("1", "r").unwrap();
    for mut store in [store, place.open()] {
        assert_eq!(things(&mut store, "1"), []);
        assert_eq!(things(&mut store, "2"), [pair("a", "two")]);
        assert_eq!(store.places().unwrap(), [("2".to_owned(), "r".to_owned())]);
        let stands = store.contents("1", "r").unwrap();
        assert_eq!(
            stands,
            EntityStore::in_memory(dispatch::seeds).contents("1", "r").unwrap(),
            "what stands everywhere stands again"
        );
    }
}

#[test]
fn a_sandbox_begins_at_a_moment_and_runs_on_from_it() {
    let place = Place::new();
    let (mut store, mut other) = (place.open(), place.open());
    let before = store.time().unwrap();
    assert_eq!(before.1, Duration::ZERO);
    let ends = |time: Timestamp, at: i64| (at..at + 60_000).contains(&time.millis());
    put(&mut store, "1", "a", "gone");
    store.advance(&Weather::default(), Duration::from_secs(60)).unwrap();
    for at in [1_000_000_000_000, 2_000_000_000_000, 4_000_000_000_000] {
        store.begin_at(Timestamp::from_millis(at)).unwrap();
        assert!(ends(store.now(), at), "it knows at once");
        // The file is as long as the one before it, and is read anew all the same.
        for store in [&mut store, &mut other, &mut place.open()] {
            let (time, ahead) = store.time().unwrap();
            assert!(ends(time, at) && ahead.is_zero(), "{time:?} {ahead:?}");
            assert!(store.places().unwrap().is_empty());
        }
    }
    other.advance(&Weather::default(), Duration::from_secs(3600)).unwrap();
    let (time, ahead) = store.time().unwrap();
    assert!(ends(time, 4_000_003_600_000) && ahead.as_secs() == 3600, "{time:?} {ahead:?}");
    store.reset().unwrap();
    assert!(ends(other.time().unwrap().0, before.0.millis()), "without a moment it is the wall's time again");
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_a_sandbox_that_began_at_a_moment_keeps_pace() {
    let mut store = EntityStore::in_memory(dispatch::seeds);
    store.begin_at(Timestamp::from_millis(1_000)).unwrap();
    assert_eq!(store.now().millis(), 1_000);
    tokio::time::advance(Duration::from_millis(2_500)).await;
    assert_eq!(store.now().millis(), 3_500);
}

#[test]
fn a_request_sees_its_own_changes_in_the_order_of_the_keys() {
    let mut store = EntityStore::in_memory(dispatch::seeds);
    ["b", "d", "f"].into_iter().for_each(|key| put(&mut store, "1", key, "stored"));
    let listed = store.transact("1", "r", &Weather::default(), 1, |tx| {
        for key in ["a", "d", "e", "g"] {
            tx.put("things", key, &"changed")?;
        }
        tx.put("thing", "z", &"another table")?;
        tx.put("things-too", "b", &"another table")?;
        assert!(tx.delete("things", "f") && tx.delete("things", "a"));
        assert_eq!(tx.names("things", "d"), ["d"]);
        assert_eq!(tx.keys("things", ""), tx.names("things", ""));
        assert_eq!(tx.list_where::<String>("things", "", |text| text.contains("stored"))?, [pair("b", "stored")]);
        tx.list::<String>("things")
    });
    let changed = ["d", "e", "g"].map(|key| pair(key, "changed"));
    assert_eq!(listed.unwrap().0.unwrap(), [[pair("b", "stored")].as_slice(), &changed].concat());
}
