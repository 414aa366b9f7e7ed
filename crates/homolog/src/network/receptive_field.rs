//! How much of the image one unit of a stage sees.

use super::op::Reach;

/// The part of the image that one unit of a stage can depend on, along (height, width).
///
/// The unit at position `i` of the stage sees the image positions from
/// `centre_px + i * stride_px - (size_px - 1) / 2` to `centre_px + i * stride_px + (size_px - 1) / 2`, before clipping to
/// the image. A unit that sees the whole image has the image's size and stride 0.
///
/// # Reference
/// Araujo A, Norris W, Sim J (2019). Computing receptive fields of convolutional neural networks. Distill. doi 10.23915/distill.00021.
/// Equations (2) to (4) and, for branches, the section on arbitrary computation graphs; with branches that are not
/// aligned, the field is the smallest window that holds those of all branches.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceptiveField {
    /// Extent in image pixels.
    pub size_px: [usize; 2],
    /// Image pixels between the fields of neighbouring units.
    pub stride_px: [usize; 2],
    /// Image position of the centre of the first unit's field, in pixels from the first pixel's centre; negative or
    /// half-integer values occur with padding.
    pub centre_px: [f64; 2],
}

/// What the units of a value see of the image, while it is followed through the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A window for each position, along (height, width).
    Windows([AxisField; 2]),
    /// All of the image.
    Whole,
}

/// A window for each position along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AxisField {
    size: i64,
    stride: i64,
    /// Image position of the first pixel that the first unit sees.
    start: i64,
}

impl Field {
    /// The image itself: each pixel sees itself.
    pub(crate) const IMAGE: Self = Self::Windows([AxisField { size: 1, stride: 1, start: 0 }; 2]);

    /// What an operator's output sees, whose input sees `self`.
    pub(crate) fn through(self, reach: &Reach) -> Self {
        match (self, reach) {
            (field, Reach::Pointwise) => field,
            (Self::Windows([height, width]), Reach::Window { size, stride, padding }) => {
                let axis = |field: AxisField, axis: usize| field.through(size[axis], stride[axis], padding[axis]);
                Self::Windows([axis(height, 0), axis(width, 1)])
            }
            (Self::Whole, _) | (_, Reach::Global) => Self::Whole,
        }
    }

    /// What an output sees that depends on two inputs.
    pub(crate) fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::Windows([height, width]), Self::Windows([other_height, other_width])) => {
                match (height.union(other_height), width.union(other_width)) {
                    (Some(height), Some(width)) => Self::Windows([height, width]),
                    _ => Self::Whole,
                }
            }
            _ => Self::Whole,
        }
    }

    /// The field as it is reported, for an image of this (height, width).
    pub(crate) fn on_image(self, image: [usize; 2]) -> ReceptiveField {
        match self {
            Self::Whole => ReceptiveField {
                size_px: image,
                stride_px: [0, 0],
                centre_px: image.map(|size| half(i64::try_from(size).unwrap_or(i64::MAX) - 1)),
            },
            Self::Windows(axes) => ReceptiveField {
                size_px: axes.map(|axis| usize::try_from(axis.size).unwrap_or(0)),
                stride_px: axes.map(|axis| usize::try_from(axis.stride).unwrap_or(0)),
                centre_px: axes.map(|axis| half(2 * axis.start + axis.size - 1)),
            },
        }
    }
}

impl AxisField {
    fn through(self, size: usize, stride: usize, padding: usize) -> Self {
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            size: self.size + (count(size) - 1) * self.stride,
            stride: self.stride * count(stride),
            start: self.start - count(padding) * self.stride,
        }
    }

    fn union(self, other: Self) -> Option<Self> {
        let start = self.start.min(other.start);
        let end = (self.start + self.size).max(other.start + other.size);
        (self.stride == other.stride).then_some(Self { size: end - start, stride: self.stride, start })
    }
}

#[allow(clippy::cast_precision_loss, reason = "image positions are far below 2^53")]
fn half(value: i64) -> f64 {
    value as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(windows: &[(usize, usize, usize)]) -> ReceptiveField {
        let through = |field: Field, (size, stride, padding): &(usize, usize, usize)| {
            field.through(&Reach::Window { size: [*size; 2], stride: [*stride; 2], padding: [*padding; 2] })
        };
        windows.iter().fold(Field::IMAGE, through).on_image([224, 224])
    }

    #[test]
    fn alexnet_v2_up_to_pool5_has_195_pixels_every_32() {
        let windows = [(11, 4, 0), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)];
        let field = after(&windows);
        assert_eq!((field.size_px, field.stride_px), ([195; 2], [32; 2]));
        // The table's effective padding is 64: the first field begins 64 pixels before the image, and (195 - 1) / 2 = 97.
        assert_eq!(field.centre_px, [33.0; 2]);
    }

    #[test]
    fn vgg_16_up_to_pool5_has_212_pixels_every_32() {
        let (convolution, pool) = ((3, 1, 1), (2, 2, 0));
        let windows: Vec<_> = [2, 2, 3, 3, 3]
            .into_iter()
            .flat_map(|n| std::iter::repeat_n(convolution, n).chain(std::iter::once(pool)))
            .collect();
        let field = after(&windows);
        assert_eq!((field.size_px, field.stride_px), ([212; 2], [32; 2]));
    }

    #[test]
    fn branches_give_the_window_that_holds_both() {
        let window =
            |size: usize, padding: usize| Reach::Window { size: [size; 2], stride: [1; 2], padding: [padding; 2] };
        let narrow = Field::IMAGE.through(&window(1, 0));
        let wide = Field::IMAGE.through(&window(3, 1));
        assert_eq!(narrow.union(wide).on_image([9, 9]).size_px, [3; 2]);
        // One that looks back and one that looks ahead: from -2 to 2.
        let back = Field::IMAGE.through(&window(3, 2));
        let ahead = Field::IMAGE.through(&window(3, 0));
        let field = back.union(ahead).on_image([9, 9]);
        assert_eq!((field.size_px, field.centre_px), ([5; 2], [0.0; 2]));
    }

    #[test]
    fn branches_of_different_stride_see_the_whole_image() {
        let halved = Field::IMAGE.through(&Reach::Window { size: [2; 2], stride: [2; 2], padding: [0; 2] });
        assert_eq!(Field::IMAGE.union(halved), Field::Whole);
        let field = Field::Whole.on_image([10, 20]);
        assert_eq!((field.size_px, field.stride_px, field.centre_px), ([10, 20], [0, 0], [4.5, 9.5]));
    }
}
