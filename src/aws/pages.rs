//! The one loop over the pages of a listing. It ends: at a token that comes again, at more pages than the service could send in
//! the time there is, at more than fits into memory.

use super::error::SdkErrorParts;
use super::{ApiOperation, Aws, AwsError, Repeat, WaitLimits};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::collections::HashSet;
use std::collections::hash_map::{DefaultHasher, HashMap};
use std::error::Error as StdError;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Pages of all listings of an operation that have not come to their end, in seconds of the operation's quota: no more than that
/// is waited for where an endpoint never ends.
const SECONDS: f64 = 12.0;
const FEWEST: usize = 20;
const MOST: usize = 1_000;
const ORGANIZATIONS: &str = "organizations";
/// An organization has up to 50,000 accounts, 20 a page (Organizations user guide, "Quotas"), and is listed by itself.
const ACCOUNTS: usize = 2_500;
/// What the pages of all listings that have not come to their end may unfold to.
const HEAVIEST: usize = 64 << 20;
/// An answer this heavy is no usual one; of such there may be so much a minute.
const HEAVY: usize = 8 << 20;
const HEAVY_A_MINUTE: usize = 64 << 20;
const LONGEST_TOKEN: usize = 64 << 10;

/// What one target has received lately.
#[derive(Debug, Default)]
pub struct ReceivedPages {
    unfinished: Mutex<HashMap<ApiOperation, Unfinished>>,
    heavy: Mutex<Option<(Instant, usize)>>,
    /// When a listing was found to have no end: from others, too, few pages are then taken.
    endless: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Unfinished {
    pages: usize,
    weight: usize,
}

impl ReceivedPages {
    /// Counts an answer of more than the usual weight.
    fn weigh(&self, op: ApiOperation, weight: usize) -> Result<(), AwsError> {
        if weight < HEAVY || is_bulk(op) {
            return Ok(());
        }
        let mut heavy = self.heavy.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, sum) = heavy.get_or_insert((Instant::now(), 0));
        if since.elapsed() > Duration::from_secs(60) {
            (*since, *sum) = (Instant::now(), 0);
        }
        *sum += weight;
        if *sum > HEAVY_A_MINUTE {
            Err(AwsError::unexpected(op, "the answers hold more than AWS's do"))
        } else {
            Ok(())
        }
    }

    fn was_endless(&self, within: Duration) -> bool {
        let endless = self.endless.lock().unwrap_or_else(PoisonError::into_inner);
        endless.is_some_and(|at| at.elapsed() < within)
    }

    fn unfinished(&self) -> MutexGuard<'_, HashMap<ApiOperation, Unfinished>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Operations whose answers are large by their nature. Whoever calls them keeps what it asked for and bounds that.
fn is_bulk(op: ApiOperation) -> bool {
    matches!(op.1, "GetMetricData" | "FilterLogEvents")
}

fn most_pages(op: ApiOperation) -> usize {
    match op {
        ApiOperation(ORGANIZATIONS, _) => ACCOUNTS,
        op => ((op.quota() * SECONDS) as usize).clamp(FEWEST, MOST),
    }
}

impl Aws {
    /// Reads a listing: `page` asks for the page of a token, `take` keeps what is on it and gives the next token, where more is
    /// wanted.
    ///
    /// # Errors
    /// Of a call; or when the listing does not end.
    pub async fn pages<T, E, R, F>(
        &self,
        op: ApiOperation,
        page: impl Fn(Option<String>) -> F,
        mut take: impl FnMut(T) -> Option<String>,
    ) -> Result<(), AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        R: SdkErrorParts + Debug + Send + Sync + 'static,
    {
        let (received, limits) = (&*self.received, self.patience.limits);
        let began = Instant::now();
        let mut listing =
            ListingInProgress { received, op, limits, began, own: Unfinished::default(), is_endless: false };
        let (mut seen, mut token) = (HashSet::new(), None::<String>);
        loop {
            let (answer, weight) = Box::pin(self.call_weighed(op, Repeat::Safe, || page(token.clone()))).await?;
            let Some(next) = take(answer).filter(|next| !next.is_empty()) else { return Ok(()) };
            if next.len() > LONGEST_TOKEN || !seen.insert(digest(&next)) {
                return Err(AwsError::unexpected(op, "the listing does not end: a page leads back to an earlier one"));
            }
            listing.goes_on(weight)?;
            token = Some(next);
        }
    }

