//! Tuning to gratings: numbers, curves and figures.

use homolog::inside::probe::{PositionTuning, StageTuning, UnitKind, UnitTuning};
use homolog::report::figure::{Spacing, TuningPanel};
use serde_json::{Value, json};

use super::stage_report::{Curve, Field, StageReport, number};
use crate::exit::Failure;

/// Pixels in degrees of visual angle, where that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale(Option<f64>);

impl Scale {
    pub(super) fn new(degrees_per_pixel: Option<f64>) -> Result<Self, Failure> {
        match degrees_per_pixel {
            Some(found) if !(found > 0.0 && found.is_finite()) => Err(Failure::wrong_input(format!(
                "cannot take {found} degrees for a pixel: --degrees-per-pixel must be above 0"
            ))),
            known => Ok(Self(known)),
        }
    }

    /// Pixels in degrees, where that is known, else in pixels.
    fn length(self, px: f64) -> f64 {
        px * self.0.unwrap_or(1.0)
    }

    fn length_unit(self) -> &'static str {
        if self.0.is_some() { "deg" } else { "px" }
    }

    /// Cycles an image `width_px` wide in cycles a degree, where that is known, else as they are.
    fn frequency(self, cycles_per_image: f64, width_px: usize) -> f64 {
        self.0.map_or(cycles_per_image, |degrees| cycles_per_image / (degrees * width_px as f64))
    }

    fn frequency_unit(self) -> &'static str {
        if self.0.is_some() { "cycles/degree" } else { "cycles/image" }
    }
}

/// Points on a fitted curve.
const FIT_POINTS: usize = 40;

/// Puts what was found of a stage into its report.
pub(super) fn add(report: &mut StageReport, stage: StageTuning, scale: Scale) {
    let shown = Shown { stage: &stage, scale, width_px: stage.probed.image_px[1] };
    for (report, unit) in report.units.iter_mut().zip(&stage.units) {
        report.fields.extend(shown.fields(unit));
        report.curves.extend(shown.curves(unit));
        report.notes = shown.notes(unit);
    }
    shown.add_panels(report);
    shown.add_histograms(report);
    shown.add_summary(report);
    report.order = Some(stage.most_selective(stage.units.len()));
}

struct Shown<'a> {
    stage: &'a StageTuning,
    scale: Scale,
    width_px: usize,
}

