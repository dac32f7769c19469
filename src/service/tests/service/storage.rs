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

/// The samples that a restart must not change: what is stored.
fn stored(service: &Service) -> Vec<String> {
    let mut lines: Vec<String> =
        service.metrics().0.lines().filter(|line| line.starts_with("mlops_stored_")).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_restart_loses_nothing_and_counts_from_zero_sqlite() {
    restart(&[]);
}

#[test]
fn a_restart_loses_nothing_and_counts_from_zero_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    restart(&[("DATABASE_URL", &postgres.url())]);
}

fn restart(settings: &[(&str, &str)]) {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start_in(dir.path(), settings);
    replay(&service);
    service.track("{}");
    let before = (stored(&service), service.detailed()["requests"].clone(), service.get("/health/history").json());
    assert!(before.0.len() >= 8);
    let series = |service: &Service| -> Vec<String> {
        let metrics = service.metrics().0;
        let counters = metrics.lines().filter(|line| line.starts_with("ai_requests_total{"));
        let mut names: Vec<String> = counters.filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned())).collect();
        names.sort();
        names
    };
    let named = series(&service);
    assert!(service.terminate().success());

    let service = Service::start_in(dir.path(), settings);
    wait_for("the counts are back", || service.get("/health/ready").status == 200);
    assert_eq!(stored(&service), before.0);
    assert_eq!(series(&service), named, "every series begins at 0, so that its first increase shows");
    for counter in
        ["ai_requests_total", "ai_tokens_used_total", "ai_response_time_seconds_count", "mlops_track_requests_total"]
    {
        assert_eq!(service.metrics().sum(counter), 0.0, "{counter}");
    }
    let requests = service.detailed()["requests"].clone();
    assert_eq!((&requests["total"], &requests["failed"]), (&before.1["total"], &before.1["failed"]));
    // The refused request had no row, so the newest row tells when the last one was.
    assert!(requests["last_request"].is_string());
    let history = service.get("/health/history").json();
    assert_eq!(history["totals"], before.2["totals"]);
    let buckets = history["buckets"].as_array().unwrap();
    let tracked: i64 = buckets.iter().map(|bucket| bucket["conversations"].as_i64().unwrap()).sum();
    assert_eq!(tracked, 5, "the charts go on");
    // And counting goes on from there; what comes again is known.
    replay(&service);
    assert_eq!(service.metrics().sum("mlops_stored_events"), 5.0);
    assert_eq!(service.metrics().sum("mlops_events_duplicate_total"), 5.0);
    assert_eq!(service.track(r#"{"business_id":"new","response_time_ms":1,"tokens_used":2}"#).status, 200);
    assert_eq!((service.metrics().sum("mlops_stored_events"), service.metrics().sum("ai_requests_total")), (6.0, 1.0));
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
         abs(extract(epoch FROM (now() AT TIME ZONE 'UTC') - created_at)) < 60 FROM mlops_events ORDER BY id",
    );
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(
        lines[0],
        "1|b7b1f0c2-5d0e-4b0a-9a59-0c6a3f1e2d41|0f4c9e6a-7a23-4c55-8d6b-51c3d2a9e870|ow569v|2184|1.0000|1207|1174|33|\
         0.000226|gemini-1.5-flash|appointment|t|f|f|58|131|appointment_booking|t"
    );
    assert_eq!(lines[5], "6|l'été \"x\" \\ {}|||1468||2||||gemini-1.5-flash|unknown|f|f|f|||unknown|t");
    assert_eq!(postgres.sql("SELECT count(*) FROM ai_metrics").trim(), "0", "the client's table is the client's");
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

/// The course's table with its foreign key stands: nothing is written there, and a business that it does not know counts.
#[test]
fn the_courses_table_and_its_foreign_key_refuse_nothing() {
    let Some(postgres) = Postgres::start() else { return };
    postgres.sql("CREATE TABLE businesses (id varchar(255) PRIMARY KEY)");
    postgres.sql(&format!(
        "{COURSE_TABLE}; ALTER TABLE ai_metrics ADD FOREIGN KEY (business_id) REFERENCES businesses (id)"
    ));
    let service = Service::start(&[("DATABASE_URL", &postgres.url())]);
    wait_for("it is ready", || service.get("/health/ready").status == 200);
    let answer = service.track(r#"{"business_id":"unknown","response_time_ms":1,"tokens_used":2}"#);
    assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(true)));
    assert_eq!(
        postgres.sql("SELECT (SELECT count(*) FROM ai_metrics), (SELECT count(*) FROM mlops_events)").trim(),
        "0|1"
    );
}

