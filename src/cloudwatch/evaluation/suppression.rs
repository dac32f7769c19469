//! When the actions of a change of state run, and which of them a suppressor holds back (user guide, "Suppressing composite alarm
//! actions"). Knows states and times, not what an action is.

use super::timeline::{Timeline, TimelineChange};
use crate::state::AlarmState;

/// A change of state and its actions.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionActions {
    pub changed: i64,
    pub state: AlarmState,
    /// When the actions ran; `None` where they were suppressed for good.
    pub ran: Option<i64>,
}

/// The suppressor of a composite alarm; its periods are seconds.
#[derive(Debug, Clone, Copy)]
pub struct ActionsSuppressor<'a> {
    pub states: &'a Timeline,
    pub wait: i64,
    pub extension: i64,
}

/// What holds actions back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressedBy {
    /// The suppressor is in ALARM: for as long as it stays there.
    Alarm,
    WaitPeriod,
    ExtensionPeriod,
}

impl SuppressedBy {
    /// What holds a change of the composite alarm's state back; the wait or extension that held an earlier one is discarded
    /// (examples 3 and 6).
    pub fn after_change(suppressor_in_alarm: bool) -> Self {
        if suppressor_in_alarm { SuppressedBy::Alarm } else { SuppressedBy::WaitPeriod }
    }

    /// What goes on holding actions back after the suppressor went into ALARM or left it (examples 2 and 5).
    pub fn after_suppressor(in_alarm: bool) -> Self {
        if in_alarm { SuppressedBy::Alarm } else { SuppressedBy::ExtensionPeriod }
    }
}

/// The actions of each change. When a wait or an extension is over, the actions for the state that then holds run, whatever ran
/// before. Not documented: of what happens at one moment the suppressor comes first, then the composite alarm, then the end of a
/// period ("if a suppressor alarm changes within 60 seconds, set WaitPeriod to 60 seconds").
pub fn actions(composite: &Timeline, suppressor: Option<ActionsSuppressor<'_>>) -> Vec<TransitionActions> {
    let of = |change: &TimelineChange| TransitionActions { changed: change.at, state: change.to, ran: None };
    let mut actions: Vec<TransitionActions> = composite.changes.iter().map(of).collect();
    let Some(ActionsSuppressor { states, wait, extension }) = suppressor else {
        actions.iter_mut().for_each(|action| action.ran = Some(action.changed));
        return actions;
    };
    let switches = switches(states);
    let until = composite.until;
    for n in 0..actions.len() {
        let changed = actions[n].changed;
        let next = actions.get(n + 1).map_or(i64::MAX, |next| next.changed);
        let in_alarm = states.at(changed) == AlarmState::Alarm;
        let end = |by: SuppressedBy, at: i64| match by {
            SuppressedBy::Alarm => i64::MAX,
            SuppressedBy::WaitPeriod => at + wait,
            SuppressedBy::ExtensionPeriod => at + extension,
        };
        let mut due = end(SuppressedBy::after_change(in_alarm), changed);
        for (at, in_alarm) in switches.iter().filter(|(at, _)| *at > changed) {
            if *at > due || *at > next {
                break;
            }
            due = end(SuppressedBy::after_suppressor(*in_alarm), *at);
        }
        actions[n].ran = (due < next && due <= until).then_some(due);
    }
    actions
}

/// When a suppressor goes into ALARM (true) and leaves it.
fn switches(states: &Timeline) -> Vec<(i64, bool)> {
    let mut in_alarm = states.start == AlarmState::Alarm;
    let switch = |change: &TimelineChange| {
        let before = std::mem::replace(&mut in_alarm, change.to == AlarmState::Alarm);
        (before != in_alarm).then_some((change.at, in_alarm))
    };
    states.changes.iter().filter_map(switch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use AlarmState::{Alarm as A, Ok as O};

    fn timeline(changes: &[(i64, AlarmState)]) -> Timeline {
        let changes = changes.iter().map(|(at, to)| TimelineChange { at: *at, to: *to }).collect();
        Timeline { changes, ..Timeline::new(0, 100, O) }
    }

    /// When the actions ran, and for which state.
    fn ran(composite: &[(i64, AlarmState)], states: &[(i64, AlarmState)], wait: i64, extension: i64) -> String {
        let states = timeline(states);
        let suppressor = ActionsSuppressor { states: &states, wait, extension };
        let found = actions(&timeline(composite), Some(suppressor));
        let ran = found.iter().filter_map(|action| Some(format!("{}@{}", action.state.word(), action.ran?)));
        ran.collect::<Vec<_>>().join(" ")
    }

    /// The user guide's six, with its WaitPeriod of 2 and ExtensionPeriod of 3, and its moments.
    #[test]
    fn the_documented_examples() {
        for (example, composite, suppressor, expected) in [
            (1, &[(2, A)][..], &[][..], "ALARM@4"),
            (2, &[(2, A)], &[(3, A)], ""),
            (3, &[(2, A), (3, O)], &[], "OK@5"),
            (4, &[(2, A)], &[(1, A)], ""),
            (5, &[(2, A)], &[(3, A), (6, O)], "ALARM@9"),
            (6, &[(2, A), (7, O)], &[(3, A), (6, O)], "OK@9"),
        ] {
            assert_eq!(ran(composite, suppressor, 2, 3), expected, "example {example}");
        }
    }

    #[test]
    fn what_follows_from_the_examples() {
        for (why, composite, suppressor, (wait, extension), expected) in [
            ("a long extension is discarded, too", &[(2, A), (7, O)][..], &[(3, A), (6, O)][..], (2, 10), "OK@9"),
            (
                "OK while suppressed runs after the extension",
                &[(2, A), (10, O)],
                &[(9, A), (14, O)],
                (2, 3),
                "ALARM@4 OK@17",
            ),
            ("OK within the extension waits", &[(2, A), (12, O)], &[(9, A), (11, O)], (2, 10), "ALARM@4 OK@14"),
            ("after an ALARM that was held for good", &[(10, A), (40, O)], &[(12, A), (50, O)], (5, 10), "OK@60"),
            (
                "the suppressor is there first and leaves",
                &[(10, A), (60, O)],
                &[(5, A), (20, O)],
                (5, 10),
                "ALARM@30 OK@65",
            ),
            ("the suppressor comes too late", &[(10, A), (60, O)], &[(16, A)], (5, 10), "ALARM@15"),
            ("it comes at the end of the wait", &[(10, A)], &[(15, A)], (5, 10), ""),
            (
                "it comes again within the extension",
                &[(10, A)],
                &[(12, A), (20, O), (25, A), (40, O)],
                (5, 10),
                "ALARM@50",
            ),
            ("no periods at all", &[(10, A), (20, O)], &[(15, A), (30, O)], (0, 0), "ALARM@10 OK@30"),
            ("past the end nothing is known", &[(98, A)], &[], (5, 10), ""),
        ] {
            assert_eq!(ran(composite, suppressor, wait, extension), expected, "{why}");
        }
        let free = actions(&timeline(&[(5, A), (7, O)]), None);
        assert_eq!(free.iter().map(|action| action.ran).collect::<Vec<_>>(), [Some(5), Some(7)]);
    }
}
