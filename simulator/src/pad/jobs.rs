//! Many clips, on all processors. What was rendered once is kept by its edition, presenter, portrait and seed, so that another engine
//! can be measured on the same clips in a third of the time.

use super::measure::{Measured, measure};
use crate::clip::{EDITION, Plan};
use crate::portrait::Portrait;
use crate::presenter::{Group, Presenter};
use crate::record::RecordError;
use prooflight_vision::Models;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A portrait with the name of its file.
#[derive(Debug, Clone)]
pub struct Named {
    /// Without its extension.
    pub name: String,
    /// Ready to be rendered.
    pub portrait: Portrait,
}

/// One clip to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Who is there.
    pub presenter: Presenter,
    /// What everything is drawn from.
    pub seed: u64,
    /// The number of the portrait.
    pub portrait: usize,
}

/// A clip could not be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It could not be encoded.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It could not be kept.
    #[error("{} cannot be used", .path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// `clips` jobs: two shares for live people, one for each kind of attack, the portraits in turn. Seeds begin at `first`.
pub fn jobs(clips: usize, portraits: usize, first: u64) -> Vec<Job> {
    let shares: Vec<Presenter> = Presenter::ALL
        .iter()
        .flat_map(|&presenter| std::iter::repeat_n(presenter, if presenter.group() == Group::BonaFide { 2 } else { 1 }))
        .collect();
    let job = |number: usize| Job {
        presenter: shares[number % shares.len()],
        seed: first + number as u64,
        portrait: number / shares.len() % portraits.max(1),
    };
    (0..clips).map(job).collect()
}

/// Runs all jobs; `told` hears how many are done.
pub fn run(
    jobs: &[Job],
    portraits: &[Named],
    models: &Arc<Models>,
    kept_in: &Path,
    with_ffmpeg: bool,
    told: impl Fn(usize) + Sync,
) -> Result<Vec<Measured>, JobError> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::with_capacity(jobs.len()));
    let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let work = || -> Result<(), JobError> {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let measured = one(job, portraits, models, kept_in, with_ffmpeg)?;
            results.lock().unwrap_or_else(PoisonError::into_inner).push(measured);
            told(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let working: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        working.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|measured| (measured.presenter, measured.seed));
    Ok(results)
}

fn one(job: &Job, portraits: &[Named], models: &Arc<Models>, kept_in: &Path, with_ffmpeg: bool) -> Result<Measured, JobError> {
    let Job { presenter, seed, portrait } = *job;
    let (named, other) = (&portraits[portrait], &portraits[(portrait + 1 + seed as usize % 3) % portraits.len()]);
    let plan = Plan::draw(presenter, seed, with_ffmpeg);
    let with = if with_ffmpeg { "" } else { "-vp8" };
    let path = kept_in.join(format!("{EDITION}{with}-{presenter}-{}-{}-{seed}.webm", named.name, other.name));
    let kept = |source| JobError::Kept { path: path.clone(), source };
    let video = if let Ok(video) = std::fs::read(&path) {
        video
    } else {
        let video = plan.clone().record(&named.portrait, &other.portrait)?;
        // Whole or not at all: a run may be interrupted.
        let unfinished = path.with_extension("part");
        std::fs::write(&unfinished, &video).and_then(|()| std::fs::rename(&unfinished, &path)).map_err(kept)?;
        video
    };
    Ok(measure(models, &plan, presenter, &named.name, seed, &video))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_gets_its_share_and_every_portrait_its_turn() {
        let jobs = jobs(1200, 24, 5000);
        let count = |presenter| jobs.iter().filter(|job| job.presenter == presenter).count();
        assert_eq!((count(Presenter::Live), count(Presenter::Print), count(Presenter::InjectedClip)), (200, 100, 100));
        assert!((0..24).all(|portrait| jobs.iter().any(|job| job.portrait == portrait && job.presenter == Presenter::Mask)));
        assert_eq!((jobs[0].seed, jobs[1199].seed), (5000, 6199));
    }
}
