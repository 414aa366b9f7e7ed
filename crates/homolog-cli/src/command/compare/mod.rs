//! `homolog compare`: how alike representations are, by their dissimilarity matrices or by their responses.

mod several;

use clap::Args;
use homolog::recording::input::{Location, PatternAxis, Patterns, RdmStack};
use homolog::report::Cell;
use homolog::report::figure::{ColourMap, LabelledMatrix};
use homolog_stats::StatsError;
use homolog_stats::comparator::{Comparator, GeometryComparator, compare_geometries, compare_rdms};
use homolog_stats::gram::Gram;
use homolog_stats::noise_ceiling::{CeilingConvention, noise_ceiling};
use homolog_stats::similarity::{
    CkaEstimate, angular_shape_distance, linear_cka, partly_whitened_shape_distance, pwcca, rbf_cka,
    soft_matching_correlation, squared_procrustes_distance, svcca,
};
use ndarray::{Array2, ArrayView2, Axis, concatenate};
use serde_json::json;

use crate::exit::Failure;
use crate::inputs::{InputOptions, aligned_patterns, aligned_rdms, by_position, left_out, provenance};
use crate::run_options::ComputeOptions;
use crate::showing::{Drawing, Outcome, ShowOptions};
use several::Weights;

/// Share of variance that the principal components of SVCCA and PWCCA keep, as Raghu et al. (2017) do.
const KEPT_SHARE: f64 = 0.99;

/// Width of the RBF kernel as a part of the median distance, as Kornblith et al. (2019) have it.
const RBF_WIDTH: f64 = 1.0;

/// A number that says how alike the responses of two systems are, each stimuli × units.
type OfResponses = fn(ArrayView2<'_, f64>, ArrayView2<'_, f64>) -> Result<f64, StatsError>;

/// The same, of a measure with a setting of its own.
type CompareTwo<'a> = dyn Fn(ArrayView2<'_, f64>, ArrayView2<'_, f64>) -> Result<f64, StatsError> + 'a;

/// Every row of one set of matrices with every row of another.
type CompareAll<'a> = dyn Fn(ArrayView2<'_, f64>, ArrayView2<'_, f64>) -> Result<Array2<f64>, StatsError> + 'a;

/// The similarities of responses, by name.
const OF_RESPONSES: [(&str, OfResponses); 8] = [
    ("cka", |a, b| linear_cka(&Gram::of(a)?, &Gram::of(b)?, CkaEstimate::Biased)),
    ("debiased-cka", |a, b| linear_cka(&Gram::of(a)?, &Gram::of(b)?, CkaEstimate::Debiased)),
    ("rbf-cka", |a, b| rbf_cka(&Gram::of(a)?, &Gram::of(b)?, RBF_WIDTH, CkaEstimate::Biased)),
    ("svcca", |a, b| svcca(a, b, KEPT_SHARE)),
    ("pwcca", |a, b| pwcca(a, b, KEPT_SHARE)),
    ("squared-procrustes-distance", |a, b| squared_procrustes_distance(a, b)),
    ("angular-shape-distance", |a, b| angular_shape_distance(a, b)),
    ("soft-matching-correlation", |a, b| soft_matching_correlation(a, b)),
];

/// What the name of an angular shape distance after partial whitening begins with; its alpha follows.
const PARTLY_WHITENED: &str = "angular-shape-distance:";

/// How a pair of inputs is compared.
#[derive(Clone, Copy)]
enum Measure {
    Rdms(Comparator),
    Geometries(GeometryComparator),
    Responses(&'static str, OfResponses),
    /// The angular shape distance after whitening all but this part.
    PartlyWhitened(f64),
}

impl std::str::FromStr for Measure {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if let Some((name, measure)) = OF_RESPONSES.iter().find(|(known, _)| *known == name) {
            return Ok(Self::Responses(name, *measure));
        }
        if let Some(alpha) = name.strip_prefix(PARTLY_WHITENED) {
            let found = alpha.parse::<f64>().ok().filter(|alpha| (0.0..=1.0).contains(alpha));
            return found.map(Self::PartlyWhitened).ok_or_else(|| {
                format!("cannot read \"{name}\": {PARTLY_WHITENED} takes the part that is not whitened, from 0 to 1, such as {PARTLY_WHITENED}0.5")
            });
        }
        if let Ok(geometry) = name.parse() {
            return Ok(Self::Geometries(geometry));
        }
        Comparator::from_name(name).map(Self::Rdms).map_err(|problem| {
            let of_responses: Vec<&str> = OF_RESPONSES.iter().map(|(name, _)| *name).collect();
            let of_geometries = GeometryComparator::ALL.map(GeometryComparator::name);
            format!(
                "{problem}. Of squared distances: {}. Of responses: {}",
                of_geometries.join(", "),
                of_responses.join(", ")
            )
        })
    }
}

