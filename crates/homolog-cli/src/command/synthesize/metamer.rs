//! `homolog synthesize metamer`: images to which a stage responds as to a given one, judged and shown to other networks.

use std::path::PathBuf;

use clap::Args;
use homolog::inside::image::InputMap;
use homolog::inside::objective::{Aim, Objective};
use homolog::inside::picture::Pixels;
use homolog::network::checked::Stage;
use homolog::progress::{Cancel, Progress as _};
use homolog::recording::record::Resources;
use homolog::stimuli::{IdStyle, StimulusSet};
use homolog::synthesis::metamer::{GROUP, Judged, Likeness, Null, NullPlan, Observer};

use super::making::{Around, MakingOptions, Purpose, identity, input_map, name_of};
use super::metamer_agreement::Answer;
use super::metamer_output::{Metamer as MadeMetamer, Report, Witness};
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, image_from};
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// Make images to which a stage responds as to a given one, and judge them against random pairs of images
///
/// From noise, each image is changed until the stage's response is that to --image; what is left of the image is what the stage keeps.
/// It is judged by the correlation of the two responses against that of pairs of images of --null, at the matched stage, at the stages of
/// --judge, and at those of other networks (--shown-to). Every network that gives classes also says whether it gives the metamer the
/// original's class, beside how often it gives two images of --null one class. Stop it whenever you like: the same command goes on where it was, to the same result.
#[derive(Args)]
pub(crate) struct Metamer {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// The original; may be given often
    #[arg(long, value_name = "FILE", required = true)]
    image: Vec<PathBuf>,
    /// The stages that are matched, each by itself, with commas between
    #[arg(long, value_name = "NAMES")]
    layers: String,
    /// Images whose pairs are the null distribution: 48 or more, for the 99.9th percentile
    #[arg(long, value_name = "FOLDER")]
    null: Option<PathBuf>,
    /// How many of them, spread over the folder
    #[arg(long, value_name = "N", default_value_t = 2 * GROUP)]
    n_null: usize,
    /// Further stages of the network at which the images are judged
    #[arg(long, value_name = "NAMES", requires = "null")]
    judge: Option<String>,
    /// Another network with the stages at which it is asked, such as resnet18=layer1,layer4; may be given often
    #[arg(long, value_name = "MODEL=NAMES", requires = "null")]
    shown_to: Vec<String>,
    #[command(flatten)]
    making: MakingOptions,
    #[command(flatten)]
    run: RunOptions,
}

/// A network that is asked, with its null distributions.
struct Asked<'a> {
    name: String,
    observer: Observer<'a>,
    nulls: Vec<Null>,
    /// The share of the null's pairs that it gives one class.
    same_class_of_pairs: Option<f64>,
}

impl Metamer {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let burn = self.run.burn(&progress)?;
        let model = Model::load(&self.model, &burn, &progress, &cancel)?;
        let others: Vec<(Model, String)> = self
            .shown_to
            .iter()
            .map(|text| {
                let (spec, layers) = text.rsplit_once('=').ok_or_else(|| {
                    Failure::wrong_input(format!(
                        "cannot read --shown-to \"{text}\": it needs MODEL=NAMES, as in resnet18=layer1,layer4"
                    ))
                })?;
                Ok::<_, Failure>((Model::load(spec, &burn, &progress, &cancel)?, layers.to_owned()))
            })
            .collect::<Result<_, _>>()?;
        let input = input_map(&model, self.making.preprocessing.as_deref())?;
        let stages = model.stages(&self.layers)?;
        let (originals, size) = self.originals(&model)?;
        let look = self.making.look(&model.network, &burn, input.clone(), identity(&model), (size, Purpose::Match))?;
        let (mut aims, mut names) = (Vec::new(), Vec::new());
        for (file, original) in self.image.iter().zip(&originals) {
            for stage in &stages {
                aims.push(aim(&look, stage, original)?);
                names.push(format!("{} {}", name_of(file), stage.name));
            }
        }
        let asked = self.asked(&model, &input, &stages, &others, (&progress, &cancel, resources))?;
        let around = Around { progress: &progress, cancel: &cancel, resources };
        let made = self.making.make(&look, &aims, &names, &around)?;
        let mut metamers = Vec::new();
        for (place, one) in made.optimised.iter().enumerate() {
            let (image, stage) = (place / stages.len().max(1), place % stages.len().max(1));
            let (Some(file), Some(original), Some(stage)) =
                (self.image.get(image), originals.get(image), stages.get(stage))
            else {
                continue;
            };
            // What others see is the picture: 8 bits.
            let metamer = one.images.first().unwrap_or(original).mapv(|pixel| (pixel * 255.0).round() / 255.0);
            metamers.push(MadeMetamer {
                name: name_of(file),
                original: original.clone(),
                stage: stage.name.clone(),
                one,
                witnesses: witnesses(&asked, original, &metamer)?,
                answers: answers(&asked, original, &metamer)?,
            });
        }
        let report =
            Report { out: PictureFolder::at(&self.making.out), model: &model, making: &self.making, made: &made };
        report.write(&metamers)
    }

    /// The originals in the size of the network's images.
    fn originals(&self, model: &Model) -> Result<(Vec<Pixels>, [usize; 2]), Failure> {
        let shape = model.network.stimulus_shape();
        let [n_channels, height, width] = <[usize; 3]>::try_from(shape.clone()).map_err(|_| {
            Failure::wrong_input(format!(
                "cannot make an image for \"{}\": its stimuli have the shape {shape:?}",
                model.name
            ))
        })?;
        if n_channels != 3 {
            return Err(Failure::wrong_input(format!(
                "cannot show an image to \"{}\": it takes {n_channels} channels, and images have three",
                model.name
            )));
        }
        let images = self.image.iter().map(|file| image_from(file, [height, width])).collect::<Result<_, _>>()?;
        Ok((images, [height, width]))
    }

    /// The networks that are asked, the metamers' own first, with null distributions where there are images for them.
    fn asked<'a>(
        &self,
        model: &'a Model,
        input: &InputMap,
        matched: &[Stage],
        others: &'a [(Model, String)],
        (progress, cancel, resources): (&Bars, &Cancel, Resources),
    ) -> Result<Vec<Asked<'a>>, Failure> {
        let Some(folder) = &self.null else {
            progress.warn("without --null FOLDER nobody can tell whether these are metamers: two responses may be alike for any two images");
            let (stages, burn) = (matched.to_vec(), model.burn.clone());
            let observer = Observer { network: &model.network, input: input.clone(), stages, burn };
            let name = model.name.clone();
            return Ok(vec![Asked { name, observer, nulls: Vec::new(), same_class_of_pairs: None }]);
        };
        let set = spread(
            &StimulusSet::open(folder, IdStyle::default()).map_err(|problem| Failure::from_error(&problem))?,
            self.n_null,
        )?;
        let mut stages = matched.to_vec();
        for further in self.judge.as_ref().map_or(Ok(Vec::new()), |names| model.stages(names))? {
            if !stages.iter().any(|stage| stage.value == further.value) {
                stages.push(further);
            }
        }
        let order = |stage: &Stage| model.network.stages().position(|listed| listed.value == stage.value);
        stages.sort_by_key(order);
        let engine = self.run.engine(&model.burn, progress)?;
        let mut asked = Vec::new();
        let own = std::iter::once((model, stages, self.making.preprocessing.as_deref()));
        let further = others.iter().map(|(model, layers)| Ok::<_, Failure>((model, model.stages(layers)?, None)));
        for one in own.map(Ok).chain(further) {
            let (model, stages, preprocessing) = one?;
            let input = input_map(model, preprocessing)?;
            let preprocessing = model.preprocessing(preprocessing)?;
            let plan = NullPlan { set: &set, preprocessing: &preprocessing, engine: engine.as_ref(), resources };
            let nulls = plan
                .distributions(&model.network, &stages, progress, cancel)
                .map_err(|problem| Failure::from_error(&problem))?;
            let same_class_of_pairs =
                plan.same_class(&model.network, progress, cancel).map_err(|problem| Failure::from_error(&problem))?;
            let observer = Observer { network: &model.network, input, stages, burn: model.burn.clone() };
            asked.push(Asked { name: model.name.clone(), observer, nulls, same_class_of_pairs });
        }
        Ok(asked)
    }
}

