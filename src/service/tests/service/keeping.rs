//! Keeping and forgetting: a file and a database of before, older rows of the client's table, old events, one business.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::charts::BesideDatabase;
use crate::client::Client;
use crate::postgres::Postgres;
use crate::program::{Service, command};
use crate::storage::COURSE_TABLE;
use crate::tools::wait_for;

fn run(dir: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = command(dir).args(arguments).envs(settings.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn ready(service: &Service) {
    wait_for("it is ready", || service.get("/health/ready").status == 200);
}

fn analytics(service: &Service, business: &str) -> serde_json::Value {
    service.get(&format!("/analytics/{business}")).json()["metrics"].clone()
}

/// A SQLite file as the version before wrote it: rows, sums, a writer, and a spool with an event that is in and one that is not.
#[test]
fn a_file_of_before_is_taken_over_without_loss_or_double_count() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let database = rusqlite::Connection::open(data.join("service.db")).unwrap();
    database.execute_batch(include_str!("before.sql")).unwrap();
    drop(database);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64;
    let line = |seq: u64| {
        json!({"writer": "w", "seq": seq, "event": {
            "at": now, "business_id": "old", "conversation_id": null, "session_id": "s",
            "response_time_ms": 700, "success_rate": 1.0, "tokens_used": 40, "prompt_tokens": null, "completion_tokens": null,
            "cost_micros": 250_000, "model_name": "m", "intent_detected": "general", "appointment_requested": false,
            "human_handoff_requested": false, "appointment_booked": false, "user_message_length": null,
            "ai_response_length": null, "response_type": "text",
        }})
        .to_string()
    };
    std::fs::write(data.join("spool.jsonl"), format!("{}\n{}\n", line(2), line(3))).unwrap();
    let service = Service::start_in(dir.path(), &[]);
    ready(&service);
    let metrics = service.metrics();
    assert_eq!(metrics.sum("mlops_stored_events"), 3.0, "two rows of before, and the one that waited");
    assert_eq!((metrics.sum("mlops_stored_tokens"), metrics.sum("mlops_stored_cost_usd")), (120.0, 0.75));
    assert_eq!(metrics.sum("ai_requests_total"), 0.0);
    let requests = service.detailed()["requests"].clone();
    assert_eq!((&requests["total"], &requests["failed"]), (&json!(8), &json!(5)));
    // One of the two rows is of today, the other older than 30 days; what waited is of today.
    assert_eq!(analytics(&service, "old")["total_conversations"], 2);
    drop(service);
    let database = rusqlite::Connection::open(data.join("service.db")).unwrap();
    let sums: (i64, i64) = database
        .query_row("SELECT (SELECT sum(events) FROM mlops_quarters), (SELECT count(*) FROM mlops_events)", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(sums, (3, 3));
    assert_eq!(run(dir.path(), &[], &["import-history"]).trim(), "there is no table ai_metrics: nothing to import");
}

/// Rows of before the service had its own table come in once; what the client writes since comes by /track.
#[test]
fn history_is_imported_once() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let settings = [("DATABASE_URL", url.as_str())];
    postgres.sql(COURSE_TABLE);
    postgres.sql(
        "INSERT INTO ai_metrics (business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used,
           api_cost_usd, model_name, intent_detected, appointment_requested, appointment_booked, user_message_length,
           ai_response_length, response_type, created_at)
         SELECT 'b' || n % 2, 'c' || n, 's', 500, 1, 10, 0.001, 'm', 'general', n % 4 = 0, n % 8 = 0, 1, 1, 'text',
           (now() AT TIME ZONE 'UTC') - n * interval '1 minute' FROM generate_series(1, 30000) n;
         -- The same conversation again, as the version before wrote beside the client; and two that have no ids at all.
         INSERT INTO ai_metrics (business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used,
           api_cost_usd, model_name, intent_detected, user_message_length, ai_response_length, response_type, created_at)
         SELECT 'b1', 'c' || n, 's', 500, 1, 10, 0.001, 'm', 'unknown', 0, 0, 'unknown',
           (now() AT TIME ZONE 'UTC') - n * interval '1 minute' + interval '1 second' FROM generate_series(29999, 30001, 2) n;
         INSERT INTO ai_metrics (business_id, session_id, response_time_ms, success_rate, tokens_used, api_cost_usd,
           model_name, intent_detected, user_message_length, ai_response_length, response_type, created_at)
         SELECT 'none', '', 5, 1, 10, 0, 'm', 'i', 0, 0, 'text', '2026-01-01' FROM generate_series(1, 2)",
    );
    let service = Service::start(&settings);
    ready(&service);
    assert_eq!(service.metrics().sum("mlops_stored_events"), 0.0, "on request alone");
    postgres.sql(
        "INSERT INTO ai_metrics (business_id, session_id, response_time_ms, success_rate, tokens_used, api_cost_usd,
        model_name, intent_detected, user_message_length, ai_response_length, response_type, created_at)
        VALUES ('b0', 'later', 5, 1, 10, 0, 'm', 'i', 0, 0, 'text', (now() AT TIME ZONE 'UTC') + interval '1 second')",
    );
    let first = run(service.dir(), &settings, &["import-history"]);
    assert_eq!(first.trim(), "imported 30003 rows of ai_metrics (1 more repeat another: left out)");
    let again = run(service.dir(), &settings, &["import-history"]);
    assert_eq!(again.trim(), "imported 0 rows of ai_metrics (0 more repeat another: left out)");
    wait_for("the running service shows them", || {
        service.client().request("POST", "/refresh-metrics", &[], b"").unwrap();
        service.metrics().sum("mlops_stored_events") == 30_003.0
    });
    let sums = postgres.sql(
        "SELECT (SELECT sum(events) FROM mlops_totals), (SELECT sum(events) FROM mlops_quarters),
        (SELECT sum(tokens) FROM mlops_quarters), (SELECT count(*) FROM mlops_events), (SELECT count(*) FROM ai_metrics)",
    );
    assert_eq!(sums.trim(), "30003|30003|300030|30003|30005");
    assert_eq!(analytics(&service, "b0")["appointment_conversion_rate"], 0.5);
    let expected = postgres.sql(
        "SELECT count(*) FROM mlops_events WHERE business_id = 'b0'
        AND created_at >= (now() AT TIME ZONE 'UTC') - interval '30 days'",
    );
    assert_eq!(analytics(&service, "b0")["total_conversations"].to_string(), expected.trim());
    assert_eq!(service.metrics().sum("ai_requests_total"), 0.0, "counters count this process");
}

