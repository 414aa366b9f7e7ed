//! `homolog reweight`: features reweighted on some stimuli before their dissimilarity matrix is compared on others (mixed RSA).

use clap::Args;
use homolog::recording::OnMissing;
use homolog::recording::input::{Location, MissingPairs, PatternAxis, Patterns, RdmStack, StimulusIds, align};
use homolog::report::Cell;
use homolog::report::figure::{Bar, BarChart, PairMarks};
use homolog_stats::StatsError;
use homolog_stats::comparator::Comparator;
use homolog_stats::mapping::Mapping;
use homolog_stats::mapping::ridge::RidgeOptions;
use homolog_stats::rdm::RdmMeasure;
use homolog_stats::reweighting::{
    PredictedResponseProtocol, ReweightedScores, compare_predicted_responses, compare_weighted_features,
};
use homolog_stats::splits::{Split, SplitsSpec};
use homolog_stats::time::{MeanInterval, mean_over_subjects};
use ndarray::{ArrayView2, Axis, concatenate};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::inputs::{InputOptions, by_position, left_out, patterns, provenance, unread};
use crate::run_options::ComputeOptions;
use crate::showing::{Drawing, Outcome, ShowOptions};

/// Features reweighted on some stimuli before their dissimilarity matrix is compared on others (mixed RSA)
///
/// With --responses, units are predicted from the features by ridge regression, and the matrix of the predicted responses is compared with that of
/// the measured ones. With --data, matrices alone, one weight of 0 or more for each feature is fitted so that the features' squared distances add up to
/// the subjects' mean matrix. Either is fitted on training stimuli and scored on the others, beside the features as they are.
#[derive(Args)]
pub(crate) struct Reweight {
    /// Features, stimuli × features: X.npy, X.npz:variable, or a recorded folder (each stage, or FOLDER:stage); may be repeated
    #[arg(long, required = true, value_name = "FILE")]
    features: Vec<String>,
    /// Responses of one subject, stimuli × units, or of several (--axes subject,stimulus,unit); may be repeated
    #[arg(long, value_name = "FILE", required_unless_present = "data")]
    responses: Vec<String>,
    /// Subjects' matrices of squared distances, in place of responses; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "responses")]
    data: Vec<String>,
    /// The matrix of predicted and of measured responses: correlation, cosine, euclidean, squared-euclidean-per-unit
    #[arg(long, value_name = "NAME", default_value = "correlation", conflicts_with = "data")]
    measure: RdmMeasure,
    /// cosine, pearson, spearman, rho-a, tau-a, tau-b, whitened-cosine, whitened-pearson
    #[arg(long, value_name = "NAME", default_value = "pearson")]
    comparator: Comparator,
    /// How stimuli are divided, as for encode; each test part has at least 4
    #[arg(long, value_name = "DIVISION", default_value = "kfold:5:1")]
    splits: SplitsSpec,
    /// Penalties of the regression [default: those of ridge]
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', allow_hyphen_values = true, conflicts_with = "data")]
    penalties: Vec<f64>,
    /// Penalty of the weights of features, as a part of their mean sum of squares; needs --data
    #[arg(long, value_name = "NUMBER", default_value_t = 0.01, allow_hyphen_values = true)]
    weight_penalty: f64,
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

/// What one feature space scored.
struct Scored {
    name: String,
    scores: ReweightedScores,
    reweighted: MeanInterval,
    as_they_are: MeanInterval,
    difference: MeanInterval,
}

/// What subjects were measured as.
enum Measured {
    /// One matrix of responses for each subject.
    Responses(Vec<Patterns>),
    /// (subjects, pairs).
    Rdms(ndarray::Array2<f64>),
}

impl Measured {
    fn n_subjects(&self) -> usize {
        match self {
            Self::Responses(subjects) => subjects.len(),
            Self::Rdms(rdms) => rdms.nrows(),
        }
    }
}

impl Reweight {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        if let (false, Some(option)) = (self.data.is_empty(), self.input.of_responses_given()) {
            return Err(Failure::wrong_input(format!(
                "{option} says nothing to dissimilarity matrices: it is for --responses"
            )));
        }
        let (features, measured, stimuli) = self.read()?;
        let told = |problem: StatsError| Failure::from_error(&problem);
        let splits = self.splits.draw(stimuli.len(), None::<&[usize]>).map_err(told)?;
        let mut scored = Vec::new();
        for one in &features {
            let matrix = one.matrix().map_err(|problem| unread(&problem))?;
            let scores = self
                .scores(matrix, &measured, &splits)
                .map_err(|problem| Failure::wrong_input(format!("{}: {problem}", one.input)))?;
            let (reweighted, as_they_are) = scores.per_subject();
            let over_subjects = |values: ndarray::Array1<f64>| {
                let found = mean_over_subjects(values.insert_axis(Axis(1)).view(), 0.95).map_err(told)?;
                found.first().copied().ok_or_else(|| Failure::wrong_input("there is no subject"))
            };
            let difference = &reweighted - &as_they_are;
            scored.push(Scored {
                name: Location::parse(&one.input).stem(),
                scores,
                reweighted: over_subjects(reweighted)?,
                as_they_are: over_subjects(as_they_are)?,
                difference: over_subjects(difference)?,
            });
        }
        let mut notes: Vec<String> = features.iter().flat_map(left_out).collect();
        if let Measured::Responses(subjects) = &measured {
            notes.extend(subjects.iter().flat_map(left_out));
        }
        notes.extend(by_position(&stimuli));
        if measured.n_subjects() == 1 {
            notes.push("one subject: there are no intervals over subjects".to_owned());
        }
        self.show.show(&self.outcome(&scored, measured.n_subjects(), &stimuli, notes))
    }

