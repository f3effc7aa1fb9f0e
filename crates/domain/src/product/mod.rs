//! The product on top of the foundation: recurring procedures. Replace this folder to build another.

pub mod activity;
mod arrangement;
pub mod calendar;
pub mod comments;
pub mod due;
pub mod duties;
pub mod evidence;
pub mod handover;
mod health;
pub mod my_work;
pub mod procedures;
pub mod ready_made;
pub mod reports;
pub mod run_name;
pub mod runs;
pub mod schedule_round;
pub mod scheduled_runs;
pub mod schedules;
mod step_rules;
pub mod step_templates;
pub mod steps;
pub mod tracker;
pub mod versions;
pub mod viewers;
pub mod written_schedule;

pub use arrangement::Place;
pub use health::Health;
pub use step_rules::{Assignee, StepRules};