/// A role with rights to the tables alone serves; without tables it says what to do, and keeps events meanwhile.
#[test]
fn a_role_with_rights_to_tables_alone_is_enough() {
    let Some(postgres) = Postgres::start() else { return };
    postgres.sql("CREATE ROLE mlops_service LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let url = postgres.url().replace("mlops:secret", "mlops_service");
    let settings = [("DATABASE_URL", url.as_str()), ("MLOPS_NO_MIGRATE", "true")];
    let service = Service::start(&settings);
    wait_for("it says what to do", || service.log().iter().any(|line| line.contains("mlops-service migrate")));
    assert_eq!(service.track(r#"{"business_id":"early","response_time_ms":1,"tokens_used":2}"#).status, 200);
    for file in [
        include_str!("../../migrations/postgres/0001_ai_metrics.sql"),
        include_str!("../../migrations/postgres/0002_events.sql"),
        include_str!("../../migrations/postgres/rights.sql"),
    ] {
        postgres.sql(file);
    }
    wait_for("what waited is stored", || {
        service.metrics().sum("mlops_stored_events") == 1.0
            && service.get("/health/ready").json()["database_connected"] == true
    });
    replay(&service);
    assert_eq!(service.get("/analytics/early").json()["metrics"]["total_conversations"], 1);
    let refreshed = service.client().request("POST", "/refresh-metrics", &[], b"").unwrap().json();
    assert_eq!(refreshed["status"], "success");
    service.track("{}");
    wait_for("failures are written down", || postgres.sql("SELECT sum(failed) FROM mlops_writers").trim() == "1");
    for command in [&["forget", "early"][..], &["prune", "--older-than", "1h"], &["import-history"]] {
        let output = crate::program::command(service.dir()).args(command).envs(settings).output().unwrap();
        assert!(output.status.success(), "{command:?} {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(postgres.sql("SELECT count(*) FROM mlops_events").trim(), "5");
}

/// As the course's client makes it.
pub const COURSE_TABLE: &str =
    "CREATE TABLE ai_metrics (id serial PRIMARY KEY, business_id varchar(255) NOT NULL, conversation_id varchar(255),
     session_id varchar(255) NOT NULL, response_time_ms int NOT NULL, success_rate decimal(5,4) NOT NULL,
     tokens_used int NOT NULL, prompt_tokens int, completion_tokens int, api_cost_usd decimal(10,6) NOT NULL,
     model_name varchar(100) NOT NULL, intent_detected varchar(50) NOT NULL, appointment_requested bool DEFAULT false,
     human_handoff_requested bool DEFAULT false, appointment_booked bool DEFAULT false, user_message_length int NOT NULL,
     ai_response_length int NOT NULL, response_type varchar(50) NOT NULL, created_at timestamp DEFAULT now())";

#[test]
fn a_refresh_shows_what_other_writers_stored() {
    let Some(postgres) = Postgres::start() else { return };
    let (one, two) =
        (Service::start(&[("DATABASE_URL", &postgres.url())]), Service::start(&[("DATABASE_URL", &postgres.url())]));
    for service in [&one, &two] {
        wait_for("the tables are there", || service.get("/health/ready").json()["database_connected"] == true);
    }
    replay(&one);
    assert_eq!(two.track(r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#).status, 200);
    two.track("{}");
    assert_eq!(one.metrics().sum("mlops_stored_events"), 5.0);
    wait_for("the refresh shows both", || {
        let answer = one.client().request("POST", "/refresh-metrics", &[], b"").unwrap().json();
        assert_eq!(answer["status"], "success");
        one.metrics().sum("mlops_stored_events") == 6.0 && one.detailed()["requests"]["failed"] == 1
    });
    assert_eq!(one.metrics().sum("ai_requests_total"), 5.0, "counters are this process's own");
    assert_eq!(two.metrics().sum("ai_requests_total"), 1.0);
    let requests = one.detailed()["requests"].clone();
    assert_eq!((&requests["total"], &requests["failed"]), (&json!(7), &json!(1)));
    // The dashboard's cards follow without being asked to.
    assert_eq!(two.track(r#"{"business_id":"b","response_time_ms":1,"tokens_used":3}"#).status, 200);
    wait_for("the dashboard shows all", || one.get("/health/history").json()["totals"]["conversations"] == 7);
}

/// One event that the table cannot take neither stops nor loses the others.
#[test]
fn a_refused_row_costs_only_itself() {
    let Some(postgres) = Postgres::start() else { return };
    let service = Service::start(&[("DATABASE_URL", &postgres.url())]);
    wait_for("the table is there", || service.get("/health/ready").json()["database_connected"] == true);
    postgres.sql("ALTER TABLE mlops_events ADD CHECK (tokens_used <> 13)");
    let threads: Vec<_> = (0..40)
        .map(|number| {
            let mut client = service.client();
            std::thread::spawn(move || {
                let body = format!(r#"{{"business_id":"b","response_time_ms":1,"tokens_used":{number}}}"#);
                let answer = client.request("POST", "/track", &[crate::program::JSON], body.as_bytes()).unwrap();
                assert_eq!(
                    answer.status == 200,
                    answer.json()["database_stored"] == true,
                    "lost is no success: {answer:?}"
                );
                answer.status == 200
            })
        })
        .collect();
    let stored: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(stored.iter().filter(|stored| !**stored).count(), 1);
    assert!(!stored[13]);
    assert_eq!(postgres.sql("SELECT count(*), count(DISTINCT tokens_used) FROM mlops_events").trim(), "39|39");
    assert_eq!(service.metrics().sum("mlops_events_dropped_total"), 1.0);
    assert_eq!(service.metrics().sum("ai_requests_total"), 39.0, "what is lost is not counted");
    let body = br#"{"business_id":"b","response_time_ms":1,"tokens_used":13}"#;
    for _ in 0..3 {
        let answer = service.client().request("POST", "/track", &[crate::program::JSON], body).unwrap();
        assert_eq!(answer.status, 500, "{answer:?}");
    }
    let told: Vec<String> = service.log().into_iter().filter(|line| line.contains("events are lost")).collect();
    assert!(told.len() == 1 && told[0].contains("23514") && told[0].contains("events=1"), "once, and why: {told:?}");
    let strict = Service::start(&[("DATABASE_URL", &postgres.url()), ("MLOPS_STRICT", "true")]);
    wait_for("it is ready", || strict.get("/health/ready").status == 200);
    let answer = strict.client().request("POST", "/track", &[crate::program::JSON], body).unwrap();
    assert!(answer.status == 503 && answer.json()["message"].is_string(), "{answer:?}");
}

#[test]
fn one_data_directory_serves_one_process() {
    let first = Service::start(&[]);
    let output = crate::program::command(first.dir()).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("another service uses the data directory"), "{said}");
}

/// A spool of one line: the second event is an error, and counted nowhere.
#[test]
fn a_full_spool_is_bounded_and_told() {
    let service = Service::start(&[("DATABASE_URL", "nonsense"), ("SPOOL_MAX_BYTES", "600")]);
    let track = || service.track(r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#);
    let first = track();
    assert_eq!((first.status, &first.json()["database_stored"]), (200, &json!(false)));
    for _ in 0..2 {
        assert_eq!(track().status, 500, "not one success for a lost one");
    }
    let ready = service.get("/health/ready");
    assert_eq!(
        (ready.status, &ready.json()["spooled_events"], &ready.json()["dropped_events"]),
        (503, &json!(1), &json!(2))
    );
    assert_eq!(service.metrics().sum("ai_requests_total"), 1.0);
    assert_eq!(service.detailed()["requests"]["failed"], 2);
    let told: Vec<String> = service.log().into_iter().filter(|line| line.contains("events are lost")).collect();
    assert!(told.len() == 1 && told[0].contains("spool is full"), "{told:?}");
    let size = std::fs::metadata(service.dir().join("data/spool.jsonl")).unwrap().len();
    assert!(size <= 600, "{size}");
}
