//! One event counts once: over a client's retries, two replicas, restarts, a replayed spool, and the course's own client, which
//! writes its table itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Answer;
use crate::postgres::Postgres;
use crate::program::{JSON, Service, signal};
use crate::prometheus::Prometheus;
use crate::storage::COURSE_TABLE;
use crate::tools::{find, free_port, wait_for};

fn conversation(number: usize) -> String {
    json!({
        "business_id": format!("b{}", number % 3), "conversation_id": format!("c{number}"), "session_id": "s",
        "response_time_ms": 500, "tokens_used": 10, "api_cost_usd": 0.001,
    })
    .to_string()
}

/// How many series these make over two replicas: three businesses each, all of them after so many conversations.
const SERIES: usize = 6;

fn post(service: &Service, body: &str, key: Option<&str>) -> Answer {
    let mut headers = vec![JSON];
    headers.extend(key.map(|key| ("Idempotency-Key", key)));
    service.client().request("POST", "/track", &headers, body.as_bytes()).unwrap()
}

fn ready(service: &Service) {
    wait_for("it is ready", || service.get("/health/ready").status == 200);
}

fn counted(service: &Service) -> (f64, f64) {
    let metrics = service.metrics();
    (metrics.sum("ai_requests_total"), metrics.sum("mlops_stored_events"))
}

/// The same for both databases: what repeats, and what only looks like it.
fn rules(settings: &[(&str, &str)]) {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start_in(dir.path(), settings);
    ready(&service);
    let with = |more: Value| {
        let mut body = json!({"business_id": "b", "response_time_ms": 1, "tokens_used": 2});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.to_string()
    };
    // Equal content of different sessions and conversations: different events.
    for ids in
        [json!({"session_id": "s1"}), json!({"session_id": "s2"}), json!({"session_id": "s1", "conversation_id": "c"})]
    {
        for _ in 0..3 {
            let answer = post(&service, &with(ids.clone()), None);
            assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(true)));
        }
    }
    assert_eq!(counted(&service), (3.0, 3.0));
    // Nothing tells them apart, and nothing says that they are one: each counts.
    (0..3).for_each(|_| assert_eq!(post(&service, &with(json!({})), None).status, 200));
    assert_eq!(counted(&service), (6.0, 6.0));
    // The client's own key, whatever the content; another business's is another.
    assert_eq!(post(&service, &with(json!({})), Some("k1")).status, 200);
    assert_eq!(post(&service, &with(json!({"tokens_used": 3})), Some("k1")).status, 200);
    assert_eq!(post(&service, &with(json!({"business_id": "c"})), Some("k1")).status, 200);
    assert_eq!(post(&service, &with(json!({"session_id": "s1"})), Some("k2")).status, 200);
    assert_eq!(counted(&service), (9.0, 9.0));
    let requests = service.detailed()["requests"]["total"].clone();
    assert_eq!(requests, 16, "requests are requests, also those that repeat");

    service.kill();
    let service = Service::start_in(dir.path(), settings);
    ready(&service);
    post(&service, &with(json!({"session_id": "s1"})), None);
    post(&service, &with(json!({})), Some("k1"));
    assert_eq!(counted(&service), (0.0, 9.0), "a restart forgets no key");
    assert_eq!(service.metrics().sum("mlops_events_duplicate_total"), 2.0);
}

#[test]
fn a_retry_counts_once_sqlite() {
    rules(&[]);
}

#[test]
fn a_retry_counts_once_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    rules(&[("DATABASE_URL", &postgres.url())]);
}

/// Many at once, each twice, in one batch or in two.
#[test]
fn retries_at_the_same_moment_count_once() {
    let Some(postgres) = Postgres::start() else { return };
    for settings in [&[][..], &[("DATABASE_URL", postgres.url().as_str())]] {
        let service = Service::start(settings);
        ready(&service);
        let threads: Vec<_> = (0..40)
            .map(|number| {
                let (mut client, body) = (service.client(), conversation(number / 4));
                std::thread::spawn(move || client.request("POST", "/track", &[JSON], body.as_bytes()).unwrap())
            })
            .collect();
        for thread in threads {
            let answer = thread.join().unwrap();
            assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(true)));
        }
        assert_eq!(counted(&service), (10.0, 10.0));
    }
}

