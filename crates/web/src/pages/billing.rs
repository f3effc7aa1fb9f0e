//! Settings, Billing: plan, use against its limits, prices and invoices; and, for whoever may not change any of it, who can.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::billing::{self, Account, Billing, Invoice, Subscription, Usage};
use domain::email_address::EmailAddress;
use domain::plans::{Feature, Interval, Plan, Price};
use domain::standing::{Standing, Unpaid};
use domain::{Access, FieldErrors, Permission};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use super::settings::{Tab, TabLink};
use super::shell::{Mark, Section, Shell};
use super::{counted, page};
use crate::access::InOrg;
use crate::body::Form;
use crate::error::Result;
use crate::flash::Flash;
use crate::money::Money;
use crate::times::Zone;

#[derive(Template)]
#[template(path = "settings/billing.html")]
struct BillingPage {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    manage: bool,
    plan: Plan,
    pill: Option<Pill>,
    notices: Vec<Notice>,
    facts: Vec<Fact>,
    live: bool,
    ending: bool,
    usage: Usage,
    cards: Vec<Card>,
    interval: Interval,
    invoices: Vec<Line>,
    managers: Vec<String>,
    email: EmailForm,
}

/// A word about the subscription's state.
struct Pill {
    text: String,
    tone: &'static str,
    icon: &'static str,
}

/// Something to know or to do, above everything else.
struct Notice {
    tone: &'static str,
    title: String,
    text: String,
    /// Stripe's page on which the open invoice is paid.
    pay: Option<String>,
}

/// One thing of the subscription, with what is said below it.
struct Fact {
    name: &'static str,
    value: String,
    under: Option<String>,
}

/// A plan as it is offered.
struct Card {
    plan: Plan,
    current: bool,
    lines: Vec<Feat>,
    offers: Vec<Offer>,
    /// What is more than the plan allows.
    over: Vec<String>,
}

struct Feat {
    has: bool,
    text: String,
}

/// A price of a plan.
struct Offer {
    interval: Interval,
    price: Money,
    lookup_key: Option<String>,
    /// It is what is paid now.
    current: bool,
}

/// An invoice in the list.
struct Line {
    invoice: Invoice,
    amount: Money,
}

/// The address for invoices as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct EmailForm {
    email: String,
    #[serde(skip)]
    errors: FieldErrors,
}

/// `GET /orgs/{slug}/settings/billing`
pub(crate) async fn show(org: InOrg) -> Result<Response> {
    let (access, billing) = org.read(billing::show).await?;
    let billing = billing.seen_by(&access);
    let form =
        EmailForm { email: billing.account.billing_email.clone().unwrap_or_default(), errors: FieldErrors::default() };
    page(StatusCode::OK, &BillingPage::new(&org, &access, billing, form))
}

/// `POST /orgs/{slug}/settings/billing/email`
pub(crate) async fn set_email(
    org: InOrg,
    State(state): State<crate::State>,
    Form(mut form): Form<EmailForm>,
) -> Result<Response> {
    match EmailAddress::parse(&form.email) {
        Ok(email) => {
            state.billing.set_email(org.door(), &email).await?;
            Ok(org.see("settings/billing", Some(Flash::BillingEmailSaved)))
        }
        Err(wrong) => {
            form.errors = FieldErrors::one("email", wrong);
            let (access, billing) = org.read(billing::show).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &BillingPage::new(&org, &access, billing.seen_by(&access), form))
        }
    }
}

impl BillingPage {
    fn new(org: &InOrg, access: &Access, billing: Billing, email: EmailForm) -> Self {
        let shell = org.shell(access, Section::Settings);
        let manage = access.may(Permission::BillingManage);
        let plan = access.organisation.terms.plan;
        let Billing { account, invoices, usage, managers } = billing;
        let live = account.live();
        Self {
            pill: live.map(|live| Pill::of(live, &shell.zone)),
            notices: notices(&account, &invoices, access.organisation.terms.standing, &shell.zone),
            facts: facts(&account, plan, manage, &shell.zone),
            cards: Plan::all().map(|one| Card::of(one, plan, live, &usage)).collect(),
            interval: live.and_then(|live| live.interval).unwrap_or(Interval::Month),
            ending: live.is_some_and(|live| live.cancel_at.is_some() || live.scheduled.is_some()),
            live: live.is_some(),
            invoices: invoices.into_iter().map(Line::from).collect(),
            tabs: Tab::links(access, Tab::Billing),
            base: org.url("settings/billing"),
            shell,
            manage,
            plan,
            usage,
            managers,
            email,
        }
    }

