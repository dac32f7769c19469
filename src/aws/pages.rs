//! The one loop over the pages of a listing. It ends: at a token that comes again, at more pages than the service could send in
//! the time there is, at more than fits into memory.

use super::error::Answered;
use super::{Aws, AwsError, Op, Repeat};
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
const FEWEST: usize = 40;
const MOST: usize = 1_000;
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
pub struct Received {
    unfinished: Mutex<HashMap<Op, Unfinished>>,
    heavy: Mutex<Option<(Instant, usize)>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Unfinished {
    pages: usize,
    weight: usize,
}

impl Received {
    /// Counts an answer of more than the usual weight.
    fn weigh(&self, op: Op, weight: usize) -> Result<(), AwsError> {
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

    fn unfinished(&self) -> MutexGuard<'_, HashMap<Op, Unfinished>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Operations whose answers are large by their nature. Whoever calls them keeps what it asked for and bounds that.
fn is_bulk(op: Op) -> bool {
    matches!(op.1, "GetMetricData" | "FilterLogEvents")
}

fn most_pages(op: Op) -> usize {
    match op {
        Op("organizations", _) => ACCOUNTS,
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
        op: Op,
        page: impl Fn(Option<String>) -> F,
        mut take: impl FnMut(T) -> Option<String>,
    ) -> Result<(), AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        R: Answered + Debug + Send + Sync + 'static,
    {
        let mut listing = Listing { received: &self.received, op, own: Unfinished::default(), is_endless: false };
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
    pub(super) fn bear(&self, op: Op, weight: usize) -> Result<(), AwsError> {
        self.received.weigh(op, weight)
    }
}

/// A listing on its way. However it ends, its pages no longer count, unless it is one without an end: then the next of its kind
/// is not waited for as long again.
struct Listing<'a> {
    received: &'a Received,
    op: Op,
    own: Unfinished,
    is_endless: bool,
}

impl Listing<'_> {
    fn goes_on(&mut self, weight: usize) -> Result<(), AwsError> {
        let mut all = self.received.unfinished();
        let sum = all.entry(self.op).or_default();
        for count in [sum, &mut self.own] {
            *count = Unfinished { pages: count.pages + 1, weight: count.weight + weight };
        }
        let sum = all.entry(self.op).or_default();
        if sum.pages > most_pages(self.op) || (sum.weight > HEAVIEST && !is_bulk(self.op)) {
            self.is_endless = true;
            let text = format!("the listing does not end: {} pages were read, and there are more", sum.pages);
            return Err(AwsError::unexpected(self.op, &text));
        }
        Ok(())
    }
}

impl Drop for Listing<'_> {
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
