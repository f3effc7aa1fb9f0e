//! Customers, the till, the portal, and times of their own.

use stripe::client::{
    AfterCompletion, Anchor, AutomaticTax, BillingAddressCollection, CancelMode, CancellationReasonOption,
    CancellationReasons, CheckoutExpand, CheckoutFilter, CheckoutStatusFilter, ConsentCollection, Created, CustomField,
    CustomText, CustomerChange, CustomerExpand, CustomerFilter, CustomerInvoiceSettings, CustomerUpdate, Enabled, Flow,
    FlowData, LineItem, LoginPage, MissingPaymentMethod, NewCheckoutSession, NewCustomer, NewPortalConfiguration,
    NewPortalSession, NewSubscriptionData, NewTaxId, NewTestClock, Paging, PaymentMethodCollection,
    PaymentMethodFilter, PortalBusinessProfile, PortalConfigurationChange, PortalConfigurationFilter,
    PortalCustomerDetail, PortalCustomerUpdate, PortalFeatures, PortalProduct, PortalQuantity,
    PortalSubscriptionCancel, PortalSubscriptionDetail, PortalSubscriptionUpdate, ProrationBehavior, Requirement,
    ScheduleAtPeriodEnd, ScheduleCondition, ScheduleWhen, SubmitType, Take, TaxExemption, TaxIdCollection, TrialEnd,
    TrialUpdateBehavior, Words,
};
use stripe::types::{Address, CustomerField};
use stripe::{Change, Stripe};

use crate::{Done, key, metadata, text, time};

pub(crate) async fn calls(stripe: &Stripe) -> Done {
    customers(stripe).await?;
    checkout(stripe).await?;
    portal(stripe).await?;

    let clock = NewTestClock { frozen_time: time(1_700_000_000), name: text("A year"), customer: text("cus_1") };
    stripe.create_test_clock(&key(), &clock).await?;
    stripe.get_test_clock("clock_1").await?;
    stripe.advance_test_clock("clock_1", &key(), time(1_702_000_000)).await?;
    stripe.delete_test_clock("clock_1").await?;
    Ok(())
}

async fn customers(stripe: &Stripe) -> Done {
    let address = Address {
        line1: text("Ring 1"),
        line2: text("Top 2"),
        city: text("Wien"),
        state: text("Wien"),
        postal_code: text("1010"),
        country: text("AT"),
    };
    let order = vec![CustomerField { name: "PO".into(), value: "4711".into() }];
    let new = NewCustomer {
        name: text("Acme & Söhne"),
        email: text("billing+acme@example.test"),
        metadata: metadata(),
        preferred_locales: vec!["de".into(), "en".into()],
        address: Some(address.clone()),
        tax_exempt: Some(TaxExemption::Reverse),
        tax_id_data: vec![NewTaxId { kind: "eu_vat".into(), value: "ATU12345678".into() }],
        invoice_settings: Some(CustomerInvoiceSettings {
            custom_fields: Some(Change::To(order)),
            default_payment_method: text("pm_1"),
        }),
        test_clock: text("clock_1"),
    };
    stripe.create_customer(&key(), &new).await?;
    let change = CustomerChange {
        name: text("Acme"),
        email: text("billing@example.test"),
        metadata: [("old".to_owned(), String::new())].into(),
        preferred_locales: vec!["en".into()],
        address: Some(Change::To(address)),
        tax_exempt: Some(TaxExemption::None),
        invoice_settings: Some(CustomerInvoiceSettings {
            custom_fields: Some(Change::Clear),
            default_payment_method: text("pm_2"),
        }),
    };
    stripe.update_customer("cus_1", &key(), &change).await?;
    let expand = [CustomerExpand::TaxIds, CustomerExpand::DefaultPaymentMethod];
    stripe.get_customer("cus_1", &expand).await?;
    let filter = CustomerFilter {
        email: text("ada@example.com"),
        created: Some(Created { gte: Some(time(1_700_000_000)), lt: None }),
        paging: paging(),
    };
    stripe.list_customers(&filter).await?;
    stripe.search_customers("org_id", "org_1", Some("page_2")).await?;
    let filter = PaymentMethodFilter { kind: text("card"), paging: paging() };
    stripe.list_customer_payment_methods("cus_1", &filter).await?;
    stripe.attach_payment_method("pm_card_visa", &key(), "cus_1").await?;
    stripe.list_customer_tax_ids("cus_1", &paging()).await?;
    stripe.delete_customer("cus_1").await?;
    Ok(())
}