/// How alike representations are, by dissimilarity matrices or by responses
///
/// With a comparator of RDMs (cosine, pearson, spearman, rho-a, tau-a, tau-b, whitened-cosine, whitened-pearson; of squared distances also
/// bures-similarity, squared-bures-distance, negative-riemannian-distance) the inputs are stacks of dissimilarity matrices; with a similarity of responses (cka, debiased-cka, rbf-cka, svcca, pwcca, squared-procrustes-distance,
/// angular-shape-distance, angular-shape-distance:ALPHA with all but ALPHA whitened, soft-matching-correlation) they are responses to the same stimuli. --partial and --regression take several model matrices at
/// once: what one explains beside the others.
#[derive(Args)]
pub(crate) struct Compare {
    /// Dissimilarity matrices or responses; every one is compared with every one of --with, or with each other
    #[arg(required = true, value_name = "FILE")]
    inputs: Vec<String>,
    /// What they are compared with; may be repeated
    #[arg(long, value_name = "FILE")]
    with: Vec<String>,
    /// The comparator
    #[arg(long, value_name = "NAME", default_value = "spearman")]
    by: Measure,
    /// Matrices that both sides are freed of before they are correlated (partial correlation); may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "regression")]
    partial: Vec<String>,
    /// Explain each matrix of --with by all inputs together, with these weights: what they explain jointly, and each alone
    #[arg(long, value_enum, value_name = "WEIGHTS", num_args = 0..=1, default_missing_value = "free")]
    regression: Option<Weights>,
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

/// Everything that was compared: names along both sides, and the numbers.
struct Compared {
    rows: Vec<String>,
    columns: Vec<String>,
    values: Array2<f64>,
    notes: Vec<String>,
    /// Lower and upper, of the matrices that were compared with, where there are several.
    ceiling: Option<(f64, f64)>,
}

impl Compare {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        let compared = match (self.by, self.regression) {
            (Measure::Rdms(comparator), regression) => {
                self.refuse_response_options()?;
                if let Some(weights) = regression {
                    return self.show.show(&self.regression(comparator, weights)?);
                }
                if self.partial.is_empty() { self.rdms(comparator)? } else { self.partial(comparator)? }
            }
            (Measure::Geometries(comparator), None) if self.partial.is_empty() => {
                self.refuse_response_options()?;
                self.matrices(&|left, right| compare_geometries(left, right, comparator))?.0
            }
            (Measure::Responses(_, measure), None) if self.partial.is_empty() => self.responses(&measure)?,
            (Measure::PartlyWhitened(alpha), None) if self.partial.is_empty() => {
                self.responses(&|left, right| partly_whitened_shape_distance(left, right, alpha))?
            }
            _ => {
                return Err(Failure::wrong_input(
                    "--partial and --regression take several dissimilarity matrices at once, which is by pearson or spearman: pass --by either",
                ));
            }
        };
        self.show.show(&self.outcome(compared))
    }

    /// What the numbers are, as the user names it and as readers do.
    fn names(&self) -> (String, String) {
        match self.by {
            Measure::Rdms(comparator) if self.partial.is_empty() => {
                (comparator.name().to_owned(), comparator.label().to_owned())
            }
            Measure::Rdms(comparator) => {
                (comparator.name().to_owned(), format!("partial correlation ({})", comparator.label()))
            }
            Measure::Geometries(comparator) => (comparator.name().to_owned(), comparator.name().replace('-', " ")),
            Measure::Responses(name, _) => (name.to_owned(), name.replace('-', " ")),
            Measure::PartlyWhitened(alpha) => {
                (format!("{PARTLY_WHITENED}{alpha}"), format!("angular shape distance (\u{3b1} = {alpha})"))
            }
        }
    }

    /// Dissimilarity matrices have neither axes to name nor missing responses.
    fn refuse_response_options(&self) -> Result<(), Failure> {
        match self.input.of_responses_given() {
            Some(option) => Err(Failure::wrong_input(format!(
                "{option} says nothing to dissimilarity matrices, which --by compares here: it is for similarities of responses, such as cka"
            ))),
            None => Ok(()),
        }
    }

    fn rdms(&self, comparator: Comparator) -> Result<Compared, Failure> {
        let (mut compared, right) = self.matrices(&|left, right| compare_rdms(left, right, comparator))?;
        if !self.with.is_empty() && right.nrows() > 1 {
            let found = noise_ceiling(right.view(), comparator, CeilingConvention::PooledRdm);
            let found = found.map_err(|problem| Failure::from_error(&problem))?;
            compared.ceiling = Some((found.lower, found.upper));
        }
        Ok(compared)
    }

