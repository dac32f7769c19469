//! Tones as styles of a terminal's cells, and lines as a screen that scrolls. Knows nothing of alarms.

use crate::report::Tone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// How the view is painted. Colours repeat what words and symbols say.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    pub colour: bool,
}

impl Paint {
    pub fn tone(self, tone: Tone) -> Style {
        let colour = match tone {
            Tone::Strong => return Style::new().add_modifier(Modifier::BOLD),
            Tone::Quiet => return Style::new().add_modifier(Modifier::DIM),
            Tone::Good => Color::Green,
            Tone::Careful => Color::Yellow,
            Tone::Bad => Color::Red,
            Tone::Special => Color::Cyan,
        };
        let style = if self.colour { Style::new().fg(colour) } else { Style::new() };
        if tone == Tone::Bad { style.add_modifier(Modifier::BOLD) } else { style }
    }

    pub fn span(self, tone: Tone, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.tone(tone))
    }
}

/// Which part of a text is seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextScroll {
    /// Lines that are passed by: from the top, or from the end of a text that is followed.
    pub lines: usize,
    /// Columns that are passed by on the left.
    pub columns: u16,
    pub from_end: bool,
}

/// The part of the lines that `scroll` means, but never so far that nothing is left.
pub fn text(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>, scroll: TextScroll) {
    let most = lines.len().saturating_sub(area.height.into());
    let passed = scroll.lines.min(most);
    let first = if scroll.from_end { most - passed } else { passed };
    let shown: Vec<Line<'static>> = lines.into_iter().skip(first).take(area.height.into()).collect();
    let widest = shown.iter().map(Line::width).max().unwrap_or_default();
    let hidden = u16::try_from(widest.saturating_sub(area.width.into())).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(shown).scroll((0, scroll.columns.min(hidden))), area);
}
