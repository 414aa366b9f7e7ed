//! What `homolog attribute` leaves: maps, a contact sheet, curves, and how to make them again.

use std::collections::BTreeSet;
use std::io::Write as _;

use homolog::inside::attribution::picture::{Shading, overlay, shaded};
use homolog::inside::attribution::randomisation::Randomisation;
use homolog::inside::attribution::similarity::Similarity;
use homolog::inside::attribution::{Attribution, Balance, Method, PixelCurve};
use homolog::inside::picture::{Cell, contact_sheet};
use homolog::recording::record::budget::peak_resident_bytes;
use homolog::report::figure::{Horizontal, Labels, LineChart, Point, Series};
use homolog::stimuli::{Image, Preprocessing};
use ndarray_npy::WriteNpyExt as _;
use serde_json::{Value, json};

use super::Attributed;
use super::checks::{Cascade, Curves};
use super::input::Photograph;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance};
use crate::table::{Align, Table, printed};

/// Pixels across of a figure.
const FIGURE_PX: f64 = 640.0;

/// Smaller pictures are enlarged to at least so many pixels across for the contact sheet.
const CELL_PX: usize = 192;

/// Where results go, and what they are of.
pub(super) struct Folder<'a> {
    pub(super) out: PictureFolder<'a>,
    pub(super) model: &'a Model,
    pub(super) preprocessing: &'a Preprocessing,
    pub(super) engine: String,
    pub(super) methods: &'a [Method],
    pub(super) images: &'a [Photograph],
    pub(super) readout: Option<&'a str>,
    /// The name of the baseline.
    pub(super) baseline: &'static str,
    /// The baseline as it was asked for.
    pub(super) baseline_text: Option<&'a str>,
    pub(super) randomisation: Option<Randomisation>,
    pub(super) seed: u64,
}

