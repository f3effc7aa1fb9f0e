//! Which part of a list a browser wants.

use serde::Deserialize;
use serde_json::{Value, json};

/// Most entries of one page.
const MOST: usize = 500;

/// The query of a list.
#[derive(Deserialize)]
pub(super) struct Part {
    #[serde(default)]
    paginated: bool,
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Part {
    /// The part, in the envelope of a list, or bare where it was not asked to be paginated.
    pub(super) fn of(&self, all: Vec<Value>) -> Value {
        if self.paginated { self.page_of(all) } else { Value::Array(self.cut(all)) }
    }

    /// The part, in the envelope of a list.
    pub(super) fn page_of(&self, all: Vec<Value>) -> Value {
        let total = all.len();
        json!({"data": self.cut(all), "total_count": total})
    }

    fn cut(&self, all: Vec<Value>) -> Vec<Value> {
        all.into_iter().skip(self.offset.unwrap_or(0)).take(self.limit.unwrap_or(10).min(MOST)).collect()
    }
}
