//! What `homolog atlas` leaves: the page, the whole as a picture, the icons, and the layout.

use std::io::Write as _;

use homolog::inside::atlas::{Atlas, Direction, GridCell, Layer, Sampling, Settings};
use homolog::inside::picture::pictures;
use homolog::recording::record::budget::peak_resident_bytes;
use homolog::report::figure::{AtlasIcon, AtlasMap, Thumbnail, icon_side, short_model_name};
use homolog::report::{AtlasPage, AtlasPageCell, AtlasPageLayer, AtlasPoint};
use homolog::stimuli::{Filter, Image, PassOrder, Preprocessing, StimulusSet, resize};
use serde_json::{Value, json};

use super::Icon;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance};
use crate::showing::command_line;
use crate::table::{Align, Table, printed};

/// Pixels across of the whole, before it is doubled for PNG.
const FIGURE_PX: f64 = 720.0;

/// Icons in a row of the sprite.
const PER_ROW: usize = 16;

/// Images of a cell that the page names.
const N_NAMED: usize = 4;

/// Where results go, and what they are of.
pub(super) struct Output<'a> {
    pub(super) out: PictureFolder<'a>,
    pub(super) model: &'a Model,
    pub(super) preprocessing: &'a Preprocessing,
    pub(super) set: &'a StimulusSet,
    pub(super) stimuli_sha256: String,
    pub(super) atlas: &'a Atlas,
    pub(super) settings: &'a Settings,
    pub(super) sampling: Sampling,
    pub(super) direction: Direction,
    pub(super) class_names: &'a [String],
    pub(super) icons: Value,
    pub(super) at_least: usize,
}

