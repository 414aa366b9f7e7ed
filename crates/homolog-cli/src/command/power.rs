//! `homolog power`: how large an experiment has to be to tell models apart.

use clap::Args;
use homolog::recording::StimulusJoin;
use homolog::recording::input::RdmStack;
use homolog::report::Cell;
use homolog::report::figure::{ColourMap, Curve, CurveChart, CurvePoint, LabelledMatrix, Reference, Spacing};
use homolog_stats::StatsError;
use homolog_stats::comparator::Comparator;
use homolog_stats::inference::{
    FEWEST_STIMULI_TO_RESAMPLE, FEWEST_SUBJECTS_TO_RESAMPLE, InferenceSettings, Resampling,
};
use homolog_stats::power::{
    Design, DesignPower, ModelRecovery, PowerSettings, Simulation, model_recovery, noise_to_signal_of_rdms,
    power_to_tell_apart,
};
use homolog_stats::random::Rng;
use ndarray::{Array2, Axis, concatenate};
use serde_json::json;

use crate::exit::Failure;
use crate::inputs::{aligned_rdms, by_position, provenance};
use crate::run_options::{ComputeOptions, StimuliChoice};
use crate::showing::{Drawing, Outcome, ShowOptions};

/// How large an experiment has to be to tell two models apart
///
/// Experiments are simulated from the true model's geometry with the noise of a pilot (--pilot) or with a stated one (--noise-to-signal), and analysed as
/// `homolog infer` will analyse the real one. With --recovery, which of all models wins when each is true in turn.
#[derive(Args)]
pub(crate) struct Power {
    /// Model matrices of squared distances (1 - r is one up to a factor), two or more; may be repeated
    #[arg(long, required = true, value_name = "FILE")]
    models: Vec<String>,
    /// Which model is true, counting from 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    truth: usize,
    /// Which model is its rival, counting from 1
    #[arg(long, value_name = "N", default_value_t = 2)]
    rival: usize,
    /// Subjects' matrices of a pilot, from which the noise is taken; a repetition then is as much measurement as the pilot made
    #[arg(long, value_name = "FILE", conflicts_with = "noise_to_signal", required_unless_present = "noise_to_signal")]
    pilot: Option<String>,
    /// Variance of one repetition's noise over that of the signal
    #[arg(long, value_name = "RATIO")]
    noise_to_signal: Option<f64>,
    /// Variance of what is each subject's own over that of the signal
    #[arg(long, value_name = "RATIO", default_value_t = 0.0)]
    own_to_signal: f64,
    /// Measured units of each subject
    #[arg(long, value_name = "N", default_value_t = 100)]
    units: usize,
    /// Numbers of subjects to try
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_value = "5,10,20")]
    subjects: Vec<usize>,
    /// Numbers of stimuli to try [default: as many as the models have]
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    stimuli: Vec<usize>,
    /// Numbers of repetitions to try
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_value = "1")]
    repetitions: Vec<usize>,
    /// Simulated experiments of each design
    #[arg(long, value_name = "N", default_value_t = 100)]
    experiments: usize,
    /// How matrices are compared
    #[arg(long, value_name = "NAME", default_value = "spearman")]
    comparator: Comparator,
    /// What is resampled in each experiment: subjects, stimuli, both
    #[arg(long, value_name = "NAME", default_value = "both")]
    bootstrap: Resampling,
    /// Bootstrap samples in each experiment
    #[arg(long, value_name = "N", default_value_t = 200)]
    samples: usize,
    /// Models count as told apart when p is at most this
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    significance: f64,
    /// Simulate each model in turn and count which wins, in the largest of the designs
    #[arg(long)]
    recovery: bool,
    /// What to do with stimuli that only some inputs have
    #[arg(long, value_enum, default_value_t)]
    join: StimuliChoice,
    /// Seed of the simulations
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

