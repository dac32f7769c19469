//! Cases derived by hand. Each line: why, the alarm, its statistic, one measurement a minute, the state after each minute.
//! The range that is looked at is N + 5 periods below five minutes, else N + 2, unless a case says otherwise.

use super::{START, alarm, history, letters, run};
use crate::resources::alarm::WarmUp;
use mlops_cloudwatch::evaluation::condition::EvaluationOptions;

type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    ("a value above the threshold", "1/1 > 5 missing 60", "Sum", "0 6 0", "OAO"),
    ("the threshold itself is not above it", "1/1 > 5 missing 60", "Sum", "5", "O"),
    ("but it is at least it", "1/1 >= 5 missing 60", "Sum", "4.9 5", "OA"),
    ("below", "1/1 < 5 missing 60", "Sum", "5 4", "OA"),
    ("at most", "1/1 <= 5 missing 60", "Sum", "5.1 5", "OA"),
    ("nothing is above zero but something", "1/1 > 0 missing 60", "Sum", "0 0.0001", "OA"),
    ("negative numbers compare as numbers", "1/1 < -1 missing 60", "Sum", "-1 -2", "OA"),
    // A lone breach that is newer than M periods keeps the state: INSUFFICIENT_DATA after creation.
    ("two in a row; one is too new to tell", "2/2 > 5 missing 60", "Sum", "6 6 0", "IAO"),
    ("three in a row", "3/3 > 5 missing 60", "Sum", "6 6 6 6 0", "IIAAO"),
    ("2 of 3 with a gap between", "2/3 > 5 missing 60", "Sum", "6 0 6 0 0", "IOAOO"),
    ("1 of 3 stays until it leaves the three", "1/3 > 5 missing 60", "Sum", "6 0 0 0", "AAAO"),
    ("1 of 2", "1/2 > 5 notBreaching 60", "Sum", "6 0 0", "AAO"),
    ("5 of 5 waits for five in a row after a good one", "5/5 > 5 missing 60", "Sum", "6x4 0 6x5", "IIIIOOOOOA"),
    ("4 of 5 does not wait for the fifth: the oldest breach is M old", "4/5 > 5 missing 60", "Sum", "6x4 0", "IIIAA"),
    ("3 of 5 alternating", "3/5 > 5 missing 60", "Sum", "6 0 6 0 6", "IOOOA"),
    ("3 of 5 with fewer points than 5 counts those there are", "3/5 > 5 missing 60", "Sum", "6 6 6 0", "IIAA"),
    ("3 of 5 ends when only two are left", "3/5 > 5 missing 60", "Sum", "6 6 6 0 0 0", "IIAAAO"),
    // N = 1 looks 6 periods back: the one real point decides as long as it is in there.
    ("a good point decides until it leaves the range", "1/1 > 5 missing 60", "Sum", "0 _x7", "OOOOOOII"),
    ("so does a bad one", "1/1 > 5 missing 60", "Sum", "6 _x7", "AAAAAAII"),
    ("ignore keeps the alarm even then", "1/1 > 5 ignore 60", "Sum", "6 _x7", "AAAAAAAA"),
    ("ignore keeps OK", "1/1 > 5 ignore 60", "Sum", "0 _x7", "OOOOOOOO"),
    ("notBreaching ends it", "1/1 > 5 notBreaching 60", "Sum", "6 _x7", "AAAAAAOO"),
    ("breaching raises it", "1/1 > 5 breaching 60", "Sum", "0 _x7", "OOOOOOAA"),
    ("two breaches within range 8 are enough of 2 of 3", "2/3 > 5 notBreaching 60", "Sum", "6 _ 6 _x8", "OOAAAAAAOOO"),
    ("premature: a breach M periods old with nothing since", "2/3 > 5 missing 60", "Sum", "6 _ _ _", "IAAA"),
    ("premature for 3 of 3 is the third period", "3/3 > 5 missing 60", "Sum", "6 _ _ _", "IIAA"),
    ("premature is no alarm for ignore", "3/3 > 5 ignore 60", "Sum", "6 _ _ _", "IIII"),
    (
        "a good point among the real ones forbids it until it is gone",
        "3/3 > 5 missing 60",
        "Sum",
        "0 6 _x7",
        "OOOOOOOOA",
    ),
    ("no data ever: missing", "3/3 > 5 missing 60", "Sum", "_x3", "III"),
    ("no data ever: ignore keeps the first state", "3/3 > 5 ignore 60", "Sum", "_x3", "III"),
    ("no data ever: breaching alarms at once", "3/3 > 5 breaching 60", "Sum", "_x3", "AAA"),
    ("no data ever: notBreaching is fine", "3/3 > 5 notBreaching 60", "Sum", "_x3", "OOO"),
    (
        "one good point keeps 3 of 3 from alarm, two filled are not three",
        "3/3 > 5 breaching 60",
        "Sum",
        "0 _ _ _",
        "OOOO",
    ),
    ("2 of 3: two filled ones are enough", "2/3 > 5 breaching 60", "Sum", "0 _", "AA"),
    ("2 of 3: two good ones leave one to fill", "2/3 > 5 breaching 60", "Sum", "0 0 0", "AOO"),
    ("filled and real breaches add up", "2/2 > 5 breaching 60", "Sum", "6 _", "AA"),
    ("2 of 2 with a gap: the breach is two periods old", "2/2 > 5 missing 60", "Sum", "6 _ 6", "IAA"),
    ("and the next good point ends it", "2/2 > 5 missing 60", "Sum", "6 _ 0", "IAO"),
    ("ignore: two real ones in range still decide", "2/2 > 5 ignore 60", "Sum", "6 6 _ _", "IAAA"),
    ("ignore: the newest two real ones, across a gap", "2/2 > 5 ignore 60", "Sum", "6 6 _ 0", "IAAO"),
    ("a breach after nothing is too new", "3/3 > 5 missing 60", "Sum", "_ 6", "II"),
    ("notBreaching: one breach of two is not enough", "2/2 > 5 notBreaching 60", "Sum", "6 _ _", "OOO"),
    ("notBreaching: breaches need not be neighbours", "2/2 > 5 notBreaching 60", "Sum", "6 _ 6", "OOA"),
    (
        "traffic that stops: one good point in the 7 that are looked at leaves one to fill",
        "2/2 < 1 breaching 60",
        "Sum",
        "5 5 _x7",
        "OOOOOOOOA",
    ),
    // Sliding windows of five minutes: the sum of the last five minutes, every minute.
    ("the sum slides in and out", "1/1 > 5 notBreaching 300", "Sum", "2x5 0x5", "OOAAAAAOOO"),
    ("the average weighs each measurement", "1/1 > 4 missing 300", "Average", "10 0x4", "AAOOO"),
    ("a minute without data does not lower an average", "1/1 > 4 missing 300", "Average", "10 _x3 0", "AAAAA"),
    ("a maximum stays for five minutes", "1/1 > 5 missing 300", "Maximum", "6 0x5", "AAAAAO"),
    ("so does a minimum", "1/1 < 1 missing 300", "Minimum", "5 0 5x5", "OAAAAAO"),
    ("the number of measurements", "1/1 < 3 missing 300", "SampleCount", "1x3 _x4", "AAOOOAA"),
    ("half of them at most 5", "1/1 > 5 missing 300", "p50", "1 9 9", "OOA"),
    ("p90 of two is the larger", "1/1 > 5 missing 300", "p90", "1 9", "OA"),
    ("missing minutes add nothing", "1/1 > 5 missing 300", "Sum", "3 _ 3 _ _", "OOAAA"),
    ("two windows that do not overlap", "2/2 > 5 missing 300", "Sum", "6 0x4 6 0x4", "IIIIIAAAAA"),
    ("a good window between two bad ones", "2/2 > 5 missing 300", "Sum", "6 0x9 6", "IIIIIOOOOOO"),
    (
        "five minutes look N + 2 back: 1 of 1 keeps a point for 3 windows",
        "1/1 > 5 missing 300",
        "Sum",
        "6 _x15",
        "AAAAAAAAAAAAAAAI",
    ),
];

