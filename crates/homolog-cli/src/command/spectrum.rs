//! `homolog spectrum`: how many dimensions representations use, and how fast their variance falls.

use clap::{Args, ValueEnum};
use homolog::recording::input::{Location, PatternAxis, Patterns};
use homolog::report::Cell;
use homolog::report::figure::{
    FittedPowerLaw, Horizontal, Labels, LineChart, Point, SERIES, Series, Spectrum as Drawn, SpectrumPlot,
};
use homolog_stats::StatsError;
use homolog_stats::gram::Gram;
use homolog_stats::similarity::{
    PowerLaw, PowerLawWeights, cross_validated_variances, effective_dimensionality, fit_power_law, principal_variances,
};
use ndarray::Array2;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::inputs::{InputOptions, aligned_patterns, by_position, left_out, parts, provenance, unread};
use crate::run_options::ComputeOptions;
use crate::showing::{Drawing, Outcome, ShowOptions};

/// The components that Stringer et al. (2019) fit a power law to, as far as there are so many.
const FITTED: (usize, usize) = (11, 500);
/// Fewest components that a power law is fitted to unless they were asked for: three points give a line that says nothing.
const FEWEST_FITTED: usize = 10;

/// How much each component counts in the fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FitWeights {
    /// 1/n, so that each stretch of the logarithmic axis counts alike, as Stringer et al. (2019) fit
    #[default]
    OneOverComponent,
    /// Alike
    Equal,
}

/// How many dimensions representations use, and how fast their variance falls
///
/// For each input (each stage of a recorded folder, each subject, session and time bin): the variances along its principal components, their
/// effective dimensionality (participation ratio), and the exponent of the power law through them (Stringer et al. 2019). With repetitions
/// (--axes stimulus,unit,repetition) the power law is that of the variances which two halves of the repetitions share, to which noise adds nothing.
#[derive(Args)]
pub(crate) struct Spectrum {
    /// Responses: X.npy, X.npz:variable, file.mat:variable, file.nc, file.csv, or a recorded folder (each stage, or FOLDER:stage)
    #[arg(required = true, value_name = "RESPONSES")]
    inputs: Vec<String>,
    /// Components that the power law is fitted to [default: 11:500, or as far as there is variance]
    #[arg(long, value_name = "FIRST:LAST")]
    components: Option<String>,
    /// How much each component counts in the fit
    #[arg(long, value_enum, default_value_t)]
    fit_weights: FitWeights,
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

/// What was found of one representation.
struct Found {
    name: String,
    n_units: usize,
    /// Of the mean over repetitions.
    variances: Vec<f64>,
    /// What two halves of the repetitions share; none without repetitions.
    shared: Option<Vec<f64>>,
    dimensionality: f64,
    fit: Option<((usize, usize), PowerLaw)>,
}

impl Found {
    /// The variances that the power law is of.
    fn fitted(&self) -> &[f64] {
        self.shared.as_deref().unwrap_or(&self.variances)
    }
}

impl Spectrum {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        let range = self.components.as_deref().map(read_range).transpose()?;
        let read = aligned_patterns(&self.input.patterns(&self.inputs)?, self.input.join())?;
        let mut found = Vec::new();
        for patterns in &read {
            let short = Location::parse(&patterns.input).short();
            for (input, part) in parts(patterns) {
                let entry = input.strip_prefix(&patterns.input).unwrap_or_default();
                found.push(self.spectrum_of(format!("{short}{entry}"), &input, &part, range)?);
            }
        }
        let Some(first) = read.first() else {
            return Err(Failure::wrong_input("there are no responses to take a spectrum of"));
        };
        let mut notes: Vec<String> = read.iter().flat_map(left_out).collect();
        notes.extend(by_position(&first.stimuli));
        let without: Vec<&str> = found.iter().filter(|one| one.fit.is_none()).map(|one| one.name.as_str()).collect();
        if let Some(one) = without.first() {
            notes.push(format!(
                "no power law was fitted to {} of {} (first: {one}): there are fewer than {FEWEST_FITTED} components with variance \
                 from the {}th on. --components FIRST:LAST names others",
                without.len(),
                found.len(),
                FITTED.0
            ));
        }
        self.show.show(&self.outcome(&found, first.n_stimuli(), notes))
    }

