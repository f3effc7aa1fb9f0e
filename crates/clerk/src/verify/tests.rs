use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;
use crate::signing::{ISSUER, PARTY, Signer, claims, claims_with};

const NOW: i64 = 1_700_000_000;

fn verifier() -> Verifier {
    Verifier {
        issuer: ISSUER.into(),
        parties: vec!["https://other.example.test".into(), PARTY.into()],
        skew: 5,
        lenient: false,
    }
}

fn key() -> DecodingKey {
    DecodingKey::from_rsa_pem(Signer::instance().pem().as_bytes()).unwrap()
}

fn verify(token: &str) -> Result<Verified, Refusal> {
    let parts = Parts::split(token).map_err(|_| Refusal::Malformed)?;
    verifier().verify(&parts, &key(), NOW)
}

fn verify_claims(changes: &Value) -> Result<Verified, Refusal> {
    verify(&Signer::instance().sign(&claims_with(NOW, changes)))
}

#[test]
fn reads_version_2() {
    let verified = verify_claims(&json!({ "act": { "sub": "user_9", "iss": "x" } })).unwrap();
    assert_eq!(
        verified.session,
        Session {
            user_id: "user_1".into(),
            session_id: "sess_1".into(),
            status: SessionStatus::Active,
            organisation: Some(ActiveOrganisation {
                id: "org_1".into(),
                slug: Some("acme".into()),
                role: Some("org:admin".into()),
                permissions: Vec::new(),
            }),
            issued_at: Timestamp::from_second(NOW).unwrap(),
            expires_at: Timestamp::from_second(NOW + 60).unwrap(),
            authorised_party: Some(PARTY.into()),
            impersonator: Some("user_9".into()),
            factor_age: Some(FactorAge { first_minutes: Some(3), second_minutes: None }),
        }
    );
    assert_eq!((verified.expires, verified.not_before), (NOW + 60, Some(NOW - 10)));
}

#[test]
fn reads_the_organisation_of_both_versions() {
    let organisation = |id: &str, slug: Option<&str>, role: Option<&str>| {
        Some(ActiveOrganisation {
            id: id.into(),
            slug: slug.map(Into::into),
            role: role.map(Into::into),
            permissions: Vec::new(),
        })
    };
    for (changes, expected) in [
        (json!({ "o": null }), None),
        (json!({ "o": { "id": "org_2" } }), organisation("org_2", None, None)),
        (json!({ "o": { "id": "org_2", "rol": "org:member" } }), organisation("org_2", None, Some("org:member"))),
        (json!({ "o": { "id": "org_2", "slg": "", "rol": "" } }), organisation("org_2", None, None)),
        (json!({ "o": { "id": "" } }), None),
        (
            json!({ "o": { "id": "org_2", "rol": "owner", "per": "x", "fpm": "1" } }),
            organisation("org_2", None, Some("org:owner")),
        ),
        (json!({ "org_id": "org_1" }), organisation("org_1", Some("acme"), Some("org:admin"))),
        (
            json!({ "v": null, "o": null, "org_id": "org_3", "org_slug": "s", "org_role": "org:admin", "org_permissions": [] }),
            organisation("org_3", Some("s"), Some("org:admin")),
        ),
        (
            json!({ "v": null, "o": null, "org_id": "org_3", "org_role": "member" }),
            organisation("org_3", None, Some("org:member")),
        ),
        (json!({ "v": null, "o": null }), None),
        (json!({ "o": null, "org_id": "org_3", "org_role": "org:admin" }), None),
    ] {
        assert_eq!(verify_claims(&changes).unwrap().session.organisation, expected, "{changes}");
    }
    let explicit_null = Signer::instance().sign(&{
        let mut claims = claims_with(NOW, &json!({ "o": null, "v": null }));
        claims["org_id"] = Value::Null;
        claims
    });
    assert_eq!(verify(&explicit_null).unwrap().session.organisation, None);
}