/// The aim whose maximum is a metamer of `original`.
fn aim(look: &homolog::inside::optimise::Look<'_>, stage: &Stage, original: &Pixels) -> Result<Aim, Failure> {
    let objective: Objective =
        Objective::of(homolog::inside::objective::Quantity::Inversion { stage: stage.name.clone() });
    let reference = look.reference(original, &[&stage.name]).map_err(|problem| Failure::from_error(&problem))?;
    let aims = look.aims(&[objective], Some(&reference)).map_err(|problem| Failure::from_error(&problem))?;
    aims.into_iter().next().ok_or_else(|| Failure::wrong_input("no stage to match"))
}

/// So many stimuli of a set, evenly spread.
fn spread(set: &StimulusSet, n: usize) -> Result<StimulusSet, Failure> {
    let n = n.min(set.len());
    let ids: Vec<&str> = set.ids().collect();
    let chosen = (0..n).filter_map(|place| ids.get(place * set.len() / n.max(1)).copied());
    set.select(chosen).map_err(|problem| Failure::from_error(&problem))
}

/// What every stage that is asked says of an original and its metamer.
fn witnesses(asked: &[Asked<'_>], original: &Pixels, metamer: &Pixels) -> Result<Vec<Witness>, Failure> {
    let mut all = Vec::new();
    for Asked { name, observer, nulls, .. } in asked {
        let (first, second) = (observer.responses(original), observer.responses(metamer));
        let (first, second) = (
            first.map_err(|problem| Failure::from_error(&problem))?,
            second.map_err(|problem| Failure::from_error(&problem))?,
        );
        for (place, (stage, (first, second))) in observer.stages.iter().zip(first.iter().zip(&second)).enumerate() {
            let null = nulls.get(place);
            let likeness = Likeness::of(first, second);
            let judged: Option<Judged> = likeness.zip(null).map(|(likeness, null)| null.judge(likeness));
            all.push(Witness {
                network: name.clone(),
                stage: stage.name.clone(),
                likeness,
                judged,
                threshold: null.and_then(|null| Null::quantile(&null.spearman, 99.9)),
                n_pairs: null.map_or(0, |null| null.spearman.len()),
            });
        }
    }
    Ok(all)
}

/// The classes that the networks give an original and its metamer.
fn answers(asked: &[Asked<'_>], original: &Pixels, metamer: &Pixels) -> Result<Vec<Answer>, Failure> {
    let answer = |one: &Asked<'_>| {
        let agreement = one.observer.agreement(original, metamer).map_err(|problem| Failure::from_error(&problem))?;
        let of =
            |agreement| Answer { network: one.name.clone(), agreement, same_class_of_pairs: one.same_class_of_pairs };
        Ok(agreement.map(of))
    };
    asked.iter().filter_map(|one| answer(one).transpose()).collect()
}
