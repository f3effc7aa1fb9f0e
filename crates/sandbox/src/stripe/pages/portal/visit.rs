//! Who looks at the portal, and what they may see of it.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::app::Shared;
use crate::stripe::book::Book;
use crate::stripe::clock::{self, Seconds};
use crate::stripe::pages::answer::{Link, notice, see_other, unknown};
use crate::stripe::pages::guard::{leading_to, web_address};
use crate::stripe::records::{Customer, Flow, PortalConfiguration, PortalSession, Subscription};

/// What a page of the portal is for: the flow's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Card,
    Cancel,
    Plans,
    Customer,
}

/// A visit in a session that is not over.
pub(super) struct Visit {
    pub(super) app: Shared,
    pub(super) session: PortalSession,
    pub(super) configuration: PortalConfiguration,
    pub(super) customer: Customer,
    /// The customer's time.
    pub(super) at: Seconds,
    /// What the address names beside the session.
    names: Vec<String>,
}

/// What stands around every page.
pub(super) struct Frame {
    pub(super) headline: String,
    /// Back to the application, or to the portal's first page.
    pub(super) back: Option<Link>,
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Refusal> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Refusal::Unknown)?;
        let mut names: Vec<_> = params.iter().map(|(_, value)| value.to_owned()).collect();
        if names.is_empty() {
            return Err(Refusal::Unknown);
        }
        let secret = names.remove(0);
        let now = clock::wall();
        app.book.write(|book| {
            let session = book.portal_sessions.iter_mut().find(|session| session.secret == secret);
            let session = session.ok_or(Refusal::Unknown)?;
            if session.is_over(now) {
                return Err(Refusal::Over(session.return_url.clone()));
            }
            session.visited = Some(now);
            let session = session.clone();
            let configuration = book.portal_configurations.find(&session.configuration).cloned();
            let customer = book.customers.find(&session.customer).filter(|customer| !customer.deleted).cloned();
            let (Some(configuration), Some(customer)) = (configuration, customer) else {
                return Err(Refusal::Over(session.return_url.clone()));
            };
            let at = book.time_of(&customer.id);
            Ok(Self { app: app.clone(), session, configuration, customer, at, names })
        })
    }
}

/// Why there is nothing to be seen.
pub(super) enum Refusal {
    /// There is no such page, for this session.
    Unknown,
    /// The session has expired; where it leads back to.
    Over(Option<String>),
    /// The session has done what it was for; what comes after it.
    Done(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => unknown(),
            Self::Done(address) => see_other(&address),
            Self::Over(back) => {
                let link =
                    web_address(back.as_deref()).map(|url| Link { href: url.to_string(), text: "Go back".to_owned() });
                let message = "For your security, the link to your billing works for a short while only. Go back and open it again.";
                notice(StatusCode::GONE, "Your session has expired", message, link)
            }
        }
    }
}

impl Visit {
    /// The n-th name in the address after the session's.
    pub(super) fn name(&self, n: usize) -> &str {
        self.names.get(n).map_or("", String::as_str)
    }

