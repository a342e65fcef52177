//! The two networks, converted from MediaPipe (see `vision/models/NOTICE.md`), and the thread that runs them.

use rten::{Model, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::NdTensor;
use std::sync::Arc;

/// The networks, loaded once and shared by all analyses.
#[derive(Debug)]
pub struct Models {
    detector: Network,
    mesh: Network,
}

/// A network that could not be loaded: a fault of the build, since both are part of it.
#[derive(Debug, thiserror::Error)]
#[error("the {network} network cannot be loaded")]
pub struct ModelError {
    network: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// One loaded network: a square RGB picture in, two tensors out.
pub(super) struct Network {
    model: Model,
    input: NodeId,
    outputs: [NodeId; 2],
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

impl Models {
    /// Loads both networks; about 10 ms and 6 MB.
    pub fn load() -> Result<Self, ModelError> {
        let detector = include_bytes!("../../models/face_det_short.onnx");
        let mesh = include_bytes!("../../models/face_mesh468.onnx");
        Ok(Self {
            detector: Network::load("face detection", detector, ["regressors", "classificators"])?,
            mesh: Network::load("face mesh", mesh, ["conv2d_21", "conv2d_31"])?,
        })
    }

    pub(super) fn detector(&self) -> &Network {
        &self.detector
    }

    pub(super) fn mesh(&self) -> &Network {
        &self.mesh
    }
}

impl Network {
    fn load(network: &'static str, onnx: &'static [u8], outputs: [&str; 2]) -> Result<Self, ModelError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| ModelError { network, source };
        let model = Model::load_static_slice(onnx).map_err(|error| failed(error.into()))?;
        let node = |name: &str| model.node_id(name).map_err(|error| failed(error.into()));
        let (input, outputs) = (node("input")?, [node(outputs[0])?, node(outputs[1])?]);
        Ok(Self { model, input, outputs })
    }
}

/// Runs networks on one thread of its own, so that a session takes one core and leaves the others to the other sessions.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    models: Arc<Models>,
    options: RunOptions,
}

impl Runner {
    pub(crate) fn new(models: Arc<Models>) -> Self {
        let pool = Arc::new(ThreadPool::with_num_threads(1));
        Self { models, options: RunOptions::default().with_thread_pool(Some(pool)) }
    }

    pub(super) fn models(&self) -> &Models {
        &self.models
    }

    /// Runs `network` on `side` by `side` RGB values; none when it fails, which then reads as "no face here".
    pub(super) fn run(&self, network: &Network, side: usize, rgb: Vec<f32>) -> Option<[Vec<f32>; 2]> {
        let input = NdTensor::try_from_data([1, side, side, 3], rgb).ok()?;
        let inputs = vec![(network.input, ValueOrView::from(input))];
        let [first, second] = network.model.run_n(inputs, network.outputs, Some(self.options.clone())).ok()?;
        Some([values(first)?, values(second)?])
    }
}

fn values(value: Value) -> Option<Vec<f32>> {
    value.into_tensor::<f32>().map(rten_tensor::Tensor::into_data)
}
