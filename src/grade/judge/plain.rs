//! The tests that are not about alarms: topics, subscriptions, logs, functions, metrics, addresses.

use super::reach::{self, door, is_wanted};
use super::{Part, TestOutcome, plain_number, whose};
use crate::grade::book::{Remark, cents};
use crate::grade::facts::{ExistingTopic, RegionFacts, SubscribedEndpoint};
use crate::grade::mistake::Mistake;
use crate::grade::rubric::{HttpTest, LogsOf, Range, RequirementKind, RubricTest, Whom};
use crate::model::duration::format_seconds;
use crate::resources::ConfirmationState;
use serde_json::Value;

pub fn topic(test: &RubricTest, name: Option<&str>, publishable: bool, facts: &RegionFacts) -> TestOutcome {
    let topics = match &facts.topics {
        Ok(topics) => topics,
        Err(why) => return TestOutcome::unread(why),
    };
    let right = |topic: &&ExistingTopic| name.is_none_or(|name| topic.name == name);
    let judged = topics.values().filter(right).map(|topic| {
        let mut parts = vec![("exists", Part::Holds)];
        if publishable {
            parts.push(("publishable", door(topic)));
        }
        TestOutcome::of_parts(test, parts, vec![format!("topic {}", topic.name)])
    });
    let best = judged.reduce(|best, next| if (next.low, next.high) > (best.low, best.high) { next } else { best });
    best.unwrap_or_else(|| {
        let region = &facts.target.region;
        let wanted = name.map_or_else(|| "SNS topic".to_owned(), |name| format!("SNS topic {name}"));
        let what = format!("there is no {wanted} in {region}");
        let create = format!("SNS > Topics > Create topic, type Standard, in {region}");
        let there = facts.elsewhere.iter().find_map(|(other, found)| {
            let fits = |topic: &&String| name.is_none_or(|name| *topic == name);
            Some((other, found.topics.iter().find(fits)?))
        });
        TestOutcome::nothing(match there {
            Some((other, topic)) => {
                let what = format!("{what}; in {other} there is one ({topic}): the wrong region");
                Remark::new(Mistake::WrongRegion, what, create)
            }
            None => Remark::new(Mistake::NoTopic, what, create),
        })
    })
}

pub fn subscription(
    test: &RubricTest,
    protocol: Option<&str>,
    endpoint: Option<&str>,
    confirmed: bool,
    facts: &RegionFacts,
) -> TestOutcome {
    let topics = match &facts.topics {
        Ok(topics) => topics,
        Err(why) => return TestOutcome::unread(why),
    };
    let whom = Whom { protocol: protocol.map(str::to_owned), endpoint: endpoint.map(str::to_owned) };
    let all = || topics.values().flat_map(|topic| topic.subscriptions.iter().map(move |s| (topic, s)));
    let wanted: Vec<(&ExistingTopic, &SubscribedEndpoint)> = all().filter(|(_, s)| is_wanted(s, &whom)).collect();
    if wanted.is_empty() {
        return TestOutcome::nothing(not_subscribed(&whom, all().next(), facts));
    }
    let found = wanted.iter().map(|(topic, s)| {
        let state = match s.confirmation {
            ConfirmationState::Confirmed => "confirmed",
            ConfirmationState::Pending => "not confirmed",
            ConfirmationState::Lost => "unsubscribed",
        };
        format!("{} is subscribed to {} ({state})", s.endpoint, topic.name)
    });
    let found = found.collect();
    let mut parts = vec![("exists", Part::Holds)];
    if confirmed {
        let holds = wanted.iter().any(|(_, s)| s.confirmation == ConfirmationState::Confirmed);
        let topic = wanted.first().map(|(topic, _)| topic.name.as_str()).unwrap_or_default();
        let part = Part::when(holds, || reach::unconfirmed(wanted.iter().map(|(_, s)| *s), topic));
        parts.push(("confirmed", part));
    }
    TestOutcome::of_parts(test, parts, found)
}

