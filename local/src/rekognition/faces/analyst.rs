//! Looks at pictures off the async threads, at most as many at a time as there are processors. The networks are loaded by the first look.

use super::super::exception::Exception;
use super::picture::Picture;
use prooflight_vision::{Embedding, Models, Portrait, PortraitModels, Still, StillError, portraits};
use std::sync::Arc;
use tokio::sync::{OnceCell, Semaphore};

/// What all looks share.
pub(super) struct Analyst {
    models: OnceCell<Arc<PortraitModels>>,
    turns: Semaphore,
}

/// A decoded picture and the networks that look at it.
pub(super) struct Look {
    models: Arc<PortraitModels>,
    still: Still,
    /// The faces, the largest first.
    pub(super) portraits: Vec<Portrait>,
}

impl Analyst {
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { models: OnceCell::new(), turns: Semaphore::new(processors) }
    }

    /// Decodes the pictures, finds their faces, and hands them to `work` on the same thread.
    pub(super) async fn look<const PICTURES: usize, T: Send + 'static>(
        &self,
        pictures: [Picture; PICTURES],
        work: impl FnOnce([Look; PICTURES]) -> Result<T, Exception> + Send + 'static,
    ) -> Result<T, Exception> {
        let models = self.models().await?;
        let _turn = self.turns.acquire().await.map_err(|_| Exception::internal())?;
        super::blocking(move || {
            let looks: Vec<Look> = pictures.iter().map(|picture| Look::at(&models, picture)).collect::<Result<_, _>>()?;
            work(looks.try_into().map_err(|_| Exception::internal())?)
        })
        .await
    }

    async fn models(&self) -> Result<Arc<PortraitModels>, Exception> {
        let load = || {
            super::blocking(|| {
                let models = Models::load().and_then(|models| PortraitModels::load(Arc::new(models)));
                models.map(Arc::new).map_err(|error| {
                    tracing::error!(%error, "the face models could not be loaded");
                    Exception::internal()
                })
            })
        };
        self.models.get_or_try_init(load).await.map(Arc::clone)
    }
}

impl Look {
    fn at(models: &Arc<PortraitModels>, picture: &Picture) -> Result<Self, Exception> {
        let still = Still::decode(picture.bytes()).map_err(|error| refused(&error))?;
        let portraits = portraits(models, &still);
        Ok(Self { models: Arc::clone(models), still, portraits })
    }

    /// What a face of this picture is compared by.
    pub(super) fn embedding(&self, portrait: &Portrait) -> Result<Embedding, Exception> {
        portrait.embedding(&self.models, &self.still).ok_or_else(Exception::internal)
    }

    /// The age that a face of this picture looks.
    pub(super) fn age(&self, portrait: &Portrait) -> Option<prooflight_vision::AgeRange> {
        portrait.age(&self.models, &self.still)
    }
}

fn refused(error: &StillError) -> Exception {
    match error {
        StillError::UnknownFormat | StillError::Damaged => Exception::invalid_image_format(error.to_string()),
        StillError::TooLarge => Exception::image_too_large(error.to_string()),
        StillError::TooSmall => Exception::invalid_parameter(error.to_string()),
    }
}
