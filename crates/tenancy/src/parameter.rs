//! What a statement may be given, with the type Postgres knows it by.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// A value that can be bound to a statement. Its type is fixed, so that a statement can travel without being prepared.
pub trait Parameter: ToSql + Sync + Send {
    /// As Postgres names it.
    fn postgres_type() -> Type;
}

macro_rules! parameters {
    ($($rust:ty => $postgres:ident / $list:ident;)+) => {$(
        impl Parameter for $rust {
            fn postgres_type() -> Type { Type::$postgres }
        }
        impl Parameter for Vec<$rust> {
            fn postgres_type() -> Type { Type::$list }
        }
    )+};
}

parameters! {
    String => TEXT / TEXT_ARRAY;
    &'static str => TEXT / TEXT_ARRAY;
    Uuid => UUID / UUID_ARRAY;
    bool => BOOL / BOOL_ARRAY;
    i32 => INT4 / INT4_ARRAY;
    i64 => INT8 / INT8_ARRAY;
    f64 => FLOAT8 / FLOAT8_ARRAY;
    Timestamp => TIMESTAMPTZ / TIMESTAMPTZ_ARRAY;
    Date => DATE / DATE_ARRAY;
    Time => TIME / TIME_ARRAY;
    serde_json::Value => JSONB / JSONB_ARRAY;
}

impl Parameter for Vec<u8> {
    fn postgres_type() -> Type {
        Type::BYTEA
    }
}

impl<T: Parameter> Parameter for Option<T> {
    fn postgres_type() -> Type {
        T::postgres_type()
    }
}
