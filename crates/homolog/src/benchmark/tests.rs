//! Built-in manifests, and what is said of manifests that cannot be used.

use std::path::Path;

use super::fetch::{Expected, Origin};
use super::*;

const MINIMAL: &str = r#"
schema = "homolog.benchmark/1"
name = "mine-V1"
version = 1
title = "My recording"
region = "V1"
species = "macaque"
licence = "mine"
citation = { text = "Me (2026)" }
stimuli = { kind = "folder", path = "images" }
metric = { kind = "encoding", mapping = { kind = "pls", components = 25 }, splits = { kind = "shuffle", n = 10, train_size = 0.9, seed = 1 } }
ceiling = { kind = "none", reason = "one repetition" }

[[recording]]
path = "responses.npy"
axes = [{ name = "stimulus", numbered = "image{:04}" }, "unit"]
"#;

fn refused(change: impl Fn(&str) -> String) -> String {
    let text = change(MINIMAL);
    assert_ne!(text, MINIMAL, "the test changes nothing");
    BenchmarkSpec::from_toml(&text, "\"mine/benchmark.toml\"", Some(Path::new("mine")))
        .expect_err("refused")
        .to_string()
}

#[test]
fn every_built_in_manifest_is_read_and_is_named_as_it_is_listed() {
    assert_eq!(built_in_names().count(), 12);
    for name in built_in_names() {
        let spec = benchmark(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(spec.name, name);
        assert!(spec.citation.doi.is_some(), "{name} can be cited");
        for file in &spec.files {
            match &file.origin {
                Origin::Url(_) => assert!(matches!(file.expected, Expected::Whole(_)), "{name}: {}", file.path),
                Origin::ByHand(how) => assert!(how.contains("commit"), "{name}: {} says where from", file.path),
            }
        }
    }
}

#[test]
fn the_protocols_of_the_goldens_are_the_ones_of_their_manifests() {
    let rsa = benchmark("kriegeskorte2008-hIT").expect("built in");
    assert_eq!(
        rsa.metric,
        Metric::Rsa {
            rdm: RdmMeasure::Correlation,
            comparator: Comparator::Spearman,
            average_over: vec!["session".to_owned()],
            each: "subject".to_owned(),
        }
    );
    let encoding = benchmark("cowley2023-V4-190923").expect("built in");
    assert_eq!(
        encoding.metric,
        Metric::Encoding {
            mapping: Mapping::Pls { components: 25 },
            splits: Splits::Shuffle { n: 10, train_size: 0.9, seed: 1 },
            correlation: Correlation::Pearson,
            over_units: Aggregate::Median,
            over_splits: Aggregate::Mean,
        }
    );
    assert_eq!(encoding.metric.name(), "encoding-pls-25");
    assert_eq!(rsa.metric.name(), "rsa-correlation-spearman");
}

#[test]
fn an_unknown_benchmark_gets_the_nearest_names() {
    let message = benchmark("kriegeskorte2008-IT").expect_err("no such name").to_string();
    assert!(message.contains("\"kriegeskorte2008-hIT\"") && message.contains("lists all 12"), "{message}");
}

#[test]
fn a_manifest_of_the_user_needs_no_list_of_files() {
    let spec = BenchmarkSpec::from_toml(MINIMAL, "\"mine\"", Some(Path::new("mine"))).expect("read");
    let paths: Vec<&str> = spec.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["images", "responses.npy"]);
    assert!(spec.files.iter().all(|file| file.beside.as_deref() == Some(Path::new("mine"))));
}

#[test]
fn a_manifest_is_read_from_its_file_or_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("benchmark.toml");
    std::fs::write(&file, MINIMAL).expect("written");
    for path in [folder.path(), file.as_path()] {
        let spec = BenchmarkSpec::from_path(path).expect("read");
        assert_eq!(spec.folder.as_deref(), Some(folder.path()));
    }
    let message = BenchmarkSpec::from_path(&folder.path().join("other.toml")).expect_err("missing").to_string();
    assert!(message.contains("cannot read the manifest") && message.contains("other.toml"), "{message}");
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_ones() {
    let message = refused(|text| text.replace("licence", "license"));
    assert!(message.contains("\"mine/benchmark.toml\", line 8: there is no key \"license\""), "{message}");
    assert!(message.contains("Closest: \"licence\""), "{message}");
}

