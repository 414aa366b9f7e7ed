//! Attacks that take seconds; the nightly tests have the others.

use homolog::synthesis::adversarial::{Attack, Norm, Start};

use crate::under_attack::{nearest, within_budget};

#[test]
fn fgsm_leaves_the_accuracy_that_torchattacks_leaves() {
    within_budget("fgsm", Attack::Fgsm);
}

#[test]
fn pgd_leaves_the_accuracy_that_torchattacks_leaves() {
    for (name, norm) in [("pgd-linf", Norm::Linf), ("pgd-l2", Norm::L2)] {
        within_budget(name, Attack::Pgd { norm, n_steps: 10, step: 0.25, start: Start::Image });
    }
}

#[test]
fn apgd_leaves_the_accuracy_that_torchattacks_leaves() {
    within_budget("apgd-ce-linf", Attack::named("apgd-ce-linf").expect("known"));
}

#[test]
fn carlini_wagner_finds_images_as_near_as_torchattacks_does() {
    let attack =
        Attack::CarliniWagner { weight: 1.0, confidence: 0.0, n_steps: 40, learning_rate: 0.01, n_searches: 1 };
    nearest("torchattacks", "carlini-wagner", attack);
}