fn not_subscribed(whom: &Whom, other: Option<(&ExistingTopic, &SubscribedEndpoint)>, facts: &RegionFacts) -> Remark {
    let who = whom.endpoint.as_deref().unwrap_or("nobody");
    let protocol = whom.protocol.as_ref().map(|protocol| format!(" by {protocol}")).unwrap_or_default();
    let what = match whom.endpoint {
        Some(_) => format!("{who} is not subscribed to a topic{protocol}"),
        None => format!("nobody is subscribed to a topic{protocol}"),
    };
    let mend = format!(
        "SNS > Topics > your topic > Create subscription{}",
        whom.endpoint.as_ref().map(|endpoint| format!(": {endpoint}")).unwrap_or_default()
    );
    if let Some((topic, other)) = other {
        let what = format!("{what}: {} notifies {} ({})", topic.name, other.endpoint, other.protocol);
        return Remark::new(Mistake::OtherSubscriber, what, mend);
    }
    let there = facts.elsewhere.iter().find_map(|(other, found)| Some((other, found.topics.first()?)));
    match there {
        Some((other, topic)) if facts.topics.as_ref().is_ok_and(|topics| topics.is_empty()) => {
            let what =
                format!("{what} in {}; in {other} there is a topic ({topic}): the wrong region", facts.target.region);
            Remark::new(Mistake::WrongRegion, what, mend)
        }
        _ => Remark::new(Mistake::NobodySubscribed, what, mend),
    }
}

pub fn retention(test: &RubricTest, of: &LogsOf, days: Range, facts: &RegionFacts) -> TestOutcome {
    let group = match of {
        LogsOf::Group(name) => name,
        LogsOf::Function(function) => match facts.functions.get(function) {
            Some(Ok(Some(configuration))) => &configuration.facts.log_group,
            Some(Ok(None)) | None => return TestOutcome::nothing(no_function(function, facts)),
            Some(Err(why)) => return TestOutcome::unread(why),
        },
    };
    let write = |days: f64| if days == 1.0 { "1 day".to_owned() } else { format!("{} days", plain_number(days)) };
    let wanted = days.words(write);
    let mend = format!("CloudWatch > Log groups > {group} > Edit retention setting: {wanted}");
    match facts.log_groups.get(group) {
        Some(Err(why)) => TestOutcome::unread(why),
        Some(Ok(None)) | None => {
            let what = format!("there is no log group {group}: the function has written no logs");
            TestOutcome::nothing(Remark::new(Mistake::NoLogGroup, what, "call the function, then set the retention"))
        }
        Some(Ok(Some(kept))) => {
            let policy =
                kept.policy.as_ref().map(|name| format!(" (by the account's policy {name})")).unwrap_or_default();
            let mend = match &kept.policy {
                Some(name) => {
                    format!("change or delete the account's retention policy {name}; the group's own does not count")
                }
                None => mend,
            };
            let part = match kept.days.map(f64::from) {
                None => {
                    let what = format!("the logs of {group} never expire, wanted {wanted}");
                    Part::fails(Remark::new(Mistake::KeptForEver, what, mend))
                }
                Some(found) if days.holds(found) => Part::Holds,
                Some(found) => {
                    let short = days.from.is_some_and(|from| found < from);
                    let mistake = if short { Mistake::KeptTooShort } else { Mistake::KeptTooLong };
                    let what = format!("the logs of {group} are kept {}{policy}, wanted {wanted}", write(found));
                    Part::fails(Remark::new(mistake, what, mend))
                }
            };
            let found = kept.days.map_or_else(|| "never expires".to_owned(), |days| write(f64::from(days)));
            TestOutcome::of_parts(
                test,
                vec![("retention", part)],
                vec![format!("retention of {group}: {found}{policy}")],
            )
        }
    }
}

fn no_function(name: &str, facts: &RegionFacts) -> Remark {
    let region = &facts.target.region;
    let what = format!("there is no function {name} in {region}");
    let there = facts.elsewhere.iter().find(|(_, found)| found.functions.contains(name)).map(|(other, _)| other);
    match there {
        Some(other) => {
            let what = format!("{what}; in {other} there is one: the wrong region");
            Remark::new(Mistake::WrongRegion, what, format!("deploy it to {region}"))
        }
        None => Remark::new(Mistake::NoFunction, what, format!("deploy it to {region}, or name it right")),
    }
}

