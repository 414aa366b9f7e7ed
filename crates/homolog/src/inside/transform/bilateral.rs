//! The bilateral filter: smooth, but for edges.

use ndarray::{Array3, Axis};
use rayon::prelude::*;

/// A pixel becomes the mean of those near it, weighted by distance and by likeness of colour (all channels together).
///
/// # Reference
/// Tomasi C, Manduchi R (1998). Bilateral filtering for gray and color images. ICCV. Equations (5) and (6), both Gaussian,
/// cut off at two standard deviations of distance.
pub(in crate::inside) fn smoothed(image: &Array3<f32>, sigma_px: f64, sigma_colour: f64) -> Array3<f32> {
    let (n_channels, height, width) = image.dim();
    #[allow(clippy::cast_possible_truncation, reason = "a few pixels")]
    let reach = (2.0 * sigma_px).ceil() as isize;
    let rows: Vec<Array3<f32>> = (0..height)
        .into_par_iter()
        .map(|y| {
            let mut row = Array3::zeros((n_channels, 1, width));
            for x in 0..width {
                let mut sums = vec![0.0_f64; n_channels + 1];
                for (dy, dx) in (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx))) {
                    let (Some(v), Some(u)) = (y.checked_add_signed(dy), x.checked_add_signed(dx)) else { continue };
                    if v >= height || u >= width {
                        continue;
                    }
                    let difference: f64 =
                        (0..n_channels).map(|c| f64::from(image[[c, v, u]] - image[[c, y, x]]).powi(2)).sum();
                    let distance = (dy * dy + dx * dx) as f64 / sigma_px.powi(2);
                    let weight = (-0.5 * (distance + difference / sigma_colour.powi(2))).exp();
                    for (channel, sum) in sums.iter_mut().enumerate() {
                        *sum += weight * if channel < n_channels { f64::from(image[[channel, v, u]]) } else { 1.0 };
                    }
                }
                for channel in 0..n_channels {
                    row[[channel, 0, x]] = crate::inside::image::narrow(sums[channel] / sums[n_channels]);
                }
            }
            row
        })
        .collect();
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    ndarray::concatenate(Axis(1), &views).unwrap_or_else(|_| image.clone())
}
