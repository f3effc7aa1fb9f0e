//! The plans behind the figures: one file for each set of data, one plan for each shape and wall.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::Result;
use crate::case::{Case, Wall};
use crate::run::Backend;
use crate::value::Value;

/// Postgres chooses between a plan for these values and one for any after the fifth execution; the seventh is shown.
const SEVENTH: usize = 7;

/// Explains every case, executed.
pub(crate) async fn write(backend: &Backend, cases: &[Case], folder: &Path) -> Result<()> {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for case in cases {
        let text = files.entry(case.data).or_insert_with(|| format!("Plans on {}.\n", case.data));
        for wall in Wall::ALL {
            writeln!(text, "\n== {}, {}", case.shape.name, wall.name())?;
            for line in explained(backend, case, wall).await? {
                writeln!(text, "{line}")?;
            }
        }
    }
    for (data, text) in files {
        let name: String = data.chars().filter(|c| *c != ',' && *c != '\'').collect();
        std::fs::write(folder.join(format!("{}.txt", name.replace(' ', "-"))), text)?;
    }
    Ok(())
}

async fn explained(backend: &Backend, case: &Case, wall: Wall) -> Result<Vec<String>> {
    let organisation = &case.organisations[0];
    let client = backend.begin(wall, &organisation.id).await?;
    let kinds: Vec<_> = case.values(organisation, wall, 0).iter().map(|value| value.kind().name().to_owned()).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!("({})", kinds.join(", ")) };
    client.batch_execute(&format!("prepare shape{kinds} as {}", case.shape.sql(wall))).await?;
    let mut lines = Vec::new();
    for turn in 0..SEVENTH {
        let values: Vec<_> = case.values(organisation, wall, turn).iter().map(Value::literal).collect();
        let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
        let explain = format!("explain (analyze, buffers, timing off, summary off) execute shape{values}");
        lines = client.query(&explain, &[]).await?.iter().map(|row| row.get(0)).collect();
    }
    client.batch_execute("rollback").await?;
    Ok(lines)
}