pub fn function(test: &RubricTest, facts: &RegionFacts) -> TestOutcome {
    let RequirementKind::Function { name, runtimes, memory, timeout } = &test.kind else {
        return TestOutcome::default();
    };
    let configuration = match facts.functions.get(name) {
        Some(Ok(Some(configuration))) => configuration,
        Some(Ok(None)) | None => return TestOutcome::nothing(no_function(name, facts)),
        Some(Err(why)) => return TestOutcome::unread(why),
    };
    let mut parts = vec![("exists", Part::Holds)];
    let runtime = configuration.runtime.as_deref().unwrap_or("a container image");
    if !runtimes.is_empty() {
        let words = runtimes.join(" or ");
        let what = || format!("the runtime of {name} is {runtime}, wanted {words}");
        let right = runtimes.iter().any(|wanted| runtime.starts_with(wanted.as_str()));
        let part = Part::when(right, || Remark::new(Mistake::WrongRuntime, what(), format!("change it to {words}")));
        parts.push(("runtime", part));
    }
    if let Some(range) = memory {
        let found = configuration.facts.memory_mb;
        let wanted = range.words(|mb| format!("{} MB", plain_number(mb)));
        let what = || format!("the memory of {name} is {found} MB, wanted {wanted}");
        let part = Part::when(range.holds(f64::from(found)), || {
            Remark::new(Mistake::WrongMemory, what(), format!("set the memory to {wanted}"))
        });
        parts.push(("memory", part));
    }
    if let Some(range) = timeout {
        let found = configuration.facts.timeout_s;
        let wanted = range.words(|seconds| format_seconds(seconds as i64));
        let what = || format!("the timeout of {name} is {}, wanted {wanted}", format_seconds(found.into()));
        let part = Part::when(range.holds(f64::from(found)), || {
            Remark::new(Mistake::WrongTimeout, what(), format!("set the timeout to {wanted}"))
        });
        parts.push(("timeout", part));
    }
    let memory = configuration.facts.memory_mb;
    TestOutcome::of_parts(test, parts, vec![format!("function {name}: {runtime}, {memory} MB")])
}

pub fn metric(test: &RubricTest, facts: &RegionFacts) -> TestOutcome {
    let RequirementKind::Metric { metric, statistic, within, value, invocations } = &test.kind else {
        return TestOutcome::default();
    };
    if let Some(function) = test.kind.function() {
        match facts.functions.get(function) {
            Some(Ok(None)) | None => return TestOutcome::nothing(no_function(function, facts)),
            Some(Err(why)) => return TestOutcome::unread(why),
            Some(Ok(Some(_))) => {}
        }
    }
    let totals = match &facts.totals {
        Ok(totals) => totals,
        Err(why) => return TestOutcome::unread(why),
    };
    let wanted = test.kind.totals();
    let values: Vec<&[f64]> =
        wanted.iter().map(|total| totals.get(total).map(Vec::as_slice).unwrap_or_default()).collect();
    let sum = |n: usize| values.get(n).copied().unwrap_or_default().iter().sum::<f64>();
    let first = values.first().copied().unwrap_or_default();
    let found = match statistic.as_str() {
        _ if first.is_empty() => None,
        "Average" => (sum(1) > 0.0).then(|| sum(0) / sum(1)),
        "Minimum" => first.iter().copied().reduce(f64::min),
        "Maximum" => first.iter().copied().reduce(f64::max),
        _ => Some(sum(0)),
    };
    let (name, back) = (format!("{}{}", metric.name, whose(&metric.dimensions)), format_seconds(*within));
    if *invocations {
        return invoked(test, found.unwrap_or_default(), *value, &back);
    }
    let Some(found) = found else {
        let what = format!("{name} has no data in the last {back}");
        return TestOutcome::nothing(Remark::new(
            Mistake::NeverInvoked,
            what,
            "make it happen, and wait a few minutes",
        ));
    };
    let mut parts = vec![("data", Part::Holds)];
    if *value != Range::default() {
        let wanted = value.words(plain_number);
        let what = || format!("the {statistic} of {name} over {back} is {}, wanted {wanted}", plain_number(found));
        let part = Part::when(value.holds(found), || {
            Remark::new(Mistake::WrongValue, what(), format!("bring it to {wanted}"))
        });
        parts.push(("value", part));
    }
    TestOutcome::of_parts(test, parts, vec![format!("{statistic} of {name} over {back}: {}", cents(found))])
}

