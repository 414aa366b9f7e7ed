//! Maximum pooling: each window's rows first, then along the row.

use rayon::prelude::*;

use super::outputs_inside;
use crate::network::op::window::AxisWindow;

/// The sizes of a maximum pooling over two spatial axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaxPooling {
    /// (height, width) of the input.
    pub(crate) input: [usize; 2],
    /// (height, width) of the output.
    pub(crate) output: [usize; 2],
    /// The pooling window.
    pub(crate) window: [AxisWindow; 2],
}

/// The larger of two numbers; what is not a number wins, as in PyTorch.
#[inline]
fn larger(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// A number and its place in its plane.
type Placed = (f32, u32);

/// The place of what lies in no plane.
const NOWHERE: u32 = u32::MAX;

/// The larger of two numbers with its place, the first of two that are equal. Without a branch, so that many are compared
/// at once.
#[inline(always)]
fn larger_placed(a: Placed, b: Placed) -> Placed {
    let is_b = (b.0 > a.0) | b.0.is_nan() | ((b.0 == a.0) & (b.1 < a.1));
    (if is_b { b.0 } else { a.0 }, if is_b { b.1 } else { a.1 })
}

/// The largest number under each window, and its place in its plane.
#[derive(Clone, Debug)]
pub(crate) struct Pooled {
    pub(crate) numbers: Vec<f32>,
    pub(crate) places: Vec<u32>,
}

impl MaxPooling {
    fn plane_size(&self) -> usize {
        self.input[0] * self.input[1]
    }

    fn output_size(&self) -> usize {
        self.output[0] * self.output[1]
    }

    fn of_plane(&self, plane: &[f32], output: &mut [f32]) {
        let [height, width] = self.input;
        let [vertical, horizontal] = &self.window;
        let mut highest = vec![f32::NEG_INFINITY; width];
        for (row, line) in output.chunks_mut(self.output[1]).enumerate() {
            let positions = (0..vertical.kernel)
                .filter_map(|y| (row * vertical.stride + y * vertical.dilation).checked_sub(vertical.padding.0))
                .filter(|position| *position < height);
            highest.fill(f32::NEG_INFINITY);
            for position in positions {
                let source = &plane[position * width..(position + 1) * width];
                highest.iter_mut().zip(source).for_each(|(highest, value)| *highest = larger(*highest, *value));
            }
            line.fill(f32::NEG_INFINITY);
            for x in 0..horizontal.kernel {
                let inside = outputs_inside(horizontal, x, width, line.len());
                if inside.is_empty() {
                    continue;
                }
                let start = inside.start * horizontal.stride + x * horizontal.dilation - horizontal.padding.0;
                let source = highest[start..].iter().step_by(horizontal.stride);
                line[inside].iter_mut().zip(source).for_each(|(place, value)| *place = larger(*place, *value));
            }
        }
    }

    /// As [`of_plane`](Self::of_plane), with places: each window's rows first, then along the row, at every position where a
    /// window could begin, so that neighbours are compared at once.
    #[inline(always)]
    fn placed_of_plane(&self, plane: &[f32], output: &mut [f32], places: &mut [u32]) {
        let [height, width] = self.input;
        let [vertical, horizontal] = &self.window;
        let before = horizontal.padding.0;
        let n_starts = (self.output[1].max(1) - 1) * horizontal.stride + 1;
        // The padding is nowhere.
        let mut columns = Line::new((before + width).max(n_starts + horizontal.extent() - 1));
        let mut windows = Line::new(n_starts);
        let lines = output.chunks_mut(self.output[1]).zip(places.chunks_mut(self.output[1]));
        for (row, (line, line_places)) in lines.enumerate() {
            columns.clear();
            let positions = (0..vertical.kernel)
                .filter_map(|y| (row * vertical.stride + y * vertical.dilation).checked_sub(vertical.padding.0))
                .filter(|position| *position < height);
            for position in positions {
                let first = position * width;
                columns.raise(before, &plane[first..first + width], index_of(first)..);
            }
            windows.clear();
            for x in (0..horizontal.kernel).map(|x| x * horizontal.dilation) {
                let places = columns.places[x..x + n_starts].iter().copied();
                windows.raise(0, &columns.numbers[x..x + n_starts], places);
            }
            let numbers = windows.numbers.iter().step_by(horizontal.stride);
            line.iter_mut().zip(numbers).for_each(|(number, largest)| *number = *largest);
            let places = windows.places.iter().step_by(horizontal.stride);
            line_places.iter_mut().zip(places).for_each(|(place, largest)| *place = *largest);
        }
    }
}

/// The largest numbers so far at some positions of a row.
struct Line {
    numbers: Vec<f32>,
    places: Vec<u32>,
}

impl Line {
    fn new(length: usize) -> Self {
        Self { numbers: vec![f32::NEG_INFINITY; length], places: vec![NOWHERE; length] }
    }

    #[inline(always)]
    fn clear(&mut self) {
        self.numbers.fill(f32::NEG_INFINITY);
        self.places.fill(NOWHERE);
    }

    /// Takes those of `numbers` that are larger, at the positions from `first` on.
    #[inline(always)]
    fn raise(&mut self, first: usize, numbers: &[f32], places: impl Iterator<Item = u32>) {
        let so_far = self.numbers[first..].iter_mut().zip(&mut self.places[first..]);
        for ((largest, at), (number, place)) in so_far.zip(numbers.iter().zip(places)) {
            (*largest, *at) = larger_placed((*largest, *at), (*number, place));
        }
    }
}

/// An index as it is kept; planes are far smaller than 2^32.
fn index_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NOWHERE)
}

