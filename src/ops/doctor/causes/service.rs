//! What the service's own pages say: health, the dashboard's zeros, the error rate.

use crate::model::advice;
use crate::ops::doctor::service::ServicePage;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use serde_json::Value;

pub static CAUSE: Cause =
    Cause { id: "service", summary: "the service is not well, or has nothing to show", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    let Some(looked) = &facts.service else { return };
    let finding =
        |level, what: String| DoctorFinding::new(CAUSE.id, level, FindingSubject::Service(looked.url.clone()), what);
    match &looked.health {
        ServicePage::Silent { why, remedy } => {
            found.push(finding(DoctorLevel::Error, format!("{} does not answer", looked.url)).seen(why).mend(remedy));
            return;
        }
        ServicePage::Answered { status, .. } if !(200..300).contains(status) => {
            let remedy =
                format!("restart it and look at its logs: {}, or the terminal it runs in", advice::command("logs"));
            found.push(finding(DoctorLevel::Error, format!("/health answers {status}")).mend(remedy));
        }
        ServicePage::Answered { .. } => {}
    }
    match &looked.detailed {
        ServicePage::Answered { status: 404, .. } => found.push(
            finding(
                DoctorLevel::Error,
                "there is no /health/detailed: this is an older service, or another one".into(),
            )
            .mend(format!(
                "deploy the one with detailed health ({}, {})",
                advice::command("serve"),
                advice::command("service deploy")
            )),
        ),
        ServicePage::Answered { status, body } if !(200..300).contains(status) => {
            let said = body.as_ref().map(Value::to_string).unwrap_or_default();
            found.push(finding(DoctorLevel::Error, format!("/health/detailed answers {status}")).seen(said).mend(
                "a missing part of the service (psutil in the lab's), or its database: restart it, read its logs",
            ));
        }
        ServicePage::Answered { body: Some(body), .. } => detailed(body, &finding, found),
        ServicePage::Answered { .. } | ServicePage::Silent { .. } => {}
    }
    if let ServicePage::Answered { status, .. } = looked.dashboard
        && !(200..300).contains(&status)
    {
        found.push(
            finding(DoctorLevel::Error, format!("the dashboard answers {status}")).mend("look at the service's logs"),
        );
    }
}

fn detailed(body: &Value, finding: &dyn Fn(DoctorLevel, String) -> DoctorFinding, found: &mut Vec<DoctorFinding>) {
    let number = |path: &str| body.pointer(path).and_then(Value::as_f64);
    if body.pointer("/health_checks/database_connected") == Some(&Value::Bool(false)) {
        found.push(
            finding(DoctorLevel::Error, "the service has lost its database".into())
                .seen("health_checks.database_connected is false")
                .mend("check DATABASE_URL and that the database runs"),
        );
    } else if body["status"].as_str().is_some_and(|status| status != "healthy") {
        found.push(
            finding(DoctorLevel::Error, format!("the service says of itself: {}", body["status"]))
                .mend("read its logs"),
        );
    }
    let (total, failed) = (number("/requests/total"), number("/requests/failed"));
    if total == Some(0.0) {
        found.push(
            finding(
                DoctorLevel::ActionNeeded,
                "no request was tracked yet, so the dashboard shows 0 everywhere".into(),
            )
            .seen("requests.total is 0; an error rate of nothing is 0 %")
            .mend(format!("send some: POST /track, or {}", advice::command("traffic --url URL"))),
        );
    }
    if let (Some(total), Some(failed), Some(rate)) = (total, failed, number("/requests/error_rate_percent"))
        && total > 0.0
        && (failed / total * 100.0 - rate).abs() > 0.01
    {
        found.push(
            finding(DoctorLevel::Error, "the error rate is not failed / total * 100".into())
                .seen(format!("{failed} of {total} failed, and it says {rate} %"))
                .mend("restart the service; if it stays so, its counters are broken"),
        );
    }
}
