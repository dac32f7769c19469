//! The charts' ranges on both databases: what they show is what was sent, over restarts, imports, replicas, prune and forget; and what is
//! shown while the database is away.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::postgres::Postgres;
use crate::program::{Service, command};
use crate::storage::COURSE_TABLE;
use crate::tools::wait_for;

/// Bounds of the latency buckets, as the documentation names them.
const BOUNDS: [u64; 17] =
    [50, 100, 200, 350, 500, 750, 1000, 1500, 2000, 3000, 4000, 5000, 7500, 10000, 15000, 30000, 60000];
const RANGES: [(&str, u64, usize); 5] =
    [("1h", 60, 60), ("6h", 900, 24), ("24h", 900, 96), ("7d", 7200, 84), ("30d", 28800, 90)];

/// A service's database, asked beside the service.
pub enum BesideDatabase<'a> {
    Sqlite(&'a Path),
    Postgres(&'a Postgres),
}

impl BesideDatabase<'_> {
    fn of<'a>(service: &'a Service, postgres: Option<&'a Postgres>) -> BesideDatabase<'a> {
        postgres.map_or(BesideDatabase::Sqlite(service.dir()), BesideDatabase::Postgres)
    }

    fn open(dir: &Path) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(dir.join("data/service.db")).unwrap();
        database.busy_timeout(Duration::from_secs(5)).unwrap();
        database
    }

    pub fn run(&self, statements: &str) {
        match self {
            Self::Sqlite(dir) => Self::open(dir).execute_batch(statements).unwrap(),
            Self::Postgres(postgres) => drop(postgres.sql(statements)),
        }
    }

    /// Rows as sorted lines, columns between `|`.
    fn lines(&self, statement: &str) -> Vec<String> {
        let mut lines: Vec<String> = match self {
            Self::Sqlite(dir) => {
                let database = Self::open(dir);
                let mut statement = database.prepare(statement).unwrap();
                let columns = statement.column_count();
                let line = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
                    let value = |at: usize| match row.get_ref(at)? {
                        rusqlite::types::ValueRef::Text(text) => Ok(String::from_utf8_lossy(text).into_owned()),
                        _ => row
                            .get::<_, Option<i64>>(at)
                            .map(|number| number.map_or_else(String::new, |n| n.to_string())),
                    };
                    Ok((0..columns).map(value).collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
                };
                statement.query_map([], line).unwrap().map(Result::unwrap).collect()
            }
            Self::Postgres(postgres) => postgres.sql(statement).lines().map(str::to_owned).collect(),
        };
        lines.sort();
        lines
    }

    /// The kept sums, every column of every one, are those of the rows.
    pub fn sums_are_those_of_the_rows(&self) {
        let (quarter, cost) = match self {
            Self::Sqlite(_) => (
                "CAST(strftime('%s', created_at) AS INTEGER) / 900",
                "CAST(round(total(api_cost_usd) * 1000000) AS INTEGER)",
            ),
            Self::Postgres(_) => (
                "floor(extract(epoch FROM created_at) / 900)::bigint",
                "coalesce(round(sum(api_cost_usd) * 1000000), 0)::bigint",
            ),
        };
        let count = |condition: String| format!("sum(CASE WHEN {condition} THEN 1 ELSE 0 END)");
        let mut wanted: Vec<String> = vec![
            "count(*)".to_owned(),
            count("response_type = 'error'".to_owned()),
            "sum(response_time_ms)".to_owned(),
            "sum(tokens_used)".to_owned(),
            cost.to_owned(),
        ];
        wanted.extend(
            ["appointment_requested", "appointment_booked", "human_handoff_requested"].map(|c| count(c.to_owned())),
        );
        let mut lower = -1_i64;
        let mut kept = String::from("events, errors, response_ms, tokens, cost_micros, requested, booked, handoffs");
        for bound in BOUNDS {
            wanted.push(count(format!("response_time_ms > {lower} AND response_time_ms <= {bound}")));
            kept += &format!(", ms_{bound}");
            lower = bound as i64;
        }
        wanted.push(count(format!("response_time_ms > {lower}")));
        let rows = self.lines(&format!(
            "SELECT business_id, {quarter}, model_name, {} FROM mlops_events GROUP BY 1, 2, 3",
            wanted.join(", ")
        ));
        let sums = self.lines(&format!("SELECT business_id, quarter, model_name, {kept}, ms_over FROM mlops_quarters"));
        assert_eq!(sums, rows);
    }
}

