//! The table of architectures.

use super::ZooEntry;
use super::resnet::Block::{Basic, Bottleneck};
use super::vgg::Normalization;
use super::{
    alexnet, densenet, efficientnet_lite, googlenet, inception_v3, mobilenet_v2, resnet, resnet_cifar10, squeezenet,
    vgg, vision_transformer,
};
use crate::network::weights::Naming;

const ALEXNET: &str =
    "Krizhevsky A (2014). One weird trick for parallelizing convolutional neural networks. arXiv 1404.5997";
const VGG: &str = "Simonyan K, Zisserman A (2015). Very deep convolutional networks for large-scale image recognition. ICLR. arXiv 1409.1556";
const GOOGLENET: &str = "Szegedy C et al. (2015). Going deeper with convolutions. CVPR. arXiv 1409.4842";
const INCEPTION: &str =
    "Szegedy C et al. (2016). Rethinking the Inception architecture for computer vision. CVPR. arXiv 1512.00567";
const RESNET: &str =
    "He K, Zhang X, Ren S, Sun J (2016). Deep residual learning for image recognition. CVPR. arXiv 1512.03385";
const DENSENET: &str = "Huang G, Liu Z, van der Maaten L, Weinberger KQ (2017). Densely connected convolutional networks. CVPR. arXiv 1608.06993";
const SQUEEZENET: &str = "Iandola FN et al. (2016). SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB \
     model size. arXiv 1602.07360";
const MOBILENET: &str =
    "Sandler M et al. (2018). MobileNetV2: inverted residuals and linear bottlenecks. CVPR. arXiv 1801.04381";
const VIT: &str = "Dosovitskiy A et al. (2021). An image is worth 16x16 words. ICLR. arXiv 2010.11929";
const EFFICIENTNET: &str = "Tan M, Le QV (2019). EfficientNet: rethinking model scaling for convolutional neural networks. \
     ICML. arXiv 1905.11946; the lite variant: Liu R (2020), TensorFlow blog";

