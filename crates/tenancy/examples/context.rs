//! What a signed context costs: the same reads on two databases, one that believes plain contexts and one that asks for
//! a signature, in alternating blocks of one run.
//!
//! `context PLAIN_URL SIGNED_URL KEY ROUNDS`: both databases seeded by benches/procedures_list/seed.sql.

use std::time::{Duration, Instant};

use domain::{Org, Page, Read, procedures};
use tenancy::{ContextKey, Database, OrganisationId, PoolOptions, UserId};

/// Reads of one block.
const BLOCK: u32 = 300;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the answer of the program")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [plain, signed, key, rounds] = arguments.as_slice() else {
        return Err("context PLAIN_URL SIGNED_URL KEY ROUNDS".into());
    };
    let one = PoolOptions { size: 1, ..PoolOptions::default() };
    let plain = Database::connect(plain, one.clone()).await?;
    let key = ContextKey::parse(key)?;
    let signed = Database::connect(signed, PoolOptions { context_key: Some(key), ..one }).await?;
    let rounds: u32 = rounds.parse()?;
    println!("{:<40} {:>9} {:>10} {:>6}", "one read, begin to commit", "plain µs", "signed µs", "ratio");
    for shape in [Shape::Access, Shape::List] {
        let (mut plains, mut signeds, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=rounds {
            let (first, second) = if round % 2 == 0 { (&plain, &signed) } else { (&signed, &plain) };
            let (first, second) = (block(first, shape, round).await?, block(second, shape, round).await?);
            let (plain, signed) = if round % 2 == 0 { (first, second) } else { (second, first) };
            // The first round prepares the statements and warms the caches.
            if round > 0 {
                plains.push(plain);
                signeds.push(signed);
                ratios.push(signed / plain);
            }
        }
        let (plain, signed, [low, ratio, high]) = (quartiles(plains)[1], quartiles(signeds)[1], quartiles(ratios));
        println!("{:<40} {plain:>9.0} {signed:>10.0} {ratio:>6.2}  (middle half {low:.2} to {high:.2})", shape.name());
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Shape {
    Access,
    List,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Access => "membership and rights",
            Self::List => "the same and a page of 50 procedures",
        }
    }
}

/// Microseconds a read.
async fn block(database: &Database, shape: Shape, round: u32) -> Result<f64, Box<dyn std::error::Error>> {
    let mut spent = Duration::ZERO;
    for number in 0..BLOCK {
        let which = 1 + (round * 7919 + number * 104_729) % 1000;
        let organisation = OrganisationId::parse(&format!("org_b{which}"))?;
        let org = Org::new(database, organisation, UserId::parse(&format!("user_b{which}"))?, &format!("b{which}"));
        let begun = Instant::now();
        match shape {
            Shape::Access => drop(org.read(Read::access_only()).await?),
            Shape::List => drop(org.read(procedures::list(Page::default())).await?),
        }
        spent += begun.elapsed();
    }
    Ok(spent.as_secs_f64() * 1e6 / f64::from(BLOCK))
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let at = |part: usize| values[(values.len() - 1) * part / 4];
    [at(1), at(2), at(3)]
}
