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

/// Lines from `scroll` on, but never so far that nothing is left.
pub fn text(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>, scroll: usize) {
    let most = lines.len().saturating_sub(area.height.into());
    let shown: Vec<Line<'static>> = lines.into_iter().skip(scroll.min(most)).take(area.height.into()).collect();
    frame.render_widget(Paragraph::new(shown), area);
}
