//! Writes down what the vendor says, in one transaction inside the organisation: account, invoices, plan, and since when
//! money is owed.

use jiff::Timestamp;
use serde_json::{Value, json};
use tenancy::{Actor, Database, OrganisationId, Query, Row, Transaction, tenant_statements};

use super::{Account, Card, FailedPayment, Invoice, NextInvoice, Subscription};
use crate::audit_log::{self, Author, Entry};
use crate::email_address::EmailAddress;
use crate::mails::{self, Link, NewMail, Notice, To};
use crate::plans::{self, Plan};
use crate::{Error, Permission, Result, jobs, memberships, organisations};

tenant_statements! {
    BEFORE = "
        select organisation.plan, organisation.name, organisation.billing_status, account.subscription, account.billing_email,
               account.payment_method, account.synced_from, account.billing_name, organisation.slug,
               coalesce(account.email_forgotten, false),
               (select person.email from memberships as membership join users as person on person.id = membership.user_id
                 where membership.organisation_id = $1 and membership.role = 'admin' and membership.removed_at is null
                   and membership.waiting_since is null and person.deleted_at is null and person.email <> ''
                 order by membership.created_at, membership.user_id limit 1)
          from organisations as organisation
          left join billing_accounts as account on account.organisation_id = $1
         where organisation.id = $1";
    ACCOUNT = "
        insert into billing_accounts as account
               (organisation_id, customer_id, billing_email, billing_name, balance, currency, payment_method, subscription,
                next_invoice, doubled, doubled_at, trial_used_at, synced_from, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $10::jsonb is not null then now() end,
                case when $11 then now() end, $12, now())
        on conflict (organisation_id) do update
           set customer_id = excluded.customer_id, billing_email = excluded.billing_email, billing_name = excluded.billing_name,
               email_forgotten = account.email_forgotten and excluded.billing_email is null,
               balance = excluded.balance, currency = excluded.currency, payment_method = excluded.payment_method,
               subscription = excluded.subscription, next_invoice = excluded.next_invoice,
               doubled = coalesce(excluded.doubled, account.doubled),
               doubled_at = coalesce(excluded.doubled_at, account.doubled_at),
               trial_used_at = coalesce(account.trial_used_at, excluded.trial_used_at),
               synced_from = excluded.synced_from, changed_at = now()";
    /// The customer is gone: the next purchase makes another.
    SUCCEED = "
        update billing_accounts
           set customer_id = null, customer_number = customer_number + 1
         where organisation_id = $1 and customer_id = $2";
    INVOICES = "
        insert into invoices (organisation_id, id, number, status, total, amount_due, currency, created_at, hosted_url, pdf_url)
        select $1, one.* from jsonb_to_recordset($2) as one
               (id text, number text, status text, total int8, amount_due int8, currency text, created_at timestamptz,
                hosted_url text, pdf_url text)
        on conflict (organisation_id, id) do update
           set number = excluded.number, status = excluded.status, total = excluded.total, amount_due = excluded.amount_due,
               hosted_url = excluded.hosted_url, pdf_url = excluded.pdf_url";
    STANDING = "
        update organisations
           set plan = $2, billing_status = $3,
               past_due_since = case when $4 then coalesce(past_due_since, now()) end
         where id = $1";
}

/// The job, and the actor, that brings an organisation's billing in step with the vendor.
pub const SYNC_BILLING: &str = "sync_billing";

/// A subscription that was paid although there was one, and was ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Doubled {
    /// The one that was ended.
    pub ended: String,
    /// The one that goes on.
    pub kept: String,
}

/// What the vendor says of a customer.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    /// `cus_…`
    pub customer_id: String,
    /// The customer is gone there.
    pub deleted: bool,
    /// Where invoices go.
    pub email: Option<String>,
    /// The organisation's name as the vendor was last told it.
    pub told_name: Option<String>,
    /// Negative is credit.
    pub balance: i64,
    /// In which it pays, once it does.
    pub currency: Option<String>,
    /// What the next payment is taken from.
    pub payment_method: Option<Card>,
    /// All there ever were.
    pub subscriptions: Vec<Subscription>,
    /// The newest.
    pub invoices: Vec<Invoice>,
    /// What of them was tried and not paid.
    pub failed_payments: Vec<FailedPayment>,
    /// What is asked for next.
    pub next_invoice: Option<NextInvoice>,
    /// A second one that was ended just now.
    pub doubled: Option<Doubled>,
}

impl Fetched {
    /// The subscription that counts: the one we know while it lives, else the oldest that lives, else the last one there was.
    pub fn choose(&self, known: Option<&str>) -> Option<&Subscription> {
        let live = || self.subscriptions.iter().filter(|one| one.is_live());
        let ours = live().find(|one| Some(one.id.as_str()) == known);
        let oldest = || live().min_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        let last = || self.subscriptions.iter().max_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        ours.or_else(oldest).or_else(last)
    }

