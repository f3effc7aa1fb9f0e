//! The decision core against tables, with a verifier and tokens but no network.

mod address;
mod bearer;
mod cookies;
mod gate;
mod organisation;
mod refresh;
mod resolution;
mod satellite;
mod scene;
