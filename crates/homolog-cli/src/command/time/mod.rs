//! `homolog time`: dissimilarity matrices over time against models, regions and other times.

mod across;
mod courses;

use clap::{Args, ValueEnum};
use homolog::recording::StimulusJoin;
use homolog::recording::input::{Location, MissingPairs, RdmMovies, RdmStack, StimulusIds, align};
use homolog_stats::comparator::Comparator;
use homolog_stats::inference::Alternative;
use homolog_stats::random::Rng;
use homolog_stats::time::{ClusterTest, ClusterTestSettings, Neighbours, sign_flip_cluster_test};
use ndarray::{Array3, ArrayView2, Axis, concatenate};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::inputs::{by_position, provenance, unread};
use crate::run_options::{ComputeOptions, StimuliChoice};
use crate::showing::{Outcome, ShowOptions};

/// Fewest subjects of a cluster test: fewer have no pattern of signs below p = 0.05.
const FEWEST_SUBJECTS: usize = 5;

/// Which deviations from 0 count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Side {
    /// To either side
    #[default]
    TwoSided,
    /// Above 0 alone
    Greater,
}

/// Whose matrices those of a subject at one time are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AcrossTime {
    /// The subject's own at every other time; neighbouring times share noise, so nothing is tested
    Within,
    /// The mean of the other subjects at every time
    Between,
}

/// Dissimilarity matrices over time (MEG, EEG, neurons) against models, regions and other times
///
/// --models gives a time course of each model (or stage of a network), --regions one of each region measured otherwise (MEG-fMRI fusion),
/// --across-time a map of times by times. Where subjects agree is found by clusters of neighbouring times, with the chance of any false cluster kept
/// over all times.
#[derive(Args)]
pub(crate) struct Time {
    /// Matrices over time, (subjects, bins, pairs), (subjects, bins, n, n), or of one subject (bins, pairs), (bins, n, n), as `homolog rdm` writes
    /// them; may be repeated for further subjects
    #[arg(long, required = true, value_name = "FILE")]
    data: Vec<String>,
    /// Model matrices, each row a model or a stage; may be repeated
    #[arg(long, value_name = "FILE")]
    models: Vec<String>,
    /// The matrices of one region, one for each subject that it was measured in; may be repeated for further regions
    #[arg(long, value_name = "FILE")]
    regions: Vec<String>,
    /// Compare every time with every other
    #[arg(long, value_enum, value_name = "WITH")]
    across_time: Option<AcrossTime>,
    /// When the first bin begins and how far bins are apart, in milliseconds [default: as the file has it, else numbers of bins]
    #[arg(long, value_name = "FIRST:STEP", allow_hyphen_values = true)]
    times: Option<String>,
    /// cosine, pearson, spearman, rho-a, tau-a, tau-b, whitened-cosine, whitened-pearson
    #[arg(long, value_name = "NAME", default_value = "spearman")]
    comparator: Comparator,
    /// Which deviations from 0 count
    #[arg(long, value_enum, default_value_t)]
    alternative: Side,
    /// A time may belong to a cluster where its own test has p below this
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    forming_p: f64,
    /// Below which a cluster is marked
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    significance: f64,
    /// Random patterns of signs, where there are more than 12 subjects; with fewer all are tried
    #[arg(long, value_name = "N", default_value_t = 1000)]
    flips: usize,
    /// Coverage of the band around a time course
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    confidence: f64,
    /// What to do with stimuli that only some inputs have
    #[arg(long, value_enum, default_value_t)]
    stimuli: StimuliChoice,
    /// Seed of the patterns of signs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

/// What is compared, in one order of stimuli.
struct Inputs {
    /// (subjects, bins, pairs).
    movies: Array3<f64>,
    bins: Bins,
    /// One stack for each file of --models.
    models: Vec<RdmStack>,
    /// One stack for each file of --regions.
    regions: Vec<RdmStack>,
    stimuli: StimulusIds,
}

/// Where time bins are.
struct Bins {
    /// Where each begins.
    places: Vec<f64>,
    /// What an axis of them is called.
    axis: &'static str,
}

impl Bins {
    fn half_step(&self) -> f64 {
        match self.places.as_slice() {
            [first, second, ..] => (second - first) / 2.0,
            _ => 0.5,
        }
    }

    /// From the first of these bins to the last, half a step beyond both.
    fn span(&self, first: usize, last: usize) -> (f64, f64) {
        let place = |bin: usize| self.places.get(bin).copied().unwrap_or(bin as f64);
        (place(first) - self.half_step(), place(last) + self.half_step())
    }
}

impl Time {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        if self.models.is_empty() && self.regions.is_empty() && self.across_time.is_none() {
            return Err(Failure::wrong_input(
                "nothing to compare the matrices over time with: give --models, --regions or --across-time",
            ));
        }
        let inputs = self.inputs()?;
        let n_subjects = inputs.movies.len_of(Axis(0));
        let mut notes: Vec<String> = by_position(&inputs.stimuli).into_iter().collect();
        if n_subjects < FEWEST_SUBJECTS {
            notes.push(format!(
                "{n_subjects} {} too few for a cluster test (at least {FEWEST_SUBJECTS}), so no time is marked",
                if n_subjects == 1 { "subject is" } else { "subjects are" }
            ));
        }
        let mut outcome = Outcome {
            schema: "homolog.time/1",
            title: "Representations over time".to_owned(),
            lead: format!(
                "{n_subjects} subjects, {} time bins, {} stimuli, {}.",
                inputs.bins.places.len(),
                inputs.stimuli.len(),
                self.comparator.name()
            ),
            json: json!({
                "comparator": self.comparator.name(), "n_subjects": n_subjects, "n_stimuli": inputs.stimuli.len(),
                "times": inputs.bins.places, "time_axis": inputs.bins.axis, "seed": self.seed,
                "forming_p": self.forming_p, "significance": self.significance,
                "alternative": match self.alternative { Side::TwoSided => "two-sided", Side::Greater => "greater" },
            }),
            columns: vec!["of", "greatest", "at", "significant", "least p"],
            rows: Vec::new(),
            notes,
            drawings: Vec::new(),
            provenance: self.provenance(),
        };
        if !(self.models.is_empty() && self.regions.is_empty()) {
            self.add_courses(&inputs, &mut outcome)?;
        }
        if let Some(with) = self.across_time {
            self.add_across(&inputs, with, &mut outcome)?;
        }
        self.show.show(&outcome)
    }

