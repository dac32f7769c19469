//! Time limits that cost nothing while they hold. A tokio timer that becomes the earliest one wakes its runtime by a
//! system call, which two limits a request would double the price of; these are looked at four times a second instead.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use futures_util::task::AtomicWaker;
use tokio::task::AbortHandle;

/// How late a limit may be.
const TICK: Duration = Duration::from_millis(250);
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Runs a future for so long at most (and a tick); nothing when time is up.
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    if let Poll::Ready(output) = futures_util::poll!(future.as_mut()) {
        return Some(output);
    }
    match select(future, Sleep::until(Instant::now() + limit)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// The same for hyper's limit on a request's head.
#[derive(Debug, Clone, Copy)]
pub struct Coarse;

impl hyper::rt::Timer for Coarse {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Sleep::until(deadline))
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn hyper::rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(sleep) => sleep.entry.deadline.store(millis(deadline), Relaxed),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

#[derive(Debug)]
struct TimerEntry {
    /// Milliseconds since `START`.
    deadline: AtomicU64,
    waker: AtomicWaker,
}

#[derive(Debug)]
struct Sleep {
    entry: Arc<TimerEntry>,
}

impl hyper::rt::Sleep for Sleep {}

impl Sleep {
    fn until(deadline: Instant) -> Self {
        let entry = Arc::new(TimerEntry { deadline: AtomicU64::new(millis(deadline)), waker: AtomicWaker::new() });
        TimerLimits::here().add(&entry);
        Self { entry }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.entry.waker.register(context.waker());
        if millis(Instant::now()) >= self.entry.deadline.load(Relaxed) { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn millis(at: Instant) -> u64 {
    u64::try_from(at.saturating_duration_since(*START).as_millis()).unwrap_or(u64::MAX)
}

/// The limits of one thread's runtime, and the task that looks at them.
#[derive(Debug, Clone)]
struct TimerLimits {
    entries: Arc<Mutex<Vec<Weak<TimerEntry>>>>,
    task: AbortHandle,
}

thread_local! {
    static THREAD: RefCell<Option<TimerLimits>> = const { RefCell::new(None) };
}

impl TimerLimits {
    fn here() -> Self {
        THREAD.with_borrow_mut(|thread| match thread {
            Some(watch) if !watch.task.is_finished() => watch.clone(),
            _ => thread.insert(Self::start()).clone(),
        })
    }

    fn start() -> Self {
        let entries = Arc::<Mutex<Vec<Weak<TimerEntry>>>>::default();
        let watched = Arc::clone(&entries);
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            loop {
                ticks.tick().await;
                let now = millis(Instant::now());
                let mut entries = watched.lock().unwrap_or_else(PoisonError::into_inner);
                entries.retain(|entry| {
                    let Some(entry) = entry.upgrade() else { return false };
                    if now >= entry.deadline.load(Relaxed) {
                        entry.waker.wake();
                    }
                    true
                });
            }
        });
        Self { entries, task: task.abort_handle() }
    }

    fn add(&self, entry: &Arc<TimerEntry>) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_in_time_passes_and_what_is_not_ends() {
        assert_eq!(within(Duration::ZERO, async { 7 }).await, Some(7));
        let began = Instant::now();
        assert_eq!(within(Duration::from_millis(50), std::future::pending::<()>()).await, None);
        assert!(began.elapsed() >= Duration::from_millis(50) && began.elapsed() < Duration::from_secs(5));
        let soon = async {
            tokio::task::yield_now().await;
            8
        };
        assert_eq!(within(Duration::from_secs(60), soon).await, Some(8));
    }

    #[tokio::test]
    async fn a_limit_can_be_moved() {
        use hyper::rt::Timer;
        let mut sleep = Coarse.sleep(Duration::from_secs(3_600));
        Coarse.reset(&mut sleep, Instant::now());
        sleep.await;
    }

    /// Limits that are past their use are forgotten.
    #[tokio::test]
    async fn memory_is_bounded() {
        for _ in 0..10_000 {
            drop(Sleep::until(Instant::now() + Duration::from_secs(60)));
        }
        let held = || TimerLimits::here().entries.lock().unwrap().len();
        for _ in 0..100 {
            if held() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(held(), 0);
    }
}
