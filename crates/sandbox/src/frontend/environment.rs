//! `/v1/environment`: how the instance is set up. ClerkJS reads all of it; half-filled parts make it stumble.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::records::PASSWORD_LENGTH;

/// The environment, bare of any envelope.
pub(super) async fn show(State(app): State<Shared>) -> Json<Value> {
    let (rules, settings, limit) = app
        .store
        .read(|state| (state.rules.clone(), state.organization_settings.clone(), state.usual_membership_limit()));
    let own = &app.settings.public_origin;
    let home = app.settings.app_url.as_str();
    Json(json!({
        "object": "environment",
        "id": "env_sandbox",
        "auth_config": {
            "object": "auth_config",
            "id": "aconf_sandbox",
            "single_session_mode": true,
            "claimed_at": null,
            "reverification": false,
            "url_based_session_syncing": true,
            "session_minter": false,
        },
        "display_config": {
            "object": "display_config",
            "id": "display_config_sandbox",
            "instance_environment_type": app.signer.instance.environment_type(),
            "application_name": "Tenantry",
            "theme": {"buttons": {}, "general": {}, "accounts": {}},
            "preferred_sign_in_strategy": "otp",
            "logo_image_url": format!("{own}/portal/logo.svg"),
            "favicon_image_url": format!("{own}/portal/logo.svg"),
            "home_url": home,
            "sign_in_url": format!("{own}/sign-in"),
            "sign_up_url": format!("{own}/sign-up"),
            "user_profile_url": format!("{own}/user"),
            "waitlist_url": "",
            "after_sign_in_url": home,
            "after_sign_up_url": home,
            "after_sign_out_one_url": home,
            "after_sign_out_all_url": format!("{own}/sign-in"),
            "after_switch_session_url": home,
            "after_join_waitlist_url": "",
            "organization_profile_url": home,
            "create_organization_url": format!("{own}/create-organization"),
            "after_leave_organization_url": home,
            "after_create_organization_url": home,
            "support_email": "",
            "branded": false,
            "clerk_js_version": "6",
            "show_devmode_warning": false,
            "google_one_tap_client_id": null,
            "help_url": null,
            "privacy_policy_url": "",
            "terms_url": "",
            "captcha_public_key": null,
            "captcha_widget_type": null,
            "captcha_public_key_invisible": null,
            "captcha_provider": null,
            "captcha_oauth_bypass": [],
            "captcha_heartbeat": false,
        },
        "user_settings": user_settings(),
        "organization_settings": {
            "enabled": settings.enabled,
            "max_allowed_memberships": limit,
            "force_organization_selection": !rules.membership_optional,
            "actions": {"admin_delete": settings.admin_delete_enabled},
            "domains": {
                "enabled": settings.domains_enabled,
                "enrollment_modes": settings.domains_enrollment_modes,
                "default_role": settings.domains_default_role,
            },
            "slug": {"disabled": settings.slug_disabled},
            "creator_role": settings.creator_role,
            "organization_creation_defaults": {"enabled": false},
        },
        "commerce_settings": {
            "billing": {
                "stripe_publishable_key": "",
                "free_trial_requires_payment_method": true,
                "organization": {"enabled": false, "has_paid_plans": false},
                "user": {"enabled": false, "has_paid_plans": false},
            },
        },
        "api_keys_settings": {
            "enabled": false,
            "user_api_keys_enabled": false,
            "show_in_user_profile": false,
            "orgs_api_keys_enabled": false,
            "show_in_org_profile": false,
        },
        "protect_config": {"object": "protect_config", "id": "protect_sandbox"},
        "maintenance_mode": false,
        "partitioned_cookies": false,
        "client_debug_mode": false,
    }))
}

fn user_settings() -> Value {
    let off = json!({
        "enabled": false,
        "required": false,
        "used_for_first_factor": false,
        "first_factors": [],
        "used_for_second_factor": false,
        "second_factors": [],
        "verifications": [],
        "verify_at_sign_up": false,
    });
    let mut name = off.clone();
    name["enabled"] = true.into();
    json!({
        "attributes": {
            "email_address": {
                "enabled": true,
                "required": true,
                "used_for_first_factor": true,
                "first_factors": ["email_code"],
                "used_for_second_factor": false,
                "second_factors": [],
                "verifications": ["email_code"],
                "verify_at_sign_up": true,
            },
            "phone_number": off,
            "username": off,
            "web3_wallet": off,
            "first_name": name,
            "last_name": name,
            "password": name,
            "authenticator_app": off,
            "ticket": off,
            "backup_code": off,
            "passkey": off,
        },
        "social": {},
        "enterprise_sso": {"enabled": false, "self_serve_sso": false, "self_serve_directory_sync": false},
        "saml": {"enabled": false},
        "sign_in": {"second_factor": {"required": false, "enabled": false}},
        "sign_up": {
            "allowlist_only": false,
            "captcha_enabled": false,
            "captcha_widget_type": null,
            "custom_action_required": false,
            "legal_consent_enabled": false,
            "mfa": {"required": false},
            "mode": "public",
            "progressive": true,
        },
        "restrictions": {
            "allowlist": {"enabled": false},
            "blocklist": {"enabled": false},
            "block_email_subaddresses": {"enabled": false},
            "block_disposable_email_domains": {"enabled": false},
        },
        "password_settings": {
            "disable_hibp": true,
            "min_length": PASSWORD_LENGTH.start(),
            "max_length": PASSWORD_LENGTH.end(),
            "require_special_char": false,
            "require_numbers": false,
            "require_uppercase": false,
            "require_lowercase": false,
            "show_zxcvbn": false,
            "min_zxcvbn_strength": 0,
            "enforce_hibp_on_sign_in": false,
            "allowed_special_characters": "",
        },
        "username_settings": {"min_length": 4, "max_length": 64},
        "passkey_settings": {"allow_autofill": false, "show_sign_in_button": false},
        "attack_protection": {
            "user_lockout": {"enabled": false, "max_attempts": 100, "duration_in_minutes": 60},
            "pii": {"enabled": false},
            "email_link": {"require_same_client": false},
            "enumeration_protection": {"enabled": false},
        },
        "actions": {"delete_self": true, "create_organization": true, "create_organizations_limit": null},
    })
}
