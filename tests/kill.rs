//! The real program, ended in the middle: killed at many moments, interrupted, or run twice at once on one account. Whatever
//! happens, the next run ends in sync, and nobody gets a second mail.

#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};
use support::{Desk, Ran, example};

/// Slow enough that a kill meets every stage of a run, a wave of calls more or less each.
const LATENCY: &str = "latency=40ms,jitter=20ms";
/// Moments of a run at which it is ended; `MLOPSCTL_CASES` raises them.
const MOMENTS: u32 = 32;

fn moments() -> u32 {
    std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(MOMENTS)
}

fn desk(file: &str, more: &[&str]) -> Desk {
    let file = example(file);
    Desk::new().with(&["--sandbox=sandbox.json", "--file", file.to_str().expect("UTF-8")]).with(more)
}

fn lab() -> Desk {
    desk("lab.yaml", &["--var", "email=you@example.edu"])
}

fn is_whole(desk: &Desk, mails_sent: usize, when: &str) {
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    assert_eq!(desk.confirmations(), mails_sent, "{when}: mails");
}

/// How long an undisturbed apply of the lab takes here and now.
fn undisturbed() -> Duration {
    let desk = lab();
    let started = Instant::now();
    desk.run(&["apply", "--yes", "--sandbox-faults", LATENCY]).exits(0);
    started.elapsed()
}

/// Runs the same thing for each number below `count`, some at a time: most of the time goes by in sleeping.
fn for_each(count: u32, run: impl Fn(u32) + Sync) {
    thread::scope(|scope| {
        for lane in 0..8 {
            let run = &run;
            scope.spawn(move || (lane..count).step_by(8).for_each(run));
        }
    });
}

#[test]
fn killed_at_any_moment_the_next_run_finishes_the_work() {
    let (whole, moments) = (undisturbed(), moments());
    for_each(moments, |moment| {
        let desk = lab();
        let at = whole * moment / moments;
        let mut victim = desk.start(&["apply", "--yes", "--sandbox-faults", LATENCY]);
        thread::sleep(at);
        victim.kill().expect("it can be killed");
        victim.wait().expect("it ends");
        desk.run(&["apply", "--yes", "--sandbox-faults", LATENCY]).exits(0);
        is_whole(&desk, 1, &format!("killed after {at:?} of {whole:?}"));
    });
}

#[test]
fn killed_again_and_again_it_still_gets_there() {
    let desk = lab();
    let step = undisturbed() / 12;
    for moment in 4..12 {
        let mut victim = desk.start(&["apply", "--yes", "--sandbox-faults", LATENCY]);
        thread::sleep(step * moment);
        victim.kill().expect("it can be killed");
        victim.wait().expect("it ends");
    }
    desk.run(&["apply", "--yes", "--sandbox-faults", LATENCY]).exits(0);
    is_whole(&desk, 1, "after eight kills");
}

/// Dead after so many writes, before the answer to the last of them: each write of the lab once.
#[test]
fn dead_after_each_write_the_next_run_finishes_the_work() {
    for_each(12, |writes| {
        let desk = lab();
        let weather = format!("kill-after={}", writes + 1);
        let mut victim = desk.start(&["apply", "--yes", "--sandbox-faults", &weather]);
        let written = || desk.path("sandbox.json").exists();
        let started = Instant::now();
        // From some moment on nothing is answered any more; a run that has fewer writes to make ends by itself.
        while started.elapsed() < Duration::from_secs(3) && victim.try_wait().expect("our child").is_none() {
            thread::sleep(Duration::from_millis(50));
        }
        victim.kill().expect("it can be killed");
        victim.wait().expect("it ends");
        assert!(written(), "at least one write was made");
        desk.run(&["apply", "--yes"]).exits(0);
        is_whole(&desk, 1, &format!("dead after {} writes", writes + 1));
    });
}

#[test]
fn killed_while_destroying_nothing_is_left_in_the_end() {
    for_each(8, |moment| {
        let desk = lab();
        desk.run(&["apply", "--yes"]).exits(0);
        let mut victim = desk.start(&["destroy", "--yes", "--sandbox-faults", LATENCY]);
        thread::sleep(Duration::from_millis(60) * moment);
        victim.kill().expect("it can be killed");
        victim.wait().expect("it ends");
        desk.run(&["destroy", "--yes"]).exits(0);
        desk.run(&["destroy", "--yes"]).exits(0).says("No changes");
    });
}

/// Two at once, the second a little later each time: one of them makes the subscription, both end well.
#[test]
fn two_runs_at_once_send_one_mail() {
    for_each(16, |moment| {
        let desk = lab();
        let first = desk.start(&["apply", "--yes", "--sandbox-faults", LATENCY]);
        thread::sleep(Duration::from_millis(30) * moment);
        let second = desk.start(&["apply", "--yes", "--sandbox-faults", LATENCY]);
        for (run, which) in [(first, "first"), (second, "second")] {
            Ran::end(which, run).exits(0);
        }
        is_whole(&desk, 1, &format!("the second {} ms later", 30 * moment));
    });
}

