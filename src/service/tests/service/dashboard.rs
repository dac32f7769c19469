//! The dashboard in a real browser, on a phone and on a wide screen, in the light and in the dark.

use serde_json::json;

use crate::browser::Browser;
use crate::postgres::Postgres;
use crate::program::{Service, payloads};
use crate::tools::{output_dir, wait_for};

const CARDS: [(&str, &str); 10] = [
    ("status", "Service Status"),
    ("uptime", "Service Uptime"),
    ("requests", "Total Requests"),
    ("errors", "Error Rate"),
    ("memory", "Memory Usage"),
    ("database", "Database Status"),
    ("tokens", "Total Tokens"),
    ("cost", "Total API Cost"),
    ("appointments", "Appointments"),
    ("handoffs", "Human Handoffs"),
];

/// Texts of one word or number that need more than a line, or more room than there is. A name that is cut off says what it is.
const BROKEN: &str = "[...document.querySelectorAll('.card strong, .card dt, .card span, h1, h2, button, th, td, label span, .plot svg text')]
    .filter((e) => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && !e.title && !(e instanceof SVGElement)
      || e.matches('.card strong') && e.getClientRects().length && e.offsetHeight > 1.6 * parseFloat(getComputedStyle(e).fontSize)))
    .map((e) => e.textContent)";

/// Texts of the charts that are not all there.
const CLIPPED: &str = "[...document.querySelectorAll('.plot svg text')].filter((text) => { const [t, s] = [text, text.ownerSVGElement]
    .map((e) => e.getBoundingClientRect()); return t.left < s.left || t.right > s.right + 1 || t.bottom > s.bottom + 1; })
    .map((text) => text.textContent)";

/// Places of the grids' last rows where nothing is.
const SHORT_ROWS: &str =
    "['.cards', '.charts'].filter((grid) => { const all = [...document.querySelectorAll(grid + ' > *')];
    const last = all.filter((e) => e.offsetTop === all.at(-1).offsetTop).length;
    return last !== all.filter((e) => e.offsetTop === all[0].offsetTop).length; })";

/// Five answers, new ones each time: a conversation that comes again would be known.
fn replay(service: &Service) {
    static TURN: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let turn = TURN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    for payload in payloads()["payloads"].as_array_mut().unwrap() {
        payload["session_id"] = json!(format!("{}-{turn}", payload["session_id"]));
        assert_eq!(service.track(&payload.to_string()).status, 200);
    }
}

fn loaded(browser: &Browser) -> bool {
    browser.text("#updated").starts_with("Updated")
}

