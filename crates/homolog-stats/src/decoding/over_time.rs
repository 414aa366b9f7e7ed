//! Decoding at each time, and by what was learnt at another.

use ndarray::{Array2, ArrayView3, Axis};
use rayon::prelude::*;

use super::classifier::{LinearClassifier, check_classes};
use super::cross_validated::{Decoding, DecodingProtocol, OPERATION, check_splits, decode};
use crate::error::StatsError;
use crate::finite::require_count;
use crate::random::Rng;

/// [`decode`] in each time bin alone.
///
/// # Shapes and units
/// - `responses`: (n_stimuli or trials, n_units, n_time_bins).
/// - returns one decoding for each bin.
///
/// # Errors
/// - [`StatsError::TooFew`] without a time bin.
/// - Those of [`decode`], of the first bin that has one.
///
/// # Accuracy and randomness
/// Every bin draws the same permutations, so that the largest over time can be compared with its own null (Nichols, Holmes 2002).
pub fn decode_over_time(
    responses: ArrayView3<'_, f64>,
    classes: &[usize],
    protocol: &DecodingProtocol,
    rng: &Rng,
) -> Result<Vec<Decoding>, StatsError> {
    require_count(OPERATION, "time bins", responses.len_of(Axis(2)), 1)?;
    let bins: Vec<usize> = (0..responses.len_of(Axis(2))).collect();
    bins.into_par_iter().map(|bin| decode(responses.index_axis(Axis(2), bin), classes, protocol, rng)).collect()
}

/// Accuracy of classifiers learnt in one time bin and tested in another: (n_time_bins learnt in, n_time_bins tested in).
///
/// For each split the classifier of each bin is fitted once to the training trials, and asked about the test trials in every bin; features
/// are scaled by the bin that was learnt in. Mean over splits of the share of correct choices; the diagonal is [`decode`]'s accuracy.
///
/// # Shapes and units
/// - `responses`: (n_stimuli or trials, n_units, n_time_bins).
///
/// # Errors
/// - [`StatsError::TooFew`] without a time bin or a split.
/// - Those of [`decode`].
///
/// # Reference
/// King, Dehaene (2014). Characterizing the dynamics of mental representations: the temporal generalization method. Trends Cogn Sci 18:203-210.
/// doi:10.1016/j.tics.2014.01.002.
pub fn generalise_across_time(
    responses: ArrayView3<'_, f64>,
    classes: &[usize],
    protocol: &DecodingProtocol,
) -> Result<Array2<f64>, StatsError> {
    let n_bins = responses.len_of(Axis(2));
    require_count(OPERATION, "time bins", n_bins, 1)?;
    for bin in 0..n_bins {
        let n_classes = check_classes(OPERATION, responses.index_axis(Axis(2), bin), classes)?;
        check_splits(&protocol.splits, classes, n_classes)?;
    }
    let from_bin = |learnt: usize| -> Result<Vec<f64>, StatsError> {
        let mut accuracies = vec![0.0; n_bins];
        for split in &protocol.splits {
            let labels: Vec<usize> = split.train.iter().map(|&at| classes[at]).collect();
            let train = responses.index_axis(Axis(2), learnt).select(Axis(0), &split.train);
            let (scaled, _) = protocol.scaling.apply(train.view(), train.view());
            let classifier: LinearClassifier = protocol.decoder.fit(scaled.view(), &labels)?;
            for (tested, accuracy) in accuracies.iter_mut().enumerate() {
                let test = responses.index_axis(Axis(2), tested).select(Axis(0), &split.test);
                let (_, test) = protocol.scaling.apply(train.view(), test.view());
                let chosen = classifier.classify(test.view())?;
                let correct = split.test.iter().zip(&chosen).filter(|&(&at, &class)| classes[at] == class).count();
                *accuracy += correct as f64 / chosen.len() as f64 / protocol.splits.len() as f64;
            }
        }
        Ok(accuracies)
    };
    let rows: Vec<Vec<f64>> = (0..n_bins).into_par_iter().map(from_bin).collect::<Result<_, _>>()?;
    Ok(Array2::from_shape_fn((n_bins, n_bins), |(learnt, tested)| rows[learnt][tested]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoding::FeatureScaling;
    use crate::splits::{FoldOrder, stratified_k_fold};
    use ndarray::Array3;

    /// Two classes told apart by unit 0 in bin 1, by unit 1 in bin 2, not at all in bin 0.
    fn simulated() -> (Array3<f64>, Vec<usize>, DecodingProtocol) {
        let mut rng = Rng::new(6);
        let classes: Vec<usize> = (0..80).map(|at| at % 2).collect();
        let responses = Array3::from_shape_fn((80, 3, 3), |(at, unit, bin)| {
            rng.normal() + if bin == unit + 1 && at % 2 == 1 { 4.0 } else { 0.0 }
        });
        let protocol = DecodingProtocol {
            decoder: "lda".parse().unwrap(),
            scaling: FeatureScaling::None,
            splits: stratified_k_fold(&classes, 4, FoldOrder::AsGiven).unwrap(),
            n_permutations: 0,
        };
        (responses, classes, protocol)
    }

    #[test]
    fn code_that_changes_is_decoded_in_its_own_bin_only() {
        let (responses, classes, protocol) = simulated();
        let over_time = decode_over_time(responses.view(), &classes, &protocol, &Rng::new(0)).unwrap();
        let accuracy: Vec<f64> = over_time.iter().map(|found| found.accuracy).collect();
        assert!(accuracy[0] < 0.7 && accuracy[1] > 0.93 && accuracy[2] > 0.93, "{accuracy:?}");
        let across = generalise_across_time(responses.view(), &classes, &protocol).unwrap();
        for bin in 0..3 {
            assert!((across[[bin, bin]] - accuracy[bin]).abs() < 1e-12);
        }
        assert!(across[[1, 2]] < 0.7 && across[[2, 1]] < 0.7, "{across}");
    }

    #[test]
    fn no_time_bins_are_refused() {
        let (responses, classes, protocol) = simulated();
        let none = responses.slice(ndarray::s![.., .., ..0]);
        let refused = decode_over_time(none, &classes, &protocol, &Rng::new(0));
        assert!(matches!(refused, Err(StatsError::TooFew { what: "time bins", .. })));
        assert!(generalise_across_time(none, &classes, &protocol).is_err());
    }
}