/// Deletes in batches beside a running service, sums along with rows; counters do not move.
fn prune_and_forget(settings: &[(&str, &str)], beside: &dyn Fn(&Service, &str)) {
    let service = Service::start(settings);
    ready(&service);
    let track = |business: &str, number: usize| {
        let body = format!(
            r#"{{"business_id":"{business}","session_id":"s{number}","response_time_ms":{number},"tokens_used":3,"api_cost_usd":0.5,"appointment_requested":true}}"#
        );
        assert_eq!(service.track(&body).status, 200);
    };
    for number in 5..20 {
        track("keep", number);
        track("go", number);
    }
    for number in 0..5 {
        for business in ["keep", "go"] {
            beside(
                &service,
                &format!(
                    "INSERT INTO ai_metrics (business_id, session_id, response_time_ms, success_rate, tokens_used, api_cost_usd,
                       model_name, intent_detected, appointment_requested, user_message_length, ai_response_length, response_type,
                       created_at)
                     VALUES ('{business}', 's{number}', {number}, 1, 3, 0.5, 'gemini-1.5-flash', 'unknown', true, 0, 0, 'unknown',
                       '2026-01-02 03:04:05.000000')"
                ),
            );
        }
    }
    assert!(run(service.dir(), settings, &["import-history"]).contains("imported 10 rows"));
    let said = run(service.dir(), settings, &["prune", "--older-than", "30d"]);
    assert!(said.starts_with("deleted 10 events"), "{said}");
    assert!(run(service.dir(), settings, &["prune", "--older-than", "30d"]).starts_with("deleted 0 events"));
    let stored = || {
        service.client().request("POST", "/refresh-metrics", &[], b"").unwrap();
        service.metrics()
    };
    wait_for("what is stored is less", || stored().sum("mlops_stored_events") == 30.0);
    assert_eq!((stored().sum("mlops_stored_tokens"), stored().sum("mlops_stored_cost_usd")), (90.0, 15.0));
    assert_eq!(service.metrics().sum("ai_requests_total"), 30.0, "counters never fall");
    assert_eq!(analytics(&service, "keep")["appointment_requests"], 15);

    let said = run(service.dir(), settings, &["forget", "go"]);
    assert!(said.starts_with("forgot 15 events"), "{said}");
    wait_for("it is forgotten", || stored().sum("mlops_stored_events") == 15.0);
    assert_eq!(stored().find("mlops_stored_events{business_id=\"go\"}").unwrap_or(0.0), 0.0);
    assert_eq!(analytics(&service, "go")["total_conversations"], 0);
    assert_eq!(service.metrics().sum("ai_requests_total"), 30.0);
    // It may come back.
    track("go", 100);
    assert_eq!(analytics(&service, "go")["total_conversations"], 1);
}

