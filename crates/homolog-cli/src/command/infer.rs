//! `homolog infer`: models of a representational geometry against subjects' dissimilarity matrices.

use clap::{Args, ValueEnum};
use homolog::recording::StimulusJoin;
use homolog::recording::input::{Location, RdmStack};
use homolog::report::Cell;
use homolog::report::figure::{Band, Bar, BarChart, MarkRow, PairMarks};
use homolog_stats::comparator::{Comparator, WeightSign};
use homolog_stats::inference::{AdjustedP, Inference, InferenceSettings, ModelInference, PairTest, Resampling, infer};
use homolog_stats::model::RdmModel;
use homolog_stats::random::Rng;
use ndarray::{Array2, Axis, concatenate};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::inputs::{aligned_rdms, by_position, provenance};
use crate::run_options::{ComputeOptions, StimuliChoice};
use crate::showing::{Drawing, Outcome, ShowOptions};

/// What the matrices of one --models file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Fixed,
    Selected,
    Weighted,
    FreelyWeighted,
    Interpolated,
}

const KINDS: [(&str, Kind); 5] = [
    ("fixed", Kind::Fixed),
    ("selected", Kind::Selected),
    ("weighted", Kind::Weighted),
    ("freely-weighted", Kind::FreelyWeighted),
    ("interpolated", Kind::Interpolated),
];

/// How p-values are controlled over several tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Control {
    /// False discovery rate (Benjamini and Hochberg)
    #[default]
    Fdr,
    /// Family-wise error by Holm
    Holm,
    /// Family-wise error by Bonferroni
    Bonferroni,
    /// Family-wise error by the distribution of the greatest statistic
    MaxStatistic,
    /// None: each test as if it were the only one
    None,
}

impl Control {
    fn words(self) -> &'static str {
        match self {
            Self::Fdr => "false discovery rate",
            Self::Holm => "family-wise error by Holm",
            Self::Bonferroni => "family-wise error by Bonferroni",
            Self::MaxStatistic => "family-wise error by the greatest statistic",
            Self::None => "each test by itself",
        }
    }

    fn of(self, test: &AdjustedP) -> f64 {
        match self {
            Self::Fdr => test.fdr,
            Self::Holm => test.holm,
            Self::Bonferroni => test.bonferroni,
            Self::MaxStatistic => test.max_statistic,
            Self::None => test.p,
        }
    }
}

/// Which model fits the subjects' geometry, how well against the noise ceiling, and how surely
///
/// Scores, standard errors, intervals, noise ceilings and tests against zero, each other and the ceiling. With too few subjects or stimuli to
/// resample, something else is done and said.
#[derive(Args)]
pub(crate) struct Infer {
    /// Model matrices, each row a fixed model; KIND:FILE makes one flexible model of all rows: selected:, weighted:, freely-weighted:, interpolated:
    #[arg(long, required = true, value_name = "[KIND:]FILE")]
    models: Vec<String>,
    /// Subjects' matrices, one each; may be repeated
    #[arg(long, required = true, value_name = "FILE")]
    data: Vec<String>,
    /// cosine, pearson, spearman, rho-a, tau-a, tau-b, whitened-cosine, whitened-pearson
    #[arg(long, value_name = "NAME", default_value = "spearman")]
    comparator: Comparator,
    /// What is resampled, so what conclusions hold beyond: subjects, stimuli, both
    #[arg(long, value_name = "NAME", default_value = "both")]
    bootstrap: Resampling,
    /// Bootstrap samples
    #[arg(long, value_name = "N", default_value_t = 1000)]
    samples: usize,
    /// Coverage of the intervals
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    confidence: f64,
    /// Relabellings of the stimuli for the exact test of fixed models against 0; 0 for the bootstrap's, which is conservative
    #[arg(long, value_name = "N", default_value_t = 1000)]
    relabellings: usize,
    /// How tests are controlled for their number
    #[arg(long, value_enum, default_value_t)]
    control: Control,
    /// Below which a test is marked in figures
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    significance: f64,
    /// What to do with stimuli that only some inputs have
    #[arg(long, value_enum, default_value_t)]
    stimuli: StimuliChoice,
    /// Seed of the resampling
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

impl Infer {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        let asked: Vec<(Kind, String)> = self.models.iter().map(|text| kind_of(text)).collect();
        let files: Vec<String> = asked.iter().map(|(_, file)| file.clone()).collect();
        let groups = aligned_rdms(&[&files, &self.data], StimulusJoin::from(self.stimuli))?;
        let [model_stacks, data] = groups.as_slice() else {
            return Err(Failure::wrong_input("there is nothing to compare"));
        };
        let mut names = Vec::new();
        let mut models = Vec::new();
        for ((kind, _), stack) in asked.iter().zip(model_stacks) {
            add_models(*kind, stack, &mut models, &mut names);
        }
        let rows: Vec<_> = data.iter().map(|stack| stack.dissimilarities.view()).collect();
        let subjects = concatenate(Axis(0), &rows).unwrap_or_default();
        let settings = InferenceSettings {
            comparator: self.comparator,
            resampling: self.bootstrap,
            n_samples: self.samples,
            confidence: self.confidence,
            n_relabellings: self.relabellings,
            ..InferenceSettings::default()
        };
        let found = infer(&models, subjects.view(), &settings, &Rng::new(self.seed))
            .map_err(|problem| Failure::from_error(&problem))?;
        let position = data.first().and_then(|stack| by_position(&stack.stimuli));
        self.show.show(&self.outcome(&found, &names, position))
    }

