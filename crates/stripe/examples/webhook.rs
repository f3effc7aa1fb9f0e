//! Signs webhooks, and reads signed ones: a line of JSON in, a line out. Stripe's own library stands at the other end
//! (`e2e/stripe_requests.test.mjs`).

use std::error::Error;
use std::io::{Write as _, stdin, stdout};

use jiff::Timestamp;
use serde::Deserialize;
use signatures::stripe::{Secret, sign};

#[derive(Deserialize)]
struct Line {
    secrets: Vec<String>,
    body: String,
    /// Seconds.
    now: i64,
    /// To be read; without one, the body is signed.
    header: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    for line in stdin().lines() {
        let line: Line = serde_json::from_str(&line?)?;
        let secrets: Vec<Secret> = line.secrets.iter().map(|text| Secret::parse(text)).collect::<Result<_, _>>()?;
        let answer = match &line.header {
            None => sign(&secrets, line.now, line.body.as_bytes()),
            Some(header) => {
                let now = Timestamp::from_second(line.now)?;
                match stripe::webhooks::read(&secrets, header, line.body.as_bytes(), now) {
                    Ok(event) => event.id,
                    Err(refused) => format!("refused: {refused}"),
                }
            }
        };
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}
