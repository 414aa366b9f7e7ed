//! `homolog behave`: what observers answered, compared.

mod accuracy;
mod discrimination;
mod discrimination_figures;
mod error_consistency;
mod odd_one_out;
mod psychometric;
mod shape_bias;

use clap::{Args, ValueEnum};
use homolog::recording::format::table::Table;
use homolog::recording::input::Location;
use homolog::report::Cell;
use homolog_stats::StatsError;
use homolog_stats::behaviour::{DiscriminationPattern, PsychometricShape};
use serde_json::Value;

use crate::exit::Failure;
use crate::inputs::provenance;
use crate::run_options::ComputeOptions;
use crate::showing::{Drawing, Outcome, ShowOptions};
use odd_one_out::TripletOptions;

/// What is computed from the trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// Share of right answers of each observer, and the confusions
    Accuracy,
    /// Kappa of each pair of observers, mean over conditions, with its ceiling among the observers of the first file
    ErrorConsistency,
    /// Shape decisions over shape and texture decisions; needs the columns of --shape and --texture
    ShapeBias,
    /// Threshold and width against the condition, which has to be a number
    Psychometric,
    /// d′ of each image, from two-way choices
    I1,
    /// As i1, less the mean of each object and distractor
    I1n,
    /// d′ of each image and distractor
    I2,
    /// As i2, less the mean of each object and distractor
    I2n,
    /// d′ of each object
    O1,
    /// d′ of each pair of objects
    O2,
    /// Share of odd-one-out choices that the similarities of --features or --rdm predict, with its ceiling
    OddOneOut,
}

impl Measure {
    fn pattern(self) -> Option<DiscriminationPattern> {
        match self {
            Self::I1 => Some(DiscriminationPattern::I1),
            Self::I1n => Some(DiscriminationPattern::I1Normalized),
            Self::I2 => Some(DiscriminationPattern::I2),
            Self::I2n => Some(DiscriminationPattern::I2Normalized),
            Self::O1 => Some(DiscriminationPattern::O1),
            Self::O2 => Some(DiscriminationPattern::O2),
            _ => None,
        }
    }
}

/// What observers answered, compared
///
/// Tables of trials with a header, one row a trial; the usual names of columns are those of model-vs-human (subj, category, object_response, condition,
/// imagename). Each observer of each file is compared with each other. Odd-one-out choices (--measure odd-one-out) have columns first, second and
/// odd instead, and are predicted by similarities.
#[derive(Args)]
pub(crate) struct Behave {
    /// CSV files of trials; observers are told apart within each
    #[arg(required = true, value_name = "TRIALS.csv")]
    files: Vec<String>,
    /// What is computed
    #[arg(long, value_enum, value_name = "NAME")]
    measure: Measure,
    /// The column that tells observers apart
    #[arg(long, value_name = "COLUMN", default_value = "subj")]
    observer: String,
    /// The column of the right answer
    #[arg(long, value_name = "COLUMN", default_value = "category")]
    truth: String,
    /// The column of the answer
    #[arg(long, value_name = "COLUMN", default_value = "object_response")]
    answer: String,
    /// The column of the condition, and of the level of psychometric functions
    #[arg(long, value_name = "COLUMN", default_value = "condition")]
    condition: String,
    /// The column of the image
    #[arg(long, value_name = "COLUMN", default_value = "imagename")]
    image: String,
    /// Of the image's name, only what follows the last one of this text: model-vs-human puts what differs between observers before it
    #[arg(long, value_name = "TEXT")]
    image_after: Option<String>,
    /// The column of the other object offered, for the patterns of two-way choices
    #[arg(long, value_name = "COLUMN", default_value = "distractor")]
    distractor: String,
    /// The column of an image's shape
    #[arg(long, value_name = "COLUMN", default_value = "shape")]
    shape: String,
    /// The column of an image's texture
    #[arg(long, value_name = "COLUMN", default_value = "texture")]
    texture: String,
    /// The psychometric function: cumulative-gaussian, logistic, weibull
    #[arg(long, value_name = "NAME", default_value = "cumulative-gaussian")]
    function: PsychometricShape,
    /// Share of right answers by chance [default: one over the number of categories]
    #[arg(long, value_name = "SHARE")]
    guess_rate: Option<f64>,
    /// Bootstrap samples for the interval of a threshold
    #[arg(long, value_name = "N", default_value_t = 1000)]
    samples: usize,
    /// Seed of halvings and the bootstrap
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    triplets: TripletOptions,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

/// One trial of an observer.
struct Trial {
    truth: String,
    answer: String,
    condition: String,
    image: String,
    distractor: String,
    shape: String,
    texture: String,
}

/// One observer.
struct Observer {
    name: String,
    /// Which file they are of.
    file: usize,
    trials: Vec<Trial>,
}

/// What a measure found, before it is shown.
struct Found {
    lead: String,
    json: Value,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    notes: Vec<String>,
    drawings: Vec<Drawing>,
}

impl Behave {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        let found = match self.measure {
            Measure::OddOneOut => odd_one_out::found(&self.files, &self.triplets)?,
            Measure::Accuracy => accuracy::found(&self.observers()?)?,
            Measure::ErrorConsistency => error_consistency::found(&self.observers()?)?,
            Measure::ShapeBias => shape_bias::found(&self.observers()?)?,
            Measure::Psychometric => psychometric::found(&self, &self.observers()?)?,
            measure => {
                let pattern = measure.pattern().unwrap_or(DiscriminationPattern::I1);
                discrimination::found(&self.observers()?, pattern, self.seed)?
            }
        };
        let files: Vec<&str> = self.files.iter().chain(self.triplets.files()).map(String::as_str).collect();
        let mut provenance = provenance(&files);
        provenance.push(("Seed".to_owned(), self.seed.to_string()));
        let outcome = Outcome {
            schema: "homolog.behave/1",
            title: "What observers answered".to_owned(),
            lead: found.lead,
            json: found.json,
            columns: found.columns,
            rows: found.rows,
            notes: found.notes,
            drawings: found.drawings,
            provenance,
        };
        self.show.show(&outcome)
    }

