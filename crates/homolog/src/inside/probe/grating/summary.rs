//! A stage's tuning in a few numbers.

use super::{StageTuning, UnitKind, UnitTuning};

/// A unit is oriented when its best orientation drives it at least twice as much as the orthogonal one.
const ORIENTED: f64 = 1.0 / 3.0;

/// Units with a peak below this share of the stage's largest are not among the most selective: they hardly respond.
const STRONG: f64 = 0.1;

/// Counts and medians over the units of a stage. Medians are over the units that have the number, and none where no unit has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TuningSummary {
    /// Units.
    pub n_units: usize,
    /// Of them silent.
    pub n_silent: usize,
    /// Of them simple.
    pub n_simple: usize,
    /// Of them complex.
    pub n_complex: usize,
    /// Of them with an orientation selectivity index of at least 1/3: twice the response to the best orientation.
    pub n_oriented: usize,
    /// Median circular variance.
    pub circular_variance: Option<f64>,
    /// Median half-width at half-height, in degrees, of oriented units.
    pub half_width_deg: Option<f64>,
    /// Median preferred frequency, in cycles per width of the image.
    pub frequency: Option<f64>,
    /// Median bandwidth in octaves.
    pub bandwidth_octaves: Option<f64>,
    /// Median F1/F0.
    pub modulation_ratio: Option<f64>,
    /// Median suppression index.
    pub suppression_index: Option<f64>,
}

impl StageTuning {
    /// Counts and medians.
    pub fn summary(&self) -> TuningSummary {
        let count = |kind| self.units.iter().filter(|unit| unit.kind == kind).count();
        let is_oriented =
            |unit: &&UnitTuning| unit.orientation.is_some_and(|tuning| tuning.selectivity_index >= ORIENTED);
        let over = |of: &dyn Fn(&UnitTuning) -> Option<f64>| median(self.units.iter().filter_map(of).collect());
        TuningSummary {
            n_units: self.units.len(),
            n_silent: count(UnitKind::Silent),
            n_simple: count(UnitKind::Simple),
            n_complex: count(UnitKind::Complex),
            n_oriented: self.units.iter().filter(is_oriented).count(),
            circular_variance: over(&|unit| Some(unit.orientation?.circular_variance)),
            half_width_deg: over(&|unit| unit.orientation.filter(|_| is_oriented(&unit))?.half_width_deg),
            frequency: over(&|unit| Some(unit.frequency?.preferred)),
            bandwidth_octaves: over(&|unit| unit.frequency?.bandwidth_octaves),
            modulation_ratio: over(&|unit| unit.phase.as_ref()?.ratio),
            suppression_index: over(&|unit| Some(unit.size.as_ref()?.tuning?.suppression_index)),
        }
    }

    /// The units with the least circular variance among those whose peak is at least a tenth of the stage's largest, by position.
    pub fn most_selective(&self, n: usize) -> Vec<usize> {
        let largest = self.units.iter().map(|unit| unit.peak).fold(0.0, f64::max);
        let selective = |at: usize| -> Option<(usize, f64)> {
            let unit = self.units.get(at).filter(|unit| unit.peak >= STRONG * largest)?;
            Some((at, unit.orientation?.circular_variance))
        };
        let mut units: Vec<(usize, f64)> = (0..self.units.len()).filter_map(selective).collect();
        units.sort_by(|one, other| one.1.total_cmp(&other.1));
        units.into_iter().take(n).map(|(at, _)| at).collect()
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => values.get(middle).copied(),
        _ => Some(0.5 * (values[middle - 1] + values[middle])),
    }
}