    /// A page of this session.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.session.path())
    }

    /// Refuses what the configuration does not offer, and in a flow everything it is not for.
    pub(super) fn may(&self, part: Part) -> Result<(), Refusal> {
        let features = &self.configuration.features;
        let is_offered = match part {
            Part::Card => features.payment_method_update,
            Part::Cancel => features.subscription_cancel.enabled,
            Part::Plans => features.subscription_update.enabled,
            Part::Customer => features.customer_update.is_some(),
        };
        if self.session.flow_done && !self.is_at_home() {
            // Pressed twice: what comes after it has come.
            return Err(Refusal::Done(self.after_flow()));
        }
        let is_meant = match self.flow_left() {
            None => self.is_at_home(),
            Some(flow) => part_of(flow) == part,
        };
        if is_offered && is_meant { Ok(()) } else { Err(Refusal::Unknown) }
    }

    /// The subscription the address names, if it is the customer's and the flow's, and not over.
    pub(super) fn subscription(&self) -> Result<Subscription, Refusal> {
        let id = self.name(0);
        let of_flow = self.flow_left().and_then(|flow| flow.subscription.as_deref());
        let found = self.app.book.read(|book| book.subscriptions.find(id).cloned());
        found
            .filter(|found| found.customer == self.customer.id && !found.status.is_over())
            .filter(|_| of_flow.is_none_or(|of_flow| of_flow == id))
            .ok_or(Refusal::Unknown)
    }

    /// What the session is for and is not done yet.
    pub(super) fn flow_left(&self) -> Option<&Flow> {
        self.session.open_flow()
    }

    /// Whether the first page is to be seen: in a session for one thing only when that leads there.
    pub(super) fn is_at_home(&self) -> bool {
        match &self.session.flow {
            None => true,
            Some(flow) => self.session.flow_done && flow.after == "portal_homepage",
        }
    }

    /// Where the flow begins.
    pub(super) fn flow_start(&self, flow: &Flow) -> String {
        let subscription = flow.subscription.as_deref().unwrap_or_default();
        match (part_of(flow), &flow.item) {
            (Part::Card, _) => self.path("/card"),
            (Part::Customer, _) => self.path("/customer"),
            (Part::Cancel, _) => self.path(&format!("/plans/{subscription}/cancel")),
            (Part::Plans, None) => self.path(&format!("/plans/{subscription}")),
            (Part::Plans, Some((item, price, _))) => {
                let price = price.clone().or_else(|| {
                    self.app.book.read(|book| {
                        let items = &book.subscriptions.find(subscription)?.items;
                        items.iter().find(|known| known.id == *item).map(|known| known.price.clone())
                    })
                });
                self.path(&format!("/plans/{subscription}/to/{}", price.unwrap_or_default()))
            }
        }
    }

    /// Something is done: what comes after it.
    pub(super) fn finish(&self, what: &str) -> Response {
        let Some(flow) = self.flow_left() else {
            return see_other(&self.path(&format!("?done={what}")));
        };
        self.app.book.write(|book| {
            if let Some(session) = book.portal_sessions.find_mut(&self.session.id) {
                session.flow_done = true;
            }
        });
        match flow.after.as_str() {
            "portal_homepage" => see_other(&self.path(&format!("?done={what}"))),
            _ => see_other(&self.after_flow()),
        }
    }

    /// Where a flow leads that does not lead to the first page.
    pub(super) fn after_flow(&self) -> String {
        let url = self.session.flow.as_ref().filter(|flow| flow.after == "redirect");
        match web_address(url.and_then(|flow| flow.after_url.as_deref())) {
            Some(url) => url.to_string(),
            None => self.path("/done"),
        }
    }

    /// What stands around a page.
    pub(super) fn frame(&self) -> Frame {
        let out = || {
            let text = "Return to the application".to_owned();
            web_address(self.session.return_url.as_deref()).map(|url| Link { href: url.to_string(), text })
        };
        Frame {
            headline: self.configuration.headline.clone().unwrap_or_else(|| "Manage your billing".to_owned()),
            back: if self.session.flow.is_some() && !self.is_at_home() {
                out()
            } else {
                Some(Link { href: self.path(""), text: "Back to billing".to_owned() })
            },
        }
    }

    /// The way out of the first page.
    pub(super) fn front(&self) -> Frame {
        let text = "Return to the application".to_owned();
        let back = web_address(self.session.return_url.as_deref()).map(|url| Link { href: url.to_string(), text });
        Frame { back, ..self.frame() }
    }

    /// Lets the page's forms lead where the session does.
    pub(super) fn answer(&self, response: Response) -> Response {
        let after = self.session.flow.as_ref().and_then(|flow| flow.after_url.as_deref());
        leading_to(response, [self.session.return_url.as_deref(), after])
    }

    /// Changes something at the customer's time.
    pub(super) fn write<R>(&self, change: impl FnOnce(&mut Book, Seconds) -> R) -> R {
        self.app.book.write(|book| {
            let at = book.time_of(&self.customer.id);
            change(book, at)
        })
    }
}

fn part_of(flow: &Flow) -> Part {
    match flow.kind.as_str() {
        "payment_method_update" => Part::Card,
        "subscription_cancel" => Part::Cancel,
        "customer_update" => Part::Customer,
        _ => Part::Plans,
    }
}
