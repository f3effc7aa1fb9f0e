//! Vendors' webhooks: verified over the raw body, recorded once, answered at once. The worker looks into them.

pub(crate) mod clerk;
