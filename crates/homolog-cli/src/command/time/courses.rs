//! Time courses: models and regions against the matrices of each time.

use homolog::recording::input::{Location, RdmStack};
use homolog::report::Cell;
use homolog::report::figure::{Curve, CurveChart, Reference, Spacing};
use homolog_stats::StatsError;
use homolog_stats::noise_ceiling::{CeilingConvention, noise_ceiling};
use homolog_stats::time::{
    Cluster, ClusterTest, MeanInterval, Neighbours, compare_over_time, fuse_regions_with_time, mean_over_subjects,
};
use ndarray::{Array2, ArrayView3, Axis};
use serde_json::{Value, json};

use super::{Bins, Inputs, Time, test_json};
use crate::exit::Failure;
use crate::showing::{Drawing, Outcome};

/// One curve: of a model or of a region.
struct Course {
    name: String,
    kind: &'static str,
    /// (subjects, bins).
    values: Array2<f64>,
    of_bins: Vec<MeanInterval>,
    test: Option<ClusterTest>,
}

impl Time {
    /// Time courses of all models and regions, with the noise ceiling at each time.
    pub(super) fn add_courses(&self, inputs: &Inputs, outcome: &mut Outcome) -> Result<(), Failure> {
        let told = |problem: StatsError| Failure::from_error(&problem);
        let mut courses = Vec::new();
        for stack in &inputs.models {
            let found = compare_over_time(stack.dissimilarities.view(), inputs.movies.view(), self.comparator);
            for (values, name) in found.map_err(told)?.outer_iter().zip(&stack.names) {
                courses.push((name.clone(), "model", values.to_owned()));
            }
        }
        for stack in &inputs.regions {
            courses.push((
                Location::parse(&stack.input).stem(),
                "region",
                self.fused(stack, inputs.movies.view()).map_err(told)?,
            ));
        }
        let mut found = Vec::new();
        for (stream, (name, kind, values)) in courses.into_iter().enumerate() {
            let test = self.clusters(values.view(), Neighbours::Line, stream as u64)?;
            let of_bins = mean_over_subjects(values.view(), self.confidence).map_err(told)?;
            found.push(Course { name, kind, values, of_bins, test });
        }
        let ceilings = self.ceilings(inputs).map_err(told)?;
        outcome.rows.extend(found.iter().map(|course| self.row(course, &inputs.bins)));
        if found.len() > 1 && found.iter().any(|course| course.test.is_some()) {
            outcome.notes.push("each time course is tested by itself: the chance of a false cluster is kept over times, not over courses".to_owned());
        }
        if let Some(object) = outcome.json.as_object_mut() {
            let courses: Vec<Value> = found.iter().map(|course| course_json(course, &inputs.bins)).collect();
            object.insert("courses".to_owned(), json!(courses));
            object.insert(
                "ceiling".to_owned(),
                json!(
                    ceilings.iter().map(|(lower, upper)| json!({ "lower": lower, "upper": upper })).collect::<Vec<_>>()
                ),
            );
        }
        outcome.drawings.push(self.drawing(&found, &ceilings, &inputs.bins));
        Ok(())
    }

    fn fused(&self, region: &RdmStack, movies: ArrayView3<'_, f64>) -> Result<Array2<f64>, StatsError> {
        let of_region = region.dissimilarities.view().insert_axis(Axis(1));
        let found = fuse_regions_with_time(of_region, movies, self.comparator)?;
        Ok(found.index_axis(Axis(0), 0).to_owned())
    }

