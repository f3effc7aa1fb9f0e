use serde_json::json;
use signatures::stripe::sign;

use super::*;

fn event(object: Value) -> Event {
    let value = json!({
        "id": "evt_1", "object": "event", "type": "some.kind", "created": 1_700_000_000, "livemode": true,
        "api_version": "2026-09-30.endive", "data": { "object": object }, "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
    });
    serde_json::from_value(value).unwrap()
}

#[test]
fn reads_an_envelope() {
    let event = event(json!({ "id": "sub_1", "object": "subscription", "customer": "cus_1" }));
    assert_eq!((event.id.as_str(), event.kind.as_str()), ("evt_1", "some.kind"));
    assert_eq!(event.created.as_second(), 1_700_000_000);
    assert_eq!((event.livemode, event.api_version.as_deref()), (true, Some("2026-09-30.endive")));
    assert_eq!((event.account, event.object_id.as_deref()), (None, Some("sub_1")));
}

#[test]
fn finds_whose_it_is_in_every_kind_of_object() {
    for (object, customer, subscription) in [
        (json!({ "id": "sub_1", "object": "subscription", "customer": "cus_1" }), Some("cus_1"), Some("sub_1")),
        (json!({ "id": "cus_1", "object": "customer", "deleted": true }), Some("cus_1"), None),
        (
            json!({ "object": "checkout.session", "customer": "cus_1", "subscription": "sub_1" }),
            Some("cus_1"),
            Some("sub_1"),
        ),
        (
            json!({ "object": "checkout.session", "customer": { "id": "cus_1" }, "subscription": null }),
            Some("cus_1"),
            None,
        ),
        (
            json!({ "object": "invoice", "customer": "cus_1", "parent": { "subscription_details": { "subscription": "sub_1" } } }),
            Some("cus_1"),
            Some("sub_1"),
        ),
        (json!({ "object": "invoice", "customer": "cus_1", "parent": null }), Some("cus_1"), None),
        (
            json!({ "object": "tax_id", "customer": null, "owner": { "type": "customer", "customer": "cus_1" } }),
            Some("cus_1"),
            None,
        ),
        (
            json!({ "object": "subscription_schedule", "customer": "cus_1", "subscription": "sub_1" }),
            Some("cus_1"),
            Some("sub_1"),
        ),
        (json!({ "object": "price", "id": "price_1" }), None, None),
        (json!({ "object": "invoice", "customer": "" }), None, None),
        (json!(null), None, None),
    ] {
        let event = event(object.clone());
        assert_eq!((event.customer.as_deref(), event.subscription.as_deref()), (customer, subscription), "{object}");
    }
}

#[test]
fn a_card_that_was_taken_away_is_its_former_owners() {
    let value = json!({
        "id": "evt_1", "type": "payment_method.detached", "created": 1,
        "data": { "object": { "id": "pm_1", "object": "payment_method", "customer": null }, "previous_attributes": { "customer": "cus_1" } },
    });
    let event: Event = serde_json::from_value(value).unwrap();
    assert_eq!((event.customer.as_deref(), event.object_id.as_deref()), (Some("cus_1"), Some("pm_1")));
}

#[test]
fn reads_the_thin_kind() {
    let thin = |id: &str| -> Event {
        let value = json!({
            "id": "evt_1", "object": "v2.core.event", "type": "v1.customer.subscription.past_due",
            "created": "2026-10-01T12:00:00.000Z", "livemode": false, "context": null,
            "related_object": { "id": id, "type": "subscription", "url": "/v1/subscriptions/sub_1" },
        });
        serde_json::from_value(value).unwrap()
    };
    let event = thin("sub_1");
    assert_eq!(event.created.to_string(), "2026-10-01T12:00:00Z");
    assert_eq!(
        (event.subscription.as_deref(), event.customer, event.object_id.as_deref()),
        (Some("sub_1"), None, Some("sub_1"))
    );
    assert_eq!(thin("cus_1").customer.as_deref(), Some("cus_1"));
    assert_eq!(thin("sub_sched_1").subscription, None);
}

#[test]
fn what_is_no_event_is_refused() {
    for body in [
        "",
        "[]",
        "null",
        "{}",
        r#"{"id":"evt_1","type":"a"}"#,
        r#"{"id":"evt_1","created":1}"#,
        r#"{"id":1,"type":"a","created":1}"#,
        r#"{"id":"","type":"a","created":1}"#,
        r#"{"id":"evt_1","type":"a","created":"soon"}"#,
        r#"{"id":"evt_1","type":"a","created":99999999999999}"#,
    ] {
        assert!(Event::from_slice(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn nothing_is_read_before_the_signature_is_good() {
    let [old, new, other] = ["whsec_old", "whsec_new", "whsec_other"].map(|text| Secret::parse(text).unwrap());
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let body = br#"{"id":"evt_1","type":"a","created":1}"#;
    let header = sign(&[old.clone(), new.clone()], now.as_second(), body);
    for secrets in [vec![old.clone()], vec![new.clone()], vec![other.clone(), new]] {
        assert_eq!(read(&secrets, &header, body, now).unwrap().id, "evt_1");
    }
    let refused = read(&[other], &header, body, now).unwrap_err();
    assert!(matches!(refused, Refused::Signature(stripe::Error::NoMatch)), "{refused}");
    let nonsense = sign(std::slice::from_ref(&old), now.as_second(), b"nonsense");
    let refused = |body: &[u8]| read(std::slice::from_ref(&old), &nonsense, body, now).unwrap_err();
    assert!(matches!(refused(b"nonsense"), Refused::NotAnEvent(_)));
    assert!(matches!(refused(b"Nonsense"), Refused::Signature(_)));
}
