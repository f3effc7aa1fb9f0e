//! The text of a token: its three parts, its header and its claims, each with strict JSON types.
//!
//! Nothing here has been verified. Duplicate names among the claims we read are refused by the parser.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Session cookies stay below 4 KB; a header may be larger, but nothing honest is larger than this.
const LONGEST: usize = 16 << 10;

/// Key ids are short; a long one is an attack on whoever looks it up.
const LONGEST_KEY_ID: usize = 128;

/// Token categories, as the `cat` header parameter.
const CATEGORY_SESSION: &str = "cl_B7d4PD111AAA";
const CATEGORY_IGNORE: &str = "cl_I7d4PD111III";

/// The last second of the year 9999: a larger number is no time.
const LAST_SECOND: u64 = 253_402_300_799;

/// A token taken apart.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    /// The decoded header.
    pub(crate) header: Header,
    /// The bytes that are signed: header and payload as they came.
    pub(crate) signed: &'a [u8],
    /// The decoded payload.
    pub(crate) payload: Vec<u8>,
    /// The signature, still in base64.
    pub(crate) signature: &'a str,
}

/// The JOSE header; parameters not listed are ignored.
#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    #[serde(default, deserialize_with = "present")]
    pub(crate) typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) cat: Option<String>,
    /// Extensions that must be understood; we understand none.
    #[serde(default, deserialize_with = "present")]
    pub(crate) crit: Option<Value>,
}

impl Header {
    /// Whether the token says it is a session's (or a handshake's), or says nothing.
    pub(crate) fn may_be_session(&self) -> bool {
        self.cat.as_deref().is_none_or(|category| category == CATEGORY_SESSION || category == CATEGORY_IGNORE)
    }

    /// Whether `typ` says it is a machine's access token.
    fn is_machine(&self) -> bool {
        self.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("at+jwt"))
    }
}

/// The token is no compact JWS with a JSON object in each of its first two parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

impl<'a> Parts<'a> {
    pub(crate) fn split(token: &'a str) -> Result<Self, Undecodable> {
        if token.len() > LONGEST {
            return Err(Undecodable);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Undecodable)?;
        let (header, payload) = signed.split_once('.').ok_or(Undecodable)?;
        // A fourth dot leaves one in the payload, which base64 refuses.
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Undecodable);
        let Object(header): Object<Header> = serde_json::from_slice(&decode(header)?).map_err(|_| Undecodable)?;
        if header.kid.as_ref().is_some_and(|kid| kid.len() > LONGEST_KEY_ID) {
            return Err(Undecodable);
        }
        Ok(Self { header, signed: signed.as_bytes(), payload: decode(payload)?, signature })
    }
}

/// What may be read from a token before it is verified: enough to choose a cookie, never to trust one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Glimpse {
    pub(crate) issuer: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) issued_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    /// Says it is a session's token, or at least nothing else.
    pub(crate) may_be_session: bool,
}

/// Claims of any type: this text is an attacker's until proven otherwise.
#[derive(Deserialize)]
struct LooseClaims {
    #[serde(default)]
    iss: Value,
    #[serde(default)]
    sub: Value,
    #[serde(default)]
    sid: Value,
    #[serde(default)]
    iat: Value,
    #[serde(default)]
    exp: Value,
}

impl Glimpse {
    pub(crate) fn of(token: &str) -> Result<Self, Undecodable> {
        let parts = Parts::split(token)?;
        let Object(claims): Object<LooseClaims> = serde_json::from_slice(&parts.payload).map_err(|_| Undecodable)?;
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            _ => None,
        };
        let subject = text(claims.sub);
        let machine = parts.header.is_machine() || subject.as_deref().is_some_and(|sub| sub.starts_with("mch_"));
        Ok(Self {
            issuer: text(claims.iss),
            session_id: text(claims.sid),
            issued_at: claims.iat.as_i64(),
            expires_at: claims.exp.as_i64(),
            may_be_session: parts.header.may_be_session() && !machine,
            subject,
        })
    }
}

/// The claims of a session token, version 1 and 2. Read only after the signature was checked.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    #[serde(default, deserialize_with = "present")]
    pub(crate) iss: Option<String>,
    pub(crate) sub: String,
    /// Empty when there is none.
    #[serde(default)]
    pub(crate) sid: String,
    #[serde(default)]
    pub(crate) azp: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) v: Option<u64>,
    pub(crate) exp: Seconds,
    pub(crate) iat: Seconds,
    #[serde(default, deserialize_with = "present")]
    pub(crate) nbf: Option<Seconds>,
    #[serde(default)]
    pub(crate) sts: Option<String>,
    #[serde(default)]
    pub(crate) act: Option<Object<Actor>>,
    #[serde(default)]
    pub(crate) fva: Option<(i64, i64)>,
    #[serde(default)]
    pub(crate) org_id: Option<String>,
    #[serde(default)]
    pub(crate) org_slug: Option<String>,
    #[serde(default)]
    pub(crate) org_role: Option<String>,
    /// Of any type: what is wrong with it takes permissions away, not the session.
    #[serde(default)]
    pub(crate) org_permissions: Value,
    /// Features, likewise.
    #[serde(default)]
    pub(crate) fea: Value,
    #[serde(default)]
    pub(crate) o: Option<Object<Organisation>>,
}

/// `act`: who really acts.
#[derive(Debug, Deserialize)]
pub(crate) struct Actor {
    pub(crate) sub: String,
}

/// `o`: the active organisation in version 2.
#[derive(Debug, Deserialize)]
pub(crate) struct Organisation {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) slg: Option<String>,
    #[serde(default)]
    pub(crate) rol: Option<String>,
    /// Actions, of any type.
    #[serde(default)]
    pub(crate) per: Value,
    /// Which feature allows which action, likewise.
    #[serde(default)]
    pub(crate) fpm: Value,
}

/// Unix seconds: a JSON integer, neither negative nor beyond the year 9999; no string, no float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seconds(pub(crate) i64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u64::deserialize(deserializer)?;
        i64::try_from(seconds)
            .ok()
            .filter(|_| seconds <= LAST_SECOND)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not a time"))
    }
}

/// A JSON object and nothing else: serde's derived readers also take an array of the fields in their order.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

/// A claim that may be missing, but if it is there it must have its type: `null` is not "missing".
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// The claims of a handshake token.
#[derive(Debug, Deserialize)]
pub(crate) struct HandshakeClaims {
    /// `Set-Cookie` values.
    pub(crate) handshake: Vec<String>,
}
