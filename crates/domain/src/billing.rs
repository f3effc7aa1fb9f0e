//! What an organisation pays, as its vendor last said it: read here, and recorded by [`record`](record::record).
//!
//! Everything in the account can be fetched again. What is ours alone is whose customer is whose ([`customers`]) and which
//! ways to pay were opened ([`checkouts`]).

pub mod checkouts;
pub mod customers;
pub mod record;

use jiff::Timestamp;
use serde_json::json;
use tenancy::{Query, Row, tenant_statements};

use crate::audit_log::Entry;
use crate::email_address::EmailAddress;
use crate::plans::{Interval, Plan, Price};
use crate::seats::Seats;
use crate::{Access, Error, FieldErrors, Money, OrgTx, Permission, Read, Result};

tenant_statements! {
    ACCOUNT = "
        select account.customer_id, account.billing_email, account.balance, account.currency, account.payment_method,
               account.subscription, account.next_invoice, account.doubled, account.doubled_at > now() - interval '30 days',
               account.trial_used_at is not null, account.synced_from
          from billing_accounts as account where account.organisation_id = $1";
    INVOICES = "
        select invoice.id, invoice.number, invoice.status, invoice.total, invoice.amount_due, invoice.currency,
               invoice.created_at, invoice.hosted_url, invoice.pdf_url
          from invoices as invoice where invoice.organisation_id = $1
         order by invoice.created_at desc, invoice.id desc limit 24";
    USAGE = "
        select (select count(*) from procedures as procedure
                 where procedure.organisation_id = $1 and procedure.version is not null),
               (select count(*) from custom_roles as role where role.organisation_id = $1)";
    /// Who could change something, for those who cannot.
    MANAGERS = "
        select person.name
          from memberships as member join users as person on person.id = member.user_id
         where member.organisation_id = $1 and member.removed_at is null and member.waiting_since is null
           and tenancy.holds($1, member.user_id, 'billing:manage')
         order by member.role, lower(person.name) limit 5";
}

/// A subscription, in the vendor's words where they are its own.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// `si_…`: its one item, by which it is changed.
    pub item: String,
    /// As the vendor writes it: `active`, `past_due`, …
    pub status: String,
    /// Code of the plan; none where the product is not one of ours.
    pub plan: Option<String>,
    /// Of the price; none for one that is not sold any more.
    pub lookup_key: Option<String>,
    /// How often it is paid.
    pub interval: Option<Interval>,
    /// What is paid each time, in the currency's smallest unit.
    pub amount: i64,
    /// ISO 4217, in small letters.
    pub currency: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the paid period ends.
    pub period_end: Option<Timestamp>,
    /// When the trial ends.
    pub trial_end: Option<Timestamp>,
    /// When it will end, if that was asked for.
    pub cancel_at: Option<Timestamp>,
    /// Another plan from a date on.
    pub scheduled: Option<Scheduled>,
}

/// A change that waits for its date.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Scheduled {
    /// Code of the plan; none where it is not one of ours.
    pub plan: Option<String>,
    /// How often it is paid then.
    pub interval: Option<Interval>,
    /// From when on.
    pub at: Timestamp,
}

impl Subscription {
    /// Whether it is paid for, or will be: there may be one of these.
    pub fn is_live(&self) -> bool {
        // A word that we do not know is no end: only these are.
        !matches!(self.status.as_str(), "canceled" | "incomplete" | "incomplete_expired")
    }

    /// Whether money is owed.
    pub fn is_owing(&self) -> bool {
        matches!(self.status.as_str(), "past_due" | "unpaid")
    }

    /// The plan it is for.
    pub fn plan(&self) -> Option<Plan> {
        self.plan.as_deref().and_then(Plan::parse)
    }
}

/// A card, as far as one may know it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Card {
    /// `visa`
    pub brand: String,
    /// The last four digits.
    pub last4: String,
    /// 1 to 12.
    pub exp_month: i64,
    /// Four digits.
    pub exp_year: i64,
}

/// What will be asked for next.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NextInvoice {
    /// When.
    pub at: Timestamp,
    /// In the currency's smallest unit, credit already taken off.
    pub amount: i64,
    /// ISO 4217, in small letters.
    pub currency: String,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Invoice {
    /// `in_…`
    pub id: String,
    /// As printed; none on a draft.
    pub number: Option<String>,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    pub status: String,
    /// In the currency's smallest unit.
    pub total: i64,
    /// What is still to pay, or was paid, after credit.
    pub amount_due: i64,
    /// ISO 4217, in small letters.
    pub currency: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The vendor's page, on which it can be paid.
    pub hosted_url: Option<String>,
    /// The file.
    pub pdf_url: Option<String>,
}

