//! Objects of known category, position, size and pose on a noisy background.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use rayon::prelude::*;

use super::noise::pink_noise;
use super::outline::Outline;
use super::random::Random;
use crate::stimuli::error::{ImageError, StimulusError};
use crate::stimuli::image::Image;
use crate::stimuli::set::StimulusSet;

/// A family of shapes. The first four are rounded, as animals are; the last four have straight edges, as tools have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Five rounded arms.
    Starfish,
    /// Eight thin legs.
    Spider,
    /// A body and a tail.
    Fish,
    /// A smooth body with one dent.
    Bean,
    /// A rectangle.
    Block,
    /// A triangle.
    Wedge,
    /// Two crossed bars.
    Cross,
    /// A disc with seven teeth.
    Gear,
}

impl Category {
    /// All categories.
    pub const ALL: [Self; 8] =
        [Self::Starfish, Self::Spider, Self::Fish, Self::Bean, Self::Block, Self::Wedge, Self::Cross, Self::Gear];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starfish => "starfish",
            Self::Spider => "spider",
            Self::Fish => "fish",
            Self::Bean => "bean",
            Self::Block => "block",
            Self::Wedge => "wedge",
            Self::Cross => "cross",
            Self::Gear => "gear",
        }
    }

    /// Whether it is one of the rounded, animal-like families.
    pub fn is_animal_like(self) -> bool {
        matches!(self, Self::Starfish | Self::Spider | Self::Fish | Self::Bean)
    }
}

/// One object and where it is.
#[derive(Clone, Copy, Debug)]
pub struct ObjectScene {
    /// What it is.
    pub category: Category,
    /// The middle of the object, right of the image's middle, as a fraction of the image's width.
    pub x: f64,
    /// The same, below the image's middle.
    pub y: f64,
    /// Diameter as a fraction of the image's width.
    pub size: f64,
    /// Rotation in the picture plane, counter-clockwise.
    pub rotation_deg: f64,
    /// The proportions of this exemplar.
    outline: Outline,
    /// Red, green, blue of the object, each in [0, 1].
    colour: [f64; 3],
    /// Stripes on the object: cycles over its diameter, and their direction in radians.
    stripes: (f64, f64),
    /// The seed of the background.
    background_seed: u64,
}

impl ObjectScene {
    /// An exemplar of a category at a random place, size, pose and colour, none of which depend on the category: anywhere
    /// within 0.13 of the middle, 0.4 to 0.7 of the image's width, rotated up to 30° to either side.
    pub fn random(category: Category, random: &mut Random) -> Self {
        Self {
            category,
            x: random.between(-0.13, 0.13),
            y: random.between(-0.13, 0.13),
            size: random.between(0.4, 0.7),
            rotation_deg: random.between(-30.0, 30.0),
            outline: Outline::new(category, random),
            colour: [0; 3].map(|_| random.between(0.55, 1.0)),
            stripes: (random.between(2.0, 6.0), random.between(0.0, PI)),
            background_seed: random.bits(),
        }
    }

    /// The scene as a square image, antialiased by 3 × 3 samples a pixel.
    ///
    /// # Errors
    /// [`ImageError::NoPixels`] when `size_px` is 0.
    pub fn render(&self, size_px: usize) -> Result<Image, ImageError> {
        let background = pink_noise(size_px, &mut Random::new(self.background_seed));
        let mut rgb = Vec::with_capacity(background.len() * 3);
        for (place, noise) in background.iter().enumerate() {
            let (coverage, shade) = self.sample(place % size_px, place / size_px, size_px);
            for colour in self.colour {
                let ground = 0.42 + 0.28 * noise;
                let value = ground + coverage * (colour * shade - ground);
                rgb.push((value * 255.0).round().clamp(0.0, 255.0) as u8);
            }
        }
        Image::new(size_px, size_px, rgb)
    }

