//! `homolog synthesize adversarial`: accuracy against strength, and transfer between networks.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use clap::Args;
use homolog::inside::optimise::Surroundings;
use homolog::inside::picture::Pixels;
use homolog::progress::Cancel;
use homolog::stimuli::{IdStyle, Image, Preprocessing, StimulusSet};
use homolog::store::Store;
use homolog::synthesis::adversarial::{
    Attack, Attacked, Evaluation, Goal, Norm, Subject, strengths, subject_of, transferred,
};
use homolog::synthesis::classifier::Classifier;

use super::attack_output::{OfAttack, Report};
use super::labels::Labels;
use super::making::classifier;
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::PictureFolder;
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// Change images a little so that a classifier answers wrongly: accuracy against strength, and transfer between networks
///
/// Attacks: fgsm, pgd-linf, pgd-l2, apgd-ce-linf, apgd-ce-l2, apgd-dlr-linf, apgd-dlr-l2 stay within --budget; deepfool and carlini-wagner
/// look for the nearest image, to which budgets (L2) are then applied. Budgets are of images from 0 to 1 before preprocessing: 2/255 is
/// two levels of a picture of 8 bits. Stop it whenever you like: the same command goes on where it was, to the same result.
#[derive(Args)]
pub(crate) struct Adversarial {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// Images that are attacked: a folder, an archive or a table
    #[arg(long, value_name = "FOLDER")]
    images: PathBuf,
    /// Where results go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// The attack; may be given often
    #[arg(long, value_name = "NAME", default_value = "pgd-linf")]
    attack: Vec<String>,
    /// Budgets with commas between, as numbers or shares: 0.5/255,1/255 beside 0 [default: 0.25/255 to 4/255, or 0.05 to 0.8 for L2]
    #[arg(long, value_name = "LIST")]
    budget: Option<String>,
    /// The class of each image: predicted (what the network says to it), names (the number at the start of its name), or a CSV file with
    /// stimulus_id and class
    #[arg(long, value_name = "predicted|names|FILE", default_value = "predicted")]
    labels: String,
    /// The class that images are to be put into; without, any but their own
    #[arg(long, value_name = "CLASS")]
    target: Option<usize>,
    /// Further networks that know the same classes: each is attacked, and each is shown what fools the others; may be given often
    #[arg(long, value_name = "MODEL")]
    transfer: Vec<String>,
    /// Steps [default: as suits the attack]
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Images, the first ones [default: all]
    #[arg(long, value_name = "N")]
    n_images: Option<usize>,
    /// How many of the images are left as pictures
    #[arg(long, value_name = "N", default_value_t = 6)]
    show: usize,
    /// Of random starts
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

/// A network that is attacked.
struct Attackable<'a> {
    classifier: Classifier<'a>,
    preprocessing: Preprocessing,
}

