//! The proof of isolation: attacks every table and every route in scratch databases of its own, from outside the two
//! doors of `tenancy`, and then shows that the same attacks succeed where one policy is loosened.

mod attackers;
mod attacks;
mod attempt;
mod catalogue;
mod context;
mod error;
mod expression;
mod filler;
mod generate_requests;
mod generate_sql;
mod generate_writes;
mod injection;
mod likeness;
mod matrix;
mod mutation;
mod ownership;
mod people;
mod progress;
mod proof;
mod random;
mod report;
mod requests;
mod routes;
mod samples;
mod scene;
mod server;
mod stage;
mod suite;
mod tables;
mod target;
mod things;
mod tokens;
mod verdict;
mod witness;

pub use error::Error;
pub use matrix::{Cell, Finding, Matrix};
pub use progress::Progress;
pub use proof::{Loosened, Options, Proof, prove};
pub use random::Tally;
pub use suite::Suite;