#[test]
fn prune_and_forget_sqlite() {
    prune_and_forget(&[], &|service, statement| {
        let table = COURSE_TABLE
            .replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
            .replace("serial PRIMARY KEY", "INTEGER PRIMARY KEY")
            .replace("DEFAULT now()", "");
        BesideDatabase::Sqlite(service.dir()).run(&format!("{table}; {statement}"));
    });
}

#[test]
fn prune_and_forget_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    prune_and_forget(&[("DATABASE_URL", &url)], &|_, statement| drop(postgres.sql(statement)));
}

/// What waits on disk is forgotten, too: by the service that runs when it writes it, or from the file of one that does not.
#[test]
fn what_waits_is_forgotten() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let settings = [("DATABASE_URL", url.as_str())];
    let mut service = Service::start(&settings);
    ready(&service);
    postgres.stop("fast");
    let track = |service: &Service| {
        for business in ["go", "keep"] {
            let body = format!(r#"{{"business_id":"{business}","response_time_ms":1,"tokens_used":3}}"#);
            assert_eq!(service.track(&body).json()["database_stored"], false);
        }
    };
    wait_for("the loss is told", || service.get("/health/ready").json()["database_connected"] == false);
    track(&service);
    service.kill();
    postgres.go();
    let said = run(service.dir(), &settings, &["forget", "go"]);
    assert!(said.contains("1 events that waited on disk"), "{said}");
    let again = Service::start_in(service.dir(), &settings);
    wait_for("the rest is written", || again.metrics().sum("mlops_stored_events") == 1.0);
    assert_eq!(postgres.sql("SELECT string_agg(business_id, ',') FROM mlops_events").trim(), "keep");
}

/// Kept sums answer at once, however many rows there are, and for many who ask at the same time.
fn analytics_of_many(service: &Service, rows: usize) {
    let began = Instant::now();
    assert_eq!(analytics(service, "big")["total_conversations"], rows);
    let first = began.elapsed();
    let began = Instant::now();
    assert_eq!(analytics(service, "big")["total_conversations"], rows);
    println!("analytics over {rows} rows: first {first:?}, then {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
    let address = service.address;
    let threads: Vec<_> = (0..200)
        .map(|_| {
            std::thread::spawn(move || {
                Client::connect(address).unwrap().request("GET", "/analytics/big", &[], b"").unwrap().status
            })
        })
        .collect();
    let statuses: Vec<u16> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[test]
fn analytics_of_many_rows_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let service = Service::start(&[("DATABASE_URL", &url)]);
    ready(&service);
    const ROWS: usize = 50_000;
    postgres.sql(&format!(
        "INSERT INTO ai_metrics (business_id, session_id, response_time_ms, success_rate, tokens_used, api_cost_usd, model_name,
           intent_detected, user_message_length, ai_response_length, response_type, created_at)
         SELECT 'big', '', 500, 1, 10, 0.001, 'm', 'general', 1, 1, 'text',
           (now() AT TIME ZONE 'UTC') - interval '1 hour' - n * interval '48 seconds' FROM generate_series(1, {ROWS}) n"
    ));
    let said = run(service.dir(), &[("DATABASE_URL", &url)], &["import-history"]);
    assert!(said.contains("50000 rows"), "{said}");
    analytics_of_many(&service, ROWS);
}

#[test]
fn analytics_of_many_rows_sqlite() {
    let service = Service::start(&[]);
    ready(&service);
    const ROWS: usize = 50_000;
    let database = rusqlite::Connection::open(service.dir().join("data/service.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE ai_metrics (id INTEGER PRIMARY KEY, business_id TEXT, conversation_id TEXT, session_id TEXT,
               response_time_ms INTEGER, success_rate REAL, tokens_used INTEGER, prompt_tokens INTEGER,
               completion_tokens INTEGER, api_cost_usd REAL, model_name TEXT, intent_detected TEXT,
               appointment_requested INTEGER, human_handoff_requested INTEGER, appointment_booked INTEGER,
               user_message_length INTEGER, ai_response_length INTEGER, response_type TEXT, created_at TEXT);
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {ROWS})
             INSERT INTO ai_metrics (business_id, response_time_ms, tokens_used, api_cost_usd, model_name, intent_detected,
               response_type, created_at)
             SELECT 'big', 500, 10, 0.001, 'm', 'general', 'text',
               strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 hour', '-' || (n * 48) || ' seconds') || '000' FROM n"
        ))
        .unwrap();
    let said = run(service.dir(), &[], &["import-history"]);
    assert!(said.contains("50000 rows"), "{said}");
    analytics_of_many(&service, ROWS);
    wait_for("the running service notices", || service.metrics().sum("mlops_stored_events") == ROWS as f64);
}
