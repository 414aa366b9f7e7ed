//! `homolog rdm`: representational dissimilarity matrices of any responses.

use std::path::PathBuf;

use clap::Args;
use homolog::recording::input::{PatternAxis, Patterns, StimulusIds};
use homolog::report::Cell;
use homolog::report::figure::{MdsPlot, RdmMap, RdmPanel, RdmShown, Thumbnail};
use homolog::stimuli::{IdStyle, Limits, SourceReader, StimulusSet};
use homolog_stats::StatsError;
use homolog_stats::rdm::{
    NoiseCovariance, NoiseEstimate, Observations, ObservedMeasure, RdmTransform, condition_means, matrix_from_pairs,
    rdm_from_features, rdm_from_observations, transform_rdm,
};
use homolog_stats::similarity::{MdsOptions, metric_mds};
use ndarray::{Array1, Array2, ArrayD, Axis};
use serde_json::json;

use crate::exit::Failure;
use crate::inputs::{InputOptions, aligned_patterns, by_position, labels, left_out, parts, provenance, write_npy};
use crate::run_options::ComputeOptions;
use crate::showing::{Drawing, Outcome, ShowOptions};

/// Most matrices that one figure shows.
const MOST_PANELS: usize = 12;

/// Representational dissimilarity matrices of any responses
///
/// One matrix for each input, and for each subject, session and time bin in it. Repetitions are averaged, or cross-validated over by the measures
/// that need them (crossnobis, cross-validated-poisson-divergence-per-unit).
#[derive(Args)]
pub(crate) struct Rdm {
    /// Responses: X.npy, X.npz:variable, file.mat:variable, file.nc, file.csv, or a recorded folder (each stage, or FOLDER:stage)
    #[arg(required = true, value_name = "RESPONSES")]
    inputs: Vec<String>,
    /// correlation, cosine, euclidean, squared-euclidean-per-unit, squared-mahalanobis-per-unit, crossnobis, poisson-divergence-per-unit,
    /// cross-validated-poisson-divergence-per-unit
    #[arg(long, value_name = "NAME", default_value = "correlation")]
    measure: ObservedMeasure,
    /// How the noise of crossnobis and Mahalanobis is estimated from the repetitions: shrink-to-diagonal, shrink-to-identity, diagonal, full
    /// [default: none for crossnobis, shrink-to-diagonal for Mahalanobis]
    #[arg(long, value_name = "NAME")]
    noise: Option<NoiseEstimate>,
    /// What is done to each matrix, in this order; may be repeated: rank, square-root, positive, min-max, geo-topological:LOW:HIGH, geodesic
    #[arg(long, value_name = "NAME")]
    transform: Vec<RdmTransform>,
    /// A category of each stimulus, shown in figures: a file (file.csv:column, labels.npy) or a coordinate of the responses (@category)
    #[arg(long, value_name = "FILE|@NAME")]
    categories: Option<String>,
    /// A folder or zip of the stimuli's images, whose names are the ids, for thumbnails in figures
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Write the matrices as upper triangles, row by row: an .npy of (pairs), (matrices, pairs), or (matrices, time bins, pairs) where there is time
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

/// A matrix with the name of what it is of.
struct Named {
    name: String,
    rdm: Array1<f64>,
}

impl Rdm {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        let read = aligned_patterns(&self.input.patterns(&self.inputs)?, self.input.join())?;
        let Some(first) = read.first() else {
            return Err(Failure::wrong_input("there are no responses to compare"));
        };
        let mut matrices = Vec::new();
        for patterns in &read {
            self.matrices_of(patterns, &mut matrices)?;
        }
        let pairs = stacked(&matrices);
        if let Some(out) = &self.out {
            write_npy(out, &in_shape(&pairs, n_bins(&read)))?;
        }
        let categories = self.categories.as_deref().map(|text| labels(text, first)).transpose()?.unwrap_or_default();
        let outcome = self.outcome(&matrices, &pairs, first, categories, read.iter().flat_map(left_out).collect())?;
        self.show.show(&outcome)
    }

    /// One matrix for each subject, session and time bin of an input.
    fn matrices_of(&self, patterns: &Patterns, matrices: &mut Vec<Named>) -> Result<(), Failure> {
        for (name, part) in parts(patterns) {
            let told = |problem: StatsError| Failure::wrong_input(format!("{name}: {problem}"));
            let mut rdm = self.matrix(&part).map_err(|problem| problem.into_failure(&name))?;
            for transform in &self.transform {
                rdm = transform_rdm(rdm.view(), *transform).map_err(told)?;
            }
            matrices.push(Named { name, rdm });
        }
        Ok(())
    }

