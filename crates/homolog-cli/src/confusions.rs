//! The figure of which categories are taken for which.

use homolog::report::figure::{ColourMap, LabelledMatrix};
use ndarray::{ArrayView2, Axis};

use crate::showing::Drawing;

/// Shares of answers to each category, from counts (category shown, category answered); a category that was never shown has none.
pub(crate) fn confusion_drawing(
    names: &[String],
    counts: ArrayView2<'_, usize>,
    answered: &str,
    caption: String,
) -> Drawing {
    let counts = counts.mapv(|count| count as f64);
    let sums = counts.sum_axis(Axis(1)).insert_axis(Axis(1));
    let matrix = LabelledMatrix {
        description: "How often each category was taken for each".to_owned(),
        rows: "shown".to_owned(),
        columns: answered.to_owned(),
        row_names: names.to_vec(),
        column_names: names.to_vec(),
        values: counts / sums,
        range: (0.0, 1.0),
        map: ColourMap::Viridis,
        value: "share of the category".to_owned(),
        decimals: 2,
    };
    Drawing { name: "confusion", caption, draw: Box::new(move |width| matrix.figure(width)) }
}