    fn outcome(&self, found: &Inference, names: &[String], position: Option<String>) -> Outcome {
        let mut notes: Vec<String> = found.change.iter().map(ToString::to_string).collect();
        notes.extend(position);
        if found.ceiling.is_none() {
            notes.push("one subject: there is no noise ceiling".to_owned());
        }
        let mut files: Vec<&str> = self.data.iter().map(String::as_str).collect();
        let models: Vec<String> = self.models.iter().map(|text| kind_of(text).1).collect();
        files.extend(models.iter().map(String::as_str));
        let mut provenance = provenance(&files);
        provenance.push(("Seed".to_owned(), self.seed.to_string()));
        Outcome {
            schema: "homolog.infer/1",
            title: "Models of a representational geometry".to_owned(),
            lead: self.lead(found, names),
            json: self.json(found, names),
            columns: vec!["model", "score", "error", "interval", "p > 0", "p = ceiling"],
            rows: found.models.iter().zip(names).map(|(model, name)| self.row(model, name)).collect(),
            notes,
            drawings: vec![self.bars(found, names)],
            provenance,
        }
    }

    fn row(&self, model: &ModelInference, name: &str) -> Vec<Cell> {
        let p = |test: &Option<AdjustedP>| Cell::PValue(test.as_ref().map(|test| self.control.of(test)));
        vec![
            Cell::name(name),
            Cell::number(model.value),
            Cell::number(model.standard_error),
            Cell::Interval(model.interval),
            p(&model.against_zero),
            p(&model.against_ceiling),
        ]
    }

    fn lead(&self, found: &Inference, names: &[String]) -> String {
        let best = found.models.iter().zip(names).max_by(|(a, _), (b, _)| a.value.total_cmp(&b.value));
        let best = best.map_or_else(String::new, |(model, name)| format!("Best: {name}, {:.3}. ", model.value));
        let ceiling =
            found.ceiling.map_or_else(String::new, |(low, high)| format!("Noise ceiling {low:.3} to {high:.3}. "));
        let resampled = found.resampling.map_or("nothing", Resampling::name);
        let of_zero = match found.zero_method == found.method {
            true => String::new(),
            false => format!(", against 0: {}", found.zero_method.name()),
        };
        format!(
            "{best}{ceiling}{} subjects, {} stimuli, {}; resampled: {resampled}; tests: {}{of_zero}.",
            found.n_subjects,
            found.n_stimuli,
            self.comparator.name(),
            found.method.name()
        )
    }

