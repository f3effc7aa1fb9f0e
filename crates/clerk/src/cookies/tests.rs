use http::header::COOKIE;

use super::*;

const HOST: &str = "clerk.tenantry.example";
const NOW: i64 = 1_700_000_000;

fn cookies(headers: &[&'static str]) -> Cookies {
    let mut map = HeaderMap::new();
    for value in headers {
        map.append(COOKIE, HeaderValue::from_static(value));
    }
    Cookies::read(&map)
}

#[test]
fn splits_first_and_decodes_afterwards() {
    let cookies = cookies(&["a=1; b=x%3Bc=2 ;d=\"q\"; =nameless; novalue; e=", "f=%zz; a=2"]);
    assert_eq!(cookies.get("a"), Some("1"));
    assert_eq!(cookies.get("b"), Some("x;c=2"));
    assert_eq!(cookies.get("c"), None);
    assert_eq!(cookies.get("d"), Some("q"));
    assert_eq!((cookies.get("e"), cookies.filled("e")), (Some(""), None));
    assert_eq!(cookies.get("f"), Some("%zz"));
    assert_eq!(cookies.get("novalue"), None);
}

#[test]
fn notices_cookies_of_one_name_that_disagree() {
    let cookies = cookies(&["a=1; b=1; c=1; a=1", "b=2"]);
    assert!(!cookies.disagree("a"));
    assert!(cookies.disagree("b"));
    assert!(!cookies.disagree("c"));
    assert!(!cookies.disagree("d"));
}

fn glimpse(issuer: &str, issued_at: i64) -> Glimpse {
    Glimpse {
        issuer: Some(issuer.into()),
        subject: Some("user_1".into()),
        issued_at: Some(issued_at),
        expires_at: Some(issued_at + 60),
        ..Glimpse::default()
    }
}

#[test]
fn chooses_by_the_first_rule_that_fits() {
    use InstanceType::{Development, Production};
    let ours = format!("https://{HOST}");
    let (old, new) = (glimpse(&ours, NOW - 100), glimpse(&ours, NOW));
    let foreign = glimpse("https://clerk.other.example", NOW);
    let prefixed = glimpse(&format!("{ours}.evil.test"), NOW);
    let schemeless = glimpse(HOST, NOW);
    let anonymous = Glimpse::default();
    let (undecodable, absent) = (Some(None), None);
    // rule, plain session, suffixed session, plain uat, suffixed uat, instance, suffixed?
    for (rule, plain, suffixed, plain_uat, suffixed_uat, instance, expected) in [
        (1, undecodable, Some(Some(&new)), Some("1"), Some("1"), Production, false),
        (1, Some(Some(&anonymous)), Some(Some(&new)), Some("1"), Some("1"), Production, false),
        (2, Some(Some(&foreign)), Some(Some(&new)), Some("1"), Some("1"), Production, true),
        (2, Some(Some(&prefixed)), Some(Some(&new)), Some("1"), Some("1"), Production, true),
        (2, Some(Some(&schemeless)), Some(Some(&new)), Some("1"), Some("1"), Production, true),
        (2, Some(Some(&foreign)), absent, Some("1"), None, Production, true),
        (3, Some(Some(&new)), absent, Some("1"), None, Production, false),
        (3, absent, absent, None, None, Production, false),
        (4, Some(Some(&new)), Some(Some(&old)), Some("1"), Some("1"), Production, false),
        (4, Some(Some(&new)), Some(Some(&old)), None, Some("1"), Production, false),
        (4, Some(Some(&new)), undecodable, Some("1"), Some("1"), Production, false),
        (5, absent, absent, Some("1"), Some("0"), Production, false),
        (5, Some(Some(&old)), Some(Some(&new)), Some("1"), Some("0"), Production, false),
        (5, absent, absent, None, Some("0"), Production, false),
        (6, Some(Some(&old)), Some(Some(&old)), Some("0"), Some("1"), Development, false),
        (6, Some(Some(&old)), Some(Some(&old)), Some("0"), Some("1"), Production, true),
        (6, Some(Some(&old)), Some(Some(&new)), Some("0"), Some("1"), Development, true),
        (7, absent, Some(Some(&new)), None, None, Production, false),
        (7, absent, Some(Some(&new)), Some("0"), None, Production, false),
        (8, Some(Some(&new)), Some(Some(&new)), Some("1"), Some("1"), Production, true),
        (8, Some(Some(&old)), Some(Some(&new)), Some("1"), Some("1"), Development, true),
        (8, absent, absent, Some("0"), Some("0"), Production, true),
        (8, absent, absent, Some("0"), Some("1"), Production, true),
    ] {
        let choice = Choice { plain, suffixed, plain_uat, suffixed_uat };
        assert_eq!(choice.is_suffixed(HOST, instance, NOW), expected, "rule {rule}: {choice:?}");
    }
}

#[test]
fn notices_two_people() {
    let ours = format!("https://{HOST}");
    let (first, foreign) = (glimpse(&ours, NOW), glimpse("https://clerk.other.example", NOW));
    let second = Glimpse { subject: Some("user_2".into()), ..first.clone() };
    let third = Glimpse { subject: Some("user_3".into()), ..foreign.clone() };
    for (plain, suffixed, expected) in [
        (Some(Some(&first)), Some(Some(&second)), true),
        (Some(Some(&first)), Some(Some(&first)), false),
        (Some(Some(&third)), Some(Some(&first)), false),
        (Some(Some(&first)), Some(None), false),
        (Some(Some(&first)), None, false),
        (None, None, false),
    ] {
        let choice = Choice { plain, suffixed, plain_uat: None, suffixed_uat: None };
        assert_eq!(choice.names_two_people(HOST), expected);
    }
}

#[test]
fn forgets_a_cookie() {
    assert_eq!(
        forget("__session", true).unwrap(),
        "__session=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax; Secure"
    );
    assert!(!forget("__session", false).unwrap().to_str().unwrap().contains("Secure"));
}
