use proptest::prelude::*;

use super::*;

/// The digest was made with Node's `createHmac`.
const SECRET: &str = "whsec_tenantry_test_1";
const TIME: i64 = 1_700_000_000;
const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
const HEX: &str = "673d09b09e5aaf79fc18cf73e556775e3a236498398164aa13ed1583ca74d59a";

fn secret() -> Secret {
    Secret::parse(SECRET).unwrap()
}

fn other() -> Secret {
    Secret::parse("whsec_tenantry_test_2").unwrap()
}

fn check(header: &str) -> Result<(), Error> {
    verify(&[secret()], header, BODY, TIME)
}

#[test]
fn signs_and_verifies_what_another_hmac_made() {
    let header = format!("t={TIME},v1={HEX}");
    assert_eq!(sign(&[secret()], TIME, BODY), header);
    assert_eq!(check(&header), Ok(()));
}

#[test]
fn any_signature_of_any_secret_passes_and_other_versions_are_skipped() {
    let rolled = sign(&[other(), secret()], TIME, BODY);
    assert_eq!(rolled.matches(",v1=").count(), 2);
    let theirs = &sign(&[other()], TIME, BODY)[13..];
    for header in [
        rolled.clone(),
        format!("t={TIME},v0={HEX},v1={HEX}"),
        format!("v1={HEX},t={TIME}"),
        format!("t={TIME}, v1={HEX} "),
        format!("t={TIME},{theirs},v1={HEX},v0=abc,nonsense,v2=,=,"),
        format!("t={TIME},v1=,v1=abc,v1={HEX}"),
    ] {
        assert_eq!(check(&header), Ok(()), "{header}");
    }
    for secrets in [vec![secret(), other()], vec![other(), secret()], vec![other()]] {
        assert_eq!(verify(&secrets, &rolled, BODY, TIME), Ok(()));
    }
    assert_eq!(verify(&[other()], &format!("t={TIME},v1={HEX}"), BODY, TIME), Err(Error::NoMatch));
}

#[test]
fn refuses_signatures_that_are_nearly_right() {
    let flipped = format!("{}b", &HEX[..63]);
    for entry in [
        format!("v0={HEX}"),
        format!("V1={HEX}"),
        format!("v2={HEX}"),
        format!("v1a={HEX}"),
        format!("v1,{HEX}"),
        format!("v1:{HEX}"),
        format!("v1=={HEX}"),
        format!("v1={}", HEX.to_uppercase()),
        format!("v1={}", &HEX[..62]),
        format!("v1={}", &HEX[1..]),
        format!("v1={HEX}0"),
        format!("v1={HEX}00"),
        format!("v1=0x{HEX}"),
        format!("v1={flipped}"),
        format!("v1={}", "0".repeat(64)),
        format!("v1={}", "é".repeat(32)),
        "v1=".to_owned(),
        "v1".to_owned(),
        String::new(),
    ] {
        assert_eq!(check(&format!("t={TIME},{entry}")), Err(Error::NoMatch), "{entry}");
    }
}

#[test]
fn a_flood_of_signatures_is_cut_off() {
    let wrong = format!("v1={}", "07".repeat(32));
    let flood = |number: usize| format!("t={TIME},{}v1={HEX}", format!("{wrong},").repeat(number));
    assert_eq!(check(&flood(MOST_SIGNATURES - 1)), Ok(()));
    assert_eq!(check(&flood(MOST_SIGNATURES)), Err(Error::NoMatch));
}

#[test]
fn refuses_another_body_or_time() {
    let with = |time: &str, body: &[u8]| verify(&[secret()], &format!("t={time},v1={HEX}"), body, TIME);
    let time = TIME.to_string();
    assert_eq!(with(&(TIME + 1).to_string(), BODY), Err(Error::NoMatch));
    assert_eq!(with(&format!("0{time}"), BODY), Err(Error::NoMatch));
    assert_eq!(with(&time, b""), Err(Error::NoMatch));
    assert_eq!(with(&time, &[BODY, b"\n"].concat()), Err(Error::NoMatch));
    assert_eq!(with(&time, br#"{"object":"event","id":"evt_1"}"#), Err(Error::NoMatch));
}

#[test]
fn the_clock_may_differ_by_five_minutes_either_way() {
    for (now, expected) in [
        (TIME, Ok(())),
        (TIME + 300, Ok(())),
        (TIME - 300, Ok(())),
        (TIME + 301, Err(Error::TooOld)),
        (TIME - 301, Err(Error::TooNew)),
        (i64::MAX, Err(Error::TooOld)),
        (i64::MIN, Err(Error::TooNew)),
    ] {
        assert_eq!(verify(&[secret()], &format!("t={TIME},v1={HEX}"), BODY, now), expected, "{now}");
    }
}

#[test]
fn refuses_times_that_are_no_number_of_seconds() {
    for time in ["", "now", "-1700000000", "+1700000000", "1700000000.0", " 1700000000", "1e9", "9223372036854775808"] {
        assert_eq!(check(&format!("t={time},v1={HEX}")), Err(Error::MalformedTimestamp), "{time}");
    }
    for header in [format!("v1={HEX}"), format!("T={TIME},v1={HEX}"), format!("t={TIME},t={TIME},v1={HEX}")] {
        assert_eq!(check(&header), Err(Error::MalformedTimestamp), "{header}");
    }
    for header in ["", "  "] {
        assert_eq!(check(header), Err(Error::MissingHeader));
    }
}

#[test]
fn refuses_secrets_that_are_blank_or_something_else() {
    for (text, expected) in [
        ("", Error::EmptySecret),
        ("  ", Error::EmptySecret),
        ("whsec_", Error::EmptySecret),
        ("whsec_ \n", Error::EmptySecret),
        ("tenantry_test_1", Error::MalformedSecret),
        ("sk_test_1", Error::MalformedSecret),
        ("WHSEC_1", Error::MalformedSecret),
        ("whsec_a b", Error::MalformedSecret),
        ("whsec_é", Error::MalformedSecret),
    ] {
        assert_eq!(Secret::parse(text).unwrap_err(), expected, "{text}");
    }
    // The whole text is the key, not what follows the prefix, and not what it decodes to.
    assert_eq!(sign(&[Secret::parse(&format!(" {SECRET}\n")).unwrap()], TIME, BODY), format!("t={TIME},v1={HEX}"));
}

#[test]
fn nothing_passes_without_a_secret_and_none_shows() {
    assert_eq!(verify(&[], &format!("t={TIME},v1={HEX}"), BODY, TIME), Err(Error::NoSecret));
    assert_eq!(format!("{:?}", secret()), "Secret(whsec_…)");
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_one_changed_byte_does_not(
        body in prop::collection::vec(any::<u8>(), 1..200),
        time in 0_i64..4_000_000_000,
        place in any::<prop::sample::Index>(),
    ) {
        let header = sign(&[other(), secret()], time, &body);
        prop_assert_eq!(verify(&[secret()], &header, &body, time), Ok(()));
        let mut changed = body.clone();
        changed[place.index(body.len())] ^= 1;
        prop_assert_eq!(verify(&[secret()], &header, &changed, time), Err(Error::NoMatch));
    }

    #[test]
    fn no_header_is_too_strange_to_be_refused(header in "\\PC{0,80}|(t=[0-9]{0,12}|v1=[0-9a-f]{0,70}|,|=){0,8}") {
        prop_assert!(check(&header).is_err());
    }
}
