//! `homolog behave` on two-way choices: i1, i1n, i2, i2n, o1, o2, with their figures.

use std::fs;
use std::path::Path;

use crate::program::homolog;
use crate::statistics::number;

const OBJECTS: [&str; 3] = ["bear", "dog", "ship"];

/// Trials of an observer who errs where the image and the distractor make it likely; 12 images of each object, each with each distractor.
fn choices(folder: &Path, file: &str, observers: &[(&str, usize)]) {
    let mut table = "subj,category,object_response,imagename,distractor\n".to_owned();
    for (name, seed) in observers {
        for image in 0..36 {
            for (other, distractor) in OBJECTS.iter().enumerate().filter(|(other, _)| *other != image % 3) {
                let difficulty = 0.25 + 0.24 * number(image * 31 + other * 7);
                for trial in 0..30 {
                    let drawn = (number(seed * 1_000_003 + image * 1_009 + other * 101 + trial) + 1.0) / 2.0;
                    let truth = OBJECTS[image % 3];
                    let answer = if drawn < difficulty { distractor } else { truth };
                    table.push_str(&format!("{name},{truth},{answer},image{image},{distractor}\n"));
                }
            }
        }
    }
    fs::write(folder.join(file), table).unwrap();
}

#[test]
fn patterns_of_choices_have_consistencies_ceilings_and_figures() {
    let folder = tempfile::tempdir().unwrap();
    choices(folder.path(), "people.csv", &[("human", 1)]);
    choices(folder.path(), "network.csv", &[("alexnet", 2)]);
    for (pattern, figures, least) in [
        ("i1", &["f.png", "f-scatter.png"][..], 0.6),
        ("i1n", &["f.png", "f-scatter.png"], 0.6),
        ("i2", &["f.png", "f-scatter.png"], 0.6),
        ("i2n", &["f.png", "f-scatter.png"], 0.6),
        ("o1", &["f.png", "f-scatter.png"], -1.0),
        ("o2", &["f.png", "f-first-matrix.png", "f-second-matrix.png", "f-scatter.png"], -1.0),
    ] {
        let out = folder.path().join(pattern);
        fs::create_dir(&out).unwrap();
        let plot = format!("{pattern}/f.png");
        let arguments = ["behave", "people.csv", "network.csv", "--measure", pattern, "--json", "--plot", &plot];
        let object = homolog(folder.path(), &arguments).done().json();
        let value = object["pairs"][0]["value"].as_f64().unwrap();
        assert!(value > least && value <= 1.0, "{pattern}: {object}");
        assert_eq!(object["ceilings"].as_array().map(Vec::len), Some(2));
        for figure in figures {
            assert!(image::open(out.join(figure)).unwrap().width() > 100, "{pattern}: {figure}");
        }
        assert_eq!(fs::read_dir(&out).unwrap().count(), figures.len(), "{pattern}");
    }
    let arguments = ["behave", "people.csv", "network.csv", "--measure", "i1", "--plot", "i1.svg"];
    homolog(folder.path(), &arguments).done();
    let bars = fs::read_to_string(folder.path().join("i1.svg")).unwrap();
    assert!(bars.contains("half against half") && bars.contains("consistency of i1"));
    let scatter = fs::read_to_string(folder.path().join("i1-scatter.svg")).unwrap();
    assert_eq!(scatter.matches("<title>image").count(), 36, "a point for each image");
    assert!(scatter.contains("human") && scatter.contains("alexnet") && scatter.contains(">ship<"));
}

#[test]
fn what_choices_do_not_tell_is_said() {
    let folder = tempfile::tempdir().unwrap();
    choices(folder.path(), "people.csv", &[("human", 1)]);
    // One trial of each image and distractor cannot be halved; nothing is drawn of one observer but its own halves.
    let text = fs::read_to_string(folder.path().join("people.csv")).unwrap();
    let mut kept = std::collections::BTreeSet::new();
    let once: Vec<&str> = text
        .lines()
        .filter(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            kept.insert((fields[3].to_owned(), fields[4].to_owned()))
        })
        .collect();
    fs::write(folder.path().join("once.csv"), once.join("\n") + "\n").unwrap();
    let behave =
        |file: &str, more: &[&str]| homolog(folder.path(), &[&["behave", file, "--measure", "i2"], more].concat());
    let told = behave("once.csv", &["--plot", "once.svg"]).done();
    assert!(told.stdout.contains("human has no consistency of half against half"), "{}", told.stdout);
    assert!(fs::read_to_string(folder.path().join("once.svg")).unwrap().contains("no value"));
    assert!(!folder.path().join("once-scatter.svg").exists());
    let two = text.replacen(",bear,", ",dog,", 1);
    fs::write(folder.path().join("two.csv"), two).unwrap();
    behave("two.csv", &[]).refused(2, &["two right answers"]);
    fs::write(
        folder.path().join("perfect.csv"),
        text.lines()
            .map(|line| {
                let mut fields: Vec<&str> = line.split(',').collect();
                if fields[1] != "category" {
                    fields[2] = fields[1];
                }
                fields.join(",") + "\n"
            })
            .collect::<String>(),
    )
    .unwrap();
    let refused = homolog(folder.path(), &["behave", "people.csv", "perfect.csv", "--measure", "i1"]);
    refused.refused(2, &["human and human", "observer 1 (counted from 0) is constant"]);
    assert_eq!(refused.stdout, "");
}