    fn matrix(&self, part: &Patterns) -> Result<Array1<f64>, Problem> {
        if let ObservedMeasure::OfMeans(measure) = self.measure {
            let mean = part.average(PatternAxis::Repetition);
            return Ok(rdm_from_features(mean.matrix()?, measure)?);
        }
        let rows = part.observations()?;
        let observations = Observations {
            responses: rows.values.view(),
            conditions: &rows.stimulus,
            folds: &rows.repetition,
            n_conditions: part.n_stimuli(),
        };
        let usual =
            (self.measure == ObservedMeasure::SquaredMahalanobisPerUnit).then_some(NoiseEstimate::ShrinkToDiagonal);
        let noise = self.noise.or(usual).map(|estimate| noise_of(&observations, estimate)).transpose()?;
        Ok(rdm_from_observations(&observations, self.measure, noise.as_ref())?)
    }

    fn outcome(
        &self,
        matrices: &[Named],
        pairs: &Array2<f64>,
        first: &Patterns,
        categories: Vec<String>,
        mut notes: Vec<String>,
    ) -> Result<Outcome, Failure> {
        let (n_stimuli, measure) = (first.n_stimuli(), self.measure.name());
        notes.extend(by_position(&first.stimuli));
        let thumbnails = self.thumbnails(&first.stimuli, &mut notes)?;
        let spread = |rdm: &Array1<f64>| {
            let ends = rdm
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
            (rdm.mean().unwrap_or(f64::NAN), ends)
        };
        let rows = matrices.iter().map(|named| {
            let (mean, (low, high)) = spread(&named.rdm);
            vec![Cell::name(named.name.clone()), Cell::number(mean), Cell::number(low), Cell::number(high)]
        });
        let described = |named: &Named| {
            let (mean, (low, high)) = spread(&named.rdm);
            json!({ "name": named.name, "mean": mean, "minimum": low, "maximum": high })
        };
        let mut found = json!({
            "measure": measure, "n_stimuli": n_stimuli, "stimulus_ids": first.stimuli.texts(),
            "matched_by": if first.stimuli.is_positional() { "position" } else { "id" },
            "matrices": matrices.iter().map(described).collect::<Vec<_>>(),
            "out": self.out,
        });
        if let (None, Some(object)) = (&self.out, found.as_object_mut()) {
            let rows: Vec<Vec<f64>> = pairs.rows().into_iter().map(|row| row.to_vec()).collect();
            object.insert("dissimilarities".to_owned(), json!(rows));
        }
        let inputs: Vec<&str> = self.inputs.iter().map(String::as_str).collect();
        Ok(Outcome {
            schema: "homolog.rdm/1",
            title: "Representational dissimilarity".to_owned(),
            lead: format!("{} of {n_stimuli} stimuli, {measure}.", counted(matrices.len())),
            json: found,
            columns: vec!["matrix", "mean", "least", "greatest"],
            rows: rows.collect(),
            notes,
            drawings: drawings(matrices, measure, &first.stimuli, &categories, &thumbnails)?,
            provenance: provenance(&inputs),
        })
    }

    /// A small picture of each stimulus, where images were given.
    fn thumbnails(&self, stimuli: &StimulusIds, notes: &mut Vec<String>) -> Result<Vec<Thumbnail>, Failure> {
        let Some(folder) = &self.images else { return Ok(Vec::new()) };
        let set = StimulusSet::open(folder, IdStyle::PathWithoutExtension);
        let set = set.map_err(|problem| Failure::from_error(&problem))?;
        if stimuli.is_positional() {
            notes.push(format!("images in {} were matched by their order", folder.display()));
        }
        let mut reader = SourceReader::new(Limits::default());
        let mut thumbnails = Vec::new();
        for (position, id) in stimuli.texts().iter().enumerate() {
            let found = if stimuli.is_positional() { Some(position) } else { set.position(id) };
            let stimulus = found.and_then(|position| set.stimuli().get(position));
            let Some(stimulus) = stimulus else {
                return Err(Failure::wrong_input(format!(
                    "there is no image of stimulus \"{id}\" in {}",
                    folder.display()
                )));
            };
            let image = reader.image(stimulus, [128; 3]).map_err(|problem| Failure::from_error(&problem))?;
            thumbnails.extend(Thumbnail::of(&image));
        }
        Ok(thumbnails)
    }
}

/// What may be wrong with an input or with its numbers.
enum Problem {
    Input(homolog::recording::input::InputError),
    Statistics(StatsError),
}

impl Problem {
    fn into_failure(self, name: &str) -> Failure {
        match self {
            Self::Input(problem) => crate::inputs::unread(&problem),
            Self::Statistics(problem) => Failure::wrong_input(format!("{name}: {problem}")),
        }
    }
}

