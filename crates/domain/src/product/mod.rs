//! The product on top of the foundation: recurring procedures. Replace this folder to build another.

pub mod procedures;
pub mod runs;
pub mod step_templates;
