//! A request to stop: nothing new is written after it, what is on its way may finish.

use tokio::sync::watch;

/// Cheap to clone. `Interrupt::never` is for runs that nobody can stop.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

/// The other end: whoever listens for signals.
#[derive(Debug)]
pub struct Interrupter(watch::Sender<bool>);

impl Interrupter {
    pub fn new() -> (Self, Interrupt) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Interrupt(receiver))
    }

    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }
}

impl Interrupt {
    pub fn never() -> Self {
        Interrupter::new().1
    }

    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves once the interrupt is set; never otherwise.
    pub async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|set| *set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_until_interrupted() {
        let (interrupter, interrupt) = Interrupter::new();
        assert!(!interrupt.is_set());
        interrupter.interrupt();
        drop(interrupter);
        interrupt.wait().await;
        assert!(interrupt.is_set());
    }
}
