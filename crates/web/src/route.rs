//! What the route table says of a route.

use domain::Permission;
use http::Method;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// One line of the route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its method; GET answers HEAD too.
    pub method: Method,
    /// Its pattern, with `{parameters}`.
    pub path: &'static str,
    /// Its name, unique.
    pub name: &'static str,
    /// Who may call it.
    pub caller: Caller,
    /// Whether only the person themselves may call it, having shown lately who they are.
    pub in_person: bool,
    /// What it speaks.
    pub surface: Surface,
    /// Whether it changes anything.
    pub mutates: bool,
    /// The parameters that name a thing of an organisation, and what kind of thing.
    pub ids: Vec<(&'static str, Noun)>,
}

/// Who may call a route. Checked before the handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Everybody, signed in or not.
    Anyone,
    /// A person with a session.
    SignedIn,
    /// One of those who run the installation (`OPERATORS`); nothing is there for everybody else.
    Operator,
    /// A member of the organisation in the address who holds the permission.
    InOrganisation(Permission),
    /// An admin of a deleted organisation that the address names by its id, who holds the permission until it is erased.
    OfDeleted(Permission),
    /// A vendor, known by a signature.
    Vendor,
}

/// What a route speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Surface {
    /// HTML, for people.
    Page,
    /// JSON, for programs with a bearer token.
    Api,
    /// A vendor's events.
    Webhook,
    /// An embedded file.
    Asset,
    /// Clerk's Frontend API, passed on.
    Proxy,
    /// For the machine that runs it.
    Probe,
}

/// A thing of an organisation that an address can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Noun {
    /// A procedure.
    Procedure,
    /// A step of a procedure's draft.
    StepTemplate,
    /// A run.
    Run,
    /// A step of a run.
    Step,
    /// A member.
    Member,
    /// An invitation.
    Invitation,
    /// A custom role of the organisation's own.
    Role,
    /// The picture of an organisation.
    Logo,
    /// A data export.
    Export,
    /// A duty.
    Duty,
    /// A schedule of a procedure.
    Schedule,
}

impl Route {
    /// A route whose surface and ids follow from its path.
    pub(crate) fn new(method: Method, path: &'static str, name: &'static str, caller: Caller) -> Self {
        let parameters = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let ids = parameters.filter_map(|parameter| Some((parameter, Noun::of(path, parameter)?))).collect();
        Self {
            mutates: !method.is_safe(),
            method,
            path,
            name,
            caller,
            in_person: false,
            surface: Surface::of(path),
            ids,
        }
    }
}

impl Surface {
    /// Follows from the address, also where nothing is.
    pub(crate) fn of(path: &str) -> Self {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        match first {
            "api" => Self::Api,
            "webhooks" => Self::Webhook,
            "assets" => Self::Asset,
            "__clerk" => Self::Proxy,
            "healthz" | "readyz" => Self::Probe,
            _ => Self::Page,
        }
    }
}

impl Noun {
    fn of(path: &str, parameter: &str) -> Option<Self> {
        match parameter {
            "procedure" => Some(Self::Procedure),
            "run" => Some(Self::Run),
            "member" => Some(Self::Member),
            "invitation" => Some(Self::Invitation),
            "role" => Some(Self::Role),
            "logo" => Some(Self::Logo),
            "export" => Some(Self::Export),
            "duty" => Some(Self::Duty),
            "schedule" => Some(Self::Schedule),
            "step" if path.contains("/runs/") => Some(Self::Step),
            "step" => Some(Self::StepTemplate),
            _ => None,
        }
    }
}

impl Caller {
    /// As in the table's JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::SignedIn => "signed_in",
            Self::Operator => "operator",
            Self::InOrganisation(_) => "in_organisation",
            Self::OfDeleted(_) => "of_deleted",
            Self::Vendor => "vendor",
        }
    }

    /// What a member needs, if anything.
    pub fn permission(self) -> Option<Permission> {
        match self {
            Self::InOrganisation(permission) | Self::OfDeleted(permission) => Some(permission),
            _ => None,
        }
    }
}

/// `{"method", "path", "name", "caller", "permission", "in_person", "surface", "mutates", "ids": {"procedure": "procedure"}}`
impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ids: serde_json::Map<String, serde_json::Value> =
            self.ids.iter().map(|(parameter, noun)| ((*parameter).to_owned(), serde_json::json!(noun))).collect();
        let mut route = serializer.serialize_struct("Route", 9)?;
        route.serialize_field("method", self.method.as_str())?;
        route.serialize_field("path", self.path)?;
        route.serialize_field("name", self.name)?;
        route.serialize_field("caller", self.caller.as_str())?;
        route.serialize_field("permission", &self.caller.permission().map(Permission::as_str))?;
        route.serialize_field("in_person", &self.in_person)?;
        route.serialize_field("surface", &self.surface)?;
        route.serialize_field("mutates", &self.mutates)?;
        route.serialize_field("ids", &ids)?;
        route.end()
    }
}
