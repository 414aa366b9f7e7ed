//! What `homolog circuit` leaves: trees as pictures and on a page, weights as a table, and how to make them again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use homolog::inside::circuit::{Link, Node, Strength, Strongest, Unit};
use homolog::inside::optimise::Optimised;
use homolog::inside::picture::pictures;
use homolog::recording::record::budget::peak_resident_bytes;
use homolog::report::figure::{CircuitLink, CircuitNode, CircuitTree, Thumbnail, short_model_name};
use homolog::report::{Cell, Document, Table as PageTable};
use homolog::stimuli::{Image, Preprocessing};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance};
use crate::showing::command_line;
use crate::table::{Align, Table, printed};

/// Pixels across of a tree's figure: two columns of a journal.
const FIGURE_PX: f64 = 640.0;

/// Pixels of a unit's image on the figure.
const IMAGE_PX: usize = 144;

/// One tree.
pub(super) struct Found {
    pub(super) tree: Node,
    pub(super) through: Vec<String>,
    /// How every channel of an earlier stage drives the unit.
    pub(super) strengths: Vec<(String, Vec<Strength>)>,
}

/// Where results go, and what they are of.
pub(super) struct Output<'a> {
    pub(super) out: PictureFolder<'a>,
    pub(super) model: &'a Model,
    pub(super) preprocessing: Option<&'a Preprocessing>,
    pub(super) images: &'a BTreeMap<Unit, Optimised>,
    /// How images were made.
    pub(super) icons: Option<Value>,
    /// The images that slopes were averaged over.
    pub(super) active: Option<&'a Path>,
    /// By what the strongest inputs were chosen.
    pub(super) by: Strongest,
}

impl Output<'_> {
    /// Writes everything, and prints a line for each link or the JSON.
    pub(super) fn write(&self, found: &[Found], as_json: bool) -> Result<(), Failure> {
        let shown = self.write_images()?;
        let mut stems = Stems::default();
        let mut results = Vec::new();
        let mut page =
            Document::new(format!("What units of {} are made of", short_model_name(&self.model.name)), command_line());
        page.lead(format!(
            "Weights expanded through the stages between: {}; the largest of a window counts as the mean of the window.",
            self.slopes_in_words()
        ));
        for found in found {
            let stem = stems.of(&name_of(found));
            let figure = self.figure(&found.tree, &shown);
            for ending in ["svg", "png"] {
                let file = self.out.path().join(format!("{stem}.{ending}"));
                figure.figure(FIGURE_PX).save(&file).map_err(|problem| Failure::from_error(&problem))?;
            }
            page.section(&name_of(found));
            page.figure(|width| figure.figure(width), &figure.description);
            page.table(page_table(&found.tree));
            let table = (!found.strengths.is_empty()).then(|| format!("{stem}-weights.csv"));
            if let Some(table) = &table {
                self.out.put(table, csv(&found.strengths).as_bytes())?;
            }
            results.push(json!({ "through": found.through, "figure": format!("{stem}.png"), "weights": table,
                "tree": self.node_json(&found.tree) }));
        }
        let report = self.report(results);
        for name in ["model", "weights_sha256", "engine", "slopes"] {
            page.provenance(name, report[name].as_str().unwrap_or("none"));
        }
        page.write(&self.out.path().join("circuit.html")).map_err(|problem| Failure::from_error(&problem))?;
        self.out.put("circuit.json", format!("{report:#}\n").as_bytes())?;
        if as_json {
            return printed(|out| writeln!(out, "{report:#}"));
        }
        printed(|out| {
            table(found).write(out)?;
            writeln!(out, "\nin {}", self.out.path().display())
        })
    }

    fn slopes_in_words(&self) -> String {
        match self.active {
            Some(folder) => {
                format!(
                    "the slope of a rectifier is the share of the images of {} in which it is active",
                    folder.display()
                )
            }
            None => "every rectifier's slope is 1".to_owned(),
        }
    }

    /// Every unit's picture, which is written too.
    fn write_images(&self) -> Result<BTreeMap<Unit, Image>, Failure> {
        let mut shown = BTreeMap::new();
        for (unit, image) in self.images {
            let Some(image) = image.images.first() else { continue };
            let all = pictures(image).map_err(|problem| Failure::from_error(&problem))?;
            if let Some(picture) = all.into_iter().next() {
                self.out.put_picture(&image_file(unit), &picture)?;
                shown.insert(unit.clone(), picture);
            }
        }
        Ok(shown)
    }

    fn figure(&self, tree: &Node, shown: &BTreeMap<Unit, Image>) -> CircuitTree {
        let inputs: Vec<String> = tree.inputs.iter().map(|input| input.unit.to_string()).collect();
        let (strongest, number) = match self.by {
            Strongest::Norm => ("strongest inputs", "its share of all squared weights into the unit"),
            Strongest::Excitation => ("most exciting inputs", "the sum of its weights above 0, and of those below"),
            Strongest::Inhibition => ("most inhibiting inputs", "the sum of its weights below 0, and of those above"),
        };
        let description = format!(
            "{} of {} and its {strongest} {}, with the expanded weights between them; below a kernel {number}; rows of a \
             kernel run down as in the image.{}",
            tree.unit,
            short_model_name(&self.model.name),
            inputs.join(", "),
            if shown.is_empty() { "" } else { " The pictures of units are optimised images." }
        );
        CircuitTree { description, labels: format!("below a kernel: {number}"), root: self.circuit_node(tree, shown) }
    }

    fn circuit_node(&self, node: &Node, shown: &BTreeMap<Unit, Image>) -> CircuitNode {
        let link = node.link.as_ref().map(|link| {
            let Strength { excitation, inhibition, share, .. } = link.strength;
            let label = match self.by {
                Strongest::Norm => format!("{:.1} %", 100.0 * share),
                Strongest::Excitation => format!("+{excitation:.2} {}", below_zero(inhibition)),
                Strongest::Inhibition => format!("{} +{excitation:.2}", below_zero(inhibition)),
            };
            CircuitLink { kernel: link.kernel.mapv(f64::from), label }
        });
        CircuitNode {
            name: node.unit.to_string(),
            picture: shown.get(&node.unit).and_then(|picture| Thumbnail::within(picture, IMAGE_PX)),
            link,
            inputs: node.inputs.iter().map(|input| self.circuit_node(input, shown)).collect(),
        }
    }

    fn node_json(&self, node: &Node) -> Value {
        let image = self.images.get(&node.unit);
        let inputs: Vec<Value> = node.inputs.iter().map(|input| self.node_json(input)).collect();
        json!({ "unit": node.unit.to_string(), "link": node.link.as_ref().map(link_json),
            "image": image.map(|_| image_file(&node.unit)), "image_value": image.map(|image| image.objective),
            "is_dead": image.map(|image| image.is_dead), "inputs": inputs })
    }

    /// All that is needed to make the circuits again.
    fn report(&self, results: Vec<Value>) -> Value {
        let mut report = provenance("circuit", self.model, self.preprocessing);
        let own = json!({ "slopes": self.slopes_in_words(), "strongest_by": self.by.name(), "pools": "the mean of the window", "images": self.icons,
            "peak_resident_bytes": peak_resident_bytes(), "results": results });
        report.extend(own.as_object().cloned().unwrap_or_default());
        report.into()
    }
}

