//! A failed call in words that people can be told.

use std::time::Duration;

use crate::error::{Error, ErrorCode};

/// How long to wait when Clerk is in trouble and does not say.
const A_WHILE: Duration = Duration::from_secs(5);

/// Why a change was not made. There is a sentence for each in the product; whoever needs more reads the [`Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The person is a member already.
    AlreadyAMember,
    /// The person is no member.
    NotAMember,
    /// There is a pending invitation to this address.
    AlreadyInvited,
    /// The organisation has no seat left; pending invitations take one too.
    SeatLimit,
    /// The person, or the instance, may not have more organisations.
    OrganisationLimit,
    /// Nobody would be left who can manage the organisation.
    LastAdmin,
    /// The invitation was accepted, revoked, or has expired.
    InvitationNotPending,
    /// There is no such thing.
    NotFound,
    /// A form's field: a name with an address in it, an email address that is none, something too long.
    NameRefused {
        /// Clerk's name of the field.
        field: String,
        /// What is wrong with it, in English.
        message: String,
    },
    /// Another organisation has this slug.
    SlugTaken,
    /// The instance has slugs switched off.
    SlugsDisabled,
    /// The membership belongs to a directory or to billing and is changed there.
    ManagedElsewhere,
    /// Clerk does not let this person do that.
    NotAllowed,
    /// Later.
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// No answer. Whether a change was made is not known.
    Unreachable,
    /// Ours to mend: keys, versions, switches of the instance.
    Configuration,
    /// Something else.
    Other,
}

impl From<&Error> for Refused {
    fn from(error: &Error) -> Self {
        match error {
            Error::RateLimited { retry_after, .. } => Self::Busy { retry_after: *retry_after },
            Error::Unreachable(_) => Self::Unreachable,
            Error::Decode(_) => Self::Other,
            Error::Api { status, code, message, param, .. } => {
                by_code(code, message, param.as_deref()).unwrap_or_else(|| by_status(*status))
            }
        }
    }
}

impl Error {
    /// The failure in words of the domain.
    #[must_use]
    pub fn refused(&self) -> Refused {
        Refused::from(self)
    }
}

fn by_code(code: &ErrorCode, message: &str, param: Option<&str>) -> Option<Refused> {
    use ErrorCode as Code;
    Some(match code {
        Code::AlreadyAMemberInOrganization | Code::OrganizationInvitationIdentificationAlreadyExists => {
            Refused::AlreadyAMember
        }
        Code::NotAMemberInOrganization => Refused::NotAMember,
        Code::OrganizationInvitationNotUnique => Refused::AlreadyInvited,
        Code::DuplicateRecord if param == Some("email_address") => Refused::AlreadyInvited,
        Code::OrganizationMembershipQuotaExceeded => Refused::SeatLimit,
        Code::OrganizationQuotaExceeded => Refused::OrganisationLimit,
        Code::OrganizationMinimumPermissionsNeeded => Refused::LastAdmin,
        Code::OrganizationInvitationNotPending
        | Code::OrganizationInvitationAlreadyAccepted
        | Code::OrganizationInvitationRevokedCode
        | Code::OrganizationInvitationToDeletedOrganization
        | Code::TicketExpiredCode
        | Code::TicketInvalidCode
        | Code::SignInTokenAlreadyUsedCode
        | Code::SignInTokenRevokedCode => Refused::InvitationNotPending,
        Code::ResourceNotFound
        | Code::OrganizationInvitationNotFound
        | Code::OrganizationInvitationIdentificationNotExist
        | Code::OrganizationCreatorNotFound
        | Code::OrganizationNotFoundOrUnauthorized => Refused::NotFound,
        Code::FormIdentifierExists | Code::DuplicateRecord if param == Some("slug") => Refused::SlugTaken,
        Code::OrganizationSlugsDisabled => Refused::SlugsDisabled,
        Code::FormParamMissing
        | Code::FormParamNil
        | Code::FormParamValueInvalid
        | Code::FormParamFormatInvalid
        | Code::FormParamMaxLengthExceeded
        | Code::FormIdentifierExists => Refused::NameRefused { field: param?.to_owned(), message: message.to_owned() },
        Code::RequestBodyTooLarge => Refused::NameRefused { field: "file".into(), message: message.to_owned() },
        Code::OrganizationMembershipManagedByScim
        | Code::OrganizationMemberLimitManagedByBilling
        | Code::ExclusiveOrganizationMembership => Refused::ManagedElsewhere,
        Code::MissingOrganizationPermission
        | Code::OrganizationAdminDeleteNotEnabled
        | Code::PersonalAccountsNotAllowed => Refused::NotAllowed,
        Code::ResourceLocked | Code::InternalClerkError | Code::RoleMigrationInProgress => {
            Refused::Busy { retry_after: A_WHILE }
        }
        Code::ClerkKeyInvalid
        | Code::AuthenticationInvalid
        | Code::AuthorizationHeaderFormatInvalid
        | Code::AuthorizationInvalid
        | Code::ApiVersionInvalid
        | Code::OrganizationNotEnabledInInstance
        | Code::FormParamUnknown
        | Code::FormParamTypeInvalid => Refused::Configuration,
        _ => return None,
    })
}

