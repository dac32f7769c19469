//! Answers from the store's thread to the threads that wait: one message a thread and batch. Waking a thread costs a
//! system call, so waking it once for a hundred answers is most of what makes a durable answer cheap.

use std::cell::RefCell;

use tokio::sync::{mpsc, oneshot};

use super::StoreOutcome;

type StoreReplies = Vec<(oneshot::Sender<StoreOutcome>, StoreOutcome)>;

/// Where an event's fate is awaited.
pub struct StoreReply {
    thread: mpsc::UnboundedSender<StoreReplies>,
    done: oneshot::Sender<StoreOutcome>,
}

thread_local! {
    static THREAD: RefCell<Option<mpsc::UnboundedSender<StoreReplies>>> = const { RefCell::new(None) };
}

impl StoreReply {
    /// A reply to this thread's runtime, and the end where it arrives.
    pub fn here() -> (Self, oneshot::Receiver<StoreOutcome>) {
        let (done, answer) = oneshot::channel();
        let thread = THREAD.with_borrow_mut(|thread| match thread {
            Some(thread) if !thread.is_closed() => thread.clone(),
            _ => thread.insert(hand_out()).clone(),
        });
        (Self { thread, done }, answer)
    }

    /// Sends every reply its fate, in as few messages as there are threads.
    pub fn send(replies: Vec<Self>, fates: Vec<StoreOutcome>) {
        let mut threads: Vec<(mpsc::UnboundedSender<StoreReplies>, StoreReplies)> = Vec::new();
        for (Self { thread, done }, fate) in replies.into_iter().zip(fates) {
            match threads.iter_mut().find(|(known, _)| known.same_channel(&thread)) {
                Some((_, answers)) => answers.push((done, fate)),
                None => threads.push((thread, vec![(done, fate)])),
            }
        }
        for (thread, answers) in threads {
            // A runtime that has ended may still have somebody waiting elsewhere.
            if let Err(mpsc::error::SendError(answers)) = thread.send(answers) {
                tell(answers);
            }
        }
    }
}

/// A task on this runtime that tells those who wait on it.
fn hand_out() -> mpsc::UnboundedSender<StoreReplies> {
    let (sender, mut inbox) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(answers) = inbox.recv().await {
            tell(answers);
        }
    });
    sender
}

fn tell(answers: StoreReplies) {
    for (done, fate) in answers {
        // Whoever asked may have gone; the event counts all the same.
        let _ = done.send(fate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_fate_reaches_its_own() {
        let (replies, answers): (Vec<_>, Vec<_>) = (0..3).map(|_| StoreReply::here()).unzip();
        StoreReply::send(replies, vec![StoreOutcome::Stored, StoreOutcome::Spooled, StoreOutcome::Dropped]);
        let mut fates = Vec::new();
        for answer in answers {
            fates.push(answer.await.unwrap());
        }
        assert_eq!(fates, [StoreOutcome::Stored, StoreOutcome::Spooled, StoreOutcome::Dropped]);
    }

    #[test]
    fn an_ended_runtime_is_replaced_on_its_thread() {
        for _ in 0..2 {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let fate = runtime.block_on(async {
                let (reply, answer) = StoreReply::here();
                StoreReply::send(vec![reply], vec![StoreOutcome::Stored]);
                answer.await
            });
            assert_eq!(fate, Ok(StoreOutcome::Stored));
        }
    }
}
