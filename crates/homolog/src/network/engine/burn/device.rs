//! Where Burn computes: on the processor or on a GPU.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

use crate::naming::nearest_three;

/// Where networks run, as a user names it: `cpu`, `gpu` (the first one) or `gpu:1`.
///
/// GPUs are counted from 0: cards of their own first, then those inside the processor, then virtual ones, and after all of
/// them a driver that only imitates a GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceName {
    /// The processor.
    #[default]
    Cpu,
    /// A GPU by its number.
    Gpu(usize),
}

impl fmt::Display for DeviceName {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => to.write_str("cpu"),
            Self::Gpu(0) => to.write_str("gpu"),
            Self::Gpu(number) => write!(to, "gpu:{number}"),
        }
    }
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        let number = |name: &str| name.strip_prefix("gpu:")?.parse().ok();
        match name {
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu(0)),
            _ => number(name).map(Self::Gpu).ok_or_else(|| DeviceError::UnknownName {
                name: name.to_owned(),
                nearest: nearest_three(name, ["cpu", "gpu", "gpu:0", "gpu:1"]),
            }),
        }
    }
}

/// Why a network cannot run where it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// A name of no device.
    #[error(
        "there is no device \"{name}\"; closest: {nearest}. Devices are cpu, gpu (the first one) and gpu:1, gpu:2, …"
    )]
    UnknownName {
        /// What the user wrote.
        name: String,
        /// The nearest names.
        nearest: String,
    },
    /// The program was built without the feature `wgpu`.
    #[error(
        "cannot run on \"{device}\": this homolog was built for the processor alone. Build one for GPUs with \
         cargo build --release --features homolog-cli/wgpu, or pass --device cpu"
    )]
    NotBuilt {
        /// The device.
        device: DeviceName,
    },
    /// No GPU, or no driver for it.
    #[error(
        "cannot run on \"{device}\": no GPU was found by way of Vulkan, Metal, DirectX 12 or OpenGL. On Linux this needs the \
         GPU's Vulkan driver and the loader libvulkan.so.1. Pass --device cpu to do without"
    )]
    NoGpu {
        /// The device.
        device: DeviceName,
    },
    /// Fewer GPUs than that.
    #[error("cannot run on \"{device}\": {n} were found, counted from gpu:0. Pass --device gpu for the first")]
    NoSuchGpu {
        /// The device.
        device: DeviceName,
        /// How many there are.
        n: usize,
    },
    /// The driver does not give the GPU, or it does not compute.
    #[error("cannot run on \"{device}\": its driver says: {reason}. Update the driver, or pass --device cpu")]
    Driver {
        /// The device.
        device: DeviceName,
        /// What it said.
        reason: String,
    },
}

/// A GPU that is ready to compute.
#[derive(Clone, Debug)]
pub(super) struct Gpu {
    pub(super) device: Device,
    /// As its driver calls it.
    pub(super) name: String,
    /// Whether a driver imitates it on the processor.
    pub(super) is_imitated: bool,
}

/// The GPU of that number.
#[cfg(not(feature = "wgpu"))]
pub(super) fn gpu(number: usize) -> Result<Gpu, DeviceError> {
    Err(DeviceError::NotBuilt { device: DeviceName::Gpu(number) })
}

#[cfg(feature = "wgpu")]
pub(super) use super::wgpu::gpu;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for (text, device) in [("cpu", DeviceName::Cpu), ("gpu", DeviceName::Gpu(0)), ("gpu:2", DeviceName::Gpu(2))] {
            assert_eq!(text.parse(), Ok(device));
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("gpu:0".parse(), Ok(DeviceName::Gpu(0)));
    }

    #[test]
    fn an_unknown_device_is_told_with_the_nearest_names() {
        for name in ["cuda", "GPU", "gpu:", "gpu:-1", "gpu:one", ""] {
            let refused = name.parse::<DeviceName>().unwrap_err().to_string();
            assert!(refused.starts_with(&format!("there is no device \"{name}\"")), "{refused}");
            assert!(refused.contains("\"gpu\"") && refused.contains("Devices are cpu, gpu"), "{refused}");
        }
    }

    #[cfg(not(feature = "wgpu"))]
    #[test]
    fn a_program_for_the_processor_alone_says_how_to_build_one_for_gpus() {
        let refused = gpu(1).unwrap_err();
        assert_eq!(refused, DeviceError::NotBuilt { device: DeviceName::Gpu(1) });
        let words = refused.to_string();
        assert!(words.contains("\"gpu:1\"") && words.contains("--features homolog-cli/wgpu"), "{words}");
    }
}
