//! Mutes that a command begins and that end by themselves: rules of one window, which belong to no stack. Their tags say that they are
//! such, their description says who made them and why.

use super::MuteRule;
use crate::resources::tag::allowed;
use crate::resources::{ResourceTags, child, mark};
use mlops_cloudwatch::schedule::minute_text;

/// Tag of a rule that a command made; its value is the command.
pub const MADE_BY: &str = "mlopsctl:mute";
/// Tag of the same that says who ran the command.
pub const MUTED_BY: &str = "mlopsctl:muted-by";
/// Characters of a reason, at most: AWS allows 1024 for the description.
pub const LONGEST_WHY: usize = 500;
/// PT1M to P15D (CloudWatch API reference, Schedule).
pub const LONGEST: i64 = 15 * 86_400;

const MINUTE: i64 = 60;
/// CloudWatch API reference, MuteTargets.
const MOST_ALARMS: usize = 100;
const LONGEST_BY: usize = 400;
const LONGEST_TAG: usize = 256;
/// Hexadecimal digits that tell the mutes of one minute apart.
const DIGITS: usize = 8;
const BY: &str = " [muted by ";
const END: &str = "]";

/// The command that made a mute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MuteOrigin {
    /// `mlopsctl mute`.
    Mute,
    /// `mlopsctl apply --mute`.
    Apply,
}

impl MuteOrigin {
    pub fn word(self) -> &'static str {
        match self {
            MuteOrigin::Mute => "mute",
            MuteOrigin::Apply => "apply",
        }
    }

    /// Reads it from a rule's tags; `None` of a rule that no command made, and of one that a stack has taken over.
    pub fn of_tags(tags: &ResourceTags) -> Option<Self> {
        let own = tags.get(MADE_BY).filter(|_| !tags.contains_key(mark::STACK))?;
        [MuteOrigin::Mute, MuteOrigin::Apply].into_iter().find(|origin| origin.word() == own)
    }
}

/// Whether a name may be of a mute that a command began; its tags say whether it is.
pub fn is_temporary_name(name: &str) -> bool {
    [MuteOrigin::Mute, MuteOrigin::Apply].iter().any(|origin| name.starts_with(&prefix(*origin)))
}

fn prefix(origin: MuteOrigin) -> String {
    format!("mlopsctl-{}-", origin.word())
}

/// Who is behind a mute, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MuteReason {
    /// The caller's ARN.
    pub by: String,
    pub why: String,
}

impl MuteReason {
    /// Reads the description of a rule that a command made; `None` of any other text.
    pub fn parse(description: &str) -> Option<Self> {
        let (why, by) = description.strip_suffix(END)?.rsplit_once(BY)?;
        Some(Self { by: by.to_owned(), why: why.to_owned() })
    }

    /// The description of the rule.
    fn text(&self) -> String {
        let why: String = self.why.chars().take(LONGEST_WHY).collect();
        let by: String = self.by.chars().take(LONGEST_BY).collect();
        format!("{why}{BY}{by}{END}")
    }
}

/// A mute from one full minute to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemporaryMute {
    pub origin: MuteOrigin,
    /// In order, each once.
    pub alarms: Vec<String>,
    /// Seconds since 1970.
    pub from: i64,
    pub until: i64,
    pub reason: MuteReason,
}

impl TemporaryMute {
    /// From the minute of `now` until the first full minute that is not before `until`; no longer than AWS allows.
    pub fn new(origin: MuteOrigin, mut alarms: Vec<String>, now: i64, until: i64, reason: MuteReason) -> Self {
        alarms.sort();
        alarms.dedup();
        let from = now.div_euclid(MINUTE) * MINUTE;
        let end = (until + MINUTE - 1).div_euclid(MINUTE) * MINUTE;
        Self { origin, alarms, from, until: end.clamp(from + MINUTE, from + LONGEST), reason }
    }

