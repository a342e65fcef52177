//! The networks (where they come from is in `vision/models/NOTICE.md`), and the thread that runs them.

use rten::{Model, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::NdTensor;
use std::sync::Arc;

/// The networks that find and follow a face, loaded once and shared by all analyses.
#[derive(Debug)]
pub struct Models {
    detector: Network<2>,
    mesh: Network<2>,
}

/// The networks that tell who a face looks like and how old, beside those that find it. A video needs none of them, so they are loaded apart.
#[derive(Debug)]
pub struct PortraitModels {
    models: Arc<Models>,
    identity: Network<1>,
    age: Network<2>,
}

/// A network that could not be loaded: a fault of the build, since all are part of it.
#[derive(Debug, thiserror::Error)]
#[error("the {network} network cannot be loaded")]
pub struct ModelError {
    network: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// One loaded network: a square RGB picture in, a few tensors out.
pub(crate) struct Network<const OUTPUTS: usize> {
    model: Model,
    input: NodeId,
    outputs: [NodeId; OUTPUTS],
}

impl<const OUTPUTS: usize> std::fmt::Debug for Network<OUTPUTS> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

impl Models {
    /// Loads both networks; about 10 ms and 6 MB.
    pub fn load() -> Result<Self, ModelError> {
        keep_freed_memory();
        let detector = include_bytes!("../../models/face_det_short.onnx");
        let mesh = include_bytes!("../../models/face_mesh468.onnx");
        Ok(Self {
            detector: Network::load("face detection", detector, ["regressors", "classificators"])?,
            mesh: Network::load("face mesh", mesh, ["conv2d_21", "conv2d_31"])?,
        })
    }

    pub(super) fn detector(&self) -> &Network<2> {
        &self.detector
    }

    pub(super) fn mesh(&self) -> &Network<2> {
        &self.mesh
    }
}

impl PortraitModels {
    /// Loads the two networks that `models` does not hold; about 30 ms and 25 MB.
    pub fn load(models: Arc<Models>) -> Result<Self, ModelError> {
        let identity = include_bytes!("../../models/face_rec_q8.onnx");
        let age = include_bytes!("../../models/age_gender_q8.onnx");
        Ok(Self {
            models,
            identity: Network::load("face recognition", identity, ["descriptor"])?,
            age: Network::load("age and gender", age, ["age", "gender"])?,
        })
    }

    pub(crate) fn identity(&self) -> &Network<1> {
        &self.identity
    }

    pub(crate) fn age(&self) -> &Network<2> {
        &self.age
    }

    /// A thread to run the networks on.
    pub(crate) fn runner(&self) -> Runner {
        Runner::new(Arc::clone(&self.models))
    }
}

/// glibc gives the memory of a large tensor or picture back when it is freed, and the kernel clears it again for the next one: a twentieth
/// of an analysis. It keeps what is smaller than the largest block that was freed so far (mallopt(3), `M_MMAP_THRESHOLD`), so one is freed,
/// untouched. Other allocators do not mind.
fn keep_freed_memory() {
    const MOST: usize = 8 * 1024 * 1024;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(MOST)));
}

impl<const OUTPUTS: usize> Network<OUTPUTS> {
    fn load(network: &'static str, onnx: &'static [u8], outputs: [&str; OUTPUTS]) -> Result<Self, ModelError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| ModelError { network, source };
        let model = Model::load_static_slice(onnx).map_err(|error| failed(error.into()))?;
        let node = |name: &str| model.node_id(name).map_err(|error| failed(error.into()));
        let input = node("input")?;
        let mut nodes = [input; OUTPUTS];
        for (place, name) in nodes.iter_mut().zip(outputs) {
            *place = node(name)?;
        }
        Ok(Self { model, input, outputs: nodes })
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
    pub(crate) fn run<const OUTPUTS: usize>(&self, network: &Network<OUTPUTS>, side: usize, rgb: Vec<f32>) -> Option<[Vec<f32>; OUTPUTS]> {
        let input = NdTensor::try_from_data([1, side, side, 3], rgb).ok()?;
        let inputs = vec![(network.input, ValueOrView::from(input))];
        let outputs = network.model.run_n(inputs, network.outputs, Some(self.options.clone())).ok()?;
        let values = outputs.map(|value: Value| value.into_tensor::<f32>().map(rten_tensor::Tensor::into_data));
        let read: Vec<Vec<f32>> = values.into_iter().collect::<Option<_>>()?;
        read.try_into().ok()
    }
}