#[test]
fn cases_derived_by_hand() {
    let mut wrong = Vec::new();
    for (why, text, statistic, values, expected) in CASES {
        let minutes = expected.len() as i64;
        let replay = run(&alarm(text, statistic), EvaluationOptions::default(), &history(values, 60), minutes * 60);
        let found = letters(&replay, 60);
        if found != *expected {
            wrong.push(format!("{why}: {text} {statistic} of {values}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(CASES.len() >= 50, "{}", CASES.len());
}

/// The same with a range of N, as if nothing older were fetched.
#[test]
fn the_evaluation_range_is_an_option() {
    for (text, range, values, expected) in [
        ("1/1 > 5 missing 60", 1, "6 _", "AI"),
        ("1/1 > 5 notBreaching 60", 1, "6 _ _", "AOO"),
        ("1/1 > 5 ignore 60", 1, "6 _ 0 _", "AAOO"),
        ("1/1 > 5 breaching 60", 1, "0 _ 0", "OAO"),
        // The third: one breach two periods old; the fourth: one that is too new keeps the alarm.
        ("2/2 > 5 missing 60", 2, "6 6 _ 6", "IAAA"),
        ("2/2 > 5 missing 60", 2, "0 0 _ _ 6", "OOOII"),
        // A longer memory keeps a point alive.
        ("1/1 > 5 missing 60", 9, "6 _x9", "AAAAAAAAAI"),
    ] {
        let options = EvaluationOptions { evaluation_range: Some(range) };
        let replay = run(&alarm(text, "Sum"), options, &history(values, 60), expected.len() as i64 * 60);
        assert_eq!(letters(&replay, 60), expected, "{text}, range {range}: {values}");
    }
}

/// Ten-second periods are evaluated every ten seconds: one bad one is seen at once, and ends at once.
#[test]
fn high_resolution_is_evaluated_every_ten_seconds() {
    let replay =
        run(&alarm("1/1 > 5 missing 10", "Sum"), EvaluationOptions::default(), &history("0 6 0 0 0 0 6", 10), 70);
    assert_eq!(letters(&replay, 10), "OAOOOOA");
    // Thirty seconds slide by tens: the sum of three.
    let replay =
        run(&alarm("1/1 > 5 missing 30", "Sum"), EvaluationOptions::default(), &history("0 2 2 2 0 0", 10), 60);
    assert_eq!(letters(&replay, 10), "OOOAOO");
}

/// 25 periods of an hour are more than a day: evaluated at full hours only, so a bad minute at 00:30 shows at 01:00.
#[test]
fn more_than_a_day_is_evaluated_once_an_hour() {
    let hourly = alarm("1/25 > 5 notBreaching 3600", "Sum");
    let replay = run(&hourly, EvaluationOptions::default(), &history("0x30 6 0x89", 60), 7_200);
    assert_eq!(replay.evaluations, 2);
    assert_eq!(replay.timeline.changes.iter().map(|c| (c.at - START) / 60).collect::<Vec<_>>(), [60]);
    // 24 of them are a day: every minute, so it shows a minute later.
    let minutely = alarm("1/24 > 5 notBreaching 3600", "Sum");
    let replay = run(&minutely, EvaluationOptions::default(), &history("0x30 6 0x89", 60), 7_200);
    assert_eq!(replay.evaluations, 120);
    assert_eq!(letters(&replay, 60).find('A'), Some(30));
}

/// Wall-clock hours are looked at when they are complete: 6 at 00:30 and 6 at 01:10 are in different hours, though within one.
#[test]
fn wall_clock_windows_follow_the_clock() {
    let mut clock = alarm("1/1 > 10 missing 3600", "Sum");
    let values = history("0x30 6 0x39 6 0x60", 60);
    let sliding = run(&clock, EvaluationOptions::default(), &values, 7_200);
    assert!(letters(&sliding, 60).contains('A'));
    clock.wall_clock_timezone = Some("UTC".into());
    let whole_hours = run(&clock, EvaluationOptions::default(), &values, 7_200);
    assert_eq!((letters(&whole_hours, 60).contains('A'), whole_hours.evaluations), (false, 2));
    // Where the clock is half an hour off, both are in the hour from 00:30 to 01:30.
    clock.wall_clock_timezone = Some("+05:30".into());
    let shifted = run(&clock, EvaluationOptions::default(), &values, 7_200);
    assert_eq!(shifted.timeline.alarms(), [(START + 5_400, START + 7_200)]);
    clock.wall_clock_timezone = Some("America/New_York".into());
    let condition =
        mlops_cloudwatch::evaluation::condition::Condition::of(&clock.definition(), EvaluationOptions::default())
            .unwrap();
    let refused = mlops_cloudwatch::evaluation::watched::EvaluatedSeries::new(
        &clock.definition(),
        &condition,
        &values,
        START,
        START + 60,
    )
    .unwrap_err();
    assert!(refused.contains("America/New_York"), "{refused}");
}

/// In its warm-up the alarm stays in INSUFFICIENT_DATA: for all of it, or until there is data for a whole window.
#[test]
fn warm_up_holds_back() {
    let mut alarm = alarm("2/2 > 5 missing 60", "Sum");
    let values = history("6x8", 60);
    let mut states = |warm_up| {
        alarm.warm_up = warm_up;
        letters(&run(&alarm, EvaluationOptions::default(), &values, 480), 60)
    };
    assert_eq!(states(None), "IAAAAAAA");
    assert_eq!(states(Some(WarmUp { minutes: 4, only_start_evaluating_after: true })), "IIIIAAAA");
    assert_eq!(states(Some(WarmUp { minutes: 4, only_start_evaluating_after: false })), "IAAAAAAA");
}

/// p90 needs 10 / (1 - 0.9) = 100 samples; one a minute never has them in a window of an hour, two windows have 120.
#[test]
fn percentiles_of_few_samples_may_be_ignored() {
    let mut few = alarm("1/1 > 5 missing 3600", "p90");
    let values = history("9x240", 60);
    assert!(letters(&run(&few, EvaluationOptions::default(), &values, 7_200), 60).contains('A'));
    few.evaluate_low_sample_count_percentile = Some("ignore".into());
    assert_eq!(letters(&run(&few, EvaluationOptions::default(), &values, 7_200), 3_600), "II");
    few.evaluation_periods = Some(2);
    few.datapoints_to_alarm = Some(2);
    assert_eq!(letters(&run(&few, EvaluationOptions::default(), &values, 7_200), 3_600), "IA");
}
