//! Walks through the states of a subscription, by clocks at Stripe and through the product: bought at the till, changed and
//! ended in the portal, and looked at by the sync alone.

use billing::Door;
use domain::billing::Account;
use domain::standing::{Standing, Unpaid};
use domain::{Error as Refusal, Org, Permission, Read};
use serde_json::{Value, json};
use stripe::Event;
use testkit::Organisation;

use crate::stage::Stage;

const TEAM: &str = "tenantry_team_monthly";
const BUSINESS: &str = "tenantry_business_monthly";
const VISA: &str = "pm_card_visa";
const DECLINED_LATER: &str = "pm_card_chargeCustomerFail";

/// Somebody's way through a subscription's life.
struct Walk<'a> {
    stage: &'a Stage,
    at: &'a Organisation,
    org: Org,
    customer: String,
    clock: String,
}

impl<'a> Walk<'a> {
    /// An organisation whose customer lives by a clock, with a card unless none is wanted.
    async fn begin(stage: &'a Stage, at: &'a Organisation, admin: &str, card: Option<&str>) -> Self {
        let clock = stage.account.clock().await;
        let customer = stage.customer(at, card, Some(&clock)).await;
        Self { stage, at, org: stage.world.org(admin, at), customer, clock }
    }

    /// Goes to the till and pays there, or begins a trial.
    async fn buys(&self, lookup_key: &str, card: Option<&str>) {
        let url = self.stage.billing.checkout(&self.org, lookup_key).await.unwrap();
        let session = url.rsplit('/').next().unwrap();
        let mut paid = json!({ "name": "Ada" });
        if let Some(card) = card {
            paid["card"] = card.into();
        }
        self.stage.account.control(&format!("/stripe/checkout/{session}/complete"), &paid).await;
    }

    /// Through the door to the portal, and there does this.
    async fn in_the_portal(&self, door: Door, what: &str, body: &Value) {
        let url = self.stage.billing.portal(&self.org, &door).await.unwrap();
        let session = url.rsplit('/').next().unwrap();
        self.stage.account.control(&format!("/stripe/portal/{session}/{what}"), body).await;
    }

    async fn days(&self, days: i64) {
        self.stage.account.days_go_by(&self.clock, days).await;
    }

    /// Plan and status, once Stripe was looked at.
    async fn is(&self) -> (String, String) {
        self.stage.billing.sync_now(&self.customer).await.unwrap();
        let (plan, status) = self.stage.terms(self.at).await;
        (plan, status.unwrap_or_default())
    }

    async fn standing(&self) -> Standing {
        let (access, ()) = self.org.read(Read::access_only()).await.unwrap();
        access.organisation.terms.standing
    }

    /// Whether this may be done now.
    async fn may(&self, permission: Permission) -> bool {
        self.org.write().await.unwrap().require(permission).is_ok()
    }

    async fn account(&self) -> Account {
        self.org.read(domain::billing::show()).await.unwrap().1.account
    }

    async fn subscription(&self) -> String {
        self.account().await.subscription.unwrap().id
    }

    async fn pays_what_is_open(&self) {
        let open = self.stage.account.says(&format!("/v1/invoices?customer={}&status=open", self.customer)).await;
        let invoice = open["data"][0]["id"].as_str().unwrap();
        self.stage.account.control(&format!("/stripe/invoices/{invoice}/pay"), &json!({ "card": VISA })).await;
    }
}

fn are(plan: &str, status: &str) -> (String, String) {
    (plan.to_owned(), status.to_owned())
}

#[tokio::test]
async fn unpaid_is_read_only_until_what_is_open_is_paid() {
    let stage = Stage::set().await;
    stage.account.control("/stripe/dunning", &json!({ "after_retries": "unpaid" })).await;
    let walk = Walk::begin(&stage, &stage.world.acme, "ada", Some(VISA)).await;
    walk.buys(TEAM, Some(VISA)).await;
    assert_eq!(walk.is().await, are("team", "trialing"));
    walk.days(15).await;
    assert_eq!(walk.is().await, are("team", "active"));
    walk.in_the_portal(Door::PaymentMethod, "card", &json!({ "card": DECLINED_LATER })).await;
    assert_eq!(walk.is().await, are("team", "active"));
    walk.days(31).await;
    assert_eq!(walk.is().await, are("team", "past_due"));
    assert!(matches!(walk.standing().await, Standing::Grace { .. }));
    assert!(walk.may(Permission::MembersInvite).await);
    walk.days(15).await;
    assert_eq!(walk.is().await, are("team", "unpaid"));
    assert_eq!(walk.standing().await, Standing::ReadOnly(Unpaid::Overdue));
    assert!(!walk.may(Permission::RunsWork).await && walk.may(Permission::BillingManage).await);
    // Whoever owes does not buy a second one.
    let refused = stage.billing.checkout(&walk.org, TEAM).await;
    assert!(matches!(refused, Err(billing::Error::Domain(Refusal::Conflict { code: "already_subscribed", .. }))));
    walk.pays_what_is_open().await;
    assert_eq!(walk.is().await, are("team", "active"));
    assert_eq!(walk.standing().await, Standing::Full);
}

