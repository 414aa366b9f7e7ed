//! Sparseness, categories, concepts and invariance: numbers, tables and figures.

use homolog::inside::probe::{ConceptStimuli, StageCategories, StageConcepts, StageInvariance, StageSparseness};
use serde_json::json;

use super::output::quoted;
use super::stage_report::{StageReport, number};

/// A test is called significant at this false discovery rate.
const FDR: f64 = 0.05;

pub(super) fn add_sparseness(report: &mut StageReport, stage: &StageSparseness, ids: &[&str]) {
    let ratio = |sparseness: f64| StageSparseness::activity_ratio(sparseness, stage.n_images);
    for (report, lifetime) in report.units.iter_mut().zip(&stage.lifetime) {
        report.fields.push(("lifetime_sparseness_vinje_gallant", number(*lifetime)));
        report.fields.push(("lifetime_activity_ratio_treves_rolls", number(lifetime.map(ratio))));
        if let Some(lifetime) = lifetime {
            report.notes.push(format!("lifetime S {lifetime:.2}"));
        }
    }
    report.add_histogram("Lifetime sparseness", "Vinje and Gallant's S", (0.0, 1.0), stage.lifetime.clone());
    let mean = |values: &[Option<f64>]| {
        let there: Vec<f64> = values.iter().flatten().copied().collect();
        (!there.is_empty()).then(|| there.iter().sum::<f64>() / there.len() as f64)
    };
    let (lifetime, population) = (mean(&stage.lifetime), mean(&stage.population));
    report.summary.insert(
        "sparseness".to_owned(),
        json!({
            "n_images": stage.n_images, "mean_lifetime": lifetime, "mean_population": population,
            "share_of_responses_below_0_taken_as_0": stage.share_negative,
        }),
    );
    let words = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.3}"));
    report.findings.push(format!(
        "sparseness over {} images (Vinje and Gallant's S): lifetime {}, population {}; {:.0} % of responses are below 0 and count as 0",
        stage.n_images,
        words(lifetime),
        words(population),
        100.0 * stage.share_negative
    ));
    let mut table =
        "stimulus_id,population_sparseness_vinje_gallant,population_activity_ratio_treves_rolls\n".to_owned();
    for (id, population) in ids.iter().zip(&stage.population) {
        let n_units = stage.lifetime.len();
        let cells = population
            .map_or_else(|| ",".to_owned(), |s| format!("{s},{}", StageSparseness::activity_ratio(s, n_units)));
        table.push_str(&format!("{},{cells}\n", quoted(id)));
    }
    report.tables.push(("population-sparseness", table));
}

pub(super) fn add_categories(report: &mut StageReport, stage: &StageCategories) {
    let mut table = "unit,category,d_prime,selectivity_index,auc,p,fdr\n".to_owned();
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let mut n_selective = 0;
    let mut best_d_primes = Vec::with_capacity(stage.units.len());
    for (at, unit) in stage.units.iter().enumerate() {
        let name = report.unit_name(at);
        for (category, tuning) in stage.categories.iter().zip(unit) {
            let numbers = [tuning.d_prime, tuning.selectivity_index, tuning.auc, tuning.p, tuning.fdr].map(cell);
            table.push_str(&format!("{},{},{}\n", quoted(&name), quoted(&category.name), numbers.join(",")));
        }
        let d_prime = |one: &usize| unit.get(*one).and_then(|tuning| tuning.d_prime).unwrap_or(f64::NEG_INFINITY);
        let best = (0..unit.len()).reduce(|best, next| if d_prime(&next) > d_prime(&best) { next } else { best });
        let found = best.and_then(|best| Some((stage.categories.get(best)?, unit.get(best)?)));
        let is_selective = found.is_some_and(|(_, tuning)| tuning.fdr.is_some_and(|fdr| fdr <= FDR));
        n_selective += usize::from(is_selective);
        best_d_primes.push(found.and_then(|(_, tuning)| tuning.d_prime));
        if let Some(report) = report.units.get_mut(at) {
            let tuning = found.map(|(_, tuning)| tuning);
            report.fields.extend([
                (
                    "best_category",
                    found
                        .filter(|(_, tuning)| tuning.d_prime.is_some())
                        .map_or(serde_json::Value::Null, |(category, _)| json!(category.name)),
                ),
                ("category_d_prime", number(tuning.and_then(|tuning| tuning.d_prime))),
                ("category_selectivity_index", number(tuning.and_then(|tuning| tuning.selectivity_index))),
                ("category_auc", number(tuning.and_then(|tuning| tuning.auc))),
                ("category_p", number(tuning.and_then(|tuning| tuning.p))),
                ("category_fdr", number(tuning.and_then(|tuning| tuning.fdr))),
            ]);
        }
    }
    report.add_histogram("d\u{2032} of the best category", "standard deviations", (0.0, 1.0), best_d_primes);
    report.summary.insert("categories".to_owned(), json!({
        "categories": stage.categories.iter().map(|category| json!({ "name": category.name, "n_images": category.images.len() })).collect::<Vec<_>>(),
        "n_selective_at_fdr_0.05": n_selective,
    }));
    report.findings.push(format!(
        "{n_selective} of {} units are selective for a category at a false discovery rate of {FDR}",
        stage.units.len()
    ));
    report.tables.push(("categories", table));
}

