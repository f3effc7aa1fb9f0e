use super::*;

/// The vector every library of the scheme is tested with.
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
const TIME: i64 = 1_649_367_553;
const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

fn secret() -> Secret {
    Secret::parse(SECRET).unwrap()
}

fn other() -> Secret {
    Secret::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX").unwrap()
}

fn headers<'a>(timestamp: &'a str, signature: &'a str) -> Headers<'a> {
    Headers { id: ID, timestamp, signature }
}

fn check(signature: &str) -> Result<(), Error> {
    verify(&[secret()], headers(&TIME.to_string(), signature), BODY, TIME)
}

#[test]
fn signs_and_verifies_the_published_vector() {
    assert_eq!(sign(&secret(), ID, TIME, BODY), SIGNATURE);
    assert_eq!(check(SIGNATURE), Ok(()));
}

#[test]
fn any_signature_of_any_secret_passes_and_unknown_versions_are_skipped() {
    let rotated = sign(&other(), ID, TIME, BODY);
    for signature in [
        format!("v0,abc {SIGNATURE}"),
        format!("v1a,{} {SIGNATURE} v2,xyz", &SIGNATURE[3..]),
        format!("{rotated} {SIGNATURE}"),
        format!("{SIGNATURE} {rotated}"),
        format!("  {SIGNATURE}  "),
        format!("v1, nonsense v1,AAAA {SIGNATURE}"),
    ] {
        assert_eq!(check(&signature), Ok(()), "{signature}");
    }
    let time = TIME.to_string();
    for secrets in [vec![secret(), other()], vec![other(), secret()]] {
        assert_eq!(verify(&secrets, headers(&time, SIGNATURE), BODY, TIME), Ok(()));
        assert_eq!(verify(&secrets, headers(&time, &rotated), BODY, TIME), Ok(()));
    }
    assert_eq!(verify(&[other()], headers(&time, SIGNATURE), BODY, TIME), Err(Error::NoMatch));
}

#[test]
fn refuses_signatures_that_are_nearly_right() {
    let encoded = &SIGNATURE[3..];
    let raw = STANDARD.decode(encoded).unwrap();
    let hex: String = raw.iter().map(|byte| format!("{byte:02X}")).collect();
    let longer = STANDARD.encode([raw.as_slice(), &[0]].concat());
    let mut flipped = raw.clone();
    flipped[31] ^= 1;
    for signature in [
        "v1,".to_owned(),
        "v1, ".to_owned(),
        "v1".to_owned(),
        ",".to_owned(),
        "=".to_owned(),
        encoded.to_owned(),
        format!("v1 {encoded}"),
        format!("V1,{encoded}"),
        format!("v2,{encoded}"),
        format!("v0,{encoded}"),
        format!("v1a,{encoded}"),
        format!("v1,,{encoded}"),
        format!("v1;{encoded}"),
        format!("v1,{hex}"),
        format!("v1,{}", &encoded[..encoded.len() - 1]),
        format!("v1,{}", &encoded[..40]),
        format!("v1,{}", STANDARD.encode(&raw[..16])),
        format!("v1,{}", STANDARD.encode(&raw[..31])),
        format!("v1,{longer}"),
        format!("v1,{}", STANDARD.encode(&flipped)),
        format!("v1,{}", encoded.replace('+', "-").replace('/', "_")),
        format!("v1,{encoded}\n"),
        format!("v1,{encoded}="),
        // The last character of 32 bytes in base64 carries two unused bits; they must be zero.
        format!("v1,{}x=", &encoded[..42]),
        format!("v1,{}", STANDARD.encode([0; 32])),
        format!("{}v1,AAAA", "v1,AAAA ".repeat(1000)),
    ] {
        assert_eq!(check(&signature), Err(Error::NoMatch), "{signature:.80}");
    }
}

#[test]
fn a_flood_of_signatures_is_cut_off() {
    let wrong = format!("v1,{}", STANDARD.encode([7; 32]));
    let within = format!("{}{SIGNATURE}", format!("{wrong} ").repeat(MOST_SIGNATURES - 1));
    let beyond = format!("{}{SIGNATURE}", format!("{wrong} ").repeat(MOST_SIGNATURES));
    assert_eq!(check(&within), Ok(()));
    assert_eq!(check(&beyond), Err(Error::NoMatch));
}

