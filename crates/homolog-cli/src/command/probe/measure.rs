//! What can be measured, by name.

use std::collections::BTreeSet;

use homolog::inside::probe::GratingMeasure;
use homolog::naming::nearest_three;

use crate::exit::Failure;

/// One measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Measure {
    Orientation,
    Grating(GratingMeasure),
    ReceptiveField,
    Invariance,
    Sparseness,
    Categories,
    Concepts,
}

impl Measure {
    const ALL: [Self; 10] = [
        Self::Orientation,
        Self::Grating(GratingMeasure::Phase),
        Self::Grating(GratingMeasure::Contrast),
        Self::Grating(GratingMeasure::Size),
        Self::Grating(GratingMeasure::Position),
        Self::ReceptiveField,
        Self::Invariance,
        Self::Sparseness,
        Self::Categories,
        Self::Concepts,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Orientation => "orientation",
            Self::Grating(measure) => measure.name(),
            Self::ReceptiveField => "receptive-field",
            Self::Invariance => "invariance",
            Self::Sparseness => "sparseness",
            Self::Categories => "categories",
            Self::Concepts => "concepts",
        }
    }
}

/// What is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Measures(BTreeSet<Measure>);

impl Measures {
    /// Names with commas between.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let mut measures = Self::default();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match Measure::ALL.into_iter().find(|measure| measure.name() == name) {
                Some(measure) => measures.add(measure),
                // Orientation and frequency come from the same gratings.
                None if name == "frequency" => measures.add(Measure::Orientation),
                None if name == "gratings" => measures.add_gratings(true),
                None => {
                    let known = Measure::ALL.map(Measure::name);
                    return Err(Failure::wrong_input(format!(
                        "there is no measure \"{name}\". Closest: {}. All: {}, gratings",
                        nearest_three(name, known),
                        known.join(", ")
                    )));
                }
            }
        }
        if measures.is_empty() {
            return Err(Failure::wrong_input("cannot measure nothing: --measure names no measure"));
        }
        Ok(measures)
    }

    pub(super) fn add(&mut self, measure: Measure) {
        self.0.insert(measure);
    }

    fn add_gratings(&mut self, has_a_place: bool) {
        self.add(Measure::Orientation);
        let is_possible = |measure: &GratingMeasure| {
            has_a_place || !matches!(measure, GratingMeasure::Size | GratingMeasure::Position)
        };
        self.0.extend(GratingMeasure::ALL.into_iter().filter(is_possible).map(Measure::Grating));
    }

    /// What a plain `homolog probe` measures; size, position and receptive fields of units that share one place.
    pub(super) fn add_all(&mut self, has_a_place: bool) {
        self.add_gratings(has_a_place);
        if has_a_place {
            self.add(Measure::ReceptiveField);
        }
    }

    pub(super) fn has(&self, measure: Measure) -> bool {
        self.0.contains(&measure)
    }

    pub(super) fn has_gratings(&self) -> bool {
        self.has(Measure::Orientation) || !self.of_gratings().is_empty()
    }

    pub(super) fn of_gratings(&self) -> Vec<GratingMeasure> {
        GratingMeasure::ALL.into_iter().filter(|measure| self.has(Measure::Grating(*measure))).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|measure| measure.name()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gratings_stand_for_five_measures() {
        let measures = Measures::read("gratings, sparseness").unwrap();
        assert_eq!(measures.names(), ["orientation", "phase", "contrast", "size", "position", "sparseness"]);
        assert_eq!(Measures::read("frequency").unwrap().names(), ["orientation"]);
        assert!(Measures::read(" , ").is_err());
        assert!(Measures::read("sice").unwrap_err().message().contains("\"size\""));
    }
}