impl Folder<'_> {
    /// Writes everything, and prints a line for each map or the JSON.
    pub(super) fn write(
        &self,
        attributed: &[Attributed],
        curves: Option<&[Curves]>,
        cascades: Option<&[Cascade]>,
        as_json: bool,
    ) -> Result<(), Failure> {
        let (mut cells, mut results) = (Vec::new(), Vec::new());
        let stems = self.stems(attributed);
        for (place, (one, stem)) in attributed.iter().zip(&stems).enumerate() {
            let Some(image) = self.images.get(one.image) else { continue };
            let caption = vec![image.id.clone(), one.aim.name().to_owned()];
            let (mut upper, mut lower) =
                (vec![cell(&image.shown, caption)?], vec![cell(&image.shown, vec!["over the image:".to_owned()])?]);
            for (number, (method, map)) in self.methods.iter().zip(&one.maps).enumerate() {
                let name = format!("{stem}-{}", method.name());
                let (map_picture, over) = self.write_map(&name, &image.shown, map)?;
                upper.push(cell(&map_picture, vec![method.name().to_owned(), balance_in_words(map)])?);
                lower.push(cell(&over, vec![method.name().to_owned()])?);
                let mut result = result(image, one, method, map, &name);
                let find = |curves: &&Curves| (curves.place, curves.method) == (place, number);
                if let Some(found) = curves.and_then(|curves| curves.iter().find(find)) {
                    result["curves"] = json!({ "of": found.measured, "deletion": curve(&found.deletion),
                        "insertion": curve(&found.insertion) });
                }
                let find = |cascade: &&Cascade| (cascade.place, cascade.method) == (place, number);
                if let Some(found) = cascades.and_then(|cascades| cascades.iter().find(find)) {
                    result["randomised"] = found.steps.iter().map(|(layer, found)| randomised(layer, found)).collect();
                }
                results.push(result);
            }
            cells.append(&mut upper);
            cells.append(&mut lower);
        }
        let sheet = contact_sheet(&cells, self.methods.len() + 1).map_err(|problem| Failure::from_error(&problem))?;
        self.out.put_picture("contact-sheet.png", &sheet)?;
        self.write_figures(curves, cascades)?;
        let table = table(&results);
        let report = self.report(results);
        self.out.put("attribute.json", format!("{report:#}\n").as_bytes())?;
        if as_json {
            return printed(|out| writeln!(out, "{report:#}"));
        }
        printed(|out| {
            table.write(out)?;
            writeln!(out, "\nin {}", self.out.path().display())
        })
    }

    /// The map in numbers, in colour and over the image; the two pictures.
    fn write_map(&self, name: &str, shown: &Image, map: &Attribution) -> Result<(Image, Image), Failure> {
        let failed = |problem| Failure::from_error(&problem);
        let mut bytes = Vec::new();
        let told = |problem| Failure::outside(format!("cannot write \"{name}.npy\": {problem}"));
        map.map.write_npy(&mut bytes).map_err(told)?;
        self.out.put(&format!("{name}.npy"), &bytes)?;
        let plane = map.plane();
        let shading = Shading::of(&plane);
        let (picture, over) =
            (shaded(&plane, shading).map_err(failed)?, overlay(shown, &plane, shading).map_err(failed)?);
        self.out.put_picture(&format!("{name}.png"), &picture)?;
        self.out.put_picture(&format!("{name}-overlay.png"), &over)?;
        Ok((picture, over))
    }

    fn write_figures(&self, curves: Option<&[Curves]>, cascades: Option<&[Cascade]>) -> Result<(), Failure> {
        let mut charts = Vec::new();
        if let Some(curves) = curves {
            charts.push(("deletion", self.curve_chart(curves, "deleted", |curves| &curves.deletion)));
            charts.push(("insertion", self.curve_chart(curves, "inserted", |curves| &curves.insertion)));
        }
        if let Some(cascades) = cascades {
            let chart = |what: &str, of: fn(&Similarity) -> Option<f64>| self.cascade_chart(cascades, what, of);
            charts.push(("randomised-rank", chart("rank correlation of absolute maps", |one| one.spearman_absolute)));
            charts.push(("randomised-ssim", chart("structural similarity of absolute maps", |one| one.ssim)));
        }
        for (name, chart) in charts {
            let figure = chart.figure(FIGURE_PX);
            self.out.put(&format!("{name}.svg"), figure.standalone().as_bytes())?;
            self.out.put(&format!("{name}.png"), &figure.png().map_err(|problem| Failure::from_error(&problem))?)?;
        }
        Ok(())
    }

    /// One line for each method: the mean over images and objectives.
    fn curve_chart(&self, curves: &[Curves], done: &str, of: impl Fn(&Curves) -> &PixelCurve) -> LineChart {
        let series = self.methods.iter().enumerate().map(|(number, method)| {
            let own: Vec<&PixelCurve> = curves.iter().filter(|curves| curves.method == number).map(&of).collect();
            let shares = own.first().map_or(&[][..], |curve| &curve.shares);
            let point = |(step, share): (usize, &f64)| {
                let values = own.iter().filter_map(|curve| curve.objectives.get(step).copied());
                let name = format!("{:.0}% {done}", 100.0 * share);
                Point { position: 100.0 * share, value: mean(values), error: None, name }
            };
            let auc = mean(own.iter().map(|curve| curve.auc)).unwrap_or(f64::NAN);
            let name = format!("{} ({auc:.3})", method.name());
            Series { name, points: shares.iter().enumerate().map(point).collect() }
        });
        let mut measured: Vec<&str> = curves.iter().map(|curves| curves.measured.as_str()).collect();
        measured.dedup();
        let is_probability = measured.iter().all(|name| name.starts_with("probability:"));
        let what = if is_probability { "probability" } else { "objective" };
        let n_maps = curves.iter().filter(|curves| curves.method == 0).count();
        LineChart {
            description: format!("The mean {what} of {n_maps} maps as pixels are {done}, with the area below"),
            vertical: what.to_owned(),
            horizontal: Horizontal { title: format!("pixels {done} (%)"), labels: Labels::Numbers },
            series: series.collect(),
            band: None,
        }
    }

    fn cascade_chart(&self, cascades: &[Cascade], what: &str, of: fn(&Similarity) -> Option<f64>) -> LineChart {
        let done = self.randomisation.map_or("", Randomisation::name);
        let series = self.methods.iter().enumerate().map(|(number, method)| {
            let own: Vec<&Cascade> = cascades.iter().filter(|cascade| cascade.method == number).collect();
            let n_layers = own.iter().map(|cascade| cascade.steps.len()).max().unwrap_or(0);
            let point = |step: usize| {
                let values = own.iter().filter_map(|cascade| of(&cascade.steps.get(step)?.1));
                let layer = own.iter().find_map(|cascade| cascade.steps.get(step)).map_or("", |(layer, _)| layer);
                Point { position: (step + 1) as f64, value: mean(values), error: None, name: layer.to_owned() }
            };
            let trained = Point { position: 0.0, value: Some(1.0), error: None, name: "trained".to_owned() };
            let points = std::iter::once(trained).chain((0..n_layers).map(point)).collect();
            Series { name: method.name().to_owned(), points }
        });
        LineChart {
            description: format!("How alike maps are to those of the trained network ({what}) as layers are {done}"),
            vertical: what.to_owned(),
            horizontal: Horizontal { title: format!("layers {done}, from the top"), labels: Labels::Numbers },
            series: series.collect(),
            band: None,
        }
    }

    /// A file name for each image and objective.
    fn stems(&self, attributed: &[Attributed]) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let stem = |one: &Attributed| {
            let id = self.images.get(one.image).map_or("", |image| image.id.as_str());
            let plain = plain(&format!("{id}-{}", one.aim.name()));
            let mut stem = plain.clone();
            let mut number = 2;
            while !taken.insert(stem.to_lowercase()) {
                stem = format!("{plain}-{number}");
                number += 1;
            }
            stem
        };
        attributed.iter().map(stem).collect()
    }

    /// All that is needed to make the maps again.
    fn report(&self, results: Vec<Value>) -> Value {
        let mut report = provenance("attribute", self.model, Some(self.preprocessing));
        let own = json!({
            "forward_engine": self.engine,
            "methods": self.methods.iter().map(|method| format!("{method:?}")).collect::<Vec<_>>(),
            "baseline": { "name": self.baseline, "asked": self.baseline_text },
            "randomised_by": self.randomisation.map(Randomisation::name),
            "readout": self.readout,
            "seed": self.seed,
            "peak_resident_bytes": peak_resident_bytes(),
            "results": results,
        });
        report.extend(own.as_object().cloned().unwrap_or_default());
        report.into()
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    (n > 0.0).then(|| sum / n)
}

