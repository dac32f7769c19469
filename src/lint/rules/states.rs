//! What a composite alarm's rule can be, over every combination of its alarms' states.

use mlops_cloudwatch::rule;
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

/// Rules over more alarms are not looked at: their combinations are too many.
const MOST_ALARMS: usize = 9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateVerdict {
    Never,
    Always,
    Sometimes,
}

/// `None` where the rule cannot be read or has too many alarms.
pub fn verdict(text: &str) -> Option<StateVerdict> {
    let rule = rule::parse(text).ok()?;
    let alarms = rule.alarms();
    let combinations =
        3_usize.checked_pow(u32::try_from(alarms.len()).ok()?).filter(|_| alarms.len() <= MOST_ALARMS)?;
    let (mut fires, mut rests) = (false, false);
    for n in 0..combinations {
        let mut rest = n;
        let states = alarms.iter().map(|name| {
            let state = AlarmState::ALL[rest % 3];
            rest /= 3;
            (*name, state)
        });
        let states: BTreeMap<&str, AlarmState> = states.collect();
        let holds = rule.holds(&|name| states.get(name).copied());
        (fires, rests) = (fires || holds, rests || !holds);
        if fires && rests {
            return Some(StateVerdict::Sometimes);
        }
    }
    Some(if fires { StateVerdict::Always } else { StateVerdict::Never })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_states_is_tried() {
        for (rule, expected) in [
            ("ALARM(a) AND OK(a)", StateVerdict::Never),
            ("ALARM(a) OR NOT ALARM(a)", StateVerdict::Always),
            ("FALSE", StateVerdict::Never),
            ("ALARM(a) AND OK(b)", StateVerdict::Sometimes),
            ("AT_LEAST(2, ALARM, (a, b)) AND OK(b)", StateVerdict::Never),
            ("AT_LEAST(50%, NOT ALARM, (a, b)) OR AT_LEAST(2, ALARM, (a, b))", StateVerdict::Always),
            ("ALARM(a) OR OK(a)", StateVerdict::Sometimes),
            ("ALARM(a) OR OK(a) OR INSUFFICIENT_DATA(a)", StateVerdict::Always),
        ] {
            assert_eq!(verdict(rule), Some(expected), "{rule}");
        }
        let many: Vec<String> = (0..=MOST_ALARMS).map(|n| format!("ALARM(a{n})")).collect();
        assert_eq!(verdict(&many.join(" OR ")), None);
    }
}
