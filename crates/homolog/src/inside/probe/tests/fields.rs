//! Receptive fields: the average of a linear unit is its filter, and nothing responds outside the theoretical field.

use super::planted::{Gabor, Lab, filters, on_grid};
use crate::inside::probe::{FieldExperiment, FieldSettings, StageFields, TransformedObjects, UnitChoice};
use crate::network::builder::{Builder, Conv2d};
use crate::network::weights::fill_random;

fn measured(lab: &Lab, stage: &str, settings: FieldSettings) -> StageFields {
    let probed = [lab.probed(stage, UnitChoice::Centre)];
    FieldExperiment { settings }.run(&lab.presenter(), &probed).expect("measured").remove(0)
}

#[test]
fn the_average_and_the_sparse_map_of_a_linear_unit_are_its_filter() {
    let kernel = on_grid(5, |x, y| 0.3 * x - 0.2 * y * y + (1.7 * x + 0.9 * y).sin());
    let lab = Lab::new(filters(17, 5, std::slice::from_ref(&kernel)));
    let fields = measured(&lab, "filter", FieldSettings { n_blocks: 1, ..FieldSettings::default() });
    let (grid, unit) = (&fields.grid, &fields.units[0]);
    assert_eq!((grid.cell_px, grid.n_cells, grid.corner_px), (1, [9, 9], [4, 4]));
    for ((row, column), average) in unit.average.indexed_iter() {
        let in_kernel = row.checked_sub(2).zip(column.checked_sub(2)).filter(|(row, column)| *row < 5 && *column < 5);
        let expected = in_kernel.map_or(0.0, |(row, column)| kernel[row * 5 + column]);
        assert!((average - expected).abs() < 2e-5, "average {average}, not {expected}, at {row}, {column}");
        let sparse = (unit.bright[[row, column]] - unit.dark[[row, column]]) / 2.0;
        assert!((sparse - expected).abs() < 2e-5, "sparse {sparse}, not {expected}, at {row}, {column}");
    }
    assert_eq!((unit.share_inside, unit.extent_px), (Some(1.0), Some([5, 5])));
    assert!(unit.agreement.unwrap() > 0.999_99);
}

#[test]
fn a_rectified_unit_keeps_the_shape_of_its_filter() {
    let gabor = Gabor { orientation_deg: 60.0, cycles_per_px: 0.2, phase_deg: 0.0, sigma_px: 1.5, offset_px: [0.0; 2] };
    let lab = Lab::new(filters(21, 7, &[gabor.kernel(7)]));
    let fields = measured(&lab, "rectified", FieldSettings { n_blocks: 8, seed: 4, ..FieldSettings::default() });
    let unit = &fields.units[0];
    assert_eq!(unit.share_inside, Some(1.0));
    let kernel = gabor.kernel(7);
    let found: Vec<f64> = (0..49).map(|at| unit.average[[at / 7 + 2, at % 7 + 2]]).collect();
    let product: f64 = found.iter().zip(&kernel).map(|(a, b)| a * b).sum();
    let cosine =
        product / (found.iter().map(|a| a * a).sum::<f64>() * kernel.iter().map(|b| b * b).sum::<f64>()).sqrt();
    assert!(cosine > 0.97, "{cosine}");
    let again = measured(&lab, "rectified", FieldSettings { n_blocks: 8, seed: 4, ..FieldSettings::default() });
    assert_eq!(again.units[0].average, unit.average, "a seed gives the same noise");
}

#[test]
fn a_strided_and_padded_stack_responds_only_within_its_theoretical_field() {
    let (mut b, image) = Builder::new("stack", [40, 40]);
    let x = b.conv2d("conv1", &image, &Conv2d::new(4, 3).stride(2).padding(1));
    let x = b.relu("relu1", &x);
    let x = b.max_pool2d("pool1", &x, 2, 2, 0, crate::network::builder::Rounding::Floor);
    let x = b.conv2d("conv2", &x, &Conv2d::new(6, 3));
    let lab = Lab::new(fill_random(b.finish(&x).expect("built"), 5));
    let fields = measured(&lab, "conv2", FieldSettings::default());
    let theory = fields.probed.field_px;
    assert_eq!(theory, [13, 13], "3, then 2 of stride 2, then 3 of stride 4: 3 + 2 + 8");
    for unit in &fields.units {
        assert_eq!(unit.share_inside, Some(1.0));
        // Whole cells of 2 pixels cover at most one cell more than the field.
        assert!(unit.extent_px.unwrap().iter().all(|side| *side <= 13 + fields.grid.cell_px), "{:?}", unit.extent_px);
        let off = [0, 1].map(|axis| unit.centre_px.unwrap()[axis] - fields.probed.centre_px()[axis]);
        assert!(off.iter().all(|off| off.abs() < 4.0), "{off:?}");
    }
}

#[test]
fn averaging_over_positions_makes_units_invariant_to_position() {
    let (mut b, image) = Builder::new("pooled", [32, 32]);
    let x = b.conv2d("conv", &image, &Conv2d::new(8, 5).without_bias());
    let x = b.relu("relu", &x);
    let x = b.adaptive_avg_pool2d("pool", &x, 1);
    let lab = Lab::new(fill_random(b.finish(&x).expect("built"), 2));
    let probed = [lab.probed("relu", UnitChoice::Centre), lab.probed("pool", UnitChoice::Centre)];
    let objects = TransformedObjects { shifts: vec![0.0, -0.2, 0.2], ..TransformedObjects::default() };
    let found = objects.run(&lab.presenter(), &probed).expect("measured");
    let mean = |stage: usize| {
        let values: Vec<f64> =
            found[stage].units.iter().filter_map(|unit| unit.position.as_ref()?.mean_rank_correlation).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let (local, pooled) = (mean(0), mean(1));
    // The object covers another part of the fixed background, so that even the mean over positions changes a little.
    assert!(pooled > 0.8, "the mean over positions hardly changes when an object moves: {pooled}");
    assert!(local < pooled - 0.2, "a small field sees another part of it: {local}, and {pooled} of the mean");
    let retained: Vec<f64> =
        found[1].units.iter().filter_map(|unit| Some(unit.position.as_ref()?.mean_retained)).collect();
    // A unit whose best object hardly drives it loses much of little; the others keep most.
    let mean = retained.iter().sum::<f64>() / retained.len() as f64;
    assert!(mean > 0.7 && retained.iter().all(|share| *share > 0.0 && *share <= 1.0), "{retained:?}");
}