    /// The observers of all files, in the order they appear in.
    fn observers(&self) -> Result<Vec<Observer>, Failure> {
        let mut observers: Vec<Observer> = Vec::new();
        for (file, text) in self.files.iter().enumerate() {
            let location = Location::parse(text);
            let table = Table::read(&location.path).map_err(|problem| Failure::from_error(&problem))?;
            let told = |problem: &dyn std::fmt::Display| Failure::wrong_input(format!("{text}: {problem}"));
            let needed = |name: &str| table.column(name).map(<[String]>::to_vec).map_err(|problem| told(&problem));
            // Columns that only some measures need are empty where they are not there.
            let optional = |name: &str, is_needed: bool| {
                if is_needed || table.names().iter().any(|known| known == name) {
                    needed(name)
                } else {
                    Ok(vec![String::new(); table.n_rows()])
                }
            };
            let is = |measures: &[Measure]| measures.contains(&self.measure);
            let (who, answer) = (needed(&self.observer)?, needed(&self.answer)?);
            let truth = optional(&self.truth, !is(&[Measure::ShapeBias]))?;
            let condition = optional(&self.condition, is(&[Measure::Psychometric, Measure::ErrorConsistency]))?;
            let has_images = is(&[Measure::ErrorConsistency]) || self.measure.pattern().is_some();
            let image = optional(&self.image, has_images)?;
            let distractor = optional(&self.distractor, self.measure.pattern().is_some())?;
            let shape = optional(&self.shape, is(&[Measure::ShapeBias]))?;
            let texture = optional(&self.texture, is(&[Measure::ShapeBias]))?;
            for row in 0..table.n_rows() {
                let at = observers.iter().position(|known| known.file == file && known.name == who[row]);
                let at = at.unwrap_or_else(|| {
                    observers.push(Observer { name: who[row].clone(), file, trials: Vec::new() });
                    observers.len() - 1
                });
                let name = image[row].as_str();
                let image =
                    self.image_after.as_deref().and_then(|mark| name.rsplit_once(mark)).map_or(name, |(_, id)| id);
                observers[at].trials.push(Trial {
                    truth: truth[row].clone(),
                    answer: answer[row].clone(),
                    condition: condition[row].clone(),
                    image: image.to_owned(),
                    distractor: distractor[row].clone(),
                    shape: shape[row].clone(),
                    texture: texture[row].clone(),
                });
            }
        }
        if observers.is_empty() {
            return Err(Failure::wrong_input("there is no trial in these files"));
        }
        Ok(observers)
    }
}

/// What is wrong with the trials of an observer.
fn of(observer: &Observer) -> impl Fn(StatsError) -> Failure + '_ {
    |problem| Failure::wrong_input(format!("{}: {problem}", observer.name))
}
