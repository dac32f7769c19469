//! The terminal while the full-screen view has it: taken as a whole, and given back however the run ends. Beside `output`, the only
//! place that writes to it.

use anyhow::{Context, Result};
use ratatui::crossterm::event::{self, Event};
use ratatui::{DefaultTerminal, Frame};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub struct Terminal {
    terminal: DefaultTerminal,
}

impl Terminal {
    /// Takes the screen. A panic gives it back before it is reported.
    pub fn take() -> Result<Self> {
        let terminal = ratatui::try_init().context("could not take the terminal for --watch")?;
        Ok(Self { terminal })
    }

    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        self.terminal.draw(view).context("could not draw on the terminal")?;
        Ok(())
    }

    /// Draws everything anew next time, also what should be there already.
    pub fn clear(&mut self) -> Result<()> {
        self.terminal.clear().context("could not clear the terminal")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.terminal.show_cursor();
        // Nothing else can be done where the terminal is gone.
        let _ = ratatui::try_restore();
    }
}

/// Keys and changes of size, awaited in a thread of its own, so that nothing is polled. It ends with the program.
pub fn events() -> UnboundedReceiver<Event> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    receiver
}