async fn checkout(stripe: &Stripe) -> Done {
    let new = NewCheckoutSession {
        customer: "cus_1".into(),
        client_reference_id: text("org_1"),
        line_items: vec![LineItem { price: "price_1".into(), quantity: 1 }],
        success_url: "https://app.example/orgs/acme/billing?session={CHECKOUT_SESSION_ID}".into(),
        cancel_url: text("https://app.example/orgs/acme/billing"),
        subscription_data: Some(NewSubscriptionData {
            metadata: metadata(),
            trial_period_days: Some(14),
            trial_end: Some(TrialEnd::At(time(1_700_000_000))),
            trial_settings: Some(MissingPaymentMethod::Cancel.into()),
        }),
        payment_method_collection: Some(PaymentMethodCollection::IfRequired),
        allow_promotion_codes: Some(true),
        automatic_tax: Some(AutomaticTax { enabled: true }),
        tax_id_collection: Some(TaxIdCollection { enabled: true }),
        customer_update: Some(CustomerUpdate {
            address: Some(Take::Auto),
            name: Some(Take::Auto),
            shipping: Some(Take::Never),
        }),
        billing_address_collection: Some(BillingAddressCollection::Required),
        custom_fields: vec![CustomField { key: "po".into(), label: "Order number".into(), optional: true }],
        consent_collection: Some(ConsentCollection { terms_of_service: Requirement::Required }),
        expires_at: Some(time(1_700_003_600)),
        locale: text("auto"),
        custom_text: Some(CustomText {
            submit: Some(Words { message: "No charge today.".into() }),
            terms_of_service_acceptance: Some(Words { message: "I agree.".into() }),
        }),
        submit_type: Some(SubmitType::Subscribe),
        metadata: metadata(),
    };
    stripe.create_checkout_session(&key(), &new).await?;
    stripe.get_checkout_session("cs_test_1", &[CheckoutExpand::Subscription]).await?;
    let filter = CheckoutFilter { customer: text("cus_1"), status: Some(CheckoutStatusFilter::Open), paging: paging() };
    stripe.list_checkout_sessions(&filter).await?;
    stripe.expire_checkout_session("cs_test_1", &key()).await?;
    Ok(())
}

async fn portal(stripe: &Stripe) -> Done {
    let profile = PortalBusinessProfile {
        headline: text("Tenantry"),
        privacy_policy_url: text("https://app.example/privacy"),
        terms_of_service_url: text("https://app.example/terms"),
    };
    let new = NewPortalConfiguration {
        name: text("change-plan"),
        business_profile: Some(profile.clone()),
        default_return_url: text("https://app.example/"),
        login_page: Some(LoginPage { enabled: false }),
        features: features(),
        metadata: metadata(),
    };
    stripe.create_portal_configuration(&key(), &new).await?;
    let change = PortalConfigurationChange {
        active: Some(false),
        name: text("old"),
        business_profile: Some(profile),
        default_return_url: Some(Change::Clear),
        login_page: Some(LoginPage { enabled: false }),
        features: Some(features()),
        metadata: metadata(),
    };
    stripe.update_portal_configuration("bpc_1", &key(), &change).await?;
    let filter = PortalConfigurationFilter { active: Some(true), paging: paging(), with_products: true };
    stripe.list_portal_configurations(&filter).await?;

    let subscription = || "sub_1".to_owned();
    for (flow, after_completion) in [
        (Flow::PaymentMethodUpdate, None),
        (Flow::CustomerUpdate, Some(AfterCompletion::PortalHomepage)),
        (
            Flow::SubscriptionCancel { subscription: subscription() },
            Some(AfterCompletion::HostedConfirmation { custom_message: text("Done.") }),
        ),
        (Flow::SubscriptionUpdate { subscription: subscription() }, None),
        (
            Flow::SubscriptionUpdateConfirm {
                subscription: subscription(),
                item: "si_1".into(),
                price: "price_2".into(),
                quantity: 1,
            },
            Some(AfterCompletion::Redirect { return_url: "https://app.example/orgs/acme/billing".into() }),
        ),
    ] {
        let new = NewPortalSession {
            customer: "cus_1".into(),
            configuration: text("bpc_1"),
            return_url: text("https://app.example/orgs/acme/billing"),
            locale: text("de"),
            flow_data: Some(FlowData { flow, after_completion }),
        };
        stripe.create_portal_session(&key(), &new).await?;
    }
    Ok(())
}

fn features() -> PortalFeatures {
    PortalFeatures {
        customer_update: Some(PortalCustomerUpdate {
            enabled: true,
            allowed_updates: vec![
                PortalCustomerDetail::Address,
                PortalCustomerDetail::Email,
                PortalCustomerDetail::Name,
                PortalCustomerDetail::TaxId,
            ],
        }),
        invoice_history: Some(Enabled { enabled: true }),
        payment_method_update: Some(Enabled { enabled: true }),
        subscription_cancel: Some(PortalSubscriptionCancel {
            enabled: true,
            mode: Some(CancelMode::AtPeriodEnd),
            proration_behavior: Some(ProrationBehavior::None),
            cancellation_reason: Some(CancellationReasons {
                enabled: true,
                options: vec![CancellationReasonOption::TooExpensive, CancellationReasonOption::Other],
            }),
        }),
        subscription_update: Some(PortalSubscriptionUpdate {
            enabled: true,
            default_allowed_updates: vec![PortalSubscriptionDetail::Price],
            products: vec![PortalProduct {
                product: "prod_tenantry_team".into(),
                prices: vec!["price_1".into(), "price_2".into()],
                adjustable_quantity: Some(PortalQuantity { enabled: false, minimum: Some(1), maximum: Some(1) }),
            }],
            proration_behavior: Some(ProrationBehavior::AlwaysInvoice),
            schedule_at_period_end: Some(ScheduleAtPeriodEnd {
                conditions: vec![
                    ScheduleCondition { when: ScheduleWhen::DecreasingItemAmount },
                    ScheduleCondition { when: ScheduleWhen::ShorteningInterval },
                ],
            }),
            billing_cycle_anchor: Some(Anchor::Unchanged),
            trial_update_behavior: Some(TrialUpdateBehavior::ContinueTrial),
        }),
    }
}

fn paging() -> Paging {
    Paging { limit: Some(20), starting_after: None, ending_before: text("x_1") }
}