impl Output<'_> {
    /// Writes everything, and prints a line for each layer or the JSON.
    pub(super) fn write(&self, icons: &[Icon], as_json: bool) -> Result<(), Failure> {
        let mut shown = Vec::new();
        for icon in icons {
            shown.push(self.write_icon(icon)?);
        }
        let mut files = Vec::new();
        for (place, layer) in self.atlas.layers.iter().enumerate() {
            let stem = stem(layer);
            let of_layer: Vec<(&Icon, &Image)> =
                icons.iter().zip(&shown).filter(|(icon, _)| icon.layer == place).collect();
            let figure = self.map(layer, &of_layer).figure(FIGURE_PX);
            for ending in ["svg", "png"] {
                let file = self.out.path().join(format!("{stem}.{ending}"));
                figure.save(&file).map_err(|problem| Failure::from_error(&problem))?;
            }
            files.push(format!("{stem}.png"));
        }
        let report = self.report(icons, &files);
        let page = self.page(icons, &shown, &report)?;
        page.write(&self.out.path().join("atlas.html")).map_err(|problem| Failure::from_error(&problem))?;
        self.out.put("atlas.json", format!("{report:#}\n").as_bytes())?;
        if as_json {
            return printed(|out| writeln!(out, "{report:#}"));
        }
        printed(|out| {
            self.table(icons).write(out)?;
            if let Some(trust) = self.atlas.trustworthiness {
                writeln!(out, "\ntrustworthiness of the layout: {trust:.3}")?;
            }
            writeln!(out, "\n{}", self.out.path().join("atlas.html").display())
        })
    }

    /// The icon's picture: of three channels, or of the first of them.
    fn write_icon(&self, icon: &Icon) -> Result<Image, Failure> {
        let refused = || Failure::wrong_input("the icon has no pixels");
        let image = icon.image.images.first().ok_or_else(refused)?;
        let all = pictures(image).map_err(|problem| Failure::from_error(&problem))?;
        let picture = all.into_iter().next().ok_or_else(refused)?;
        self.out.put_picture(&self.icon_file(icon.layer, icon.cell), &picture)?;
        Ok(picture)
    }

    fn icon_file(&self, layer: usize, cell: usize) -> String {
        let Some(layer) = self.atlas.layers.get(layer) else { return String::new() };
        let (row, column) = layer.cells.get(cell).map_or((0, 0), |cell| (cell.row, cell.column));
        format!("icons/{}-{row:03}-{column:03}.png", stem(layer))
    }

    fn map(&self, layer: &Layer, icons: &[(&Icon, &Image)]) -> AtlasMap {
        let most = most(layer);
        let icon = |(icon, picture): &(&Icon, &Image)| {
            let cell = layer.cells.get(icon.cell)?;
            Some(AtlasIcon {
                row: cell.row,
                column: cell.column,
                side: icon_side(cell.members.len(), most),
                picture: Thumbnail::within(picture, usize::MAX)?,
                tip: format!("{}. {}", counted(cell.members.len()), self.classes(cell)),
            })
        };
        AtlasMap {
            description: format!(
                "Activation atlas of {} in {}, {}",
                self.stage(),
                short_model_name(&self.model.name),
                self.name(layer)
            ),
            title: format!("{} \u{b7} {}", self.stage(), self.name(layer)),
            n_cells: self.settings.n_cells,
            icons: icons.iter().filter_map(icon).collect(),
            points: self.atlas.places.outer_iter().map(|place| (place[0], place[1])).collect(),
        }
    }

    fn page(&self, icons: &[Icon], shown: &[Image], report: &Value) -> Result<AtlasPage, Failure> {
        let icon_px = shown.iter().map(|picture| picture.width().max(picture.height())).max().unwrap_or(1);
        let layers = self.atlas.layers.iter().enumerate().map(|(place, layer)| AtlasPageLayer {
            name: self.name(layer),
            cells: icons
                .iter()
                .enumerate()
                .filter(|(_, icon)| icon.layer == place)
                .filter_map(|(number, icon)| Some(self.page_cell(number, layer, layer.cells.get(icon.cell)?)))
                .collect(),
        });
        let points = self.atlas.places.outer_iter().zip(self.set.ids());
        let known = ["model", "weights_sha256", "engine", "stimuli_sha256", "preprocessing", "seed"];
        let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(AtlasPage {
            title: format!("Activation atlas of {}", self.stage()),
            command: command_line(),
            lead: format!(
                "What {} of {} sees in {} images: each image's activations ({}) are a point of the plane; points in a cell \
                 are averaged, and the icon is an image optimised to activate the stage as their average does. The area of an \
                 icon grows as the number of images in its cell.",
                self.stage(),
                short_model_name(&self.model.name),
                self.set.len(),
                match self.sampling {
                    Sampling::RandomPosition => "at one random position",
                    Sampling::Mean => "averaged over positions",
                }
            ),
            sprite: sprite(shown, icon_px)?,
            icon_px,
            n_cells: self.settings.n_cells,
            layers: layers.collect(),
            points: points
                .map(|(at, id)| AtlasPoint { x: rounded(at[0]), y: rounded(at[1]), id: id.to_owned() })
                .collect(),
            provenance: known.iter().map(|name| ((*name).to_owned(), words(&report[*name]))).collect(),
        })
    }

    fn page_cell(&self, icon: usize, layer: &Layer, cell: &GridCell) -> AtlasPageCell {
        let ids = self.set.stimuli();
        let named: Vec<&str> =
            cell.members.iter().take(N_NAMED).filter_map(|member| Some(ids.get(*member)?.id.as_str())).collect();
        let more = if cell.members.len() > N_NAMED { ", \u{2026}" } else { "" };
        AtlasPageCell {
            row: cell.row,
            column: cell.column,
            side: rounded(icon_side(cell.members.len(), most(layer))),
            icon,
            n: cell.members.len(),
            classes: self.classes(cell),
            images: format!("Images: {}{more}.", named.join(", ")),
        }
    }

    /// The classes that a cell drives, in words.
    fn classes(&self, cell: &GridCell) -> String {
        if cell.classes.is_empty() {
            return String::new();
        }
        let one = |(class, above): &(usize, f64)| format!("{} (+{above:.1})", self.class_name(*class));
        let all: Vec<String> = cell.classes.iter().map(one).collect();
        format!("Class outputs farthest above average: {}.", all.join(", "))
    }

    fn class_name(&self, class: usize) -> String {
        self.class_names.get(class).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| format!("class {class}"))
    }

    fn stage(&self) -> &str {
        &self.atlas.sampled.stage.name
    }

    fn name(&self, layer: &Layer) -> String {
        let n: usize = layer.cells.iter().map(|cell| cell.members.len()).sum();
        match layer.class {
            None => format!("all {}", counted(n)),
            Some(class) if self.atlas.sampled.attributions.contains_key(&class) => {
                format!("{}: the {} whose activations add most to it", self.class_name(class), counted(n))
            }
            Some(class) => format!("{}: the {} that drive it most", self.class_name(class), counted(n)),
        }
    }

    fn table(&self, icons: &[Icon]) -> Table {
        let mut table = Table::new(&[
            ("atlas", Align::Left),
            ("images", Align::Right),
            ("cells", Align::Right),
            ("icons", Align::Right),
            ("fullest", Align::Right),
        ]);
        for (place, layer) in self.atlas.layers.iter().enumerate() {
            let n: usize = layer.cells.iter().map(|cell| cell.members.len()).sum();
            let n_icons = icons.iter().filter(|icon| icon.layer == place).count();
            let numbers = [n, layer.cells.len(), n_icons, most(layer)].map(|number| number.to_string());
            table.row(std::iter::once(self.name(layer)).chain(numbers).collect());
        }
        table
    }

    /// The layout, and all that is needed to make the atlas again.
    fn report(&self, icons: &[Icon], files: &[String]) -> Value {
        let Settings { n_cells, umap, classes, n_class_images, seed } = self.settings;
        let mut report = provenance("atlas", self.model, Some(self.preprocessing));
        let direction = match self.direction {
            Direction::Mean => json!({ "name": "mean" }),
            Direction::Whitened { shrinkage } => json!({ "name": "whitened", "shrinkage": shrinkage }),
        };
        let image = |((place, id), position): ((ndarray::ArrayView1<'_, f64>, &str), &Option<[usize; 2]>)| json!({ "stimulus_id": id, "x": place[0], "y": place[1], "position": position });
        let images: Vec<Value> =
            self.atlas.places.outer_iter().zip(self.set.ids()).zip(&self.atlas.sampled.positions).map(image).collect();
        let own = json!({
            "stimuli_sha256": self.stimuli_sha256,
            "stage": self.stage(),
            "sampling": self.sampling.name(),
            "grid": n_cells,
            "at_least": self.at_least,
            "umap": { "neighbours": umap.n_neighbours, "min_distance": umap.min_distance, "spread": umap.spread,
                "distance": format!("{:?}", umap.distance).to_lowercase(), "epochs": umap.n_epochs },
            "trustworthiness": self.atlas.trustworthiness,
            "classes": classes,
            "class_images": n_class_images,
            "class_by": if self.atlas.sampled.attributions.is_empty() { "output" } else { "attribution" },
            "direction": direction,
            "seed": seed,
            "icons": self.icons,
            "peak_resident_bytes": peak_resident_bytes(),
            "images": images,
            "layers": self.layers_json(icons, files),
        });
        report.extend(own.as_object().cloned().unwrap_or_default());
        report.into()
    }

    fn layers_json(&self, icons: &[Icon], files: &[String]) -> Vec<Value> {
        let ids = self.set.stimuli();
        let layer = |(place, layer): (usize, &Layer)| {
            let cell = |(number, cell): (usize, &GridCell)| {
                let icon = icons.iter().find(|icon| icon.layer == place && icon.cell == number);
                let members: Vec<&str> =
                    cell.members.iter().filter_map(|member| Some(ids.get(*member)?.id.as_str())).collect();
                let classes: Vec<Value> = cell
                    .classes
                    .iter()
                    .map(|(class, above)| json!({ "class": class, "name": self.class_name(*class), "above_average": above }))
                    .collect();
                json!({ "row": cell.row, "column": cell.column, "n_images": cell.members.len(), "images": members,
                    "classes": classes, "attribution": cell.attribution, "icon": icon.map(|_| self.icon_file(place, number)),
                    "icon_value": icon.map(|icon| icon.image.objective), "is_dead": icon.map(|icon| icon.image.is_dead) })
            };
            let cells: Vec<Value> = layer.cells.iter().enumerate().map(cell).collect();
            json!({ "class": layer.class, "name": self.name(layer), "figure": files.get(place), "cells": cells })
        };
        self.atlas.layers.iter().enumerate().map(layer).collect()
    }
}

fn stem(layer: &Layer) -> String {
    layer.class.map_or_else(|| "atlas".to_owned(), |class| format!("atlas-class-{class}"))
}

/// Images in the fullest cell.
fn most(layer: &Layer) -> usize {
    layer.cells.iter().map(|cell| cell.members.len()).max().unwrap_or(0)
}

fn counted(n: usize) -> String {
    format!("{n} image{}", if n == 1 { "" } else { "s" })
}

/// Four decimals: a page holds thousands of these.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// All icons in one picture.
fn sprite(icons: &[Image], side: usize) -> Result<Image, Failure> {
    let refused = |problem: homolog::stimuli::ImageError| Failure::from_error(&problem);
    let width = side * PER_ROW.min(icons.len().max(1));
    let height = side * icons.len().div_ceil(PER_ROW).max(1);
    let mut rgb = vec![0; 3 * width * height];
    for (number, icon) in icons.iter().enumerate() {
        let square = resize(icon, side, side, Filter::Bilinear, PassOrder::default()).map_err(refused)?;
        let (left, top) = (number % PER_ROW * side, number / PER_ROW * side);
        for (line, row) in square.rows().enumerate() {
            let start = 3 * ((top + line) * width + left);
            if let Some(target) = rgb.get_mut(start..start + row.len()) {
                target.copy_from_slice(row);
            }
        }
    }
    Image::new(width, height, rgb).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sprite_holds_every_icon_in_its_place() {
        let icons: Vec<Image> = (0..18).map(|number| Image::filled(2, 2, [number, 0, 0]).unwrap()).collect();
        let sprite = sprite(&icons, 2).unwrap();
        assert_eq!((sprite.width(), sprite.height()), (32, 4));
        let pixel = |x: usize, y: usize| sprite.rgb()[3 * (y * 32 + x)];
        assert_eq!((pixel(0, 0), pixel(31, 1), pixel(1, 2), pixel(2, 3)), (0, 15, 16, 17));
    }
}
