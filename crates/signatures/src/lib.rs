//! signatures.