    fn scores(
        &self,
        features: ArrayView2<'_, f64>,
        measured: &Measured,
        splits: &[Split],
    ) -> Result<ReweightedScores, StatsError> {
        match measured {
            Measured::Rdms(rdms) => {
                compare_weighted_features(features, rdms.view(), splits, self.weight_penalty, self.comparator)
            }
            Measured::Responses(subjects) => {
                let matrices: Vec<ArrayView2<'_, f64>> =
                    subjects.iter().filter_map(|subject| subject.matrix().ok()).collect();
                let options = self.ridge()?;
                let protocol = PredictedResponseProtocol {
                    splits,
                    options: &options,
                    measure: self.measure,
                    comparator: self.comparator,
                };
                compare_predicted_responses(features, &matrices, &protocol)
            }
        }
    }

    /// Ridge regression with its own penalties, or with those that were given.
    fn ridge(&self) -> Result<RidgeOptions, StatsError> {
        let mut options = match "ridge".parse::<Mapping>()? {
            Mapping::Ridge(options) => options,
            _ => RidgeOptions::fixed(1.0),
        };
        if !self.penalties.is_empty() {
            options.penalties.clone_from(&self.penalties);
        }
        Ok(options)
    }

    /// Features and measurements in one order of stimuli.
    fn read(&self) -> Result<(Vec<Patterns>, Measured, StimulusIds), Failure> {
        let features = patterns(&self.features, None, OnMissing::Refuse)?;
        let mut responses = Vec::new();
        for one in self.input.patterns(&self.responses)? {
            let mean = one.average(PatternAxis::Repetition);
            for (_, subject) in mean.each(PatternAxis::Subject) {
                subject.matrix().map_err(|problem| unread(&problem))?;
                responses.push(subject);
            }
        }
        let rdms = self.data.iter().map(|text| RdmStack::read(&Location::parse(text), MissingPairs::Refuse));
        let rdms = rdms.collect::<Result<Vec<_>, _>>().map_err(|problem| unread(&problem))?;
        let of_patterns = features.iter().chain(&responses).map(|one| (one.input.as_str(), &one.stimuli));
        let sides: Vec<(&str, &StimulusIds)> =
            of_patterns.chain(rdms.iter().map(|one| (one.input.as_str(), &one.stimuli))).collect();
        let aligned = align(&sides, self.input.join()).map_err(|problem| unread(&problem))?;
        let mut rows = aligned.rows.iter();
        let mut in_order = |all: &[Patterns]| -> Vec<Patterns> {
            all.iter().zip(&mut rows).map(|(one, rows)| one.select_stimuli(rows)).collect()
        };
        let (features, responses) = (in_order(&features), in_order(&responses));
        let stacks: Vec<RdmStack> = rdms.iter().zip(rows).map(|(one, rows)| one.select_stimuli(rows)).collect();
        let measured = if stacks.is_empty() {
            Measured::Responses(responses)
        } else {
            let views: Vec<_> = stacks.iter().map(|stack| stack.dissimilarities.view()).collect();
            Measured::Rdms(concatenate(Axis(0), &views).unwrap_or_default())
        };
        Ok((features, measured, aligned.stimuli))
    }

