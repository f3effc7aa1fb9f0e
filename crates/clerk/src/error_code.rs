//! Clerk's error codes, as far as anybody tells them apart.

macro_rules! codes {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// Clerk's error codes that the product tells apart; every other one is kept as [`ErrorCode::Other`].
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $text, "`")] $name,)+
            /// A code not listed here.
            Other(String),
        }

        impl ErrorCode {
            /// Every code that has a name here.
            #[cfg(test)]
            pub(crate) const LISTED: &[&str] = &[$($text),+];

            /// The code as Clerk writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for ErrorCode {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

codes! {
    // The caller.
    ClerkKeyInvalid = "clerk_key_invalid",
    AuthenticationInvalid = "authentication_invalid",
    AuthorizationHeaderFormatInvalid = "authorization_header_format_invalid",
    AuthorizationInvalid = "authorization_invalid",
    ApiVersionInvalid = "api_version_invalid",
    // Anything.
    ResourceNotFound = "resource_not_found",
    DuplicateRecord = "duplicate_record",
    ResourceLocked = "resource_locked",
    RequestBodyTooLarge = "request_body_too_large",
    InternalClerkError = "internal_clerk_error",
    // Forms.
    FormParamMissing = "form_param_missing",
    FormParamNil = "form_param_nil",
    FormParamUnknown = "form_param_unknown",
    FormParamValueInvalid = "form_param_value_invalid",
    FormParamFormatInvalid = "form_param_format_invalid",
    FormParamTypeInvalid = "form_param_type_invalid",
    FormParamMaxLengthExceeded = "form_param_max_length_exceeded",
    FormIdentifierExists = "form_identifier_exists",
    // Organisations.
    OrganizationNotEnabledInInstance = "organization_not_enabled_in_instance",
    OrganizationSlugsDisabled = "organization_slugs_disabled",
    OrganizationQuotaExceeded = "organization_quota_exceeded",
    OrganizationNotFoundOrUnauthorized = "organization_not_found_or_unauthorized",
    OrganizationAdminDeleteNotEnabled = "organization_admin_delete_not_enabled",
    OrganizationCreatorNotFound = "organization_creator_not_found",
    // Members.
    AlreadyAMemberInOrganization = "already_a_member_in_organization",
    NotAMemberInOrganization = "not_a_member_in_organization",
    MissingOrganizationPermission = "missing_organization_permission",
    OrganizationMembershipQuotaExceeded = "organization_membership_quota_exceeded",
    OrganizationMinimumPermissionsNeeded = "organization_minimum_permissions_needed",
    PersonalAccountsNotAllowed = "personal_accounts_not_allowed",
    ExclusiveOrganizationMembership = "exclusive_organization_membership",
    OrganizationMembershipManagedByScim = "organization_membership_managed_by_scim",
    OrganizationMemberLimitManagedByBilling = "organization_member_limit_managed_by_billing",
    // Invitations.
    OrganizationInvitationNotUnique = "organization_invitation_not_unique",
    OrganizationInvitationNotPending = "organization_invitation_not_pending",
    OrganizationInvitationNotFound = "organization_invitation_not_found",
    OrganizationInvitationAlreadyAccepted = "organization_invitation_already_accepted",
    OrganizationInvitationRevokedCode = "organization_invitation_revoked_code",
    OrganizationInvitationToDeletedOrganization = "organization_invitation_to_deleted_organization",
    OrganizationInvitationIdentificationNotExist = "organization_invitation_identification_not_exist",
    OrganizationInvitationIdentificationAlreadyExists = "organization_invitation_identification_already_exists",
    // Tickets.
    TicketExpiredCode = "ticket_expired_code",
    TicketInvalidCode = "ticket_invalid_code",
    SignInTokenAlreadyUsedCode = "sign_in_token_already_used_code",
    SignInTokenRevokedCode = "sign_in_token_revoked_code",
    // Roles.
    OrganizationInstanceRolesQuotaExceeded = "organization_instance_roles_quota_exceeded",
    OrganizationRoleAssignedMembers = "organization_role_assigned_members",
    OrganizationRoleExistsInInvitations = "organization_role_exists_in_invitations",
    OrganizationRoleDefaultCreatorRole = "organization_role_default_creator_role",
    OrganizationRoleDomainDefaultRole = "organization_role_domain_default_role",
    OrganizationMissingCreatorRolePermissions = "organization_missing_creator_role_permissions",
    OrganizationSystemPermissionNotModifiable = "organization_system_permission_not_modifiable",
    OrganizationRolePermissionAssociationExists = "organization_role_permission_association_exists",
    RoleMigrationInProgress = "role_migration_in_progress",
    // Refresh.
    RefreshRequestOriginAzpMismatch = "refresh_request_origin_azp_mismatch",
    ExpiredSessionTokenMissingAzp = "expired_session_token_missing_azp",
    RefreshSidMismatch = "refresh_sid_mismatch",
    RefreshTokenNotFound = "refresh_token_not_found",
    SessionRefreshInactiveSession = "session_refresh_inactive_session",
    SessionRefreshExpiredSessionTokenTooOld = "session_refresh_expired_session_token_too_old",
    SessionRefreshExpiredSessionTokenConsumed = "session_refresh_expired_session_token_consumed",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
