//! The proof, proven: that it stands on the product, that it falls where something leaks, and that it repeats itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod proofs;