    fn outcome(&self, scored: &[Scored], n_subjects: usize, stimuli: &StimulusIds, notes: Vec<String>) -> Outcome {
        let row = |one: &Scored| {
            vec![
                Cell::name(one.name.clone()),
                Cell::number(one.reweighted.mean),
                Cell::Interval(one.reweighted.interval),
                Cell::number(one.as_they_are.mean),
                Cell::number(one.difference.mean),
                Cell::Interval(one.difference.interval),
            ]
        };
        let how = if self.data.is_empty() { "predicted responses" } else { "weights of features" };
        let files: Vec<&str> =
            self.features.iter().chain(&self.responses).chain(&self.data).map(String::as_str).collect();
        let best = scored.iter().max_by(|a, b| a.reweighted.mean.total_cmp(&b.reweighted.mean));
        Outcome {
            schema: "homolog.reweight/1",
            title: "Features reweighted before they are compared".to_owned(),
            lead: best.map_or_else(String::new, |best| {
                format!(
                    "Best: {}, {} {:.3} by {how} ({:.3} as it is), on stimuli that were not fitted; {n_subjects} subjects, {} stimuli.",
                    best.name,
                    self.comparator.name(),
                    best.reweighted.mean,
                    best.as_they_are.mean,
                    stimuli.len()
                )
            }),
            json: json!({
                "by": how, "comparator": self.comparator.name(), "n_subjects": n_subjects, "n_stimuli": stimuli.len(),
                "measure": self.data.is_empty().then(|| self.measure.name()),
                "matched_by": if stimuli.is_positional() { "position" } else { "id" },
                "scores": scored.iter().map(scored_json).collect::<Vec<_>>(),
            }),
            columns: vec!["features", "reweighted", "interval", "as they are", "difference", "its interval"],
            rows: scored.iter().map(row).collect(),
            notes,
            drawings: vec![self.bars(scored)],
            provenance: provenance(&files),
        }
    }

    fn bars(&self, scored: &[Scored]) -> Drawing {
        let bars = scored.iter().flat_map(|one| {
            let (reweighted, plain) = one.scores.per_subject();
            let bar = |words: &str, of: &MeanInterval, subjects: ndarray::Array1<f64>, colour| Bar {
                name: if scored.len() == 1 { words.to_owned() } else { format!("{}, {words}", one.name) },
                value: Some(of.mean),
                interval: of.interval,
                subjects: subjects.to_vec(),
                colour,
            };
            [bar("reweighted", &one.reweighted, reweighted, 0), bar("as they are", &one.as_they_are, plain, 1)]
        });
        let chart = BarChart {
            description: "Agreement of features with subjects, reweighted and as they are".to_owned(),
            vertical: format!("agreement of RDMs ({})", self.comparator.label()),
            bars: bars.collect(),
            ceiling: None,
            different: Vec::new(),
            pair_marks: PairMarks::Automatic,
            mark_rows: Vec::new(),
        };
        Drawing {
            name: "reweighted",
            caption: "Mean over subjects of the mean over splits, on stimuli that were not fitted, with the 95% interval over \
                      subjects; dots are subjects."
                .to_owned(),
            draw: Box::new(move |width| chart.figure(width)),
        }
    }
}

fn scored_json(one: &Scored) -> Value {
    let of = |of: &MeanInterval| json!({ "mean": of.mean, "interval": of.interval });
    let rows = |values: &ndarray::Array2<f64>| values.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    json!({
        "features": one.name, "reweighted": of(&one.reweighted), "as_they_are": of(&one.as_they_are),
        "difference": of(&one.difference), "reweighted_of_splits": rows(&one.scores.reweighted),
        "as_they_are_of_splits": rows(&one.scores.as_they_are),
    })
}