    /// Subscriptions that live beside the one that counts.
    pub fn beside(&self, known: Option<&str>) -> Vec<&Subscription> {
        let kept = self.choose(known).map(|one| one.id.as_str());
        self.subscriptions.iter().filter(|one| one.is_live() && Some(one.id.as_str()) != kept).collect()
    }

    /// When something changes by itself next, if nothing happens.
    pub fn look_again_at(&self, known: Option<&str>) -> Option<Timestamp> {
        let one = self.choose(known).filter(|one| one.is_live())?;
        let scheduled = one.scheduled.as_ref().map(|change| change.at);
        [one.period_end, one.trial_end, one.cancel_at, scheduled]
            .into_iter()
            .flatten()
            .filter(|at| *at > Timestamp::now())
            .min()
    }
}

/// What an organisation is known to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The subscription.
    pub subscription: Option<String>,
    /// The organisation's name.
    pub name: String,
    /// As the vendor was last told it.
    pub told_name: Option<String>,
    /// The vendor has the address of somebody who is to be forgotten.
    pub email_forgotten: bool,
    /// The address of whoever has been an admin the longest.
    pub admin_email: Option<String>,
}

/// What is recorded: read before the vendor is asked.
pub async fn known(database: &Database, at: &OrganisationId) -> Result<Known> {
    let rows = door(database, at).read(&[Query::new(BEFORE)]).await?;
    let row = rows[0].first().ok_or(Error::NotFound)?;
    let account = Account { subscription: super::stored(row, 3), ..Account::default() };
    Ok(Known {
        subscription: account.subscription.map(|one| one.id),
        name: row.get(1),
        told_name: row.get(7),
        email_forgotten: row.get(9),
        admin_email: row.get(10),
    })
}

/// Records it, and says what of it is new, by its action in the audit log. None where what is recorded was asked for later.
pub async fn record(
    database: &Database,
    at: &OrganisationId,
    fetched: &Fetched,
    from: Timestamp,
) -> Result<Option<Vec<String>>> {
    let (mut tx, _) = door(database, at).write(&[organisations::locking()]).await?;
    let rows = tx.query(Query::new(BEFORE)).await?;
    let before = Before::from_row(rows.first().ok_or(Error::NotFound)?);
    if before.synced_from.is_some_and(|synced| synced > from) {
        return Ok(None);
    }
    let subscription = fetched.choose(before.subscription.as_ref().map(|one| one.id.as_str()));
    write_account(&mut tx, fetched, subscription, from).await?;
    if fetched.deleted {
        tx.query(Query::new(SUCCEED).bind(fetched.customer_id.clone())).await?;
    }
    tx.query(Query::new(INVOICES).bind(json!(fetched.invoices))).await?;
    let live = subscription.filter(|one| one.is_live());
    let plan = live.and_then(Subscription::plan).unwrap_or(Plan::FREE);
    let standing = Query::new(STANDING).bind(plan.as_str()).bind(subscription.map(|one| one.status.clone()));
    tx.query(standing.bind(live.is_some_and(Subscription::is_owing))).await?;
    let changed = before.differences(at, fetched, subscription, plan);
    for entry in &changed {
        audit_log::write(&mut tx, &Author::machine("stripe", "stripe", "Stripe"), "done", entry.clone()).await?;
    }
    if live.is_some_and(Subscription::is_owing) {
        tell_of_failed_payments(&mut tx, &before, fetched).await?;
    }
    let moved = before.plan != plan.as_str();
    if moved {
        jobs::enqueue(&mut tx, plans::TELL_CLERK_LIMIT, json!({})).await?;
    }
    if !changed.is_empty() {
        tx.wake().await?;
    }
    tx.commit().await?;
    if moved {
        // Whoever waited for a seat that there is now.
        memberships::settle(database, at).await?;
    }
    Ok(Some(changed.iter().map(|entry| entry.action().to_owned()).collect()))
}

/// Each attempt once, however often it is looked at: to whoever manages billing, and to the billing address.
async fn tell_of_failed_payments(tx: &mut Transaction, before: &Before, fetched: &Fetched) -> Result<()> {
    let Some(billing) = Link::parse(&format!("/orgs/{}/settings/billing", before.slug)) else { return Ok(()) };
    let address = fetched.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
    for failed in &fetched.failed_payments {
        let FailedPayment { invoice, number, owed, attempts, next_try } = failed;
        let notice = Notice::payment_failed(&before.name, number.as_deref(), owed.clone(), *next_try, billing.clone());
        let key = format!("payment_failed:{invoice}:{attempts}");
        for to in [To::Holders(Permission::BillingManage)].into_iter().chain(address.clone().map(To::Address)) {
            mails::put(tx, &NewMail { key: key.clone(), to, notice: notice.clone() }).await?;
        }
    }
    Ok(())
}