fn invoked(test: &RubricTest, found: f64, wanted: Range, back: &str) -> TestOutcome {
    let function = test.kind.function().unwrap_or_default();
    let times = |n: f64| if n == 1.0 { "once".to_owned() } else { format!("{} times", plain_number(n)) };
    let least = wanted.from.unwrap_or(1.0);
    let part = Part::when(wanted.holds(found), || {
        let mend = format!("call it {} and wait a few minutes", times(least - found));
        match found {
            0.0 => Remark::new(Mistake::NeverInvoked, format!("{function} was not called in the last {back}"), mend),
            found => {
                let what =
                    format!("{function} was called {} in the last {back}, wanted {}", times(found), times(least));
                Remark::new(Mistake::TooFewInvocations, what, mend)
            }
        }
    });
    TestOutcome::of_parts(test, vec![("times", part)], vec![format!("{function} called {} in {back}", times(found))])
}

pub fn http(test: &RubricTest, wanted: &HttpTest, facts: &RegionFacts) -> TestOutcome {
    let address = match wanted.address(&facts.urls) {
        Err(why) => return TestOutcome::unread(&why),
        Ok(Some(address)) => address,
        Ok(None) => {
            let what = match &wanted.function {
                Some(function) => format!("no address is given, and {function} has no function URL"),
                None => "no address is given".to_owned(),
            };
            let mend =
                "give the address, or make a function URL: Lambda > your function > Configuration > Function URL";
            return TestOutcome::nothing(Remark::new(Mistake::NoAddress, what, mend));
        }
    };
    let shown = crate::model::secret::hide(&address);
    let answer = match facts.answers.get(&address) {
        Some(Ok(answer)) => answer,
        Some(Err(why)) => {
            let what = format!("{shown} does not answer: {why}");
            let mend = "check the address, and that the function answers there";
            return TestOutcome::nothing(Remark::new(Mistake::NoAnswer, what, mend));
        }
        None => {
            return TestOutcome::nothing(Remark::new(Mistake::NoAnswer, format!("{shown} was not asked"), "run again"));
        }
    };
    let status = Part::when(answer.status == wanted.status, || {
        let what = format!("{shown} answers {}, wanted {}", answer.status, wanted.status);
        Remark::new(Mistake::WrongAnswer, what, "look at the function's logs: the last error says why")
    });
    let mut parts = vec![("status", status)];
    if !wanted.json.is_empty() {
        let json: Option<Value> = serde_json::from_str(&answer.body).ok();
        let wrong = wanted.json.iter().find_map(|(path, value)| {
            let found = json.as_ref().and_then(|json| field(json, path));
            (!found.is_some_and(|found| same(found, value))).then_some((path, value, found))
        });
        let part = match (&json, wrong) {
            (None, _) => {
                let what = format!("what {shown} answers is not JSON");
                Part::fails(Remark::new(Mistake::WrongAnswer, what, "let it answer JSON"))
            }
            (_, Some((path, value, found))) => {
                let found = found.map_or_else(|| "missing".to_owned(), Value::to_string);
                let what = format!("{shown}: `{path}` is {found}, wanted {value}");
                Part::fails(Remark::new(Mistake::WrongAnswer, what, format!("let `{path}` be {value}")))
            }
            (_, None) => Part::Holds,
        };
        parts.push(("json", part));
    }
    TestOutcome::of_parts(test, parts, vec![format!("{shown} answers {}", answer.status)])
}

/// `a.b`: field b of field a; a number is a place in a list.
fn field<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    // A field whose own name has a dot comes first.
    json.get(path).or_else(|| {
        path.split('.').try_fold(json, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            value => value.get(part),
        })
    })
}

/// Equal, numbers as numbers.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => found == wanted,
        _ => found == wanted,
    }
}