/// What a status says by itself, with a code nobody has heard of.
fn by_status(status: u16) -> Refused {
    match status {
        401 => Refused::Configuration,
        404 => Refused::NotFound,
        500.. => Refused::Busy { retry_after: A_WHILE },
        _ => Refused::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str, param: Option<&str>) -> Refused {
        let code = ErrorCode::from(code);
        let (message, param) = ("no".to_owned(), param.map(str::to_owned));
        Error::Api { status, code, message, param, trace_id: None }.refused()
    }

    #[test]
    fn codes_become_words_of_the_domain() {
        let name = |field: &str| Refused::NameRefused { field: field.into(), message: "no".into() };
        for (status, code, param, expected) in [
            (400, "already_a_member_in_organization", None, Refused::AlreadyAMember),
            (403, "not_a_member_in_organization", None, Refused::NotAMember),
            (400, "organization_invitation_not_unique", None, Refused::AlreadyInvited),
            (400, "duplicate_record", Some("email_address"), Refused::AlreadyInvited),
            (403, "organization_membership_quota_exceeded", None, Refused::SeatLimit),
            (403, "organization_quota_exceeded", None, Refused::OrganisationLimit),
            (400, "organization_minimum_permissions_needed", None, Refused::LastAdmin),
            (422, "organization_minimum_permissions_needed", None, Refused::LastAdmin),
            (404, "organization_invitation_not_pending", None, Refused::InvitationNotPending),
            (404, "resource_not_found", None, Refused::NotFound),
            (422, "form_identifier_exists", Some("slug"), Refused::SlugTaken),
            (422, "form_identifier_exists", Some("email_address"), name("email_address")),
            (422, "form_param_format_invalid", Some("name"), name("name")),
            (422, "form_param_format_invalid", None, Refused::Other),
            (403, "organization_slugs_disabled", None, Refused::SlugsDisabled),
            (409, "organization_membership_managed_by_scim", None, Refused::ManagedElsewhere),
            (403, "missing_organization_permission", None, Refused::NotAllowed),
            (401, "clerk_key_invalid", None, Refused::Configuration),
            (403, "organization_not_enabled_in_instance", None, Refused::Configuration),
            (409, "resource_locked", None, Refused::Busy { retry_after: A_WHILE }),
            (401, "brand_new", None, Refused::Configuration),
            (404, "brand_new", None, Refused::NotFound),
            (503, "", None, Refused::Busy { retry_after: A_WHILE }),
            (418, "brand_new", None, Refused::Other),
        ] {
            assert_eq!(refused(status, code, param), expected, "{status} {code} {param:?}");
        }
        let waiting = Error::RateLimited { retry_after: Duration::from_secs(7), trace_id: None };
        assert_eq!(waiting.refused(), Refused::Busy { retry_after: Duration::from_secs(7) });
        assert_eq!(Error::Unreachable("gone".into()).refused(), Refused::Unreachable);
    }

    #[test]
    fn every_listed_code_keeps_its_text() {
        for text in ErrorCode::LISTED {
            let code = ErrorCode::from(*text);
            assert_eq!(code.as_str(), *text);
            assert!(!matches!(code, ErrorCode::Other(_)), "{text}");
        }
    }
}