/// An invoice that was tried and not paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedPayment {
    /// `in_…`
    pub invoice: String,
    /// As printed.
    pub number: Option<String>,
    /// What is left to pay.
    pub owed: Money,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again, if it is.
    pub next_try: Option<Timestamp>,
}

impl Invoice {
    fn from_row(row: &Row) -> Self {
        Self {
            id: row.get(0),
            number: row.get(1),
            status: row.get(2),
            total: row.get(3),
            amount_due: row.get(4),
            currency: row.get(5),
            created_at: row.get(6),
            hosted_url: row.get(7),
            pdf_url: row.get(8),
        }
    }
}

/// What was last fetched.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Account {
    /// `cus_…`, once there is one.
    #[serde(skip)]
    pub customer_id: Option<String>,
    /// Where invoices go.
    pub billing_email: Option<String>,
    /// In the currency's smallest unit; negative is credit.
    pub balance: i64,
    /// In which the organisation pays, once it does.
    pub currency: Option<String>,
    /// What it pays with.
    pub payment_method: Option<Card>,
    /// The subscription, also an ended one.
    pub subscription: Option<Subscription>,
    /// What will be asked for next.
    pub next_invoice: Option<NextInvoice>,
    /// A second subscription that was paid by mistake, and ended.
    pub doubled: Option<record::Doubled>,
    /// Whether there was a subscription before: a trial is given once.
    pub trial_used: bool,
    /// When the fetch began.
    pub synced_from: Option<Timestamp>,
}

impl Account {
    fn from_row(row: &Row) -> Self {
        Self {
            customer_id: row.get(0),
            billing_email: row.get(1),
            balance: row.get(2),
            currency: row.get(3),
            payment_method: stored(row, 4),
            subscription: stored(row, 5),
            next_invoice: stored(row, 6),
            doubled: stored(row, 7).filter(|_| row.get::<_, Option<bool>>(8) == Some(true)),
            trial_used: row.get(9),
            synced_from: row.get(10),
        }
    }

    /// The subscription, while it is one.
    pub fn live(&self) -> Option<&Subscription> {
        self.subscription.as_ref().filter(|subscription| subscription.is_live())
    }
}

/// What is written by us and read by us: a form from an older version counts as nothing, until the next fetch.
pub(crate) fn stored<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> Option<T> {
    row.get::<_, Option<serde_json::Value>>(column).and_then(|value| serde_json::from_value(value).ok())
}

/// How much of the plan is in use.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Usage {
    /// People and invitations.
    pub seats: Seats,
    /// Procedures that have a version.
    pub published_procedures: i64,
    /// Custom roles of the organisation's own.
    pub own_roles: i64,
}

impl Usage {
    /// What is more than a plan allows, as sentences; empty where everything has room.
    pub fn beyond(&self, plan: Plan) -> Vec<String> {
        let mut over = Vec::new();
        let people = self.seats.members + self.seats.pending;
        if people > i64::from(plan.seats()) {
            let Seats { members, pending, .. } = self.seats;
            over.push(format!("{members} members and {pending} pending invitations, of {} places", plan.seats()));
        }
        if let Some(limit) = plan.published_procedures()
            && self.published_procedures > i64::from(limit)
        {
            over.push(format!("{} published procedures, of {limit}", self.published_procedures));
        }
        over
    }
}

impl Usage {
    /// `Conflict` `downgrade_below_use` where more is in use than a plan allows: what, and how much of it.
    pub fn fits(&self, plan: Plan) -> Result<()> {
        let over = self.beyond(plan);
        if over.is_empty() {
            return Ok(());
        }
        let message =
            format!("More is in use than the {} plan allows: {}. Reduce that first.", plan.name(), over.join("; "));
        Err(Error::Conflict { code: "downgrade_below_use", message })
    }

    fn from_rows(seats: &[Row], usage: &[Row]) -> Result<Self> {
        let (seats, usage) = (one(seats)?, one(usage)?);
        Ok(Self { seats: Seats::from_row(seats), published_procedures: usage.get(0), own_roles: usage.get(1) })
    }
}

