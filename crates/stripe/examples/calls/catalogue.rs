//! The account, what is sold, and where events go.

use stripe::client::{
    Created, CurrencyOption, EventFilter, MarketingFeature, NewInterval, NewPrice, NewProduct, NewRecurring,
    NewWebhookEndpoint, Paging, PriceChange, PriceExpand, PriceFilter, ProductChange, ProductFilter, TaxBehavior,
    WebhookEndpointChange,
};
use stripe::{Change, Currency, Stripe};

use crate::{Done, key, metadata, text, time};

pub(crate) async fn calls(stripe: &Stripe) -> Done {
    stripe.account().await?;

    let features = vec![MarketingFeature { name: "Fifteen seats".into() }, MarketingFeature { name: "Roles".into() }];
    let product = NewProduct {
        id: text("prod_tenantry_team"),
        name: "Team".into(),
        description: text("For teams"),
        metadata: metadata(),
        unit_label: text("seat"),
        marketing_features: features.clone(),
        tax_code: text("txcd_10103001"),
    };
    stripe.create_product(&key(), &product).await?;
    let change = ProductChange {
        active: Some(false),
        name: text("Team"),
        description: Some(Change::Clear),
        metadata: metadata(),
        unit_label: Some(Change::To("seat".into())),
        marketing_features: Some(Change::To(features)),
        tax_code: Some(Change::Clear),
    };
    stripe.update_product("prod_tenantry_team", &key(), &change).await?;
    let ids = vec!["prod_1".to_owned(), "prod_2".to_owned()];
    let filter = ProductFilter { active: Some(true), ids, paging: paging() };
    stripe.list_products(&filter).await?;

    let price = NewPrice {
        product: "prod_tenantry_team".into(),
        currency: Currency::parse("usd")?,
        unit_amount: 2900,
        recurring: Some(NewRecurring { interval: NewInterval::Month, interval_count: Some(1) }),
        lookup_key: text("team_monthly"),
        transfer_lookup_key: Some(true),
        tax_behavior: Some(TaxBehavior::Exclusive),
        nickname: text("Team, monthly"),
        metadata: metadata(),
        currency_options: [(Currency::parse("eur")?, CurrencyOption { unit_amount: 2700 })].into(),
    };
    stripe.create_price(&key(), &price).await?;
    let change = PriceChange {
        active: Some(false),
        lookup_key: text("team_monthly"),
        transfer_lookup_key: Some(true),
        nickname: text("old"),
        metadata: metadata(),
    };
    stripe.update_price("price_1", &key(), &change).await?;
    let filter = PriceFilter {
        lookup_keys: vec!["team_monthly".into(), "team_yearly".into()],
        active: Some(true),
        product: text("prod_tenantry_team"),
        paging: paging(),
        expand: vec![PriceExpand::Product],
    };
    stripe.list_prices(&filter).await?;

    let events = vec!["customer.subscription.updated".to_owned(), "invoice.paid".to_owned()];
    let endpoint = NewWebhookEndpoint {
        url: "https://app.example/webhooks/stripe".into(),
        enabled_events: events.clone(),
        description: text("Tenantry"),
        metadata: metadata(),
    };
    stripe.create_webhook_endpoint(&key(), &endpoint).await?;
    let change = WebhookEndpointChange {
        url: text("https://app.example/webhooks/stripe"),
        enabled_events: events.clone(),
        disabled: Some(true),
        description: Some(Change::Clear),
        metadata: metadata(),
    };
    stripe.update_webhook_endpoint("we_1", &key(), &change).await?;
    stripe.list_webhook_endpoints(&paging()).await?;
    stripe.delete_webhook_endpoint("we_1").await?;

    let filter = EventFilter {
        types: events,
        created: Some(Created { gte: Some(time(1_700_000_000)), lt: Some(time(1_800_000_000)) }),
        delivery_success: Some(false),
        paging: paging(),
    };
    stripe.list_events(&filter).await?;
    stripe.get_event("evt_1").await?;
    Ok(())
}

fn paging() -> Paging {
    Paging { limit: Some(20), starting_after: text("x_1"), ending_before: None }
}
