//! When a subscription is to end, as calls say it.

use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;
use crate::stripe::form::Params;
use crate::stripe::records::Subscription;

/// When a subscription is to end.
pub(super) enum Ends {
    /// At the end of the period, said with the flag.
    WithPeriod,
    At(Seconds),
    Never,
}

impl Ends {
    /// Sets it, and that it was asked for now.
    pub(super) fn apply(self, subscription: &mut Subscription, at: Seconds) {
        let (cancel_at, flag) = match self {
            Self::WithPeriod => (Some(subscription.last_period_end()), true),
            Self::At(end) => (Some(end), false),
            Self::Never => (None, false),
        };
        subscription.cancel_at = cancel_at;
        subscription.cancel_at_period_end = flag;
        subscription.canceled_at = cancel_at.map(|_| at);
        subscription.reason = cancel_at.map(|_| "cancellation_requested".to_owned());
        if cancel_at.is_none() {
            subscription.feedback = None;
            subscription.comment = None;
        }
    }
}

/// What is said of it; none when nothing is.
pub(super) fn end_of(params: &Params, subscription: &Subscription, at: Seconds) -> Result<Option<Ends>, StripeError> {
    let flag = params.flag("cancel_at_period_end")?;
    if params.has("cancel_at") && flag == Some(true) {
        return Err(StripeError::invalid(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
        ));
    }
    Ok(match (params.raw("cancel_at"), flag) {
        (Some(""), _) => Some(Ends::Never),
        (Some("min_period_end"), _) => Some(Ends::At(subscription.period_end())),
        (Some("max_period_end"), _) => Some(Ends::At(subscription.last_period_end())),
        (Some(_), _) => match params.moment("cancel_at")? {
            Some(end) if end <= at => {
                return Err(StripeError::param("cancel_at", "The `cancel_at` date has to be in the future."));
            }
            end => end.map(Ends::At),
        },
        (None, Some(true)) => Some(Ends::WithPeriod),
        // Only takes back what the flag has set: `cancel_at` alone is another promise.
        (None, Some(false)) if subscription.cancel_at_period_end => Some(Ends::Never),
        _ => None,
    })
}
