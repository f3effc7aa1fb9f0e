//! Bars that lie on their side, in parts: a table whose middle column is drawn.

/// So many are drawn; the table below has all.
pub(super) const SHOWN: usize = 8;

/// A row.
pub(super) struct Bar {
    pub(super) label: String,
    /// What it leads to, by its id.
    pub(super) href: Option<String>,
    /// Series and number, from the left.
    pub(super) parts: Vec<(u8, i64)>,
    pub(super) value: String,
    /// Behind the value.
    pub(super) aside: String,
}

/// All of them on one scale that begins at zero.
pub(super) struct Bars {
    pub(super) bars: Vec<Bar>,
    /// How many are not drawn.
    pub(super) more: usize,
    longest: i64,
}

impl Bars {
    pub(super) fn new(mut bars: Vec<Bar>, most: usize) -> Self {
        let more = bars.len().saturating_sub(most);
        bars.truncate(most);
        let longest = bars.iter().map(Bar::sum).max().unwrap_or_default();
        Self { bars, more, longest }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.longest == 0
    }

    /// Series, left end and width of each part, in percent.
    pub(super) fn parts(&self, bar: &Bar) -> Vec<(u8, String, String)> {
        let mut from = 0;
        let mut drawn = Vec::new();
        for &(series, number) in bar.parts.iter().filter(|(_, number)| *number > 0) {
            drawn.push((series, self.percent(from), self.percent(number)));
            from += number;
        }
        drawn
    }

    /// Two decimals are enough for any screen.
    fn percent(&self, number: i64) -> String {
        let hundredths = number.saturating_mul(10_000) / self.longest.max(1);
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

impl Bar {
    fn sum(&self) -> i64 {
        self.parts.iter().map(|(_, number)| number).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_on_one_scale() {
        let bar = |parts: &[(u8, i64)]| Bar {
            label: String::new(),
            href: None,
            parts: parts.to_vec(),
            value: String::new(),
            aside: String::new(),
        };
        let bars = Bars::new(vec![bar(&[(1, 6), (2, 2)]), bar(&[(1, 0), (2, 1)]), bar(&[(1, 3)])], 2);
        assert_eq!(bars.more, 1);
        let drawn = |at: usize| bars.parts(&bars.bars[at]);
        assert_eq!(drawn(0), [(1, "0.00".into(), "75.00".into()), (2, "75.00".into(), "25.00".into())]);
        assert_eq!(drawn(1), [(2, "0.00".into(), "12.50".into())]);
        assert!(Bars::new(Vec::new(), 2).is_empty());
    }
}
