//! Random composite alarms with suppressors, and what they do second by second (user guide, "Composite alarms" and "Suppressing composite
//! alarm actions").

use super::draw::Draw;
use mlops_cloudwatch::evaluation::composite::replay;
use mlops_cloudwatch::evaluation::suppression::{ActionsSuppressor, actions};
use mlops_cloudwatch::evaluation::timeline::{Timeline, TimelineChange};
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

const LENGTH: i64 = 120;
const NAMES: [&str; 4] = ["a", "b", "c", "suppressor"];

#[derive(Debug)]
pub struct DrawnComposite {
    /// Of each alarm when it changes, and to what; each begins in OK.
    changes: [Vec<(i64, AlarmState)>; 4],
    rule: Node,
    wait: i64,
    extension: i64,
}

#[derive(Debug)]
enum Node {
    Is(AlarmState, usize),
    Constant(bool),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    AtLeast(i64, AlarmState),
}

/// What the composite alarm did: its changes, and when actions ran for which state.
#[derive(Debug, PartialEq)]
pub struct Acted {
    pub changes: Vec<(i64, AlarmState)>,
    pub ran: Vec<(i64, AlarmState)>,
}

impl Node {
    fn new(draw: &mut Draw, depth: i64) -> Node {
        let state = |draw: &mut Draw| {
            draw.one(&[AlarmState::Alarm, AlarmState::Alarm, AlarmState::Ok, AlarmState::InsufficientData])
        };
        if depth == 0 || draw.chance(40) {
            return match draw.number(0, 9) {
                0 => Node::Constant(draw.chance(50)),
                1 | 2 => Node::AtLeast(draw.number(1, 3), state(draw)),
                _ => Node::Is(state(draw), draw.number(0, 2) as usize),
            };
        }
        let inner = |draw: &mut Draw| Box::new(Node::new(draw, depth - 1));
        match draw.number(0, 2) {
            0 => Node::Not(inner(draw)),
            1 => Node::And(inner(draw), inner(draw)),
            _ => Node::Or(inner(draw), inner(draw)),
        }
    }

    fn text(&self) -> String {
        match self {
            Node::Is(state, alarm) => format!("{}(\"{}\")", state.word(), NAMES[*alarm]),
            Node::Constant(true) => "TRUE".to_owned(),
            Node::Constant(false) => "FALSE".to_owned(),
            Node::Not(inner) => format!("NOT ({})", inner.text()),
            Node::And(left, right) => format!("({}) AND ({})", left.text(), right.text()),
            Node::Or(left, right) => format!("({}) OR ({})", left.text(), right.text()),
            Node::AtLeast(count, state) => format!("AT_LEAST({count}, {}, (a, b, c))", state.word()),
        }
    }

    fn holds(&self, states: &[AlarmState; 4]) -> bool {
        match self {
            Node::Is(state, alarm) => states[*alarm] == *state,
            Node::Constant(truth) => *truth,
            Node::Not(inner) => !inner.holds(states),
            Node::And(left, right) => left.holds(states) && right.holds(states),
            Node::Or(left, right) => left.holds(states) || right.holds(states),
            Node::AtLeast(count, state) => states[..3].iter().filter(|one| *one == state).count() as i64 >= *count,
        }
    }
}

/// What keeps actions from running.
#[derive(Clone, Copy, PartialEq)]
enum Hold {
    Until(i64),
    WhileSuppressed,
}

impl DrawnComposite {
    pub fn new(draw: &mut Draw) -> Self {
        let mut alarm = |often: i64| {
            let (mut at, mut changes) = (0, Vec::new());
            loop {
                at += draw.number(1, often);
                if at > LENGTH {
                    return changes;
                }
                changes.push((at, draw.one(&AlarmState::ALL)));
            }
        };
        let changes = [alarm(40), alarm(30), alarm(20), alarm(30)];
        Self { changes, rule: Node::new(draw, 2), wait: draw.number(0, 12), extension: draw.number(0, 15) }
    }

    pub fn by_the_crate(&self) -> Acted {
        let timeline = |n: usize| {
            let mut timeline = Timeline::new(0, LENGTH, AlarmState::Ok);
            self.changes[n].iter().for_each(|(at, to)| {
                timeline.put(*at, *to);
            });
            timeline
        };
        let children: BTreeMap<String, Timeline> = (0..4).map(|n| (NAMES[n].to_owned(), timeline(n))).collect();
        let composite = replay(&self.rule.text(), &children, 0, LENGTH).unwrap();
        let states = &children["suppressor"];
        let suppressor = ActionsSuppressor { states, wait: self.wait, extension: self.extension };
        let mut ran: Vec<(i64, AlarmState)> = actions(&composite, Some(suppressor))
            .into_iter()
            .filter_map(|action| Some((action.ran?, action.state)))
            .collect();
        ran.sort_by_key(|(at, _)| *at);
        Acted { changes: composite.changes.iter().map(|TimelineChange { at, to }| (*at, *to)).collect(), ran }
    }

    /// Second by second: the alarms change, the suppressor first; the composite alarm follows; then what held actions back may be over.
    pub fn by_the_clock(&self) -> Acted {
        let mut states = [AlarmState::Ok; 4];
        let composite =
            |states: &[AlarmState; 4]| if self.rule.holds(states) { AlarmState::Alarm } else { AlarmState::Ok };
        let mut state = composite(&states);
        let (mut changes, mut ran, mut hold) = (Vec::new(), Vec::new(), None::<Hold>);
        for now in 0..=LENGTH {
            let suppressed = states[3] == AlarmState::Alarm;
            for (alarm, own) in self.changes.iter().enumerate() {
                own.iter().filter(|(at, _)| *at == now).for_each(|(_, to)| states[alarm] = *to);
            }
            let in_alarm = states[3] == AlarmState::Alarm;
            if hold.is_some() && suppressed != in_alarm {
                hold = Some(if in_alarm { Hold::WhileSuppressed } else { Hold::Until(now + self.extension) });
            }
            if composite(&states) != state {
                state = composite(&states);
                changes.push((now, state));
                hold = Some(if in_alarm { Hold::WhileSuppressed } else { Hold::Until(now + self.wait) });
            }
            if hold == Some(Hold::Until(now)) {
                ran.push((now, state));
                hold = None;
            }
        }
        Acted { changes, ran }
    }
}
