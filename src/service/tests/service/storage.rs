//! What both databases keep, beside what `durable` says of crashes: restarts, the course's own table, other writers.

use serde_json::json;

use crate::postgres::Postgres;
use crate::program::{Service, payloads};
use crate::tools::wait_for;

fn replay(service: &Service) {
    for payload in payloads()["payloads"].as_array().unwrap() {
        assert_eq!(service.track(&payload.to_string()).json()["database_stored"], true);
    }
}

/// The samples that a restart must not change.
fn counted(service: &Service) -> Vec<String> {
    let mut lines: Vec<String> =
        service.metrics().0.lines().filter(|line| !line.starts_with("process_")).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_restart_resets_nothing_sqlite() {
    restart(&[]);
}

#[test]
fn a_restart_resets_nothing_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    restart(&[("DATABASE_URL", &postgres.url())]);
}

fn restart(settings: &[(&str, &str)]) {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start_in(dir.path(), settings);
    replay(&service);
    service.track("{}");
    let before = (counted(&service), service.detailed()["requests"].clone(), service.get("/health/history").json());
    assert!(service.terminate().success());

    let service = Service::start_in(dir.path(), settings);
    wait_for("the counts are back", || service.metrics().sum("mlops_track_requests_total") == 6.0);
    assert_eq!(counted(&service), before.0);
    let requests = service.detailed()["requests"].clone();
    assert_eq!((&requests["total"], &requests["failed"]), (&before.1["total"], &before.1["failed"]));
    // The refused request had no row, so the newest row tells when the last one was.
    assert!(requests["last_request"].is_string());
    let history = service.get("/health/history").json();
    assert_eq!(history["totals"], before.2["totals"]);
    let tracked = |history: &serde_json::Value| -> i64 {
        history["minutes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["requests"].as_i64().unwrap() - m["failed"].as_i64().unwrap())
            .sum()
    };
    assert_eq!(tracked(&history), 5, "the charts go on");
    // And counting goes on from there.
    replay(&service);
    assert_eq!(service.metrics().sum("ai_requests_total"), 10.0);
}

#[test]
fn the_rows_are_what_was_sent() {
    let Some(postgres) = Postgres::start() else { return };
    let service = Service::start(&[("DATABASE_URL", &postgres.url())]);
    replay(&service);
    let least = service.track(r#"{"business_id":"l'été \"x\" \\ {}","response_time_ms":1467.5,"tokens_used":2}"#);
    assert_eq!(least.json()["database_stored"], true);
    let rows = postgres.sql(
        "SELECT id, business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used, prompt_tokens,
         completion_tokens, api_cost_usd, model_name, intent_detected, appointment_requested, human_handoff_requested,
         appointment_booked, user_message_length, ai_response_length, response_type,
         abs(extract(epoch FROM (now() AT TIME ZONE 'UTC') - created_at)) < 60 FROM ai_metrics ORDER BY id",
    );
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(
        lines[0],
        "1|b7b1f0c2-5d0e-4b0a-9a59-0c6a3f1e2d41|0f4c9e6a-7a23-4c55-8d6b-51c3d2a9e870|ow569v|2184|1.0000|1207|1174|33|\
         0.000226|gemini-1.5-flash|appointment|t|f|f|58|131|appointment_booking|t"
    );
    assert_eq!(lines[5], "6|l'été \"x\" \\ {}|||1468|1.0000|2|||0.000000|gemini-1.5-flash|unknown|f|f|f|0|0|unknown|t");
    let columns = postgres.sql(
        "SELECT string_agg(column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '') ||
         CASE is_nullable WHEN 'NO' THEN ' NN' ELSE '' END, ', ' ORDER BY ordinal_position)
         FROM information_schema.columns WHERE table_name = 'ai_metrics'",
    );
    assert_eq!(
        columns.trim(),
        "id integer NN, business_id character varying(255) NN, conversation_id character varying(255), session_id character \
         varying(255) NN, response_time_ms integer NN, success_rate numeric NN, tokens_used integer NN, prompt_tokens integer, \
         completion_tokens integer, api_cost_usd numeric NN, model_name character varying(100) NN, intent_detected character \
         varying(50) NN, appointment_requested boolean, human_handoff_requested boolean, appointment_booked boolean, \
         user_message_length integer NN, ai_response_length integer NN, response_type character varying(50) NN, created_at \
         timestamp without time zone"
    );
    let indexed = postgres.sql("SELECT string_agg(regexp_replace(indexdef, '.*\\(', ''), ' ' ORDER BY indexdef) FROM pg_indexes WHERE tablename = 'ai_metrics'");
    for index in ["id)", "business_id)", "created_at)", "conversation_id)", "business_id, created_at)"] {
        assert!(indexed.contains(index), "{indexed}");
    }
}

/// A table that somebody else made, by a role that may not make any, with rows of another program.
#[test]
fn the_courses_table_is_used_as_it_is() {
    let Some(postgres) = Postgres::start() else { return };
    postgres.sql(
        "CREATE TABLE ai_metrics (id serial PRIMARY KEY, business_id varchar(255) NOT NULL, conversation_id varchar(255),
         session_id varchar(255) NOT NULL, response_time_ms int NOT NULL, success_rate decimal(5,4) NOT NULL,
         tokens_used int NOT NULL, prompt_tokens int, completion_tokens int, api_cost_usd decimal(10,6) NOT NULL,
         model_name varchar(100) NOT NULL, intent_detected varchar(50) NOT NULL, appointment_requested bool DEFAULT false,
         human_handoff_requested bool DEFAULT false, appointment_booked bool DEFAULT false, user_message_length int NOT NULL,
         ai_response_length int NOT NULL, response_type varchar(50) NOT NULL, created_at timestamp DEFAULT now(), note text);
         INSERT INTO ai_metrics (business_id, session_id, response_time_ms, success_rate, tokens_used, api_cost_usd, model_name,
         intent_detected, user_message_length, ai_response_length, response_type)
         VALUES ('old', 's', 700, 0.5, 40, 0.25, 'm', 'general', 1, 2, 'text');
         CREATE TABLE mlops_writers (writer text PRIMARY KEY, last_seq bigint NOT NULL, failed bigint NOT NULL,
         updated_at timestamptz NOT NULL DEFAULT now());
         CREATE ROLE guest LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         GRANT SELECT, INSERT ON ai_metrics TO guest; GRANT USAGE ON SEQUENCE ai_metrics_id_seq TO guest;
         GRANT SELECT, INSERT, UPDATE, DELETE ON mlops_writers TO guest",
    );
    let service = Service::start(&[("DATABASE_URL", &postgres.url().replace("mlops:secret", "guest"))]);
    wait_for("the old row counts", || service.metrics().sum("ai_tokens_used_total") == 40.0);
    assert_eq!(service.metrics().find("ai_success_rate{business_id=\"old\"}"), Some(0.5));
    replay(&service);
    assert_eq!(postgres.sql("SELECT count(*), count(note) FROM ai_metrics").trim(), "6|0");
    assert_eq!(service.metrics().sum("ai_requests_total"), 6.0);
}

