//! Which steps this process is carrying out, and the news of those that ended, kept until a record with it is durable.
//!
//! A lane may forget a run, or be given up with all that it had in memory; a step may not be forgotten. What is in this
//! table was begun here and is not to be begun again; what is not was never begun here, or is over on record.

use crate::run_id::RunId;
use ordain_proto::history::v1::received::Input;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// With each step its final news, once there is any.
type Table = BTreeMap<(RunId, u64), Option<Input>>;

/// The table.
#[derive(Debug, Default)]
pub(crate) struct UnderWay {
    table: Mutex<Table>,
    /// Something was taken off the table.
    less: Notify,
}

/// What the table holds of one run.
#[derive(Debug, Default)]
pub(crate) struct StepsOfRun {
    /// Steps that are being carried out, or whose end is not on record yet.
    pub(crate) steps: BTreeSet<u64>,
    /// How those of them ended that did, each step once.
    pub(crate) news: Vec<(u64, Input)>,
}

/// The news that fits one record: so many, and no further one beyond so many bytes.
pub(crate) fn at_most(
    news: Vec<(u64, Input)>,
    count: usize,
    bytes_max: usize,
) -> impl Iterator<Item = (u64, Input)> {
    let mut bytes = 0;
    news.into_iter().take(count).take_while(move |(_, news)| {
        let fits = bytes <= bytes_max;
        bytes += if let Input::StepEnded(ended) = news { ended.output_json.len() } else { 0 };
        fits
    })
}

impl UnderWay {
    /// From now on these are carried out.
    pub(crate) fn began(&self, run: RunId, steps: impl Iterator<Item = u64>) {
        self.table().extend(steps.map(|step| ((run, step), None)));
    }

    /// The step ended or parked.
    pub(crate) fn ended(&self, run: RunId, step: u64, news: Input) {
        self.table().insert((run, step), Some(news));
    }

    /// A record with the news of these is durable.
    pub(crate) fn recorded(&self, run: RunId, steps: &[u64]) {
        if steps.is_empty() {
            return;
        }
        let mut table = self.table();
        for step in steps {
            table.remove(&(run, *step));
        }
        drop(table);
        self.less.notify_waiters();
    }

    /// Somebody else performs the step now. What this process has to say of it already stays.
    pub(crate) fn disown(&self, run: RunId, step: u64) {
        let mut table = self.table();
        if table.get(&(run, step)).is_some_and(Option::is_none) {
            table.remove(&(run, step));
        }
        drop(table);
        self.less.notify_waiters();
    }

    /// Ends when the step is not this process's any more.
    pub(crate) async fn disowned(&self, run: RunId, step: u64) {
        self.until(|table| !table.contains_key(&(run, step))).await;
    }

    /// Ends when all news there is is on record.
    pub(crate) async fn told(&self) {
        self.until(|table| table.values().all(Option::is_none)).await;
    }

    async fn until(&self, holds: impl Fn(&Table) -> bool) {
        loop {
            let mut less = std::pin::pin!(self.less.notified());
            less.as_mut().enable();
            if holds(&self.table()) {
                return;
            }
            less.await;
        }
    }

    /// What there is of a run.
    pub(crate) fn of(&self, run: RunId) -> StepsOfRun {
        let mut of_run = StepsOfRun::default();
        for ((_, step), news) in self.table().range((run, 0)..=(run, u64::MAX)) {
            of_run.steps.insert(*step);
            of_run.news.extend(news.clone().map(|news| (*step, news)));
        }
        of_run
    }

    /// Runs of which a step has ended, and the record with that is not durable yet.
    pub(crate) fn runs_with_news(&self) -> Vec<RunId> {
        let table = self.table();
        let told = table.iter().filter(|(_, news)| news.is_some());
        let mut runs: Vec<RunId> = told.map(|((run, _), _)| *run).collect();
        runs.dedup();
        runs
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("no holder panics")
    }
}
