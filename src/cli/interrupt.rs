//! Signals: the first one asks the run to end in order, the second one ends it at once.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::aws::Interrupt;
use crate::aws::interrupt::Interrupter;
use anyhow::{Context, Result};
use std::sync::{Arc, OnceLock};

/// What the rest of the run looks at.
#[derive(Debug, Clone)]
pub struct InterruptSignals {
    pub interrupt: Interrupt,
    received: Arc<OnceLock<Exit>>,
}

impl InterruptSignals {
    /// Listens from now on. Has to be called inside the runtime.
    pub fn listen() -> Result<Self> {
        let (interrupter, interrupt) = Interrupter::new();
        let received = Arc::new(OnceLock::new());
        let first = Arc::clone(&received);
        let mut source = InterruptSource::open().context("could not listen for signals")?;
        tokio::spawn(async move {
            let exit = source.next().await;
            let _ = first.set(exit);
            interrupter.interrupt();
            let exit = source.next().await;
            std::process::exit(exit.code().into());
        });
        Ok(Self { interrupt, received })
    }

    /// The work's result, unless a signal comes first. Only for work that writes nothing: it is dropped where it is.
    pub async fn or_interrupted<T>(&self, work: impl Future<Output = Result<T, CliFailure>>) -> Result<T, CliFailure> {
        tokio::select! {
            result = work => result,
            () = self.interrupt.wait() => {
                let exit = self.received().unwrap_or(Exit::Interrupted);
                Err(CliFailure::say(exit, "interrupted, nothing was changed", "run again"))
            }
        }
    }

    /// The exit code of the signal that came, if one did.
    pub fn received(&self) -> Option<Exit> {
        self.received.get().copied()
    }
}

#[cfg(unix)]
struct InterruptSource {
    interrupts: tokio::signal::unix::Signal,
    terminations: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl InterruptSource {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupts: signal(SignalKind::interrupt())?, terminations: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupts.recv() => Exit::Interrupted,
            _ = self.terminations.recv() => Exit::Terminated,
        }
    }
}

#[cfg(windows)]
struct InterruptSource {
    interrupts: tokio::signal::windows::CtrlC,
    breaks: tokio::signal::windows::CtrlBreak,
}

#[cfg(windows)]
impl InterruptSource {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c};
        Ok(Self { interrupts: ctrl_c()?, breaks: ctrl_break()? })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupts.recv() => Exit::Interrupted,
            _ = self.breaks.recv() => Exit::Terminated,
        }
    }
}
