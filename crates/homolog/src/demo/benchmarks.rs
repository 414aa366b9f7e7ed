//! The simulated recordings as benchmarks, so that they are scored by the code that scores real ones.

use std::collections::BTreeMap;

use ndarray::{Array3, Axis};

use super::{SimulatedRegion, World};
use crate::benchmark::{
    Aggregate, BenchmarkSpec, Bound, BrainData, Ceiling, CeilingFormula, Citation, Comparator, Correlation, IdRule,
    Mapping, Metric, PenaltyFor, Placement, RdmMeasure, Splits, StimuliKind, StimuliSpec,
};
use crate::recording::{Coordinate, DataError, Recording, RecordingParts};
use crate::score::{BenchmarkData, Brain};

/// The units of a region are dealt to this many simulated subjects in turn, so that there are noise ceilings over subjects.
const N_SUBJECTS: usize = 4;

impl World {
    /// Two benchmarks for each region: its RDMs and its single units.
    ///
    /// # Errors
    /// [`DataError`] when the world is too small to be a recording.
    pub fn benchmarks(&self) -> Result<Vec<BenchmarkData>, DataError> {
        let mut benchmarks = Vec::with_capacity(2 * self.regions.len());
        for region in &self.regions {
            let recording = self.recording(region)?;
            for (kind, metric, ceiling) in [rsa(), encoding()] {
                benchmarks.push(BenchmarkData {
                    spec: spec(region, kind, metric, ceiling),
                    stimuli: self.stimuli.clone(),
                    brain: Brain::Units(vec![recording.clone()]),
                    files: Vec::new(),
                });
            }
        }
        Ok(benchmarks)
    }

    /// What was recorded from a region, repetition by repetition.
    fn recording(&self, region: &SimulatedRegion) -> Result<Recording, DataError> {
        let (n_repetitions, n_stimuli, n_units) = region.responses.dim();
        let rows = region.responses.to_shape((n_repetitions * n_stimuli, n_units)).map(|rows| rows.to_owned());
        let values: Array3<f64> = rows.unwrap_or_default().insert_axis(Axis(2));
        let ids: Vec<String> = self.stimuli.ids().map(str::to_owned).collect();
        let presentation = BTreeMap::from([
            (
                "stimulus_id".to_owned(),
                Coordinate::Text(ids.iter().cycle().take(n_repetitions * n_stimuli).cloned().collect()),
            ),
            (
                "repetition".to_owned(),
                Coordinate::Integer(
                    (0..n_repetitions as i64).flat_map(|repetition| vec![repetition; n_stimuli]).collect(),
                ),
            ),
        ]);
        let unit = BTreeMap::from([
            ("unit_id".to_owned(), Coordinate::Text((1..=n_units).map(|unit| format!("unit_{unit:03}")).collect())),
            ("region".to_owned(), Coordinate::constant(region.name, n_units)),
            (
                "subject".to_owned(),
                Coordinate::Text((0..n_units).map(|unit| format!("subject_{}", unit % N_SUBJECTS + 1)).collect()),
            ),
        ]);
        Recording::new(RecordingParts {
            values,
            presentation,
            unit,
            time_bin: BTreeMap::new(),
            attributes: BTreeMap::from([("unit_of_response".to_owned(), "simulated spikes".to_owned())]),
        })
    }
}

fn rsa() -> (&'static str, Metric, Ceiling) {
    let metric = Metric::Rsa {
        rdm: RdmMeasure::Correlation,
        comparator: Comparator::Spearman,
        average_over: Vec::new(),
        each: "subject".to_owned(),
    };
    ("rsa", metric, Ceiling::RsaLowerUpper { against: Bound::Upper, formula: CeilingFormula::ValueOverCeiling })
}

fn encoding() -> (&'static str, Metric, Ceiling) {
    let metric = Metric::Encoding {
        // Ridge takes a model of eight categories as well as one of thousands of filters.
        mapping: Mapping::Ridge {
            penalties: (-2..=6).map(|exponent| 10f64.powi(exponent)).collect(),
            penalty_for: PenaltyFor::EachUnit,
        },
        splits: Splits::Shuffle { n: 10, train_size: 0.9, seed: 1 },
        correlation: Correlation::Pearson,
        over_units: Aggregate::Median,
        over_splits: Aggregate::Mean,
    };
    let ceiling = Ceiling::SplitHalfSpearmanBrown {
        n: 10,
        seed: 1,
        over: "repetition".to_owned(),
        formula: CeilingFormula::BrainScore2026,
    };
    ("encoding", metric, ceiling)
}

fn spec(region: &SimulatedRegion, kind: &str, metric: Metric, ceiling: Ceiling) -> BenchmarkSpec {
    let short = region.name.trim_start_matches("simulated ");
    BenchmarkSpec {
        name: format!("simulated-{short}-{kind}"),
        version: 1,
        title: format!("{}: a simulation, built from {}", region.name, region.matched_by),
        region: region.name.to_owned(),
        species: "simulated".to_owned(),
        simulated: true,
        citation: Citation { text: "homolog's own simulation; nothing was recorded".to_owned(), doi: None },
        licence: "MIT or Apache-2.0, as homolog".to_owned(),
        notes: vec![format!(
            "SIMULATED. Built from {}, so that model has to come out best; units are dealt to {N_SUBJECTS} simulated subjects.",
            region.matched_by
        )],
        files: Vec::new(),
        stimuli: StimuliSpec {
            kind: StimuliKind::Npy,
            path: String::new(),
            variable: None,
            members: None,
            id: IdRule::Stem,
            numbered: None,
            id_pattern: None,
            width_deg: None,
            placement: Placement::Fill,
        },
        data: BrainData::Recordings(Vec::new()),
        metric,
        ceiling,
        folder: None,
    }
}