impl Shown<'_> {
    fn frequency(&self, cycles_per_image: f64) -> f64 {
        self.scale.frequency(cycles_per_image, self.width_px)
    }

    fn fields(&self, unit: &UnitTuning) -> Vec<Field> {
        let orientation = unit.orientation.as_ref();
        let preferred = unit.frequency.map(|tuning| tuning.preferred);
        let per_pixel = preferred.map(|cycles| cycles / self.width_px as f64);
        let mut fields: Vec<Field> = vec![
            ("kind", json!(unit.kind.name())),
            ("blank", number(Some(unit.blank))),
            ("peak", number(Some(unit.peak))),
            ("orientation_deg", number(orientation.map(|tuning| tuning.preferred_deg))),
            ("circular_variance", number(orientation.map(|tuning| tuning.circular_variance))),
            ("orientation_selectivity_index", number(orientation.map(|tuning| tuning.selectivity_index))),
            ("half_width_deg", number(orientation.and_then(|tuning| tuning.half_width_deg))),
            ("frequency_cycles_per_image", number(preferred)),
            ("frequency_cycles_per_pixel", number(per_pixel)),
            ("frequency_bandwidth_octaves", number(unit.frequency.and_then(|tuning| tuning.bandwidth_octaves))),
        ];
        if let Some(degrees) = self.scale.0 {
            fields.push(("frequency_cycles_per_degree", number(per_pixel.map(|cycles| cycles / degrees))));
        }
        let is_asked = |of: fn(&UnitTuning) -> bool| self.stage.units.iter().any(of);
        if is_asked(|unit| unit.phase.is_some()) {
            let phase = unit.phase.as_ref();
            fields.push(("phase_deg", number(phase.map(|phase| phase.preferred_deg))));
            fields.push(("f0", number(phase.map(|phase| phase.f0))));
            fields.push(("f1", number(phase.map(|phase| phase.f1))));
            fields.push(("f1_f0", number(phase.and_then(|phase| phase.ratio))));
        }
        if is_asked(|unit| unit.contrast.is_some()) {
            let fit = unit.contrast.as_ref().and_then(|contrast| contrast.fit);
            // Without saturation these two are bounds of the search.
            let saturating = fit.filter(|fit| fit.saturates);
            fields.push(("r_max", number(saturating.map(|fit| fit.r_max))));
            fields.push(("c50", number(saturating.map(|fit| fit.c50))));
            fields.push(("contrast_exponent", number(fit.map(|fit| fit.n))));
            fields.push(("contrast_r_squared", number(fit.map(|fit| fit.r_squared))));
            fields.push(("saturates", fit.map_or(Value::Null, |fit| json!(fit.saturates))));
        }
        if is_asked(|unit| unit.size.is_some()) {
            let tuning = unit.size.as_ref().and_then(|size| size.tuning);
            fields.push(("size_px", number(tuning.map(|tuning| tuning.preferred))));
            if let Some(degrees) = self.scale.0 {
                fields.push(("size_deg", number(tuning.map(|tuning| tuning.preferred * degrees))));
            }
            fields.push(("suppression_index", number(tuning.map(|tuning| tuning.suppression_index))));
        }
        if is_asked(|unit| unit.position.is_some()) {
            let along = |axis: usize| unit.position.as_ref().and_then(|position| position.get(axis));
            let names = [("x_px", "x_width_px"), ("y_px", "y_width_px")];
            for (axis, (preferred, width)) in names.into_iter().enumerate() {
                fields.push((preferred, number(along(axis).and_then(|tuning| tuning.preferred_px))));
                fields.push((width, number(along(axis).and_then(|tuning| tuning.width_px))));
            }
        }
        fields
    }

    fn curves(&self, unit: &UnitTuning) -> Vec<Curve> {
        let stage = self.stage;
        let mut curves = vec![
            Curve { name: "orientation_deg", points: points(&stage.orientations_deg, &unit.orientation_curve) },
            Curve { name: "frequency_cycles_per_image", points: points(&stage.frequencies, &unit.frequency_curve) },
        ];
        if let Some(phase) = &unit.phase {
            curves.push(Curve { name: "phase_deg", points: points(&stage.phases_deg, &phase.curve) });
        }
        if let Some(contrast) = &unit.contrast {
            curves.push(Curve { name: "contrast", points: points(&stage.contrasts, &contrast.curve) });
        }
        if let Some(size) = &unit.size {
            curves.push(Curve { name: "size_px", points: points(&stage.diameters_px, &size.curve) });
        }
        if let Some([across, down]) = &unit.position {
            curves.push(Curve { name: "x_px", points: points(&stage.offsets_px, &across.curve) });
            curves.push(Curve { name: "y_px", points: points(&stage.offsets_px, &down.curve) });
        }
        curves
    }

    fn notes(&self, unit: &UnitTuning) -> Vec<String> {
        let mut notes = vec![unit.kind.name().to_owned()];
        if let Some(orientation) = unit.orientation.filter(|_| unit.kind != UnitKind::Silent) {
            notes.push(format!("CV {:.2}, OSI {:.2}", orientation.circular_variance, orientation.selectivity_index));
        }
        if let Some(ratio) = unit.phase.as_ref().and_then(|phase| phase.ratio) {
            notes.push(format!("F1/F0 {ratio:.2}"));
        }
        if unit.kind != UnitKind::Silent {
            notes.push(format!("peak {}", short(unit.peak)));
        }
        notes
    }

    fn add_panels(&self, report: &mut StageReport) {
        let stage = self.stage;
        let of_all = |panel: &dyn Fn(&UnitTuning) -> TuningPanel| stage.units.iter().map(panel).collect::<Vec<_>>();
        report.add_panels(
            "orientation",
            "degrees",
            of_all(&|unit| TuningPanel::Polar {
                points: points(&stage.orientations_deg, &unit.orientation_curve),
                preferred_deg: unit.orientation.map(|tuning| tuning.preferred_deg),
            }),
        );
        let frequencies: Vec<f64> = stage.frequencies.iter().map(|cycles| self.frequency(*cycles)).collect();
        report.add_panels(
            "spatial frequency",
            self.scale.frequency_unit(),
            of_all(&|unit| TuningPanel::Curve {
                spacing: Spacing::Logarithmic,
                points: points(&frequencies, &unit.frequency_curve),
                fit: Vec::new(),
                preferred: unit.frequency.map(|tuning| self.frequency(tuning.preferred)),
            }),
        );
        if stage.units.iter().any(|unit| unit.phase.is_some()) {
            report.add_panels(
                "phase",
                "degrees",
                of_all(&|unit| linear(&stage.phases_deg, unit.phase.as_ref().map(|phase| &phase.curve))),
            );
        }
        if stage.units.iter().any(|unit| unit.contrast.is_some()) {
            report.add_panels("contrast", "Michelson", of_all(&|unit| self.contrast_panel(unit)));
        }
        if stage.units.iter().any(|unit| unit.size.is_some()) {
            let sizes: Vec<f64> = stage.diameters_px.iter().map(|size| self.scale.length(*size)).collect();
            report.add_panels(
                "size",
                &format!("diameter, {}", self.scale.length_unit()),
                of_all(&|unit| {
                    let Some(size) = &unit.size else { return TuningPanel::Missing };
                    let preferred = size.tuning.map(|tuning| self.scale.length(tuning.preferred));
                    let points = points(&sizes, &size.curve);
                    TuningPanel::Curve { spacing: Spacing::Logarithmic, points, fit: Vec::new(), preferred }
                }),
            );
        }
        type Along = fn(&UnitTuning) -> Option<&PositionTuning>;
        let axes: [(&str, Along); 2] = [
            ("position across", |unit| unit.position.as_ref().map(|[across, _]| across)),
            ("position down", |unit| unit.position.as_ref().map(|[_, down]| down)),
        ];
        for (title, of) in axes {
            if stage.units.iter().any(|unit| of(unit).is_some()) {
                let offsets: Vec<f64> = stage.offsets_px.iter().map(|offset| self.scale.length(*offset)).collect();
                let panels = of_all(&|unit| linear(&offsets, of(unit).map(|tuning| &tuning.curve)));
                report.add_panels(title, self.scale.length_unit(), panels);
            }
        }
    }

    fn contrast_panel(&self, unit: &UnitTuning) -> TuningPanel {
        let Some(contrast) = &unit.contrast else { return TuningPanel::Missing };
        let ends = self.stage.contrasts.first().zip(self.stage.contrasts.last());
        let fit = contrast.fit.zip(ends).map_or_else(Vec::new, |(fit, (first, last))| {
            let ratio = last / first;
            let place = |at: usize| first * ratio.powf(at as f64 / (FIT_POINTS - 1) as f64);
            (0..FIT_POINTS).map(|at| (place(at), fit.response(place(at)))).collect()
        });
        TuningPanel::Curve {
            spacing: Spacing::Logarithmic,
            points: points(&self.stage.contrasts, &contrast.curve),
            fit,
            preferred: contrast.fit.filter(|fit| fit.saturates).map(|fit| fit.c50),
        }
    }

    fn add_histograms(&self, report: &mut StageReport) {
        let of_all =
            |value: &dyn Fn(&UnitTuning) -> Option<f64>| self.stage.units.iter().map(value).collect::<Vec<_>>();
        let preferred = of_all(&|unit| Some(unit.orientation?.preferred_deg));
        report.add_histogram("Preferred orientation", "degrees, 90 is vertical", (0.0, 180.0), preferred);
        let variance = of_all(&|unit| Some(unit.orientation?.circular_variance));
        report.add_histogram("Circular variance", "0 is one orientation alone", (0.0, 1.0), variance);
        let octaves = of_all(&|unit| Some(self.frequency(unit.frequency?.preferred).log2()));
        let ends = |at: Option<&f64>| at.map_or(0.0, |cycles| self.frequency(*cycles).log2());
        let range = (ends(self.stage.frequencies.first()), ends(self.stage.frequencies.last()));
        let axis = format!("log2 of {}", self.scale.frequency_unit());
        report.add_histogram("Preferred spatial frequency", &axis, range, octaves);
        let ratio = of_all(&|unit| unit.phase.as_ref()?.ratio.map(|ratio| ratio.min(2.0)));
        report.add_histogram("F1/F0", "above 1 simple; larger than 2 counted there", (0.0, 2.0), ratio);
        let suppression = of_all(&|unit| Some(unit.size.as_ref()?.tuning?.suppression_index));
        report.add_histogram("Suppression index", "share lost to the surround", (0.0, 1.0), suppression);
    }

    fn add_summary(&self, report: &mut StageReport) {
        let found = self.stage.summary();
        report.summary.insert(
            "tuning".to_owned(),
            json!({
                "n_units": found.n_units, "n_silent": found.n_silent, "n_simple": found.n_simple,
                "n_complex": found.n_complex, "n_oriented": found.n_oriented,
                "median_circular_variance": found.circular_variance,
                "median_half_width_deg_of_oriented": found.half_width_deg,
                "median_frequency_cycles_per_image": found.frequency,
                "median_bandwidth_octaves": found.bandwidth_octaves,
                "median_f1_f0": found.modulation_ratio,
                "median_suppression_index": found.suppression_index,
            }),
        );
        let mut text = format!(
            "{} of {} units are oriented (twice the response to the best as to the orthogonal orientation); {} simple, {} complex, {} silent",
            found.n_oriented, found.n_units, found.n_simple, found.n_complex, found.n_silent
        );
        if let Some(frequency) = found.frequency {
            let (frequency, unit) = (self.frequency(frequency), self.scale.frequency_unit());
            text.push_str(&format!("; median preferred frequency {frequency:.2} {unit}"));
        }
        if let Some(suppression) = found.suppression_index {
            text.push_str(&format!("; median suppression index {suppression:.2}"));
        }
        report.findings.push(text);
    }
}

fn points(places: &[f64], responses: &[f64]) -> Vec<(f64, f64)> {
    places.iter().copied().zip(responses.iter().copied()).collect()
}

fn linear(places: &[f64], curve: Option<&Vec<f64>>) -> TuningPanel {
    curve.map_or(TuningPanel::Missing, |curve| TuningPanel::Curve {
        spacing: Spacing::Linear,
        points: points(places, curve),
        fit: Vec::new(),
        preferred: None,
    })
}

/// Three significant digits.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(0.001..10_000.0).contains(&size) {
        return format!("{value:.1e}");
    }
    let decimals = if size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.decimals$}")
}
