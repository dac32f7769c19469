//! What an answer promises holds through `kill -9` and through a database that goes and comes.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::client::Client;
use crate::postgres::Postgres;
use crate::program::{JSON, Service};
use crate::tools::wait_for;

const ROUNDS: usize = 20;
const CLIENTS: usize = 8;

/// Sends events named `round-client-number` until told to stop or cut off; the names by whether they were said to be stored.
fn load(address: SocketAddr, name: String, stop: &AtomicBool) -> (Vec<String>, Vec<String>) {
    let (mut stored, mut kept) = (Vec::new(), Vec::new());
    let Ok(mut client) = Client::connect(address) else { return (stored, kept) };
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("{name}-{number:06}");
        let body = format!(r#"{{"business_id":"b","conversation_id":"{name}","response_time_ms":1,"tokens_used":2}}"#);
        match client.request("POST", "/track", &[JSON], body.as_bytes()) {
            Ok(answer) if answer.status == 200 => {
                let list = if answer.json()["database_stored"] == true { &mut stored } else { &mut kept };
                list.push(name);
            }
            Ok(answer) => panic!("{answer:?}"),
            Err(_) => break,
        }
    }
    (stored, kept)
}

type Load = std::thread::JoinHandle<(Vec<String>, Vec<String>)>;

fn start_load(address: SocketAddr, round: usize, stop: &Arc<AtomicBool>) -> Vec<Load> {
    (0..CLIENTS)
        .map(|client| {
            let stop = Arc::clone(stop);
            std::thread::spawn(move || load(address, format!("{round}-{client}"), &stop))
        })
        .collect()
}

fn killed_twenty_times(settings: &[(&str, &str)], rows: impl Fn(&std::path::Path) -> Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let mut promised: Vec<String> = Vec::new();
    for round in 0..ROUNDS {
        let mut service = Service::start_in(dir.path(), settings);
        wait_for("the database is there", || service.get("/health/ready").json()["database_connected"] == true);
        let loads = start_load(service.address, round, &Arc::default());
        // A different moment each round, spread over commits, checkpoints and answers.
        std::thread::sleep(Duration::from_millis(40 + 13 * round as u64));
        service.kill();
        for load in loads {
            promised.extend(load.join().unwrap().0);
        }
    }
    let mut found: HashMap<String, usize> = HashMap::new();
    for row in rows(dir.path()) {
        *found.entry(row).or_default() += 1;
    }
    let lost: Vec<&String> = promised.iter().filter(|name| !found.contains_key(*name)).collect();
    let twice: Vec<_> = found.iter().filter(|(_, times)| **times > 1).collect();
    assert!(lost.is_empty() && twice.is_empty(), "lost {lost:?}, twice {twice:?}");
    assert!(promised.len() > ROUNDS * CLIENTS, "only {} events were acknowledged", promised.len());
    println!("{} acknowledged events in {ROUNDS} kills: each is there once ({} rows)", promised.len(), found.len());
    // And the sums agree with the rows.
    let service = Service::start_in(dir.path(), settings);
    wait_for("the sums are back", || service.metrics().sum("mlops_stored_events") == found.len() as f64);
}

#[test]
fn kill_nine_twenty_times_sqlite() {
    killed_twenty_times(&[], |dir| {
        let database = rusqlite::Connection::open(dir.join("data/service.db")).unwrap();
        let mut statement = database.prepare("SELECT conversation_id FROM mlops_events").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    });
}

#[test]
fn kill_nine_twenty_times_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    killed_twenty_times(&[("DATABASE_URL", &url)], |_| {
        postgres.sql("SELECT conversation_id FROM mlops_events").lines().map(str::to_owned).collect()
    });
}

#[test]
fn postgres_goes_and_comes_under_load() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let mut service = Service::start(&[("DATABASE_URL", &url)]);
    wait_for("the database is there", || service.get("/health/ready").json()["database_connected"] == true);
    let stop = Arc::new(AtomicBool::new(false));
    let loads = start_load(service.address, 0, &stop);
    for how in ["fast", "immediate"] {
        std::thread::sleep(Duration::from_millis(500));
        postgres.stop(how);
        wait_for("the loss is told", || service.detailed()["health_checks"]["database_connected"] == false);
        std::thread::sleep(Duration::from_millis(500));
        postgres.go();
        wait_for("it is connected again", || service.detailed()["health_checks"]["database_connected"] == true);
    }
    std::thread::sleep(Duration::from_millis(300));
    // A third time, and a kill while events wait on disk: they outlive the process too.
    postgres.stop("fast");
    wait_for("events wait", || service.get("/health/ready").json()["spooled_events"].as_u64() > Some(10));
    stop.store(true, Ordering::Relaxed);
    let (mut stored, mut kept) = (Vec::new(), Vec::new());
    for load in loads {
        let (some, others) = load.join().unwrap();
        stored.extend(some);
        kept.extend(others);
    }
    service.kill();
    let dir = service.dir().to_owned();
    postgres.go();
    let again = Service::start_in(&dir, &[("DATABASE_URL", &url)]);
    wait_for("the spool is written", || {
        let ready = again.get("/health/ready").json();
        ready["database_connected"] == true && ready["spooled_events"] == 0
    });

    let rows: Vec<String> =
        postgres.sql("SELECT conversation_id FROM mlops_events ORDER BY id").lines().map(str::to_owned).collect();
    let mut wanted: Vec<String> = stored.iter().chain(&kept).cloned().collect();
    wanted.sort();
    let mut found = rows.clone();
    found.sort();
    assert_eq!(found.len(), wanted.len(), "rows against acknowledged events");
    assert_eq!(found, wanted);
    assert!(stored.len() > 50 && kept.len() > 50, "{} stored, {} spooled", stored.len(), kept.len());
    // In order: what one client sent after another's answer stands after it.
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &rows {
        let client = &row[..row.len() - 7];
        assert!(last.insert(client, row).is_none_or(|before| before < row.as_str()), "{row} came too late");
    }
    println!("{} stored at once, {} through the spool, none lost, none twice, in order", stored.len(), kept.len());
    wait_for("the sums agree", || again.metrics().sum("mlops_stored_events") == rows.len() as f64);
    assert_eq!(postgres.sql("SELECT sum(events) FROM mlops_quarters").trim(), rows.len().to_string());
}