#[test]
fn ten_cards_and_four_charts_on_every_screen() {
    let Some(browser) = Browser::start() else { return };
    let service = Service::start(&[("ENVIRONMENT", "staging")]);
    replay(&service);
    // Script in every text field, and a request that is refused: neither may harm the page.
    let script = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>";
    let mut hostile = json!({"response_time_ms": 15_000, "tokens_used": 1_234_567, "appointment_booked": true});
    for field in ["business_id", "conversation_id", "session_id", "model_name", "intent_detected", "response_type"] {
        hostile[field] = script[..50].into();
    }
    hostile["business_id"] = script.into();
    assert_eq!(service.track(&hostile.to_string()).status, 200);
    service.track("{}");

    browser.size(1280, 900);
    browser.open(&format!("http://{}/", service.address));
    wait_for("the page is filled", || loaded(&browser));
    for (id, title) in CARDS {
        assert_eq!(browser.text(&format!("#card-{id} dt")), title);
    }
    let card = |id: &str| browser.text(&format!("#card-{id} dd")).replace('\n', " | ");
    assert_eq!(card("status"), "Healthy | Environment: staging");
    assert!(card("uptime").starts_with("0.00 hours | since 20"), "{}", card("uptime"));
    assert_eq!(card("requests"), "7 | tracked: 6 AI conversations");
    assert_eq!(card("errors"), "14.29% | 1 failed, high");
    assert!(card("memory").contains(" MB | CPU "), "{}", card("memory"));
    assert_eq!(card("database"), "Connected | rows are stored");
    assert_eq!(card("tokens"), "1,238,858 | consumed by AI");
    assert_eq!(card("cost"), "$0.0008 | USD spent on AI");
    assert_eq!(card("appointments"), "1 | 1 booked");
    assert_eq!(card("handoffs"), "2 | escalations to a person");
    assert_eq!(browser.eval("document.querySelectorAll('figure svg rect.value').length >= 3"), true);
    assert_eq!(browser.eval("document.title"), "MLOps service dashboard");

    // A screen reader hears the charts' figures and finds its way by landmarks and headings.
    let heard =
        browser.eval("[...document.querySelectorAll('figure .plot')].map(plot => plot.getAttribute('aria-valuetext'))");
    assert!(heard[0].as_str().unwrap().contains(" UTC, "), "{heard}");
    // A failed request is written down a moment later.
    wait_for("the charts show it", || {
        browser.click("#refresh");
        browser.text("#chart-requests figcaption").replace('\n', " ") == "Requests 7 in all, 1 failed"
    });
    let tree = browser.devtools("Accessibility.getFullAXTree", &json!({}));
    let roles: Vec<&str> =
        tree["nodes"].as_array().unwrap().iter().filter_map(|node| node["role"]["value"].as_str()).collect();
    for role in ["main", "navigation", "banner", "heading", "button", "slider", "radio", "table", "columnheader"] {
        assert!(roles.contains(&role), "{role} is not among {roles:?}");
    }

    for (name, width, height) in [("wide", 1440, 900), ("middle", 900, 900), ("phone", 390, 844)] {
        for scheme in ["light", "dark"] {
            browser.size(width, height);
            browser.devtools(
                "Emulation.setEmulatedMedia",
                &json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
            );
            assert_eq!(
                browser.eval("document.documentElement.scrollWidth <= window.innerWidth"),
                true,
                "{name} scrolls sideways"
            );
            assert_eq!(browser.eval(BROKEN), json!([]), "words are broken or cut off: {name}");
            assert_eq!(browser.eval(CLIPPED), json!([]), "a text of a chart is cut off: {name}");
            assert_eq!(browser.eval(SHORT_ROWS), json!([]), "a row of cards or charts is not full: {name}");
            let violations = browser.violations();
            assert!(violations.is_empty(), "{name} {scheme}: {violations:?}");
            let low = browser.low_contrast();
            assert!(low.is_empty(), "too little contrast in {scheme}: {low:?}");
            browser.screenshot(&output_dir().join(format!("dashboard-{name}-{scheme}.png")));
        }
    }
    assert_eq!(browser.complaints(), Vec::<String>::new(), "no error, no broken policy");
}

#[test]
fn it_refreshes_by_button_and_by_itself_and_says_when_it_cannot() {
    let Some(browser) = Browser::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start_in(dir.path(), &[]);
    let port = service.address.port().to_string();
    browser.size(1280, 900);
    browser.open(&format!("http://{}/", service.address));
    wait_for("the page is filled", || loaded(&browser));
    let requests = || browser.text("#card-requests strong");
    let tone = || browser.eval("document.querySelector('#card-errors').className");
    assert_eq!((requests(), tone()), ("0".to_owned(), json!("card good")));

    // 20 good, then bad ones: below 5 %, below 10 %, above.
    for _ in 0..4 {
        replay(&service);
    }
    for (failures, colour) in [(1, "card good"), (1, "card warn"), (1, "card bad")] {
        for _ in 0..failures {
            service.track("{}");
        }
        browser.click("#refresh");
        wait_for("the button refreshes", || {
            tone() == colour || service.detailed()["requests"]["error_rate_percent"].is_null()
        });
    }
    assert_eq!(requests(), "23");
    replay(&service);
    let began = std::time::Instant::now();
    while requests() != "28" {
        assert!(began.elapsed().as_secs() < 30, "it did not refresh itself");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }

    assert_eq!(browser.eval("document.querySelector('#unreachable').hidden"), true);
    service.kill();
    browser.click("#refresh");
    wait_for("the box shows", || browser.text("#unreachable").contains("cannot be reached"));
    assert_eq!(browser.eval("document.querySelectorAll('.alert:not([hidden])').length"), 1, "one box");
    assert_eq!(requests(), "28", "the last figures stay");
    browser.screenshot(&output_dir().join("dashboard-unreachable.png"));

    let service = Service::start_in(dir.path(), &[("SERVICE_PORT", &port)]);
    browser.click("#refresh");
    wait_for("the box goes", || browser.eval("document.querySelector('#unreachable').hidden") == true);
    wait_for("the counts are those of before", || {
        browser.click("#refresh");
        requests() == "28"
    });
    drop(service);
}