pub(super) fn add_concepts(report: &mut StageReport, stage: &StageConcepts, stimuli: &ConceptStimuli) {
    let mut table = "unit,concept,medium,auc,p,conjunction_p,conjunction_fdr\n".to_owned();
    let mut n_cells = 0;
    for (at, unit) in stage.units.iter().enumerate() {
        let name = report.unit_name(at);
        for (concept, test) in stimuli.concepts.iter().zip(unit) {
            for (medium, found) in stimuli.media.iter().zip(&test.media) {
                let (name, concept, medium) = (quoted(&name), quoted(concept), quoted(medium));
                let numbers = format!("{},{},{},{}", found.auc, found.p, test.conjunction_p, test.fdr);
                table.push_str(&format!("{name},{concept},{medium},{numbers}\n"));
            }
        }
        let best = (0..unit.len())
            .reduce(|best, next| if unit[next].conjunction_p < unit[best].conjunction_p { next } else { best });
        let Some(best) = best else { continue };
        let test = &unit[best];
        n_cells += usize::from(test.fdr <= FDR);
        if let Some(report) = report.units.get_mut(at) {
            let aucs: Vec<f64> = test.media.iter().map(|medium| medium.auc).collect();
            report.fields.extend([
                ("best_concept", json!(stimuli.concepts.get(best))),
                ("concept_least_auc", number(aucs.iter().copied().reduce(f64::min))),
                ("concept_conjunction_p", number(Some(test.conjunction_p))),
                ("concept_conjunction_fdr", number(Some(test.fdr))),
            ]);
        }
    }
    report.summary.insert(
        "concepts".to_owned(),
        json!({
            "concepts": stimuli.concepts, "media": stimuli.media, "n_concept_cells_at_fdr_0.05": n_cells,
        }),
    );
    report.findings.push(format!(
        "{n_cells} of {} units prefer one concept in all of {} media at a false discovery rate of {FDR}",
        stage.units.len(),
        stimuli.media.len()
    ));
    report.tables.push(("concepts", table));
}

pub(super) fn add_invariance(report: &mut StageReport, stage: &StageInvariance) {
    type Of = fn(&homolog::inside::probe::UnitInvariance) -> Option<&homolog_stats::tuning::Invariance>;
    let kinds: [(&str, &'static str, &'static str, Of); 3] = [
        ("position", "position_rank_correlation", "position_response_retained", |unit| unit.position.as_ref()),
        ("size", "size_rank_correlation", "size_response_retained", |unit| unit.size.as_ref()),
        ("pose", "pose_rank_correlation", "pose_response_retained", |unit| unit.pose.as_ref()),
    ];
    let mut words = Vec::new();
    for (kind, correlation_name, retained_name, of) in kinds {
        let correlations: Vec<Option<f64>> =
            stage.units.iter().map(|unit| of(unit).and_then(|found| found.mean_rank_correlation)).collect();
        for (report, (unit, correlation)) in report.units.iter_mut().zip(stage.units.iter().zip(&correlations)) {
            report.fields.push((correlation_name, number(*correlation)));
            report.fields.push((retained_name, number(of(unit).map(|found| found.mean_retained))));
        }
        let there: Vec<f64> = correlations.iter().flatten().copied().collect();
        if !there.is_empty() {
            let mean = there.iter().sum::<f64>() / there.len() as f64;
            words.push(format!("{kind} {mean:.2}"));
            report.summary.insert(format!("{kind}_mean_rank_correlation"), json!(mean));
        }
        report.add_histogram(
            &format!("Invariance to {kind}"),
            "rank correlation over objects",
            (-1.0, 1.0),
            correlations,
        );
    }
    report.findings.push(format!("rank correlation of preferences after a change of {}", words.join(", ")));
}