#[test]
fn reads_custom_permissions_and_takes_what_is_odd_for_none() {
    let both = ["org:reports:read", "org:reports:export"];
    let packed = |fea: Value, per: Value, fpm: Value| json!({ "fea": fea, "o": { "id": "org_1", "rol": "admin", "per": per, "fpm": fpm } });
    let listed = |list: Value| json!({ "v": null, "o": null, "org_id": "org_1", "org_permissions": list });
    for (changes, expected) in [
        (packed(json!("o:reports"), json!("read,export"), json!("3")), &both[..]),
        (packed(json!("u:beta,o:reports"), json!("read,export"), json!("3")), &both),
        (packed(json!(["o:reports"]), json!("read,export"), json!("3")), &[]),
        (packed(json!("o:reports"), json!(["read"]), json!("3")), &[]),
        (packed(json!("o:reports"), json!("read,export"), json!(3)), &[]),
        (packed(json!("o:reports"), Value::Null, Value::Null), &[]),
        (packed(json!("reports"), json!("read,export"), json!("3")), &[]),
        // In version 2 a list is somebody's custom claim.
        (json!({ "org_permissions": both }), &[]),
        (listed(json!(both)), &both),
        (listed(json!(["org:reports:read", 1])), &[]),
        (listed(json!("org:reports:read")), &[]),
        (listed(Value::Null), &[]),
    ] {
        let organisation = verify_claims(&changes).unwrap().session.organisation.unwrap();
        assert_eq!(organisation.permissions, expected, "{changes}");
    }
}

#[test]
fn leniency_forgives_the_issuer_and_the_session_id_and_nothing_else() {
    let lenient = Verifier { lenient: true, parties: Vec::new(), ..verifier() };
    let judge = |changes: Value| {
        let token = Signer::instance().sign(&claims_with(NOW, &changes));
        lenient.verify(&Parts::split(&token).unwrap(), &key(), NOW).map(|_| ())
    };
    assert_eq!(judge(json!({ "iss": null, "sid": null, "azp": null })), Ok(()));
    assert_eq!(judge(json!({ "iss": "https://elsewhere.test" })), Ok(()));
    assert_eq!(judge(json!({ "sub": null })), Err(Refusal::Claims));
    assert_eq!(judge(json!({ "exp": NOW - 10 })), Err(Refusal::Expired));
}

#[test]
fn judges_claims() {
    use Refusal::{AuthorisedParty, Claims, Expired, IssuedInTheFuture, Issuer, NotActiveYet};
    for (changes, expected) in [
        (json!({}), Ok(())),
        (json!({ "unknown": [1, 2] }), Ok(())),
        (json!({ "nbf": null, "jti": null, "fva": null, "sts": null }), Ok(())),
        (json!({ "sts": "pending" }), Ok(())),
        (json!({ "v": 1, "o": null }), Ok(())),
        // identity
        (json!({ "sub": null }), Err(Claims)),
        (json!({ "sub": "" }), Err(Claims)),
        (json!({ "sub": 7 }), Err(Claims)),
        (json!({ "sub": ["user_1"] }), Err(Claims)),
        (json!({ "sid": null }), Err(Claims)),
        (json!({ "sid": "" }), Err(Claims)),
        (json!({ "sts": "revoked" }), Err(Claims)),
        (json!({ "sts": true }), Err(Claims)),
        (json!({ "v": 3 }), Err(Claims)),
        (json!({ "v": "2" }), Err(Claims)),
        (json!({ "act": {} }), Err(Claims)),
        (json!({ "fva": "3" }), Err(Claims)),
        // organisation
        (json!({ "org_id": "org_2" }), Err(Claims)),
        (json!({ "v": null, "org_id": "org_2" }), Err(Claims)),
        (json!({ "o": { "slg": "acme" } }), Err(Claims)),
        (json!({ "o": { "id": 1 } }), Err(Claims)),
        (json!({ "o": "org_1" }), Err(Claims)),
        (json!({ "o": ["org_1", "acme", "admin"] }), Err(Claims)),
        (json!({ "act": ["user_9"] }), Err(Claims)),
        // issuer
        (json!({ "iss": null }), Err(Claims)),
        (json!({ "iss": "" }), Err(Issuer)),
        (json!({ "iss": format!("{ISSUER}/") }), Err(Issuer)),
        (json!({ "iss": "https://clerk.tenantry.example" }), Err(Issuer)),
        (json!({ "iss": format!("{ISSUER}.evil.test") }), Err(Issuer)),
        // authorised party
        (json!({ "azp": null }), Err(AuthorisedParty)),
        (json!({ "azp": "" }), Err(AuthorisedParty)),
        (json!({ "azp": "https://app.example" }), Err(AuthorisedParty)),
        (json!({ "azp": format!("{PARTY}.evil.test") }), Err(AuthorisedParty)),
        (json!({ "azp": format!("{PARTY}/") }), Err(AuthorisedParty)),
        (json!({ "azp": [PARTY] }), Err(Claims)),
        (json!({ "azp": "https://other.example.test" }), Ok(())),
        // times, five seconds of skew
        (json!({ "exp": NOW - 4 }), Ok(())),
        (json!({ "exp": NOW - 5 }), Err(Expired)),
        (json!({ "exp": 0 }), Err(Expired)),
        (json!({ "nbf": NOW + 5 }), Ok(())),
        (json!({ "nbf": NOW + 6 }), Err(NotActiveYet)),
        (json!({ "iat": NOW + 5 }), Ok(())),
        (json!({ "iat": NOW + 6 }), Err(IssuedInTheFuture)),
        (json!({ "exp": null }), Err(Claims)),
        (json!({ "iat": null }), Err(Claims)),
    ] {
        assert_eq!(verify_claims(&changes).map(|_| ()), expected, "{changes}");
    }
}

