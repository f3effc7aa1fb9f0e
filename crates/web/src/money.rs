//! Amounts as people read them: what a page says and what a mail says of them is the same.

pub(crate) use domain::Money;