#[test]
fn a_refresh_shows_what_other_writers_stored() {
    let Some(postgres) = Postgres::start() else { return };
    let (one, two) =
        (Service::start(&[("DATABASE_URL", &postgres.url())]), Service::start(&[("DATABASE_URL", &postgres.url())]));
    replay(&one);
    replay(&two);
    two.track("{}");
    assert_eq!(one.metrics().sum("ai_requests_total"), 5.0);
    wait_for("the refresh shows both", || {
        let answer = one.client().request("POST", "/refresh-metrics", &[], b"").unwrap().json();
        assert_eq!(answer["status"], "success");
        one.metrics().sum("ai_requests_total") == 10.0 && one.metrics().sum("mlops_track_failures_total") == 1.0
    });
    let requests = one.detailed()["requests"].clone();
    assert_eq!((&requests["total"], &requests["failed"]), (&json!(11), &json!(1)));
}

/// One event that the table cannot take neither stops nor loses the others.
#[test]
fn a_refused_row_costs_only_itself() {
    let Some(postgres) = Postgres::start() else { return };
    let service = Service::start(&[("DATABASE_URL", &postgres.url())]);
    wait_for("the table is there", || service.get("/health/ready").json()["database_connected"] == true);
    postgres.sql("ALTER TABLE ai_metrics ADD CHECK (tokens_used <> 13)");
    let threads: Vec<_> = (0..40)
        .map(|number| {
            let mut client = service.client();
            std::thread::spawn(move || {
                let body = format!(r#"{{"business_id":"b","response_time_ms":1,"tokens_used":{number}}}"#);
                client.request("POST", "/track", &[crate::program::JSON], body.as_bytes()).unwrap().json()["database_stored"] == true
            })
        })
        .collect();
    let stored: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(stored.iter().filter(|stored| !**stored).count(), 1);
    assert!(!stored[13]);
    assert_eq!(postgres.sql("SELECT count(*), count(DISTINCT tokens_used) FROM ai_metrics").trim(), "39|39");
    assert_eq!(service.metrics().sum("mlops_events_dropped_total"), 1.0);
}

#[test]
fn one_data_directory_serves_one_process() {
    let first = Service::start(&[]);
    let output = crate::program::command(first.dir()).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("another service uses the data directory"), "{said}");
}

/// A spool of one line: the second event is counted, and said to be kept nowhere.
#[test]
fn a_full_spool_is_bounded_and_told() {
    let service = Service::start(&[("DATABASE_URL", "nonsense"), ("SPOOL_MAX_BYTES", "600")]);
    for _ in 0..3 {
        let answer = service.track(r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#);
        assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(false)));
    }
    let ready = service.get("/health/ready");
    assert_eq!(
        (ready.status, &ready.json()["spooled_events"], &ready.json()["dropped_events"]),
        (503, &json!(1), &json!(2))
    );
    assert_eq!(service.metrics().sum("ai_requests_total"), 3.0);
    let size = std::fs::metadata(service.dir().join("data/spool.jsonl")).unwrap().len();
    assert!(size <= 600, "{size}");
}
