//! What row-level security costs: each statement by three walls, on the same tables and pages, taking turns in random
//! order, on fresh connections each time. benches/rls/measure.sh makes the tables and calls it.
//!
//! `rls APP_URL UNWALLED_URL SECONDS SAMPLES_FILE PLANS_FOLDER`: the samples are lines of number, data, shape, wall,
//! round, µs of the backend's processor and µs of wall time for one execution.

mod case;
mod plans;
mod rows;
mod run;
mod shapes;
mod value;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use run::{Backend, Sample};

/// µs that the executions of one sample should take. Short, because new backends tell more than more executions do.
const SAMPLE: f64 = 10_000.0;
/// A shape whose single execution takes longer, in µs, is measured in every sixth round.
const SLOW: f64 = 20_000.0;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the answer of the program")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [app, unwalled, seconds, samples_file, plans_folder] = arguments.as_slice() else {
        return Err("rls APP_URL UNWALLED_URL SECONDS SAMPLES_FILE PLANS_FOLDER".into());
    };
    let backend = Backend { app: app.parse()?, unwalled: unwalled.parse()? };
    let cases = case::all(&backend).await?;
    plans::write(&backend, &cases, plans_folder.as_ref()).await?;

    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut costs = Vec::with_capacity(cases.len());
    for case in &cases {
        let samples = run::measure(&backend, case, 0, 3, &mut dice).await?;
        costs.push(samples.iter().map(|sample| sample.time).fold(f64::INFINITY, f64::min));
    }
    let mut lines = String::new();
    let until = Instant::now() + Duration::from_secs(seconds.parse()?);
    let mut round = 0;
    while Instant::now() < until {
        let order: Vec<usize> = (0..cases.len()).filter(|at| costs[*at] < SLOW || round % 6 == 0).collect();
        for at in dice.shuffled(order) {
            let case = &cases[at];
            let times = executions(costs[at], case.shape.writes);
            for Sample { wall, processor, time } in run::measure(&backend, case, round, times, &mut dice).await? {
                writeln!(lines, "{at}\t{case}\t{}\t{round}\t{processor:.3}\t{time:.3}", wall.name())?;
            }
        }
        round += 1;
    }
    std::fs::write(samples_file, lines)?;
    println!("{} shapes, {round} rounds", cases.len());
    Ok(())
}

/// How often one sample executes its statement, by what one execution takes in µs.
fn executions(cost: f64, writes: bool) -> usize {
    // Each execution of a write has a row of its own, so there are fewer of them.
    let most = if writes { 60.0 } else { 200.0 };
    let wanted = (SAMPLE / cost).clamp(2.0, most);
    // Whole and small by the line before.
    (2..=200).rev().find(|times| f64::from(*times) <= wanted).map_or(2, |times: u16| times.into())
}

/// Enough chance for an order (xorshift); the same in each run.
struct Dice(u64);

impl Dice {
    fn shuffled<L: AsMut<[T]>, T>(&mut self, mut list: L) -> L {
        let places = list.as_mut();
        for at in (1..places.len()).rev() {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            let other = usize::try_from(self.0 % (at as u64 + 1)).unwrap_or(0);
            places.swap(at, other);
        }
        list
    }
}