    fn spectrum_of(
        &self,
        name: String,
        input: &str,
        part: &Patterns,
        range: Option<(usize, usize)>,
    ) -> Result<Found, Failure> {
        let told = |problem: StatsError| Failure::wrong_input(format!("{input}: {problem}"));
        let mean = part.average(PatternAxis::Repetition);
        let matrix = mean.matrix().map_err(|problem| unread(&problem))?;
        let variances = principal_variances(&Gram::of(matrix).map_err(told)?).map_err(told)?;
        let shared = match part.leading.iter().any(|leading| leading.axis == PatternAxis::Repetition) {
            true => {
                let [first, second] = halves(input, part)?;
                Some(cross_validated_variances(first.view(), second.view()).map_err(told)?)
            }
            false => None,
        };
        let weights = match self.fit_weights {
            FitWeights::OneOverComponent => PowerLawWeights::OneOverComponent,
            FitWeights::Equal => PowerLawWeights::Equal,
        };
        let fitted = shared.as_deref().unwrap_or(&variances);
        let range = range.or_else(|| usual_range(fitted));
        let fit = |(first, last)| Ok(((first, last), fit_power_law(fitted, first, last, weights)?));
        let fit = range.map(fit).transpose().map_err(told)?;
        let dimensionality = effective_dimensionality(&variances).map_err(told)?;
        Ok(Found { name, n_units: part.n_units(), variances, shared, dimensionality, fit })
    }

    fn outcome(&self, found: &[Found], n_stimuli: usize, notes: Vec<String>) -> Outcome {
        let row = |one: &Found| {
            vec![
                Cell::name(one.name.clone()),
                Cell::count(one.n_units),
                Cell::number(one.dimensionality),
                Cell::number(one.fit.map(|(_, fit)| fit.exponent)),
                Cell::text(one.fit.map_or_else(|| "-".to_owned(), |((first, last), _)| format!("{first} to {last}"))),
            ]
        };
        let is_shared = found.iter().any(|one| one.shared.is_some());
        let lead = format!(
            "{n_stimuli} stimuli. The effective dimensionality is the participation ratio of the principal variances; the power law is of {}.",
            if is_shared { "the variances that halves of the repetitions share" } else { "the same variances" }
        );
        let inputs: Vec<&str> = self.inputs.iter().map(String::as_str).collect();
        let mut drawings = vec![spectra(found, is_shared)];
        if found.len() > 1 {
            drawings.push(dimensionalities(found));
        }
        Outcome {
            schema: "homolog.spectrum/1",
            title: "How many dimensions, and how fast their variance falls".to_owned(),
            lead,
            json: json!({ "n_stimuli": n_stimuli, "spectra": found.iter().map(spectrum_json).collect::<Vec<_>>(),
                "fit_weights": match self.fit_weights { FitWeights::OneOverComponent => "one-over-component", FitWeights::Equal => "equal" } }),
            columns: vec!["of", "units", "effective dimensionality", "exponent", "fitted components"],
            rows: found.iter().map(row).collect(),
            notes,
            drawings,
            provenance: provenance(&inputs),
        }
    }
}

/// `11:500`.
fn read_range(text: &str) -> Result<(usize, usize), Failure> {
    let numbers = text.split_once(':').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    numbers.filter(|(first, last)| 0 < *first && first < last).ok_or_else(|| {
        Failure::wrong_input(format!(
            "cannot read --components \"{text}\": it needs FIRST:LAST, counted from 1 and the last above the first, such as 11:500"
        ))
    })
}

/// Stringer et al.'s components, as far as there is variance; none where too few are left.
fn usual_range(variances: &[f64]) -> Option<(usize, usize)> {
    let rounding = variances.first().copied().unwrap_or_default() * 1e-12;
    let n_usable = variances.iter().position(|value| *value <= rounding).unwrap_or(variances.len());
    let last = n_usable.min(FITTED.1);
    (last + 1 >= FITTED.0 + FEWEST_FITTED).then_some((FITTED.0, last))
}

