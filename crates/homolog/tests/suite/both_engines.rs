//! The engines that tests run on: Burn always, ONNX Runtime where its library is found, and Burn on a GPU when built for one.
//!
//! With `HOMOLOG_REQUIRE_ONNXRUNTIME=1` (continuous integration) a missing library fails the test; without it, the test
//! says on standard error, past the test program's capture, that it ran on Burn alone.

use std::io::Write;
use std::sync::OnceLock;

use homolog::network::engine::Engine;
use homolog::network::engine::burn::Burn;
use homolog::network::engine::onnxruntime::{OnnxRuntime, OnnxRuntimeConfig};

/// Every engine that can be tested here.
pub(crate) fn both_engines() -> Vec<Box<dyn Engine>> {
    let mut engines: Vec<Box<dyn Engine>> = vec![Box::new(Burn::cpu())];
    #[cfg(feature = "wgpu")]
    engines.push(Box::new(Burn::on(homolog::network::engine::burn::DeviceName::Gpu(0)).expect("a GPU")));
    if let Some(runtime) = onnx_runtime() {
        engines.push(Box::new(runtime.clone()));
    }
    engines
}

fn onnx_runtime() -> Option<&'static OnnxRuntime> {
    static FOUND: OnceLock<Option<OnnxRuntime>> = OnceLock::new();
    let find = || match OnnxRuntime::find(&OnnxRuntimeConfig { library: None, n_threads: 1 }) {
        Ok(runtime) => Some(runtime),
        Err(reason) => {
            let is_required = std::env::var("HOMOLOG_REQUIRE_ONNXRUNTIME").is_ok_and(|value| value == "1");
            assert!(!is_required, "HOMOLOG_REQUIRE_ONNXRUNTIME is set, and {reason}");
            let notice = format!("NOT TESTED: the engine onnxruntime, as {reason}\n");
            std::io::stderr().write_all(notice.as_bytes()).expect("standard error takes a line");
            None
        }
    };
    FOUND.get_or_init(find).as_ref()
}
