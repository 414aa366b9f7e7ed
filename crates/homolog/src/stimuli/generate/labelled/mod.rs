//! Images whose every pixel is labelled: colours, textures, shapes, parts and objects, made by the program, so that a
//! network can be dissected with nothing downloaded.
//!
//! A scene is an object of named parts and up to three free figures on a grey ground. Every figure has a colour and, some, a
//! texture in two shades of it; the ground has no label. Each concept covers a few hundredths of the pixels of a set: a
//! unit that is compared by its top half per cent cannot overlap well with a concept that is nearly everywhere.

mod outline;
mod scene;
mod surface;
mod thing;

use std::collections::BTreeMap;

use rayon::prelude::*;

use self::scene::{Drawn, GROUND, Role, SHAPES, Scene};
use super::random::Random;
use crate::stimuli::error::{ImageError, StimulusError};
use crate::stimuli::labelled::{Concept, LabelMap, LabelledSet};
use crate::stimuli::set::StimulusSet;

pub use outline::Figure;
pub use surface::{Colour, Texture};
pub use thing::Thing;

/// `n_images` scenes of `size_px` pixels a side with the masks of all concepts: ids `scene_0000`, …, the property `object` of
/// each; the objects take turns. The same for the same seed everywhere, and scene `i` whatever the number of scenes.
///
/// # Errors
/// [`StimulusError::Ungenerated`] when `size_px` is 0.
pub fn labelled_scenes(n_images: usize, size_px: usize, seed: u64) -> Result<LabelledSet, StimulusError> {
    let scene =
        |image: usize| Scene::random(Thing::ALL[image % Thing::ALL.len()], &mut Random::stream(seed, image as u64));
    let scenes: Vec<Scene> = (0..n_images).map(scene).collect();
    let drawn: Result<Vec<Drawn>, ImageError> = scenes.par_iter().map(|scene| scene.draw(size_px)).collect();
    let drawn = drawn.map_err(|source| StimulusError::Ungenerated { source })?;
    let concepts = concepts();
    let maps = scenes.iter().zip(&drawn).map(|(scene, drawn)| LabelMap {
        width: size_px,
        height: size_px,
        region_of_pixel: drawn.layer_of_pixel.clone(),
        concepts_of_region: scene.layers.iter().map(|layer| labels(layer.surface, layer.role, &concepts)).collect(),
    });
    let maps: Vec<LabelMap> = maps.collect();
    let named = scenes.iter().zip(drawn).enumerate().map(|(image, (scene, drawn))| {
        let properties = BTreeMap::from([("object".to_owned(), scene.thing.name().to_owned())]);
        (format!("scene_{image:04}"), drawn.image, properties)
    });
    Ok(LabelledSet::from_maps(StimulusSet::from_images(named)?, concepts, maps))
}

/// All concepts, by category.
fn concepts() -> Vec<Concept> {
    let of = |category: &'static str| move |name: &'static str| Concept::new(category, name);
    let colours = Colour::ALL.map(Colour::name).map(of("colour"));
    let textures = Texture::ALL.map(Texture::name).map(of("texture"));
    let shapes = SHAPES.map(|(_, name)| name).map(of("shape"));
    let parts = Thing::ALL.iter().flat_map(|thing| thing.parts()).map(of("part"));
    let objects = Thing::ALL.map(Thing::name).map(of("object"));
    colours.into_iter().chain(textures).chain(shapes).chain(parts).chain(objects).collect()
}

/// The concepts of a layer, by their places in the list.
fn labels(surface: surface::Surface, role: Role, concepts: &[Concept]) -> Vec<usize> {
    let mut names = vec![("colour", surface.colour.name())];
    names.extend(surface.texture.map(|texture| ("texture", texture.name())));
    match role {
        Role::Shape(name) => names.push(("shape", name)),
        Role::Part(thing, part) => names.extend([("part", part), ("object", thing.name())]),
    }
    let place = |(category, name): (&str, &str)| {
        concepts.iter().position(|concept| concept.category == category && concept.name == name)
    };
    names.into_iter().filter_map(place).collect()
}

const _: () = assert!(GROUND == LabelMap::UNLABELLED);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimuli::Limits;

    #[test]
    fn a_seed_gives_the_same_scenes_and_a_longer_set_begins_with_the_shorter() {
        let hash = |seed| labelled_scenes(3, 24, seed).unwrap().set().content_hash(Limits::default()).unwrap();
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
        let long = labelled_scenes(5, 24, 1).unwrap();
        assert_eq!(long.set().slice(0..3).content_hash(Limits::default()).unwrap(), hash(1));
    }

    #[test]
    fn every_concept_is_somewhere_and_none_is_everywhere() {
        let labelled = labelled_scenes(90, 64, 5).unwrap();
        let mut pixels = vec![0_usize; labelled.concepts().len()];
        for image in 0..labelled.set().len() {
            for (concept, mask) in labelled.masks(image).unwrap().masks {
                pixels[concept] += mask.iter().filter(|inside| **inside).count();
            }
        }
        for (concept, n_pixels) in labelled.concepts().iter().zip(pixels) {
            let share = n_pixels as f64 / (90.0 * 64.0 * 64.0);
            assert!((0.0003..0.05).contains(&share), "{concept:?} covers {share}");
        }
    }

    #[test]
    fn an_object_covers_what_its_parts_cover() {
        let labelled = labelled_scenes(6, 48, 2).unwrap();
        let is_of = |concept: usize, category: &str| labelled.concepts()[concept].category == category;
        for image in 0..6 {
            let masks = labelled.masks(image).unwrap().masks;
            let union = |category: &str| {
                let mut union = vec![false; 48 * 48];
                for (_, mask) in masks.iter().filter(|(concept, _)| is_of(*concept, category)) {
                    union.iter_mut().zip(mask).for_each(|(union, inside)| *union |= inside);
                }
                union
            };
            assert_eq!(union("part"), union("object"));
            assert!(union("colour").iter().zip(union("shape")).all(|(colour, shape)| !shape || *colour));
        }
    }
}
