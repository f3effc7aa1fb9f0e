//! Stripe's error codes, as far as anybody tells them apart.

use crate::words::words;

words! {
    /// What kind of error it is (`type` on the wire).
    ErrorKind {
        /// The request is wrong, or does not fit the state of things.
        InvalidRequest = "invalid_request_error",
        /// The card did not pay. The message is meant for the customer.
        Card = "card_error",
        /// An idempotency key was used for another request.
        Idempotency = "idempotency_error",
        /// Stripe's own trouble.
        Api = "api_error",
    }
}

words! {
    /// Stripe's error codes that callers tell apart.
    ErrorCode {
        /// There is no such thing.
        ResourceMissing = "resource_missing",
        /// There is one with this id already.
        ResourceAlreadyExists = "resource_already_exists",
        /// We sent a parameter that the call does not have.
        ParameterUnknown = "parameter_unknown",
        /// We left out a parameter that the call needs.
        ParameterMissing = "parameter_missing",
        /// The card did not pay; see the decline code.
        CardDeclined = "card_declined",
        /// The customer has to authenticate the payment.
        InvoicePaymentIntentRequiresAction = "invoice_payment_intent_requires_action",
        /// Nothing is due.
        InvoiceUpcomingNone = "invoice_upcoming_none",
        /// The same key is being worked on at this moment.
        IdempotencyKeyInUse = "idempotency_key_in_use",
        /// Somebody else changes the same thing at this moment.
        LockTimeout = "lock_timeout",
        /// Too many calls.
        RateLimit = "rate_limit",
        /// The customer has as many subscriptions as there may be.
        CustomerMaxSubscriptions = "customer_max_subscriptions",
        /// The key has ended.
        ApiKeyExpired = "api_key_expired",
    }
}
