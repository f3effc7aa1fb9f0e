"""Stripe's own Python library, unmodified, against the sandbox: every call that Tenantry's client makes."""

import os
import sys
import time

import stripe

DAY = 86_400


def main(base: str, key: str) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": base}, max_network_retries=0)
    assert client.v1.accounts.retrieve_current().object == "account"
    catalogue = sold(client)
    customer, clock = people(client)
    till(client, catalogue, customer)
    portal(client, catalogue, customer)
    subscribed(client, catalogue, customer, clock)
    rest(client)
    refusals(client, key, base)
    signatures()
    client.v1.customers.delete(customer)
    client.v1.test_helpers.test_clocks.delete(clock)
    print(f"stripe {stripe.VERSION}, version {stripe.api_version}")


def sold(client):
    product = client.v1.products.create({"id": "prod_python", "name": "Team", "metadata": {"plan_code": "team"}})
    product = client.v1.products.update(product.id, {"description": "For teams", "marketing_features": [{"name": "Roles"}]})
    assert product.metadata["plan_code"] == "team"
    assert product.id in [one.id for one in client.v1.products.list({"active": True}).auto_paging_iter()]

    def price(amount):
        return client.v1.prices.create({
            "product": product.id, "currency": "usd", "unit_amount": amount, "recurring": {"interval": "month"},
            "lookup_key": f"python_{amount}", "transfer_lookup_key": True,
        })

    small, large = price(2900), price(9900)
    assert client.v1.prices.update(small.id, {"nickname": "small"}).nickname == "small"
    found = client.v1.prices.list({"lookup_keys": ["python_2900"], "expand": ["data.product"]}).data
    assert [one.product.id for one in found] == [product.id]
    return product.id, small.id, large.id


def people(client):
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": int(time.time()), "name": "python"}).id
    customer = client.v1.customers.create({
        "name": "Acme", "email": "a@acme.example", "metadata": {"org_id": "org_python"}, "test_clock": clock,
        "tax_id_data": [{"type": "eu_vat", "value": "DE123456789"}],
    })
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    customer = client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    whole = client.v1.customers.retrieve(customer.id, {"expand": ["tax_ids", "invoice_settings.default_payment_method"]})
    assert whole.invoice_settings.default_payment_method.card.last4 == "4242"
    assert whole.tax_ids.data[0].value == "DE123456789"
    assert [one.id for one in client.v1.customers.search({"query": "metadata['org_id']:'org_python'"}).data] == [customer.id]
    assert [one.id for one in client.v1.customers.list({"test_clock": clock}).data] == [customer.id]
    assert len(client.v1.customers.payment_methods.list(customer.id, {"type": "card"}).data) == 1
    assert len(client.v1.customers.tax_ids.list(customer.id).data) == 1
    return customer.id, clock


def till(client, catalogue, customer):
    session = client.v1.checkout.sessions.create({
        "mode": "subscription", "customer": customer, "line_items": [{"price": catalogue[1], "quantity": 1}],
        "success_url": "http://localhost:3000/?checkout={CHECKOUT_SESSION_ID}", "client_reference_id": "org_python",
        "subscription_data": {"trial_period_days": 14, "metadata": {"org_id": "org_python"}},
    })
    assert (session.status, session.subscription) == ("open", None)
    assert client.v1.checkout.sessions.retrieve(session.id).url == session.url
    assert [one.id for one in client.v1.checkout.sessions.list({"customer": customer, "status": "open"}).data] == [session.id]
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"


def portal(client, catalogue, customer):
    made = client.v1.billing_portal.configurations.create({
        "features": {
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_update": {
                "enabled": True, "default_allowed_updates": ["price"], "proration_behavior": "always_invoice",
                "products": [{"product": catalogue[0], "prices": list(catalogue[1:])}],
            },
        },
        "metadata": {"tenantry_portal": "python"},
    })
    asked = client.v1.billing_portal.configurations.list({"expand": ["data.features.subscription_update.products"]}).data
    assert [one.features.subscription_update.products[0].product for one in asked if one.id == made.id] == [catalogue[0]]
    assert client.v1.billing_portal.configurations.update(made.id, {"name": "python"}).name == "python"
    session = client.v1.billing_portal.sessions.create({
        "customer": customer, "configuration": made.id, "flow_data": {"type": "payment_method_update"},
    })
    assert session.flow.type == "payment_method_update"


