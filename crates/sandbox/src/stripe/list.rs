//! Lists: newest first, a page at a time.

use serde_json::{Value, json};

use crate::stripe::clock::Seconds;
use crate::stripe::dispatch::Ask;
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::Params;
use crate::stripe::shelf::Record;

/// Objects on a page unless it says otherwise.
const USUAL: i64 = 10;
/// Objects on a page at most.
const MOST: i64 = 100;

/// A page of what passes; `records` come oldest first.
pub(crate) fn page<'a, T: Record + 'a>(
    ask: &Ask,
    records: impl DoubleEndedIterator<Item = &'a T>,
    json: impl Fn(&T) -> Value,
) -> Answer {
    let limit = limit(&ask.params)?;
    let records: Vec<_> = records.rev().collect();
    let place = |name: &str| match ask.params.text(name) {
        None => Ok(None),
        Some(id) => records
            .iter()
            .position(|record| record.id() == id)
            .map(Some)
            .ok_or_else(|| StripeError::no_such(T::NAME, &id, name)),
    };
    let (after, before) = (place("starting_after")?, place("ending_before")?);
    if after.is_some() && before.is_some() {
        return Err(StripeError::invalid(
            "You may only specify one of these parameters: starting_after, ending_before.",
        ));
    }
    let (slice, has_more) = match (after, before) {
        (_, Some(before)) => {
            let from = before.saturating_sub(limit);
            (&records[from..before], from > 0)
        }
        (after, None) => {
            let from = after.map_or(0, |after| after + 1);
            let to = (from + limit).min(records.len());
            (&records[from..to], to < records.len())
        }
    };
    let data: Vec<_> = slice.iter().map(|record| json(record)).collect();
    Ok(json!({"object": "list", "data": data, "has_more": has_more, "url": ask.path}))
}

/// How many objects a page has.
pub(crate) fn limit(params: &Params) -> Result<usize, StripeError> {
    let limit = params.integer("limit")?.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(StripeError::param("limit", format!("Invalid limit: must be between 1 and {MOST}")));
    }
    Ok(usize::try_from(limit).unwrap_or_default())
}

/// A span of time, such as `created[gte]`.
pub(crate) struct Range {
    least: Seconds,
    most: Seconds,
}

impl Range {
    /// Reads it.
    pub(crate) fn read(params: &Params, name: &str) -> Result<Self, StripeError> {
        let mut range = Self { least: i64::MIN, most: i64::MAX };
        if let Some(exact) = params.moment(name)? {
            return Ok(Self { least: exact, most: exact });
        }
        let group = params.group(name);
        for (bound, least, off) in [("gt", true, 1), ("gte", true, 0), ("lt", false, -1), ("lte", false, 0)] {
            match group.moment(bound)? {
                Some(moment) if least => range.least = range.least.max(moment + off),
                Some(moment) => range.most = range.most.min(moment + off),
                None => {}
            }
        }
        Ok(range)
    }

    /// Whether a moment is in it.
    pub(crate) fn has(&self, moment: Seconds) -> bool {
        (self.least..=self.most).contains(&moment)
    }
}