impl From<homolog::recording::input::InputError> for Problem {
    fn from(problem: homolog::recording::input::InputError) -> Self {
        Self::Input(problem)
    }
}

impl From<StatsError> for Problem {
    fn from(problem: StatsError) -> Self {
        Self::Statistics(problem)
    }
}

/// The covariance of units over what repetitions differ from their means by.
fn noise_of(observations: &Observations<'_>, estimate: NoiseEstimate) -> Result<NoiseCovariance, StatsError> {
    let means = condition_means(observations)?;
    let mut residuals = observations.responses.to_owned();
    for (mut row, condition) in residuals.rows_mut().into_iter().zip(observations.conditions) {
        row -= &means.row(*condition);
    }
    let degrees_of_freedom = residuals.nrows().checked_sub(observations.n_conditions);
    NoiseCovariance::from_residuals(residuals.view(), estimate, degrees_of_freedom)
}

fn stacked(matrices: &[Named]) -> Array2<f64> {
    let views: Vec<_> = matrices.iter().map(|named| named.rdm.view()).collect();
    // All are of the same stimuli, so they are of one length.
    ndarray::stack(Axis(0), &views).unwrap_or_default()
}

/// How many time bins every input has; 1 where there is no time, or they differ.
fn n_bins(read: &[Patterns]) -> usize {
    let of = |patterns: &Patterns| {
        patterns
            .leading
            .iter()
            .find(|leading| leading.axis == PatternAxis::Time)
            .map_or(1, |leading| leading.labels.len())
    };
    let first = read.first().map_or(1, of);
    if read.iter().all(|patterns| of(patterns) == first) { first } else { 1 }
}

/// The matrices as they are written: time, which runs fastest over them, as an axis of its own.
fn in_shape(pairs: &Array2<f64>, n_bins: usize) -> ArrayD<f64> {
    let (n_matrices, n_pairs) = pairs.dim();
    let shape = match (n_matrices, n_bins) {
        (1, _) => vec![n_pairs],
        (_, 1) => vec![n_matrices, n_pairs],
        _ => vec![n_matrices / n_bins, n_bins, n_pairs],
    };
    let flat: Vec<f64> = pairs.iter().copied().collect();
    ArrayD::from_shape_vec(shape, flat).unwrap_or_else(|_| pairs.clone().into_dyn())
}

fn counted(n_matrices: usize) -> String {
    if n_matrices == 1 { "One matrix".to_owned() } else { format!("{n_matrices} matrices") }
}

/// The matrices beside each other, and the stimuli of the first in a plane.
fn drawings(
    matrices: &[Named],
    measure: &str,
    stimuli: &StimulusIds,
    categories: &[String],
    thumbnails: &[Thumbnail],
) -> Result<Vec<Drawing>, Failure> {
    let panel = |named: &Named| {
        let dissimilarities = matrix_from_pairs(named.rdm.view()).ok()?;
        Some(RdmPanel { title: named.name.clone(), subtitle: String::new(), dissimilarities })
    };
    let map = RdmMap {
        description: format!("Dissimilarity matrices of {} stimuli ({measure})", stimuli.len()),
        panels: matrices.iter().take(MOST_PANELS).filter_map(panel).collect(),
        shown: RdmShown::Value { measure: measure.to_owned() },
        thumbnails: thumbnails.to_vec(),
        categories: categories.to_vec(),
    };
    let left = matrices.len().saturating_sub(MOST_PANELS);
    let more =
        if left > 0 { format!(" The first {MOST_PANELS} of {} are shown.", matrices.len()) } else { String::new() };
    let mut drawings = vec![Drawing {
        name: "matrices",
        caption: format!("Dissimilarity of each pair of stimuli ({measure}).{more}"),
        draw: Box::new(move |width| map.figure(width)),
    }];
    let Some(first) = matrices.first().filter(|named| named.rdm.iter().all(|value| *value >= 0.0)) else {
        return Ok(drawings);
    };
    if stimuli.len() > 3 {
        let embedding = metric_mds(first.rdm.view(), 2, MdsOptions::default())
            .map_err(|problem| Failure::wrong_input(format!("{}: {problem}", first.name)))?;
        let plot = MdsPlot {
            description: format!("Stimuli in a plane by {measure}"),
            title: first.name.clone(),
            points: embedding.points,
            names: stimuli.texts(),
            thumbnails: thumbnails.to_vec(),
            categories: categories.to_vec(),
            stress: Some(embedding.stress),
        };
        drawings.push(Drawing {
            name: "mds",
            caption: format!("The stimuli of {} in a plane: metric multidimensional scaling.", first.name),
            draw: Box::new(move |width| plot.figure(width)),
        });
    }
    Ok(drawings)
}
