//! Settings: the frame of their pages, one tab each. A tab that somebody may not open is absent.

use axum::response::{IntoResponse as _, Response};
use domain::{Access, Permission, Read};
use http::StatusCode;

use crate::access::InOrg;
use crate::error::Result;
use crate::session::location;

/// A page of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Profile,
    Members,
    Roles,
    Billing,
    AuditLog,
    Export,
}

/// A link to a page of the settings.
pub(crate) struct TabLink {
    pub(crate) label: &'static str,
    pub(crate) href: String,
    pub(crate) current: bool,
}

impl Tab {
    /// In the order they stand in, with what it takes to open them.
    const ALL: [(Self, &str, &str, Permission); 6] = [
        (Self::Profile, "Profile", "profile", Permission::OrganisationManage),
        (Self::Members, "Members", "members", Permission::MembersRead),
        (Self::Roles, "Roles", "roles", Permission::MembersRead),
        (Self::Billing, "Billing", "billing", Permission::BillingRead),
        (Self::AuditLog, "Audit log", "audit-log", Permission::AuditRead),
        (Self::Export, "Data export", "export", Permission::DataExport),
    ];

    /// Those that the person may open.
    pub(crate) fn links(access: &Access, current: Self) -> Vec<TabLink> {
        let may = Self::ALL.into_iter().filter(|(.., permission)| access.may(*permission));
        may.map(|(tab, label, path, _)| TabLink {
            label,
            href: format!("/orgs/{}/settings/{path}", access.organisation.slug),
            current: tab == current,
        })
        .collect()
    }
}

/// `GET /orgs/{slug}/settings`: to the first page that the person may open.
pub(crate) async fn show(org: InOrg) -> Result<Response> {
    let (access, ()) = org.read(Read::access_only).await?;
    let first = Tab::links(&access, Tab::Members).into_iter().next();
    let path = first.map_or_else(|| org.url("settings/members"), |tab| tab.href);
    Ok((StatusCode::SEE_OTHER, location(&path)).into_response())
}
