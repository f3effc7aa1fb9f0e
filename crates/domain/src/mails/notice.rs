//! What a mail says, as it is kept until it is sent. People are named by id alone, so that a mail knows no name longer
//! than our tables do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tenancy::UserId;

use crate::Money;

/// What a mail says. Made by its constructors; the crate `mail` has the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// To admins: the organisation is deleted, until when it can be restored, and where.
    OrganisationDeleted {
        /// What it is called.
        organisation: String,
        /// Who deleted it; none where it was deleted at Clerk.
        by: Option<String>,
        /// From then on nothing of it is left.
        until: Timestamp,
        /// The page on which it is restored.
        restore: Link,
        /// The page on which its data is taken along; none in a mail of an older program.
        #[serde(default)]
        export: Option<Link>,
    },
    /// To the other members: the organisation is deleted. Leads nowhere, as there is nothing they can do.
    OrganisationDeletedForMembers {
        /// What it is called.
        organisation: String,
        /// Who deleted it; none where it was deleted at Clerk.
        by: Option<String>,
    },
    /// To admins: a deleted organisation is soon erased.
    DeletionReminder {
        /// What it is called.
        organisation: String,
        /// How soon.
        days: Days,
        /// From then on nothing of it is left.
        until: Timestamp,
        /// The page on which it is restored.
        restore: Link,
        /// The page on which its data is taken along; none in a mail of an older program.
        #[serde(default)]
        export: Option<Link>,
    },
    /// To everybody who belongs to it: the organisation is back.
    OrganisationRestored {
        /// What it is called.
        organisation: String,
        /// Who restored it.
        by: Option<String>,
        /// Its first page.
        home: Link,
    },
    /// To the billing address and whoever manages billing: an invoice was not paid.
    PaymentFailed {
        /// What the organisation is called.
        organisation: String,
        /// The invoice's number, as it stands on it.
        invoice: Option<String>,
        /// What is owed.
        owed: Money,
        /// When it is tried again, if it is.
        next_try: Option<Timestamp>,
        /// Settings, Billing.
        billing: Link,
    },
}

/// How long before its end an organisation's admins are reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Days {
    /// A week before.
    Seven,
    /// A day before.
    One,
}

/// A page of this installation, by its path: the address before it is known to whoever sends the mail, and to nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(String);

/// What the admins of a deleted organisation can still do, and where.
#[derive(Debug, Clone)]
pub struct Ways {
    /// The page on which it is restored.
    pub restore: Link,
    /// The page on which its data is taken along.
    pub export: Link,
}

impl Notice {
    /// To admins, when the organisation was deleted: by whom (none: at Clerk), until when it can be restored, and the pages
    /// on which it is restored and its data taken along. Suggested key: `organisation_deleted:{deleted_at}`.
    pub fn organisation_deleted(organisation: &str, by: Option<&UserId>, until: Timestamp, ways: Ways) -> Self {
        let (organisation, by) = (organisation.to_owned(), by.map(ToString::to_string));
        Self::OrganisationDeleted { organisation, by, until, restore: ways.restore, export: Some(ways.export) }
    }

    /// To the members who are no admins, at the same time. Suggested key: the same, as nobody is both.
    pub fn organisation_deleted_for_members(organisation: &str, by: Option<&UserId>) -> Self {
        let (organisation, by) = (organisation.to_owned(), by.map(ToString::to_string));
        Self::OrganisationDeletedForMembers { organisation, by }
    }

    /// To admins, a week and a day before the end. Suggested key: `deletion_reminder:{deleted_at}:7`, so that one that was
    /// restored and deleted again is reminded of again.
    pub fn deletion_reminder(organisation: &str, days: Days, until: Timestamp, ways: Ways) -> Self {
        let (organisation, Ways { restore, export }) = (organisation.to_owned(), ways);
        Self::DeletionReminder { organisation, days, until, restore, export: Some(export) }
    }

