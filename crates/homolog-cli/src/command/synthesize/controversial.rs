//! `homolog synthesize controversial`: images that networks put into different classes.

use std::io::Write as _;

use clap::{Args, ValueEnum};
use homolog::inside::image::InputMap;
use homolog::inside::picture::Cell;
use homolog::network::checked::Network;
use homolog::progress::Cancel;
use homolog::synthesis::classifier::Classifier;
use homolog::synthesis::controversial::{CONTROVERSY, Controversy, Evidence, Seen};
use serde_json::{Value, json};

use super::making::{Around, MakingOptions, classifier, extended, identity, told};
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance, read_size};
use crate::progress::Bars;
use crate::run_options::RunOptions;
use crate::table::{Align, Table, printed};

/// How logits become evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum EvidenceChoice {
    /// Classes exclude each other
    #[default]
    Softmax,
    /// Classes do not, as in Golan et al. 2020
    Sigmoid,
}

/// Make images that two or more networks put into different classes, each surely
///
/// What is raised is the smooth minimum of each network's evidence for its class and, where the networks know the same classes, against
/// the others' (Golan, Raju & Kriegeskorte 2020). Stop it whenever you like: the same command goes on where it was, to the same result.
#[derive(Args)]
pub(crate) struct Controversial {
    /// The networks, two or more
    #[arg(required = true, num_args = 2..)]
    models: Vec<String>,
    /// The class that each network is to see, with commas between; may be given often, an image for each
    #[arg(long, value_name = "CLASS,CLASS", required = true)]
    classes: Vec<String>,
    /// How logits become evidence
    #[arg(long, value_enum, default_value_t)]
    evidence: EvidenceChoice,
    /// How sharply the smallest evidence is taken: 1 to begin with, more for the last bit
    #[arg(long, value_name = "ALPHA", default_value_t = 1.0)]
    sharpness: f64,
    /// Pixels of the image: N or HEIGHTxWIDTH [default: as the first network takes it]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    #[command(flatten)]
    making: MakingOptions,
    #[command(flatten)]
    run: RunOptions,
}

/// One image that was asked for.
struct Asked {
    controversy: Controversy,
    network: Network,
    name: String,
}

impl Controversial {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let burn = self.run.burn(&progress)?;
        let controversies: Vec<Controversy> =
            self.classes.iter().map(|text| self.controversy(text)).collect::<Result<_, _>>()?;
        let models: Vec<Model> =
            self.models.iter().map(|spec| Model::load(spec, &burn, &progress, &cancel)).collect::<Result<_, _>>()?;
        let classifiers: Vec<Classifier<'_>> = models
            .iter()
            .map(|model| classifier(model, self.making.preprocessing.as_deref()))
            .collect::<Result<_, _>>()?;
        let [n_channels, height, width] = classifiers.first().map_or([3, 1, 1], Classifier::shape);
        let size = self.size.as_deref().map_or(Ok([height, width]), read_size)?;
        let identity = models.iter().map(identity).collect::<Vec<_>>().join(" | ");
        let asked: Vec<Asked> = controversies
            .into_iter()
            .map(|controversy| {
                let network = controversy.joined(&classifiers, size).map_err(|problem| told(&problem))?;
                let name = controversy.classes.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
                Ok::<_, Failure>(Asked { controversy, network, name })
            })
            .collect::<Result<_, _>>()?;
        let around = Around { progress: &progress, cancel: &cancel, resources };
        let folder = PictureFolder::at(&self.making.out);
        let (mut cells, mut results, mut seen): (Vec<Cell>, Vec<Value>, Vec<Seen>) =
            (Vec::new(), Vec::new(), Vec::new());
        let mut settings = Value::Null;
        for Asked { controversy, network, name } in &asked {
            let own = format!("{identity} {controversy:?}");
            let look = self.making.look(network, &burn, InputMap::unchanged(n_channels), own, size)?;
            let objective = format!("{CONTROVERSY}[0]")
                .parse()
                .map_err(|problem: homolog::inside::objective::ObjectiveError| told(&problem))?;
            let aims = look.aims(&[objective], None).map_err(|problem| told(&problem))?;
            let made = self.making.make(&look, &aims, std::slice::from_ref(name), &around)?;
            for one in &made.optimised {
                let Some(image) = one.images.first() else { continue };
                let rounded = image.mapv(|pixel| (pixel * 255.0).round() / 255.0);
                let found = controversy.seen(&classifiers, &rounded).map_err(|problem| told(&problem))?;
                let caption = vec![format!("asked {name}"), format!("seen {}", joined(&found.classes))];
                let (mut known, shown) = made.write(folder, one, &format!("controversial-{name}"), caption)?;
                known["classes"] = json!(controversy.classes);
                known["seen"] = json!({ "classes": found.classes, "probabilities": found.probabilities, "controversiality": found.controversiality });
                cells.extend(shown);
                results.push(known);
                seen.push(found);
            }
            settings = made.settings();
        }
        if cells.len() > 1 {
            folder.put_sheet("contact-sheet.png", &cells)?;
        }
        self.tell(&models, &asked, &seen, &json!({ "settings": settings, "results": results }))
    }

    fn controversy(&self, text: &str) -> Result<Controversy, Failure> {
        let classes: Option<Vec<usize>> = text.split(',').map(|class| class.trim().parse().ok()).collect();
        let classes = classes.ok_or_else(|| {
            Failure::wrong_input(format!(
                "cannot read --classes \"{text}\": it needs a class for each network, as in 281,340"
            ))
        })?;
        let evidence = match self.evidence {
            EvidenceChoice::Softmax => Evidence::Softmax,
            EvidenceChoice::Sigmoid => Evidence::Sigmoid,
        };
        Ok(Controversy { classes, evidence, sharpness: self.sharpness })
    }

    fn tell(&self, models: &[Model], asked: &[Asked], seen: &[Seen], more: &Value) -> Result<(), Failure> {
        let Some(first) = models.first() else { return Ok(()) };
        let preprocessing = first.preprocessing(self.making.preprocessing.as_deref()).ok();
        let mut known = provenance("synthesize-controversial", first, preprocessing.as_ref());
        let networks =
            models.iter().map(|model| json!({ "model": model.name, "weights_sha256": model.weights_sha256 }));
        known.insert("models".to_owned(), networks.collect());
        known.insert("evidence".to_owned(), json!(format!("{:?}", self.evidence).to_lowercase()));
        known.insert("sharpness".to_owned(), json!(self.sharpness));
        let report = extended(known, more);
        let folder = PictureFolder::at(&self.making.out);
        folder.put("controversial.json", format!("{report:#}\n").as_bytes())?;
        if self.making.json {
            return printed(|out| writeln!(out, "{report:#}"));
        }
        let mut table = Table::new(&[
            ("asked", Align::Left),
            ("seen", Align::Left),
            ("p of the asked", Align::Left),
            ("controversiality", Align::Right),
        ]);
        for (asked, seen) in asked.iter().zip(seen) {
            let own = seen.probabilities.iter().enumerate().map(|(place, row)| row.get(place).copied().flatten());
            let words =
                own.map(|p| p.map_or_else(|| "-".to_owned(), |p| format!("{p:.3}"))).collect::<Vec<_>>().join(", ");
            table.row(vec![asked.name.clone(), joined(&seen.classes), words, format!("{:.2}", seen.controversiality)]);
        }
        printed(|out| {
            table.write(out)?;
            writeln!(out, "\nin {}", folder.path().display())
        })
    }
}

fn joined(classes: &[usize]) -> String {
    classes.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}