/// Letters, digits, dots and minus signs, neither hidden nor like an option.
fn plain(text: &str) -> String {
    let is_kept = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    let plain: String = text.chars().map(|letter| if is_kept(letter) { letter } else { '_' }).take(100).collect();
    let plain = plain.trim_end_matches('_').to_owned();
    if plain.starts_with(['.', '-']) { format!("_{plain}") } else { plain }
}

/// A cell with a picture that is large enough to be looked at.
fn cell(picture: &Image, caption: Vec<String>) -> Result<Cell, Failure> {
    let (width, height) = (picture.width(), picture.height());
    let factor = CELL_PX.div_ceil(width.max(1)).max(1);
    if factor == 1 {
        return Ok(Cell { picture: picture.clone(), caption });
    }
    let mut rgb = Vec::with_capacity(picture.rgb().len() * factor * factor);
    for row in picture.rows() {
        let wide: Vec<u8> = row.chunks_exact(3).flat_map(|pixel| pixel.repeat(factor)).collect();
        (0..factor).for_each(|_| rgb.extend_from_slice(&wide));
    }
    let picture = Image::new(width * factor, height * factor, rgb).map_err(|problem| Failure::from_error(&problem))?;
    Ok(Cell { picture, caption })
}

fn balance_in_words(map: &Attribution) -> String {
    match &map.balance {
        Balance::NotStated => match &map.stage_map {
            Some(stage_map) => stage_map.stage.clone(),
            None => String::new(),
        },
        Balance::Completeness { gap, .. } => format!("gap {gap:.3}"),
        Balance::Conservation(ledger) => format!("{:.2} of {:.2}", ledger.at_image, ledger.start),
    }
}

fn result(image: &Photograph, one: &Attributed, method: &Method, map: &Attribution, name: &str) -> Value {
    let balance = match &map.balance {
        Balance::NotStated => Value::Null,
        Balance::Completeness { at_baseline, gap } => json!({ "objective_at_baseline": at_baseline, "gap": gap }),
        Balance::Conservation(ledger) => json!({ "start": ledger.start, "at_image": ledger.at_image,
            "kept": ledger.kept.iter().map(|(node, kept)| json!({ "node": node, "relevance": kept })).collect::<Vec<_>>() }),
    };
    let stage = map.stage_map.as_ref().map(|stage_map| &stage_map.stage);
    json!({ "image": image.id, "objective": one.aim.name(), "method": method.name(), "value": map.objective,
        "sum": map.sum(), "balance": balance, "stage": stage, "map": format!("{name}.npy"), "picture": format!("{name}.png"),
        "overlay": format!("{name}-overlay.png") })
}

fn curve(curve: &PixelCurve) -> Value {
    json!({ "auc": curve.auc, "shares": curve.shares, "values": curve.objectives })
}

fn randomised(layer: &str, found: &Similarity) -> Value {
    json!({ "layer": layer, "spearman": found.spearman, "spearman_absolute": found.spearman_absolute, "ssim": found.ssim })
}

fn table(results: &[Value]) -> Table {
    let mut table = Table::new(&[
        ("image", Align::Left),
        ("objective", Align::Left),
        ("method", Align::Left),
        ("value", Align::Right),
        ("sum", Align::Right),
        ("balance", Align::Left),
        ("deletion", Align::Right),
        ("insertion", Align::Right),
    ]);
    let number = |value: &Value| value.as_f64().map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for result in results {
        let balance = &result["balance"];
        let words = if balance["gap"].is_number() {
            format!("gap {}", number(&balance["gap"]))
        } else if balance["start"].is_number() {
            format!("{} of {} at the image", number(&balance["at_image"]), number(&balance["start"]))
        } else {
            text(&result["stage"])
        };
        let curves = &result["curves"];
        table.row(vec![
            text(&result["image"]),
            text(&result["objective"]),
            text(&result["method"]),
            number(&result["value"]),
            number(&result["sum"]),
            words,
            number(&curves["deletion"]["auc"]),
            number(&curves["insertion"]["auc"]),
        ]);
    }
    table
}
