//! An interrupt in the middle of fifty functions: nothing new is written, the report is out in time, and a second run ends it.

use super::world::{FIFTY, World, assert_complete, bound, everything, lines};
use crate::apply::{ApplyEvent, ApplyOutcome};
use crate::aws::interrupt::Interrupter;
use crate::pipeline::{self, Select};
use crate::sandbox::{Stats, Weather};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Calls that change something and have left.
fn writes(stats: &Stats) -> u64 {
    let is_read = |name: &String| ["Get", "List", "Describe"].iter().any(|verb| name.contains(&format!(":{verb}")));
    stats.by_operation.iter().filter(|(name, _)| !is_read(name)).map(|(_, operation)| operation.calls).sum()
}

async fn interrupted_after(wait: Duration, weather: Weather) -> World {
    let world = World::new(weather);
    let (interrupter, interrupt) = Interrupter::new();
    let aws = world.aws_with(interrupt).await;
    let planned = pipeline::plan(&aws, &bound(FIFTY), &Select::default(), &everything()).await.unwrap();
    let mut told = 0;
    let mut events = |event: ApplyEvent| told += u32::from(matches!(event, ApplyEvent::Interrupted));
    let (report, (left, at)) = futures_util::join!(pipeline::apply(&aws, &planned.plan, &mut events), async {
        sleep(wait).await;
        interrupter.interrupt();
        (writes(&world.sandbox.stats()), Instant::now())
    });
    let report = report.unwrap();
    assert!(at.elapsed() <= Duration::from_secs(7), "{wait:?}: the report came after {:?}", at.elapsed());
    assert_eq!(writes(&world.sandbox.stats()), left, "{wait:?}: something was written after the interrupt");
    assert!(report.interrupted && told == 1);
    let not_started = report.results.iter().filter(|result| result.outcome == ApplyOutcome::NotStarted).count();
    let others: Vec<_> = report.failed().map(|result| format!("{}: {:?}", result.address, result.outcome)).collect();
    assert!(
        not_started > 0 && report.done() > 0,
        "{wait:?}: {not_started} not started, {} done, {others:#?}",
        report.done()
    );
    world
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_after_an_interrupt_and_the_next_run_finishes() {
    for millis in [130, 900, 20_000] {
        let world = interrupted_after(Duration::from_millis(millis), Weather::aws()).await;
        assert_complete(&world.apply(FIFTY).await);
        assert!(lines(&world.plan(FIFTY).await).is_empty());
        assert_eq!(world.letters().len(), 25, "after {millis} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_and_lost_answers_do_not_hold_the_report_up() {
    for (millis, seed) in [(15_000, 1), (25_000, 2)] {
        let latency = Duration::from_secs(8);
        let weather = Weather { latency, fault_reset_after: 0.1, fault_500: 0.1, seed, ..Weather::aws() };
        interrupted_after(Duration::from_millis(millis), weather).await;
    }
}
