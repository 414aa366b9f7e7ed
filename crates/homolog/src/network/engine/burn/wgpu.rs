//! GPUs by way of Vulkan, Metal, DirectX 12 or OpenGL.
//!
//! Kernels are not chosen by timing (Burn's `autotune`), so that a command run again gives the same numbers.

use std::panic::catch_unwind;

use burn::tensor::wgpu::WgpuInitError;
use burn::tensor::{Device, DeviceKind, DeviceType, Tensor};

use super::device::{DeviceError, DeviceName, Gpu};

/// The GPU of that number, which has added 1 and 1.
pub(super) fn gpu(number: usize) -> Result<Gpu, DeviceError> {
    let device = DeviceName::Gpu(number);
    // Drivers stop a program in many ways; those that can be caught are told.
    catch_unwind(|| opened(number)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("nothing");
        Err(DeviceError::Driver { device, reason: said.to_owned() })
    })
}

fn opened(number: usize) -> Result<Gpu, DeviceError> {
    let name = DeviceName::Gpu(number);
    let refused = |reason: String| DeviceError::Driver { device: name, reason };
    let kinds = kinds();
    let kind = kinds.get(number).ok_or(match kinds.len() {
        0 => DeviceError::NoGpu { device: name },
        n => DeviceError::NoSuchGpu { device: name, n },
    })?;
    match Device::wgpu_options().device_kind(kind.clone()).init() {
        // The second: it has been opened before, which lasts as long as the process.
        Ok(_) | Err(WgpuInitError::Registration { .. }) => {}
        Err(problem) => return Err(refused(problem.to_string())),
    }
    let device = Device::wgpu(kind.clone());
    let identity = device.identity().ok_or_else(|| refused("it has no name".to_owned()))?;
    let two = Tensor::<1>::ones([1], &device).add_scalar(1.0).try_into_scalar::<f32>();
    match two {
        Ok(2.0) => Ok(Gpu { device, name: identity.name, is_imitated: *kind == DeviceKind::Cpu }),
        Ok(other) => Err(refused(format!("1 + 1 = {other}"))),
        Err(problem) => Err(refused(problem.to_string())),
    }
}

/// The GPUs of this machine, in the order in which they are counted.
fn kinds() -> Vec<DeviceKind> {
    let found = Device::enumerate(DeviceType::Wgpu);
    let of_each_kind = [DeviceKind::DiscreteGpu, DeviceKind::IntegratedGpu, DeviceKind::VirtualGpu];
    let mut kinds: Vec<DeviceKind> =
        of_each_kind.iter().flat_map(|kind| (0..found.len()).map(kind)).chain([DeviceKind::Cpu]).collect();
    kinds.retain(|kind| found.contains(&Device::wgpu(kind.clone())));
    if kinds.is_empty() && !found.is_empty() {
        // OpenGL does not say of which kind a GPU is.
        kinds.push(DeviceKind::DefaultDevice);
    }
    kinds
}
