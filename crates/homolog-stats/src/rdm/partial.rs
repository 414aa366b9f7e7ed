//! RDMs over parts of the stimuli, scaled to agree where they overlap and joined into one.

use ndarray::{Array1, Array2, ArrayView1};

use super::pairs::{n_pairs, n_stimuli, pair_position, pairs};
use crate::StatsError;
use crate::finite::{require_count, require_finite_vector, require_same_length};

const OPERATION: &str = "one RDM from partial RDMs";

/// An RDM over some of the stimuli.
#[derive(Debug, Clone, Copy)]
pub struct PartialRdm<'a> {
    /// Which stimuli, by their position among all, in the order of the RDM.
    pub stimuli: &'a [usize],
    /// The dissimilarities of their pairs, upper triangle row by row.
    pub rdm: ArrayView1<'a, f64>,
}

/// How much each dissimilarity counts when partial RDMs are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PartialWeighting {
    /// By its square, at least 0.04: large dissimilarities carry more evidence. rsatoolbox: "evidence".
    Evidence,
    /// By one over the number of pairs of its RDM. rsatoolbox: "setsize".
    SetSize,
    /// Alike. rsatoolbox: "simple".
    Equal,
}

/// Partial RDMs after scaling, and their mean.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JoinedRdm {
    /// (n_pairs): the weighted mean of the scaled partial RDMs.
    pub rdm: Array1<f64>,
    /// The factor that each partial RDM was multiplied by.
    pub scales: Vec<f64>,
    /// Rounds until nothing changed.
    pub n_iterations: usize,
}

/// Scales partial RDMs until they agree with their mean where they overlap, and joins them.
///
/// Repeated: the mean over partial RDMs of each pair is scaled to length 1; each partial RDM is scaled to the length that the mean has on its own
/// pairs; the weighted mean is formed again; until the squared change is at most `tolerance`.
///
/// # Shapes and units
/// - `n`: how many stimuli there are in all; returns an RDM over all of them, without unit (the mean has length 1 before the last scaling).
///
/// # Errors
/// - [`StatsError::Missing`] names the first pair that no partial RDM holds.
/// - [`StatsError::ConstantPattern`] when a partial RDM is all zero; [`StatsError::NotFinite`], [`StatsError::NotPairs`], [`StatsError::ShapeMismatch`].
/// - [`StatsError::NotConverged`] after 10,000 rounds.
///
/// # Accuracy and randomness
/// f64; agrees with rsatoolbox 0.3.2's `rescale` and weighted mean to 1e-10 (goldens/rsatoolbox/rdm). Deterministic.
///
/// # Reference
/// Kriegeskorte, Mur (2012). Inverse MDS: inferring dissimilarity structure from multiple item arrangements. Front Psychol 3:245.
pub fn join_partial_rdms(
    partials: &[PartialRdm<'_>],
    n: usize,
    weighting: PartialWeighting,
    tolerance: f64,
) -> Result<JoinedRdm, StatsError> {
    require_count(OPERATION, "partial RDMs", partials.len(), 1)?;
    let values = spread(partials, n)?;
    let present = values.mapv(|value| if value.is_nan() { 0.0 } else { 1.0 });
    let values = values.mapv(|value| if value.is_nan() { 0.0 } else { value });
    let covered = present.sum_axis(ndarray::Axis(0));
    if let Some(index) = covered.iter().position(|&count| count == 0.0) {
        return Err(StatsError::Missing {
            operation: OPERATION,
            what: "pair",
            index,
            missing: "partial RDM that holds both its stimuli",
            advice: "Add one, or leave a stimulus out",
        });
    }
    let weights = match weighting {
        PartialWeighting::Evidence => values.mapv(|value| (value * value).max(0.04)) * &present,
        PartialWeighting::SetSize => &present / &present.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1)),
        PartialWeighting::Equal => present.clone(),
    };
    let lengths: Vec<f64> = values.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect();
    if let Some(index) = lengths.iter().position(|&length| length == 0.0) {
        return Err(StatsError::ConstantPattern { operation: OPERATION, what: "partial RDM", index });
    }
    let unit = |rdm: Array1<f64>| {
        let length = rdm.dot(&rdm).sqrt();
        rdm / length
    };
    let mean = |values: &Array2<f64>, weights: &Array2<f64>| {
        (values * weights).sum_axis(ndarray::Axis(0)) / weights.sum_axis(ndarray::Axis(0))
    };
    let mut estimate = unit(mean(&values, &present));
    let mut change = f64::INFINITY;
    for round in 1..=10_000 {
        let scales: Vec<f64> = present
            .rows()
            .into_iter()
            .zip(&lengths)
            .map(|(own, length)| (&own * &estimate.mapv(|x| x * x)).sum().sqrt() / length)
            .collect();
        let aligned = &values * &Array1::from(scales.clone()).insert_axis(ndarray::Axis(1));
        let joined = mean(&aligned, &weights);
        let next = unit(joined.clone());
        let step = &next - &estimate;
        change = step.dot(&step);
        estimate = next;
        if change <= tolerance {
            return Ok(JoinedRdm { rdm: joined, scales, n_iterations: round });
        }
    }
    Err(StatsError::NotConverged { operation: OPERATION, iterations: 10_000, change, tolerance })
}

