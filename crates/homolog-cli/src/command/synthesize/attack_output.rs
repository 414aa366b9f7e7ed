//! What `homolog synthesize adversarial` leaves: curves, a transfer matrix, pictures, tables.

use std::fmt::Write as _;
use std::io::Write as _;

use homolog::inside::optimise::Ended;
use homolog::inside::picture::{Cell, pictures};
use homolog::report::figure::{
    ColourMap, Curve, CurveChart, CurvePoint, Figure, LabelledMatrix, Reference, Spacing, short_model_names,
};
use homolog::stimuli::{Image, Preprocessing};
use homolog::synthesis::adversarial::{Attack, Attacked, Norm, Strength};
use serde_json::{Value, json};

use super::adversarial::difference;
use super::making::{extended, stem};
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance, trajectory_chart};
use crate::table::{Align, Table, printed};

/// Pixels across of a figure.
const FIGURE_PX: f64 = 480.0;

/// What came of one attack.
pub(super) struct OfAttack {
    pub(super) attack: Attack,
    /// Of the first network, for each budget.
    pub(super) strengths: Vec<Strength>,
    /// Of the first network.
    pub(super) attacked: Vec<Attacked>,
    /// The accuracy by attacked network, budget and network that is shown; empty with one network.
    pub(super) transfer: Vec<Vec<Vec<f64>>>,
    /// Pictures of the first images: unchanged, then for each budget.
    pub(super) shown: Vec<Vec<Image>>,
}

/// Where results go and what they are of.
pub(super) struct Report<'a> {
    pub(super) out: PictureFolder<'a>,
    pub(super) models: &'a [Model],
    pub(super) preprocessing: Option<&'a Preprocessing>,
    pub(super) labels: &'a str,
    pub(super) seed: u64,
    pub(super) n_images: usize,
}