    fn json(&self, found: &Inference, names: &[String]) -> Value {
        let test = |test: &Option<AdjustedP>| test.as_ref().map(adjusted);
        let model = |(model, name): (&ModelInference, &String)| {
            json!({
                "name": name, "value": model.value, "error": model.standard_error,
                "degrees_of_freedom": model.degrees_of_freedom, "interval": model.interval,
                "percentile_interval": model.percentile_interval, "bootstrap_mean": model.bootstrap_mean,
                "per_subject": model.per_subject, "weights": model.weights,
                "against_zero": test(&model.against_zero), "against_ceiling": test(&model.against_ceiling),
                "randomisation": model.randomisation.map(|test| {
                    json!({ "p": test.p, "p_family_wise": test.p_family_wise, "chance": test.chance })
                }),
            })
        };
        let pair = |pair: &PairTest| {
            json!({ "first": names.get(pair.first), "second": names.get(pair.second), "difference": pair.difference,
                "error": pair.standard_error, "degrees_of_freedom": pair.degrees_of_freedom, "test": adjusted(&pair.test) })
        };
        json!({
            "comparator": self.comparator.name(), "n_subjects": found.n_subjects, "n_stimuli": found.n_stimuli,
            "bootstrap": found.resampling.map(Resampling::name), "samples": found.n_samples_used, "seed": self.seed,
            "confidence": self.confidence, "method": found.method.name(), "zero_method": found.zero_method.name(),
            "ceiling": found.ceiling.map(|(lower, upper)| json!({ "lower": lower, "upper": upper })),
            "models": found.models.iter().zip(names).map(model).collect::<Vec<_>>(),
            "pairs": found.pairs.iter().map(pair).collect::<Vec<_>>(),
        })
    }

    fn bars(&self, found: &Inference, names: &[String]) -> Drawing {
        let bar = |(model, name): (&ModelInference, &String)| Bar {
            name: name.clone(),
            value: Some(model.value),
            interval: model.interval,
            subjects: model.per_subject.clone(),
            colour: 0,
        };
        let is_significant =
            |test: &Option<AdjustedP>| test.as_ref().is_some_and(|test| self.control.of(test) < self.significance);
        let rows = [
            ("> 0", found.models.iter().map(|model| is_significant(&model.against_zero)).collect::<Vec<_>>()),
            ("≠ ceiling", found.models.iter().map(|model| is_significant(&model.against_ceiling)).collect()),
        ];
        let different = |pair: &&PairTest| self.control.of(&pair.test) < self.significance;
        let chart = BarChart {
            description: format!("Scores of {} models by {}", names.len(), self.comparator.name()),
            vertical: format!("agreement of RDMs ({})", self.comparator.label()),
            bars: found.models.iter().zip(names).map(bar).collect(),
            ceiling: found.ceiling.map(|(low, high)| Band { name: "noise ceiling".to_owned(), low, high }),
            different: found.pairs.iter().filter(different).map(|pair| (pair.first, pair.second)).collect(),
            pair_marks: PairMarks::Automatic,
            mark_rows: rows
                .into_iter()
                .filter(|(_, holds)| holds.iter().any(|holds| *holds))
                .map(|(name, holds)| MarkRow { name: name.to_owned(), holds })
                .collect(),
        };
        let share = self.confidence * 100.0;
        Drawing {
            name: "scores",
            caption: format!(
                "Mean score over subjects with its {share:.0}% interval; dots are subjects, the band is the noise ceiling. Marks: p < {} ({}).",
                self.significance,
                self.control.words()
            ),
            draw: Box::new(move |width| chart.figure(width)),
        }
    }
}

fn adjusted(test: &AdjustedP) -> Value {
    json!({ "p": test.p, "fdr": test.fdr, "bonferroni": test.bonferroni, "holm": test.holm,
        "max_statistic": test.max_statistic })
}

/// What a --models text asks for, and its file.
fn kind_of(text: &str) -> (Kind, String) {
    let of_kind = |(name, kind): &(&str, Kind)| {
        let file = text.strip_prefix(name)?.strip_prefix(':')?;
        Some((*kind, file.to_owned()))
    };
    KINDS.iter().find_map(of_kind).unwrap_or_else(|| (Kind::Fixed, text.to_owned()))
}

/// The models of one file, with their names.
fn add_models(kind: Kind, stack: &RdmStack, models: &mut Vec<RdmModel>, names: &mut Vec<String>) {
    let rdms: &Array2<f64> = &stack.dissimilarities;
    if kind == Kind::Fixed {
        names.extend_from_slice(&stack.names);
        models.extend(RdmModel::fixed_rows(rdms.view()));
        return;
    }
    let word = KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(name, _)| name);
    names.push(format!("{} ({word})", Location::parse(&stack.input).stem()));
    models.push(match kind {
        Kind::Selected => RdmModel::Selected(rdms.clone()),
        Kind::Interpolated => RdmModel::Interpolated(rdms.clone()),
        Kind::FreelyWeighted => RdmModel::Weighted(rdms.clone(), WeightSign::Free),
        _ => RdmModel::Weighted(rdms.clone(), WeightSign::NonNegative),
    });
}
