//! What row-level security costs: each statement by three walls, on the same tables and pages, in random order, on a
//! fresh connection each time. benches/rls/measure.sh makes the tables and calls it.
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

use case::Wall;
use run::{Backend, Sample};

/// Time that the executions of one sample should take.
const SAMPLE: f64 = 30_000.0;
/// A shape whose single execution takes longer, in µs, is measured in every third round.
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

    let mut costs = Vec::with_capacity(cases.len());
    for case in &cases {
        costs.push(run::measure(&backend, case, Wall::Filter, 0, 3).await?.wall);
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut lines = String::new();
    let until = Instant::now() + Duration::from_secs(seconds.parse()?);
    let mut round = 0;
    while Instant::now() < until {
        let mut order: Vec<usize> = (0..cases.len()).filter(|at| costs[*at] < SLOW || round % 3 == 0).collect();
        dice.shuffle(&mut order);
        for at in order {
            let case = &cases[at];
            let times = executions(costs[at], case.shape.writes);
            let mut walls = Wall::ALL;
            dice.shuffle(&mut walls);
            for wall in walls {
                let Sample { processor, wall: wall_time } = run::measure(&backend, case, wall, round, times).await?;
                writeln!(lines, "{at}\t{case}\t{}\t{round}\t{processor:.3}\t{wall_time:.3}", wall.name())?;
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
    [200, 100, 50, 25, 10, 3]
        .into_iter()
        .find(|times| f64::from(*times) * cost <= SAMPLE)
        .map_or(2, |times| if writes { times.min(100) } else { times })
        .try_into()
        .unwrap_or(2)
}

/// Enough chance for an order (xorshift); the same in each run.
struct Dice(u64);

impl Dice {
    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            let other = usize::try_from(self.0 % (at as u64 + 1)).unwrap_or(0);
            list.swap(at, other);
        }
    }
}
