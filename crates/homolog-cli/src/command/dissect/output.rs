//! What `homolog dissect` leaves: tables, figures, contact sheets, and how to make them again.

use std::io::Write as _;

use homolog::inside::dissection::{AblationEffect, Criteria, Dissection, Dissector, Performance};
use homolog::progress::Cancel;
use homolog::recording::record::budget::peak_resident_bytes;
use homolog::report::figure::Figure;
use serde_json::{Value, json};

use super::{Ablated, pictures};
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance};
use crate::table::{Align, Table, csv_field, printed};

/// Pixels across of a figure of many bars.
const FIGURE_PX: f64 = 720.0;

/// Pixels across of a figure for each bar, and of the narrowest: as wide as the legend.
const BAR_PX: f64 = 90.0;
const NARROWEST_PX: f64 = 400.0;

/// Everything that was found, and of what.
pub(super) struct Results<'a> {
    pub(super) out: PictureFolder<'a>,
    pub(super) model: &'a Model,
    pub(super) dissector: &'a Dissector<'a>,
    pub(super) criteria: &'a Criteria,
    /// What makes a detector.
    pub(super) iou: f64,
    /// Where the labelled images are from.
    pub(super) source: String,
    pub(super) found: &'a [Dissection],
    pub(super) ablated: &'a [Ablated],
}

