//! A unit's map at the size of a mask: bilinear, anchored in one of two ways.

use super::bits::Bits;
use crate::network::checked::Stage;

/// Where the positions of a map lie on the image, between which it is interpolated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upsampling {
    /// At the centres of their receptive fields, as in the paper (section 2.2). A stage whose fields are not known, or are the
    /// whole image, is upsampled by [`Upsampling::Grid`].
    #[default]
    ReceptiveFields,
    /// At the centres of the cells of a grid over the image: PyTorch's `interpolate(mode="bilinear", align_corners=False)`, as in
    /// NetDissect-Lite.
    Grid,
}

impl Upsampling {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReceptiveFields => "receptive-fields",
            Self::Grid => "grid",
        }
    }
}

/// Between which positions of a map a pixel of the mask lies along one axis, and how far from the first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tap {
    from: usize,
    to: usize,
    weight: f64,
}

/// From maps of one size to masks of one size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Upsampler {
    /// How it is done for this stage.
    pub(super) upsampling: Upsampling,
    down: Vec<Tap>,
    across: Vec<Tap>,
    map_width: usize,
}

impl Upsampler {
    /// For the maps of a stage, and masks of `mask` (height, width), which cover an image of `image` (height, width).
    pub(super) fn new(wanted: Upsampling, stage: &Stage, image: [usize; 2], mask: [usize; 2]) -> Self {
        let map = stage.channel_layout().positions;
        let field = stage.receptive_field.as_ref();
        let field = field.filter(|field| wanted == Upsampling::ReceptiveFields && !field.stride_px.contains(&0));
        let taps = |axis: usize| {
            let place = |pixel: usize| match field {
                Some(field) => {
                    let in_image = (pixel as f64 + 0.5) * image[axis] as f64 / mask[axis] as f64 - 0.5;
                    (in_image - field.centre_px[axis]) / field.stride_px[axis] as f64
                }
                None => (pixel as f64 + 0.5) * map[axis] as f64 / mask[axis] as f64 - 0.5,
            };
            (0..mask[axis]).map(|pixel| Tap::at(place(pixel), map[axis])).collect()
        };
        let upsampling = if field.is_some() { Upsampling::ReceptiveFields } else { Upsampling::Grid };
        Self { upsampling, down: taps(0), across: taps(1), map_width: map[1] }
    }

    /// The pixels at which the upsampled map is above `threshold`; `map` is rows first.
    pub(super) fn above(&self, map: &[f32], threshold: f64, shown: &mut Bits) {
        shown.clear();
        let row = |row: usize| map.get(row * self.map_width..(row + 1) * self.map_width).unwrap_or(&[]);
        let mut mixed = vec![0.0; self.map_width];
        for (y, tap) in self.down.iter().enumerate() {
            let (upper, lower) = (row(tap.from), row(tap.to));
            // Between values that are not above the threshold is none that is.
            if !upper.iter().chain(lower).any(|value| f64::from(*value) > threshold) {
                continue;
            }
            for ((mixed, upper), lower) in mixed.iter_mut().zip(upper).zip(lower) {
                *mixed = mix(f64::from(*upper), f64::from(*lower), tap.weight);
            }
            for (x, tap) in self.across.iter().enumerate() {
                let at = |place: usize| mixed.get(place).copied().unwrap_or(f64::NEG_INFINITY);
                if mix(at(tap.from), at(tap.to), tap.weight) > threshold {
                    shown.set(y * self.across.len() + x);
                }
            }
        }
    }
}

fn mix(from: f64, to: f64, weight: f64) -> f64 {
    from + weight * (to - from)
}

impl Tap {
    /// At `place`, in positions of a map of `n`; beyond the first and the last position the map goes on as it is there.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the map")]
    fn at(place: f64, n: usize) -> Self {
        let place = place.clamp(0.0, n.saturating_sub(1) as f64);
        let from = place.floor() as usize;
        Self { from, to: (from + 1).min(n.saturating_sub(1)), weight: place.fract() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::receptive_field::ReceptiveField;

    pub(super) fn stage(shape: &[usize], receptive_field: Option<ReceptiveField>) -> Stage {
        Stage {
            name: "stage".to_owned(),
            aliases: Vec::new(),
            operator: "Relu",
            value: "stage".to_owned(),
            shape: shape.to_vec(),
            n_parameters: 0,
            receptive_field,
        }
    }

    #[test]
    fn a_grid_puts_pixels_where_pytorch_puts_them() {
        // torch.nn.functional.interpolate of [0, 1, 4] to 6: 0, .25, .75, 1.75, 3.25, 4.
        let upsampler = Upsampler::new(Upsampling::Grid, &stage(&[1, 1, 3], None), [1, 6], [1, 6]);
        let expected = [0.0, 0.25, 0.75, 1.75, 3.25, 4.0];
        for (pixel, expected) in expected.into_iter().enumerate() {
            let mut shown = Bits::none(6);
            upsampler.above(&[0.0, 1.0, 4.0], expected - 1e-9, &mut shown);
            assert!(shown.has(pixel), "pixel {pixel} is above {expected}");
            upsampler.above(&[0.0, 1.0, 4.0], expected, &mut shown);
            assert!(!shown.has(pixel), "pixel {pixel} is not above {expected}");
        }
    }

    #[test]
    fn receptive_fields_anchor_positions_at_their_centres() {
        // Fields centred at pixels 2, 5 and 8.
        let field = ReceptiveField { size_px: [1, 3], stride_px: [1, 3], centre_px: [0.0, 2.0] };
        let upsampler = Upsampler::new(Upsampling::ReceptiveFields, &stage(&[1, 1, 3], Some(field)), [1, 10], [1, 10]);
        assert_eq!(upsampler.upsampling, Upsampling::ReceptiveFields);
        let mut shown = Bits::none(10);
        // 0 0 0 1 2 3 2 1 0 0: above 1.5 at 4, 5, 6.
        upsampler.above(&[0.0, 3.0, 0.0], 1.5, &mut shown);
        assert_eq!((0..10).filter(|pixel| shown.has(*pixel)).collect::<Vec<_>>(), [4, 5, 6]);
        // Before the first centre the map goes on as it is there.
        upsampler.above(&[3.0, 0.0, 0.0], 1.5, &mut shown);
        assert_eq!((0..10).filter(|pixel| shown.has(*pixel)).collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    #[test]
    fn a_field_of_the_whole_image_falls_back_to_the_grid() {
        let field = ReceptiveField { size_px: [10, 10], stride_px: [0, 0], centre_px: [4.5, 4.5] };
        let upsampler = Upsampler::new(Upsampling::ReceptiveFields, &stage(&[4], Some(field)), [10, 10], [10, 10]);
        assert_eq!(upsampler.upsampling, Upsampling::Grid);
        let mut shown = Bits::none(100);
        upsampler.above(&[2.0], 1.0, &mut shown);
        assert_eq!(shown.count(), 100);
    }
}
