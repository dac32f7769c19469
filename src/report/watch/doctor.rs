//! What the doctor found, for people and for programs: the true cause first, what follows from it beneath, and the mend.

use crate::model::Target;
use crate::model::advice;
use crate::ops::doctor::{CAUSES, DeliverySteps, DoctorFinding, DoctorLevel};
use crate::report::finding_ids::FindingIds;
use crate::report::{RenderOptions, Tone, count, json, layout, mask};
use serde_json::{Value, json};

/// Consequences that are named; the rest is counted.
const NAMED: usize = 4;

/// Ends in a line feed; the verdict is the first line.
pub fn report(
    stack: &str,
    place: &str,
    findings: &[DoctorFinding],
    steps: DeliverySteps,
    look: &RenderOptions,
) -> String {
    let worst = findings.first().map(|finding| finding.level);
    let mut text = format!("{}\n", look.paint(worst.map_or(Tone::Good, tone), &verdict(stack, place, findings, steps)));
    for finding in findings {
        text += &format!("\n{}", one(finding, look));
    }
    text
}

/// Where it was looked: account and region, or the region alone where no account is known.
pub fn place(target: Option<&Target>, region: &str) -> String {
    target.map_or_else(|| region.to_owned(), Target::to_string)
}

fn verdict(stack: &str, place: &str, findings: &[DoctorFinding], steps: DeliverySteps) -> String {
    let of = |level: DoctorLevel| findings.iter().filter(|finding| finding.level == level).count();
    let stack = mask::line(stack);
    let tested = match steps {
        DeliverySteps { verified: 0, not_tested: 0 } => String::new(),
        DeliverySteps { verified, not_tested } => {
            format!(" ({} verified, {not_tested} not tested)", count(verified, "step"))
        }
    };
    let in_alarm = findings.iter().filter(|finding| finding.cause == "in-alarm").count();
    match findings.first() {
        None => format!("{stack} in {place}: nothing is wrong, as far as can be seen{tested}"),
        Some(first) if first.level == DoctorLevel::Hint && in_alarm > 0 => {
            let are = if in_alarm == 1 { "is" } else { "are" };
            format!("{stack} in {place}: {} {are} in ALARM; nothing stops delivery{tested}", count(in_alarm, "alarm"))
        }
        Some(first) if first.level == DoctorLevel::Hint => {
            format!("{stack} in {place}: nothing is wrong{tested}; {}", count(of(DoctorLevel::Hint), "hint"))
        }
        Some(first) => {
            let mut line = format!("{stack} in {place}: {}", mask::line(&first.what));
            let others = of(DoctorLevel::Error) + of(DoctorLevel::ActionNeeded) - 1;
            if others > 0 {
                line += &format!(" (and {} more)", others);
            }
            line
        }
    }
}

fn one(finding: &DoctorFinding, look: &RenderOptions) -> String {
    let head = format!("{}: ", finding.level.word());
    let line = layout::hang(&head, &mask::line(&format!("{} [{}]", finding.what, finding.cause)), look.width);
    let mut text = match line.strip_prefix(finding.level.word()) {
        Some(rest) => format!("{}{rest}", look.paint(tone(finding.level), finding.level.word())),
        None => line,
    };
    for seen in &finding.evidence {
        text += &layout::hang("       seen: ", &mask::line(seen), look.width);
    }
    text += &layout::hang("       fix: ", &mask::line(&finding.remedy), look.width);
    text += &super::steps::text(&finding.instructions, 9, look);
    if finding.applies {
        text += &format!("       {} does that\n", advice::command("doctor --fix"));
    }
    if let Some(statement) = &finding.statement {
        text += &format!("{statement:#}")
            .lines()
            .map(|line| format!("         {}\n", mask::line(line)))
            .collect::<String>();
    }
    let consequences = &finding.consequences;
    let shown = if look.verbose { consequences.len() } else { NAMED.min(consequences.len()) };
    for consequence in consequences.iter().take(shown) {
        text += &look.paint(Tone::Quiet, &layout::hang("       so: ", &mask::line(&consequence.what), look.width));
    }
    if consequences.len() > shown {
        text += &format!("       so: {} more (-v shows them)\n", consequences.len() - shown);
    }
    text
}

