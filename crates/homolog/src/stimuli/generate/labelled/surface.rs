//! What the parts of a labelled scene are covered with: a colour, and a texture in two shades of it.

use std::f64::consts::TAU;

use crate::stimuli::generate::random::Random;

/// A colour with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are the names of colours")]
pub enum Colour {
    Red,
    Orange,
    Yellow,
    Green,
    Cyan,
    Blue,
    Purple,
    Pink,
    White,
}

impl Colour {
    /// All colours.
    pub const ALL: [Self; 9] = [
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Cyan,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::White,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Cyan => "cyan",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Pink => "pink",
            Self::White => "white",
        }
    }

    /// Red, green, blue, each in [0, 1].
    pub fn rgb(self) -> [f64; 3] {
        match self {
            Self::Red => [0.85, 0.10, 0.10],
            Self::Orange => [0.95, 0.55, 0.08],
            Self::Yellow => [0.93, 0.88, 0.12],
            Self::Green => [0.12, 0.65, 0.18],
            Self::Cyan => [0.12, 0.75, 0.82],
            Self::Blue => [0.12, 0.22, 0.88],
            Self::Purple => [0.52, 0.12, 0.75],
            Self::Pink => [0.96, 0.55, 0.76],
            Self::White => [0.95, 0.95, 0.95],
        }
    }
}

/// A texture with a name. Orientations are in the image, however the figure is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Texture {
    /// Bars from left to right.
    Horizontal,
    /// Bars from top to bottom.
    Vertical,
    /// Bars from the lower left to the upper right.
    Diagonal,
    /// A chessboard.
    Checks,
    /// Dark dots.
    Dots,
}

impl Texture {
    /// All textures.
    pub const ALL: [Self; 5] = [Self::Horizontal, Self::Vertical, Self::Diagonal, Self::Checks, Self::Dots];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Horizontal => "horizontal stripes",
            Self::Vertical => "vertical stripes",
            Self::Diagonal => "diagonal stripes",
            Self::Checks => "checks",
            Self::Dots => "dots",
        }
    }

    /// How dark a place is, 0 to 1; `x` and `y` (down) in periods.
    fn darkness(self, x: f64, y: f64) -> f64 {
        // A wave with steep flanks, so that its edges are a part of the period wide and not jagged.
        let bars = |along: f64| (0.5 + 2.0 * (TAU * along).sin()).clamp(0.0, 1.0);
        match self {
            Self::Horizontal => bars(y),
            Self::Vertical => bars(x),
            Self::Diagonal => bars((x + y) / std::f64::consts::SQRT_2),
            Self::Checks => (0.5 + 3.0 * (TAU * x / 2.0).sin() * (TAU * y / 2.0).sin()).clamp(0.0, 1.0),
            Self::Dots => {
                let from_middle = (x.fract().abs() - 0.5).hypot(y.fract().abs() - 0.5);
                ((0.34 - from_middle) * 6.0 + 0.5).clamp(0.0, 1.0)
            }
        }
    }
}

/// How much darker the dark shade of a texture is.
const DARKER: f64 = 0.62;

/// A colour and a texture with its scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
    pub(super) colour: Colour,
    pub(super) texture: Option<Texture>,
    /// Period of the texture as a fraction of the image's width.
    period: f64,
    /// Where the texture begins, in periods.
    phase: [f64; 2],
    brightness: f64,
}

impl Surface {
    /// A surface whose brightness, period and phase are drawn.
    pub(super) fn random(colour: Colour, texture: Option<Texture>, random: &mut Random) -> Self {
        Self {
            colour,
            texture,
            period: random.between(0.036, 0.05),
            phase: [random.uniform(), random.uniform()],
            brightness: random.between(0.92, 1.0),
        }
    }

    /// Red, green, blue at a place of the image (fractions of its width, y down).
    pub(super) fn at(&self, x: f64, y: f64) -> [f64; 3] {
        // Far from 0, so that what is left after the whole periods is never negative.
        let [across, down] = self.phase;
        let darkness = self
            .texture
            .map_or(0.0, |texture| texture.darkness(x / self.period + across + 8.0, y / self.period + down + 8.0));
        self.colour.rgb().map(|value| value * self.brightness * (1.0 - DARKER * darkness))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_run_along_their_name() {
        for step in 0..20 {
            let along = f64::from(step) * 0.13;
            assert_eq!(Texture::Horizontal.darkness(along, 0.2), Texture::Horizontal.darkness(0.0, 0.2));
            assert_eq!(Texture::Vertical.darkness(0.2, along), Texture::Vertical.darkness(0.2, 0.0));
            // One step right and one step up in the picture.
            let one = Texture::Diagonal.darkness(2.0 + along, 3.0 - along);
            assert!((one - Texture::Diagonal.darkness(2.0, 3.0)).abs() < 1e-9);
        }
    }

    #[test]
    fn every_texture_has_light_and_dark_places() {
        for texture in Texture::ALL {
            let places =
                (0..400).map(|place| texture.darkness(f64::from(place % 20) / 10.0, f64::from(place / 20) / 10.0));
            let (low, high) = places.fold((1.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
            assert!(low < 0.05 && high > 0.95, "{texture:?}: {low} to {high}");
        }
    }
}