fn charts(service: &Service, range: &str) -> Value {
    let answer = service.get(&format!("/health/history?range={range}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn sum(list: &Value, field: &str) -> f64 {
    list.as_array().unwrap().iter().map(|item| item[field].as_f64().unwrap()).sum()
}

/// Conversations and failed requests of a range, when they come from the database.
fn counted(service: &Service, range: &str) -> (u64, u64) {
    let answer = charts(service, range);
    if answer["source"] != "database" {
        return (0, 0);
    }
    (sum(&answer["buckets"], "conversations") as u64, sum(&answer["buckets"], "failed") as u64)
}

fn ready(service: &Service) {
    wait_for("it is ready", || service.get("/health/ready").status == 200);
    wait_for("the database is there", || service.get("/health/ready").json()["database_connected"] == true);
}

fn track(service: &Service, number: usize, business: &str, model: &str, ms: u64, response_type: &str) {
    let body = json!({"business_id": business, "session_id": format!("s{number}"), "response_time_ms": ms,
        "tokens_used": 10, "api_cost_usd": 0.25, "model_name": model, "response_type": response_type});
    assert_eq!(service.track(&body.to_string()).status, 200);
}

/// What a range must answer beside the time, for a comparison over a restart.
fn groups(service: &Service, range: &str) -> Value {
    charts(service, range)["groups"].clone()
}

fn run(service: &Service, settings: &[(&str, &str)], arguments: &[&str]) {
    let output = command(service.dir()).args(arguments).envs(settings.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The moment `ago` before now, as both databases read it.
fn moment(beside: &BesideDatabase<'_>, ago: &str) -> String {
    match beside {
        BesideDatabase::Sqlite(_) => format!("strftime('%Y-%m-%d %H:%M:%f000', 'now', '-{ago}')"),
        BesideDatabase::Postgres(_) => format!("(now() AT TIME ZONE 'UTC') - interval '{ago}'"),
    }
}

fn every_range_shows_what_was_sent(postgres: Option<&Postgres>) {
    let url = postgres.map(Postgres::url);
    let settings: Vec<(&str, &str)> = url.iter().map(|url| ("DATABASE_URL", url.as_str())).collect();
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start_in(dir.path(), &settings);
    ready(&service);

    // 40 of (750, 1000], 4 slow ones and 6 errors; 5 requests that are refused.
    for number in 0..40 {
        track(&service, number, "salon", "gemini", 800, "text");
    }
    for number in 40..44 {
        track(&service, number, "clinic", "gemini", 70_000, "text");
    }
    for number in 44..50 {
        track(&service, number, "clinic", "claude", 20, "error");
    }
    for _ in 0..5 {
        service.track("{}");
    }
    for (range, step, bars) in RANGES {
        wait_for("the range shows what was sent", || counted(&service, range) == (50, 5));
        let answer = charts(&service, range);
        assert_eq!((&answer["range"], &answer["step_seconds"]), (&json!(range), &json!(step)));
        let buckets = &answer["buckets"];
        assert_eq!(buckets.as_array().unwrap().len(), bars, "{range}");
        for (field, total) in [("errors", 6.0), ("tokens", 500.0), ("cost_usd", 12.5)] {
            assert_eq!(sum(buckets, field), total, "{field} of {range}");
        }
        // Each bar begins a step after the one before, at whole steps.
        let starts: Vec<&str> = buckets.as_array().unwrap().iter().map(|bar| bar["at"].as_str().unwrap()).collect();
        assert!(starts.is_sorted() && starts.iter().all(|at| at.ends_with(":00.000000")), "{starts:?}");
        let found: Vec<Value> = answer["groups"].as_array().unwrap().clone();
        let group = |business: &str, model: &str, conversations: u64, errors: u64, p95: u64| {
            json!({"business_id": business, "model_name": model, "conversations": conversations, "errors": errors,
                "p95_response_time_ms": p95, "tokens": conversations * 10, "cost_usd": conversations as f64 * 0.25})
        };
        // 95 % of the way through (750, 1000]; through (0, 50]; past the last bound.
        let wanted = [
            group("salon", "gemini", 40, 0, 988),
            group("clinic", "claude", 6, 6, 48),
            group("clinic", "gemini", 4, 0, 60_000),
        ];
        assert_eq!(found, wanted, "{range}");
        assert_eq!(answer["groups_left_out"], 0);
    }
    let beside = BesideDatabase::of(&service, postgres);
    beside.sums_are_those_of_the_rows();

    // A restart, after which the process itself knows nothing.
    let before: Vec<Value> = RANGES.iter().map(|(range, ..)| groups(&service, range)).collect();
    assert!(service.terminate().success());
    let service = Service::start_in(dir.path(), &settings);
    ready(&service);
    let beside = BesideDatabase::of(&service, postgres);
    for ((range, ..), before) in RANGES.iter().zip(&before) {
        assert_eq!(counted(&service, range), (50, 5), "{range}");
        assert_eq!(&groups(&service, range), before, "{range}");
    }

    // Older rows come in by an import, each into the ranges that reach so far.
    if postgres.is_none() {
        beside.run(&COURSE_TABLE.replace("serial PRIMARY KEY", "INTEGER PRIMARY KEY").replace("DEFAULT now()", ""));
    }
    for (number, ago) in ["2 hours", "20 hours", "5 days", "20 days", "40 days"].iter().enumerate() {
        let at = moment(&beside, ago);
        beside.run(&format!(
            "INSERT INTO ai_metrics (business_id, session_id, response_time_ms, success_rate, tokens_used, api_cost_usd, model_name,
               intent_detected, appointment_requested, user_message_length, ai_response_length, response_type, created_at)
             VALUES ('old', 's{number}', 300, 1, 7, 0.5, 'gemini', 'general', true, 1, 1, 'text', {at})"
        ));
    }
    run(&service, &settings, &["import-history"]);
    beside.sums_are_those_of_the_rows();
    for ((range, ..), old) in RANGES.iter().zip([0, 1, 2, 3, 4]) {
        wait_for("the range shows what was imported", || counted(&service, range) == (50 + old, 5));
    }

    // Less by prune, and less by forget: of rows, sums and failed requests.
    run(&service, &settings, &["prune", "--older-than", "10d"]);
    beside.sums_are_those_of_the_rows();
    wait_for("the range shows what is left", || counted(&service, "30d") == (53, 5));
    run(&service, &settings, &["forget", "clinic"]);
    beside.sums_are_those_of_the_rows();
    wait_for("the range shows what is left", || counted(&service, "24h") == (42, 5));
    wait_for("the last hour does", || counted(&service, "1h") == (40, 5));
    assert!(!groups(&service, "24h").to_string().contains("clinic"));
    assert_eq!(beside.lines("SELECT count(*) FROM mlops_quarters WHERE events <= 0"), ["0"]);
}

#[test]
fn every_range_shows_what_was_sent_sqlite() {
    every_range_shows_what_was_sent(None);
}

#[test]
fn every_range_shows_what_was_sent_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    every_range_shows_what_was_sent(Some(&postgres));
}

/// Both replicas show what both were sent, and refused.
#[test]
fn replicas_show_the_same_charts() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let settings = [("DATABASE_URL", url.as_str())];
    let replicas = [Service::start(&settings), Service::start(&settings)];
    replicas.iter().for_each(ready);
    for number in 0..30 {
        track(&replicas[number % 2], number, "b", "m", 100 * number as u64, "text");
        if number % 3 == 0 {
            replicas[number % 2].track("{}");
        }
    }
    for (range, ..) in RANGES {
        for replica in &replicas {
            wait_for("both show all", || counted(replica, range) == (30, 10));
        }
    }
    BesideDatabase::Postgres(&postgres).sums_are_those_of_the_rows();
    assert_eq!(postgres.sql("SELECT count(DISTINCT writer), sum(failed) FROM mlops_failures").trim(), "2|10");
}

/// Without its database, a service shows what it has counted itself, and says so.
#[test]
fn without_the_database_the_process_shows_its_own() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let settings = [("DATABASE_URL", url.as_str())];
    let (service, other) = (Service::start(&settings), Service::start(&settings));
    ready(&service);
    ready(&other);
    for number in 0..3 {
        track(&service, number, "b", "m", 800, "text");
        track(&other, number + 10, "b", "m", 800, "text");
    }
    wait_for("all is shown", || counted(&service, "1h") == (6, 0));
    postgres.stop("fast");
    wait_for("the loss is noticed", || service.get("/health/ready").json()["database_connected"] == false);
    // Kept on disk, and counted; one is refused.
    track(&service, 3, "b", "m", 800, "text");
    service.track("{}");
    for (range, ..) in RANGES {
        let answer = charts(&service, range);
        assert_eq!((&answer["source"], &answer["groups"]), (&json!("process"), &json!([])), "{range}");
        let bars = &answer["buckets"];
        assert_eq!((sum(bars, "conversations"), sum(bars, "failed")), (4.0, 1.0), "its own of {range}");
    }
    postgres.go();
    for (range, ..) in RANGES {
        wait_for("all is shown again, what waited and what was refused meanwhile", || {
            counted(&service, range) == (7, 1)
        });
    }
}

