//! An AWS inside the process, spoken to by the real SDK through an HTTP client.
