//! One sample: a fresh connection, one transaction, one prepared statement, many executions.

use std::time::Instant;

use tokio_postgres::{Client, Config, NoTls};

use crate::Result;
use crate::case::{Case, Wall};

/// Executions before the clock starts: the caches of a new backend fill, and Postgres settles on a plan after five.
const WARM: usize = 8;

/// How to reach the database bound by row-level security, and not bound by it.
pub(crate) struct Backend {
    pub(crate) app: Config,
    pub(crate) unwalled: Config,
}

/// µs of one execution.
pub(crate) struct Sample {
    pub(crate) processor: f64,
    pub(crate) wall: f64,
}

impl Backend {
    /// A connection of its own, inside a transaction that says whose rows it means.
    pub(crate) async fn begin(&self, wall: Wall, organisation: &str) -> Result<Client> {
        let client = connect(if wall == Wall::Filter { &self.unwalled } else { &self.app }).await?;
        client.batch_execute(&format!("begin; set local app.current_org_id = '{organisation}'")).await?;
        Ok(client)
    }
}

/// A connection whose other half lives in a task.
pub(crate) async fn connect(config: &Config) -> Result<Client> {
    let (client, connection) = config.connect(NoTls).await?;
    // Ends with the client.
    drop(tokio::spawn(connection));
    Ok(client)
}

/// Measures one statement; every wall of a round gets the same organisation and the same values.
pub(crate) async fn measure(backend: &Backend, case: &Case, wall: Wall, round: usize, times: usize) -> Result<Sample> {
    let organisation = &case.organisations[round % case.organisations.len()];
    let client = backend.begin(wall, &organisation.id).await?;
    let pid: i32 = client.query_one("select pg_backend_pid()", &[]).await?.get(0);
    let kinds: Vec<_> = case.values(organisation, wall, 0).iter().map(crate::value::Value::kind).collect();
    let statement = client.prepare_typed(case.shape.sql(wall), &kinds).await?;

    let mut affected = 0;
    let mut begun = (Instant::now(), 0);
    for turn in 0..WARM + times {
        if turn == WARM {
            begun = (Instant::now(), processor_time(pid)?);
        }
        let values = case.values(organisation, wall, turn);
        let parameters: Vec<_> = values.iter().map(crate::value::Value::parameter).collect();
        affected += if case.shape.writes {
            client.execute(&statement, &parameters).await?
        } else {
            client.query(&statement, &parameters).await?.len() as u64
        };
    }
    let (wall_time, spent) = (begun.0.elapsed(), processor_time(pid)? - begun.1);
    client.batch_execute("rollback").await?;
    if affected < (WARM + times) as u64 {
        return Err(format!("{case} by {}: {affected} rows in {} executions", wall.name(), WARM + times).into());
    }
    let each = 1e-3 / times as f64;
    Ok(Sample { processor: spent as f64 * each, wall: wall_time.as_nanos() as f64 * each })
}

/// Nanoseconds that a process has had of a processor. Exact while it sleeps, and a backend without work sleeps.
fn processor_time(pid: i32) -> Result<u64> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/schedstat"))?;
    Ok(line.split_whitespace().next().ok_or("schedstat is empty")?.parse()?)
}
