//! A labelled scene: figures and an object on a grey ground, and what every pixel belongs to.

use std::f64::consts::PI;

use super::outline::Figure;
use super::surface::{Colour, Surface, Texture};
use super::thing::Thing;
use crate::stimuli::error::ImageError;
use crate::stimuli::generate::noise::pink_noise;
use crate::stimuli::generate::random::Random;
use crate::stimuli::image::Image;

/// What is on the ground of a scene at a pixel of a label map.
pub(super) const GROUND: u8 = u8::MAX;

/// Free figures of a scene at most.
const MOST_FIGURES: usize = 3;

/// How often a place is looked for that nothing else takes.
const TRIES: usize = 60;

/// Names of the shapes that free figures have.
pub(super) const SHAPES: [(Figure, &str); 6] = [
    (Figure::Disc, "circle"),
    (Figure::Ring, "ring"),
    (Figure::Box, "square"),
    (Figure::Triangle, "triangle"),
    (Figure::Star, "star"),
    (Figure::Cross, "cross"),
];

/// What a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A figure of its own.
    Shape(&'static str),
    /// A part of an object.
    Part(Thing, &'static str),
}

/// One figure with its place and its surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub(super) role: Role,
    pub(super) surface: Surface,
    figure: Figure,
    /// The middle, as fractions of the image's width from its upper left corner.
    centre: [f64; 2],
    /// Half the width and half the height, as fractions of the image's width.
    half: [f64; 2],
    /// Counter-clockwise, in radians.
    turned: f64,
}

/// A scene before it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) thing: Thing,
    /// Those in front last.
    pub(super) layers: Vec<Layer>,
    ground: f64,
    ground_seed: u64,
}

/// A scene that is drawn.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub(super) image: Image,
    /// For each pixel the layer in front, or [`GROUND`].
    pub(super) layer_of_pixel: Vec<u8>,
}

impl Scene {
    /// A scene with this object, and figures beside it where there is room.
    pub(super) fn random(thing: Thing, random: &mut Random) -> Self {
        let radius = random.between(0.24, 0.30);
        let mut taken = vec![(anywhere(radius, random), radius)];
        let mut layers = object(thing, taken[0], random);
        for _ in 0..MOST_FIGURES {
            let radius = random.between(0.09, 0.13);
            let free = (0..TRIES).map(|_| anywhere(radius, random)).find(|place| {
                let is_apart = |(other, far): &([f64; 2], f64)| {
                    (place[0] - other[0]).hypot(place[1] - other[1]) > far + radius + 0.015
                };
                taken.iter().all(is_apart)
            });
            if let Some(centre) = free {
                taken.push((centre, radius));
                layers.push(free_figure(centre, radius, random));
            }
        }
        Self { thing, layers, ground: random.between(0.34, 0.56), ground_seed: random.bits() }
    }

    /// The square image of `size_px` pixels a side, antialiased by 3 × 3 samples a pixel at the edges, and its label map.
    pub(super) fn draw(&self, size_px: usize) -> Result<Drawn, ImageError> {
        let noise = pink_noise(size_px, &mut Random::new(self.ground_seed));
        let place = |pixel: usize, part: f64| (pixel as f64 + part) / size_px as f64;
        let mut layer_of_pixel = Vec::with_capacity(size_px * size_px);
        for pixel in 0..size_px * size_px {
            layer_of_pixel.push(self.in_front(place(pixel % size_px, 0.5), place(pixel / size_px, 0.5)));
        }
        let mut rgb = Vec::with_capacity(3 * size_px * size_px);
        for (pixel, noise) in noise.iter().enumerate() {
            let (column, row) = (pixel % size_px, pixel / size_px);
            let samples: &[f64] =
                if is_edge(&layer_of_pixel, size_px, [column, row]) { &[1.0 / 6.0, 0.5, 5.0 / 6.0] } else { &[0.5] };
            let mut sum = [0.0; 3];
            for (down, across) in samples.iter().flat_map(|down| samples.iter().map(move |across| (down, across))) {
                let (x, y) = (place(column, *across), place(row, *down));
                let layer = self.layers.get(usize::from(self.in_front(x, y)));
                let shade = layer.map_or([self.ground; 3], |layer| layer.surface.at(x, y));
                sum.iter_mut().zip(shade).for_each(|(sum, value)| *sum += value);
            }
            let n_samples = (samples.len() * samples.len()) as f64;
            let lightness = 1.0 + 0.22 * noise;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 255")]
            rgb.extend(sum.map(|sum| (sum / n_samples * lightness * 255.0).round().clamp(0.0, 255.0) as u8));
        }
        Ok(Drawn { image: Image::new(size_px, size_px, rgb)?, layer_of_pixel })
    }

    /// The layer in front at a place.
    fn in_front(&self, x: f64, y: f64) -> u8 {
        let found = self.layers.iter().rposition(|layer| layer.contains(x, y));
        found.and_then(|layer| u8::try_from(layer).ok()).unwrap_or(GROUND)
    }
}

impl Layer {
    fn contains(&self, x: f64, y: f64) -> bool {
        let (right, up) = (x - self.centre[0], self.centre[1] - y);
        let (sine, cosine) = self.turned.sin_cos();
        let (u, v) = (right * cosine + up * sine, up * cosine - right * sine);
        self.figure.contains(u / self.half[0], v / self.half[1])
    }
}