/// The largest number under each window, of planes one after another.
pub(crate) fn max_pool(planes: &[f32], pooling: &MaxPooling) -> Vec<f32> {
    let (plane_size, output_size) = (pooling.plane_size(), pooling.output_size());
    let mut outputs = vec![0.0; planes.len() / plane_size * output_size];
    outputs
        .par_chunks_mut(output_size)
        .zip(planes.par_chunks(plane_size))
        .for_each(|(output, plane)| pooling.of_plane(plane, output));
    outputs
}

/// As [`max_pool`], with the place of each number: of equal ones the first, row by row.
pub(crate) fn max_pool_placed(planes: &[f32], pooling: &MaxPooling) -> Pooled {
    let (plane_size, output_size) = (pooling.plane_size(), pooling.output_size());
    let n_outputs = planes.len() / plane_size * output_size;
    // The widest registers of the processor: with those that every processor has, this took a quarter of a step.
    let arch = pulp::Arch::new();
    let mut pooled = Pooled { numbers: vec![0.0; n_outputs], places: vec![0; n_outputs] };
    pooled
        .numbers
        .par_chunks_mut(output_size)
        .zip(pooled.places.par_chunks_mut(output_size))
        .zip(planes.par_chunks(plane_size))
        .for_each(|((output, places), plane)| arch.dispatch(PlacedOfPlane { pooling, plane, output, places }));
    pooled
}

/// A plane's pooling for whatever registers there are: what is inlined into it is compiled for each kind.
struct PlacedOfPlane<'a> {
    pooling: &'a MaxPooling,
    plane: &'a [f32],
    output: &'a mut [f32],
    places: &'a mut [u32],
}

impl pulp::WithSimd for PlacedOfPlane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.pooling.placed_of_plane(self.plane, self.output, self.places);
    }
}

/// The gradient with respect to the planes, for that with respect to the largest numbers at `places`.
pub(crate) fn max_pool_gradient(of_outputs: &[f32], places: &[u32], pooling: &MaxPooling) -> Vec<f32> {
    let (plane_size, output_size) = (pooling.plane_size(), pooling.output_size());
    let mut gradients = vec![0.0; of_outputs.len() / output_size * plane_size];
    gradients
        .par_chunks_mut(plane_size)
        .zip(of_outputs.par_chunks(output_size).zip(places.par_chunks(output_size)))
        .for_each(|(gradient, (of_output, places))| {
            for (of_output, place) in of_output.iter().zip(places) {
                if let Some(gradient) = gradient.get_mut(*place as usize) {
                    *gradient += *of_output;
                }
            }
        });
    gradients
}
