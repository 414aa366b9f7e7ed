//! Several model matrices at once: what one explains beside others.

use clap::ValueEnum;
use homolog::report::Cell;
use homolog::report::figure::{Bar, BarChart, PairMarks};
use homolog_stats::StatsError;
use homolog_stats::comparator::{Comparator, RegressionRsa, Scale, WeightSign, partial_correlation, regression_rsa};
use homolog_stats::time::mean_over_subjects;
use ndarray::{Array2, ArrayView1, Axis};
use serde_json::json;

use super::{Compare, Compared, together};
use crate::exit::Failure;
use crate::inputs::{aligned_rdms, by_position, provenance};
use crate::showing::{Drawing, Outcome};

/// Which weights a regression may find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Weights {
    /// Any
    Free,
    /// 0 or more, as of matrices that add up
    NonNegative,
}

impl Compare {
    /// Whether matrices are compared as they are or by ranks, which is all that is known of several at once.
    fn scale(&self, comparator: Comparator, option: &str) -> Result<Scale, Failure> {
        match comparator {
            Comparator::Pearson => Ok(Scale::Values),
            Comparator::Spearman => Ok(Scale::Ranks),
            other => Err(Failure::wrong_input(format!(
                "cannot take {option} with --by {}: several matrices at once are compared by pearson or spearman",
                other.name()
            ))),
        }
    }

    /// The correlation of each model with each subject after both are freed of the controls.
    pub(super) fn partial(&self, comparator: Comparator) -> Result<Compared, Failure> {
        let scale = self.scale(comparator, "--partial")?;
        self.needs_with("--partial")?;
        let groups = aligned_rdms(&[&self.inputs, &self.with, &self.partial], self.input.join())?;
        let [models, subjects, controls] = groups.as_slice() else {
            return Err(Failure::wrong_input("there is nothing to compare"));
        };
        let ((rows, models), (columns, subjects), (_, controls)) =
            (together(models), together(subjects), together(controls));
        let mut values = Array2::zeros((rows.len(), columns.len()));
        for ((mut row, model), name) in values.rows_mut().into_iter().zip(models.rows()).zip(&rows) {
            let found = partial_correlation(model, subjects.view(), controls.view(), scale);
            row.assign(&found.map_err(|problem| Failure::wrong_input(format!("{name}: {problem}")))?);
        }
        let stimuli = groups.first().and_then(|stacks| stacks.first()).map(|stack| &stack.stimuli);
        let mut notes: Vec<String> = stimuli.and_then(by_position).into_iter().collect();
        notes.push(format!("both sides were freed of {} (partial correlation)", self.partial.join(", ")));
        Ok(Compared { rows, columns, values, notes, ceiling: None })
    }

    /// What all models explain together of each subject's matrix.
    pub(super) fn regression(&self, comparator: Comparator, weights: Weights) -> Result<Outcome, Failure> {
        let scale = self.scale(comparator, "--regression")?;
        self.needs_with("--regression")?;
        let groups = aligned_rdms(&[&self.inputs, &self.with], self.input.join())?;
        let [models, subjects] = groups.as_slice() else {
            return Err(Failure::wrong_input("there is nothing to compare"));
        };
        let notes: Vec<String> = models.first().and_then(|stack| by_position(&stack.stimuli)).into_iter().collect();
        let ((names, models), (of_subjects, subjects)) = (together(models), together(subjects));
        let sign = match weights {
            Weights::Free => WeightSign::Free,
            Weights::NonNegative => WeightSign::NonNegative,
        };
        let told = |problem: StatsError| Failure::from_error(&problem);
        let found = regression_rsa(models.view(), subjects.view(), scale, sign).map_err(told)?;
        let mean = |of: ArrayView1<'_, f64>| {
            let found = mean_over_subjects(of.insert_axis(Axis(1)), 0.95).map_err(told)?;
            Ok::<_, Failure>(found.first().map_or((f64::NAN, None), |one| (one.mean, one.interval)))
        };
        let (mut rows, mut bars, mut listed) = (Vec::new(), Vec::new(), Vec::new());
        for (model, name) in names.iter().enumerate() {
            let (weight, of_weight) = mean(found.weights.column(model))?;
            let (unique, of_unique) = mean(found.unique_r_squared.column(model))?;
            rows.push(vec![
                Cell::name(name.clone()),
                Cell::number(weight),
                Cell::Interval(of_weight),
                Cell::number(unique),
                Cell::Interval(of_unique),
            ]);
            listed.push(
                json!({ "name": name, "weight": weight, "weight_interval": of_weight, "unique_r_squared": unique,
                "unique_r_squared_interval": of_unique, "weights_of_subjects": found.weights.column(model).to_vec(),
                "unique_r_squared_of_subjects": found.unique_r_squared.column(model).to_vec() }),
            );
            bars.push(Bar {
                name: name.clone(),
                value: Some(unique),
                interval: of_unique,
                subjects: found.unique_r_squared.column(model).to_vec(),
                colour: 0,
            });
        }
        let (all_models, of_all_models) = mean(found.r_squared.view())?;
        let files: Vec<&str> = self.inputs.iter().chain(&self.with).map(String::as_str).collect();
        Ok(Outcome {
            schema: "homolog.compare/1",
            title: "What several models explain together".to_owned(),
            lead: lead(&found, all_models, of_all_models, comparator),
            json: json!({ "by": comparator.name(), "regression": if weights == Weights::Free { "free" } else { "non-negative" },
                "subjects": of_subjects, "r_squared": all_models, "r_squared_interval": of_all_models,
                "r_squared_of_subjects": found.r_squared.to_vec(), "models": listed }),
            columns: vec!["model", "weight", "its interval", "unique R²", "interval"],
            rows,
            notes,
            drawings: vec![drawing(bars)],
            provenance: provenance(&files),
        })
    }

    fn needs_with(&self, option: &str) -> Result<(), Failure> {
        if self.with.is_empty() {
            return Err(Failure::wrong_input(format!(
                "{option} needs --with FILE: the matrices of subjects that the models are compared with"
            )));
        }
        Ok(())
    }
}

fn lead(found: &RegressionRsa, together: f64, interval: Option<(f64, f64)>, comparator: Comparator) -> String {
    let interval =
        interval.map_or_else(String::new, |(low, high)| format!(" (95% over subjects {low:.3} to {high:.3})"));
    let scale = if comparator == Comparator::Spearman { "ranks" } else { "z-scored dissimilarities" };
    format!(
        "All {} models together explain R² {together:.3}{interval} of {} subjects' {scale}.",
        found.weights.ncols(),
        found.weights.nrows()
    )
}

fn drawing(bars: Vec<Bar>) -> Drawing {
    let chart = BarChart {
        description: "Share of variance that each model alone explains".to_owned(),
        vertical: "unique R²".to_owned(),
        bars,
        ceiling: None,
        different: Vec::new(),
        pair_marks: PairMarks::Automatic,
        mark_rows: Vec::new(),
    };
    Drawing {
        name: "unique",
        caption: "What the explained share of variance falls by without a model: mean over subjects with the 95% interval; dots are \
                  subjects."
            .to_owned(),
        draw: Box::new(move |width| chart.figure(width)),
    }
}