    /// Refuses an answer where the target has received too much of late.
    pub(super) fn bear(&self, op: ApiOperation, weight: usize) -> Result<(), AwsError> {
        self.received.weigh(op, weight)
    }
}

/// A listing on its way. However it ends, its pages no longer count, unless it is one without an end: then the next of its kind
/// is not waited for as long again.
struct ListingInProgress<'a> {
    received: &'a ReceivedPages,
    op: ApiOperation,
    limits: WaitLimits,
    began: Instant,
    own: Unfinished,
    is_endless: bool,
}

impl ListingInProgress<'_> {
    fn goes_on(&mut self, weight: usize) -> Result<(), AwsError> {
        let mut all = self.received.unfinished();
        let sum = all.entry(self.op).or_default();
        for count in [sum, &mut self.own] {
            *count = Unfinished { pages: count.pages + 1, weight: count.weight + weight };
        }
        let sum = *all.entry(self.op).or_default();
        let is_long = self.own.pages >= FEWEST && self.began.elapsed() > self.limits.listing();
        let is_another = self.own.pages >= FEWEST && self.received.was_endless(self.limits.deadline);
        let is_heavy = sum.weight > HEAVIEST && !is_bulk(self.op);
        if sum.pages > most_pages(self.op) || is_heavy || (self.op.0 != ORGANIZATIONS && (is_long || is_another)) {
            self.is_endless = true;
            *self.received.endless.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            let text = format!("the listing does not end: {} pages were read, and there are more", sum.pages);
            return Err(AwsError::unexpected(self.op, &text));
        }
        Ok(())
    }
}

impl Drop for ListingInProgress<'_> {
    fn drop(&mut self) {
        if self.is_endless {
            return;
        }
        if let Some(sum) = self.received.unfinished().get_mut(&self.op) {
            sum.pages = sum.pages.saturating_sub(self.own.pages);
            sum.weight = sum.weight.saturating_sub(self.own.weight);
        }
    }
}

fn digest(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(received: &ReceivedPages) -> ListingInProgress<'_> {
        let (op, limits, began) = (ApiOperation("cloudwatch", "DescribeAlarms"), WaitLimits::default(), Instant::now());
        ListingInProgress { received, op, limits, began, own: Unfinished::default(), is_endless: false }
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_to_its_end_counts_no_longer_and_what_does_not_is_not_read_twice() {
        let received = ReceivedPages::default();
        for _ in 0..10 {
            let mut large = listing(&received);
            assert!((0..100).all(|_| large.goes_on(10_000).is_ok()));
        }
        let (mut endless, mut other) = (listing(&received), listing(&received));
        let pages = (1..).take_while(|_| endless.goes_on(10_000).is_ok()).count();
        assert_eq!(pages, most_pages(endless.op));
        drop(endless);
        assert_eq!((1..).take_while(|_| other.goes_on(1).is_ok()).count(), 0, "its pages are taken already");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut sibling = ListingInProgress { op: ApiOperation("sns", "ListTopics"), ..listing(&received) };
        assert_eq!((1..).take_while(|_| sibling.goes_on(1).is_ok()).count(), FEWEST - 1);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_listings_end_and_heavy_pages_are_few() {
        let received = ReceivedPages::default();
        let mut slow = listing(&received);
        let mut pages = 0;
        while slow.goes_on(1).is_ok() {
            pages += 1;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        assert_eq!(pages, FEWEST - 1);
        let received = ReceivedPages::default();
        assert_eq!((1..).take_while(|_| listing(&received).goes_on(32 << 20).is_ok()).take(9).count(), 9);
        let mut heavy = listing(&received);
        assert_eq!((1..).take_while(|_| heavy.goes_on(32 << 20).is_ok()).count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn unusual_answers_are_borne_for_a_while() {
        let (received, op) = (ReceivedPages::default(), ApiOperation("logs", "DescribeLogGroups"));
        assert!((0..4).all(|_| received.weigh(op, 16 << 20).is_ok()));
        assert!(received.weigh(op, 16 << 20).is_err());
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert!(received.weigh(op, 16 << 20).is_ok());
        assert!((0..99).all(|_| received.weigh(ApiOperation("logs", "FilterLogEvents"), 16 << 20).is_ok()));
    }
}