    /// To all members, when the organisation was restored. Suggested key: `organisation_restored:{deleted_at}`.
    pub fn organisation_restored(organisation: &str, by: Option<&UserId>, home: Link) -> Self {
        let (organisation, by) = (organisation.to_owned(), by.map(ToString::to_string));
        Self::OrganisationRestored { organisation, by, home }
    }

    /// To the billing address and whoever holds `billing:manage`, when an invoice was not paid: what is owed, when it is tried
    /// again, and Settings, Billing.
    pub fn payment_failed(
        organisation: &str,
        invoice: Option<&str>,
        owed: Money,
        next_try: Option<Timestamp>,
        billing: Link,
    ) -> Self {
        let (organisation, invoice) = (organisation.to_owned(), invoice.map(str::to_owned));
        Self::PaymentFailed { organisation, invoice, owed, next_try, billing }
    }

    /// Whether it is about the organisation's deletion, and so sent although the organisation is deleted.
    pub fn is_about_deletion(&self) -> bool {
        match self {
            Self::OrganisationDeleted { .. }
            | Self::OrganisationDeletedForMembers { .. }
            | Self::DeletionReminder { .. } => true,
            Self::OrganisationRestored { .. } | Self::PaymentFailed { .. } => false,
        }
    }

    /// The person it names, by id.
    pub(super) fn names(&self) -> Option<&str> {
        match self {
            Self::OrganisationDeleted { by, .. }
            | Self::OrganisationDeletedForMembers { by, .. }
            | Self::OrganisationRestored { by, .. } => by.as_deref(),
            Self::DeletionReminder { .. } | Self::PaymentFailed { .. } => None,
        }
    }
}

impl Days {
    /// As a number.
    pub fn number(self) -> i64 {
        match self {
            Self::Seven => 7,
            Self::One => 1,
        }
    }
}

impl Link {
    /// A path of ours, as `/orgs/acme/settings/billing`; none where it could lead somewhere else.
    pub fn parse(path: &str) -> Option<Self> {
        let ours = path.starts_with('/') && !path.starts_with("//");
        let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~%?=&+:,".contains(&b));
        (ours && plain && path.len() <= 1000).then(|| Self(path.to_owned()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Link {
    type Error = &'static str;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        Self::parse(&path).ok_or("not a path of ours")
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_on_this_installation() {
        assert_eq!(Link::parse("/orgs/acme/deleted?from=mail").unwrap().as_str(), "/orgs/acme/deleted?from=mail");
        for bad in
            ["", "orgs", "//evil.example", "https://evil.example", "/a b", "/\r\nx", "/\\evil", "/<b>", "/\"", "/#a"]
        {
            assert!(Link::parse(bad).is_none(), "{bad:?}");
        }
        assert!(serde_json::from_str::<Link>("\"//evil.example\"").is_err());
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let link = || Link::parse("/orgs/acme").unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let user = UserId::parse("user_ada").unwrap();
        let owed = Money::new(2900, "usd");
        for notice in [
            Notice::organisation_deleted("Acme", Some(&user), at, Ways { restore: link(), export: link() }),
            Notice::organisation_deleted_for_members("Acme", None),
            Notice::deletion_reminder("Acme", Days::One, at, Ways { restore: link(), export: link() }),
            Notice::organisation_restored("Acme", Some(&user), link()),
            Notice::payment_failed("Acme", Some("A-1"), owed, Some(at), link()),
        ] {
            let kept = serde_json::to_value(&notice).unwrap();
            assert_eq!(serde_json::from_value::<Notice>(kept).unwrap(), notice);
        }
    }

    #[test]
    fn a_mail_that_an_older_program_left_is_read() {
        let kept = r#"{"kind":"deletion_reminder","organisation":"Acme","days":"one","until":"2026-12-28T19:15:00Z","restore":"/deleted/org_acme"}"#;
        let Notice::DeletionReminder { export, .. } = serde_json::from_str(kept).unwrap() else { panic!("{kept}") };
        assert_eq!(export, None);
    }
}