/// The mean of every stimulus' first, third, … presentation, and of its second, fourth, ….
fn halves(input: &str, part: &Patterns) -> Result<[Array2<f64>; 2], Failure> {
    let rows = part.observations().map_err(|problem| unread(&problem))?;
    let (n_stimuli, n_units) = (part.n_stimuli(), part.n_units());
    let mut sums = [Array2::<f64>::zeros((n_stimuli, n_units)), Array2::zeros((n_stimuli, n_units))];
    let mut counts = vec![[0_usize; 2]; n_stimuli];
    for (row, &stimulus) in rows.values.rows().into_iter().zip(&rows.stimulus) {
        let half = (counts[stimulus][0] + counts[stimulus][1]) % 2;
        counts[stimulus][half] += 1;
        let mut sum = sums[half].row_mut(stimulus);
        sum += &row;
    }
    if let Some(stimulus) = counts.iter().position(|counts| counts.contains(&0)) {
        return Err(Failure::wrong_input(format!(
            "{input}: stimulus \"{}\" has fewer than two repetitions, and variances are compared between two halves of them. Leave it out, \
             or average the repetitions first",
            part.stimuli.texts().get(stimulus).map_or("", String::as_str)
        )));
    }
    for (half, sum) in sums.iter_mut().enumerate() {
        for (mut row, counts) in sum.rows_mut().into_iter().zip(&counts) {
            row /= counts[half] as f64;
        }
    }
    Ok(sums)
}

fn spectrum_json(one: &Found) -> Value {
    json!({
        "name": one.name, "n_units": one.n_units, "effective_dimensionality": one.dimensionality,
        "power_law": one.fit.map(|((first, last), fit)| json!({ "exponent": fit.exponent, "scale": fit.scale, "components": [first, last] })),
        "cross_validated": one.shared.is_some(), "variances": one.variances, "shared_variances": one.shared,
    })
}

/// Spectra on two logarithmic axes, each as a share of its sum; of many, some that are spread over them.
fn spectra(found: &[Found], is_shared: bool) -> Drawing {
    let shown: Vec<&Found> = match found.len() {
        n if n > SERIES => (0..SERIES).map(|at| &found[at * (n - 1) / (SERIES - 1)]).collect(),
        _ => found.iter().collect(),
    };
    let drawn = |one: &&Found| {
        let sum: f64 = one.fitted().iter().sum();
        let exponent = one.fit.map_or_else(String::new, |(_, fit)| format!(", \u{3b1} = {:.2}", fit.exponent));
        Drawn {
            name: format!("{}{exponent}", one.name),
            variances: one.fitted().iter().map(|value| value / sum).collect(),
            fit: one.fit.map(|((first, last), fit)| FittedPowerLaw {
                first,
                last,
                scale: fit.scale / sum,
                exponent: fit.exponent,
            }),
        }
    };
    let plot = SpectrumPlot {
        description: "Variance along each principal component".to_owned(),
        vertical: if is_shared { "share of the variance that repetitions share" } else { "share of variance" }
            .to_owned(),
        spectra: shown.iter().map(drawn).collect(),
    };
    let some = if shown.len() < found.len() {
        format!(" {} of {} are shown.", shown.len(), found.len())
    } else {
        String::new()
    };
    Drawing {
        name: "spectra",
        caption: format!(
            "Variance along each principal component as a share of all, with the power law n^\u{2212}\u{3b1} over the components that it was fitted to.{some}"
        ),
        draw: Box::new(move |width| plot.figure(width)),
    }
}

/// The effective dimensionality of each input, in their order.
fn dimensionalities(found: &[Found]) -> Drawing {
    let names: Vec<String> =
        found.iter().map(|one| one.name.rsplit(':').next().unwrap_or(&one.name).to_owned()).collect();
    let point = |(at, one): (usize, &Found)| Point {
        position: at as f64,
        value: Some(one.dimensionality),
        error: None,
        name: one.name.clone(),
    };
    let chart = LineChart {
        description: "Effective dimensionality of each representation".to_owned(),
        vertical: "effective dimensionality".to_owned(),
        horizontal: Horizontal { title: String::new(), labels: Labels::Names(names) },
        series: vec![Series { name: String::new(), points: found.iter().enumerate().map(point).collect() }],
        band: None,
    };
    Drawing {
        name: "dimensionality",
        caption: "Effective dimensionality (participation ratio of the principal variances) of each input in turn."
            .to_owned(),
        draw: Box::new(move |width| chart.figure(width)),
    }
}
