//! What holds for any claims whatever: whoever is let in has every dimension right, and any that is missing denies.

use jsonwebtoken::DecodingKey;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Verified, Verifier};
use crate::signing::{ISSUER, PARTY, Signer, claims};
use crate::token::Parts;

const NOW: i64 = 1_700_000_000;
const SKEW: i64 = 5;
/// Without any of these nobody is anybody.
const DIMENSIONS: [&str; 6] = ["iss", "azp", "sub", "sid", "exp", "iat"];
/// These may be missing, and must not be wrong.
const OTHERS: [&str; 9] = ["nbf", "sts", "v", "o", "fva", "act", "org_id", "org_slug", "org_role"];

fn verify(claims: &Value) -> Option<Verified> {
    let verifier = Verifier {
        issuer: ISSUER.into(),
        parties: vec!["https://other.example.test".into(), PARTY.into()],
        skew: SKEW,
        lenient: false,
    };
    let key = DecodingKey::from_rsa_pem(Signer::instance().pem().as_bytes()).unwrap();
    let token = Signer::instance().sign(claims);
    verifier.verify(&Parts::split(&token).unwrap(), &key, NOW).ok()
}

/// Any value, often one that is nearly right.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just(ISSUER.to_owned()),
        Just(format!("{ISSUER}/")),
        Just(PARTY.to_owned()),
        Just(format!("{PARTY}.evil.test")),
        Just(PARTY.to_uppercase()),
        Just("https://other.example.test".to_owned()),
        Just("active".to_owned()),
        Just("pending".to_owned()),
        Just("org_1".to_owned()),
        Just("user_1\0".to_owned()),
        ".{0,12}",
    ];
    let number = prop_oneof![NOW - 70..NOW + 70, any::<i64>(), 0..4_i64];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number.prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        let names = prop::sample::select(vec!["id", "slg", "rol", "per", "fpm", "sub"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..4)
                .prop_map(|pairs| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// Changes to honest claims: a name and its new value, or none to take it away.
fn changes() -> impl Strategy<Value = Vec<(&'static str, Option<Value>)>> {
    let names: Vec<_> = DIMENSIONS.into_iter().chain(OTHERS).collect();
    prop::collection::vec((prop::sample::select(names), prop::option::of(value())), 0..5)
}

fn changed(changes: &[(&'static str, Option<Value>)]) -> Value {
    let mut claims = claims(NOW);
    for (name, value) in changes {
        match value {
            Some(value) => claims[*name] = value.clone(),
            None => drop(claims.as_object_mut().unwrap().remove(*name)),
        }
    }
    claims
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_missing_dimension_denies(changes in changes(), missing in prop::sample::select(DIMENSIONS.to_vec())) {
        let mut claims = changed(&changes);
        claims.as_object_mut().unwrap().remove(missing);
        prop_assert!(verify(&claims).is_none(), "{missing}: {claims}");
        // Null and an empty text are missing too.
        for nothing in [Value::Null, json!("")] {
            claims[missing] = nothing;
            prop_assert!(verify(&claims).is_none(), "{missing}: {claims}");
        }
    }

    #[test]
    fn whoever_is_let_in_has_every_dimension_right(changes in changes()) {
        let claims = changed(&changes);
        let Some(Verified { session, .. }) = verify(&claims) else { return Ok(()) };
        prop_assert_eq!(&claims["iss"], ISSUER);
        prop_assert!([PARTY, "https://other.example.test"].contains(&claims["azp"].as_str().unwrap()));
        prop_assert_eq!(claims["sub"].as_str(), Some(session.user_id.as_str()));
        prop_assert_eq!(claims["sid"].as_str(), Some(session.session_id.as_str()));
        prop_assert!(claims["exp"].as_i64().unwrap() > NOW - SKEW);
        prop_assert!(claims["iat"].as_i64().unwrap() <= NOW + SKEW);
        prop_assert!(claims["nbf"].as_i64().is_none_or(|from| from <= NOW + SKEW));
        if let Some(organisation) = session.organisation {
            let (second, first) = (claims["o"]["id"].as_str(), claims["org_id"].as_str());
            prop_assert!([second, first].contains(&Some(organisation.id.as_str())), "{claims}");
            prop_assert!(second.is_none() || first.is_none() || second == first, "two organisations: {claims}");
        }
    }

    #[test]
    fn nobody_is_let_in_by_a_stranger(changes in changes()) {
        let token = Signer::stranger().sign(&changed(&changes));
        let key = DecodingKey::from_rsa_pem(Signer::instance().pem().as_bytes()).unwrap();
        let verifier = Verifier { issuer: ISSUER.into(), parties: Vec::new(), skew: SKEW, lenient: true };
        prop_assert!(verifier.verify(&Parts::split(&token).unwrap(), &key, NOW).is_err());
    }
}
