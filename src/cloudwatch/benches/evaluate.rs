//! `cargo bench -p mlops-cloudwatch`: the evaluator beside the second one of the tests, which is written from AWS's text, slow and naive.
//! One ratio in one run; it says how much faster, not whether they agree, which is `tests/second`.

#[allow(dead_code)]
#[path = "../tests/second/alarm.rs"]
mod alarm;
#[path = "../tests/second/draw.rs"]
mod draw;
#[path = "../tests/second/math.rs"]
mod math;

use alarm::Drawn;
use draw::Draw;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::replay::replay_created;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use std::hint::black_box;
use std::time::{Duration, Instant};

const CASES: u64 = 3_000;

fn main() {
    let (mut first, mut second) = (Duration::ZERO, Duration::ZERO);
    for seed in 0..CASES {
        let drawn = Drawn::new(&mut Draw::new(seed));
        let (from, until) = drawn.span();
        let began = Instant::now();
        let definition = drawn.definition();
        let condition = Condition::of(&definition, EvaluationOptions::default()).expect("an alarm");
        let watched = EvaluatedSeries::new(&definition, &condition, &drawn, from, until).expect("a series");
        black_box(replay_created(&condition, &watched, from, until, None));
        first += began.elapsed();
        let began = Instant::now();
        black_box(drawn.evaluate());
        second += began.elapsed();
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / CASES as f64;
    let ratio = second.as_secs_f64() / first.as_secs_f64();
    println!(
        "{CASES} alarms: {:.0} us each, the naive evaluator {:.0} us: {ratio:.1} x as long",
        each(first),
        each(second)
    );
}
