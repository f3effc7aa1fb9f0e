//! What Stripe's portal offers: two configurations, and how one at Stripe differs from what it should be.

use std::collections::BTreeMap;

use serde_json::Value;
use stripe::client::{
    CancelMode, CancellationReasonOption, CancellationReasons, Enabled, PortalCustomerDetail, PortalCustomerUpdate,
    PortalFeatures, PortalProduct, PortalQuantity, PortalSubscriptionCancel, PortalSubscriptionDetail,
    PortalSubscriptionUpdate, ProrationBehavior, ScheduleAtPeriodEnd, ScheduleCondition, ScheduleWhen,
    TrialUpdateBehavior,
};
use stripe::types::PortalConfiguration;

use crate::{Error, Result};

/// The portal as people come to it: everything but the plan, which is looked at here first.
pub(crate) const MANAGE: &str = "manage";
/// The portal for confirming another price.
pub(crate) const CHANGE_PLAN: &str = "change-plan";

/// Both, with these prices by product.
pub(super) fn portals(prices: &BTreeMap<String, Vec<String>>) -> [(&'static str, PortalFeatures); 2] {
    [(MANAGE, manage()), (CHANGE_PLAN, change_plan(prices))]
}

fn manage() -> PortalFeatures {
    use CancellationReasonOption as Reason;
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
                options: vec![
                    Reason::TooExpensive,
                    Reason::MissingFeatures,
                    Reason::SwitchedService,
                    Reason::Unused,
                    Reason::TooComplex,
                    Reason::Other,
                ],
            }),
        }),
        subscription_update: Some(PortalSubscriptionUpdate { enabled: false, ..PortalSubscriptionUpdate::default() }),
    }
}

/// Only ever opened for a price that was looked at here: with what is in use, and with what it costs.
fn change_plan(prices: &BTreeMap<String, Vec<String>>) -> PortalFeatures {
    let product = |(product, prices): (&String, &Vec<String>)| PortalProduct {
        product: product.clone(),
        prices: prices.clone(),
        adjustable_quantity: Some(PortalQuantity { enabled: false, minimum: None, maximum: None }),
    };
    PortalFeatures {
        invoice_history: Some(Enabled { enabled: true }),
        payment_method_update: Some(Enabled { enabled: true }),
        subscription_update: Some(PortalSubscriptionUpdate {
            enabled: true,
            default_allowed_updates: vec![PortalSubscriptionDetail::Price],
            products: prices.iter().map(product).collect(),
            proration_behavior: Some(ProrationBehavior::AlwaysInvoice),
            schedule_at_period_end: Some(ScheduleAtPeriodEnd {
                conditions: vec![
                    ScheduleCondition { when: ScheduleWhen::DecreasingItemAmount },
                    ScheduleCondition { when: ScheduleWhen::ShorteningInterval },
                ],
            }),
            trial_update_behavior: Some(TrialUpdateBehavior::ContinueTrial),
            ..PortalSubscriptionUpdate::default()
        }),
        ..PortalFeatures::default()
    }
}

/// Where one at Stripe is not as it should be, by Stripe's names: `subscription_update.products`.
pub(super) fn differences(wanted: &PortalFeatures, there: &PortalConfiguration) -> Result<Vec<String>> {
    let wanted = serde_json::to_value(wanted).map_err(|error| Error::NotSetUp(format!("a portal ({error})")))?;
    let mut found = Vec::new();
    for (feature, wanted) in wanted.as_object().into_iter().flatten() {
        let there = &there.features[feature];
        // What is not asked for is off; and what is off may be set in any way.
        if wanted["enabled"] != true {
            if there["enabled"] == true {
                found.push(format!("{feature}.enabled"));
            }
            continue;
        }
        let settings = wanted.as_object().into_iter().flatten();
        let differing = settings.filter(|(name, value)| !is_as(value, &there[name.as_str()]));
        found.extend(differing.map(|(name, _)| format!("{feature}.{name}")));
    }
    if there.login_page.enabled {
        found.push("login_page.enabled".to_owned());
    }
    Ok(found)
}

/// Whether something is as it should be: lists in any order, and what is not asked for as it likes.
fn is_as(wanted: &Value, there: &Value) -> bool {
    match wanted {
        Value::Null => true,
        Value::Object(members) => members.iter().all(|(name, wanted)| is_as(wanted, &there[name.as_str()])),
        Value::Array(wanted) => {
            let there = there.as_array().map(Vec::as_slice).unwrap_or_default();
            wanted.len() == there.len() && wanted.iter().all(|one| there.iter().any(|other| is_as(one, other)))
        }
        plain => plain == there,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at_stripe(features: &PortalFeatures) -> PortalConfiguration {
        let features = serde_json::to_value(features).unwrap();
        serde_json::from_value(json!({ "id": "bpc_1", "active": true, "features": features })).unwrap()
    }

    #[test]
    fn each_setting_that_differs_is_named() {
        let prices = BTreeMap::from([("prod_a".to_owned(), vec!["price_1".to_owned(), "price_2".to_owned()])]);
        let wanted = change_plan(&prices);
        let mut there = at_stripe(&wanted);
        there.features["subscription_update"]["products"][0]["prices"] = json!(["price_2", "price_1"]);
        there.features["customer_update"] = json!({ "enabled": false, "allowed_updates": [] });
        assert!(differences(&wanted, &there).unwrap().is_empty(), "in another order, and off");
        for (path, value) in [
            ("/subscription_update/products/0/prices", json!(["price_1"])),
            ("/subscription_update/products/0/adjustable_quantity/enabled", json!(true)),
            ("/subscription_update/products/0/product", json!("prod_b")),
            ("/subscription_update/products", json!([])),
            ("/subscription_update/default_allowed_updates", json!(["price", "quantity"])),
            ("/subscription_update/proration_behavior", json!("none")),
            ("/subscription_update/schedule_at_period_end/conditions", json!([])),
            ("/subscription_update/trial_update_behavior", json!("end_trial")),
            ("/subscription_update/enabled", json!(false)),
            ("/invoice_history/enabled", json!(false)),
            ("/customer_update/enabled", json!(true)),
        ] {
            let mut other = there.clone();
            *other.features.pointer_mut(path).unwrap() = value;
            let found = differences(&wanted, &other).unwrap();
            let [feature, setting] = [1, 2].map(|part| path.split('/').nth(part).unwrap());
            assert_eq!(found, [format!("{feature}.{setting}")], "{path}");
        }
        there.login_page.enabled = true;
        assert_eq!(differences(&wanted, &there).unwrap(), ["login_page.enabled"]);
    }
}