impl Power {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        let told = |problem: StatsError| Failure::from_error(&problem);
        let pilot: Vec<String> = self.pilot.iter().cloned().collect();
        let groups = aligned_rdms(&[&self.models, &pilot], StimulusJoin::from(self.join))?;
        let models = joined(groups.first().map_or(&[], Vec::as_slice));
        let names: Vec<String> = (1..=models.nrows()).map(|model| format!("model {model}")).collect();
        let (truth, rival) = (self.row(self.truth, &models)?, self.row(self.rival, &models)?);
        let rng = Rng::new(self.seed);
        let noise_to_signal = match (self.noise_to_signal, groups.get(1).filter(|stacks| !stacks.is_empty())) {
            (Some(ratio), _) => ratio,
            (None, Some(pilot)) => {
                let pilot = joined(pilot);
                let row = models.row(truth);
                noise_to_signal_of_rdms(pilot.view(), row, self.units, self.comparator, &rng.stream(u64::MAX))
                    .map_err(told)?
            }
            (None, None) => {
                return Err(Failure::wrong_input("the noise is not known: pass --pilot or --noise-to-signal"));
            }
        };
        let simulation = Simulation { n_units: self.units, noise_to_signal, own_to_signal: self.own_to_signal };
        let n_all = groups.first().and_then(|stacks| stacks.first()).map_or(0, RdmStack::n_stimuli);
        let designs = self.designs(n_all);
        let settings = PowerSettings {
            inference: InferenceSettings {
                comparator: self.comparator,
                resampling: self.bootstrap,
                n_samples: self.samples,
                ..InferenceSettings::default()
            },
            significance: self.significance,
            n_experiments: self.experiments,
        };
        let found = power_to_tell_apart((models.row(truth), models.row(rival)), &designs, &simulation, &settings, &rng)
            .map_err(told)?;
        let largest = designs.iter().max_by_key(|design| (design.n_subjects, design.n_stimuli, design.n_repetitions));
        let recovery = match largest.filter(|_| self.recovery) {
            Some(design) => Some(
                model_recovery(models.view(), design, &simulation, self.comparator, self.experiments, &rng)
                    .map_err(told)?,
            ),
            None => None,
        };
        let stimuli = groups.first().and_then(|stacks| stacks.first()).map(|stack| &stack.stimuli);
        let mut notes: Vec<String> = stimuli.and_then(by_position).into_iter().collect();
        notes.extend(self.remarks(&designs));
        self.show.show(&self.outcome(&found, recovery.as_ref(), &names, noise_to_signal, notes))
    }

    /// What is tested otherwise than was asked, because a design is too small to resample.
    fn remarks(&self, designs: &[Design]) -> Vec<String> {
        let few_subjects = designs.iter().any(|design| design.n_subjects < FEWEST_SUBJECTS_TO_RESAMPLE);
        let few_stimuli = designs.iter().any(|design| design.n_stimuli < FEWEST_STIMULI_TO_RESAMPLE);
        let mut remarks = Vec::new();
        if few_subjects && !matches!(self.bootstrap, Resampling::Stimuli) {
            remarks.push(format!(
                "designs of fewer than {FEWEST_SUBJECTS_TO_RESAMPLE} subjects cannot resample them and are tested over stimuli alone, as `infer` does: \
                 their power is for these subjects only"
            ));
        }
        if few_stimuli && !matches!(self.bootstrap, Resampling::Subjects) {
            remarks.push(format!(
                "designs of fewer than {FEWEST_STIMULI_TO_RESAMPLE} stimuli cannot resample them and are tested over subjects alone, as `infer` does: \
                 their power is for these stimuli only"
            ));
        }
        remarks
    }

    fn row(&self, number: usize, models: &Array2<f64>) -> Result<usize, Failure> {
        number.checked_sub(1).filter(|row| *row < models.nrows()).ok_or_else(|| {
            Failure::wrong_input(format!("there is no model {number}: --models has {}, counted from 1", models.nrows()))
        })
    }

    fn designs(&self, n_all: usize) -> Vec<Design> {
        let stimuli = if self.stimuli.is_empty() { vec![n_all] } else { self.stimuli.clone() };
        let mut designs = Vec::new();
        for &n_repetitions in &self.repetitions {
            for &n_stimuli in &stimuli {
                designs.extend(self.subjects.iter().map(|&n_subjects| Design { n_subjects, n_stimuli, n_repetitions }));
            }
        }
        designs
    }

    fn outcome(
        &self,
        found: &[DesignPower],
        recovery: Option<&ModelRecovery>,
        names: &[String],
        noise_to_signal: f64,
        notes: Vec<String>,
    ) -> Outcome {
        let row = |one: &DesignPower| {
            vec![
                Cell::count(one.design.n_subjects),
                Cell::count(one.design.n_stimuli),
                Cell::count(one.design.n_repetitions),
                Cell::number(one.power),
                Cell::number(one.standard_error),
                Cell::number(one.wrong),
            ]
        };
        let design = |one: &DesignPower| {
            json!({ "n_subjects": one.design.n_subjects, "n_stimuli": one.design.n_stimuli,
                "n_repetitions": one.design.n_repetitions, "power": one.power, "error": one.standard_error,
                "wrong": one.wrong, "mean_difference": one.mean_difference })
        };
        let mut drawings = vec![self.curves(found)];
        drawings.extend(recovery.map(|recovery| recovery_drawing(recovery, names)));
        let mut files: Vec<&str> = self.models.iter().map(String::as_str).collect();
        files.extend(self.pilot.as_deref());
        let mut provenance = provenance(&files);
        provenance.push(("Seed".to_owned(), self.seed.to_string()));
        Outcome {
            schema: "homolog.power/1",
            title: "How large an experiment?".to_owned(),
            lead: format!(
                "Simulated: model {} true, model {} its rival, noise-to-signal {noise_to_signal:.3}, {} experiments of each design.",
                self.truth, self.rival, self.experiments
            ),
            json: json!({
                "truth": self.truth, "rival": self.rival, "noise_to_signal": noise_to_signal, "seed": self.seed,
                "experiments": self.experiments, "designs": found.iter().map(design).collect::<Vec<_>>(),
                "recovery": recovery.map(|recovery| {
                    json!({ "accuracy": recovery.accuracy(),
                        "shares": recovery.shares.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>() })
                }),
            }),
            columns: vec!["subjects", "stimuli", "repetitions", "power", "error", "wrong"],
            rows: found.iter().map(row).collect(),
            notes,
            drawings,
            provenance,
        }
    }

    /// Power against subjects, a curve for each number of stimuli and repetitions.
    fn curves(&self, found: &[DesignPower]) -> Drawing {
        let mut curves: Vec<Curve> = Vec::new();
        for one in found {
            let name = format!("{} stimuli, {} repetitions", one.design.n_stimuli, one.design.n_repetitions);
            let at = curves.iter().position(|curve| curve.name == name).unwrap_or_else(|| {
                curves.push(Curve { name, ..Curve::default() });
                curves.len() - 1
            });
            let place = one.design.n_subjects as f64;
            let interval = Some((one.power - one.standard_error, one.power + one.standard_error));
            if let Some(curve) = curves.get_mut(at) {
                curve.line.push((place, one.power));
                curve.points.push(CurvePoint { place, value: one.power, interval });
            }
        }
        let chart = CurveChart {
            description: "Power against the number of subjects".to_owned(),
            title: String::new(),
            vertical: "share of experiments that find the true model better".to_owned(),
            horizontal: "subjects".to_owned(),
            spacing: Spacing::Linear,
            range: Some((0.0, 1.0)),
            curves,
            ceiling: Vec::new(),
            references: vec![Reference::Level { value: 0.8, name: "0.8".to_owned() }],
        };
        Drawing {
            name: "power",
            caption: format!(
                "Share of simulated experiments in which the true model is better at p ≤ {}, with its standard error.",
                self.significance
            ),
            draw: Box::new(move |width| chart.figure(width)),
        }
    }
}

fn joined(stacks: &[RdmStack]) -> Array2<f64> {
    let views: Vec<_> = stacks.iter().map(|stack| stack.dissimilarities.view()).collect();
    concatenate(Axis(0), &views).unwrap_or_default()
}

fn recovery_drawing(recovery: &ModelRecovery, names: &[String]) -> Drawing {
    let matrix = LabelledMatrix {
        description: "Which model wins when each is true".to_owned(),
        rows: "data simulated from".to_owned(),
        columns: "model that won".to_owned(),
        row_names: names.to_vec(),
        column_names: names.to_vec(),
        values: recovery.shares.clone(),
        range: (0.0, 1.0),
        map: ColourMap::Viridis,
        value: "share of experiments".to_owned(),
        decimals: 2,
    };
    Drawing {
        name: "recovery",
        caption: "Of experiments simulated from the model of a row, the share that the model of a column wins."
            .to_owned(),
        draw: Box::new(move |width| matrix.figure(width)),
    }
}
