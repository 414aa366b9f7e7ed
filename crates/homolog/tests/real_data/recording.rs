//! Recordings of the field, read as their origins store them. The numbers come from the data's own description and from NumPy.

use std::path::Path;

use homolog::recording::array::Elements;
use homolog::recording::format::table::Table;
use homolog::recording::format::{netcdf, read_assembly, read_tree};
use homolog::recording::{ReadSpec, RecordedRdms, Recording, RecordingAxis, StimulusJoin};

fn spec(toml: &str) -> ReadSpec {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{error}"))
}

fn recording(folder: &str, toml: &str) -> Recording {
    spec(toml).read_recording(&crate::real_data("").join(folder)).unwrap_or_else(|error| panic!("{}", chain(&error)))
}

fn rdms(folder: &str, toml: &str) -> RecordedRdms {
    spec(toml).read_rdms(&crate::real_data("").join(folder)).unwrap_or_else(|error| panic!("{}", chain(&error)))
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// Spearman's correlation: Pearson's of the mid-ranks.
fn spearman(first: &[f64], second: &[f64]) -> f64 {
    fn ranks(values: &[f64]) -> Vec<f64> {
        values
            .iter()
            .map(|value| {
                let below = values.iter().filter(|other| *other < value).count() as f64;
                let equal = values.iter().filter(|other| *other == value).count() as f64;
                below + (equal + 1.0) / 2.0
            })
            .collect()
    }
    let (first, second) = (ranks(first), ranks(second));
    let mean = (first.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    product(&first, &second) / (product(&first, &first) * product(&second, &second)).sqrt()
}

const KRIEGESKORTE: &str = "92images_kriegeskorte2008";

const FIGURE_1: &str = r#"
    path = "Kriegeskorte_Neuron2008_supplementalData.mat"
    variable = "RDMs_mIT_hIT_fig1(1,:).RDM(1,:)"
    axes = [
        { name = "species", along = "presentation", labels = ["monkey", "human"] },
        { name = "pair", numbered = "stimulus_{:02}" },
    ]
"#;

#[test]
fn monkey_and_human_it_of_kriegeskorte_2008_correlate_as_published() {
    let figure = rdms(KRIEGESKORTE, FIGURE_1);
    assert_eq!(figure.dissimilarities.dim(), (2, 4186));
    assert_eq!(figure.stimulus_ids.len(), 92);
    let row = |rdm| figure.dissimilarities.row(rdm).to_vec();
    assert!((spearman(&row(0), &row(1)) - 0.4389).abs() < 0.00005);
}

#[test]
fn the_mean_of_four_people_in_two_sessions_is_the_published_human_rdm() {
    let people = rdms(
        KRIEGESKORTE,
        r#"
        path = "92_brainRDMs.mat"
        variable = "RDMs(1,:,:).RDM"
        axes = [
            { name = "subject", labels = ["BE", "KO", "SN", "TI"] },
            "session",
            { name = "stimulus", numbered = "stimulus_{:02}" },
            "stimulus",
        ]
        "#,
    );
    assert_eq!(people.dissimilarities.dim(), (8, 4186));
    let subjects = people.rdm["subject"].to_texts();
    assert_eq!(subjects, ["BE", "BE", "KO", "KO", "SN", "SN", "TI", "TI"]);
    let mean = people.dissimilarities.mean_axis(ndarray::Axis(0)).expect("eight matrices").to_vec();
    let human = rdms(KRIEGESKORTE, FIGURE_1).dissimilarities.row(1).to_vec();
    assert!(spearman(&mean, &human) > 0.999_999_999);

    let tree = read_tree(&crate::real_data("").join(KRIEGESKORTE).join("92_brainRDMs.mat")).expect("it opens");
    let names = tree.texts(Some("RDMs(1,:,:).name")).expect("every structure has a name");
    assert_eq!(names[0], "hIT | BE | Session: 1");
    assert_eq!(names[7], "hIT | TI | Session: 2");
}

#[test]
fn sessions_can_be_averaged_as_they_are_read() {
    let people = rdms(
        KRIEGESKORTE,
        r#"
        path = "92_brainRDMs.mat"
        variable = "RDMs(1,:,:).RDM"
        axes = ["subject", "session", { name = "stimulus", numbered = "{}" }, "stimulus"]
        mean_over = ["session"]
        "#,
    );
    assert_eq!(people.dissimilarities.dim(), (4, 4186));
    assert_eq!(people.rdm.keys().collect::<Vec<_>>(), ["subject"]);
}

#[test]
fn behavioural_and_model_rdms_open() {
    let behaviour = rdms(
        KRIEGESKORTE,
        r#"
        path = "92_behavRDMs.mat"
        variable = "rdms_behav_92(1,:).RDM"
        axes = ["subject", { name = "stimulus", numbered = "{}" }, "stimulus"]
        "#,
    );
    assert_eq!(behaviour.dissimilarities.dim(), (16, 4186));
    let tree = read_tree(&crate::real_data("").join(KRIEGESKORTE).join("92_modelRDMs.mat")).expect("it opens");
    let models = tree.numbers(Some("Models(1,:).RDM")).expect("eight models of one size");
    assert_eq!(models.shape(), [8, 92, 92]);
    let v1 = read_tree(&crate::real_data("").join(KRIEGESKORTE).join("rdm92_V1model.mat")).expect("it opens");
    assert_eq!(v1.numbers(Some("rdm92_V1model")).expect("it is there").shape(), [92, 92]);
    assert_eq!(v1.numbers(Some("V1modelSimMat")).expect("it is there").shape(), [96, 96]);
}

#[test]
fn the_92_images_are_bytes_and_their_categories_are_text() {
    let path = crate::real_data("").join(KRIEGESKORTE).join("Kriegeskorte_Neuron2008_supplementalData.mat");
    let tree = read_tree(&path).expect("it opens");
    let images = tree.array(Some("stimuli_92objs(1,:).image")).expect("92 images of one size");
    assert_eq!(images.shape(), [92, 175, 175, 3]);
    let Elements::Byte(pixels) = images.elements() else { panic!("pixels are bytes") };
    // SciPy and NumPy: the sum of all pixels.
    assert_eq!(pixels.iter().map(|pixel| u64::from(*pixel)).sum::<u64>(), IMAGE_SUM);
    let human = tree.numbers(Some("stimuli_92objs(1,:).human")).expect("a truth value each");
    assert_eq!(human.sum(), 24.0);
    let error = tree.array(Some("stimuli_92objs(1,93).image")).expect_err("there are 92");
    assert_eq!(
        error.to_string(),
        "stimuli_92objs has [1, 92] entries, so it has no entry (1,93); indices count from 1"
    );
}

const IMAGE_SUM: u64 = 1_062_191_855;

#[test]
fn the_118_animate_objects_open_with_their_labels() {
    let root = crate::real_data("").join(KRIEGESKORTE);
    let labels = read_tree(&root.join("118_animate_labels.npy")).expect("it opens").texts(None).expect("text");
    assert_eq!(labels.len(), 118);
    let found = rdms(
        KRIEGESKORTE,
        r#"
        path = "118_animate_RDM.npy"
        axes = [{ name = "stimulus", numbered = "{}" }, "stimulus"]
        coordinates = [{ axis = "stimulus", name = "label", path = "118_animate_labels.npy" }]
        "#,
    );
    assert_eq!(found.dissimilarities.dim(), (1, 118 * 117 / 2));
    assert_eq!(found.stimulus["label"].to_texts(), labels);
}

#[test]
fn algonauts_2019_opens_for_fifteen_people() {
    for (path, variable, n_stimuli) in [
        ("92images/fmri_IT_RDMs.npz", "Net_RDM", 92),
        ("92images/fmri_EVC_RDMs.npz", "Net_RDM", 92),
        ("118images/fmri_RDMs.npz", "EVC", 118),
        ("118images/fmri_RDMs.npz", "IT", 118),
    ] {
        let toml = format!(
            "path = \"{path}\"\nvariable = \"{variable}\"\n\
             axes = [\"subject\", {{ name = \"stimulus\", numbered = \"image_{{:03}}\" }}, \"stimulus\"]"
        );
        let found = rdms("algonauts2019", &toml);
        assert_eq!(found.dissimilarities.dim(), (15, n_stimuli * (n_stimuli - 1) / 2), "{path} {variable}");
    }
}

#[test]
fn the_mean_human_it_of_algonauts_correlates_with_kriegeskorte_s() {
    let algonauts = rdms(
        "algonauts2019",
        r#"
        path = "92images/fmri_IT_RDMs.npz"
        axes = ["subject", { name = "stimulus", numbered = "stimulus_{:02}" }, "stimulus"]
        mean_over = ["subject"]
        "#,
    );
    let human = rdms(KRIEGESKORTE, FIGURE_1).dissimilarities.row(1).to_vec();
    let found = spearman(&algonauts.dissimilarities.row(0).to_vec(), &human);
    assert!((found - 0.557).abs() < 0.0005, "{found}");
}

fn cowley(session: &str, axes: &str, folder: &str) -> Recording {
    let toml = format!(
        "path = \"{folder}/responses_{session}.npy\"\naxes = {axes}\n\
         coordinates = [{{ axis = \"unit\", name = \"region\", value = \"V4\" }}]"
    );
    recording("v4_cowley2023", &toml)
}

const UNIT_STIMULUS: &str = r#"["unit", { name = "stimulus", numbered = "image{:04}.jpg" }]"#;

#[test]
fn every_v4_session_of_cowley_2023_opens_without_missing_values() {
    for (session, n_units, n_stimuli) in
        [("190923", 33, 1200), ("210224", 67, 800), ("210305", 70, 400), ("210325", 50, 640)]
    {
        let found = cowley(session, UNIT_STIMULUS, "responses_repeat_averaged");
        assert_eq!((found.n_presentations(), found.n_units()), (n_stimuli, n_units), "{session}");
        assert!(found.values().iter().all(|value| value.is_finite()), "{session}");
        assert_eq!(found.stimulus_ids()[n_stimuli - 1], format!("image{n_stimuli:04}.jpg"));
        assert_eq!(found.select(RecordingAxis::Unit, "region", "V4").expect("all of them").n_units(), n_units);
    }
}

#[test]
fn the_mean_of_the_raw_v4_repeats_is_the_averaged_file() {
    let axes = r#"["unit", { name = "stimulus", numbered = "image{:04}.jpg" }, "repetition"]"#;
    let raw = cowley("210325", axes, "responses_raw");
    let repetitions = raw.repetitions().expect("one time bin");
    assert_eq!(repetitions.values.dim(), (10, 640, 50));
    let missing = repetitions.values.iter().filter(|value| value.is_nan()).count() as f64;
    assert!((missing / repetitions.values.len() as f64 - 0.244).abs() < 0.0005);

    let averaged = cowley("210325", UNIT_STIMULUS, "responses_repeat_averaged");
    let mean = raw.average_repetitions().expect("one time bin");
    let mean = mean.join(averaged.stimulus_ids(), StimulusJoin::All).expect("the same images");
    let largest =
        mean.values().iter().zip(averaged.values()).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f64::max);
    assert!(largest < 1e-12, "{largest}");
}

#[test]
fn a_v1_population_of_henaff_2021_opens_with_its_missing_values_and_shared_frames() {
    let found = recording(
        "v1_henaff2021/responses_npy",
        r#"
        path = "ay4_u006.npy"
        missing_value = 255
        stimulus_id = "{scale}/movie{movie}/{category}{frame}"
        axes = [
            { name = "scale", along = "stimulus", labels = ["zoom1x", "zoom2x"] },
            { name = "category", along = "stimulus", labels = ["natural", "synthetic"] },
            { name = "movie", along = "stimulus", numbered = "{}" },
            { name = "frame", along = "stimulus", numbered = "{:02}" },
            "unit",
            "repetition",
        ]
        stimulus_aliases = [
            { where = { category = "synthetic", frame = "01" }, same_as = { category = "natural" } },
            { where = { category = "synthetic", frame = "11" }, same_as = { category = "natural" } },
        ]
        "#,
    );
    // 2 scales x 10 movies x (11 natural + 9 synthetic) frames.
    assert_eq!(found.unique_stimulus_ids().len(), 400);
    assert_eq!(found.n_units(), 66);
    found.check_presentations_are_unique().expect("repetitions of shared frames are counted on");
    let largest = found.values().iter().copied().filter(|value| !value.is_nan()).fold(0.0, f64::max);
    assert_eq!(largest, 82.0);
    let all = 2 * 2 * 10 * 11 * 50 * 66;
    let present = found.values().iter().filter(|value| !value.is_nan()).count();
    assert!((1.0 - present as f64 / f64::from(all) - 0.100_508_264_462_809_92).abs() < 1e-12);
    let repetitions = found.repetitions().expect("one time bin");
    assert_eq!(repetitions.values.dim(), (100, 400, 66));
}

#[test]
fn every_brainio_sample_opens_with_its_coordinates() {
    let root = crate::real_data("").join("brainio_samples");
    let open = |name: &str| read_assembly(&root.join(name)).unwrap_or_else(|error| panic!("{}", chain(&error)));
    let choices = open("alexnet-probabilities.nc");
    assert_eq!((choices.n_presentations(), choices.n_units()), (240, 24));
    assert_eq!(choices.stimulus_ids()[0], "06aae50586099149cf4034b7966bdb8ca76173e0");
    assert_eq!(choices.unit_ids()[1], "lo_poly_animal_ELE_AS1");
    // NumPy: the sum of all probabilities.
    assert!((choices.values().sum() - 240.0).abs() < 1e-4, "{}", choices.values().sum());
    assert_eq!(open("resnet34-probabilities.nc").stimulus_ids(), choices.stimulus_ids());

    let activations = open("alexnet-rgb-1000.nc");
    assert_eq!((activations.n_presentations(), activations.n_units()), (1, 2000));
    assert_eq!(activations.text(RecordingAxis::Unit, "layer").expect("there is one")[0], "features.12");

    let tiny = open("assy_test_TestMe.nc");
    assert_eq!(tiny.stimulus_ids()[..2], ["n0", "n1"]);
    assert_eq!(tiny.unit_ids(), ["alpha", "beta", "gamma"]);
    assert_eq!(
        tiny.coordinate(RecordingAxis::Presentation, "repetition").expect("there").as_integers().map(|r| r[2]),
        Some(2)
    );

    let timed = open("assy_test_package_assembly.nc");
    assert_eq!(timed.n_time_bins(), 1);
    assert_eq!(timed.coordinate(RecordingAxis::TimeBin, "end_ms").expect("there").to_texts(), ["10"]);
    assert_eq!(timed.stimulus_ids()[0], "n0");
}

#[test]
fn a_list_of_events_opens_with_text_and_dates_and_is_no_recording() {
    let path = crate::real_data("").join("brainio_samples/assy_test_package_assembly_extras.nc");
    let events = netcdf::read_axes(&path).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!((events.axes.as_slice(), events.values.shape()), (["event".to_owned()].as_slice(), [1000].as_slice()));
    let along = &events.coordinates["event"];
    assert_eq!(along.len(), 13);
    assert_eq!(along["array"].to_texts()[1], "4865-233455");
    assert_eq!(along["datetime"].to_texts()[0], "2021-02-16T11:41:55");
    let message = chain(&netcdf::read(&path).expect_err("it has no presentations"));
    assert!(message.contains("there is no axis of presentations \"presentation\""), "{message}");
}

#[test]
fn behaviour_opens_as_tables_packed_or_not() {
    let path =
        crate::real_data("").join("behaviour_model_vs_human/cue-conflict/cue-conflict_subject-01_session_1.csv.gz");
    let table = Table::read(&path).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(table.n_rows(), 1280);
    assert_eq!(table.column("imagename").expect("it is there").len(), 1280);
    let slowest = table.numbers("rt").expect("times").into_iter().filter(|time| !time.is_nan()).fold(0.0, f64::max);
    assert!(slowest > 0.0);
    let message = table.column("object_respons").expect_err("there is none").to_string();
    assert!(message.starts_with("there is no column \"object_respons\"; there is \"subj\""), "{message}");
}

#[test]
fn every_other_file_of_arrays_opens() {
    for (path, variable, shape) in [
        ("natsound165_normanhaignere2015/components.mat", Some("R"), vec![165, 6]),
        ("natsound165_normanhaignere2015/components.mat", Some("W"), vec![6, 11065]),
        ("fmri_81objects/fmri_81objects.npz", Some("betas"), vec![81, 696]),
        ("fmri_81objects/fmri_81objects.npz", Some("roi_index"), vec![696]),
        ("things_behaviour/vice_things_final_embedding.npy", None, vec![1854, 42]),
        ("cifar10h/cifar10h-counts.npy", None, vec![10_000, 10]),
        ("kell2018_demo/example_cochleagram_0.npy", None, vec![1, 65536]),
        ("weights/audio_musicnn/MTT_vgg.npz", None, vec![]),
    ] {
        let tree = read_tree(&crate::real_data("").join(path)).unwrap_or_else(|error| panic!("{}", chain(&error)));
        if shape.is_empty() {
            assert_eq!(tree.names().len(), 36, "{path}");
            continue;
        }
        let array = tree.numbers(variable).unwrap_or_else(|error| panic!("{path}: {}", chain(&error)));
        assert_eq!(array.shape(), shape, "{path}");
    }
    let sounds =
        read_tree(&crate::real_data("").join("natsound165_normanhaignere2015/components.mat")).expect("it opens");
    assert_eq!(sounds.texts(Some("stim_names")).expect("a cell array of text").len(), 165);
    assert_eq!(sounds.texts(Some("component_names")).expect("a cell array of text")[4], "speech");
    let triplets = read_tree(Path::new(&crate::real_data("")).join("things_behaviour/RDM48_triplet.mat").as_path())
        .expect("it opens");
    assert_eq!(triplets.numbers(Some("RDM48_triplet")).expect("it is there").shape(), [48, 48]);
}

#[test]
fn voxels_of_81_objects_know_their_region() {
    let found = recording(
        "fmri_81objects",
        r#"
        path = "fmri_81objects.npz"
        variable = "betas"
        axes = [{ name = "stimulus", numbered = "object_{:02}" }, "unit"]
        [[coordinates]]
        axis = "unit"
        name = "region"
        variable = "roi_index"
        meanings = { 1 = "EVC", 2 = "OPA", 3 = "PPA", 4 = "LOC", 5 = "PFS", 6 = "OFA", 7 = "FFA" }
        "#,
    );
    assert_eq!((found.n_presentations(), found.n_units()), (81, 696));
    let in_ffa = found.select(RecordingAxis::Unit, "region", "FFA").expect("there are some");
    assert!(in_ffa.n_units() > 0 && in_ffa.n_units() < 696);
    let message = found.select(RecordingAxis::Unit, "region", "FAA").expect_err("there is none").to_string();
    assert!(message.starts_with("no unit has region \"FAA\". Closest: \"FFA\""), "{message}");
}
