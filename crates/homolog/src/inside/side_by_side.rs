//! Jobs on several threads, each thread with a worker and a pool of its own: no thread waits for another between operators.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::InsideError;

/// How many workers, and how many threads each has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workers {
    pub(crate) n_workers: usize,
    pub(crate) n_threads: usize,
}

/// The results of jobs 0, 1, …, in their order; the first error of any, after which the others end with their present job.
pub(crate) fn side_by_side<W, T: Send, E: From<InsideError> + Send>(
    workers: Workers,
    n_jobs: usize,
    start: impl Fn() -> Result<W, E> + Sync,
    job: impl Fn(&mut W, usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let Workers { n_workers, n_threads } = workers;
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Result<T, E>>> = Mutex::new(BTreeMap::new());
    let work = || -> Result<(), E> {
        let mut worker = start()?;
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= n_jobs {
                return Ok(());
            }
            let outcome = job(&mut worker, place);
            if outcome.is_err() {
                next.store(n_jobs, Ordering::Relaxed);
            }
            if let Ok(mut done) = done.lock() {
                done.insert(place, outcome);
            }
        }
    };
    let work = &work;
    std::thread::scope(|scope| {
        let spawned = |_| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
            let pool = pool.map_err(|reason| InsideError::Threads { n_threads, reason: reason.to_string() })?;
            Ok(scope.spawn(move || pool.install(work)))
        };
        let threads: Result<Vec<_>, InsideError> = (0..n_workers).map(spawned).collect();
        for thread in threads? {
            let said = || InsideError::Panicked { objective: "the list".to_owned(), said: "a thread ended".to_owned() };
            thread.join().unwrap_or_else(|_| Err(said().into()))?;
        }
        Ok::<(), E>(())
    })?;
    done.into_inner().map(|done| done.into_values().collect()).unwrap_or_else(|_| Ok(Vec::new()))
}