impl Report<'_> {
    /// Writes everything, and prints a table or the JSON.
    pub(super) fn write(&self, done: &[OfAttack], as_json: bool) -> Result<(), Failure> {
        for (norm, name) in [(Norm::Linf, "accuracy-linf"), (Norm::L2, "accuracy-l2")] {
            let of_norm: Vec<&OfAttack> = done.iter().filter(|one| one.attack.norm() == norm).collect();
            if !of_norm.is_empty() {
                self.put_figure(name, &accuracy_chart(norm, &of_norm).figure(FIGURE_PX))?;
            }
        }
        let mut results = Vec::new();
        for one in done {
            results.push(self.of_attack(one)?);
        }
        self.out.put("adversarial.csv", table_of_images(done).as_bytes())?;
        let Some(model) = self.models.first() else { return Ok(()) };
        let more = json!({ "labels": self.labels, "n_images": self.n_images, "seed": self.seed, "results": results,
            "transfer_models": self.models.iter().skip(1).map(|model| json!({ "model": model.name, "weights_sha256": model.weights_sha256 })).collect::<Vec<_>>() });
        let report = extended(provenance("synthesize-adversarial", model, self.preprocessing), &more);
        self.out.put("adversarial.json", format!("{report:#}\n").as_bytes())?;
        if as_json {
            return printed(|out| writeln!(out, "{report:#}"));
        }
        printed(|out| {
            printed_table(done).write(out)?;
            writeln!(out, "\nin {}", self.out.path().display())
        })
    }

    fn put_figure(&self, name: &str, figure: &Figure) -> Result<(), Failure> {
        self.out.put(&format!("{name}.svg"), figure.standalone().as_bytes())?;
        self.out.put(&format!("{name}.png"), &figure.png().map_err(|problem| Failure::from_error(&problem))?)
    }

    /// The pictures, the trajectory and the transfer of one attack, and its part of the JSON.
    fn of_attack(&self, one: &OfAttack) -> Result<Value, Failure> {
        let name = one.attack.name();
        let mean = mean_trajectory(one);
        if !mean.is_empty() {
            self.put_figure(
                &format!("{name}-trajectory"),
                &trajectory_chart(&format!("loss of {name}, mean over images"), &mean).figure(FIGURE_PX),
            )?;
        }
        let (mut cells, mut files) = (Vec::new(), Vec::new());
        for (attacked, shown) in one.attacked.iter().zip(&one.shown) {
            let (Some(clean), Some(changed), Some(outcome)) = (shown.first(), shown.last(), attacked.outcomes.last())
            else {
                continue;
            };
            let file = format!("{}-{name}.png", stem(&attacked.id));
            self.out.put_picture(&file, changed)?;
            files.push(file);
            let magnified = pictures(&difference(clean, changed)).map_err(|problem| Failure::from_error(&problem))?;
            let class = |class: usize| format!("class {class}");
            let size = match one.attack.norm() {
                Norm::Linf => format!("L-inf {:.2}/255", 255.0 * outcome.linf),
                Norm::L2 => format!("L2 {:.3}", outcome.l2),
            };
            cells
                .push(Cell { picture: clean.clone(), caption: vec![short(&attacked.id), class(attacked.clean_class)] });
            cells.push(Cell { picture: changed.clone(), caption: vec![name.to_owned(), class(outcome.class_rounded)] });
            cells.extend(
                magnified
                    .into_iter()
                    .map(|picture| Cell { picture, caption: vec!["difference * 10".to_owned(), size.clone()] }),
            );
        }
        let sheet = format!("{name}-sheet.png");
        if !cells.is_empty() {
            self.out.put_sheet_of(&sheet, &cells, 6)?;
        }
        let transfer = self.put_transfer(one)?;
        let n_not_finite = one
            .attacked
            .iter()
            .filter(|one| one.outcomes.iter().any(|outcome| matches!(outcome.ended, Ended::NotFinite { .. })))
            .count();
        Ok(json!({
            "attack": name, "settings": format!("{:?}", one.attack), "norm": one.attack.norm().name(), "files": files,
            "sheet": (!cells.is_empty()).then_some(sheet), "n_not_finite": n_not_finite, "transfer": transfer, "mean_trajectory": mean,
            "strengths": one.strengths.iter().map(|at| json!({ "budget": at.budget, "accuracy": at.accuracy,
                "accuracy_rounded": at.accuracy_rounded, "success": at.success, "median_l2": at.median_l2 })).collect::<Vec<_>>(),
        }))
    }

    /// The accuracy of every network on what was made for every network, at the budget at which the attacked ones are nearest to half
    /// right, so that there is something to see.
    fn put_transfer(&self, one: &OfAttack) -> Result<Value, Failure> {
        let n = one.transfer.len();
        if n < 2 {
            return Ok(Value::Null);
        }
        let own = |place: usize| {
            let of = |network: usize| one.transfer.get(network)?.get(place)?.get(network).copied();
            (0..n).filter_map(of).sum::<f64>() / n as f64
        };
        let places = 0..one.strengths.len();
        let place = places.min_by(|a, b| (own(*a) - 0.25).abs().total_cmp(&(own(*b) - 0.25).abs())).unwrap_or(0);
        let budget = one.strengths.get(place).map_or(0.0, |at| at.budget);
        let names = short_model_names(&self.models.iter().map(|model| model.name.clone()).collect::<Vec<_>>());
        let value = |(row, column): (usize, usize)| {
            let accuracy = one.transfer.get(row).and_then(|budgets| budgets.get(place)?.get(column).copied());
            accuracy.unwrap_or(f64::NAN)
        };
        let matrix = LabelledMatrix {
            description: format!(
                "Accuracy of each network on images made by {} against each network",
                one.attack.name()
            ),
            rows: "made against".to_owned(),
            columns: "shown to".to_owned(),
            row_names: names.clone(),
            column_names: names,
            values: ndarray::Array2::from_shape_fn((n, n), value),
            range: (0.0, 1.0),
            map: ColourMap::WhiteToBlue,
            value: format!("accuracy at {}", budget_in_words(one.attack.norm(), budget)),
            decimals: 2,
        };
        let name = format!("{}-transfer", one.attack.name());
        self.put_figure(&name, &matrix.figure(FIGURE_PX))?;
        Ok(json!({ "shown_budget": budget, "accuracy_by_attacked_by_budget_by_shown": one.transfer }))
    }
}