    /// `2 members, 1 pending`
    fn in_words(&self) -> String {
        counted(self.usage.seats.members, "member")
    }

    fn taken(&self) -> i64 {
        self.usage.seats.members + self.usage.seats.pending
    }

    fn taken_share(&self) -> String {
        share(self.taken(), self.usage.seats.limit)
    }

    fn members_share(&self) -> String {
        share(self.usage.seats.members, self.usage.seats.limit)
    }

    fn published_share(&self, limit: &u32) -> String {
        share(self.usage.published_procedures, (*limit).into())
    }

    fn history(&self) -> String {
        history(self.plan)
    }
}

/// How much of the whole, for a bar.
fn share(part: i64, whole: i64) -> String {
    let percent = part.max(0).saturating_mul(1000) / whole.max(1);
    format!("{}.{}%", percent.min(1000) / 10, percent.min(1000) % 10)
}

fn history(plan: Plan) -> String {
    match plan.history_days() {
        Some(days) if days % 365 == 0 => counted(i64::from(days / 365) * 12, "month"),
        Some(days) => counted(days, "day"),
        None => "Without limit".to_owned(),
    }
}

impl Pill {
    fn of(live: &Subscription, zone: &Zone) -> Self {
        let pill = |text: &str, tone, icon| Self { text: text.to_owned(), tone, icon };
        if let Some(at) = live.cancel_at {
            return pill(&format!("Ends on {}", zone.day_in_words(at)), "warning", "clock");
        }
        match live.status.as_str() {
            "trialing" => match live.trial_end {
                Some(end) => pill(&format!("Trial, {} left", days_until(end)), "info", "clock"),
                None => pill("Trial", "info", "clock"),
            },
            "active" => pill("Active", "success", "check"),
            "past_due" => pill("Past due", "warning", "alert"),
            "unpaid" => pill("Unpaid", "danger", "alert"),
            "paused" => pill("Paused", "danger", "alert"),
            other => pill(other, "info", "info"),
        }
    }
}

/// `3 days`, and `less than a day`.
fn days_until(end: Timestamp) -> String {
    let hours = (end.as_second() - Timestamp::now().as_second()).max(0) / 3600;
    if hours < 24 { "less than a day".to_owned() } else { counted((hours + 23) / 24, "day") }
}

fn notices(account: &Account, invoices: &[Invoice], standing: Standing, zone: &Zone) -> Vec<Notice> {
    let open = invoices.iter().find(|invoice| invoice.status == "open");
    let pay = open.and_then(|invoice| invoice.hosted_url.clone());
    let mut notices = Vec::new();
    let owing = match standing {
        Standing::Full => None,
        Standing::Closing | Standing::Deleted => {
            let text = "It is being deleted, and its plan ended: nothing can be bought or changed any more.".to_owned();
            return vec![Notice {
                tone: "danger",
                title: "This organisation is being deleted".to_owned(),
                text,
                pay: None,
            }];
        }
        Standing::Grace { until } => Some((
            "warning",
            "A payment has failed".to_owned(),
            format!(
                "Everything works until {}. Stripe tries again by itself; a new card helps at once.",
                zone.day_in_words(until)
            ),
        )),
        Standing::Restricted { until } => Some((
            "warning",
            "A payment is still open".to_owned(),
            format!(
                "Nobody can be invited and nothing may grow. From {} on this organisation can only be read.",
                zone.day_in_words(until)
            ),
        )),
        Standing::ReadOnly(Unpaid::Overdue) => Some((
            "danger",
            "This organisation can only be read".to_owned(),
            "A payment has been open for too long. Nothing is deleted, and once it is paid all is back at once."
                .to_owned(),
        )),
        Standing::ReadOnly(Unpaid::Paused) => Some((
            "danger",
            "This organisation can only be read".to_owned(),
            "The subscription is paused, for want of a card. Nothing is deleted; add one, and all is back.".to_owned(),
        )),
    };
    notices.extend(owing.map(|(tone, title, text)| Notice { tone, title, text, pay }));
    if account.doubled.is_some() {
        notices.push(Notice {
            tone: "info",
            title: "A second subscription was ended".to_owned(),
            text: "Two were paid, in two tabs perhaps. One goes on; what was paid for the other is credit on your account, \
                   and the next invoices use it up."
                .to_owned(),
            pay: None,
        });
    }
    notices
}

