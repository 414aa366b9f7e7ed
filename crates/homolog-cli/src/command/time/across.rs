//! Times against times: where a geometry lasts or comes back.

use homolog::report::Cell;
use homolog::report::figure::TimeMap;
use homolog_stats::time::{Cluster, CrossTemporal, Neighbours, compare_across_time};
use ndarray::{Array2, Axis};
use serde_json::json;

use super::{AcrossTime, Inputs, Time, test_json};
use crate::exit::Failure;
use crate::showing::{Drawing, Outcome};

/// The stream of the generator that no time course has.
const STREAM: u64 = u64::MAX;

impl Time {
    /// The map of times by times.
    pub(super) fn add_across(&self, inputs: &Inputs, with: AcrossTime, outcome: &mut Outcome) -> Result<(), Failure> {
        let (whose, words) = match with {
            AcrossTime::Within => (CrossTemporal::WithinSubject, "the same subject"),
            AcrossTime::Between => (CrossTemporal::BetweenSubjects, "the mean of the other subjects"),
        };
        let found = compare_across_time(inputs.movies.view(), whose, self.comparator)
            .map_err(|problem| Failure::from_error(&problem))?;
        let (n_subjects, n_bins, _) = found.dim();
        let mean = found.mean_axis(Axis(0)).unwrap_or_default();
        let test = match with {
            AcrossTime::Between => {
                let flat: Vec<f64> = found.iter().copied().collect();
                let rows = Array2::from_shape_vec((n_subjects, n_bins * n_bins), flat).unwrap_or_default();
                self.clusters(rows.view(), Neighbours::Grid { n_rows: n_bins }, STREAM)?
            }
            AcrossTime::Within => {
                outcome.notes.push(
                    "within a subject neighbouring times share noise, so that times agree without any geometry: nothing is \
                     tested. --across-time between tests what subjects have in common"
                        .to_owned(),
                );
                None
            }
        };
        let clusters: Vec<&Cluster> = test.as_ref().map_or_else(Vec::new, |test| {
            test.clusters.iter().filter(|cluster| cluster.p < self.significance).collect()
        });
        let mut significant = Array2::from_elem((n_bins, n_bins), false);
        for point in clusters.iter().flat_map(|cluster| &cluster.points) {
            significant[[point / n_bins, point % n_bins]] = true;
        }
        let least = test.as_ref().and_then(|test| test.clusters.iter().map(|one| one.p).reduce(f64::min));
        outcome.rows.push(vec![
            Cell::name(format!("times with {words}")),
            Cell::number(mean.iter().copied().reduce(f64::max)),
            Cell::text("-"),
            Cell::text(format!(
                "{} of {} pairs of times",
                significant.iter().filter(|one| **one).count(),
                n_bins * n_bins
            )),
            Cell::PValue(least),
        ]);
        if let Some(object) = outcome.json.as_object_mut() {
            let rows = |values: &Array2<f64>| values.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>();
            let all = test.as_ref().map(|test| {
                let cluster = |one: &Cluster| json!({ "points": one.points, "mass": one.mass, "p": one.p });
                test.clusters.iter().map(cluster).collect::<Vec<_>>()
            });
            object.insert(
                "across_time".to_owned(),
                json!({ "with": words, "mean": rows(&mean), "test": test_json(test.as_ref()), "clusters": all }),
            );
        }
        let map = TimeMap {
            description: "Agreement of dissimilarity matrices between times".to_owned(),
            title: String::new(),
            vertical: format!("a subject's {}", inputs.bins.axis),
            horizontal: format!("{} of {words}", inputs.bins.axis),
            vertical_times: inputs.bins.places.clone(),
            horizontal_times: inputs.bins.places.clone(),
            values: mean,
            significant,
            middle: 0.0,
            value: self.comparator.label().to_owned(),
            onset: (inputs.bins.axis != "time bin").then_some(0.0),
        };
        let marks = if test.is_some() {
            format!(" Outlined: clusters with p < {} over all pairs of times.", self.significance)
        } else {
            String::new()
        };
        outcome.drawings.push(Drawing {
            name: "across-time",
            caption: format!(
                "Matrices of a subject at one time against {words} at another, mean over subjects.{marks}"
            ),
            draw: Box::new(move |width| map.figure(width)),
        });
        Ok(())
    }
}
