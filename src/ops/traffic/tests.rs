//! Traffic to small servers, and what it is made of.

use super::*;
use crate::aws::interrupt::Interrupter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// A service that answers each request after `permits` allows it, and knows how many were on their way at once.
async fn service(permits: Arc<Semaphore>, most: Arc<AtomicUsize>) -> TrafficTarget {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let now = Arc::new(AtomicUsize::new(0));
        while let Ok((mut stream, _)) = listener.accept().await {
            let (permits, most, now) = (Arc::clone(&permits), Arc::clone(&most), Arc::clone(&now));
            tokio::spawn(async move {
                let mut request = vec![0; 65_536];
                while let Ok(read @ 1..) = stream.read(&mut request).await {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let _permit = permits.acquire().await.unwrap();
                    now.fetch_sub(1, Ordering::SeqCst);
                    let status = if request[..read].starts_with(b"POST /track") { "201 Created" } else { "200 OK" };
                    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}");
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    TrafficTarget::http(&base, Duration::from_secs(20)).unwrap()
}

fn plan(count: usize, rate: f64, concurrency: usize) -> TrafficPlan {
    TrafficPlan { asks: TrafficPlan::mixed(count, 0, ""), rate, concurrency, longest: Duration::from_secs(60) }
}

#[tokio::test]
async fn all_are_sent_and_never_more_at_once_than_allowed() {
    let most = Arc::default();
    let target = service(Arc::new(Semaphore::new(100)), Arc::clone(&most)).await;
    let mut heard = 0;
    let tally = send(&target, &plan(40, 10_000.0, 3), &Interrupt::never(), |answered| heard = answered).await;
    assert_eq!((heard, tally.answered(), tally.unsent), (40, 40, 0));
    assert_eq!((tally.statuses[&200], tally.statuses[&201]), (20, 20));
    assert!(most.load(Ordering::SeqCst) <= 3);
    assert!(target.is_local());
}

/// One that waits for its turn is felt to be slow, however fast it is then answered.
#[tokio::test]
async fn what_is_due_while_the_service_hangs_has_waited() {
    let permits = Arc::new(Semaphore::new(0));
    let target = service(Arc::clone(&permits), Arc::default()).await;
    let plan = plan(5, 1_000.0, 1);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        permits.add_permits(100);
    });
    let tally = send(&target, &plan, &Interrupt::never(), |_| ()).await;
    let (felt, took) = (tally.felt().unwrap(), tally.took().unwrap());
    assert!(felt.p50 >= 250.0, "{felt:?}");
    assert!(took.p50 < felt.p50 && tally.late >= 4, "{took:?} {felt:?}, {} late", tally.late);
}

#[tokio::test]
async fn it_stops_when_interrupted_or_when_its_time_is_over() {
    let target = service(Arc::new(Semaphore::new(0)), Arc::default()).await;
    let (interrupter, interrupt) = Interrupter::new();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        interrupter.interrupt();
    });
    let tally = send(&target, &plan(1000, 10_000.0, 2), &interrupt, |_| ()).await;
    assert!(tally.interrupted);
    assert_eq!((tally.answered(), tally.unanswered, tally.unsent), (0, 2, 998));
    let target = service(Arc::new(Semaphore::new(1000)), Arc::default()).await;
    let short = TrafficPlan { longest: Duration::from_millis(150), ..plan(1000, 20.0, 2) };
    let tally = send(&target, &short, &Interrupt::never(), |_| ()).await;
    assert!(!tally.interrupted && tally.unsent > 900 && tally.answered() >= 1, "{tally:?}");
}

#[tokio::test]
async fn nobody_listens() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let target = TrafficTarget::http(&format!("http://{free}"), Duration::from_secs(5)).unwrap();
    let tally = send(&target, &plan(3, 1_000.0, 3), &Interrupt::never(), |_| ()).await;
    assert_eq!(tally.failed.get("not connected"), Some(&3), "{:?}", tally.failed);
    assert_eq!(tally.took(), None);
}

#[test]
fn raising_events_are_spread_among_the_others() {
    let raises = |good, raising| -> String {
        TrafficPlan::mixed(good, raising, "{}").iter().map(|ask| if ask.is_raising() { 'x' } else { '.' }).collect()
    };
    assert_eq!(raises(6, 3), "..x..x..x");
    assert_eq!(raises(0, 2), "xx");
    assert_eq!(raises(3, 0), "...");
    assert!(TrafficRequest::Raise("{}".into()).http("http://localhost").is_err());
}

#[test]
fn a_request_is_the_event_of_a_function_url() {
    let event: serde_json::Value = serde_json::from_str(&TrafficRequest::usual(1).event()).unwrap();
    assert_eq!((&event["version"], &event["rawPath"]), (&"2.0".into(), &"/track".into()));
    assert_eq!(event["requestContext"]["http"]["method"], "POST");
    let body: serde_json::Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["response_time_ms"], 2184);
    assert!(serde_json::from_str::<serde_json::Value>(request::RAISE).unwrap().get("requestContext").is_none());
}