#[tokio::test]
async fn incomplete_is_free_and_ends_by_itself_or_with_a_payment() {
    let stage = Stage::set().await;
    let walk = Walk::begin(&stage, &stage.world.acme, "ada", Some(DECLINED_LATER)).await;
    // By hand at the dashboard: the till makes no subscription before it is paid.
    let first = stage.account.subscribe(&walk.customer, TEAM, None).await;
    assert_eq!(walk.is().await, are("free", "incomplete"));
    assert_eq!(walk.standing().await, Standing::Full, "as Free, and what is there stays");
    assert!(walk.account().await.live().is_none());
    walk.days(1).await;
    assert_eq!(walk.is().await, are("free", "incomplete_expired"));
    // The next one is paid within its 23 hours.
    let second = stage.account.subscribe(&walk.customer, BUSINESS, None).await;
    assert_ne!(second.id, first.id);
    assert_eq!(walk.is().await, are("free", "incomplete"));
    walk.pays_what_is_open().await;
    assert_eq!(walk.is().await, are("business", "active"));
}

#[tokio::test]
async fn what_is_incomplete_keeps_nobody_from_the_till() {
    let stage = Stage::set().await;
    let walk = Walk::begin(&stage, &stage.world.acme, "ada", Some(DECLINED_LATER)).await;
    stage.account.subscribe(&walk.customer, BUSINESS, None).await;
    assert_eq!(walk.is().await, are("free", "incomplete"));
    walk.buys(TEAM, Some(VISA)).await;
    // There was one before, though it never began: no trial.
    assert_eq!(walk.is().await, are("team", "active"));
}

#[tokio::test]
async fn a_pause_for_want_of_a_card_ends_with_one_and_any_other_pause_does_not() {
    let stage = Stage::set().await;
    let (acme, bolt) = (&stage.world.acme, &stage.world.bolt);
    let waiting = Walk::begin(&stage, acme, "ada", None).await;
    let price = stage.account.price(TEAM).await;
    let trial = |customer: &str| {
        [
            ("customer", customer.to_owned()),
            ("items[0][price]", price.clone()),
            ("trial_period_days", "14".to_owned()),
            ("trial_settings[end_behavior][missing_payment_method]", "pause".to_owned()),
        ]
    };
    let form = trial(&waiting.customer);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    stage.account.does("/v1/subscriptions", &form).await;
    assert_eq!(waiting.is().await, are("team", "trialing"));
    waiting.days(15).await;
    assert_eq!(waiting.is().await, are("team", "paused"));
    assert_eq!(waiting.standing().await, Standing::ReadOnly(Unpaid::Paused));
    assert!(!waiting.may(Permission::ProceduresManage).await && waiting.may(Permission::MembersManage).await);
    // A card, and all is back.
    waiting.in_the_portal(Door::PaymentMethod, "card", &json!({ "card": VISA })).await;
    assert_eq!(waiting.is().await, are("team", "active"));
    assert_eq!(waiting.standing().await, Standing::Full);
    let account = waiting.account().await;
    assert_eq!(account.payment_method.unwrap().last4, "4242");
    let paid = stage.account.says(&format!("/v1/invoices?customer={}&status=paid&limit=1", waiting.customer)).await;
    assert_eq!(paid["data"][0]["amount_paid"], 2900);

    // A card that is declined: what is owed for going on is open.
    let declined = Walk::begin(&stage, bolt, "olga", None).await;
    let form = trial(&declined.customer);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    stage.account.does("/v1/subscriptions", &form).await;
    declined.days(15).await;
    assert_eq!(declined.is().await, are("team", "paused"));
    declined.in_the_portal(Door::PaymentMethod, "card", &json!({ "card": DECLINED_LATER })).await;
    assert_eq!(declined.is().await, are("team", "past_due"));
    declined.pays_what_is_open().await;
    assert_eq!(declined.is().await, are("team", "active"));
}

