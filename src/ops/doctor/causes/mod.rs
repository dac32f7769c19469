//! The list of causes, in the order in which they bring each other about. A new one is a file here and its line below.

mod actions_off;
mod clock;
mod drift;
mod expired_credentials;
mod filtered;
mod foreign_owner;
mod function_missing;
mod function_uncovered;
mod in_alarm;
mod insufficient_data;
mod key_not_tested;
mod log_group;
mod muted;
mod never_invoked;
mod no_actions;
mod no_credentials;
mod no_data;
mod nobody_subscribed;
mod not_applied;
mod other_engine;
mod permission;
mod service;
mod threshold;
mod topic_key;
mod topic_missing;
mod topic_policy;
mod unconfirmed;
mod unreachable;
mod unsubscribed;
mod wrong_credentials;
mod wrong_dimension;
mod wrong_region;

use super::Cause;

/// Each comes after what it may follow from.
pub static CAUSES: &[&Cause] = &[
    &no_credentials::CAUSE,
    &expired_credentials::CAUSE,
    &clock::CAUSE,
    &wrong_credentials::CAUSE,
    &unreachable::CAUSE,
    &permission::CAUSE,
    &wrong_region::CAUSE,
    &function_missing::CAUSE,
    &other_engine::CAUSE,
    &foreign_owner::CAUSE,
    &not_applied::CAUSE,
    &never_invoked::CAUSE,
    &wrong_dimension::CAUSE,
    &no_data::CAUSE,
    &no_actions::CAUSE,
    &actions_off::CAUSE,
    &muted::CAUSE,
    &topic_missing::CAUSE,
    &topic_policy::CAUSE,
    &topic_key::CAUSE,
    &nobody_subscribed::CAUSE,
    &unconfirmed::CAUSE,
    &unsubscribed::CAUSE,
    &filtered::CAUSE,
    &key_not_tested::CAUSE,
    &log_group::CAUSE,
    &drift::CAUSE,
    &in_alarm::CAUSE,
    &insufficient_data::CAUSE,
    &threshold::CAUSE,
    &function_uncovered::CAUSE,
    &service::CAUSE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cause_explains_is_known_and_comes_after_it() {
        for (at, cause) in CAUSES.iter().enumerate() {
            for explained in cause.explains {
                let found = CAUSES.iter().position(|other| other.id == *explained);
                assert!(found.is_some_and(|found| found > at), "{} explains {explained}", cause.id);
            }
        }
    }
}
