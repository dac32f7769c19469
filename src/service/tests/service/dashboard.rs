//! The dashboard in a real browser, on a phone and on a wide screen, in the light and in the dark.

use serde_json::json;

use crate::browser::Browser;
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
    assert_eq!(browser.eval("document.querySelectorAll('figure svg rect').length >= 3"), true);
    assert_eq!(browser.eval("document.title"), "MLOps service dashboard");

    // A screen reader hears the charts' figures and finds its way by landmarks and headings.
    let heard = browser.eval("[...document.querySelectorAll('figure svg')].map(svg => svg.getAttribute('aria-label'))");
    assert!(heard[0].as_str().unwrap().starts_with("Requests a minute, last hour. Now 7, highest 7"), "{heard}");
    let tree = browser.devtools("Accessibility.getFullAXTree", &json!({}));
    let roles: Vec<&str> =
        tree["nodes"].as_array().unwrap().iter().filter_map(|node| node["role"]["value"].as_str()).collect();
    for role in ["main", "navigation", "banner", "heading", "button", "image"] {
        assert!(roles.contains(&role), "{role} is not among {roles:?}");
    }

    for (name, width, height) in [("wide", 1280, 900), ("phone", 390, 844)] {
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