#[test]
fn a_range_that_is_none_is_refused() {
    let service = Service::start(&[]);
    for query in ["range=2h", "range=", "range=1h&range=6h", "range"] {
        let answer = service.get(&format!("/health/history?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json(), json!({"error": "range must be one of 1h, 6h, 24h, 7d, 30d"}));
    }
    assert_eq!(service.get("/health/history").json()["range"], "1h");
    assert_eq!(service.get("/health/history?other=1").status, 200);
}

/// As many quarters as fifty businesses of three models make in thirty days: read within the time that a page waits, and a
/// business's analytics beside it.
#[test]
fn a_long_range_of_many_businesses_is_shown() {
    let service = Service::start(&[]);
    ready(&service);
    let quarter = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 900;
    let zeros = vec!["0"; 13].join(", ");
    BesideDatabase::Sqlite(service.dir()).run(&format!(
        "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 2799)
         INSERT INTO mlops_quarters SELECT 'b' || b.value, {quarter} - n, m.value, 10, 1, 9000, 90, 70, 0, 0, 0,
           0, 0, 0, 1, 9, {zeros}
         FROM n, json_each('[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]') b, json_each('[\"x\",\"y\",\"z\"]') m"
    ));
    wait_for("it is shown", || counted(&service, "30d").0 == 2800 * 60 * 10);
    let answer = charts(&service, "30d");
    assert_eq!((answer["groups"].as_array().unwrap().len(), &answer["groups_left_out"]), (50, &json!(10)));
    let began = std::time::Instant::now();
    let analytics = service.get("/analytics/b7").json();
    assert_eq!(analytics["metrics"]["total_conversations"], 2800 * 30);
    println!("analytics of 8,400 kept sums: {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
}
