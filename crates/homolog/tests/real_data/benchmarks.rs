//! The built-in benchmarks on the files that they are about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use homolog::benchmark::fetch::{Found, Mirror, Sources};
use homolog::benchmark::{
    BrainData, CATEGORIES, benchmark, built_in_names, imagenet_classes_by_category, properties_of_id,
};
use homolog::progress::{Cancel, Silent};
use homolog::recording::StimulusJoin;
use homolog::score::{BenchmarkData, Brain};

use crate::real_data;

/// The data folder as a mirror, and a cache that nothing is ever in.
fn mirror() -> Sources {
    Sources {
        given: BTreeMap::new(),
        cache: Path::new("/nonexistent/cache").to_path_buf(),
        mirror: Some(Mirror::Folder(real_data(""))),
    }
}

fn load(name: &str) -> BenchmarkData {
    let spec = benchmark(name).unwrap_or_else(|error| panic!("{error}"));
    BenchmarkData::load(spec, &mirror(), StimulusJoin::All, &Silent, &Cancel::default())
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_file_of_every_built_in_benchmark_is_in_the_mirror_with_the_hash_of_its_manifest() {
    let sources = mirror();
    for name in built_in_names() {
        let spec = benchmark(name).unwrap_or_else(|error| panic!("{error}"));
        for file in &spec.files {
            let located = sources.find(file).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(located.map(|located| located.found), Some(Found::Mirror), "{name}: {}", file.path);
        }
    }
}

#[test]
fn every_built_in_benchmark_is_read_and_all_of_its_stimuli_are_joined() {
    let n_stimuli = [
        ("kriegeskorte2008-hIT", 92),
        ("kriegeskorte2008-mIT", 92),
        ("algonauts2019-92-EVC", 92),
        ("algonauts2019-92-IT", 92),
        ("algonauts2019-118-EVC", 118),
        ("algonauts2019-118-IT", 118),
        ("cowley2023-V4-190923", 1200),
        ("cowley2023-V4-210224", 800),
        ("cowley2023-V4-210305", 400),
        ("cowley2023-V4-210325", 640),
        ("henaff2021-V1", 400),
        ("geirhos2019-cue-conflict", 1280),
    ];
    assert_eq!(n_stimuli.len(), built_in_names().count());
    for (name, expected) in n_stimuli {
        assert_eq!(load(name).stimuli.len(), expected, "{name}");
    }
}

#[test]
fn recordings_have_the_units_and_the_subjects_of_their_publications() {
    let n_units = |name: &str| match load(name).brain {
        Brain::Units(recordings) => recordings.iter().map(|recording| recording.n_units()).collect::<Vec<_>>(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(n_units("cowley2023-V4-190923"), [33]);
    assert_eq!(n_units("cowley2023-V4-210224"), [67]);
    assert_eq!(n_units("cowley2023-V4-210305"), [70]);
    assert_eq!(n_units("cowley2023-V4-210325"), [50]);
    assert_eq!(n_units("henaff2021-V1"), [39, 16, 47, 53, 13, 46, 66, 31, 49]);
    let n_rdms = |name: &str| match load(name).brain {
        Brain::Rdms(sets) => sets.iter().map(|set| set.dissimilarities.dim()).collect::<Vec<_>>(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(n_rdms("kriegeskorte2008-hIT"), [(8, 4186)]);
    assert_eq!(n_rdms("kriegeskorte2008-mIT"), [(1, 4186)]);
    assert_eq!(n_rdms("algonauts2019-92-IT"), [(15, 4186)]);
    assert_eq!(n_rdms("algonauts2019-118-EVC"), [(15, 6903)]);
}

#[test]
fn the_wordnet_id_of_each_of_the_sixteen_categories_classes_is_that_of_its_index() {
    let mut of_index = BTreeMap::new();
    for entry in std::fs::read_dir(real_data("imagenet_sample_1000")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let mut parts = name.split('_');
        let (index, wordnet_id) = (parts.next().expect("an index"), parts.next().expect("an id"));
        of_index.insert(index.parse::<usize>().expect("a number"), wordnet_id.to_owned());
    }
    assert_eq!(of_index.len(), 1000);
    for class in imagenet_classes_by_category().iter().flatten() {
        assert_eq!(of_index[&class.index], class.wordnet_id);
    }
}

#[test]
fn each_person_answered_every_cue_conflict_stimulus_once_and_its_name_says_the_right_answer() {
    let data = load("geirhos2019-cue-conflict");
    let pattern = data.spec.stimuli.id_pattern.clone().expect("a pattern");
    assert!(matches!(data.spec.data, BrainData::Trials(_)));
    let Brain::Trials(trials) = &data.brain else { panic!("people answered") };
    assert_eq!(trials.len(), 10 * 1280);
    let asked: BTreeSet<(&str, &str)> =
        trials.iter().map(|trial| (trial.subject.as_str(), trial.stimulus_id.as_str())).collect();
    assert_eq!(asked.len(), 10 * 1280);
    for trial in trials {
        let properties = properties_of_id(&pattern, &trial.stimulus_id).expect("it has the form of the pattern");
        assert_eq!(properties["shape"], trial.category, "{}", trial.stimulus_id);
        assert!(CATEGORIES.contains(&properties["texture"].as_str()), "{}", trial.stimulus_id);
        assert!(data.stimuli.position(&trial.stimulus_id).is_some(), "{}", trial.stimulus_id);
    }
}
