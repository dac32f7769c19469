//! SLOs as a file writes them, and what they make.
