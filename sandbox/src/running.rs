//! Starting a host on the files in its folder, and ending it in the right order.

use std::future::Future;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::account::{AccountError, Putting};
use crate::checkout::{self, Checkout};
use crate::compaction::Compaction;
use crate::host::Host;
use crate::journal::{self, Journal, Unreadable, Writer};
use crate::seal::Seal;
use crate::simulator::{Moment, Simulator};
use crate::start::{Config, StartError};
use crate::state::{JournalLine, State};
use crate::{admin, outbox, server};

/// The longest sleep without a look at what happens by itself, in case a clock was set back.
const LOOK_EVERY: Duration = Duration::from_secs(30);

type PutAccount<A> = Arc<dyn Fn(A, Putting) -> BoxFuture<'static, Result<(), AccountError>> + Send + Sync>;
type HeldAccounts<A> = Arc<dyn Fn() -> BoxFuture<'static, Result<Vec<A>, AccountError>> + Send + Sync>;

/// A running host whose accounts are `A`.
pub struct Running<A> {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Ends when the shutdown future has ended and everything is on disk. Await it.
    pub task: JoinHandle<()>,
    accounts: Accounts<A>,
}

/// The accounts of a host that runs.
pub struct Accounts<A> {
    put: PutAccount<A>,
    held: HeldAccounts<A>,
}

impl<A> Clone for Accounts<A> {
    fn clone(&self) -> Accounts<A> {
        Accounts { put: self.put.clone(), held: self.held.clone() }
    }
}

impl<A> Accounts<A> {
    /// Adds an account, or replaces the one with the same id. On disk when this returns.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn put_account(&self, account: A) -> Result<(), AccountError> {
        (self.put)(account, Putting::Replaces).await
    }

    /// Adds an account to begin with: one of the same id stays as it is.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn begin_with(&self, account: A) -> Result<(), AccountError> {
        (self.put)(account, Putting::Begins).await
    }

    /// Every account as the host has it now, whoever changed it last.
    ///
    /// # Errors
    /// [`AccountError::NotWritten`] when the journal cannot be written any more.
    pub async fn held(&self) -> Result<Vec<A>, AccountError> {
        (self.held)().await
    }
}

impl<A> Running<A> {
    /// Its accounts apart from the task that runs it.
    #[must_use]
    pub fn into_parts(self) -> (Accounts<A>, JoinHandle<()>) {
        (self.accounts, self.task)
    }

    /// Adds an account, or replaces the one with the same id. On disk when this returns.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn put_account(&self, account: A) -> Result<(), AccountError> {
        self.accounts.put_account(account).await
    }
}

/// Starts the host of `S`, and serves until `shutdown` ends.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub(crate) async fn start<S: Checkout>(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running<S::Account>, StartError> {
    let (state, journal, seal, writer) = opened::<S>(&config)?;
    let shops = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(StartError::Client)?;
    let refused = |source| StartError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
    let addr = listener.local_addr().map_err(refused)?;
    let (stopper, stop) = watch::channel(false);
    let config = Config { listen: addr, ..config };
    let host = Arc::new(Host::new((state, journal), seal, shops, config, stop.clone()));
    tracing::info!(provider = S::ID, %addr, "a simulated provider listens");
    let task = tokio::spawn(run(host.clone(), (listener, writer), (stopper, stop), shutdown));
    let holder = host.clone();
    let put: PutAccount<S::Account> = Arc::new(move |account, putting| {
        let host = host.clone();
        Box::pin(async move { admin::put_account(&host, account, putting).await })
    });
    let held: HeldAccounts<S::Account> = Arc::new(move || {
        let host = holder.clone();
        Box::pin(async move { admin::held_accounts(&host).await })
    });
    Ok(Running { addr, task, accounts: Accounts { put, held } })
}

/// Reads back what the folder holds.
fn opened<S: Simulator>(config: &Config) -> Result<(State<S>, Journal, Seal, Writer), StartError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.folder)
        .map_err(|source| StartError::file(&config.folder, source))?;
    let seal = Seal::open_or_create(&config.folder.join(format!("{}.key", S::ID)))?;
    let mut state = State::<S>::default();
    let path = config.folder.join(format!("{}.journal", S::ID));
    let (mut journal, mut compaction) = (journal::Locked::open(&path)?, Compaction::<S>::new());
    journal.replay(|text| {
        let line: JournalLine<S::Event> = serde_json::from_slice(text).map_err(|_| Unreadable::Torn)?;
        let moment = Moment { at: line.at, seal: &seal };
        let mut events = line.events.iter().cloned();
        events.try_for_each(|event| state.apply(event, &moment)).map_err(|_| Unreadable::Sealed)?;
        compaction.replayed(line, text.len(), &state);
        Ok(())
    })?;
    if let Some((line, bytes)) = compaction.head() {
        journal.shorten(&line, bytes)?;
    }
    let (journal, writer) = journal.into_parts();
    Ok((state, journal, seal, writer))
}

/// Runs everything, and ends it in the order in which the parts depend on each other.
async fn run<S: Checkout>(
    host: Arc<Host<S>>,
    (listener, writer): (TcpListener, Writer),
    (stopper, stop): (watch::Sender<bool>, watch::Receiver<bool>),
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let writing = tokio::spawn(writer.run());
    let sending = tokio::spawn(outbox::run(host.clone(), stop.clone()));
    let elapsing = tokio::spawn(elapse(host.clone(), stop.clone()));
    let serving = tokio::spawn(server::serve(listener, routes(host.clone()), stop));
    shutdown.await;
    stopper.send_replace(true);
    for (part, task) in [("listener", serving), ("outbox", sending), ("timers", elapsing)] {
        if let Err(error) = task.await {
            tracing::error!(%error, part, "a part of the simulator ended badly");
        }
    }
    host.journal.close();
    // A process that ends takes its tasks with it, which is no fault of theirs.
    if let Err(error) = writing.await
        && !error.is_cancelled()
    {
        tracing::error!(%error, "the journal's writer ended badly");
    }
}

fn routes<S: Checkout>(host: Arc<Host<S>>) -> Router {
    Router::new()
        .merge(S::routes())
        .merge(checkout::routes())
        .merge(admin::routes())
        .layer(middleware::from_fn(server::whole_body))
        .with_state(host)
}

/// Lets happen what happens by itself, until the host stops.
async fn elapse<S: Simulator>(host: Arc<Host<S>>, mut stop: watch::Receiver<bool>) {
    loop {
        let now = Timestamp::now();
        let (elapsing, due) = {
            let state = host.state();
            (state.elapsing().is_some(), state.next_due())
        };
        if elapsing {
            match host.elapse().await {
                // Nothing more to do although something is due: what is due was decided otherwise just now.
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(%error, "what happened by itself cannot be written down"),
            }
        }
        let wait = due.filter(|due| *due > now).map_or(LOOK_EVERY, |due| {
            Duration::try_from(due.duration_since(now)).map_or(LOOK_EVERY, |wait| wait.min(LOOK_EVERY))
        });
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = host.timers.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