#[test]
fn an_unknown_choice_is_named_with_the_nearest_ones() {
    let message = refused(|text| text.replace("\"shuffle\"", "\"shufle\""));
    assert!(message.contains("there is no choice \"shufle\" here. Closest: \"shuffle\""), "{message}");
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_line() {
    let message = refused(|text| text.replace("version = 1", "version = \"one\""));
    assert!(message.contains("line 4") && message.contains("string") && message.contains("u32"), "{message}");
}

#[test]
fn numbers_out_of_their_range_are_named_with_what_was_found_and_needed() {
    for (from, to, words) in [
        ("train_size = 0.9", "train_size = 90.0", "metric.splits.train_size is 90, and a share between 0 and 1"),
        ("n = 10", "n = 0", "metric.splits.n is 0, and 1 or more"),
        ("components = 25", "components = 0", "metric.mapping.components is 0"),
        ("version = 1", "version = 0", "version is 0"),
        ("benchmark/1", "benchmark/9", "schema is homolog.benchmark/9, and \"homolog.benchmark/1\""),
        ("mine-V1", "mine V1", "name is mine V1"),
        ("path = \"images\"", "path = \"images\", width_deg = -8.0", "stimuli.width_deg is -8"),
    ] {
        let message = refused(|text| text.replacen(from, to, 1));
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_path_out_of_the_folder_is_refused() {
    for path in ["../responses.npy", "/etc/passwd", ""] {
        let message = refused(|text| text.replace("responses.npy", path));
        assert!(message.contains("recording.path") && message.contains("without \"..\""), "{message}");
    }
}

#[test]
fn parts_that_do_not_go_together_are_refused() {
    let rsa_ceiling = "{ kind = \"rsa-lower-upper\", against = \"upper\", formula = \"value-over-ceiling\" }";
    let message = refused(|text| text.replace("{ kind = \"none\", reason = \"one repetition\" }", rsa_ceiling));
    assert!(message.contains("the ceiling is of another kind"), "{message}");
    let message = refused(|text| text.split("[[recording]]").next().unwrap_or_default().to_owned());
    assert!(message.contains("at least one [[recording]] was needed"), "{message}");
    let message = refused(|text| text.replace("kind = \"folder\"", "kind = \"npy\""));
    assert!(message.contains("stimuli.numbered was needed"), "{message}");
}

#[test]
fn a_url_without_a_hash_is_refused() {
    let entry = "[[files]]\npath = \"responses.npy\"\nurl = \"https://example.org/responses.npy\"\n";
    let message = refused(|text| format!("{text}\n{entry}"));
    assert!(message.contains("files \"responses.npy\": sha256 is missing"), "{message}");
    let message = refused(|text| format!("{text}\n{entry}sha256 = \"abc\"\n"));
    assert!(message.contains("is \"abc\", and 64 hexadecimal digits was needed"), "{message}");
}

#[test]
fn a_ceiled_value_follows_its_formula() {
    let apply = |formula: CeilingFormula, value, ceiling| formula.in_statistics().apply(value, ceiling);
    assert_eq!(apply(CeilingFormula::ValueOverCeiling, 0.4, 0.8), Ok(0.5));
    assert_eq!(apply(CeilingFormula::BrainScore2026, 0.5, 0.25), Ok(1.0));
    assert!(apply(CeilingFormula::ValueOverCeiling, 0.4, 0.0).is_err());
    assert!(apply(CeilingFormula::BrainScore2026, 0.4, f64::NAN).is_err());
}

#[test]
fn the_example_in_the_documentation_is_a_manifest_that_is_read() {
    let page = include_str!("../../../../docs/benchmarks.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let folder = Some(Path::new("mine"));
    let spec = BenchmarkSpec::from_toml(example.expect("an example"), "\"mine\"", folder);
    assert_eq!(spec.unwrap_or_else(|error| panic!("{error}")).name, "mine-V4");
    for name in built_in_names() {
        assert!(page.contains(&format!("`{name}`")), "{name} is described");
    }
}
