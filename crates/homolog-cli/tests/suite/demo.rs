//! `homolog demo`: the truth that was put in comes out, offline, with a report that needs nothing else.

use std::fs;

use serde_json::Value;

use crate::program::homolog;

#[test]
fn the_demo_recovers_what_was_simulated_and_its_report_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let told = homolog(folder.path(), &["demo", "--engine", "burn", "--out", "out"]).done().stdout;
    assert!(told.starts_with("Simulated cortex, simulated recordings"), "{told}");
    let recovered: Vec<&str> = told.lines().filter(|line| line.ends_with("  yes")).collect();
    assert_eq!((recovered.len(), told.contains("  NO")), (6, false), "{told}");
    for (region, model) in
        [("simulated V1", "gabor-energy"), ("simulated V4", "pooled-energy"), ("simulated IT", "category")]
    {
        assert_eq!(
            recovered.iter().filter(|line| line.starts_with(region) && line.contains(model)).count(),
            2,
            "{told}"
        );
    }
    assert!(told.contains("report: out/report.html"), "{told}");

    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("out/scores.json")).unwrap()).unwrap();
    let benchmarks = report["benchmarks"].as_array().unwrap();
    assert!(benchmarks.len() == 6 && benchmarks.iter().all(|benchmark| benchmark["simulated"] == true));

    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap().to_lowercase();
    let loads = [
        "src=\"http",
        "href=\"http",
        "src=\"//",
        "href=\"//",
        "<link",
        "<script src",
        "<iframe",
        "@import",
        "url(http",
    ];
    for load in loads {
        assert!(!page.contains(load), "the report loads something: {load}");
    }
    assert!(page.contains("<svg") && page.contains("data:image/png;base64,") && page.contains("simulated"));
    let kept: Vec<String> = fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!kept.iter().any(|name| name.ends_with(".part")), "{kept:?}");
}
