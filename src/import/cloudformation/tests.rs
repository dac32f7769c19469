//! Tests after the examples of the template reference.