/// The course's client: inserts the row, posts the same, refreshes, and now and then posts again, to either replica; a replica
/// is restarted on the way. Table, dashboard, analytics, the sum of the counters, and a real Prometheus agree with what was sent.
/// `MLOPSCTL_CASES` raises the number of conversations.
#[test]
fn the_courses_client_over_two_replicas_with_a_restart() {
    let Some(postgres) = Postgres::start() else { return };
    postgres.sql(COURSE_TABLE);
    let Some(prometheus) = find(&["prometheus"]) else { return };
    let url = postgres.url();
    // A replica that is restarted is scraped at the same place.
    let ports = [free_port(), free_port()].map(|port| port.to_string());
    let start = |at: usize, dirs: &[TempDir; 2]| {
        let settings = [("DATABASE_URL", url.as_str()), ("PROMETHEUS_PORT", &ports[at])];
        let replica = Service::start_in(dirs[at].path(), &settings);
        ready(&replica);
        replica
    };
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut replicas = [start(0, &dirs), start(1, &dirs)];
    let config = format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n  - job_name: replicas\n    static_configs: [{{ targets: ['127.0.0.1:{}', '127.0.0.1:{}'] }}]\n",
        ports[0], ports[1]
    );
    let prometheus = Prometheus::start(&prometheus, &config, &[]);
    wait_for("both replicas are scraped", || prometheus.numbers("sum(up)") == [2.0]);
    let mut earlier = 0.0;
    let sent = std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let began = Instant::now();
    for number in 0..sent {
        if number == sent / 2 {
            earlier = replicas[0].metrics().sum("ai_requests_total");
            // What no scrape has seen of a process, nobody can know of it once it has ended.
            let seen = format!("sum(ai_requests_total{{instance=\"127.0.0.1:{}\"}})", ports[0]);
            wait_for("the last scrape of the first process", || prometheus.numbers(&seen) == [earlier]);
            assert!(replicas[0].terminate().success());
            replicas[0] = start(0, &dirs);
            // Nor is a counter known to have begun anew that has passed its last value before it is looked at.
            wait_for("the first scrape of the second process", || prometheus.numbers(&seen) == [0.0]);
        }
        if number == SERIES {
            wait_for("the first scrape of every series", || {
                prometheus.numbers("sum(ai_requests_total)") == [SERIES as f64]
            });
        }
        if number % 50 == 0 {
            postgres.sql(&format!(
                "INSERT INTO ai_metrics (business_id, conversation_id, session_id, response_time_ms, success_rate, tokens_used,
                 api_cost_usd, model_name, intent_detected, user_message_length, ai_response_length, response_type)
                 VALUES ('b{}', 'c{number}', 's', 500, 1, 10, 0.001, 'm', 'general', 1, 1, 'text')",
                number % 3
            ));
        }
        let body = conversation(number);
        assert_eq!(post(&replicas[number % 2], &body, None).status, 200);
        if number % 7 == 0 {
            assert_eq!(post(&replicas[(number + 1) % 2], &body, None).status, 200);
        }
        if number % 10 == 0 {
            replicas[number % 2]
                .client()
                .request("POST", "/refresh-metrics", &[JSON], br#"{"trigger":"new_metrics"}"#)
                .unwrap();
        }
    }
    assert_eq!(
        postgres.sql("SELECT count(*), sum(tokens_used) FROM mlops_events").trim(),
        format!("{sent}|{}", sent * 10)
    );
    let counters: f64 = replicas.iter().map(|replica| replica.metrics().sum("ai_requests_total")).sum();
    assert_eq!(counters + earlier, sent as f64);
    for replica in &replicas {
        wait_for("the dashboard shows all", || {
            replica.get("/health/history").json()["totals"]["conversations"] == sent
        });
        assert_eq!(replica.metrics().sum("mlops_stored_tokens"), (sent * 10) as f64);
        let analytics: i64 = (0..3)
            .map(|b| {
                replica.get(&format!("/analytics/b{b}")).json()["metrics"]["total_conversations"].as_i64().unwrap()
            })
            .sum();
        assert_eq!(analytics, sent as i64);
        wait_for("the charts show the same", || {
            let bars = replica.get("/health/history").json()["buckets"].clone();
            let charted =
                bars.as_array().unwrap().iter().map(|bar| bar["conversations"].as_i64().unwrap()).sum::<i64>();
            charted == sent as i64
        });
    }
    for instance in &ports {
        let stored = format!("sum(mlops_stored_events{{instance=\"127.0.0.1:{instance}\"}})");
        wait_for("Prometheus shows what all have stored", || prometheus.numbers(&stored) == [sent as f64]);
    }
    let counted = prometheus.numbers("sum(ai_requests_total)");
    assert_eq!(
        counted[0] + earlier,
        sent as f64,
        "the counters of the processes that are there, and of the one before"
    );
    // What stood in a series when it was first scraped is the one thing that increase() does not see; it carries what it has
    // seen on beyond its first and last sample, by little more than one scrape each.
    let (mut first, mut least, mut most) = (0.0, 0.0, 0.0);
    for samples in prometheus.samples("ai_requests_total[1h]") {
        let seen: f64 =
            samples.windows(2).map(|pair| if pair[1].1 < pair[0].1 { pair[1].1 } else { pair[1].1 - pair[0].1 }).sum();
        first += samples[0].1;
        least += seen;
        most += seen * (1.0 + 2.2 / (samples.len().max(2) - 1) as f64);
    }
    assert_eq!(first + least, sent as f64, "the scraped samples add up to what was sent");
    assert!(first <= SERIES as f64, "{first} were in their series before a scrape saw it");
    let increased = prometheus.numbers("sum(increase(ai_requests_total[1h]))")[0];
    println!(
        "{sent} sent, {first} at first sight, increase() says {increased:.1}, {:.1} s",
        began.elapsed().as_secs_f64()
    );
    // The server goes on scraping between the two questions; what stands still makes the last factor smaller, never larger.
    assert!((least - 0.001..=most + 0.001).contains(&increased), "{least} <= {increased} <= {most}");
}