    /// Every matrix with every one of the other side, which is returned too.
    fn matrices(&self, compare: &CompareAll<'_>) -> Result<(Compared, Array2<f64>), Failure> {
        let groups = aligned_rdms(&[&self.inputs, &self.with], self.input.join())?;
        let left = together(groups.first().map_or(&[], Vec::as_slice));
        let right =
            groups.get(1).filter(|stacks| !stacks.is_empty()).map_or_else(|| left.clone(), |stacks| together(stacks));
        let values = compare(left.1.view(), right.1.view()).map_err(|problem| Failure::from_error(&problem))?;
        let stimuli = groups.first().and_then(|stacks| stacks.first()).map(|stack| &stack.stimuli);
        let notes = stimuli.and_then(by_position).into_iter().collect();
        Ok((Compared { rows: left.0, columns: right.0, values, notes, ceiling: None }, right.1))
    }

    fn responses(&self, measure: &CompareTwo<'_>) -> Result<Compared, Failure> {
        let read = |texts: &[String]| {
            let found = self.input.patterns(texts)?;
            Ok::<_, Failure>(found.iter().map(|patterns| patterns.average(PatternAxis::Repetition)).collect::<Vec<_>>())
        };
        let mut all = read(&self.inputs)?;
        let n_left = all.len();
        all.extend(read(&self.with)?);
        let all = aligned_patterns(&all, self.input.join())?;
        let matrices = all.iter().map(Patterns::matrix).collect::<Result<Vec<_>, _>>();
        let matrices = matrices.map_err(|problem| crate::inputs::unread(&problem))?;
        let named: Vec<(&Patterns, ArrayView2<'_, f64>)> = all.iter().zip(matrices).collect();
        let (left, right) = named.split_at(n_left);
        let right = if right.is_empty() { left } else { right };
        let mut values = Array2::zeros((left.len(), right.len()));
        for (row, (a, responses)) in left.iter().enumerate() {
            for (column, (b, others)) in right.iter().enumerate() {
                values[[row, column]] = measure(*responses, *others)
                    .map_err(|problem| Failure::wrong_input(format!("{} and {}: {problem}", a.input, b.input)))?;
            }
        }
        let names = |side: &[(&Patterns, ArrayView2<'_, f64>)]| {
            side.iter().map(|(patterns, _)| Location::parse(&patterns.input).short()).collect::<Vec<_>>()
        };
        let (rows, columns) = (names(left), names(right));
        let mut notes: Vec<String> = all.iter().flat_map(left_out).collect();
        notes.extend(all.first().and_then(|patterns| by_position(&patterns.stimuli)));
        Ok(Compared { rows, columns, values, notes, ceiling: None })
    }

    fn outcome(&self, compared: Compared) -> Outcome {
        let (name, label) = self.names();
        let Compared { rows, columns, values, notes, ceiling } = compared;
        let mut listed = Vec::new();
        let mut scores = Vec::new();
        for ((row, column), value) in values.indexed_iter() {
            if self.with.is_empty() && column <= row && rows.len() > 1 {
                continue;
            }
            listed.push(vec![Cell::name(rows[row].clone()), Cell::name(columns[column].clone()), Cell::number(*value)]);
            scores.push(json!({ "first": rows[row], "second": columns[column], "value": value }));
        }
        let ends = values.iter().fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(*value), high.max(*value)));
        let matrix = LabelledMatrix {
            description: format!("{label} of each pair"),
            rows: String::new(),
            columns: String::new(),
            row_names: rows.clone(),
            column_names: columns.clone(),
            values: values.clone(),
            range: (ends.0.min(0.0), ends.1.max(1.0)),
            map: ColourMap::Viridis,
            value: label.clone(),
            decimals: 2,
        };
        let files: Vec<&str> = self.inputs.iter().chain(&self.with).chain(&self.partial).map(String::as_str).collect();
        let lead = ceiling.map_or_else(String::new, |(low, high)| {
            format!("Noise ceiling of the {} matrices compared with: {low:.3} to {high:.3}.", columns.len())
        });
        Outcome {
            schema: "homolog.compare/1",
            title: "How alike are these representations?".to_owned(),
            lead,
            json: json!({ "by": name, "partial": self.partial, "rows": rows, "columns": columns,
                "values": values.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>(), "pairs": scores,
                "ceiling": ceiling.map(|(lower, upper)| json!({ "lower": lower, "upper": upper })) }),
            columns: vec!["first", "second", "value"],
            rows: listed,
            notes,
            drawings: vec![Drawing {
                name: "similarity",
                caption: format!("{label} of each pair."),
                draw: Box::new(move |width| matrix.figure(width)),
            }],
            provenance: provenance(&files),
        }
    }
}

/// The matrices of several stacks below each other, with their names.
fn together(stacks: &[RdmStack]) -> (Vec<String>, Array2<f64>) {
    let names = stacks.iter().flat_map(|stack| stack.names.iter().cloned()).collect();
    let rows: Vec<_> = stacks.iter().map(|stack| stack.dissimilarities.view()).collect();
    (names, concatenate(Axis(0), &rows).unwrap_or_default())
}
