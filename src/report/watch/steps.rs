//! The steps by which resources leave another engine's hands, numbered, with what is to be written or run below each.

use crate::ops::handover::HandoverStep;
use crate::report::{RenderOptions, layout, mask};

/// All of them, so many columns in.
pub fn text(steps: &[HandoverStep], indent: usize, look: &RenderOptions) -> String {
    let mut text = String::new();
    for (n, step) in steps.iter().enumerate() {
        text += &layout::hang(&format!("{:indent$}{}. ", "", n + 1), &mask::line(&step.what), look.width);
        // As it is: it is there to be copied.
        let deeper = indent + 5;
        text += &step.text.lines().map(|line| format!("{:deeper$}{}\n", "", mask::line(line))).collect::<String>();
    }
    text
}
