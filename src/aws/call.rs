//! One call of AWS: paced, counted, repeated where repeating is safe.

use super::bounded::weighed;
use super::error::SdkErrorParts;
use super::{ApiOperation, Aws, AwsError, Class};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error as StdError;
use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Whether a call whose answer was lost may simply be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    Safe,
    /// The caller looks first whether it, or somebody else, has applied it (Subscribe would send a second mail): an error
    /// comes back at once.
    AfterLooking,
}

const THROTTLED_ATTEMPTS: u32 = 15;
const ATTEMPTS: u32 = 7;
const FIRST_BACKOFF: Duration = Duration::from_millis(80);
const LONGEST_BACKOFF: Duration = Duration::from_secs(4);
/// After an interrupt, how long a call on its way may take.
const GRACE: Duration = Duration::from_secs(5);

impl Aws {
    /// Makes the call until it succeeds, fails for good, or has failed too often.
    pub async fn call<T, E, R, F>(&self, op: ApiOperation, repeat: Repeat, send: impl Fn() -> F) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        R: SdkErrorParts + Debug + Send + Sync + 'static,
    {
        // Boxed: whatever calls AWS would else carry all of this in its own type.
        Box::pin(self.call_weighed(op, repeat, send)).await.map(|(answer, _)| answer)
    }

    /// The same with what the answer weighs (`answer::weigh`).
    pub(super) async fn call_weighed<T, E, R, F>(
        &self,
        op: ApiOperation,
        repeat: Repeat,
        send: impl Fn() -> F,
    ) -> Result<(T, usize), AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        R: SdkErrorParts + Debug + Send + Sync + 'static,
    {
        let (mut throttled, mut failed, mut renewed) = (0, 0, false);
        let mut first_failure = None;
        loop {
            let generation = self.role.as_ref().map(|role| role.generation());
            let error = match self.attempt(op, &send).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // Of the credentials' own call, which has been repeated already.
            if error.op != op {
                return Err(error);
            }
            if let Some((role, generation)) = self.role.as_ref().zip(generation)
                && error.is_expired()
                && !renewed
            {
                // Refused before it was applied, so it may be sent again even where its answer must not be lost.
                role.forget(generation).await;
                renewed = true;
                continue;
            }
            let (count, most) = match error.class {
                Class::Throttled => {
                    throttled += 1;
                    (throttled, if repeat == Repeat::Safe { THROTTLED_ATTEMPTS } else { 0 })
                }
                Class::Transient if repeat == Repeat::AfterLooking => return Err(error),
                Class::Transient | Class::Conflict => {
                    failed += 1;
                    (failed, ATTEMPTS)
                }
                _ => return Err(error),
            };
            // Repeating is for what will pass: not where nothing has answered for long, nor where an earlier call was
            // repeated in vain.
            let is_late = first_failure.get_or_insert_with(Instant::now).elapsed() > self.patience.limits.deadline;
            let is_vain = error.is(Class::Transient) && (is_late || self.patience.is_given_up(op));
            if count >= most || is_vain || self.interrupt.is_set() || self.patience.is_over(op) {
                if error.is(Class::Transient) {
                    self.patience.give_up(op);
                }
                return Err(error);
            }
            sleep(backoff(count)).await;
        }
    }

    async fn attempt<T, E, R, F>(&self, op: ApiOperation, send: &impl Fn() -> F) -> Result<(T, usize), AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        R: SdkErrorParts + Debug + Send + Sync + 'static,
    {
        // Reads, too: whatever they are for, nothing will be written after it.
        let turn = tokio::select! {
            biased;
            () = self.interrupt.wait() => return Err(AwsError::not_sent(op)),
            turn = self.pace.acquire(op) => turn,
        };
        if let Some(role) = &self.role {
            // What is wrong with the role is its own error, not one of this call.
            role.credentials().await?;
        }
        let _through = match &self.gate {
            Some(gate) => gate.acquire().await.ok(),
            None => None,
        };
        if self.interrupt.is_set() {
            return Err(AwsError::not_sent(op));
        }
        if self.patience.is_over(op) {
            return Err(AwsError::silent(op, self.patience.limits.deadline));
        }
        self.count(op);
        let sent = self.patience.send(op);
        let overdue = async {
            self.interrupt.wait().await;
            sleep(GRACE).await;
        };
        let answer = tokio::select! {
            biased;
            // Boxed, and only now: thousands of calls may wait for their turn, of which a few are on their way.
            (answer, weight) = Box::pin(weighed(send())) => {
                answer.map(|answer| (answer, weight)).map_err(|error| self.error(op, error))
            }
            () = overdue => return Err(AwsError::unanswered(op)),
            () = self.patience.end(op) => Err(AwsError::late(op, self.patience.limits)),
        };
        match &answer {
            Err(error) if error.is_unanswered() => {}
            Err(error) if error.is(Class::Transient) => sent.answered(),
            _ => sent.served(),
        }
        drop(sent);
        match &answer {
            Err(error) if error.is(Class::Throttled) && error.op == op => {
                self.count_throttled(op);
                turn.throttled();
            }
            _ => turn.answered(),
        }
        let (answer, weight) = answer?;
        self.bear(op, weight)?;
        Ok((answer, weight))
    }
}

impl Aws {
    fn error<E, R>(&self, op: ApiOperation, error: SdkError<E, R>) -> AwsError
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        R: SdkErrorParts + Debug + Send + Sync + 'static,
    {
        let error = AwsError::new(op, error);
        if self.role.is_some() { error.of_known_keys(self.region()) } else { error }
    }
}

/// Exponential with full jitter, as AWS recommends; never quite zero.
fn backoff(attempt: u32) -> Duration {
    let most = FIRST_BACKOFF.saturating_mul(1 << attempt.min(10)).min(LONGEST_BACKOFF);
    most.mul_f64(0.25 + 0.75 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::tests::world::World;
    use crate::sandbox::Weather;
    use aws_sdk_cloudwatch::operation::put_metric_alarm::PutMetricAlarmError;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

    /// Thousands of writes wait for their turn at once.
    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_for_its_turn_holds_nothing_of_its_request() {
        let world = World::new(Weather::default());
        let aws = world.aws().await;
        const REQUEST: usize = 20_000;
        let send = || async {
            let request = [1_u8; REQUEST];
            tokio::task::yield_now().await;
            Ok::<usize, SdkError<PutMetricAlarmError, HttpResponse>>(
                request.iter().map(|byte| usize::from(*byte)).sum(),
            )
        };
        let call = aws.call_weighed(ApiOperation("cloudwatch", "PutMetricAlarm"), Repeat::Safe, send);
        assert!(size_of_val(&call) < 4_000, "{}", size_of_val(&call));
        assert_eq!(call.await.unwrap().0, REQUEST);
    }
}