    fn provenance(&self) -> Vec<(String, String)> {
        let files: Vec<&str> = self.data.iter().chain(&self.models).chain(&self.regions).map(String::as_str).collect();
        let mut provenance = provenance(&files);
        provenance.push(("Seed".to_owned(), self.seed.to_string()));
        provenance
    }

    /// Everything in one order of stimuli.
    fn inputs(&self) -> Result<Inputs, Failure> {
        let movies = self.data.iter().map(|text| RdmMovies::read(&Location::parse(text)));
        let movies = movies.collect::<Result<Vec<_>, _>>().map_err(|problem| unread(&problem))?;
        let stacks = |texts: &[String]| {
            let read = texts.iter().map(|text| RdmStack::read(&Location::parse(text), MissingPairs::Refuse));
            read.collect::<Result<Vec<_>, _>>().map_err(|problem| unread(&problem))
        };
        let (models, regions) = (stacks(&self.models)?, stacks(&self.regions)?);
        let sides: Vec<(&str, &StimulusIds)> = movies
            .iter()
            .map(|one| (one.input.as_str(), &one.stimuli))
            .chain(models.iter().chain(&regions).map(|one| (one.input.as_str(), &one.stimuli)))
            .collect();
        let aligned = align(&sides, StimulusJoin::from(self.stimuli)).map_err(|problem| unread(&problem))?;
        let mut rows = aligned.rows.iter();
        let movies: Vec<RdmMovies> = movies.iter().zip(&mut rows).map(|(one, rows)| one.select_stimuli(rows)).collect();
        let mut in_order = |stacks: Vec<RdmStack>| -> Vec<RdmStack> {
            stacks.iter().zip(&mut rows).map(|(stack, rows)| stack.select_stimuli(rows)).collect()
        };
        let (models, regions) = (in_order(models), in_order(regions));
        let Some(first) = movies.first() else { return Err(Failure::wrong_input("there are no matrices over time")) };
        if let Some(other) = movies.iter().find(|other| other.n_bins() != first.n_bins()) {
            return Err(Failure::wrong_input(format!(
                "cannot put subjects side by side: \"{}\" has {} time bins and \"{}\" has {}",
                first.input,
                first.n_bins(),
                other.input,
                other.n_bins()
            )));
        }
        let bins = self.bins(first)?;
        let views: Vec<_> = movies.iter().map(|one| one.dissimilarities.view()).collect();
        let movies = concatenate(Axis(0), &views).unwrap_or_default();
        Ok(Inputs { movies, bins, models, regions, stimuli: aligned.stimuli })
    }

    fn bins(&self, movies: &RdmMovies) -> Result<Bins, Failure> {
        let n_bins = movies.n_bins();
        if let Some(text) = &self.times {
            let numbers =
                text.split_once(':').and_then(|(first, step)| Some((first.parse().ok()?, step.parse().ok()?)));
            return match numbers {
                Some((first, step)) if f64::is_finite(first) && f64::is_finite(step) && step > 0.0 => {
                    let places = (0..n_bins).map(|bin| first + step * bin as f64).collect();
                    Ok(Bins { places, axis: "time (ms)" })
                }
                _ => Err(Failure::wrong_input(format!(
                    "cannot read --times \"{text}\": it needs FIRST:STEP in milliseconds with a step above 0, such as -100:10"
                ))),
            };
        }
        let said = movies.times.as_ref().map(|labels| labels.iter().map(|label| label.parse()).collect());
        Ok(match said {
            Some(Ok(places)) => Bins { places, axis: "time (ms)" },
            _ => Bins { places: (0..n_bins).map(|bin| bin as f64).collect(), axis: "time bin" },
        })
    }

    /// Where subjects agree; `None` with too few of them.
    fn clusters(
        &self,
        values: ArrayView2<'_, f64>,
        neighbours: Neighbours,
        stream: u64,
    ) -> Result<Option<ClusterTest>, Failure> {
        if values.nrows() < FEWEST_SUBJECTS {
            return Ok(None);
        }
        let settings = ClusterTestSettings {
            neighbours,
            forming_p: self.forming_p,
            alternative: match self.alternative {
                Side::TwoSided => Alternative::TwoSided,
                Side::Greater => Alternative::Greater,
            },
            n_flips: self.flips,
        };
        let found = sign_flip_cluster_test(values, &settings, &Rng::new(self.seed).stream(stream));
        found.map(Some).map_err(|problem| Failure::from_error(&problem))
    }
}

/// t of every point, for programs.
fn test_json(test: Option<&ClusterTest>) -> Value {
    test.map_or(Value::Null, |test| json!({ "t": test.t, "threshold": test.threshold, "n_flips": test.n_flips }))
}
