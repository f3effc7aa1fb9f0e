//! Rows of one organisation that the statements ask for.

use jiff::Timestamp;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::Result;

/// Rows that are asked for in turn; a multiple of three, so that each wall writes rows of its own.
const SOME: i64 = 255;

/// An organisation and some of its rows, far from one another.
#[derive(Debug, Clone)]
pub(crate) struct Organisation {
    pub(crate) id: String,
    pub(crate) rows: Vec<Known>,
}

/// What the statements need to know of a row.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: Uuid,
    pub(crate) created_at: Timestamp,
    /// An item's project; a procedure's run.
    pub(crate) other: Uuid,
    /// An item's place in the order of time; a step of the run.
    pub(crate) title: String,
    /// A step of the procedure's run.
    pub(crate) step: Uuid,
}

impl Organisation {
    /// The row that a turn asks for.
    pub(crate) fn row(&self, turn: usize) -> &Known {
        &self.rows[turn % self.rows.len()]
    }

    /// By the number that benches/rls/items.sql gave it.
    pub(crate) async fn of_items(client: &Client, prefix: &str, number: usize) -> Result<Self> {
        let id = format!("org_{:z<27}", format!("{prefix}x{number}x"));
        let sql = format!(
            "select id, created_at, project_id, title, id from {prefix}_items where organisation_id = $1
              order by md5(id::text) limit $2"
        );
        Self::read(client, &sql, id).await
    }

    /// The large one of benches/rls/product.sql.
    pub(crate) async fn of_the_product(client: &Client) -> Result<Self> {
        let sql = "select procedure.id, procedure.created_at, run.id, procedure.name, step.id
                     from procedures as procedure
                     join runs as run on run.organisation_id = $1 and run.procedure_id = procedure.id
                     join steps as step on step.organisation_id = $1 and step.run_id = run.id and step.position = 1
                    where procedure.organisation_id = $1
                    order by md5(procedure.id::text) limit $2";
        Self::read(client, sql, "org_b1".to_owned()).await
    }

    async fn read(client: &Client, sql: &str, id: String) -> Result<Self> {
        let rows = client.query(sql, &[&id, &SOME]).await?;
        let known = |row: &tokio_postgres::Row| Known {
            id: row.get(0),
            created_at: row.get(1),
            other: row.get(2),
            title: row.get(3),
            step: row.get(4),
        };
        let rows: Vec<Known> = rows.iter().map(known).collect();
        if rows.is_empty() { Err(format!("{id} has no rows").into()) } else { Ok(Self { id, rows }) }
    }
}