/// Whether a neighbour of a pixel belongs to another layer.
fn is_edge(layers: &[u8], size_px: usize, [column, row]: [usize; 2]) -> bool {
    let at = |column: usize, row: usize| layers.get(row * size_px + column);
    let own = at(column, row);
    let beside = [(column.wrapping_sub(1), row), (column + 1, row), (column, row.wrapping_sub(1)), (column, row + 1)];
    beside.iter().any(|&(column, row)| column < size_px && row < size_px && at(column, row) != own)
}

/// A place at which a disc of this radius is in the image.
fn anywhere(radius: f64, random: &mut Random) -> [f64; 2] {
    [0, 1].map(|_| random.between(radius + 0.02, 0.98 - radius))
}

fn one_of<T: Copy>(all: &[T], random: &mut Random) -> T {
    all[random.index(all.len())]
}

/// A texture for two of three surfaces.
fn some_texture(random: &mut Random) -> Option<Texture> {
    (random.index(3) > 0).then(|| one_of(&Texture::ALL, random))
}

fn free_figure(centre: [f64; 2], radius: f64, random: &mut Random) -> Layer {
    let (figure, name) = one_of(&SHAPES, random);
    // The frame's corners may lie on the circle that is kept free.
    let half = if figure == Figure::Box || figure == Figure::Triangle { radius * 0.72 } else { radius };
    let texture = some_texture(random);
    Layer {
        role: Role::Shape(name),
        surface: Surface::random(one_of(&Colour::ALL, random), texture, random),
        figure,
        centre,
        half: [half; 2],
        turned: random.between(-PI / 9.0, PI / 9.0),
    }
}

/// The pieces of an object, those of one part with one surface, neighbouring parts of different colours.
fn object(thing: Thing, (centre, radius): ([f64; 2], f64), random: &mut Random) -> Vec<Layer> {
    let turned = random.between(-PI / 15.0, PI / 15.0);
    let mirrored = if random.index(2) == 0 { -1.0 } else { 1.0 };
    let mut colours = Colour::ALL.to_vec();
    // Corners of the frame may reach beyond the circle that is kept free, which is wider for that.
    let scale = radius * 0.86;
    let mut surfaces: Vec<(&str, Surface)> = Vec::new();
    for part in thing.parts() {
        let colour = colours.swap_remove(random.index(colours.len()));
        let texture = if random.index(4) == 0 { Some(one_of(&Texture::ALL, random)) } else { None };
        surfaces.push((part, Surface::random(colour, texture, random)));
    }
    let (sine, cosine) = turned.sin_cos();
    let mut layers = Vec::new();
    for piece in thing.pieces() {
        let Some((_, surface)) = surfaces.iter().find(|(part, _)| *part == piece.part) else { continue };
        let [u, v] = [mirrored * piece.centre[0] * scale, piece.centre[1] * scale];
        layers.push(Layer {
            role: Role::Part(thing, piece.part),
            surface: *surface,
            figure: piece.figure,
            centre: [centre[0] + u * cosine - v * sine, centre[1] - u * sine - v * cosine],
            half: piece.half.map(|half| half * scale),
            turned: turned + mirrored * piece.turned,
        });
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_figure_lies_where_it_was_put() {
        let surface = Surface::random(Colour::Red, None, &mut Random::new(1));
        let layer = Layer {
            role: Role::Shape("square"),
            surface,
            figure: Figure::Triangle,
            centre: [0.5, 0.5],
            half: [0.2, 0.2],
            turned: PI / 2.0,
        };
        // Turned to the left, the tip that was up points left.
        assert!(layer.contains(0.31, 0.5) && !layer.contains(0.31, 0.4));
        assert!(layer.contains(0.69, 0.35) && layer.contains(0.69, 0.65));
    }

    #[test]
    fn colour_and_label_of_a_pixel_agree() {
        let scene = Scene::random(Thing::Car, &mut Random::new(4));
        let drawn = scene.draw(64).unwrap();
        let (mut n_seen, mut n_ground) = (0, 0);
        for (pixel, layer) in drawn.layer_of_pixel.iter().enumerate() {
            let [column, row] = [pixel % 64, pixel / 64];
            if is_edge(&drawn.layer_of_pixel, 64, [column, row]) {
                continue;
            }
            let rgb: Vec<f64> =
                drawn.image.rgb()[3 * pixel..][..3].iter().map(|value| f64::from(*value) + 1e-9).collect();
            match scene.layers.get(usize::from(*layer)) {
                Some(layer) => {
                    n_seen += 1;
                    // Shades are of one hue: proportions are kept.
                    let expected = layer.surface.colour.rgb();
                    let scale = rgb.iter().sum::<f64>() / expected.iter().sum::<f64>();
                    for (found, expected) in rgb.iter().zip(expected) {
                        assert!((found - expected * scale).abs() < 22.0, "{rgb:?} of {:?}", layer.surface.colour);
                    }
                }
                None => {
                    n_ground += 1;
                    assert!(rgb[0] == rgb[1] && rgb[1] == rgb[2]);
                }
            }
        }
        assert!(n_seen > 300 && n_ground > 1000);
    }
}