impl Adversarial {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let attacks: Vec<Attack> = self.attack.iter().map(|name| self.attack(name)).collect::<Result<_, _>>()?;
        let budgets: Vec<Vec<f64>> = attacks.iter().map(|attack| self.budgets(attack)).collect::<Result<_, _>>()?;
        let labels = Labels::read(&self.labels)?;
        let specs = std::iter::once(&self.model).chain(&self.transfer);
        let burn = self.run.burn(&progress)?;
        let models: Vec<Model> =
            specs.map(|spec| Model::load(spec, &burn, &progress, &cancel)).collect::<Result<_, _>>()?;
        let attackable = |model| {
            let classifier = classifier(model, self.preprocessing.as_deref())?;
            let preprocessing = Model::preprocessing(model, self.preprocessing.as_deref())?;
            Ok::<_, Failure>(Attackable { classifier, preprocessing })
        };
        let networks: Vec<Attackable<'_>> = models.iter().map(attackable).collect::<Result<_, _>>()?;
        check_classes(&networks, &models)?;
        let set =
            StimulusSet::open(&self.images, IdStyle::default()).map_err(|problem| Failure::from_error(&problem))?;
        let set = set.slice(0..self.n_images.unwrap_or(set.len()).min(set.len()));
        let labels = self.labels(&labels, &networks, &set)?;
        let store = Store::open(&self.out).map_err(|problem| Failure::from_error(&problem))?;
        let watch = |_: usize, _: usize, loss: f64| progress.note(&format!("attacking, loss {loss:.3}"));
        let resources = self.run.resources();
        let around =
            Surroundings { resources, progress: &progress, watch: &watch, cancel: &cancel, store: Some(&store) };
        let mut done = Vec::new();
        for (attack, budgets) in attacks.iter().zip(&budgets) {
            done.push(self.attacked(*attack, budgets, &networks, (&set, &labels), &around)?);
        }
        let report = Report {
            out: PictureFolder::at(&self.out),
            models: &models,
            preprocessing: networks.first().map(|one| &one.preprocessing),
            labels: &self.labels,
            seed: self.seed,
            n_images: set.len(),
        };
        report.write(&done, self.json)
    }

    fn attack(&self, name: &str) -> Result<Attack, Failure> {
        let mut attack = Attack::named(name).map_err(|problem| Failure::from_error(&problem))?;
        if let (
            Some(asked),
            Attack::Pgd { n_steps, .. }
            | Attack::Apgd { n_steps, .. }
            | Attack::DeepFool { n_steps, .. }
            | Attack::CarliniWagner { n_steps, .. },
        ) = (self.steps, &mut attack)
        {
            *n_steps = asked;
        }
        Ok(attack)
    }

    fn budgets(&self, attack: &Attack) -> Result<Vec<f64>, Failure> {
        let Some(text) = &self.budget else {
            let levels = match attack.norm() {
                Norm::Linf => [0.0, 0.25, 0.5, 1.0, 2.0, 4.0].map(|levels| levels / 255.0),
                Norm::L2 => [0.0, 0.05, 0.1, 0.2, 0.4, 0.8],
            };
            return Ok(levels.to_vec());
        };
        let number = |text: &str| -> Option<f64> {
            let budget = match text.split_once('/') {
                Some((over, under)) => over.trim().parse::<f64>().ok()? / under.trim().parse::<f64>().ok()?,
                None => text.trim().parse().ok()?,
            };
            (budget.is_finite() && budget >= 0.0).then_some(budget)
        };
        let mut budgets: Vec<f64> = text.split(',').map(number).collect::<Option<_>>().ok_or_else(|| {
            Failure::wrong_input(format!(
                "cannot read --budget \"{text}\": it needs numbers of 0 or above with commas between, as in 0.5/255,1/255"
            ))
        })?;
        // The accuracy of the unchanged images, beside which the others are read.
        budgets.push(0.0);
        budgets.sort_by(f64::total_cmp);
        budgets.dedup();
        Ok(budgets)
    }

    /// The label of each image; where the network is asked, the first one.
    fn labels(&self, labels: &Labels, networks: &[Attackable<'_>], set: &StimulusSet) -> Result<Vec<usize>, Failure> {
        let Some(first) = networks.first() else { return Ok(Vec::new()) };
        let asked = |(place, label): (usize, Option<usize>)| match label {
            Some(label) => Ok(label),
            None => {
                let goal = Goal { label: 0, target: None };
                let subject = subject_of(set, place, &first.preprocessing, goal)
                    .map_err(|problem| Failure::from_error(&problem))?;
                first.classifier.class_of(&subject.image).map_err(|problem| Failure::from_error(&problem))
            }
        };
        labels.of(set)?.into_iter().enumerate().map(asked).collect()
    }

    fn attacked(
        &self,
        attack: Attack,
        budgets: &[f64],
        networks: &[Attackable<'_>],
        (set, labels): (&StimulusSet, &[usize]),
        around: &Surroundings<'_>,
    ) -> Result<OfAttack, Failure> {
        let shown_to: Vec<&Classifier<'_>> = match networks.len() {
            1 => Vec::new(),
            _ => networks.iter().map(|one| &one.classifier).collect(),
        };
        let mut of =
            OfAttack { attack, strengths: Vec::new(), attacked: Vec::new(), transfer: Vec::new(), shown: Vec::new() };
        for (place, Attackable { classifier, preprocessing }) in networks.iter().enumerate() {
            let evaluation = Evaluation {
                classifier,
                attack,
                budgets: budgets.to_vec(),
                seed: self.seed,
                shown_to: shown_to.clone(),
            };
            let subject = |place: usize| -> Result<Subject, _> {
                let label = labels.get(place).copied().unwrap_or(0);
                subject_of(
                    set,
                    place,
                    preprocessing,
                    Goal { label, target: self.target.filter(|target| *target != label) },
                )
            };
            let shown: Mutex<BTreeMap<usize, Vec<Image>>> = Mutex::new(BTreeMap::new());
            let keep = |at: usize, _: &Attacked, pictures: &[Image]| {
                if at < self.show && place == 0 {
                    // A poisoned lock belongs to a thread that has panicked, which ends the run anyway.
                    if let Ok(mut shown) = shown.lock() {
                        shown.insert(at, pictures.to_vec());
                    }
                }
            };
            let attacked =
                evaluation.run(set.len(), &subject, &keep, around).map_err(|problem| Failure::from_error(&problem))?;
            if networks.len() > 1 {
                let at = |(place, budget): (usize, &f64)| transferred(&attack, place, *budget, &attacked);
                of.transfer.push(budgets.iter().enumerate().map(at).collect());
            }
            if place == 0 {
                of.strengths = strengths(&attack, budgets, &attacked);
                of.attacked = attacked;
                of.shown = shown.into_inner().unwrap_or_default().into_values().collect();
            }
        }
        Ok(of)
    }
}

/// Transfer compares answers, so the classes have to be the same.
fn check_classes(networks: &[Attackable<'_>], models: &[Model]) -> Result<(), Failure> {
    let Some((first, name)) = networks.first().zip(models.first()) else { return Ok(()) };
    for (other, model) in networks.iter().zip(models).skip(1) {
        let (n, n_other) = (first.classifier.n_classes(), other.classifier.n_classes());
        if n != n_other {
            return Err(Failure::wrong_input(format!(
                "cannot show what fools \"{}\" to \"{}\": they know {n} and {n_other} classes, and transfer compares their answers",
                name.name, model.name
            )));
        }
    }
    Ok(())
}

/// Ten times the difference of two pictures, around grey.
pub(super) fn difference(clean: &Image, changed: &Image) -> Pixels {
    let (width, height) = (clean.width(), clean.height());
    Pixels::from_shape_fn((3, height, width), |(channel, y, x)| {
        let at = |image: &Image| f32::from(image.rgb().get((y * width + x) * 3 + channel).copied().unwrap_or(0));
        (0.5 + 10.0 * (at(changed) - at(clean)) / 255.0).clamp(0.0, 1.0)
    })
}
