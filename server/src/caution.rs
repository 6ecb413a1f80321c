//! After a restore: every open order is asked about at its provider before anything is changed there.
//!
//! A store that was brought back as it was before knows nothing of what its orders did since. Until the provider has
//! answered how an order stands, its steps that change something are not sent, and no operation is taken on for it.
//! When all have answered, the store's mark is taken off.

use crate::books::Books;
use crate::place::Opened;
use crate::walk::Walk;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use ordain_engine::held::Held;
use ordain_engine::store::mark::Mark;
use ordain_engine::store::{RunStatus, Store, StoreError};
use ordain_engine::{Engine, MessageRequest, RunId, Workflow};
use ordain_workflows::OrderWorkflow;
use ordain_workflows::order::{Command, OrderState};
use ordain_workflows::order_workflow::OrderMessage;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Orders looked at together: the store's readers are for others too.
const TOGETHER: usize = 4;
/// Between two looks at those that have not answered.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A provider that gave no usable answer is asked again after this.
const ASK_EVERY: Duration = Duration::from_secs(30);
/// Whoever waits for the end of it wants to know what is missing.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What is known of an order that has not answered.
#[derive(Clone, Copy)]
struct Waiting {
    /// When it had answered last, as it stood in the restored store.
    answered_before: Option<Timestamp>,
    asked: Option<Instant>,
}

/// Asks about every order of a restored store.
pub struct Caution {
    mark: Mark,
    held: Held,
}

impl Caution {
    /// Holds every order of a restored store that is not over for good; none if it was not restored.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of(opened: &Opened) -> Result<Option<Self>, StoreError> {
        let Some(mark) = opened.restored().await? else { return Ok(None) };
        let runs = unended(opened.store.as_ref()).await?;
        let (orders, when) = (runs.len(), mark.when());
        tracing::warn!(orders, when, "this store was restored: every order is asked about before it goes on");
        Ok(Some(Self { mark, held: Held::of(runs) }))
    }

    /// The orders that have not answered.
    #[must_use]
    pub fn held(&self) -> Held {
        self.held.clone()
    }

    /// Asks until every order has been answered for.
    pub async fn ask_all(self, opened: Opened, engine: Engine, books: Books) {
        let mut waiting: BTreeMap<RunId, Option<Waiting>> =
            self.held.left().into_iter().map(|run| (run, None)).collect();
        let mut told = Instant::now();
        while !waiting.is_empty() {
            let begun = Instant::now();
            let looked: Vec<Option<(RunId, Option<Waiting>)>> = stream::iter(waiting)
                .map(|(run, known)| self.look(&engine, &books, (run, known)))
                .buffer_unordered(TOGETHER)
                .collect()
                .await;
            waiting = looked.into_iter().flatten().collect();
            if told.elapsed() >= TELL_EVERY
                && let Some(order) = waiting.keys().next()
            {
                told = Instant::now();
                tracing::warn!(orders = waiting.len(), first = %order, "not answered yet, since the restore");
            }
            // Many orders at a provider that is down take the store's readers half of the time at most.
            tokio::time::sleep(LOOK_EVERY.max(begun.elapsed())).await;
        }
        match opened.caught_up(&self.mark).await {
            Ok(()) => tracing::warn!("every order has been asked about; the restore is over"),
            Err(error) => tracing::warn!(%error, "the restore is over, and the next start asks once more"),
        }
    }

    /// Looks at an order once, and asks about it if it is time. None when it is let go.
    async fn look(
        &self,
        engine: &Engine,
        books: &Books,
        (run, known): (RunId, Option<Waiting>),
    ) -> Option<(RunId, Option<Waiting>)> {
        let order = match books.order(run).await {
            Ok(Some(shown)) if shown.row.status != RunStatus::Closed => shown.order,
            Ok(_) => return self.let_go(run),
            Err(_) => return Some((run, known)),
        };
        let answered = order.asking.answered_at;
        let mut waiting = known.unwrap_or(Waiting { answered_before: answered, asked: None });
        let asks = ordain_providers::find(&order.provider)
            .is_some_and(|provider| provider.spec().operations.sync.support.is_offered());
        // What was never opened there is settled as after a crash, by the provider's table.
        let nothing_there = order.state == OrderState::Creating;
        if !asks || nothing_there || answered != waiting.answered_before {
            return self.let_go(run);
        }
        if waiting.asked.is_none_or(|asked| asked.elapsed() >= ASK_EVERY) {
            waiting.asked = Some(Instant::now());
            self.ask(engine, run).await;
        }
        Some((run, Some(waiting)))
    }

    fn let_go<T>(&self, run: RunId) -> Option<T> {
        self.held.release(run);
        None
    }

    async fn ask(&self, engine: &Engine, run: RunId) {
        let id = format!("restored-{}-{}", self.mark.at, uuid::Uuid::new_v4());
        let message = OrderMessage::Command { command: Command::Sync, request_id: id.clone() };
        let request = MessageRequest::keyed(run, id, &message, "restore");
        if let Err(error) = engine.send(request).await {
            tracing::debug!(%run, %error, "could not be asked about; it will be");
        }
    }
}

async fn unended(store: &dyn Store) -> Result<Vec<RunId>, StoreError> {
    let mut runs = Vec::new();
    let mut walk = Walk::before(Some(OrderWorkflow::NAME), None);
    while let Some(page) = walk.page(store).await? {
        runs.extend(page.iter().filter(|row| row.status != RunStatus::Closed).map(|row| row.run));
    }
    Ok(runs)
}
