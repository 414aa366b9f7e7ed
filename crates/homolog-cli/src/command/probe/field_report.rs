//! Measured receptive fields: numbers and maps.

use homolog::inside::probe::{FieldGrid, StageFields};
use homolog::report::figure::TuningPanel;
use ndarray::Array2;
use serde_json::{Value, json};

use super::stage_report::{StageReport, number};

/// Puts what was found of a stage into its report.
pub(super) fn add(report: &mut StageReport, stage: StageFields) {
    let frame = frame(&stage);
    let theory = (stage.probed.field_px[0] * stage.probed.field_px[1]) as f64;
    for (report, unit) in report.units.iter_mut().zip(&stage.units) {
        let centre = |axis: usize| unit.centre_px.map(|centre| centre[axis]);
        let extent = |axis: usize| unit.extent_px.map(|extent| extent[axis] as f64);
        report.fields.extend([
            ("field_y_px", number(centre(0))),
            ("field_x_px", number(centre(1))),
            ("field_height_px", number(extent(0))),
            ("field_width_px", number(extent(1))),
            ("field_share_inside_theory", number(unit.share_inside)),
            ("field_average_agrees", number(unit.agreement)),
        ]);
        report.further.push((
            "field",
            json!({
                "bright": rows(&unit.bright), "dark": rows(&unit.dark), "spike_triggered_average": rows(&unit.average),
            }),
        ));
    }
    type MapOf = fn(&homolog::inside::probe::MeasuredField) -> Array2<f64>;
    let maps: [(&str, MapOf); 2] =
        [("sparse noise", |unit| (&unit.bright - &unit.dark) / 2.0), ("spike-triggered", |unit| unit.average.clone())];
    for (title, of) in maps {
        let axis = format!("{} px cells", stage.grid.cell_px);
        let panels = stage.units.iter().map(|unit| TuningPanel::Map { values: of(unit), frame: Some(frame) }).collect();
        report.add_panels(title, &axis, panels);
    }
    let FieldGrid { cell_px, n_cells, corner_px } = &stage.grid;
    let outside = stage.units.iter().filter(|unit| unit.share_inside.is_some_and(|share| share < 1.0)).count();
    let measured: Vec<f64> =
        stage.units.iter().filter_map(|unit| unit.extent_px).map(|[h, w]| (h * w) as f64).collect();
    let area = measured.iter().sum::<f64>() / measured.len().max(1) as f64;
    report.summary.insert(
        "receptive_field".to_owned(),
        json!({
            "cell_px": cell_px, "n_cells": n_cells, "corner_px": corner_px, "theoretical_px": stage.probed.field_px,
            "n_units_that_respond": measured.len(), "n_units_outside_theory": outside,
            "mean_measured_area_px2": if measured.is_empty() { Value::Null } else { json!(area) },
        }),
    );
    report.findings.push(format!(
        "receptive fields: theoretical {} \u{d7} {} px; sparse noise moves {} of {} units, over {:.0} % of that area on average, and {} of \
         them from outside it",
        stage.probed.field_px[0],
        stage.probed.field_px[1],
        measured.len(),
        stage.units.len(),
        100.0 * area / theory.max(1.0),
        outside
    ));
}

/// The theoretical field in cells: top, left, height, width.
fn frame(stage: &StageFields) -> [f64; 4] {
    let field = stage.probed.field_box();
    let cell = stage.grid.cell_px as f64;
    let at = |axis: usize| (field[axis][0] - stage.grid.corner_px[axis] as f64) / cell;
    let long = |axis: usize| (field[axis][1] + 1.0 - field[axis][0]) / cell;
    [at(0), at(1), long(0), long(1)]
}

fn rows(map: &Array2<f64>) -> Vec<Vec<f64>> {
    map.outer_iter().map(|row| row.to_vec()).collect()
}
