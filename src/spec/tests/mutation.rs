//! 100,000 specs that are almost right: none makes the reader panic, hang, or take long.

use super::*;
use fastrand::Rng;
use std::time::{Duration, Instant};

const ROUNDS: usize = 100_000;
const EXTREMES: [&str; 14] = [
    "0",
    "-1",
    "99999999999999999999",
    "1e999",
    "-0",
    ".inf",
    ".nan",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "0x10",
    "1_000",
    "null",
    "\u{1F600}",
];
const BITS: [&str; 20] = [
    "${", "}", "${a}", "$${", "\"", "'", "[", "]", "{", "}", ": ", "- ", "#", "&a ", "*a", "!t ", "|\n", "\t",
    "\u{feff}", "<<: *a",
];

/// Small right specs and small wrong ones, which together have every form.
fn seeds() -> [Vec<String>; 2] {
    let read = |folder: &str, limit: usize| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        let mut texts: Vec<String> = paths.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        texts.retain(|text| text.len() < limit);
        texts.sort();
        texts
    };
    [[read("tests/corpus/good", 2_000), read("examples", 2_000)].concat(), read("tests/corpus/bad", 700)]
}

fn mutated(seed: &str, rng: &mut Rng) -> String {
    let mut bytes = seed.as_bytes().to_vec();
    for _ in 0..rng.usize(1..3) {
        if bytes.is_empty() {
            break;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let at = rng.usize(0..lines.len().max(1)).min(lines.len().saturating_sub(1));
        let replaced;
        match rng.u8(0..9) {
            0 => {
                let at = rng.usize(0..bytes.len());
                bytes[at] ^= 1 << rng.u8(0..8);
                continue;
            }
            1 => drop(lines.remove(at)),
            2 => lines.insert(at, lines[at]),
            3 => {
                let other = rng.usize(0..lines.len());
                lines.swap(at, other);
            }
            4 => {
                replaced = format!("{}{}", " ".repeat(rng.usize(0..8)), lines[at].trim_start());
                lines[at] = &replaced;
            }
            5 => {
                let line = lines[at];
                let digit = line.find(|c: char| c.is_ascii_digit()).unwrap_or(line.len());
                replaced = format!(
                    "{}{}{}",
                    &line[..digit],
                    rng.choice(EXTREMES).unwrap_or("0"),
                    line[digit..].trim_start_matches(|c: char| c.is_ascii_digit())
                );
                lines[at] = &replaced;
            }
            6 => {
                let (from, other) = (lines[at], lines[rng.usize(0..lines.len())]);
                let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
                replaced = from.replacen(&key(from), &key(other), 1);
                lines[at] = &replaced;
            }
            7 => {
                let mut cut = rng.usize(0..=text.len());
                while !text.is_char_boundary(cut) {
                    cut -= 1;
                }
                bytes = [&text[..cut], rng.choice(BITS).unwrap_or(""), &text[cut..]].concat().into_bytes();
                continue;
            }
            _ => {
                let from = rng.usize(0..bytes.len());
                bytes.truncate(from);
                continue;
            }
        }
        bytes = lines.concat().into_bytes();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_hundred_thousand_mutations_are_read_or_refused() {
    let seeds = seeds();
    let shares = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(4);
    let (read, slowest) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..shares)
            .map(|share| {
                scope.spawn({
                    let seeds = &seeds;
                    move || share_of(seeds, share, shares)
                })
            })
            .collect();
        let results = workers.into_iter().map(|worker| worker.join().unwrap());
        results.fold((0, Duration::ZERO), |(read, slow), (r, s)| (read + r, slow.max(s)))
    });
    // Neither everything nor nothing: the mutations are near the edge.
    assert!((ROUNDS / 20..ROUNDS / 2).contains(&read), "{read} of {ROUNDS} are right");
    assert!(slowest < Duration::from_millis(50), "{slowest:?}");
}

/// Every `shares`-th mutation, each made from its own number, so that the threads' number changes nothing. A spec that
/// seems slow is read again, since another process may have had the core.
fn share_of(seeds: &[Vec<String>; 2], share: usize, shares: usize) -> (usize, Duration) {
    let (mut read, mut slowest) = (0, Duration::ZERO);
    for round in (share..ROUNDS).step_by(shares) {
        let mut rng = Rng::with_seed(round as u64);
        let seed = rng.choice(&seeds[round % 2]).map_or("", String::as_str).to_owned();
        let text = mutated(&seed, &mut rng);
        let once = || {
            let start = Instant::now();
            let right = match parse("mutated.yaml", &text).and_then(|spec| spec.bind(&BTreeMap::new())) {
                Ok(_) => true,
                Err(error) => {
                    let shown = error.to_string();
                    assert!(shown.contains("mistake") && !error.problems().is_empty(), "{shown}");
                    false
                }
            };
            (right, start.elapsed())
        };
        let (right, mut time) = once();
        for _ in 0..3 {
            if time > Duration::from_millis(40) {
                time = time.min(once().1);
            }
        }
        read += usize::from(right);
        slowest = slowest.max(time);
    }
    (read, slowest)
}