/// A client that gives one replica up while its database hangs, and asks the other: what waits on disk is known when it comes.
#[test]
fn a_retry_elsewhere_and_a_replayed_spool_count_once() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let (one, two) = (Service::start(&[("DATABASE_URL", &url)]), Service::start(&[("DATABASE_URL", &url)]));
    ready(&one);
    ready(&two);
    postgres.stop("fast");
    wait_for("the loss is told", || one.get("/health/ready").json()["database_connected"] == false);
    for number in 0..5 {
        let answer = post(&one, &conversation(number), None);
        assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(false)));
        assert_eq!(post(&one, &conversation(number), None).status, 200);
        assert_eq!(post(&two, &conversation(number), None).status, 200);
    }
    assert_eq!(one.metrics().sum("ai_requests_total"), 5.0);
    postgres.go();
    for service in [&one, &two] {
        wait_for("the spool is written", || {
            service.metrics().sum("mlops_stored_events") == 5.0
                && service.get("/health/ready").json()["spooled_events"] == 0
        });
    }
    assert_eq!(postgres.sql("SELECT count(*), count(DISTINCT conversation_id) FROM mlops_events").trim(), "5|5");
}

/// A database that hangs, by a lock or with all its processes stopped: the event goes to the spool within a second, and in once.
#[test]
fn a_database_that_hangs_costs_a_second_at_most() {
    let Some(postgres) = Postgres::start() else { return };
    let service = Service::start(&[("DATABASE_URL", &postgres.url())]);
    ready(&service);
    assert_eq!(post(&service, &conversation(0), None).json()["database_stored"], true);
    let timed = |number: usize| {
        let began = Instant::now();
        let answer = post(&service, &conversation(number), None);
        assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(false)), "{answer:?}");
        // The second, and what a busy machine adds.
        assert!(began.elapsed() < Duration::from_millis(1_600), "{:?}", began.elapsed());
    };
    let held = postgres.hold("BEGIN; LOCK TABLE mlops_events; SELECT pg_sleep(4)");
    std::thread::sleep(Duration::from_millis(500));
    (1..6).for_each(timed);
    drop(held);
    wait_for("the spool is written", || service.get("/health/ready").json()["spooled_events"] == 0);
    wait_for("it is connected", || service.get("/health/ready").json()["database_connected"] == true);

    let processes = postgres.processes();
    processes.iter().for_each(|process| signal(*process, "STOP"));
    (6..9).for_each(timed);
    processes.iter().for_each(|process| signal(*process, "CONT"));
    wait_for("all are stored", || {
        let ready = service.get("/health/ready").json();
        ready["database_connected"] == true && ready["spooled_events"] == 0
    });
    assert_eq!(postgres.sql("SELECT count(*), count(DISTINCT conversation_id) FROM mlops_events").trim(), "9|9");
    assert_eq!(postgres.sql("SELECT sum(events) FROM mlops_totals").trim(), "9");
}

/// Beyond the limit of names, what had one keeps it, and the busiest come first: also after a restart, and on a new replica.
#[test]
fn names_are_kept_across_restarts() {
    let Some(postgres) = Postgres::start() else { return };
    for settings in [vec![("MAX_BUSINESSES", "2")], vec![("MAX_BUSINESSES", "2"), ("DATABASE_URL", &postgres.url())]] {
        let dir = tempfile::tempdir().unwrap();
        let mut service = Service::start_in(dir.path(), &settings);
        ready(&service);
        let track = |service: &Service, business: &str, times: usize| {
            for _ in 0..times {
                service.track(&format!(r#"{{"business_id":"{business}","response_time_ms":5,"tokens_used":10}}"#));
            }
        };
        track(&service, "A", 1);
        track(&service, "B", 1);
        track(&service, "C", 9);
        track(&service, "A", 3);
        assert!(service.terminate().success());
        let service = Service::start_in(dir.path(), &settings);
        ready(&service);
        track(&service, "C", 1);
        track(&service, "B", 1);
        let metrics = service.metrics();
        for (business, here, stored) in [("A", 0.0, 4.0), ("B", 1.0, 2.0), ("other", 1.0, 10.0)] {
            let labels = format!("{{business_id=\"{business}\",response_type=\"unknown\",intent=\"unknown\"}}");
            assert_eq!(metrics.find(&format!("ai_requests_total{labels}")), Some(here), "{business}");
            assert_eq!(metrics.find(&format!("mlops_stored_events{{business_id=\"{business}\"}}")), Some(stored));
        }
        assert!(!metrics.0.contains("\"C\""));
    }
}