fn facts(account: &Account, plan: Plan, manage: bool, zone: &Zone) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut fact = |name, value: String, under: Option<String>| facts.push(Fact { name, value, under });
    let live = account.live();
    match live {
        Some(live) if manage => {
            let every = live.interval.map(|interval| format!(" a {}", interval.as_str())).unwrap_or_default();
            let price = Money::new(live.amount, &live.currency);
            fact("Price", format!("{price}{every}"), Some(format!("Up to {}", counted(plan.seats(), "member"))));
        }
        _ => fact("Plan", format!("Up to {}", counted(plan.seats(), "member")), Some(procedures(plan))),
    }
    if let Some(end) = live.and_then(|live| live.trial_end) {
        fact("Trial ends", zone.day_in_words(end), Some("Without a card the Free plan follows.".to_owned()));
    }
    if let Some(next) = &account.next_invoice {
        let amount = manage.then(|| Money::new(next.amount, &next.currency).to_string());
        fact("Next invoice", zone.day_in_words(next.at), amount);
    }
    if let Some(change) = live.and_then(|live| live.scheduled.as_ref()) {
        let to = change.plan.as_deref().and_then(Plan::parse).map_or("another plan", Plan::name);
        fact("Changes", format!("To {to}"), Some(format!("On {}", zone.day_in_words(change.at))));
    }
    if manage {
        if let Some(card) = &account.payment_method {
            let expires = format!("Expires {:02}/{:02}", card.exp_month, card.exp_year % 100);
            fact("Paid with", format!("{} ending {}", capital(&card.brand), card.last4), Some(expires));
        } else if live.is_some() {
            fact("Paid with", "No card yet".to_owned(), None);
        }
        if account.balance < 0 {
            let credit =
                Money::new(account.balance, account.currency.as_deref().unwrap_or(&Plan::catalogue().currency));
            fact("Credit", credit.abs().to_string(), Some("The next invoices use it up.".to_owned()));
        }
    }
    facts
}

fn procedures(plan: Plan) -> String {
    match plan.published_procedures() {
        Some(limit) => counted(limit, "published procedure"),
        None => "Any number of procedures".to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl Card {
    fn of(plan: Plan, current: Plan, live: Option<&Subscription>, usage: &Usage) -> Self {
        let mut lines = vec![
            Feat { has: true, text: counted(plan.seats(), "member") },
            Feat { has: true, text: procedures(plan) },
            Feat { has: true, text: format!("Report history: {}", history(plan).to_lowercase()) },
        ];
        lines.extend(Feature::ALL.map(|feature| Feat { has: plan.has(feature), text: feature.name().to_owned() }));
        let currency = &Plan::catalogue().currency;
        let offer = |price: &Price| Offer {
            interval: price.interval,
            price: Money::new(price.amount, currency),
            current: live.is_some_and(|live| live.lookup_key.as_deref() == Some(&price.lookup_key)),
            lookup_key: Some(price.lookup_key.clone()),
        };
        let offers = match plan.prices() {
            [] => [Interval::Month, Interval::Year]
                .map(|interval| Offer {
                    interval,
                    price: Money::new(0, currency),
                    lookup_key: None,
                    current: plan == current,
                })
                .into(),
            prices => prices.iter().map(offer).collect(),
        };
        Self { current: plan == current, over: usage.beyond(plan), plan, lines, offers }
    }
}

impl Offer {
    /// Shown where this interval is chosen.
    fn class(&self) -> &'static str {
        match self.interval {
            Interval::Month => "monthly",
            Interval::Year => "yearly",
        }
    }
}

impl From<Invoice> for Line {
    fn from(invoice: Invoice) -> Self {
        Self { amount: Money::new(invoice.total, &invoice.currency), invoice }
    }
}

impl Line {
    fn number(&self) -> &str {
        self.invoice.number.as_deref().unwrap_or("Not numbered yet")
    }

    fn status(&self) -> (&'static str, &'static str) {
        match self.invoice.status.as_str() {
            "paid" => ("Paid", "success"),
            "open" => ("Open", "warning"),
            "draft" => ("In the making", "line"),
            "void" => ("Void", "line"),
            "uncollectible" => ("Not collected", "danger"),
            _ => ("Unknown", "line"),
        }
    }
}
