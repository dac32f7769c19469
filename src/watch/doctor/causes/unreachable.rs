//! Nobody answers, or somebody who is not AWS.

use crate::aws::Class;
use crate::watch::doctor::Refusal;
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause =
    Cause { id: "unreachable", summary: "AWS, or the endpoint, cannot be reached", explains: &[], check };

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    let silent = |refusal: &&Refusal| matches!(refusal.class, Class::Transient | Class::Throttled | Class::Unexpected);
    for refusal in facts.refusals.iter().filter(silent) {
        let (what, remedy) = match refusal.class {
            Class::Throttled => ("AWS throttles this account: too many calls", "wait a minute and run again"),
            Class::Unexpected => (
                "what answers is not AWS, or not about what was asked",
                "check --endpoint-url, AWS_ENDPOINT_URL and proxies",
            ),
            _ => (
                "AWS, or the endpoint, cannot be reached",
                "check the network, a proxy (HTTPS_PROXY), and the address of --endpoint-url",
            ),
        };
        let finding = Finding::new(CAUSE.id, Level::Broken, Subject::Everything, what);
        found.push(finding.seen(format!("{}: {}", refusal.action, refusal.message)).mend(remedy));
    }
}