#[test]
fn it_works_under_a_prefix_without_a_slash() {
    let Some(browser) = Browser::start() else { return };
    let service = Service::start(&[("API_GATEWAY_BASE_PATH", "/default/mlops-service-lambda")]);
    let base = format!("http://{}/default/mlops-service-lambda", service.address);
    for page in [base.clone(), format!("{base}/")] {
        browser.open(&page);
        wait_for("the page is filled", || loaded(&browser));
        let links = browser.eval("[...document.querySelectorAll('nav a')].map(link => link.href)");
        for path in ["health", "health/detailed", "metrics", "analytics/test-business"] {
            assert!(
                links.as_array().unwrap().contains(&json!(format!("{base}/{path}"))),
                "{path} is not among {links}"
            );
        }
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Charts are read by pointer and by arrow keys; what is raised or high has a colour and a mark; the range is in the address.
#[test]
fn charts_are_read_bar_by_bar_and_the_range_stays() {
    let Some(browser) = Browser::start() else { return };
    let service = Service::start(&[]);
    let mut number = 0;
    let mut track = |business: &str, ms: u32, many: usize| {
        for _ in 0..many {
            number += 1;
            let body = json!({"business_id": business, "session_id": format!("s{number}"), "response_time_ms": ms,
                "tokens_used": 5, "api_cost_usd": 0.5, "response_type": if business == "failing" { "error" } else { "text" }});
            assert_eq!(service.track(&body.to_string()).status, 200);
        }
    };
    track("calm", 400, 3);
    browser.size(1440, 900);
    browser.open(&format!("http://{}/#range=30d", service.address));
    wait_for("the page is filled", || loaded(&browser));
    assert_eq!(browser.text("#range-title"), "Last 30 days");
    assert_eq!(browser.eval("document.querySelector('#ranges input:checked').value"), "30d");
    let kinds = |chart: &str| {
        browser.eval(&format!(
            "[...document.querySelectorAll('#chart-{chart} rect.value')].map((bar) => bar.getAttribute('class').replace('value', '').trim())"
        ))
    };
    let marks = |chart: &str| browser.eval(&format!("document.querySelectorAll('#chart-{chart} .mark').length"));
    assert_eq!((kinds("latency"), marks("latency")), (json!([""]), json!(0)));
    assert_eq!(kinds("errors"), json!([]), "nothing failed");

    // Slow ones and a refused one: 1 of 21 is 4.8 %, not yet raised.
    track("calm", 9_000, 17);
    service.track("{}");
    let show = |what: &str, shown: &dyn Fn() -> bool| {
        wait_for(what, || {
            browser.click("#refresh");
            shown()
        });
    };
    show("the slow bar is high", &|| kinds("latency") == json!(["bad"]) && kinds("errors") == json!([""]));
    assert_eq!((marks("latency"), marks("errors")), (json!(1), json!(0)));
    service.track("{}");
    show("the error rate is raised", &|| kinds("errors") == json!(["warn"]) && marks("errors") == 1);
    service.track("{}");
    service.track("{}");
    show("the error rate is high", &|| kinds("errors") == json!(["bad"]) && marks("errors") == 1);
    let colours = browser.eval(
        "['requests', 'errors'].map((chart) => getComputedStyle(document.querySelector('#chart-' + chart + ' rect.value')).fill)",
    );
    assert_ne!(colours[0], colours[1]);

    // Axes: round numbers from 0, and times.
    let texts =
        browser.eval("[...document.querySelectorAll('#chart-requests svg text')].map((text) => text.textContent)");
    let texts: Vec<&str> = texts.as_array().unwrap().iter().filter_map(|text| text.as_str()).collect();
    assert_eq!(texts[..6], ["0", "10", "20", "30", texts[4], texts[5]], "{texts:?}");
    assert!(
        texts[4..].iter().all(|text| text.ends_with(":00") || text.ends_with(":30") || text.contains(' ')),
        "{texts:?}"
    );

    // The pointer reads a bar in its chart, and marks it in all of them.
    browser.point("#chart-latency .plot", 0.985, 0.5);
    wait_for("the tip shows", || browser.text("#chart-latency .tip").contains("high"));
    let tip = browser.text("#chart-latency .tip");
    assert!(tip.contains(" UTC") && tip.contains("average 7,710 ms") && tip.contains("20 conversations"), "{tip}");
    assert_eq!(browser.eval("document.querySelectorAll('.band.on').length"), 4);
    browser.point("h1", 0.5, 0.5);
    wait_for("the tip goes", || browser.eval("document.querySelectorAll('.tip:not([hidden])').length") == 0);

    // The keys do: the first bar of the range, and on to the next.
    browser.eval("document.querySelector('#chart-requests .plot').focus()");
    let said = || browser.eval("document.activeElement.getAttribute('aria-valuetext')").as_str().unwrap().to_owned();
    browser.press("End");
    assert!(said().contains("24 requests, 4 failed"), "{}", said());
    let last = said();
    browser.press("ArrowLeft");
    assert!(said() != last && said().contains("0 requests"), "{}", said());
    assert!(browser.text("#chart-requests .tip").contains("0 requests"));
    browser.press("Home");
    assert_eq!(browser.eval("document.activeElement.getAttribute('aria-valuenow')"), "1");
    // A refresh takes away neither the focus nor what is read.
    let before = said();
    let updated = browser.text("#updated");
    wait_for("it refreshes itself", || browser.text("#updated") != updated);
    assert_eq!(said(), before);
    browser.press("Escape");
    assert_eq!(browser.eval("document.querySelectorAll('.tip:not([hidden])').length"), 0);

    // Another range: chosen, in the address, and there after a reload.
    browser.click("#ranges label:nth-of-type(3)");
    wait_for("the range is shown", || browser.text("#range-title") == "Last 24 hours");
    assert_eq!(browser.eval("location.hash"), "#range=24h");
    assert_eq!(browser.eval("document.querySelector('.plot').getAttribute('aria-valuemax')"), "96");
    browser.eval("location.reload()");
    wait_for("the range is shown again", || loaded(&browser) && browser.text("#range-title") == "Last 24 hours");

    // The table, by any column.
    track("failing", 100, 2);
    show("both businesses are shown", &|| browser.eval("document.querySelectorAll('tbody tr').length") == 2);
    let names = || browser.eval("[...document.querySelectorAll('tbody th')].map((name) => name.textContent)");
    assert_eq!(names(), json!(["calm", "failing"]));
    browser.click("thead th:nth-child(4) button");
    assert_eq!(names(), json!(["failing", "calm"]), "most error answers first");
    assert_eq!(browser.text("tbody tr td:nth-child(4)"), "2 (100.0%), high");
    assert_eq!(browser.eval("document.querySelector('[aria-sort]').textContent.slice(0, 13)"), "Error answers");
    browser.click("thead th:nth-child(4) button");
    assert_eq!(names(), json!(["calm", "failing"]));
    assert_eq!(browser.complaints(), Vec::<String>::new(), "no error, no broken policy");
}

/// While the database is away, the page says so, and shows what the process knows.
#[test]
fn it_says_that_the_database_is_away() {
    let (Some(browser), Some(postgres)) = (Browser::start(), Postgres::start()) else { return };
    let service = Service::start(&[("DATABASE_URL", &postgres.url())]);
    wait_for("it is there", || service.get("/health/ready").json()["database_connected"] == true);
    replay(&service);
    browser.size(390, 844);
    browser.open(&format!("http://{}/", service.address));
    wait_for("the page is filled", || loaded(&browser));
    assert_eq!(browser.eval("document.querySelector('#away').hidden"), true);
    assert!(browser.text("#source").starts_with("From the database, all replicas"));
    postgres.stop("fast");
    wait_for("it says so", || {
        browser.click("#refresh");
        browser.text("#away").contains("what this process has counted")
    });
    assert!(browser.text("#source").starts_with("This process alone"));
    assert_eq!(browser.text("#card-database strong"), "Disconnected");
    assert_eq!(browser.text("#groups"), "The table needs the database.");
    assert!(browser.text("#chart-requests figcaption").contains("5 in all"));
    assert_eq!(browser.eval("document.querySelector('#unreachable').hidden"), true, "no error");
    assert_eq!((browser.eval(BROKEN), browser.eval(CLIPPED)), (json!([]), json!([])));
    let violations = browser.violations();
    assert!(violations.is_empty(), "{violations:?}");
    browser.screenshot(&output_dir().join("dashboard-away.png"));
}