/// Each partial RDM as a row over all pairs, NaN where it has none.
fn spread(partials: &[PartialRdm<'_>], n: usize) -> Result<Array2<f64>, StatsError> {
    let mut values = Array2::from_elem((partials.len(), n_pairs(n)), f64::NAN);
    for (mut row, partial) in values.rows_mut().into_iter().zip(partials) {
        let own = n_stimuli(partial.rdm.len())?;
        require_same_length(
            OPERATION,
            "stimuli",
            ("a partial RDM", own),
            ("its list of stimuli", partial.stimuli.len()),
        )?;
        require_finite_vector(OPERATION, "a partial RDM", &partial.rdm.to_vec())?;
        for ((a, b), &value) in pairs(own).zip(partial.rdm) {
            let (i, j) = (partial.stimuli[a], partial.stimuli[b]);
            if i == j || i.max(j) >= n {
                return Err(StatsError::OutOfRange {
                    operation: OPERATION,
                    parameter: "a stimulus of a partial RDM",
                    value: i.max(j) as f64,
                    allowed: "below the number of stimuli, and listed once",
                });
            }
            row[pair_position(i.min(j), i.max(j), n)] = value;
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn parts_of_one_rdm_at_other_scales_join_to_it() {
        let whole = array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let part = |stimuli: &[usize], scale: f64| super::super::select_stimuli(whole.view(), stimuli).unwrap() * scale;
        let (a, b, c) = (part(&[0, 1, 2], 1.0), part(&[3, 1, 2], 0.1), part(&[0, 3, 1], 7.0));
        let partials = [
            PartialRdm { stimuli: &[0, 1, 2], rdm: a.view() },
            PartialRdm { stimuli: &[3, 1, 2], rdm: b.view() },
            PartialRdm { stimuli: &[0, 3, 1], rdm: c.view() },
        ];
        let joined = join_partial_rdms(&partials, 4, PartialWeighting::Evidence, 1e-20).unwrap();
        let scale = joined.rdm[0];
        assert!((&(&joined.rdm / scale) - &whole).iter().all(|d| d.abs() < 1e-6), "{}", joined.rdm);
    }

    #[test]
    fn pair_that_nobody_saw_is_named() {
        let a = array![1.0, 2.0, 3.0];
        let only = [PartialRdm { stimuli: &[0, 1, 2], rdm: a.view() }];
        let found = join_partial_rdms(&only, 4, PartialWeighting::Equal, 1e-8);
        assert!(matches!(found, Err(StatsError::Missing { what: "pair", index: 2, .. })));
    }
}
