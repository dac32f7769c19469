//! A disk that fills up under load and is made larger: a real file system of a few megabytes, mounted in a namespace of the
//! service's own.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::process::Command;

use crate::client::Client;
use crate::program::{JSON, Service, settled};
use crate::tools::{find, run, wait_for};

const CLIENTS: usize = 4;
/// After so many refusals a client has seen enough.
const REFUSALS: usize = 25;
const MOST: usize = 20_000;

/// Names of events by whether they were acknowledged.
#[derive(Default)]
struct Sent {
    kept: Vec<String>,
    refused: Vec<String>,
}

fn load(address: SocketAddr, client: usize) -> Sent {
    let (mut sent, mut connection) = (Sent::default(), Client::connect(address).unwrap());
    // A long text, so that the disk is full soon.
    let session = "s".repeat(200);
    for number in 0..MOST {
        let name = format!("{client}-{number:06}");
        let body = format!(
            r#"{{"business_id":"b","conversation_id":"{name}","session_id":"{session}","response_time_ms":1,"tokens_used":2}}"#
        );
        let answer = connection.request("POST", "/track", &[JSON], body.as_bytes()).unwrap();
        match answer.status {
            200 => sent.kept.push(name),
            500 | 503 => sent.refused.push(name),
            other => panic!("{other}: {answer:?}"),
        }
        if sent.refused.len() >= REFUSALS {
            return sent;
        }
    }
    panic!("the disk is never full: {} events", sent.kept.len());
}

#[test]
fn a_disk_that_fills_up_under_load_loses_nothing_that_was_acknowledged() {
    let (Some(unshare), Some(nsenter)) = (find(&["unshare"]), find(&["nsenter"])) else { return };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let script =
        format!("mount -t tmpfs -o size=3m tmpfs {} && exec {}", data.display(), env!("CARGO_BIN_EXE_mlops-service"));
    let mut command = Command::new(unshare);
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    let mut command = settled(command, dir.path());
    command.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    let service = Service::start_by(command, dir.path());
    wait_for("it is ready", || service.get("/health/ready").status == 200);
    let inside = |script: &str| {
        let mut command = Command::new(&nsenter);
        command.args(["-t", &service.id().to_string(), "-U", "-m", "--preserve-credentials", "sh", "-c", script]);
        run(&mut command)
    };

    let loads: Vec<_> = (0..CLIENTS)
        .map(|client| {
            std::thread::spawn({
                let address = service.address;
                move || load(address, client)
            })
        })
        .collect();
    let sent: Vec<Sent> = loads.into_iter().map(|load| load.join().unwrap()).collect();
    let kept: HashSet<&String> = sent.iter().flat_map(|sent| &sent.kept).collect();
    let refused: HashSet<&String> = sent.iter().flat_map(|sent| &sent.refused).collect();
    assert!(kept.len() > 100 && refused.len() >= CLIENTS * REFUSALS, "{} {}", kept.len(), refused.len());
    assert!(service.log().iter().any(|line| line.contains("events are lost")), "{:?}", service.log());

    // Room again: what waited is written, and the next event is stored.
    inside(&format!("mount -o remount,size=64m {}", data.display()));
    wait_for("what waited is written", || {
        let ready = service.get("/health/ready").json();
        ready["database_connected"] == true && ready["spooled_events"] == 0
    });
    wait_for("an event is stored", || {
        let body = r#"{"business_id":"after","response_time_ms":1,"tokens_used":2}"#;
        service.track(body).json()["database_stored"] == true
    });
    inside(&format!("mkdir {0}/copy && cp {0}/data/service.db* {0}/copy", dir.path().display()));
    let database = rusqlite::Connection::open(dir.path().join("copy/service.db")).unwrap();
    let mut statement = database.prepare("SELECT conversation_id FROM mlops_events WHERE business_id = 'b'").unwrap();
    let rows: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut found: HashMap<&String, usize> = HashMap::new();
    rows.iter().for_each(|name| *found.entry(name).or_default() += 1);
    let lost: Vec<_> = kept.iter().filter(|name| !found.contains_key(**name)).collect();
    let twice: Vec<_> = found.iter().filter(|(_, times)| **times > 1).collect();
    let strange: Vec<_> = found.keys().filter(|name| !kept.contains(**name) && !refused.contains(**name)).collect();
    assert!(lost.is_empty() && twice.is_empty() && strange.is_empty(), "lost {lost:?}, twice {twice:?}, {strange:?}");
    println!("{} acknowledged, {} refused, {} rows", kept.len(), refused.len(), rows.len());
    assert_eq!(service.metrics().sum("mlops_stored_events"), rows.len() as f64 + 1.0);
}
