//! Odd-one-out behaviour on 48 objects of THINGS: measured similarity against that of the VICE embedding of 1,854 objects.

use homolog_stats::behaviour::odd_one_out_similarity;
use ndarray::{Array2, Axis};

use crate::{matlab, real_data};

/// r = .891123 by NumPy on the same files: dot products of the embedding, the model's similarity within the 48 objects, over their 1,128 pairs.
#[test]
fn embedding_of_choices_predicts_the_similarities_of_48_objects() {
    let embedding: Array2<f32> =
        ndarray_npy::read_npy(real_data("things_behaviour/vice_things_final_embedding.npy")).unwrap();
    let table =
        std::fs::read_to_string(real_data("things_behaviour/spose_embedding66d_rescaled_48val_reordered.csv")).unwrap();
    let objects: Vec<usize> =
        table.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!((embedding.dim(), objects.len()), ((1854, 42), 48));
    let embedding = embedding.select(Axis(0), &objects).mapv(f64::from);
    let similarity = odd_one_out_similarity(embedding.dot(&embedding.t()).view()).unwrap();
    let file = matlab::read(&real_data("things_behaviour/RDM48_triplet.mat"));
    let measured = file["RDM48_triplet"].numbers();
    let (ours, theirs): (Vec<f64>, Vec<f64>) =
        homolog_stats::rdm::pairs(48).map(|(i, j)| (similarity[[i, j]], 1.0 - measured[i + 48 * j])).unzip();
    let r = homolog_stats::encoding::pearson(&ours, &theirs).unwrap();
    assert!((r - 0.891123).abs() < 6e-7, "{r}");
}