    /// Lower and upper noise ceiling at each time; none with one subject.
    fn ceilings(&self, inputs: &Inputs) -> Result<Vec<(f64, f64)>, StatsError> {
        if inputs.movies.len_of(Axis(0)) < 2 {
            return Ok(Vec::new());
        }
        let of_bin = |bin: ndarray::ArrayView2<'_, f64>| {
            let found = noise_ceiling(bin, self.comparator, CeilingConvention::PooledRdm)?;
            Ok((found.lower, found.upper))
        };
        inputs.movies.axis_iter(Axis(1)).map(of_bin).collect()
    }

    /// Clusters that are called significant, from left to right.
    fn significant<'a>(&self, test: Option<&'a ClusterTest>) -> Vec<&'a Cluster> {
        let all = test.map_or(&[][..], |test| test.clusters.as_slice());
        let mut found: Vec<&Cluster> = all.iter().filter(|cluster| cluster.p < self.significance).collect();
        found.sort_by_key(|cluster| cluster.points.first().copied());
        found
    }

    fn row(&self, course: &Course, bins: &Bins) -> Vec<Cell> {
        let greatest = course.of_bins.iter().enumerate().max_by(|a, b| a.1.mean.total_cmp(&b.1.mean));
        let spans: Vec<String> = self
            .significant(course.test.as_ref())
            .iter()
            .map(|cluster| {
                let (first, last) = ends(cluster);
                format!("{} to {}", bins.places[first], bins.places[last])
            })
            .collect();
        let least = course.test.as_ref().and_then(|test| test.clusters.iter().map(|one| one.p).reduce(f64::min));
        vec![
            Cell::name(course.name.clone()),
            Cell::number(greatest.map(|(_, one)| one.mean)),
            Cell::text(greatest.map_or_else(String::new, |(bin, _)| bins.places[bin].to_string())),
            Cell::text(if spans.is_empty() { "-".to_owned() } else { spans.join(", ") }),
            Cell::PValue(least),
        ]
    }

    fn drawing(&self, courses: &[Course], ceilings: &[(f64, f64)], bins: &Bins) -> Drawing {
        let place = |at: usize| bins.places[at];
        let curve = |course: &Course| {
            let of_bins = course.of_bins.iter().enumerate();
            let band = of_bins.clone().filter_map(|(at, one)| one.interval.map(|(low, high)| (place(at), low, high)));
            Curve {
                name: course.name.clone(),
                line: of_bins.map(|(at, one)| (place(at), one.mean)).collect(),
                band: band.collect(),
                significant: self
                    .significant(course.test.as_ref())
                    .iter()
                    .map(|cluster| {
                        let (first, last) = ends(cluster);
                        bins.span(first, last)
                    })
                    .collect(),
                ..Curve::default()
            }
        };
        let mut references = vec![Reference::Level { value: 0.0, name: String::new() }];
        let has_onset = bins.axis != "time bin" && bins.places.first() < Some(&0.0) && bins.places.last() > Some(&0.0);
        if has_onset {
            references.push(Reference::At { place: 0.0, name: "onset".to_owned() });
        }
        let chart = CurveChart {
            description: format!("Agreement with dissimilarity matrices over time ({})", self.comparator.name()),
            title: String::new(),
            vertical: format!("agreement of RDMs ({})", self.comparator.label()),
            horizontal: bins.axis.to_owned(),
            spacing: Spacing::Linear,
            range: None,
            curves: courses.iter().map(curve).collect(),
            ceiling: ceilings.iter().enumerate().map(|(at, (low, high))| (place(at), *low, *high)).collect(),
            references,
        };
        let share = self.confidence * 100.0;
        let ceiling = if ceilings.is_empty() { "" } else { "; the grey band is the noise ceiling" };
        Drawing {
            name: "courses",
            caption: format!(
                "Mean over subjects with its {share:.0}% interval{ceiling}. Lines below: clusters with p < {} over all times.",
                self.significance
            ),
            draw: Box::new(move |width| chart.figure(width)),
        }
    }
}

/// The first and the last bin of a cluster.
fn ends(cluster: &Cluster) -> (usize, usize) {
    (cluster.points.first().copied().unwrap_or_default(), cluster.points.last().copied().unwrap_or_default())
}

fn course_json(course: &Course, bins: &Bins) -> Value {
    let cluster = |cluster: &Cluster| {
        let (first, last) = ends(cluster);
        json!({ "from": bins.places[first], "to": bins.places[last], "mass": cluster.mass, "p": cluster.p })
    };
    json!({
        "name": course.name, "kind": course.kind,
        "mean": course.of_bins.iter().map(|one| one.mean).collect::<Vec<_>>(),
        "interval": course.of_bins.iter().map(|one| one.interval).collect::<Vec<_>>(),
        "per_subject": course.values.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>(),
        "test": test_json(course.test.as_ref()),
        "clusters": course.test.as_ref().map(|test| test.clusters.iter().map(cluster).collect::<Vec<_>>()),
    })
}
