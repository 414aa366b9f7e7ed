//! Representations over time: RDMs of time bins against a model's stages, against each other, and against regions measured by fMRI.
//!
//! Every comparison here is one number for each subject and time; [`sign_flip_cluster_test`] says where over time subjects agree.
//! RDMs over time are arrays (n_subjects, n_bins, n_pairs), as [`crate::rdm::rdm_per_time_bin`] gives them for one subject.

mod bins;
mod cluster;
mod course;
mod interval;

pub use bins::{TimeBin, mean_in_time_bins};
pub use cluster::{Cluster, ClusterTest, ClusterTestSettings, Neighbours, sign_flip_cluster_test};
pub use course::{CrossTemporal, compare_across_time, compare_over_time, fuse_regions_with_time};
pub use interval::{MeanInterval, mean_over_subjects};
