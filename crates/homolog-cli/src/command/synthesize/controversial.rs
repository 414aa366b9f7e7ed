//! `homolog synthesize controversial`: images that networks put into different classes.

use clap::{Args, ValueEnum};
use homolog::inside::image::InputMap;
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::progress::Cancel;
use homolog::synthesis::classifier::Classifier;
use homolog::synthesis::controversial::{CONTROVERSY, ClassChoices, Controversy, Evidence};

use super::controversial_output::{Found, Report, joined};
use super::making::{Around, MakingOptions, Purpose, classifier, identity};
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, read_size};
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// How many pairs of classes are tried where none are named.
const N_PAIRS: usize = 20;

/// How logits become evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum EvidenceChoice {
    /// Classes exclude each other
    #[default]
    Softmax,
    /// Classes do not, as in Golan et al. 2020
    Sigmoid,
}

/// Make images that two or more networks put into different classes, each surely
///
/// What is raised is the smooth minimum of each network's evidence for its class and, where the networks know the same classes, against
/// the others' (Golan, Raju & Kriegeskorte 2020). Without --classes, pairs of classes are tried and the most controversial images kept: a
/// class is asked of each network, in every order. Stop it whenever you like: the same command goes on where it was, to the same result.
#[derive(Args)]
pub(crate) struct Controversial {
    /// The networks, two or more
    #[arg(required = true, num_args = 2..)]
    models: Vec<String>,
    /// The class that each network is to see, with commas between; may be given often, an image for each
    #[arg(long, value_name = "CLASS,CLASS", conflicts_with_all = ["pairs", "keep"])]
    classes: Vec<String>,
    /// How many pairs of classes are tried, drawn at random, or all of them [default: 20]
    #[arg(long, value_name = "N|all")]
    pairs: Option<String>,
    /// How many of the images are left, the most controversial ones
    #[arg(long, value_name = "N", default_value_t = 6)]
    keep: usize,
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

impl Controversial {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let named: Vec<Vec<usize>> = self.classes.iter().map(|text| read_classes(text)).collect::<Result<_, _>>()?;
        let n_pairs = self.pairs.as_deref().map_or(Ok(N_PAIRS), read_pairs)?;
        if self.keep == 0 {
            return Err(Failure::wrong_input("cannot --keep 0 images: at least 1 is needed"));
        }
        let burn = self.run.burn(&progress)?;
        let models: Vec<Model> =
            self.models.iter().map(|spec| Model::load(spec, &burn, &progress, &cancel)).collect::<Result<_, _>>()?;
        let classifiers: Vec<Classifier<'_>> = models
            .iter()
            .map(|model| classifier(model, self.making.preprocessing.as_deref()))
            .collect::<Result<_, _>>()?;
        let [_, height, width] = classifiers.first().map_or([3, 1, 1], Classifier::shape);
        let size = self.size.as_deref().map_or(Ok([height, width]), read_size)?;
        let is_search = named.is_empty();
        let choices = ClassChoices::of(&classifiers);
        let asked = if is_search { choices.some(n_pairs, self.making.seed) } else { named };
        if asked.is_empty() {
            return Err(Failure::wrong_input(format!(
                "cannot ask {} networks for a class of its own each: they know {} between them",
                models.len(),
                classifiers.first().map_or(0, Classifier::n_classes)
            )));
        }
        let around = Around { progress: &progress, cancel: &cancel, resources: self.run.resources() };
        let mut found = Vec::new();
        let n_asked = asked.len();
        for (place, classes) in asked.into_iter().enumerate() {
            let shown = format!("{} ({} of {n_asked})", joined(&classes), place + 1);
            found.push(self.made((classes, &shown), &classifiers, &models, size, &around)?);
        }
        let report = Report {
            out: PictureFolder::at(&self.making.out),
            models: &models,
            making: &self.making,
            evidence: self.evidence,
            sharpness: self.sharpness,
            n_choices: is_search.then(|| choices.count()),
        };
        report.write(found, if is_search { self.keep } else { usize::MAX })
    }

    /// The image for which each network is to see its class; `shown` is what progress says.
    fn made(
        &self,
        (classes, shown): (Vec<usize>, &str),
        classifiers: &[Classifier<'_>],
        models: &[Model],
        size: [usize; 2],
        around: &Around<'_>,
    ) -> Result<Found, Failure> {
        let evidence = match self.evidence {
            EvidenceChoice::Softmax => Evidence::Softmax,
            EvidenceChoice::Sigmoid => Evidence::Sigmoid,
        };
        let controversy = Controversy { classes, evidence, sharpness: self.sharpness };
        let network: Network =
            controversy.joined(classifiers, size).map_err(|problem| Failure::from_error(&problem))?;
        let identity = models.iter().map(identity).collect::<Vec<_>>().join(" | ");
        let n_channels = classifiers.first().map_or(3, |one| one.shape()[0]);
        let own = format!("{identity} {controversy:?}");
        let burn = models.first().map_or_else(Burn::cpu, |model| model.burn.clone());
        let look = self.making.look(&network, &burn, InputMap::unchanged(n_channels), own, (size, Purpose::Match))?;
        let objective = format!("{CONTROVERSY}[0]")
            .parse()
            .map_err(|problem: homolog::inside::objective::ObjectiveError| Failure::from_error(&problem))?;
        let aims = look.aims(&[objective], None).map_err(|problem| Failure::from_error(&problem))?;
        let made = self.making.make(&look, &aims, &[shown.to_owned()], around)?;
        let image = made.optimised.first().and_then(|one| one.images.first());
        let rounded = image.map(|image| image.mapv(|pixel| (pixel * 255.0).round() / 255.0)).unwrap_or_default();
        let seen = controversy.seen(classifiers, &rounded).map_err(|problem| Failure::from_error(&problem))?;
        Ok(Found { name: joined(&controversy.classes), classes: controversy.classes, made, seen })
    }
}

/// A class for each network.
fn read_classes(text: &str) -> Result<Vec<usize>, Failure> {
    let classes: Option<Vec<usize>> = text.split(',').map(|class| class.trim().parse().ok()).collect();
    classes.ok_or_else(|| {
        Failure::wrong_input(format!(
            "cannot read --classes \"{text}\": it needs a class for each network, as in 281,340"
        ))
    })
}

/// A number, or all.
fn read_pairs(text: &str) -> Result<usize, Failure> {
    let number = if text == "all" { Some(usize::MAX) } else { text.parse().ok().filter(|number| *number > 0) };
    number.ok_or_else(|| {
        Failure::wrong_input(format!("cannot read --pairs \"{text}\": it needs a number of 1 or more, or all"))
    })
}