/// Every architecture, by family.
pub static ENTRIES: [ZooEntry; 31] = [
    imagenet("alexnet", "alexnet-owt-7be5be79.pth", ALEXNET, alexnet::build),
    imagenet("vgg11", "vgg11-8a719046.pth", VGG, |name, px| vgg::build(name, px, [1, 1, 2, 2, 2], Normalization::None)),
    imagenet("vgg11_bn", "vgg11_bn-6002323d.pth", VGG, |name, px| {
        vgg::build(name, px, [1, 1, 2, 2, 2], Normalization::Batch)
    }),
    imagenet("vgg13", "vgg13-19584684.pth", VGG, |name, px| vgg::build(name, px, [2; 5], Normalization::None)),
    imagenet("vgg13_bn", "vgg13_bn-abd245e5.pth", VGG, |name, px| vgg::build(name, px, [2; 5], Normalization::Batch)),
    imagenet("vgg16", "vgg16-397923af.pth", VGG, |name, px| vgg::build(name, px, [2, 2, 3, 3, 3], Normalization::None)),
    imagenet("vgg16_bn", "vgg16_bn-6c64b313.pth", VGG, |name, px| {
        vgg::build(name, px, [2, 2, 3, 3, 3], Normalization::Batch)
    }),
    imagenet("vgg19", "vgg19-dcbb9e9d.pth", VGG, |name, px| vgg::build(name, px, [2, 2, 4, 4, 4], Normalization::None)),
    imagenet("vgg19_bn", "vgg19_bn-c79401a0.pth", VGG, |name, px| {
        vgg::build(name, px, [2, 2, 4, 4, 4], Normalization::Batch)
    }),
    ZooEntry {
        naming: Naming { not_run: &["aux1.", "aux2."], ..Naming::SAME },
        ..imagenet("googlenet", "googlenet-1378be20.pth", GOOGLENET, googlenet::build)
    },
    ZooEntry {
        image_px: 299,
        recipe: "torchvision-inception",
        naming: Naming { not_run: &["AuxLogits."], ..Naming::SAME },
        ..imagenet("inception_v3", "inception_v3_google-0cc3c7bd.pth", INCEPTION, inception_v3::build)
    },
    imagenet("resnet18", "resnet18-f37072fd.pth", RESNET, |name, px| resnet::build(name, px, Basic, [2, 2, 2, 2])),
    imagenet("resnet34", "resnet34-b627a593.pth", RESNET, |name, px| resnet::build(name, px, Basic, [3, 4, 6, 3])),
    imagenet("resnet50", "resnet50-0676ba61.pth", RESNET, |name, px| resnet::build(name, px, Bottleneck, [3, 4, 6, 3])),
    imagenet("resnet101", "resnet101-63fe2227.pth", RESNET, |name, px| {
        resnet::build(name, px, Bottleneck, [3, 4, 23, 3])
    }),
    imagenet("resnet152", "resnet152-394f9c45.pth", RESNET, |name, px| {
        resnet::build(name, px, Bottleneck, [3, 8, 36, 3])
    }),
    dense("densenet121", "densenet121-a639ec97.pth", |name, px| densenet::build(name, px, 64, 32, [6, 12, 24, 16])),
    dense("densenet161", "densenet161-8d451a50.pth", |name, px| densenet::build(name, px, 96, 48, [6, 12, 36, 24])),
    dense("densenet169", "densenet169-b2777c0a.pth", |name, px| densenet::build(name, px, 64, 32, [6, 12, 32, 32])),
    dense("densenet201", "densenet201-c1103571.pth", |name, px| densenet::build(name, px, 64, 32, [6, 12, 48, 32])),
    imagenet("squeezenet1_0", "squeezenet1_0-b66bff10.pth", SQUEEZENET, squeezenet::version_1_0),
    ZooEntry {
        naming: Naming { rename: squeezenet::rename_caffe, ..Naming::SAME },
        ..imagenet("squeezenet1_1", "squeezenet1_1-b8a52dc0.pth", SQUEEZENET, squeezenet::version_1_1)
    },
    imagenet("mobilenet_v2", "mobilenet_v2-b0353104.pth", MOBILENET, mobilenet_v2::build),
    transformer("vit_b_16", "vit_b_16-c867db91.pth", |name, px| vision_transformer::base(name, px, 16)),
    transformer("vit_b_32", "vit_b_32-d86f8d99.pth", |name, px| vision_transformer::base(name, px, 32)),
    ZooEntry {
        recipe: "efficientnet-lite",
        published: None,
        ..imagenet("efficientnet_lite0", "", EFFICIENTNET, efficientnet_lite::build)
    },
    cifar10("resnet20_cifar10", |name, px| resnet_cifar10::build(name, px, 3)),
    cifar10("resnet32_cifar10", |name, px| resnet_cifar10::build(name, px, 5)),
    cifar10("resnet44_cifar10", |name, px| resnet_cifar10::build(name, px, 7)),
    cifar10("resnet56_cifar10", |name, px| resnet_cifar10::build(name, px, 9)),
    cifar10("resnet110_cifar10", |name, px| resnet_cifar10::build(name, px, 18)),
];

type Build = fn(&str, [usize; 2]) -> Result<crate::network::builder::Architecture, crate::network::builder::BuildError>;

/// A network for ImageNet's 1,000 classes at 224 pixels, with torchvision's preprocessing.
const fn imagenet(name: &'static str, published: &'static str, citation: &'static str, build: Build) -> ZooEntry {
    let published = Some(published);
    ZooEntry { name, image_px: 224, recipe: "torchvision", published, citation, naming: Naming::SAME, build }
}

const fn dense(name: &'static str, published: &'static str, build: Build) -> ZooEntry {
    let naming = Naming { rename: densenet::rename_old, not_run: &[] };
    ZooEntry { naming, ..imagenet(name, published, DENSENET, build) }
}

const fn transformer(name: &'static str, published: &'static str, build: Build) -> ZooEntry {
    let naming = Naming { rename: vision_transformer::rename_old, not_run: &[] };
    ZooEntry { naming, ..imagenet(name, published, VIT, build) }
}

/// A network for the 10 classes of CIFAR-10.
const fn cifar10(name: &'static str, build: Build) -> ZooEntry {
    let naming = Naming::SAME;
    ZooEntry { name, image_px: 32, recipe: "cifar10", published: None, citation: RESNET, naming, build }
}