/// A number of 0 or less with a true minus sign.
fn below_zero(number: f64) -> String {
    format!("\u{2212}{:.2}", number.abs())
}

fn link_json(link: &Link) -> Value {
    let kernel: Vec<Vec<f32>> = link.kernel.rows().into_iter().map(|row| row.to_vec()).collect();
    let Strength { norm, excitation, inhibition, share, .. } = link.strength;
    json!({ "kernel": kernel, "norm": norm, "excitation": excitation, "inhibition": inhibition,
        "sum": link.strength.sum(), "share_of_squares": share, "is_cut": link.is_cut })
}

/// What a tree is called: its unit, or both of a pair.
fn name_of(found: &Found) -> String {
    match (found.strengths.is_empty(), found.tree.inputs.as_slice()) {
        (true, [input]) => format!("{} to {}", input.unit, found.tree.unit),
        _ => found.tree.unit.to_string(),
    }
}

fn image_file(unit: &Unit) -> String {
    format!("units/{}.png", plain(&unit.to_string()))
}

fn plain(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-') { letter } else { '_' };
    name.trim_start_matches('.').chars().map(plain).collect()
}

/// Names of files, no two the same.
#[derive(Default)]
struct Stems {
    taken: BTreeSet<String>,
}

impl Stems {
    fn of(&mut self, name: &str) -> String {
        let plain = plain(name);
        let mut stem = plain.clone();
        let mut number = 2;
        while !self.taken.insert(stem.to_lowercase()) {
            stem = format!("{plain}-{number}");
            number += 1;
        }
        stem
    }
}

/// Every link of a tree: (later unit, earlier unit, strength).
fn links(node: &Node) -> Vec<(&Unit, &Unit, Strength)> {
    let own = node.inputs.iter().filter_map(|input| Some((&node.unit, &input.unit, input.link.as_ref()?.strength)));
    own.chain(node.inputs.iter().flat_map(links)).collect()
}

fn page_table(tree: &Node) -> PageTable {
    let mut table = PageTable::new(["unit", "input", "norm", "excitation", "inhibition", "sum", "share of squares"]);
    for (unit, input, strength) in links(tree) {
        let numbers = [strength.norm, strength.excitation, strength.inhibition, strength.sum(), strength.share];
        let names = [Cell::name(unit.to_string()), Cell::name(input.to_string())];
        table.push(names.into_iter().chain(numbers.map(Cell::number)));
    }
    table
}

fn table(found: &[Found]) -> Table {
    let mut table = Table::new(&[
        ("unit", Align::Left),
        ("input", Align::Left),
        ("norm", Align::Right),
        ("excitation", Align::Right),
        ("inhibition", Align::Right),
        ("sum", Align::Right),
        ("share", Align::Right),
    ]);
    for (unit, input, strength) in found.iter().flat_map(|found| links(&found.tree)) {
        let number = |value: f64| format!("{value:.4}");
        table.row(vec![
            unit.to_string(),
            input.to_string(),
            number(strength.norm),
            number(strength.excitation),
            number(strength.inhibition),
            number(strength.sum()),
            format!("{:.1} %", 100.0 * strength.share),
        ]);
    }
    table
}

fn csv(strengths: &[(String, Vec<Strength>)]) -> String {
    let mut text = "stage,channel,norm,excitation,inhibition,share_of_squares\n".to_owned();
    for (stage, strengths) in strengths {
        for one in strengths {
            let Strength { channel, norm, excitation, inhibition, share } = one;
            text.push_str(&format!(
                "\"{}\",{channel},{norm},{excitation},{inhibition},{share}\n",
                stage.replace('"', "\"\"")
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_units_and_no_two_the_same() {
        let mut stems = Stems::default();
        let found: Vec<String> =
            ["features.10:1", "features.10_1", "a/b:2 to c:1"].iter().map(|name| stems.of(name)).collect();
        assert_eq!(found, ["features.10_1", "features.10_1-2", "a_b_2_to_c_1"]);
    }
}
