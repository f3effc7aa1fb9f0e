//! The sandbox's Stripe: its clockwork, to the cent and the second.

mod account;
mod canceling;
mod changing;
mod checkout;
mod dunning;
mod faults;
mod mishaps;
mod pages;
mod portal;
mod renewing;
mod trials;
mod webhooks;