    /// How much of a pixel the object covers, and its brightness there.
    fn sample(&self, column: usize, row: usize, size_px: usize) -> (f64, f64) {
        const PER_SIDE: usize = 3;
        let place =
            |pixel: usize, part: usize| (pixel as f64 + (part as f64 + 0.5) / PER_SIDE as f64) / size_px as f64 - 0.5;
        let (sine, cosine) = (self.rotation_deg * PI / 180.0).sin_cos();
        let (mut n_inside, mut shade) = (0.0, 0.0);
        for part in 0..PER_SIDE * PER_SIDE {
            let (x, y) = (place(column, part % PER_SIDE) - self.x, place(row, part / PER_SIDE) - self.y);
            // Into the object's own frame: y up, turned back, in units of its radius.
            let scale = 2.0 / self.size;
            let (u, v) = ((x * cosine - y * sine) * scale, (-x * sine - y * cosine) * scale);
            if u.hypot(v) <= self.outline.radius(v.atan2(u)) {
                n_inside += 1.0;
                let (cycles, direction) = self.stripes;
                shade += 0.85 + 0.15 * (PI * cycles * (u * direction.cos() + v * direction.sin())).cos();
            }
        }
        if n_inside == 0.0 { (0.0, 0.0) } else { (n_inside / (PER_SIDE * PER_SIDE) as f64, shade / n_inside) }
    }

    /// What a table of stimuli says of it.
    pub fn properties(&self) -> BTreeMap<String, String> {
        let group = if self.category.is_animal_like() { "animal-like" } else { "tool-like" };
        [
            ("category", self.category.name().to_owned()),
            ("group", group.to_owned()),
            ("x", self.x.to_string()),
            ("y", self.y.to_string()),
            ("size", self.size.to_string()),
            ("rotation_deg", self.rotation_deg.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// `per_category` scenes of every category, and their images: ids `starfish_000`, …; the same for the same seed everywhere.
///
/// # Errors
/// [`StimulusError::Ungenerated`] when `size_px` is 0.
pub fn objects(
    per_category: usize,
    size_px: usize,
    seed: u64,
) -> Result<(StimulusSet, Vec<ObjectScene>), StimulusError> {
    let scene = |stimulus: usize| {
        let category = Category::ALL[stimulus % Category::ALL.len()];
        ObjectScene::random(category, &mut Random::stream(seed, stimulus as u64))
    };
    let scenes: Vec<ObjectScene> = (0..per_category * Category::ALL.len()).map(scene).collect();
    let images: Result<Vec<Image>, ImageError> = scenes.par_iter().map(|scene| scene.render(size_px)).collect();
    let images = images.map_err(|source| StimulusError::Ungenerated { source })?;
    let named = scenes.iter().zip(images).enumerate().map(|(stimulus, (scene, image))| {
        let id = format!("{}_{:03}", scene.category.name(), stimulus / Category::ALL.len());
        (id, image, scene.properties())
    });
    Ok((StimulusSet::from_images(named)?, scenes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimuli::Limits;

    #[test]
    fn a_seed_gives_the_same_images_and_another_seed_others() {
        let hash = |seed| objects(2, 24, seed).unwrap().0.content_hash(Limits::default()).unwrap();
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
    }

    #[test]
    fn every_category_comes_equally_often_and_says_what_it_is() {
        let (set, scenes) = objects(3, 16, 7).unwrap();
        assert_eq!(set.len(), 24);
        for category in Category::ALL {
            assert_eq!(set.property("category").filter(|name| *name == Some(category.name())).count(), 3);
        }
        assert_eq!(set.ids().nth(8), Some("starfish_001"));
        assert!(scenes.iter().all(|scene| scene.x.abs() <= 0.13 && (0.4..0.7).contains(&scene.size)));
    }

    #[test]
    fn the_object_is_where_its_properties_say() {
        let mut scene = ObjectScene::random(Category::Block, &mut Random::new(2));
        (scene.x, scene.y, scene.size, scene.rotation_deg) = (0.2, -0.1, 0.3, 0.0);
        let (mut sum, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
        for row in 0..60 {
            for column in 0..60 {
                let (coverage, _) = scene.sample(column, row, 60);
                sum += coverage;
                sum_x += coverage * ((column as f64 + 0.5) / 60.0 - 0.5);
                sum_y += coverage * ((row as f64 + 0.5) / 60.0 - 0.5);
            }
        }
        assert!((sum_x / sum - 0.2).abs() < 0.005 && (sum_y / sum + 0.1).abs() < 0.005);
    }
}
