//! A parameter, as the protocol takes it and as SQL text says it.

use jiff::Timestamp;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// One parameter of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Id(Uuid),
    Time(Timestamp),
    Number(i32),
}

impl Value {
    /// For the protocol.
    pub(crate) fn parameter(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Text(value) => value,
            Self::Id(value) => value,
            Self::Time(value) => value,
            Self::Number(value) => value,
        }
    }

    /// Its type, said so that a parameter may go unused.
    pub(crate) fn kind(&self) -> Type {
        match self {
            Self::Text(_) => Type::TEXT,
            Self::Id(_) => Type::UUID,
            Self::Time(_) => Type::TIMESTAMPTZ,
            Self::Number(_) => Type::INT4,
        }
    }

    /// For SQL text. The values are our own seeds: none has a quote in it.
    pub(crate) fn literal(&self) -> String {
        match self {
            Self::Text(value) => format!("'{value}'"),
            Self::Id(value) => format!("'{value}'"),
            Self::Time(value) => format!("'{value}'"),
            Self::Number(value) => value.to_string(),
        }
    }
}