impl Results<'_> {
    /// Writes everything, and prints a line for each stage and each ablation, or the JSON.
    pub(super) fn write(&self, n_units: usize, cancel: &Cancel, as_json: bool) -> Result<(), Failure> {
        self.out.put_picture("labelled-images.png", &pictures::labelled_sheet(self.dissector)?)?;
        let width = (BAR_PX * (1 + self.found.len()) as f64).clamp(NARROWEST_PX, FIGURE_PX);
        self.put_figure("detectors", &pictures::unique_chart(self.found, self.iou).figure(width))?;
        let mut files = Vec::new();
        for (dissection, stem) in self.found.iter().zip(self.file_stems()) {
            let mut own = json!({});
            if let Some(chart) = pictures::concept_chart(dissection, self.iou) {
                let name = format!("detectors-{stem}");
                self.put_figure(&name, &chart.figure(FIGURE_PX))?;
                own["concepts_figure"] = json!(format!("{name}.png"));
            }
            let network = &self.model.network;
            let sheet = pictures::unit_sheet(self.dissector, network, dissection, self.iou, n_units, cancel)?;
            if let Some(sheet) = sheet {
                let name = format!("top-units-{stem}.png");
                self.out.put_picture(&name, &sheet)?;
                own["units_sheet"] = json!(name);
            }
            files.push(own);
        }
        self.out.put("units.csv", self.units_table().as_bytes())?;
        self.out.put("concepts.csv", self.concepts_table().as_bytes())?;
        if !self.ablated.is_empty() {
            self.out.put("ablations.csv", self.ablations_table().as_bytes())?;
        }
        let report = self.report(&files)?;
        self.out.put("dissect.json", format!("{report:#}\n").as_bytes())?;
        printed(|out| {
            if as_json {
                return writeln!(out, "{report:#}");
            }
            self.stages_shown().write(out)?;
            if !self.ablated.is_empty() {
                writeln!(out)?;
                self.ablations_shown().write(out)?;
            }
            writeln!(out, "\nin {}", self.out.path().display())
        })
    }

    /// A part of files' names for each stage, no two the same.
    fn file_stems(&self) -> Vec<String> {
        let mut stems: Vec<String> = Vec::new();
        for found in self.found {
            let mut stem = file_stem(&found.stage.name);
            while stems.contains(&stem) {
                stem.push('_');
            }
            stems.push(stem);
        }
        stems
    }

    fn put_figure(&self, name: &str, figure: &Figure) -> Result<(), Failure> {
        self.out.put(&format!("{name}.svg"), figure.standalone().as_bytes())?;
        let png = figure.png().map_err(|problem| Failure::from_error(&problem))?;
        self.out.put(&format!("{name}.png"), &png)
    }

    /// All that is needed to do it again, and what was found.
    fn report(&self, files: &[Value]) -> Result<Value, Failure> {
        let labelled = self.dissector.labelled;
        let mut report = provenance("dissect", self.model, Some(self.dissector.preprocessing));
        let hash = labelled.content_hash().map_err(|problem| Failure::from_error(&problem))?;
        let own = json!({
            "engine": self.dissector.engine.description(),
            "labelled": self.source,
            "labelled_sha256": hash,
            "n_images": labelled.set().len(),
            "quantile": self.criteria.share,
            "iou": self.iou,
            "peak_resident_bytes": peak_resident_bytes(),
            "stages": self.found.iter().zip(files).map(|(found, files)| self.stage(found, files)).collect::<Vec<_>>(),
            "ablations": self.ablated.iter().map(|one| self.ablation(one)).collect::<Vec<_>>(),
        });
        report.extend(own.as_object().cloned().unwrap_or_default());
        Ok(report.into())
    }

    fn stage(&self, found: &Dissection, files: &Value) -> Value {
        let named = |counts: Vec<usize>| -> serde_json::Map<String, Value> {
            found.categories().iter().zip(counts).map(|(name, count)| (name.clone(), json!(count))).collect()
        };
        let detectors: Vec<Value> = found
            .detectors(self.iou)
            .iter()
            .map(|one| {
                let concept = found.concepts.get(one.concept);
                json!({ "unit": one.unit, "category": concept.map(|one| &one.category),
                    "concept": concept.map(|one| &one.name), "iou": one.iou,
                    "threshold": found.thresholds.get(one.unit) })
            })
            .collect();
        let mut stage = json!({
            "stage": found.stage.name,
            "shape": found.stage.shape,
            "upsampling": found.upsampling.name(),
            "n_units": found.n_units(),
            "n_detectors": detectors.len(),
            "unique_detectors": named(found.n_unique(self.iou)),
            "detectors": detectors,
        });
        if let (Some(stage), Some(files)) = (stage.as_object_mut(), files.as_object()) {
            stage.extend(files.clone());
        }
        stage
    }

    fn ablation(&self, one: &Ablated) -> Value {
        let shown = |performance: &Performance| json!({ "accuracy": performance.accuracy, "mean_output": performance.mean_output });
        let AblationEffect { units, before, after, classes } = &one.effect;
        let classes: Vec<Value> = classes
            .iter()
            .map(|class| {
                json!({ "class": class.class, "name": class.name, "n_images": class.n_images,
                    "before": shown(&class.before), "after": shown(&class.after) })
            })
            .collect();
        json!({ "stage": one.stage, "concept": self.concept_name(one.concept), "units": units, "before": shown(before),
            "after": shown(after), "classes": classes })
    }

    fn concept_name(&self, concept: usize) -> &str {
        self.dissector.labelled.concepts().get(concept).map_or("", |concept| concept.name.as_str())
    }

    /// One line for each unit.
    fn units_table(&self) -> String {
        let mut text = "stage,unit,category,concept,iou,is_detector,threshold\n".to_owned();
        for found in self.found {
            for (unit, threshold) in found.thresholds.iter().enumerate() {
                let best = found.best(unit);
                let concept = best.and_then(|best| found.concepts.get(best.concept));
                text.push_str(&format!(
                    "{},{unit},{},{},{},{},{threshold}\n",
                    csv_field(&found.stage.name),
                    concept.map_or_else(String::new, |concept| csv_field(&concept.category)),
                    concept.map_or_else(String::new, |concept| csv_field(&concept.name)),
                    best.map_or_else(String::new, |best| best.iou.to_string()),
                    best.is_some_and(|best| best.iou > self.iou),
                ));
            }
        }
        text
    }

    /// One line for each concept of each stage.
    fn concepts_table(&self) -> String {
        let mut text = "stage,category,concept,share_of_pixels,n_detectors,best_unit,best_iou\n".to_owned();
        for found in self.found {
            let counts = found.n_detectors(self.iou);
            for (place, (concept, count)) in found.concepts.iter().zip(counts).enumerate() {
                let overlaps = (0..found.n_units()).filter_map(|unit| Some((unit, found.iou(unit, place)?)));
                let best = overlaps.reduce(|best, other| if other.1 > best.1 { other } else { best });
                let pixels = found.concept_pixels.get(place).copied().unwrap_or(0);
                text.push_str(&format!(
                    "{},{},{},{},{count},{},{}\n",
                    csv_field(&found.stage.name),
                    csv_field(&concept.category),
                    csv_field(&concept.name),
                    pixels as f64 / found.n_pixels.max(1) as f64,
                    best.map_or_else(String::new, |(unit, _)| unit.to_string()),
                    best.map_or_else(String::new, |(_, iou)| iou.to_string()),
                ));
            }
        }
        text
    }

    /// One line for each class of each ablation.
    fn ablations_table(&self) -> String {
        let mut text = "stage,concept,n_units,class,name,n_images,accuracy_before,accuracy_after,mean_output_before,mean_output_after\n".to_owned();
        for one in self.ablated {
            for class in &one.effect.classes {
                text.push_str(&format!(
                    "{},{},{},{},{},{},{},{},{},{}\n",
                    csv_field(&one.stage),
                    csv_field(self.concept_name(one.concept)),
                    one.effect.units.len(),
                    class.class,
                    csv_field(&class.name),
                    class.n_images,
                    class.before.accuracy,
                    class.after.accuracy,
                    class.before.mean_output,
                    class.after.mean_output
                ));
            }
        }
        text
    }

    fn stages_shown(&self) -> Table {
        let mut table = Table::new(&[
            ("stage", Align::Left),
            ("units", Align::Right),
            ("detectors", Align::Right),
            ("concepts", Align::Right),
            ("by category", Align::Left),
            ("best", Align::Left),
        ]);
        for found in self.found {
            let (detectors, unique) = (found.detectors(self.iou), found.n_unique(self.iou));
            let by_category: Vec<String> = found
                .categories()
                .iter()
                .zip(&unique)
                .filter(|(_, count)| **count > 0)
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            let best = detectors.first().map_or_else(
                || "–".to_owned(),
                |best| format!("unit {} {} {:.3}", best.unit, self.concept_name(best.concept), best.iou),
            );
            table.row(vec![
                found.stage.name.clone(),
                found.n_units().to_string(),
                detectors.len().to_string(),
                unique.iter().sum::<usize>().to_string(),
                if by_category.is_empty() { "–".to_owned() } else { by_category.join(", ") },
                best,
            ]);
        }
        table
    }

    fn ablations_shown(&self) -> Table {
        let mut table = Table::new(&[
            ("stage", Align::Left),
            ("without", Align::Left),
            ("units", Align::Right),
            ("accuracy", Align::Right),
            ("instead of", Align::Right),
            ("most lost", Align::Left),
        ]);
        for one in self.ablated {
            let lost = |class: &homolog::inside::dissection::ClassEffect| class.before.accuracy - class.after.accuracy;
            let worst =
                one.effect.classes.iter().reduce(|worst, class| if lost(class) > lost(worst) { class } else { worst });
            let worst = worst.filter(|class| lost(class) > 0.0).map_or_else(
                || "–".to_owned(),
                |class| format!("{} {:.3} instead of {:.3}", class.name, class.after.accuracy, class.before.accuracy),
            );
            table.row(vec![
                one.stage.clone(),
                self.concept_name(one.concept).to_owned(),
                one.effect.units.len().to_string(),
                format!("{:.3}", one.effect.after.accuracy),
                format!("{:.3}", one.effect.before.accuracy),
                worst,
            ]);
        }
        table
    }
}

/// A stage's name as a part of a file's.
fn file_stem(stage: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-') { letter } else { '_' };
    stage.chars().map(plain).take(80).collect()
}
