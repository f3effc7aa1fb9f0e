//! The order of a draft's steps, under their headings. Steps under one heading stand together.

use super::step_templates::StepTemplateId;

/// Where a step is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// One earlier; from the top of a heading to the end of the one above.
    Up,
    /// One later; from the end of a heading to the top of the one below.
    Down,
    /// Before another step, under its heading; itself: nowhere else.
    Before(StepTemplateId),
    /// To the end.
    Last,
    /// To the end of this heading; a new heading begins at the step and takes along those after it under the old one.
    Under(&'a str),
}

/// Steps in order, each with its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrangement(Vec<(StepTemplateId, String)>);

impl Arrangement {
    pub(super) fn new(steps: Vec<(StepTemplateId, String)>) -> Self {
        Self(steps)
    }

    pub(super) fn into_steps(self) -> Vec<(StepTemplateId, String)> {
        self.0
    }

    /// With this step in that place; `None` where one of them is not here.
    pub(super) fn with(mut self, step: StepTemplateId, place: Place<'_>) -> Option<Self> {
        let here = self.find(step)?;
        let section = self.0[here].1.clone();
        match place {
            Place::Up if here > 0 => self.toward(here, here - 1),
            Place::Down if here + 1 < self.0.len() => self.toward(here, here + 1),
            Place::Up | Place::Down => {}
            Place::Before(other) if other == step => {}
            Place::Before(other) => {
                let section = self.0[self.find(other)?].1.clone();
                self.0.remove(here);
                self.0.insert(self.find(other)?, (step, section));
            }
            Place::Last => {
                let section = self.0.last()?.1.clone();
                self.0.remove(here);
                self.0.push((step, section));
            }
            Place::Under(wanted) if wanted == section => {}
            Place::Under(wanted) => match self.0.iter().rposition(|(_, other)| other == wanted) {
                Some(last) => {
                    self.0.insert(last + 1, (step, wanted.to_owned()));
                    self.0.remove(if last < here { here + 1 } else { here });
                }
                None => {
                    for (_, heading) in self.0.iter_mut().skip(here).take_while(|(_, other)| *other == section) {
                        wanted.clone_into(heading);
                    }
                }
            },
        }
        Some(self)
    }

    /// Changes places with a neighbour under the same heading, and goes under the neighbour's heading otherwise.
    fn toward(&mut self, here: usize, neighbour: usize) {
        if self.0[here].1 == self.0[neighbour].1 {
            self.0.swap(here, neighbour);
        } else {
            self.0[here].1 = self.0[neighbour].1.clone();
        }
    }

    fn find(&self, step: StepTemplateId) -> Option<usize> {
        self.0.iter().position(|(id, _)| *id == step)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> StepTemplateId {
        Uuid::from_u128(n).into()
    }

    /// `A1 A2 B3` is steps 1 and 2 under A and step 3 under B.
    fn of(text: &str) -> Arrangement {
        let step = |word: &str| (id(word[1..].parse().unwrap()), word[..1].to_owned());
        Arrangement(text.split(' ').map(step).collect())
    }

    #[test]
    fn steps_under_one_heading_stay_together() {
        for (before, step, place, after) in [
            ("A1 A2 B3", 2, Place::Up, "A2 A1 B3"),
            ("A1 A2 B3", 1, Place::Up, "A1 A2 B3"),
            ("A1 A2 B3", 3, Place::Up, "A1 A2 A3"),
            ("A1 A2 B3", 3, Place::Down, "A1 A2 B3"),
            ("A1 A2 B3", 2, Place::Down, "A1 B2 B3"),
            ("A1 A2 B3 B4", 4, Place::Before(id(2)), "A1 A4 A2 B3"),
            ("A1 A2 B3 B4", 1, Place::Before(id(4)), "A2 B3 B1 B4"),
            ("A1 A2 B3", 1, Place::Before(id(1)), "A1 A2 B3"),
            ("A1 A2 B3", 1, Place::Last, "A2 B3 B1"),
            ("A1 A2 B3", 1, Place::Under("B"), "A2 B3 B1"),
            ("A1 B2 B3", 3, Place::Under("A"), "A1 A3 B2"),
            ("A1 A2 A3 B4", 2, Place::Under("C"), "A1 C2 C3 B4"),
            ("A1 A2 B3", 1, Place::Under("C"), "C1 C2 B3"),
            ("A1 B2", 1, Place::Under("C"), "C1 B2"),
            ("A1 A2", 1, Place::Under("A"), "A1 A2"),
        ] {
            assert_eq!(of(before).with(id(step), place), Some(of(after)), "{before}: {step} {place:?}");
        }
        assert_eq!(of("A1").with(id(9), Place::Up), None);
        assert_eq!(of("A1").with(id(1), Place::Before(id(9))), None);
    }
}
