//! clerk.
