//! Figures of encoding scores.

use homolog::recording::input::Patterns;
use homolog::report::figure::{Bar, BarChart, PairMarks, StackedBar, StackedBars};
use homolog_stats::encoding::VariancePart;

use super::{Encode, Scored, median};
use crate::showing::Drawing;

impl Encode {
    /// The score of each feature space.
    pub(super) fn bars(&self, scored: &[Scored]) -> Drawing {
        let bar = |one: &Scored| {
            let aggregate = &one.encoding.aggregate;
            let error = (aggregate.value - aggregate.error, aggregate.value + aggregate.error);
            Bar {
                name: one.name.clone(),
                value: Some(aggregate.value),
                interval: Some(one.interval.unwrap_or(error)),
                subjects: aggregate.of_splits.clone(),
                colour: 0,
            }
        };
        let chart = BarChart {
            description: format!("Cross-validated {} of each feature space", self.score.name()),
            vertical: format!("{} (median over units)", self.score.name()),
            bars: scored.iter().map(bar).collect(),
            ceiling: None,
            different: Vec::new(),
            pair_marks: PairMarks::Automatic,
            mark_rows: Vec::new(),
        };
        let errors =
            if self.samples > 0 { "95% bootstrap interval over stimuli" } else { "standard error over splits" };
        Drawing {
            name: "scores",
            caption: format!("Median over units, mean over splits, with its {errors}; dots are splits."),
            draw: Box::new(move |width| chart.figure(width)),
        }
    }

    /// What each feature space explains alone, and what they share; nothing where that was not asked for.
    pub(super) fn stacked(&self, parts: &[VariancePart], features: &[Patterns]) -> Option<Drawing> {
        if parts.is_empty() {
            return None;
        }
        let name = |part: &VariancePart| {
            let names: Vec<&str> = part.sets.iter().map(|set| features[*set].input.as_str()).collect();
            if names.len() == 1 { format!("only {}", names[0]) } else { names.join(" & ") }
        };
        let chart = StackedBars {
            description: "What each feature space explains alone, and what they share".to_owned(),
            vertical: format!("{} (median over units)", self.score.name()),
            parts: parts.iter().map(name).collect(),
            bars: vec![StackedBar {
                name: self.responses.clone(),
                sizes: parts.iter().map(|part| median(&part.shared).unwrap_or(f64::NAN)).collect(),
                ceiling: None,
            }],
        };
        Some(Drawing {
            name: "partition",
            caption: "Median over units of each part; medians need not add up to the median of the whole.".to_owned(),
            draw: Box::new(move |width| chart.figure(width)),
        })
    }
}