#[test]
fn refuses_another_id_body_or_time() {
    let time = TIME.to_string();
    let with = |id: &str, timestamp: &str, body: &[u8]| {
        verify(&[secret()], Headers { id, timestamp, signature: SIGNATURE }, body, TIME)
    };
    assert_eq!(with("msg_other", &time, BODY), Err(Error::NoMatch));
    assert_eq!(with(&format!("{ID} "), &time, BODY), Err(Error::NoMatch));
    assert_eq!(with(ID, &(TIME + 1).to_string(), BODY), Err(Error::NoMatch));
    assert_eq!(with(ID, &format!("0{time}"), BODY), Err(Error::NoMatch));
    assert_eq!(with(ID, &time, b""), Err(Error::NoMatch));
    assert_eq!(with(ID, &time, &[BODY, b"\n"].concat()), Err(Error::NoMatch));
    assert_eq!(with(ID, &time, &[b"\xef\xbb\xbf", BODY].concat()), Err(Error::NoMatch));
    assert_eq!(with(ID, &time, br#"{"username":"test_user","email":"test@example.com"}"#), Err(Error::NoMatch));
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
        (0, Err(Error::TooNew)),
    ] {
        assert_eq!(verify(&[secret()], headers(&TIME.to_string(), SIGNATURE), BODY, now), expected, "{now}");
    }
}

#[test]
fn refuses_times_that_are_no_number_of_seconds() {
    for time in [
        "now",
        "-1649367553",
        "+1649367553",
        "1649367553.0",
        "1649367553 ",
        " 1649367553",
        "0x624f5701",
        "1e9",
        "9223372036854775808",
        "99999999999999999999999999",
        "١٦٤٩٣٦٧٥٥٣",
        "2022-04-07T21:39:13Z",
    ] {
        assert_eq!(verify(&[secret()], headers(time, SIGNATURE), BODY, TIME), Err(Error::MalformedTimestamp), "{time}");
    }
    assert_eq!(verify(&[secret()], headers("9223372036854775807", SIGNATURE), BODY, TIME), Err(Error::TooNew));
}

#[test]
fn names_the_header_that_is_missing() {
    let time = TIME.to_string();
    for (id, timestamp, signature, missing) in [
        ("", time.as_str(), SIGNATURE, "svix-id"),
        (ID, "", SIGNATURE, "svix-timestamp"),
        (ID, &time, "", "svix-signature"),
        (ID, &time, "  ", "svix-signature"),
        ("", "", "", "svix-id"),
    ] {
        let headers = Headers { id, timestamp, signature };
        assert_eq!(verify(&[secret()], headers, BODY, TIME), Err(Error::MissingHeader(missing)));
    }
}

#[test]
fn refuses_secrets_that_are_empty_or_no_base64() {
    for (text, expected) in [
        ("", Error::EmptySecret),
        ("   ", Error::EmptySecret),
        ("whsec_", Error::EmptySecret),
        ("whsec_ \n", Error::EmptySecret),
        ("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Error::EmptySecret),
        ("whsec_====", Error::MalformedSecret),
        ("whsec_not base64!", Error::MalformedSecret),
        ("whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD", Error::MalformedSecret),
        ("whsec_whsec_C2FV", Error::MalformedSecret),
        ("whsec_C2FVsA", Error::MalformedSecret),
    ] {
        assert_eq!(Secret::parse(text).unwrap_err(), expected, "{text}");
    }
    assert!(Secret::parse(&format!(" {SECRET}\n")).is_ok());
    assert_eq!(sign(&Secret::parse(&SECRET[6..]).unwrap(), ID, TIME, BODY), SIGNATURE);
}

#[test]
fn nothing_passes_without_a_secret() {
    assert_eq!(verify(&[], headers(&TIME.to_string(), SIGNATURE), BODY, TIME), Err(Error::NoSecret));
    let mut keyless = Hmac::<Sha256>::new_from_slice(b"").unwrap();
    keyless.update(format!("{ID}.{TIME}.").as_bytes());
    keyless.update(BODY);
    assert_eq!(check(&format!("v1,{}", STANDARD.encode(keyless.finalize().into_bytes()))), Err(Error::NoMatch));
}

#[test]
fn shows_nothing_of_the_key() {
    assert_eq!(format!("{:?}", secret()), "Secret(whsec_…)");
}
