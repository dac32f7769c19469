//! What the value of a slot follows from. Computes nothing.

/// The further down, the more of a window has to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependence {
    /// That slot alone.
    Slot,
    /// That slot, and the last one before it in the window in which one and the same series has a value.
    Before,
    /// All of the window.
    Window,
}
