//! Calls, waves, waiting and throttles on the two workloads: W1 is the lab, W2 fifty functions.

use super::world::{FIFTY, LAB, World, assert_complete};
use crate::sandbox::Weather;
use std::time::Duration;
use tokio::time::Instant;

const ROUND_TRIP: f64 = 0.040;

/// Seconds that PutMetricAlarm at three a second with a burst of three makes `alarms` take at least, reads and one round
/// trip of the last call included.
fn limit(alarms: u32) -> f64 {
    ROUND_TRIP + f64::from(alarms - 3) / 3.0 + ROUND_TRIP
}

async fn no_op(text: &str) -> (u64, u64) {
    let world = World::fine();
    assert_complete(&world.apply(text).await);
    world.sandbox.reset_stats();
    let planned = world.plan(text).await;
    assert_eq!(planned.plan.effective().count(), 0);
    let stats = world.sandbox.stats();
    (stats.calls, stats.waves)
}

#[tokio::test(start_paused = true)]
async fn a_no_op_plan_of_the_lab_is_six_calls_in_two_waves() {
    let (calls, waves) = no_op(LAB).await;
    assert!(calls <= 6 && waves <= 2, "{calls} calls in {waves} waves");
}

#[tokio::test(start_paused = true)]
async fn a_no_op_plan_of_fifty_functions_is_twenty_calls_in_three_waves() {
    let (calls, waves) = no_op(FIFTY).await;
    assert!(calls <= 20 && waves <= 3, "{calls} calls in {waves} waves");
}

async fn from_nothing(text: &str) -> (Duration, f64) {
    let world = World::new(Weather::aws());
    let start = Instant::now();
    assert_complete(&world.apply(text).await);
    let stats = world.sandbox.stats();
    (start.elapsed(), stats.throttled as f64 / stats.calls as f64)
}

#[tokio::test(start_paused = true)]
async fn the_lab_from_nothing_waits_hardly_longer_than_aws_forces() {
    let (wall, throttled) = from_nothing(LAB).await;
    assert!(wall.as_secs_f64() <= 0.6, "{wall:?}, the limit is {:.2} s", limit(4));
    assert_eq!(throttled, 0.0);
}

#[tokio::test(start_paused = true)]
async fn fifty_functions_from_nothing_take_the_limit_and_are_not_throttled() {
    let (wall, throttled) = from_nothing(FIFTY).await;
    assert!(wall.as_secs_f64() <= 1.05 * limit(250), "{wall:?}, the limit is {:.2} s", limit(250));
    assert!(throttled <= 0.01, "{:.2} % throttled", 100.0 * throttled);
}
