//! The objects of labelled scenes and the parts that they are made of.

use std::f64::consts::FRAC_PI_2;

use super::outline::Figure;

/// An object with named parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A wall, a roof, a door and windows.
    House,
    /// A body, windows and wheels.
    Car,
    /// A trunk and a crown.
    Tree,
    /// A stem, petals and a centre.
    Flower,
    /// A body, a tail, a fin and an eye.
    Fish,
    /// A head, eyes, a nose and a mouth.
    Face,
}

/// One piece of an object, in the object's frame: -1 to 1 along both axes, y up. Later pieces lie on earlier ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The name of the part that it belongs to; pieces of one part share a surface.
    pub(super) part: &'static str,
    pub(super) figure: Figure,
    pub(super) centre: [f64; 2],
    /// Half its width and half its height.
    pub(super) half: [f64; 2],
    /// Counter-clockwise, in radians.
    pub(super) turned: f64,
}

impl Thing {
    /// All objects.
    pub const ALL: [Self; 6] = [Self::House, Self::Car, Self::Tree, Self::Flower, Self::Fish, Self::Face];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Car => "car",
            Self::Tree => "tree",
            Self::Flower => "flower",
            Self::Fish => "fish",
            Self::Face => "face",
        }
    }

    /// The names of its parts, as tables have them: `car wheel`.
    pub fn parts(self) -> Vec<&'static str> {
        let mut parts: Vec<&'static str> = Vec::new();
        for piece in self.pieces() {
            if !parts.contains(&piece.part) {
                parts.push(piece.part);
            }
        }
        parts
    }

    /// Its pieces, those in front last.
    pub(super) fn pieces(self) -> Vec<Piece> {
        use Figure::{Box, Disc, Triangle};
        let piece = |part, figure, centre, half| Piece { part, figure, centre, half, turned: 0.0 };
        match self {
            Self::House => vec![
                piece("house wall", Box, [0.0, -0.36], [0.74, 0.60]),
                piece("house roof", Triangle, [0.0, 0.58], [0.98, 0.38]),
                piece("house door", Box, [0.0, -0.58], [0.18, 0.38]),
                piece("house window", Box, [-0.47, -0.22], [0.17, 0.19]),
                piece("house window", Box, [0.47, -0.22], [0.17, 0.19]),
            ],
            Self::Car => vec![
                piece("car body", Box, [0.0, 0.24], [0.56, 0.28]),
                piece("car body", Box, [0.0, -0.14], [0.98, 0.28]),
                piece("car window", Box, [-0.27, 0.27], [0.21, 0.17]),
                piece("car window", Box, [0.27, 0.27], [0.21, 0.17]),
                piece("car wheel", Disc, [-0.55, -0.42], [0.27, 0.27]),
                piece("car wheel", Disc, [0.55, -0.42], [0.27, 0.27]),
            ],
            Self::Tree => vec![
                piece("tree trunk", Box, [0.0, -0.58], [0.15, 0.42]),
                piece("tree crown", Disc, [0.0, 0.30], [0.72, 0.68]),
            ],
            Self::Flower => {
                let mut pieces = vec![piece("flower stem", Box, [0.0, -0.55], [0.08, 0.45])];
                for petal in 0..6 {
                    let angle = f64::from(petal) * std::f64::consts::TAU / 6.0;
                    let centre = [0.40 * angle.cos(), 0.34 + 0.40 * angle.sin()];
                    pieces.push(piece("flower petal", Disc, centre, [0.26, 0.26]));
                }
                pieces.push(piece("flower centre", Disc, [0.0, 0.34], [0.23, 0.23]));
                pieces
            }
            Self::Fish => vec![
                Piece { turned: -FRAC_PI_2, ..piece("fish tail", Triangle, [-0.70, 0.0], [0.42, 0.28]) },
                piece("fish fin", Triangle, [0.10, 0.58], [0.32, 0.28]),
                piece("fish body", Disc, [0.18, 0.0], [0.72, 0.44]),
                piece("fish eye", Disc, [0.54, 0.08], [0.16, 0.16]),
            ],
            Self::Face => vec![
                piece("face head", Disc, [0.0, 0.0], [0.76, 0.96]),
                piece("face eye", Disc, [-0.30, 0.28], [0.17, 0.13]),
                piece("face eye", Disc, [0.30, 0.28], [0.17, 0.13]),
                piece("face nose", Triangle, [0.0, -0.10], [0.16, 0.22]),
                piece("face mouth", Box, [0.0, -0.52], [0.34, 0.10]),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_once_and_after_their_object() {
        let all: Vec<&str> = Thing::ALL.iter().flat_map(|thing| thing.parts()).collect();
        let mut unique = all.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), all.len());
        for thing in Thing::ALL {
            assert!(thing.parts().iter().all(|part| part.starts_with(thing.name())));
        }
    }

    #[test]
    fn pieces_stay_in_the_frame_of_their_object() {
        for piece in Thing::ALL.iter().flat_map(|thing| thing.pieces()) {
            let reach = if piece.turned == 0.0 { piece.half } else { [piece.half[1], piece.half[0]] };
            for axis in [0, 1] {
                assert!(piece.centre[axis].abs() + reach[axis] <= 1.0, "{piece:?}");
            }
        }
    }
}
