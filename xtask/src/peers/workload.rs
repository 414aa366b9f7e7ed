//! What is measured, and how near the two sides' numbers must be.

use serde_json::Value;

use super::side::Measured;

/// One thing that both sides do.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// How often each side runs.
    pub(crate) n_rounds: usize,
    /// How many times sooner than the peer we want to be.
    pub(crate) wanted_ratio: f64,
    /// For a recording, the largest difference as a share of a stage's largest value; else of each number, as a share of the peer's.
    pub(crate) tolerance: f64,
    /// The values that are compared; those drawn at random are not the same numbers on both sides.
    pub(crate) compared: &'static [&'static str],
}

/// How both sides are run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `homolog record` with this engine against PyTorch with hooks.
    Recording {
        /// As `--engine` takes it.
        engine: &'static str,
    },
    /// `homolog look` on channels of SqueezeNet: one against PyTorch's one, several against our own one. A time is that of a
    /// step of one unit.
    Visualization {
        /// How many channels.
        n_units: usize,
    },
    /// The example `workloads` of homolog-stats against `peers_stats.py`.
    Statistics {
        /// The peer's name of it.
        peer: &'static str,
        /// How many times over the peer has to do it: it fits every split anew.
        times: u16,
    },
}

pub(crate) const WORKLOADS: &[Workload] = &[
    recording("extract-burn", "burn", 0.8),
    recording("extract-onnxruntime", "onnxruntime", 2.0),
    visualization("visualize", 1, 1.0),
    visualization("visualize_16", 16, 1.5),
    // scikit-learn stops its iteration at a tolerance of 1e-6 and is off its own limit by up to some 1e-3.
    statistics("pls25", 3, 150.0, 1e-3, &["median_r", "first"]),
    statistics("pls25_fast", 3, 10.0, 1e-8, &["median_r", "first"]),
    statistics("pls25_wide_one_split", 1, 40.0, 1e-2, &["median_r", "first"]),
    Workload {
        kind: Kind::Statistics { peer: "pls25_wide_one_split", times: 10 },
        ..statistics("pls25_wide", 1, 200.0, 1e-2, &["median_r", "first"])
    },
    statistics("rdm_correlation", 3, 25.0, 1e-5, &["mean", "first"]),
    statistics("rdm_crossnobis", 3, 10.0, 1e-8, &["mean", "first"]),
    statistics("noise_ceiling", 3, 20.0, 1e-8, &["corr", "cosine", "spearman", "tau-a", "rho-a"]),
    // himalaya computes in single precision, which now and then decides between two penalties that are as good.
    statistics("ridge_cv", 1, 4.0, 1e-3, &["mean_r2"]),
    statistics("kernel_ridge_cv", 1, 4.0, 1e-3, &["mean_r2"]),
    statistics("banded_ridge", 1, 6.0, 1e-3, &["mean_r2"]),
    statistics("pca1000", 1, 2.0, 1e-4, &["sum", "first"]),
    // Resampled: the same distribution from other random numbers.
    statistics("bootstrap_corr", 1, 300.0, 0.02, &["means"]),
    statistics("bootstrap_rho_a", 1, 500.0, 0.02, &["means"]),
    statistics("bootstrap_tau_a", 1, 100.0, 0.05, &["means"]),
    statistics("bootstrap_cosine_cov", 1, 1000.0, 0.05, &["means"]),
];

const fn recording(name: &'static str, engine: &'static str, wanted_ratio: f64) -> Workload {
    Workload { name, kind: Kind::Recording { engine }, n_rounds: 3, wanted_ratio, tolerance: 1e-4, compared: &[] }
}

const fn visualization(name: &'static str, n_units: usize, wanted_ratio: f64) -> Workload {
    Workload { name, kind: Kind::Visualization { n_units }, n_rounds: 3, wanted_ratio, tolerance: 0.0, compared: &[] }
}

const fn statistics(
    name: &'static str,
    n_rounds: usize,
    wanted_ratio: f64,
    tolerance: f64,
    compared: &'static [&'static str],
) -> Workload {
    Workload { name, kind: Kind::Statistics { peer: name, times: 1 }, n_rounds, wanted_ratio, tolerance, compared }
}

impl Workload {
    /// Whether every round of both sides found the same numbers within the tolerance.
    pub(crate) fn agrees(&self, ours: &[Measured], peers: &[Measured]) -> Result<bool, String> {
        for (ours, peer) in ours.iter().zip(peers) {
            let agrees = match self.kind {
                Kind::Recording { .. } => {
                    let difference = peer.printed["largest_difference"].as_f64();
                    difference.is_some_and(|difference| difference <= self.tolerance)
                }
                // Other noise at the start on either side: both have to rise.
                Kind::Visualization { .. } => rises(&ours.printed["values"]) && rises(&peer.printed["values"]),
                Kind::Statistics { .. } => self.values_agree(&ours.printed["values"], &peer.printed["values"])?,
            };
            if !agrees {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn values_agree(&self, ours: &Value, peer: &Value) -> Result<bool, String> {
        for key in self.compared {
            let (ours, peer) = (numbers(&ours[key]), numbers(&peer[key]));
            if ours.is_empty() || ours.len() != peer.len() {
                return Err(format!(
                    "cannot compare \"{key}\" of {}: ours has {} numbers, the peer {}",
                    self.name,
                    ours.len(),
                    peer.len()
                ));
            }
            // A NaN on either side is near nothing.
            if !ours.iter().zip(&peer).all(|(ours, peer)| (ours - peer).abs() <= self.tolerance * peer.abs()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether the last value is above the first.
fn rises(values: &Value) -> bool {
    values["last"].as_f64().zip(values["first"].as_f64()).is_some_and(|(last, first)| last > first)
}

/// A number, or the numbers of a list.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        value => value.as_f64().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::statistics;

    #[test]
    fn values_agree_within_the_tolerance_and_a_missing_one_is_an_error() {
        let workload = statistics("pls25", 1, 1.0, 1e-3, &["median_r", "first"]);
        let peer = json!({"median_r": 0.7, "first": [0.5, 0.6]});
        assert_eq!(workload.values_agree(&json!({"median_r": 0.7001, "first": [0.5, 0.6]}), &peer), Ok(true));
        assert_eq!(workload.values_agree(&json!({"median_r": 0.7, "first": [0.5, 0.61]}), &peer), Ok(false));
        assert!(workload.values_agree(&json!({"median_r": f64::NAN, "first": [0.5, 0.6]}), &peer).is_err());
        assert!(workload.values_agree(&json!({"median_r": 0.7, "first": [0.5]}), &peer).is_err());
    }
}
