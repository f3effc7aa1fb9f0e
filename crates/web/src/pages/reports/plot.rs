//! Lines over time, drawn in percents of the area so that no text scales.

use super::words;

/// A value of one week or month; none where there was nothing to measure.
pub(super) struct Point {
    pub(super) label: String,
    pub(super) value: Option<f64>,
}

/// One line.
pub(super) struct Line {
    pub(super) series: u8,
    /// What its label says before the value.
    pub(super) name: String,
    pub(super) points: Vec<Point>,
}

/// A drawing.
pub(super) struct Plot {
    /// Labels of the scale, from the top.
    pub(super) scale: Vec<String>,
    /// Heights of its lines, in percent.
    pub(super) grid: Vec<String>,
    pub(super) lines: Vec<Drawn>,
    /// Labels below, from the left.
    pub(super) below: Vec<String>,
}

/// A line as it is drawn.
pub(super) struct Drawn {
    pub(super) series: u8,
    /// Points that follow each other, `x,y x,y`.
    pub(super) runs: Vec<String>,
    /// Where each value is, and whether it is the last.
    pub(super) dots: Vec<(String, String, bool)>,
    /// Height and words of the label at its end.
    pub(super) label: Option<(String, String)>,
}

impl Plot {
    /// Of hundreds: the scale begins where the lowest value allows it.
    pub(super) fn percents(line: Line) -> Option<Self> {
        let lowest = line.values().fold(f64::INFINITY, f64::min);
        if lowest.is_infinite() {
            return None;
        }
        let bottom = [80.0, 60.0, 0.0].into_iter().find(|bottom| *bottom <= lowest).unwrap_or_default();
        let scale = [1.0, 0.75, 0.5, 0.25, 0.0].map(|part| bottom + part * (100.0 - bottom));
        let scale = scale.map(|value| if value == 100.0 { "100 %".to_owned() } else { format!("{value:.0}") });
        Some(Self::drawn(&[line], bottom, 100.0, scale.into(), words::percent))
    }

    /// Of seconds, from zero.
    pub(super) fn durations(lines: &[Line]) -> Option<Self> {
        let highest = lines.iter().flat_map(Line::values).fold(0.0, f64::max);
        if lines.iter().all(|line| line.values().next().is_none()) {
            return None;
        }
        let unit = words::Unit::of(highest);
        let top = unit.seconds() * 4.0 * step(highest / unit.seconds() / 4.0);
        let scale = [1.0, 0.75, 0.5, 0.25, 0.0].map(|part| {
            let value = words::short(part * top / unit.seconds());
            if part == 1.0 { format!("{value} {}", unit.short()) } else { value }
        });
        Some(Self::drawn(lines, 0.0, top, scale.into(), words::duration))
    }

    fn drawn(lines: &[Line], bottom: f64, top: f64, scale: Vec<String>, say: impl Fn(f64) -> String) -> Self {
        let height = |value: f64| 100.0 - (value - bottom) / (top - bottom) * 100.0;
        let mut drawn: Vec<Drawn> = lines.iter().map(|line| line.drawn(height, &say)).collect();
        keep_apart(&mut drawn);
        Self {
            scale,
            grid: ["0", "25", "50", "75", "100"].map(str::to_owned).into(),
            lines: drawn,
            below: lines
                .first()
                .map_or_else(Vec::new, |line| line.points.iter().map(|one| one.label.clone()).collect()),
        }
    }
}

impl Line {
    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.points.iter().filter_map(|point| point.value)
    }

    fn drawn(&self, height: impl Fn(f64) -> f64, say: impl Fn(f64) -> String) -> Drawn {
        let mut runs: Vec<String> = Vec::new();
        let mut dots = Vec::new();
        let mut label = None;
        let mut broken = true;
        for (at, point) in self.points.iter().enumerate() {
            let Some(value) = point.value else {
                broken = true;
                continue;
            };
            let (x, y) = (two(across(at, self.points.len())), two(height(value)));
            if broken {
                runs.push(String::new());
                broken = false;
            }
            if let Some(run) = runs.last_mut() {
                let space = if run.is_empty() { "" } else { " " };
                run.push_str(&format!("{space}{x},{y}"));
            }
            let name = if self.name.is_empty() { String::new() } else { format!("{} ", self.name) };
            label = Some((y.clone(), format!("{name}{}", say(value))));
            dots.push((x, y, false));
        }
        if let Some(last) = dots.last_mut() {
            last.2 = true;
        }
        Drawn { series: self.series, runs, dots, label }
    }
}

