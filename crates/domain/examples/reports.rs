//! How long each report takes in an organisation with a million steps: through the door, as the application's own role.
//! `script/bench reports` seeds the database and runs it.

use std::time::Instant;

use domain::Org;
use domain::reports::period::Period;
use domain::reports::{self, Wanted, settled};
use tenancy::{Database, OrganisationId, PoolOptions, UserId};

const ROUNDS: usize = 15;

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
#[expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::var("DATABASE_URL").unwrap();
    let database = Database::connect(&url, PoolOptions::default()).await.unwrap();
    let org = Org::new(&database, OrganisationId::parse("org_b1").unwrap(), UserId::parse("user_b1").unwrap(), "b1");
    let (_, report) = org.read(reports::show(Wanted::default())).await.unwrap();
    let one = report.choices.first().map(|(id, _)| *id);
    println!("| report | of | least | median | most |\n| --- | --- | ---: | ---: | ---: |");
    for period in Period::ALL {
        for (of, procedure) in [("all procedures", None), ("one procedure", one)] {
            let wanted = Wanted { period, procedure };
            let mut took = Vec::new();
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let (_, report) = org.read(reports::show(wanted)).await.unwrap();
                took.push(begun.elapsed());
                assert!(report.steps.due > 0 && report.runs.completed > 0);
            }
            took.sort_unstable();
            let ms = |at: usize| format!("{:.0} ms", took[at].as_secs_f64() * 1000.0);
            println!("| {} | {of} | {} | {} | {} |", period.name(), ms(0), ms(ROUNDS / 2), ms(ROUNDS - 1));
        }
    }
    let begun = Instant::now();
    let wanted = Wanted { period: Period::Months12, procedure: None };
    let (mut rows, mut first, mut place) = (0, None, Some(settled::Place::BEGIN));
    while let Some(from) = place {
        let (_, (steps, next)) = org.read(settled::some(wanted, from)).await.unwrap();
        first.get_or_insert_with(|| begun.elapsed());
        rows += steps.len();
        place = next;
    }
    println!(
        "\nEvery step of twelve months, {rows} rows: the first after {:.0} ms, the last after {:.1} s.",
        first.unwrap_or_default().as_secs_f64() * 1000.0,
        begun.elapsed().as_secs_f64()
    );
}