#[test]
fn takes_no_time_of_another_type() {
    for name in ["exp", "nbf", "iat"] {
        for value in [
            "\"1700000060\"",
            "1700000060.0",
            "1700000060.5",
            "1.7e9",
            "-1",
            "-1700000060",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "253402300800",
            "null",
            "true",
            "[1700000060]",
            "{}",
        ] {
            let text = claims_with(NOW, &json!({ name: null })).to_string();
            let text = text.replacen('{', &format!("{{\"{name}\":{value},"), 1);
            let token = Signer::instance().sign_text(&Signer::instance().header().to_string(), &text);
            assert_eq!(verify(&token), Err(Refusal::Claims), "{name} {value}");
        }
    }
}

#[test]
fn refuses_a_claim_given_twice() {
    for name in ["sub", "sid", "iss", "azp", "exp", "nbf", "iat", "sts", "o", "v", "org_id"] {
        let mut honest = claims(NOW);
        honest["org_id"] = "org_1".into();
        let twice = honest.to_string().replacen('{', &format!("{{\"{name}\":{},", honest[name]), 1);
        let token = Signer::instance().sign_text(&Signer::instance().header().to_string(), &twice);
        assert_eq!(verify(&token), Err(Refusal::Claims), "{name}");
    }
}

#[test]
fn judges_the_header_before_the_signature() {
    use Refusal::{Algorithm, Malformed};
    let signer = Signer::instance();
    let claims = claims(NOW).to_string();
    let long_id = "k".repeat(129);
    for (header, expected) in [
        (json!({ "alg": "RS256" }), Ok(())),
        (json!({ "alg": "RS256", "typ": "JWT", "cat": "cl_I7d4PD111III", "oiat": 1, "x": {} }), Ok(())),
        (json!({ "alg": "RS256", "typ": "jwt" }), Err(Malformed)),
        (json!({ "alg": "RS256", "typ": "at+jwt" }), Err(Malformed)),
        (json!({ "alg": "RS256", "typ": null }), Err(Malformed)),
        (json!({ "alg": "RS256", "crit": ["exp"] }), Err(Malformed)),
        (json!({ "alg": "RS256", "crit": [] }), Err(Malformed)),
        (json!({ "alg": "RS256", "cat": "cl_B7d4PD222AAA" }), Err(Malformed)),
        (json!({ "alg": "RS256", "cat": "cl_B7d4PD333AAA" }), Err(Malformed)),
        (json!({ "alg": "RS256", "cat": "" }), Err(Malformed)),
        (json!({ "alg": "RS256", "kid": long_id }), Err(Malformed)),
        (json!({ "alg": "RS256", "kid": 1 }), Err(Malformed)),
        (json!({ "typ": "JWT" }), Err(Malformed)),
        (json!(["RS256"]), Err(Malformed)),
        (json!({ "alg": "none" }), Err(Algorithm)),
        (json!({ "alg": "None" }), Err(Algorithm)),
        (json!({ "alg": "NONE" }), Err(Algorithm)),
        (json!({ "alg": "rs256" }), Err(Algorithm)),
        (json!({ "alg": "RS384" }), Err(Algorithm)),
        (json!({ "alg": "PS256" }), Err(Algorithm)),
        (json!({ "alg": "ES256" }), Err(Algorithm)),
        (json!({ "alg": "HS256" }), Err(Algorithm)),
        (json!({ "alg": "" }), Err(Algorithm)),
    ] {
        let token = signer.sign_text(&header.to_string(), &claims);
        assert_eq!(verify(&token).map(|_| ()), expected, "{header}");
    }
    let twice = signer.sign_text(r#"{"alg":"none","alg":"RS256"}"#, &claims);
    assert_eq!(verify(&twice), Err(Malformed));
}

#[test]
fn judges_the_signature_before_the_claims() {
    let signer = Signer::instance();
    let token = signer.sign(&claims(NOW));
    let expired = Signer::stranger().sign(&claims_with(NOW, &json!({ "exp": 1, "iss": "x", "sub": 1 })));
    assert_eq!(verify(&expired), Err(Refusal::Signature));

    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[17] ^= 1;
    let flipped = URL_SAFE_NO_PAD.encode(flipped);
    let other = URL_SAFE_NO_PAD.encode(claims_with(NOW, &json!({ "sub": "user_2" })).to_string());
    for (token, expected) in [
        (format!("{header}.{other}.{signature}"), Refusal::Signature),
        (format!("{header}.{payload}.{flipped}"), Refusal::Signature),
        (format!("{header}.{payload}."), Refusal::Signature),
        (format!("{header}.{payload}.{signature}="), Refusal::Signature),
        (format!("{header}.{payload}.{}", &signature[..signature.len() - 4]), Refusal::Signature),
        (format!("{header}.{payload}"), Refusal::Malformed),
        (format!("{header}.{payload}.{signature}."), Refusal::Malformed),
        (format!("{header}.{payload}.{signature}.{signature}"), Refusal::Malformed),
        (format!("{header}..{signature}"), Refusal::Signature),
        (format!(".{payload}.{signature}"), Refusal::Malformed),
        (format!("{header}=.{payload}.{signature}"), Refusal::Malformed),
        (format!("{header}.{payload}=.{signature}"), Refusal::Malformed),
        (format!(" {token}"), Refusal::Malformed),
        (String::new(), Refusal::Malformed),
        ("..".into(), Refusal::Malformed),
        ("a".repeat(20_000), Refusal::Malformed),
    ] {
        assert_eq!(verify(&token), Err(expected), "{token:.60}");
    }
}

#[test]
fn an_attackers_own_key_in_the_header_is_not_used() {
    let stranger = Signer::stranger();
    let header = json!({ "alg": "RS256", "kid": "ins_test", "jwk": stranger.jwk(), "jku": "https://evil.test/jwks", "x5u": "https://evil.test/x" });
    assert_eq!(verify(&stranger.sign_text(&header.to_string(), &claims(NOW).to_string())), Err(Refusal::Signature));
}

#[test]
fn a_handshake_is_judged_by_signature_and_kind_only() {
    let signer = Signer::instance();
    let directives = json!({ "handshake": ["a=1", "b=2"] });
    let read = |token: &str| verify_handshake(&Parts::split(token).unwrap(), &key());
    assert_eq!(read(&signer.sign(&directives)).unwrap(), ["a=1", "b=2"]);
    assert_eq!(read(&Signer::stranger().sign(&directives)), Err(Refusal::Signature));
    assert_eq!(read(&signer.sign(&claims(NOW))), Err(Refusal::Claims));
    assert_eq!(read(&signer.sign_text(r#"{"alg":"RS256","cat":"cl_B7d4PD222AAA"}"#, "{}")), Err(Refusal::Malformed));
}