/// Labels at the ends of two lines that are close are written above each other.
fn keep_apart(drawn: &mut [Drawn]) {
    const APART: f64 = 10.0;
    let [first, second] = drawn else { return };
    let (Some(one), Some(two_)) = (&mut first.label, &mut second.label) else { return };
    let (a, b) = (one.0.parse().unwrap_or(0.0), two_.0.parse().unwrap_or(0.0));
    let distance: f64 = a - b;
    if distance.abs() < APART {
        let middle = f64::midpoint(a, b).clamp(APART / 2.0, 100.0 - APART / 2.0);
        let (lower, upper) = (two(middle + APART / 2.0), two(middle - APART / 2.0));
        (one.0, two_.0) = if distance >= 0.0 { (lower, upper) } else { (upper, lower) };
    }
}

#[expect(clippy::cast_precision_loss, reason = "a line has twelve points")]
fn across(at: usize, of: usize) -> f64 {
    if of < 2 { 50.0 } else { at as f64 * 100.0 / (of - 1) as f64 }
}

/// The next step of a scale that people can read: 1, 2, 2.5 or 5, and tens of them.
fn step(wanted: f64) -> f64 {
    let ten = 10_f64.powf(wanted.max(f64::MIN_POSITIVE).log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|one| one * ten).find(|step| *step >= wanted).unwrap_or(10.0 * ten)
}

/// Two decimals at most.
fn two(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(series: u8, values: &[Option<f64>]) -> Line {
        let points = values.iter().map(|value| Point { label: String::new(), value: *value }).collect();
        Line { series, name: String::new(), points }
    }

    #[test]
    fn a_line_is_broken_where_nothing_was_measured() {
        let plot = Plot::percents(line(1, &[Some(90.0), Some(95.0), None, Some(100.0), None])).unwrap();
        assert_eq!(plot.scale, ["100 %", "95", "90", "85", "80"]);
        assert_eq!(plot.lines[0].runs, ["0,50 25,25", "75,0"]);
        assert_eq!(plot.lines[0].dots.iter().filter(|dot| dot.2).count(), 1);
        assert_eq!(plot.lines[0].label, Some(("0".to_owned(), "100 %".to_owned())));
        assert!(Plot::percents(line(1, &[None, None])).is_none());
        assert_eq!(Plot::percents(line(1, &[Some(3.0)])).unwrap().scale[4], "0");
    }

    #[test]
    fn a_scale_ends_at_a_round_number() {
        let day = 86_400.0;
        let plot = Plot::durations(&[line(1, &[Some(2.4 * day)]), line(2, &[Some(7.1 * day)])]).unwrap();
        assert_eq!(plot.scale, ["8 days", "6", "4", "2", "0"]);
        let short = Plot::durations(&[line(1, &[Some(90.0 * 60.0)]), line(2, &[])]).unwrap();
        assert_eq!(short.scale, ["2 h", "1.5", "1", "0.5", "0"]);
        assert!(Plot::durations(&[line(1, &[None]), line(2, &[None])]).is_none());
        for (wanted, step_) in [(0.3, 0.5), (1.0, 1.0), (2.2, 2.5), (6.0, 10.0), (0.0, 0.0)] {
            assert!((step(wanted) - step_).abs() < 1e-9, "{wanted}");
        }
    }

    #[test]
    fn labels_do_not_lie_on_each_other() {
        let plot = Plot::durations(&[line(1, &[Some(7_000.0)]), line(2, &[Some(7_100.0)])]).unwrap();
        let at = |index: usize| plot.lines[index].label.as_ref().unwrap().0.parse::<f64>().unwrap();
        assert!(at(0) - at(1) >= 9.9, "{} {}", at(0), at(1));
    }
}