def subscribed(client, catalogue, customer, clock):
    made = client.v1.subscriptions.create({
        "customer": customer, "items": [{"price": catalogue[1]}], "trial_period_days": 1,
        "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
    })
    assert made.status == "trialing"
    method = client.v1.customers.payment_methods.list(customer).data[0].id
    client.v1.payment_methods.detach(method)
    advance(client, clock, 2)
    assert client.v1.subscriptions.retrieve(made.id).status == "paused"
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method}})
    client.v1.subscriptions.resume(made.id, {"billing_cycle_anchor": {"type": "now"}})
    item = client.v1.subscriptions.retrieve(made.id)["items"].data[0]
    preview = client.v1.invoices.create_preview({
        "customer": customer, "subscription": made.id,
        "subscription_details": {"items": [{"id": item.id, "price": catalogue[2]}], "proration_behavior": "always_invoice"},
    })
    assert preview.total > 0
    changed = client.v1.subscriptions.update(made.id, {
        "items": [{"id": item.id, "price": catalogue[2]}], "proration_behavior": "always_invoice", "expand": ["latest_invoice.payments"],
    })
    assert changed.latest_invoice.status == "paid"
    schedule = client.v1.subscription_schedules.create({"from_subscription": made.id})
    assert client.v1.subscription_schedules.retrieve(schedule.id).subscription == made.id
    assert client.v1.subscription_schedules.release(schedule.id).status == "released"
    live = client.v1.subscriptions.list({"customer": customer, "status": "all", "expand": ["data.schedule"]}).data
    assert [one.id for one in live] == [made.id]
    ended = client.v1.subscriptions.cancel(made.id, {"invoice_now": True, "prorate": True})
    assert ended.status == "canceled"
    assert client.v1.invoices.list({"customer": customer, "limit": 1}).data[0].total < 0


def advance(client, clock, days):
    now = client.v1.test_helpers.test_clocks.retrieve(clock).frozen_time
    client.v1.test_helpers.test_clocks.advance(clock, {"frozen_time": now + days * DAY})
    for _ in range(400):
        if client.v1.test_helpers.test_clocks.retrieve(clock).status == "ready":
            return
        time.sleep(0.025)
    raise AssertionError("the clock does not arrive")


def rest(client):
    payer = client.v1.customers.create({"payment_method": "pm_card_visa"}).id
    for end in ("pay", "void_invoice", "mark_uncollectible"):
        client.v1.invoice_items.create({"customer": payer, "amount": 500, "currency": "usd"})
        invoice = client.v1.invoices.create({"customer": payer}).id
        client.v1.invoices.update(invoice, {"auto_advance": False})
        assert client.v1.invoices.finalize_invoice(invoice).status == "open"
        method = {"payment_method": client.v1.customers.payment_methods.list(payer).data[0].id} if end == "pay" else {}
        after = getattr(client.v1.invoices, end)(invoice, method)
        assert after.status == {"pay": "paid", "void_invoice": "void", "mark_uncollectible": "uncollectible"}[end]
        assert client.v1.invoices.retrieve(invoice).status == after.status
    newest = client.v1.events.list({"limit": 1}).data[0]
    assert client.v1.events.retrieve(newest.id).type == newest.type
    endpoint = client.v1.webhook_endpoints.create({"url": "https://app.example/hook", "enabled_events": ["invoice.paid"]})
    assert endpoint.secret.startswith("whsec_")
    assert client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True}).status == "disabled"
    assert endpoint.id in [one.id for one in client.v1.webhook_endpoints.list().data]
    assert client.v1.webhook_endpoints.delete(endpoint.id).deleted


def refusals(client, key, base):
    for call, error, code in [
        (lambda: client.v1.customers.create({"colour": "red"}), stripe.InvalidRequestError, "parameter_unknown"),
        (lambda: client.v1.customers.retrieve("cus_nobody"), stripe.InvalidRequestError, "resource_missing"),
        (lambda: client.v1.customers.create({"payment_method": "pm_card_visa_chargeDeclined"}), stripe.CardError, "card_declined"),
    ]:
        try:
            call()
        except error as refused:
            assert refused.code == code, refused
        else:
            raise AssertionError(f"not refused: {code}")
    again = {"idempotency_key": f"python-{time.time()}"}
    client.v1.customers.create({"name": "Once"}, again)
    try:
        client.v1.customers.create({"name": "Twice"}, again)
    except stripe.IdempotencyError:
        pass
    else:
        raise AssertionError("a key for something else is refused")


def signatures():
    """Of what the sandbox delivered: its header and body come from the test."""
    header, secret, body = (os.environ[name] for name in ("SIGNATURE", "SECRET", "BODY"))
    assert stripe.Webhook.construct_event(body, header, secret)["object"] == "event"
    try:
        stripe.Webhook.construct_event(body + " ", header, secret)
    except stripe.SignatureVerificationError:
        return
    raise AssertionError("another body is refused")


main(sys.argv[1], os.environ["STRIPE_SECRET_KEY"])
