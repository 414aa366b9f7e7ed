//! What `homolog look` leaves: pictures, contact sheets, trajectories, and how to make them again.

use std::collections::BTreeSet;
use std::io::Write as _;

use homolog::inside::objective::Objective;
use homolog::inside::optimise::{Ended, Look, Optimised};
use homolog::inside::picture::{Cell, pictures};
use homolog::recording::record::budget::peak_resident_bytes;
use homolog::stimuli::{Image, Preprocessing};
use serde_json::{Value, json};

use super::examples::DataExamples;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance, trajectory_chart};
use crate::table::{Align, Table, printed};

/// Pixels across of a trajectory's figure.
const FIGURE_PX: f64 = 560.0;

/// Where results go, and what they are of.
pub(super) struct Folder<'a> {
    pub(super) out: PictureFolder<'a>,
    pub(super) look: &'a Look<'a>,
    pub(super) model: &'a Model,
    pub(super) preprocessing: Option<&'a Preprocessing>,
    /// How long all steps of all objectives took.
    pub(super) seconds: f64,
}

impl Folder<'_> {
    /// Writes everything, and prints a line for each objective or the JSON.
    pub(super) fn write(
        &self,
        objectives: &[Objective],
        optimised: &[Optimised],
        examples: Option<&DataExamples>,
        as_json: bool,
    ) -> Result<(), Failure> {
        let stems = stems(objectives);
        let (mut cells, mut results) = (Vec::new(), Vec::new());
        for (place, (one, stem)) in optimised.iter().zip(&stems).enumerate() {
            let (files, shown) = self.write_images(one, stem)?;
            let trajectory = format!("{stem}-trajectory.svg");
            self.out.put(
                &trajectory,
                trajectory_chart(&one.name, &one.trajectory).figure(FIGURE_PX).standalone().as_bytes(),
            )?;
            let caption = vec![one.name.clone(), words(one)];
            let own: Vec<Cell> = shown.into_iter().map(|picture| Cell { picture, caption: caption.clone() }).collect();
            let found = examples.and_then(|examples| examples.of_objectives.iter().find(|of| of.objective == place));
            let mut result = self.result(one, &files, &trajectory);
            if let Some(found) = found {
                let beside: Vec<Cell> = own.iter().chain(&found.cells).cloned().collect();
                let name = format!("{stem}-examples.png");
                self.out.put_sheet(&name, &beside)?;
                result["examples"] = found.summary.clone();
                result["examples_sheet"] = json!(name);
            }
            cells.extend(own);
            results.push(result);
        }
        if cells.len() > 1 {
            self.out.put_sheet("contact-sheet.png", &cells)?;
        }
        if let Some(examples) = examples {
            self.out.put("examples.csv", examples.table.as_bytes())?;
        }
        let report = self.report(results);
        self.out.put("look.json", format!("{report:#}\n").as_bytes())?;
        if as_json {
            printed(|out| writeln!(out, "{report:#}"))
        } else {
            printed(|out| {
                table(optimised).write(out)?;
                writeln!(out, "\nin {}", self.out.path().display())
            })
        }
    }

    /// The files' names and the pictures.
    fn write_images(&self, one: &Optimised, stem: &str) -> Result<(Vec<String>, Vec<Image>), Failure> {
        let (mut files, mut all) = (Vec::new(), Vec::new());
        for image in &one.images {
            all.extend(pictures(image).map_err(|problem| Failure::from_error(&problem))?);
        }
        for (number, picture) in all.iter().enumerate() {
            let name = if all.len() == 1 { format!("{stem}.png") } else { format!("{stem}-{}.png", number + 1) };
            self.out.put_picture(&name, picture)?;
            files.push(name);
        }
        Ok((files, all))
    }

    fn result(&self, one: &Optimised, files: &[String], trajectory: &str) -> Value {
        let (ended, step) = match one.ended {
            Ended::Done => ("done", one.trajectory.len()),
            Ended::Cancelled { step } => ("stopped", step),
            Ended::NotFinite { step } => ("not finite", step),
        };
        json!({ "objective": one.name, "files": files, "trajectory_file": trajectory, "value": one.objective,
            "ended": ended, "n_steps": step, "is_dead": one.is_dead, "step_seconds": one.step_seconds,
            "trajectory": one.trajectory })
    }

    /// All that is needed to make the images again.
    fn report(&self, results: Vec<Value>) -> Value {
        let settings = &self.look.settings;
        let mut report = provenance("look", self.model, self.preprocessing);
        let own = json!({
            "param": settings.parameterisation.name(),
            "regularizer": settings.recipe.name,
            "recipe": format!("{:?}", settings.recipe),
            "colour": format!("{:?}", settings.colour).to_lowercase(),
            "magnitudes": settings.magnitudes.as_ref().map(|magnitudes| magnitudes.source.clone()),
            "starts_from": if settings.start.is_some() { "an image" } else { "noise" },
            "size_px": settings.size,
            "diverse": settings.n_images,
            "steps": settings.n_steps,
            "learning_rate": settings.learning_rate,
            "seed": settings.seed,
            "optimising_seconds": self.seconds,
            "peak_resident_bytes": peak_resident_bytes(),
            "results": results,
        });
        report.extend(own.as_object().cloned().unwrap_or_default());
        report.into()
    }
}

/// The objective for the finished image, in a few words.
fn words(one: &Optimised) -> String {
    if one.is_dead { "dead".to_owned() } else { format!("{:.4}", one.objective) }
}

fn table(optimised: &[Optimised]) -> Table {
    let mut table = Table::new(&[
        ("objective", Align::Left),
        ("at first", Align::Right),
        ("finished", Align::Right),
        ("ended", Align::Left),
        ("ms a step", Align::Right),
    ]);
    for one in optimised {
        let ended = match one.ended {
            _ if one.is_dead => "dead".to_owned(),
            Ended::Done => "done".to_owned(),
            Ended::Cancelled { step } => format!("stopped at {step}"),
            Ended::NotFinite { step } => format!("not finite at {step}"),
        };
        let first = one.trajectory.first().map_or_else(|| "–".to_owned(), |first| format!("{first:.4}"));
        let step = format!("{:.0}", one.step_seconds * 1000.0);
        table.row(vec![one.name.clone(), first, format!("{:.4}", one.objective), ended, step]);
    }
    table
}

/// A file name for each objective: its letters, digits and dots, and a number where two would be the same.
fn stems(objectives: &[Objective]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let stem = |objective: &Objective| {
        let plain: String = objective
            .to_string()
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-') { letter } else { '_' })
            .take(80)
            .collect();
        // A leading dot hides a file, a leading minus looks like an option.
        let plain = plain.replacen('-', "minus_", usize::from(plain.starts_with('-')));
        let plain = if plain.starts_with('.') { format!("_{plain}") } else { plain };
        let mut stem = plain.trim_end_matches('_').to_owned();
        let mut number = 2;
        while !taken.insert(stem.to_lowercase()) {
            stem = format!("{plain}-{number}");
            number += 1;
        }
        stem
    };
    objectives.iter().map(stem).collect()
}

#[cfg(test)]
mod tests {
    use super::stems;

    #[test]
    fn files_are_named_after_objectives_and_no_two_the_same() {
        let objectives: Vec<_> = ["features.8:12", "-features.8[1,2,3]", "a/b", "\"a-b\"", "a:1 + b:1", "a:1 + b:1"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        let found = stems(&objectives);
        assert_eq!(found[..3], ["features.8_12", "minus_features.8_1_2_3", "a_b"]);
        let mut sorted = found.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), found.len(), "{found:?}");
    }
}