#[cfg(unix)]
mod signals {
    use super::*;
    use std::process::Command;

    /// How soon an interrupted run has to have said how far it got.
    const SOON: Duration = Duration::from_secs(7);

    fn send(signal: &str, child: &Child) {
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.expect("kill is a command").success());
    }

    /// Waits for a line of progress that holds the text.
    fn wait_for(child: &mut Child, text: &str) -> impl Sized + use<> {
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(lines.read_line(&mut line).expect("stderr is text") > 0, "it ended without {text:?}");
        }
        // Read on, so that the program is not stopped by a full or a closed pipe.
        thread::spawn(move || lines.lines().count())
    }

    /// Two hundred and fifty alarms at three a second: a signal finds most of them still waiting.
    fn interrupted(signal: &str, code: i32) {
        let desk = desk("fifty-functions.yaml", &[]);
        let mut run = desk.start(&["apply", "--yes", "--sandbox-faults", "aws"]);
        let reader = wait_for(&mut run, "[60/");
        let sent = Instant::now();
        send(signal, &run);
        let ran = Ran::end("apply, interrupted", run).exits(code).says("interrupted").says("not started");
        assert!(sent.elapsed() < SOON, "{:?}", sent.elapsed());
        drop(reader);
        let done = ran.stdout.lines().rev().find_map(|line| line.strip_prefix("Applied: ")).map(str::to_owned);
        let done = done.unwrap_or_else(|| panic!("no last line in {ran}"));
        let added: usize = done.split(' ').next().and_then(|word| word.parse().ok()).expect("a number");
        assert!((60..330).contains(&added), "{done}");
        // What was begun and not finished is told as such: log groups without their retention yet.
        let half = ran.stdout.matches("interrupted half-way").count();
        let plan = desk.run(&["plan", "--format", "json"]).exits(0);
        let begun = plan.changes().into_values().filter(|change| change != "create").count();
        assert_eq!(plan.changes().len(), 330 - added, "what is said to be done is done\n{ran}");
        assert_eq!(half, begun, "what is begun is said\n{ran}");
    }

    #[test]
    fn an_interrupt_ends_the_run_in_order() {
        interrupted("-INT", 130);
    }

    #[test]
    fn a_termination_ends_the_run_in_order() {
        interrupted("-TERM", 143);
    }

    /// Before the program listens, while it reads, writes and reads back, and after it has ended.
    #[test]
    fn signalled_at_any_moment_the_next_run_finishes_the_work() {
        let (whole, moments) = (undisturbed(), moments());
        for_each(moments, |moment| {
            let desk = lab();
            let (at, signal) = (whole * moment / moments, if moment % 2 == 0 { "-INT" } else { "-TERM" });
            let mut run = desk.start(&["apply", "--yes", "--sandbox-faults", LATENCY]);
            thread::sleep(at);
            send(signal, &run);
            run.wait().expect("it ends");
            desk.run(&["apply", "--yes", "--sandbox-faults", LATENCY]).exits(0);
            is_whole(&desk, 1, &format!("{signal} after {at:?} of {whole:?}"));
        });
    }

    #[test]
    fn an_interrupt_does_not_wait_for_an_answer_that_does_not_come() {
        let desk = lab();
        desk.run(&["plan", "--out", "lab.plan"]).exits(0);
        let mut run = desk.start(&["apply", "--yes", "--sandbox-faults", "kill-after=1"]);
        let reader = wait_for(&mut run, "applying");
        thread::sleep(Duration::from_millis(500));
        let sent = Instant::now();
        send("-INT", &run);
        Ran::end("apply, interrupted", run).exits(130).says("interrupted");
        assert!(sent.elapsed() < SOON, "{:?}", sent.elapsed());
        drop(reader);
        desk.run(&["apply", "--yes"]).exits(0);
        is_whole(&desk, 1, "after an interrupt without answers");
    }

    #[test]
    fn an_interrupt_while_reading_changes_nothing() {
        let desk = lab();
        let run = desk.start(&["apply", "--yes", "--sandbox-faults", "latency=60s"]);
        thread::sleep(Duration::from_millis(500));
        let sent = Instant::now();
        send("-TERM", &run);
        let ran = Ran::end("apply, interrupted", run).exits(143);
        assert!(sent.elapsed() < SOON, "{:?}", sent.elapsed());
        assert_eq!((ran.stdout.as_str(), desk.confirmations()), ("", 0));
    }

    #[test]
    fn a_second_signal_ends_the_run_at_once() {
        let desk = lab();
        let run = desk.start(&["apply", "--yes", "--sandbox-faults", "latency=60s"]);
        thread::sleep(Duration::from_millis(500));
        send("-INT", &run);
        thread::sleep(Duration::from_millis(100));
        let sent = Instant::now();
        send("-INT", &run);
        Ran::end("apply, interrupted twice", run).exits(130);
        assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
    }
}