fn accuracy_chart(norm: Norm, of_norm: &[&OfAttack]) -> CurveChart {
    let factor = if norm == Norm::Linf { 255.0 } else { 1.0 };
    let curve = |one: &&OfAttack| {
        let line: Vec<(f64, f64)> = one.strengths.iter().map(|at| (factor * at.budget, at.accuracy)).collect();
        let point = |(place, value): &(f64, f64)| CurvePoint { place: *place, value: *value, interval: None };
        let points = line.iter().map(point).collect();
        Curve { name: one.attack.name().to_owned(), line, points, ..Curve::default() }
    };
    CurveChart {
        description: "Accuracy against the strength of the attack".to_owned(),
        title: String::new(),
        vertical: "accuracy".to_owned(),
        horizontal: match norm {
            Norm::Linf => "largest change of a pixel (levels of 255)".to_owned(),
            Norm::L2 => "length of the change (L2, pixels from 0 to 1)".to_owned(),
        },
        spacing: Spacing::Linear,
        range: Some((0.0, 1.0)),
        curves: of_norm.iter().map(curve).collect(),
        ceiling: Vec::new(),
        references: Vec::<Reference>::new(),
    }
}

fn budget_in_words(norm: Norm, budget: f64) -> String {
    match norm {
        Norm::Linf => format!("{:.3}/255", 255.0 * budget),
        Norm::L2 => format!("L2 {budget:.3}"),
    }
}

/// The mean over images of the loss before each step at the largest budget, as far as most images go.
fn mean_trajectory(one: &OfAttack) -> Vec<f64> {
    let outcomes = one.attacked.iter().filter_map(|one| one.outcomes.last());
    let trajectories: Vec<&Vec<f64>> =
        outcomes.map(|outcome| &outcome.trajectory).filter(|steps| !steps.is_empty()).collect();
    let mut lengths: Vec<usize> = trajectories.iter().map(|steps| steps.len()).collect();
    lengths.sort_unstable();
    let n_steps = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    let at = |step: usize| {
        let there: Vec<f64> = trajectories.iter().filter_map(|steps| steps.get(step).copied()).collect();
        there.iter().sum::<f64>() / there.len().max(1) as f64
    };
    (0..n_steps).map(at).collect()
}

fn printed_table(done: &[OfAttack]) -> Table {
    let mut table = Table::new(&[
        ("attack", Align::Left),
        ("budget", Align::Right),
        ("accuracy", Align::Right),
        ("of 8 bits", Align::Right),
        ("on target", Align::Right),
        ("median L2", Align::Right),
    ]);
    for one in done {
        for at in &one.strengths {
            let dash = || "-".to_owned();
            table.row(vec![
                one.attack.name().to_owned(),
                budget_in_words(one.attack.norm(), at.budget),
                format!("{:.3}", at.accuracy),
                format!("{:.3}", at.accuracy_rounded),
                at.success.map_or_else(dash, |share| format!("{share:.3}")),
                at.median_l2.map_or_else(dash, |length| format!("{length:.4}")),
            ]);
        }
    }
    table
}

fn table_of_images(done: &[OfAttack]) -> String {
    let mut text =
        "stimulus_id,label,target,class_of_unchanged,attack,budget,class,class_of_8_bits,linf,l2,ended\n".to_owned();
    for one in done {
        for image in &one.attacked {
            for outcome in &image.outcomes {
                let ended = match outcome.ended {
                    Ended::NotFinite { step } => format!("not finite at {step}"),
                    _ => "done".to_owned(),
                };
                let target = image.goal.target.map_or_else(String::new, |target| target.to_string());
                let budget = if outcome.budget.is_finite() { outcome.budget.to_string() } else { String::new() };
                // Writing to a text does not fail.
                let _ = writeln!(
                    text,
                    "\"{}\",{},{target},{},{},{budget},{},{},{},{},{ended}",
                    image.id.replace('"', "\"\""),
                    image.goal.label,
                    image.clean_class,
                    one.attack.name(),
                    outcome.class,
                    outcome.class_rounded,
                    outcome.linf,
                    outcome.l2
                );
            }
        }
    }
    text
}

/// An id without its folders.
fn short(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_owned()
}
