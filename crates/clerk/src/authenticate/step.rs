//! The core's questions to the outside, and the answers.

use std::sync::Arc;

use crate::backend::SessionRefresh;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::verify::{Refusal, Verified};

/// What to do next.
#[derive(Debug)]
pub(crate) enum Step {
    Done(Outcome),
    Ask(Effect),
}

/// Something only the outside can do.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Is this session token to be believed? `lenient` by a clock that may be wrong by a day.
    Verify { token: String, lenient: bool },
    /// Is this handshake token, and what does it carry?
    VerifyHandshake { token: String },
    /// What does this nonce stand for?
    RedeemNonce { nonce: String },
    /// Is Clerk dark, and is this ended session token to be believed a while longer?
    Excuse { token: String },
    /// A new token for an ended one.
    Refresh { session_id: String, refresh: SessionRefresh },
}

/// What came of an effect.
#[derive(Debug)]
pub(crate) enum Answer {
    /// To `Verify` and `Excuse`.
    Verified(Result<Arc<Verified>, Failure>),
    /// To `VerifyHandshake`.
    HandshakeToken(Result<Vec<String>, Failure>),
    /// To `RedeemNonce`.
    HandshakeNonce(Result<Vec<String>, Error>),
    /// To `Refresh`.
    Refreshed(Result<Vec<String>, Error>),
}

/// Why a token was not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Refused(Refusal),
    /// There is no key to verify with.
    Unavailable,
}
