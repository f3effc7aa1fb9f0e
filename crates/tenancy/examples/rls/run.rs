//! A round of samples: for each wall a fresh connection, one transaction, one prepared statement, many executions.

use std::time::{Duration, Instant};

use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::case::{Case, Wall};
use crate::rows::Organisation;
use crate::value::Value;
use crate::{Dice, Result};

/// Executions before the clock starts: the caches of a new backend fill, and Postgres settles on a plan after five.
const WARM: usize = 7;
/// Turns that the walls take with one another.
const TURNS: usize = 10;

/// How to reach the database bound by row-level security, and not bound by it.
pub(crate) struct Backend {
    pub(crate) app: Config,
    pub(crate) unwalled: Config,
}

/// µs of one execution.
pub(crate) struct Sample {
    pub(crate) wall: Wall,
    pub(crate) processor: f64,
    pub(crate) time: f64,
}

impl Backend {
    /// A connection of its own, inside a transaction that says whose rows it means. What helpers of a backend spend
    /// cannot be read where its own time is: so it works alone.
    pub(crate) async fn begin(&self, wall: Wall, organisation: &str) -> Result<Client> {
        let client = connect(if wall == Wall::Filter { &self.unwalled } else { &self.app }).await?;
        let settings = "set local max_parallel_workers_per_gather = 0";
        client.batch_execute(&format!("begin; set local app.current_org_id = '{organisation}'; {settings}")).await?;
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

/// One statement by one wall, on a connection of its own.
struct Lane<'a> {
    case: &'a Case,
    organisation: &'a Organisation,
    wall: Wall,
    client: Client,
    pid: i32,
    statement: Statement,
    executed: usize,
    affected: u64,
    processor: u64,
    time: Duration,
}

impl<'a> Lane<'a> {
    async fn open(backend: &Backend, case: &'a Case, organisation: &'a Organisation, wall: Wall) -> Result<Self> {
        let client = backend.begin(wall, &organisation.id).await?;
        let pid = client.query_one("select pg_backend_pid()", &[]).await?.get(0);
        let kinds: Vec<_> = case.values(organisation, wall, 0).iter().map(Value::kind).collect();
        let statement = client.prepare_typed(case.shape.sql(wall), &kinds).await?;
        let (processor, time) = (0, Duration::ZERO);
        Ok(Self { case, organisation, wall, client, pid, statement, executed: 0, affected: 0, processor, time })
    }

    async fn execute(&mut self, times: usize) -> Result<()> {
        let (begun, processor) = (Instant::now(), processor_time(self.pid)?);
        for turn in self.executed..self.executed + times {
            let values = self.case.values(self.organisation, self.wall, turn);
            let parameters: Vec<_> = values.iter().map(Value::parameter).collect();
            self.affected += if self.case.shape.writes {
                self.client.execute(&self.statement, &parameters).await?
            } else {
                self.client.query(&self.statement, &parameters).await?.len() as u64
            };
        }
        self.executed += times;
        self.time += begun.elapsed();
        self.processor += processor_time(self.pid)? - processor;
        Ok(())
    }

    /// A statement that finds nothing would measure nothing.
    async fn close(self, times: usize) -> Result<Sample> {
        self.client.batch_execute("rollback").await?;
        if self.affected < self.executed as u64 {
            let wall = self.wall.name();
            return Err(format!("{} by {wall}: {} rows in {}", self.case, self.affected, self.executed).into());
        }
        let each = 1e-3 / times as f64;
        Ok(Sample {
            wall: self.wall,
            processor: self.processor as f64 * each,
            time: self.time.as_nanos() as f64 * each,
        })
    }
}

/// Measures one statement by all walls with the same organisation and the same kind of values: each wall on a fresh
/// connection, in turns of a few executions and in random order, so that a busy moment of the machine hits all alike.
pub(crate) async fn measure(
    backend: &Backend,
    case: &Case,
    round: usize,
    times: usize,
    dice: &mut Dice,
) -> Result<Vec<Sample>> {
    let organisation = &case.organisations[round % case.organisations.len()];
    let mut lanes = Vec::with_capacity(Wall::ALL.len());
    for wall in dice.shuffled(Wall::ALL) {
        let mut lane = Lane::open(backend, case, organisation, wall).await?;
        lane.execute(WARM).await?;
        (lane.processor, lane.time) = (0, Duration::ZERO);
        lanes.push(lane);
    }
    let turns = TURNS.min(times);
    for _ in 0..turns {
        for lane in dice.shuffled([0, 1, 2]) {
            lanes[lane].execute(times / turns).await?;
        }
    }
    let mut samples = Vec::with_capacity(lanes.len());
    for lane in lanes {
        samples.push(lane.close(times / turns * turns).await?);
    }
    Ok(samples)
}

/// Nanoseconds that a process has had of a processor. Exact while it sleeps, and a backend without work sleeps.
fn processor_time(pid: i32) -> Result<u64> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/schedstat"))?;
    Ok(line.split_whitespace().next().ok_or("schedstat is empty")?.parse()?)
}