#[tokio::test]
async fn a_price_that_changes_is_for_those_who_come_and_not_for_those_who_are_there() {
    let stage = Stage::set().await;
    let (acme, bolt) = (&stage.world.acme, &stage.world.bolt);
    let there = Walk::begin(&stage, acme, "ada", Some(VISA)).await;
    there.buys(TEAM, Some(VISA)).await;
    there.days(15).await;
    assert_eq!(there.is().await, are("team", "active"));
    let old = stage.account.price(TEAM).await;
    // As `tenantry stripe setup` does when plans.toml says another amount.
    let form = [
        ("product", "prod_tenantry_team"),
        ("currency", "usd"),
        ("unit_amount", "3900"),
        ("recurring[interval]", "month"),
        ("lookup_key", TEAM),
        ("transfer_lookup_key", "true"),
    ];
    let new = stage.account.does("/v1/prices", &form).await["id"].as_str().unwrap().to_owned();
    assert_eq!(stage.account.price(TEAM).await, new);
    let told = json!({
        "id": "evt_1", "object": "event", "type": "price.updated", "created": 1_790_000_000, "livemode": false,
        "data": { "object": { "id": old, "object": "price" } },
    });
    let told = Event::from_slice(told.to_string().as_bytes()).unwrap();
    let now = domain::billing::customers::now(&stage.world.app).await.unwrap();
    assert_eq!(stage.billing.apply(&told, now).await.unwrap(), billing::Applied::CatalogueForgotten);
    let come = Walk::begin(&stage, bolt, "olga", Some(VISA)).await;
    come.buys(TEAM, Some(VISA)).await;
    come.days(15).await;
    assert_eq!(come.is().await, are("team", "active"));
    // And at the next renewal too.
    there.days(31).await;
    assert_eq!(there.is().await, are("team", "active"));
    for (walk, amount, lookup_key) in [(&there, 2900, None), (&come, 3900, Some(TEAM))] {
        let live = walk.account().await.subscription.unwrap();
        assert_eq!((live.amount, live.lookup_key.as_deref()), (amount, lookup_key));
        let last = stage.account.says(&format!("/v1/invoices?customer={}&limit=1", walk.customer)).await;
        assert_eq!(last["data"][0]["total"], amount);
    }
}

#[tokio::test]
async fn a_smaller_plan_begins_when_the_paid_period_ends_and_can_be_taken_back() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let walk = Walk::begin(&stage, acme, "ada", Some(VISA)).await;
    walk.buys(BUSINESS, Some(VISA)).await;
    walk.days(15).await;
    assert_eq!(walk.is().await, are("business", "active"));
    let smaller = async || {
        let change = json!({ "subscription": walk.subscription().await, "price": stage.account.price(TEAM).await });
        walk.in_the_portal(Door::Change { lookup_key: TEAM.to_owned() }, "change", &change).await;
        assert_eq!(walk.is().await, are("business", "active"), "until it is paid");
        walk.account().await.subscription.unwrap().scheduled.unwrap()
    };
    let scheduled = smaller().await;
    let period_end = walk.account().await.subscription.unwrap().period_end;
    assert_eq!((scheduled.plan.as_deref(), Some(scheduled.at)), (Some("team"), period_end));
    stage.billing.keep(&walk.org).await.unwrap();
    assert!(walk.account().await.subscription.unwrap().scheduled.is_none());
    walk.days(31).await;
    assert_eq!(walk.is().await, are("business", "active"), "taken back");
    smaller().await;
    walk.days(31).await;
    assert_eq!(walk.is().await, are("team", "active"));
    let account = walk.account().await;
    assert_eq!(
        (account.subscription.unwrap().amount, account.balance),
        (2900, 0),
        "nothing is given back, nothing owed"
    );
}

#[tokio::test]
async fn an_end_that_is_asked_for_in_the_portal_comes_with_the_period_unless_it_is_taken_back() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let walk = Walk::begin(&stage, acme, "ada", Some(VISA)).await;
    walk.buys(TEAM, Some(VISA)).await;
    walk.days(15).await;
    assert_eq!(walk.is().await, are("team", "active"));
    let ends = async || walk.account().await.subscription.unwrap().cancel_at;
    let body = json!({ "subscription": walk.subscription().await, "feedback": "unused" });
    walk.in_the_portal(Door::Cancel, "cancel", &body).await;
    assert_eq!(walk.is().await, are("team", "active"));
    assert!(ends().await.is_some());
    assert_eq!(walk.standing().await, Standing::Full, "to its end");
    // Taken back at Stripe, asked for again, and taken back here.
    walk.in_the_portal(Door::Home, "renew", &body).await;
    assert_eq!(walk.is().await, are("team", "active"));
    assert!(ends().await.is_none());
    walk.in_the_portal(Door::Cancel, "cancel", &body).await;
    walk.is().await;
    stage.billing.keep(&walk.org).await.unwrap();
    assert!(ends().await.is_none());
    walk.in_the_portal(Door::Cancel, "cancel", &body).await;
    walk.days(31).await;
    assert_eq!(walk.is().await, are("free", "canceled"));
}
