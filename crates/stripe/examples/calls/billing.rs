//! Subscriptions, what will change of them, and bills.

use stripe::client::{
    Anchor, AutomaticTax, BillingCycleAnchor, CancelAt, CancelSubscription, CancellationFeedback, CancellationNote,
    Collection, Created, InvoiceChange, InvoiceExpand, InvoiceFilter, InvoiceStatusFilter, MissingPaymentMethod,
    NewBillingMode, NewSubscription, NewSubscriptionItem, Paging, PauseOfCollection, PausedInvoices, PayInvoice,
    PaymentBehavior, Preview, PreviewItem, PreviewMode, PreviewSubscription, ProrationBehavior, ResumePaymentBehavior,
    ResumeSubscription, StatusFilter, SubscriptionChange, SubscriptionExpand, SubscriptionFilter,
    SubscriptionItemChange, TrialEnd,
};
use stripe::{Change, Stripe};

use crate::{Done, key, metadata, text, time};

pub(crate) async fn calls(stripe: &Stripe) -> Done {
    subscriptions(stripe).await?;
    stripe.get_subscription_schedule("sub_sched_1").await?;
    stripe.release_subscription_schedule("sub_sched_1", &key()).await?;
    invoices(stripe).await
}

async fn subscriptions(stripe: &Stripe) -> Done {
    let filter = SubscriptionFilter {
        customer: text("cus_1"),
        status: StatusFilter::All,
        price: text("price_1"),
        paging: paging(),
        expand: vec![SubscriptionExpand::DefaultPaymentMethod, SubscriptionExpand::Schedule],
    };
    stripe.list_subscriptions(&filter).await?;
    let expand = [SubscriptionExpand::LatestInvoice, SubscriptionExpand::LatestInvoicePayments];
    stripe.get_subscription("sub_1", &expand).await?;
    let new = NewSubscription {
        customer: "cus_1".into(),
        items: vec![NewSubscriptionItem { price: "price_1".into(), quantity: Some(1) }],
        trial_period_days: Some(14),
        trial_end: Some(TrialEnd::Now),
        trial_settings: Some(MissingPaymentMethod::Pause.into()),
        payment_behavior: Some(PaymentBehavior::DefaultIncomplete),
        off_session: Some(true),
        proration_behavior: Some(ProrationBehavior::CreateProrations),
        cancel_at: Some(CancelAt::At(time(1_800_000_000))),
        collection_method: Some(Collection::SendInvoice),
        days_until_due: Some(30),
        billing_mode: Some(NewBillingMode::Flexible),
        automatic_tax: Some(AutomaticTax { enabled: false }),
        default_payment_method: text("pm_1"),
        metadata: metadata(),
    };
    stripe.create_subscription(&key(), &new).await?;
    let change = SubscriptionChange {
        items: vec![SubscriptionItemChange { id: "si_1".into(), price: text("price_2"), quantity: Some(1) }],
        proration_behavior: Some(ProrationBehavior::AlwaysInvoice),
        proration_date: Some(time(1_700_000_000)),
        payment_behavior: Some(PaymentBehavior::ErrorIfIncomplete),
        cancel_at_period_end: Some(false),
        cancel_at: Some(CancelAt::Never),
        trial_end: Some(TrialEnd::At(time(1_700_000_000))),
        pause_collection: Some(Change::To(PauseOfCollection {
            behavior: PausedInvoices::Void,
            resumes_at: Some(time(1_701_000_000)),
        })),
        billing_cycle_anchor: Some(BillingCycleAnchor { anchor: Anchor::Now }),
        default_payment_method: text("pm_2"),
        cancellation_details: Some(note()),
        metadata: metadata(),
    };
    stripe.update_subscription("sub_1", &key(), &change).await?;
    let clearing = SubscriptionChange {
        cancel_at: Some(CancelAt::MinPeriodEnd),
        pause_collection: Some(Change::Clear),
        ..SubscriptionChange::default()
    };
    stripe.update_subscription("sub_1", &key(), &clearing).await?;
    let how = CancelSubscription { invoice_now: true, prorate: true, cancellation_details: Some(note()) };
    stripe.cancel_subscription("sub_1", &how).await?;
    let how = ResumeSubscription {
        billing_cycle_anchor: Some(BillingCycleAnchor { anchor: Anchor::Unchanged }),
        proration_behavior: Some(ProrationBehavior::None),
        payment_behavior: Some(ResumePaymentBehavior::OnSuccess),
    };
    stripe.resume_subscription("sub_1", &key(), &how).await?;
    Ok(())
}

async fn invoices(stripe: &Stripe) -> Done {
    let filter = InvoiceFilter {
        customer: text("cus_1"),
        subscription: text("sub_1"),
        status: Some(InvoiceStatusFilter::Open),
        created: Some(Created { gte: Some(time(1_700_000_000)), lt: Some(time(1_800_000_000)) }),
        paging: paging(),
        expand: vec![InvoiceExpand::Payments],
    };
    stripe.list_invoices(&filter).await?;
    stripe.get_invoice("in_1", &[InvoiceExpand::Payments]).await?;
    let preview = Preview {
        customer: text("cus_1"),
        subscription: text("sub_1"),
        subscription_details: Some(PreviewSubscription {
            items: vec![PreviewItem { id: text("si_1"), price: text("price_2"), quantity: Some(1) }],
            proration_behavior: Some(ProrationBehavior::AlwaysInvoice),
            proration_date: Some(time(1_700_000_000)),
            cancel_now: Some(false),
            cancel_at: Some(CancelAt::MaxPeriodEnd),
            trial_end: Some(TrialEnd::Now),
            billing_cycle_anchor: Some(BillingCycleAnchor { anchor: Anchor::Unchanged }),
        }),
        preview_mode: Some(PreviewMode::Next),
        schedule: text("sub_sched_1"),
        automatic_tax: Some(AutomaticTax { enabled: true }),
    };
    stripe.preview_invoice(&preview).await?;
    stripe.finalize_invoice("in_1", &key(), Some(true)).await?;
    let how = PayInvoice {
        payment_method: text("pm_1"),
        off_session: Some(false),
        paid_out_of_band: Some(false),
        forgive: Some(false),
    };
    stripe.pay_invoice("in_1", &key(), &how).await?;
    stripe.void_invoice("in_1", &key()).await?;
    stripe.mark_invoice_uncollectible("in_1", &key()).await?;
    let change = InvoiceChange { auto_advance: Some(false), metadata: metadata() };
    stripe.update_invoice("in_1", &key(), &change).await?;
    Ok(())
}

fn note() -> CancellationNote {
    CancellationNote { comment: text("too much, for us"), feedback: Some(CancellationFeedback::TooExpensive) }
}

fn paging() -> Paging {
    Paging { limit: Some(20), starting_after: text("x_1"), ending_before: None }
}