async fn write_account(
    tx: &mut Transaction,
    fetched: &Fetched,
    subscription: Option<&Subscription>,
    from: Timestamp,
) -> Result<()> {
    let query = Query::new(ACCOUNT)
        .bind(fetched.customer_id.clone())
        .bind(fetched.email.clone())
        .bind(fetched.told_name.clone())
        .bind(fetched.balance)
        .bind(fetched.currency.clone())
        .bind(as_json(fetched.payment_method.as_ref()))
        .bind(as_json(subscription))
        .bind(as_json(fetched.next_invoice.as_ref()))
        .bind(as_json(fetched.doubled.as_ref()))
        .bind(!fetched.subscriptions.is_empty())
        .bind(from);
    tx.query(query).await?;
    Ok(())
}

/// What was recorded until now.
struct Before {
    plan: String,
    name: String,
    status: Option<String>,
    subscription: Option<Subscription>,
    email: Option<String>,
    payment_method: Option<Card>,
    synced_from: Option<Timestamp>,
    slug: String,
}

impl Before {
    fn from_row(row: &Row) -> Self {
        Self {
            plan: row.get(0),
            name: row.get(1),
            status: row.get(2),
            subscription: super::stored(row, 3),
            email: row.get(4),
            payment_method: super::stored(row, 5),
            synced_from: row.get(6),
            slug: row.get(8),
        }
    }

    /// What is new, one entry for each thing of which people speak.
    fn differences(
        &self,
        at: &OrganisationId,
        fetched: &Fetched,
        subscription: Option<&Subscription>,
        plan: Plan,
    ) -> Vec<Entry> {
        let entry = |action: &str| Entry::new(action).on(at, &self.name);
        let mut entries = Vec::new();
        let was = self.subscription.as_ref();
        let status = subscription.map(|one| one.status.as_str());
        if self.plan != plan.as_str() || self.status.as_deref() != status {
            let before = json!({ "plan": self.plan, "status": self.status });
            let after = json!({ "plan": plan.as_str(), "status": status });
            entries.push(entry("billing.subscription_changed").before(before).after(after));
        }
        let ends = |one: Option<&Subscription>| one.filter(|one| one.is_live()).and_then(|one| one.cancel_at);
        if ends(was) != ends(subscription) {
            let (before, after) = (json!({ "ends": ends(was) }), json!({ "ends": ends(subscription) }));
            entries.push(entry("billing.end_changed").before(before).after(after));
        }
        if self.payment_method != fetched.payment_method {
            let of = |card: Option<&Card>| json!({ "card": card.map(|card| format!("{} {}", card.brand, card.last4)) });
            let (before, after) = (of(self.payment_method.as_ref()), of(fetched.payment_method.as_ref()));
            entries.push(entry("billing.payment_method_changed").before(before).after(after));
        }
        if self.email != fetched.email {
            let (before, after) = (json!({ "billing_email": self.email }), json!({ "billing_email": fetched.email }));
            entries.push(entry("billing.email_changed").before(before).after(after));
        }
        if let Some(doubled) = &fetched.doubled {
            entries.push(entry("billing.second_subscription_ended").after(json!(doubled)));
        }
        entries
    }
}

fn as_json<T: serde::Serialize>(value: Option<&T>) -> Option<Value> {
    value.and_then(|value| serde_json::to_value(value).ok())
}

fn door(database: &Database, at: &OrganisationId) -> tenancy::OrgScope {
    database.in_organisation(at.clone(), Actor::Job(SYNC_BILLING))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn subscription(id: &str, status: &str, age: i64) -> Subscription {
        Subscription {
            id: id.to_owned(),
            item: "si_1".to_owned(),
            status: status.to_owned(),
            plan: Some("team".to_owned()),
            lookup_key: None,
            interval: None,
            amount: 2900,
            currency: "usd".to_owned(),
            created_at: Timestamp::UNIX_EPOCH - SignedDuration::from_hours(age),
            period_end: None,
            trial_end: None,
            cancel_at: None,
            scheduled: None,
        }
    }

    fn of(subscriptions: Vec<Subscription>) -> Fetched {
        Fetched { subscriptions, ..Fetched::default() }
    }

    #[test]
    fn the_subscription_that_is_known_goes_on_and_any_other_is_one_too_many() {
        let two = of(vec![subscription("sub_new", "active", 0), subscription("sub_old", "trialing", 5)]);
        assert_eq!(two.choose(Some("sub_new")).unwrap().id, "sub_new");
        assert_eq!(two.beside(Some("sub_new")).iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["sub_old"]);
        assert_eq!(two.choose(None).unwrap().id, "sub_old");
        assert_eq!(two.choose(Some("sub_gone")).unwrap().id, "sub_old");
    }

    #[test]
    fn an_ended_one_counts_only_where_none_lives() {
        let one = of(vec![subscription("sub_a", "canceled", 9), subscription("sub_b", "past_due", 5)]);
        assert_eq!(one.choose(Some("sub_a")).unwrap().id, "sub_b");
        assert!(one.beside(Some("sub_a")).is_empty());
        let none = of(vec![subscription("sub_a", "canceled", 9), subscription("sub_b", "incomplete_expired", 5)]);
        assert_eq!(none.choose(Some("sub_a")).unwrap().id, "sub_b");
        assert!(none.beside(None).is_empty());
    }
}