/// The plan that is sold at a price. Field `price`.
pub fn sold(lookup_key: &str) -> Result<(Plan, &'static Price), FieldErrors> {
    let unknown = || FieldErrors::one("price", "There is no such price. Load the page again.");
    Plan::sold_as(lookup_key).ok_or_else(unknown)
}

/// The same for an organisation that is about to pay it: everything that it uses must fit.
pub(crate) async fn wanted(tx: &mut OrgTx, lookup_key: &str) -> Result<(Plan, &'static Price)> {
    let (plan, price) = sold(lookup_key)?;
    let (seats, usage) = (tx.rows(Seats::query()).await?, tx.rows(Query::new(USAGE)).await?);
    Usage::from_rows(&seats, &usage)?.fits(plan)?;
    Ok((plan, price))
}

/// The billing page.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Billing {
    /// What was fetched.
    pub account: Account,
    /// Newest first, 24 at most.
    pub invoices: Vec<Invoice>,
    /// What is in use.
    pub usage: Usage,
    /// Some of those who manage billing, by name.
    pub managers: Vec<String>,
}

impl Billing {
    /// What this person may see: whoever does not manage billing sees plan, status, usage and dates, and no money.
    #[must_use]
    pub fn seen_by(self, access: &Access) -> Self {
        if access.may(Permission::BillingManage) {
            return self;
        }
        let Account { subscription, next_invoice, trial_used, synced_from, .. } = self.account;
        let account = Account {
            subscription: subscription.map(|subscription| Subscription { amount: 0, ..subscription }),
            next_invoice: next_invoice.map(|next| NextInvoice { amount: 0, ..next }),
            trial_used,
            synced_from,
            ..Account::default()
        };
        Self { account, invoices: Vec::new(), ..self }
    }
}

/// The organisation's billing; see [`Billing::seen_by`] before it is shown.
pub fn show() -> Read<Billing> {
    let queries = [Query::new(ACCOUNT), Query::new(INVOICES), Seats::query(), Query::new(USAGE), Query::new(MANAGERS)];
    Read::new(Permission::BillingRead, queries, |[account, invoices, seats, usage, managers]| {
        Ok(Billing {
            account: account.first().map(Account::from_row).unwrap_or_default(),
            invoices: invoices.iter().map(Invoice::from_row).collect(),
            usage: Usage::from_rows(&seats, &usage)?,
            managers: managers.iter().map(|row| row.get(0)).collect(),
        })
    })
}

/// Somebody is about to go to the vendor's own pages, for this, and perhaps to confirm this price; written down before they
/// go. Gives what is known. Refused as [`Usage::fits`] says where the price is of a plan that is too small.
pub async fn open_portal(tx: &mut OrgTx, what: &str, lookup_key: Option<&str>) -> Result<Account> {
    tx.require(Permission::BillingManage)?;
    if let Some(lookup_key) = lookup_key {
        wanted(tx, lookup_key).await?;
    }
    let entry = Entry::new("billing.portal_opened").on_organisation(tx.access());
    tx.record(entry.after(json!({ "for": what }))).await?;
    account(tx).await
}

/// Somebody takes back an end, or a change, that was asked for.
pub async fn keep(tx: &mut OrgTx) -> Result<Account> {
    tx.require(Permission::BillingManage)?;
    let entry = Entry::new("billing.change_taken_back").on_organisation(tx.access());
    tx.record(entry).await?;
    account(tx).await
}

/// Somebody gives another address for invoices. Field `email`.
pub async fn change_email(tx: &mut OrgTx, email: &EmailAddress) -> Result<Account> {
    tx.require(Permission::BillingManage)?;
    let before = account(tx).await?;
    let entry = Entry::new("billing.email_asked_for").on_organisation(tx.access());
    let entry = entry.before(json!({ "billing_email": before.billing_email }));
    tx.record(entry.after(json!({ "billing_email": email.as_str() }))).await?;
    Ok(before)
}

async fn account(tx: &mut OrgTx) -> Result<Account> {
    Ok(tx.rows(Query::new(ACCOUNT)).await?.first().map(Account::from_row).unwrap_or_default())
}

fn one(rows: &[Row]) -> Result<&Row> {
    rows.first().ok_or(Error::NotFound)
}