    /// The rules that make it, each of no more alarms than AWS takes. The same mute has the same names, another one has others. A rule
    /// of one window ends for good with it, also where nobody takes it away; AWS takes no ExpireDate beside `at(...)`.
    pub fn rules(&self) -> Vec<MuteRule> {
        let minute = minute_text(self.from).replace(['-', ':'], "");
        let own: String = self.alarms.iter().map(|name| format!("{name}\n")).collect();
        let own = child::hex(&format!("{}\n{}\n{own}", self.until, self.reason.text()), DIGITS);
        let by: String = self.reason.by.chars().map(|c| if allowed(c) { c } else { '-' }).take(LONGEST_TAG).collect();
        let tags = [(MADE_BY, self.origin.word().to_owned()), (MUTED_BY, by)];
        let tags: ResourceTags = tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let rule = |(at, alarms): (usize, &[String])| MuteRule {
            name: format!("{}{minute}-{own}-{}", prefix(self.origin), at + 1),
            description: Some(self.reason.text()),
            expression: format!("at({})", minute_text(self.from)),
            duration: self.until - self.from,
            alarms: alarms.to_vec(),
            tags: tags.clone(),
            ..MuteRule::default()
        };
        self.alarms.chunks(MOST_ALARMS).enumerate().map(rule).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday 22 November 2026, 10:00:30 UTC.
    const NOW: i64 = 1_795_341_630;

    fn mute(alarms: usize, seconds: i64, why: &str) -> TemporaryMute {
        let alarms = (0..alarms).map(|n| format!("alarm-{n:03}")).collect();
        let reason = MuteReason { by: "arn:aws:sts::123456789012:assumed-role/Lab/ana,b".into(), why: why.into() };
        TemporaryMute::new(MuteOrigin::Mute, alarms, NOW, NOW + seconds, reason)
    }

    #[test]
    fn a_mute_lasts_from_this_minute_to_the_end_of_the_last_one() {
        for (seconds, duration) in [(7_200, 7_260), (7_170, 7_200), (1, 60), (-90, 60), (15 * 86_400, 15 * 86_400)] {
            let mute = mute(1, seconds, "x");
            assert_eq!(mute.from, NOW - 30);
            assert_eq!(mute.until - mute.from, duration, "{seconds}");
        }
        let [rule] = &mute(1, 7_170, "x").rules()[..] else { panic!("one rule") };
        assert_eq!((rule.expression.as_str(), rule.duration), ("at(2026-11-22T10:00)", 7_200));
        assert_eq!((rule.start_date, rule.expire_date, &rule.timezone), (None, None, &None));
    }

    #[test]
    fn many_alarms_are_several_rules_and_no_alarm_is_lost() {
        let mute = mute(250, 600, "deploying");
        let rules = mute.rules();
        assert_eq!(rules.iter().map(|rule| rule.alarms.len()).collect::<Vec<_>>(), [100, 100, 50]);
        assert_eq!(rules.iter().flat_map(|rule| rule.alarms.clone()).collect::<Vec<_>>(), mute.alarms);
        assert!(rules.iter().all(|rule| rule.name.starts_with("mlopsctl-mute-20261122T1000-")));
        assert_eq!(mute.rules(), rules);
    }

    #[test]
    fn two_mutes_of_one_minute_are_two_rules() {
        let name = |mute: TemporaryMute| mute.rules()[0].name.clone();
        let names = [mute(1, 600, "a"), mute(2, 600, "a"), mute(1, 660, "a"), mute(1, 600, "b")].map(name);
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{names:?}");
    }

    #[test]
    fn who_and_why_are_read_back_from_the_rule() {
        for why in ["deploying", "[muted by nobody]", "", "a [muted by b] c"] {
            let rules = mute(1, 600, why).rules();
            let [rule] = &rules[..] else { panic!("one rule") };
            let read = rule.description.as_deref().and_then(MuteReason::parse).expect("it is ours");
            assert_eq!(
                (read.why.as_str(), read.by.as_str()),
                (why, "arn:aws:sts::123456789012:assumed-role/Lab/ana,b")
            );
            assert_eq!(rule.tags[MUTED_BY], "arn:aws:sts::123456789012:assumed-role/Lab/ana-b");
            assert_eq!(MuteOrigin::of_tags(&rule.tags), Some(MuteOrigin::Mute));
        }
        let long = mute(1, 600, &"w".repeat(2_000)).rules();
        assert!(long[0].description.as_ref().is_some_and(|text| text.chars().count() <= 1_024));
        assert_eq!(MuteReason::parse("The build restarts everything"), None);
    }

    #[test]
    fn what_a_stack_owns_is_no_mute_of_a_command() {
        let mut tags = mute(1, 600, "x").rules()[0].tags.clone();
        tags.insert(mark::STACK.to_owned(), "lab9".to_owned());
        assert_eq!(MuteOrigin::of_tags(&tags), None);
        assert_eq!(MuteOrigin::of_tags(&ResourceTags::new()), None);
    }
}
