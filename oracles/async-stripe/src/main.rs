//! Decodes what the sandbox's Stripe answers with into the types of the community's crates, and encodes it again. Reads a
//! JSON array of objects from the file that is named, and says a line for each object that does not decode, and for each
//! member that is lost or another afterwards. Exit code 1 where there is any.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fn main() -> ExitCode {
    let Some(file) = std::env::args().nth(1) else { return told(["name the file of objects".to_owned()]) };
    let objects = std::fs::read_to_string(&file).map_err(|error| error.to_string());
    let objects = objects.and_then(|text| serde_json::from_str::<Vec<Value>>(&text).map_err(|error| error.to_string()));
    match objects {
        Ok(objects) => {
            let complaints: BTreeSet<String> = objects.iter().flat_map(look).collect();
            println!("{} objects", objects.len());
            told(complaints)
        }
        Err(error) => told([format!("{file}: {error}")]),
    }
}

fn told(complaints: impl IntoIterator<Item = String>) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for complaint in complaints {
        println!("{complaint}");
        code = ExitCode::FAILURE;
    }
    code
}

/// What is wrong with one object.
fn look(object: &Value) -> Vec<String> {
    let kind = object["object"].as_str().unwrap_or_default();
    if object["deleted"] == true {
        return match kind {
            "customer" => round::<stripe_shared::DeletedCustomer>(object),
            "invoice" => round::<stripe_shared::DeletedInvoice>(object),
            "product" => round::<stripe_shared::DeletedProduct>(object),
            "subscription_item" => round::<stripe_shared::DeletedSubscriptionItem>(object),
            "tax_id" => round::<stripe_shared::DeletedTaxId>(object),
            "test_helpers.test_clock" => round::<stripe_shared::DeletedTestHelpersTestClock>(object),
            "webhook_endpoint" => round::<stripe_misc::DeletedWebhookEndpoint>(object),
            other => vec![format!("no type is known here for a deleted {other}")],
        };
    }
    match kind {
        "account" => round::<stripe_shared::Account>(object),
        "billing_portal.configuration" => round::<stripe_billing::BillingPortalConfiguration>(object),
        "billing_portal.session" => round::<stripe_billing::BillingPortalSession>(object),
        "checkout.session" => round::<stripe_shared::CheckoutSession>(object),
        "customer" => round::<stripe_shared::Customer>(object),
        "customer_balance_transaction" => round::<stripe_shared::CustomerBalanceTransaction>(object),
        "event" => round::<stripe_shared::Event>(object),
        "invoice" => round::<stripe_shared::Invoice>(object),
        "invoice_payment" => round::<stripe_shared::InvoicePayment>(object),
        "invoiceitem" => round::<stripe_billing::InvoiceItem>(object),
        "item" => round::<stripe_shared::CheckoutSessionItem>(object),
        "line_item" => round::<stripe_shared::InvoiceLineItem>(object),
        "payment_intent" => round::<stripe_shared::PaymentIntent>(object),
        "payment_method" => round::<stripe_shared::PaymentMethod>(object),
        "price" => round::<stripe_shared::Price>(object),
        "product" => round::<stripe_shared::Product>(object),
        "subscription" => round::<stripe_shared::Subscription>(object),
        "subscription_item" => round::<stripe_shared::SubscriptionItem>(object),
        "subscription_schedule" => round::<stripe_shared::SubscriptionSchedule>(object),
        "tax_id" => round::<stripe_shared::TaxId>(object),
        "test_helpers.test_clock" => round::<stripe_shared::TestHelpersTestClock>(object),
        "webhook_endpoint" => round::<stripe_misc::WebhookEndpoint>(object),
        // Of these an event shows as much as it needs.
        "charge" | "setup_intent" => Vec::new(),
        other => vec![format!("no type is known here for {other}")],
    }
}

/// There and back.
fn round<T: DeserializeOwned + Serialize>(object: &Value) -> Vec<String> {
    let kind = object["object"].as_str().unwrap_or_default();
    let decoded = match serde_json::from_value::<T>(object.clone()) {
        Ok(decoded) => decoded,
        Err(error) => return vec![format!("{kind}: does not decode: {error}")],
    };
    match serde_json::to_value(&decoded) {
        Ok(after) => {
            let mut lost = Vec::new();
            compare(object, &after, kind, &mut lost);
            lost
        }
        Err(error) => vec![format!("{kind}: does not encode: {error}")],
    }
}

/// Everything that was there must be there. What is null may be left out.
fn compare(before: &Value, after: &Value, path: &str, lost: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                let path = format!("{path}.{name}");
                match after.get(name) {
                    Some(other) => compare(value, other, &path, lost),
                    None if value.is_null() => {}
                    None => lost.push(format!("{path}: is lost")),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            before.iter().zip(after).for_each(|(before, after)| compare(before, after, path, lost));
        }
        (before, after) if before == after => {}
        (before, after) => lost.push(format!("{path}: {before} became {after}")),
    }
}
