//! What `homolog synthesize controversial` leaves.

use std::io::Write as _;

use homolog::inside::picture::Cell;
use homolog::report::figure::short_model_names;
use homolog::synthesis::controversial::Seen;
use serde_json::{Value, json};

use super::controversial::EvidenceChoice;
use super::making::{Made, MakingOptions, extended};
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance};
use crate::table::{Align, Table, printed};

/// An image that was made, and what the networks make of it.
pub(super) struct Found {
    /// The class that each network was to see.
    pub(super) classes: Vec<usize>,
    pub(super) name: String,
    pub(super) made: Made,
    pub(super) seen: Seen,
}

impl Found {
    /// Whether every network sees what it was to see.
    fn is_controversial(&self) -> bool {
        self.classes == self.seen.classes
    }

    /// The probability that a network gives its own class.
    fn own_probability(&self, network: usize) -> Option<f64> {
        self.seen.probabilities.get(network)?.get(network).copied().flatten()
    }

    /// What each network sees, a line each.
    fn caption(&self, names: &[String]) -> Vec<String> {
        let line = |(network, name): (usize, &String)| {
            let (asked, seen) = (self.classes.get(network).copied(), self.seen.classes.get(network).copied());
            let p = self.own_probability(network).map_or_else(String::new, |p| format!(" p {p:.2}"));
            let seen = seen.map_or_else(String::new, |class| class.to_string());
            match asked {
                Some(asked) if asked.to_string() != seen => format!("{name}: {seen}, not {asked}{p}"),
                _ => format!("{name}: {seen}{p}"),
            }
        };
        names.iter().enumerate().map(line).collect()
    }

    fn json(&self) -> Value {
        json!({ "classes": self.classes, "is_controversial": self.is_controversial(), "seen": { "classes": self.seen.classes,
            "probabilities": self.seen.probabilities, "controversiality": self.seen.controversiality } })
    }
}

/// Where results go and what they are of.
pub(super) struct Report<'a> {
    pub(super) out: PictureFolder<'a>,
    pub(super) models: &'a [Model],
    pub(super) making: &'a MakingOptions,
    pub(super) evidence: EvidenceChoice,
    pub(super) sharpness: f64,
    /// How many ways there are to ask for classes, where they were searched.
    pub(super) n_choices: Option<usize>,
}

impl Report<'_> {
    /// Writes the `n_kept` most controversial images where classes were searched, or all in their order, and prints a table or the JSON.
    pub(super) fn write(&self, mut found: Vec<Found>, n_kept: usize) -> Result<(), Failure> {
        if self.n_choices.is_some() {
            // Of equals the one tried first.
            found.sort_by(|a, b| b.seen.controversiality.total_cmp(&a.seen.controversiality));
        }
        let tried: Vec<Value> = found.iter().map(Found::json).collect();
        let n_tried = found.len();
        let n_controversial = found.iter().filter(|one| one.is_controversial()).count();
        found.truncate(n_kept);
        let names = short_model_names(&self.models.iter().map(|model| model.name.clone()).collect::<Vec<_>>());
        let (mut cells, mut results): (Vec<Cell>, Vec<Value>) = (Vec::new(), Vec::new());
        for one in &found {
            for optimised in &one.made.optimised {
                let file = format!("controversial-{}", one.name);
                let (mut known, shown) = one.made.write(self.out, optimised, &file, one.caption(&names))?;
                known["classes"] = json!(one.classes);
                known["seen"] = one.json()["seen"].clone();
                cells.extend(shown);
                results.push(known);
            }
        }
        if cells.len() > 1 {
            self.out.put_sheet("contact-sheet.png", &cells)?;
        }
        let settings = found.first().map_or(Value::Null, |one| one.made.settings());
        let mut more = json!({ "settings": settings, "results": results });
        if let Some(n_choices) = self.n_choices {
            more["search"] = json!({ "n_pairs": n_tried, "n_pairs_that_there_are": n_choices,
                "n_controversial": n_controversial, "tried": tried });
        }
        let Some(report) = self.report(&more) else { return Ok(()) };
        self.out.put("controversial.json", format!("{report:#}\n").as_bytes())?;
        if self.making.json {
            return printed(|out| writeln!(out, "{report:#}"));
        }
        printed(|out| {
            table(&found).write(out)?;
            if let Some(n_choices) = self.n_choices {
                writeln!(
                    out,
                    "\n{n_controversial} of {n_tried} pairs of classes (of {n_choices}) were seen by every network as asked"
                )?;
            }
            writeln!(out, "\nin {}", self.out.path().display())
        })
    }

    /// All that is needed to make the images again.
    fn report(&self, more: &Value) -> Option<Value> {
        let first = self.models.first()?;
        let preprocessing = first.preprocessing(self.making.preprocessing.as_deref()).ok();
        let mut known = provenance("synthesize-controversial", first, preprocessing.as_ref());
        let networks =
            self.models.iter().map(|model| json!({ "model": model.name, "weights_sha256": model.weights_sha256 }));
        known.insert("models".to_owned(), networks.collect());
        known.insert("evidence".to_owned(), json!(format!("{:?}", self.evidence).to_lowercase()));
        known.insert("sharpness".to_owned(), json!(self.sharpness));
        Some(extended(known, more))
    }
}

fn table(found: &[Found]) -> Table {
    let mut table = Table::new(&[
        ("asked", Align::Left),
        ("seen", Align::Left),
        ("p of the asked", Align::Left),
        ("controversiality", Align::Right),
    ]);
    for one in found {
        let own = (0..one.classes.len()).map(|network| one.own_probability(network));
        let words = own.map(|p| p.map_or_else(|| "-".to_owned(), |p| format!("{p:.3}"))).collect::<Vec<_>>().join(", ");
        let controversiality = format!("{:.2}", one.seen.controversiality);
        table.row(vec![one.name.clone(), joined(&one.seen.classes), words, controversiality]);
    }
    table
}

/// Classes as a name.
pub(super) fn joined(classes: &[usize]) -> String {
    classes.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}