fn tone(level: DoctorLevel) -> Tone {
    match level {
        DoctorLevel::Error => Tone::Bad,
        DoctorLevel::ActionNeeded => Tone::Careful,
        DoctorLevel::Hint => Tone::Special,
    }
}

/// For programs.
pub fn json(
    stack: &str,
    target: Option<&Target>,
    region: &str,
    findings: &[DoctorFinding],
    steps: DeliverySteps,
) -> String {
    let mut all = Vec::new();
    findings.iter().for_each(|finding| everything(finding, &mut all));
    let ids = FindingIds::of(all.into_iter().map(|one| (one.cause, one.about.to_string(), one.what.as_str())));
    let findings: Vec<Value> = findings.iter().map(|finding| identified(finding, &ids)).collect();
    let value = json!({
        "format_version": json::FORMAT_VERSION,
        "stack": stack,
        "account": target.map(|target| &target.account),
        "region": region,
        "steps": steps,
        "findings": findings,
    });
    mask::document(value)
}

fn everything<'a>(finding: &'a DoctorFinding, all: &mut Vec<&'a DoctorFinding>) {
    all.push(finding);
    finding.consequences.iter().for_each(|consequence| everything(consequence, all));
}

fn identified(finding: &DoctorFinding, ids: &FindingIds<'_>) -> Value {
    let mut value = json!(finding);
    value["id"] = ids.id(finding.cause, finding.about.to_string(), &finding.what).into();
    value["consequences"] = finding.consequences.iter().map(|consequence| identified(consequence, ids)).collect();
    value
}

/// Every cause there is, a line each.
pub fn list() -> String {
    let width = CAUSES.iter().map(|cause| cause.id.len()).max().unwrap_or(0);
    CAUSES.iter().map(|cause| format!("{:width$}  {}\n", cause.id, cause.summary)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::FindingSubject;

    fn finding(level: DoctorLevel, what: &str) -> DoctorFinding {
        DoctorFinding::new("a-cause", level, FindingSubject::Everything, what).seen("evidence").mend("mend it")
    }

    #[test]
    fn the_first_cause_is_the_verdict() {
        let mut head = finding(DoctorLevel::Error, "it is broken");
        head.consequences = (0..6).map(|n| finding(DoctorLevel::Error, &format!("so {n}"))).collect();
        head.applies = true;
        head.statement = Some(json!({ "Effect": "Allow" }));
        let findings = [head, finding(DoctorLevel::ActionNeeded, "click"), finding(DoctorLevel::Hint, "a hint")];
        let text = report("lab9", "123456789012 us-east-1", &findings, DeliverySteps::default(), &RenderOptions::PLAIN);
        assert!(text.starts_with("lab9 in 123456789012 us-east-1: it is broken (and 1 more)\n"), "{text}");
        assert!(text.contains("error: it is broken [a-cause]\n       seen: evidence\n       fix: mend it\n"), "{text}");
        assert!(
            text.contains("so: so 3\n") && text.contains("so: 2 more") && text.contains("\"Effect\": \"Allow\""),
            "{text}"
        );
        assert!(report("lab9", "r", &[], DeliverySteps::default(), &RenderOptions::PLAIN).contains("nothing is wrong"));
        let steps = DeliverySteps { verified: 3, not_tested: 1 };
        let hint = report("lab9", "r", &findings[2..], steps, &RenderOptions::PLAIN);
        assert!(hint.contains("nothing is wrong (3 steps verified, 1 not tested); 1 hint"), "{hint}");
        let alarm =
            DoctorFinding::new("in-alarm", DoctorLevel::Hint, FindingSubject::Everything, "a is in ALARM").mend("look");
        let text = report("lab9", "r", &[alarm], steps, &RenderOptions::PLAIN);
        assert!(text.starts_with("lab9 in r: 1 alarm is in ALARM; nothing stops delivery (3 steps"), "{text}");
    }
}
