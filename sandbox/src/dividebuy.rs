//! DivideBuy, simulated from its bespoke integration guide.
//!
//! One host serves what the real one has on two: the API under `/api` and the
//! checkout at `/`. Beside them lies `/_sandbox`, which the real one does not
//! have: accounts, faults, the ledger. State and ledger are one journal,
//! `dividebuy.journal`, on disk before any reply; `dividebuy.key` seals the
//! personal fields in it. It never moves money and never calls anything but
//! the shops it was given.
//!
//! ```text
//! GET / ─▶ getorderdetails ◀─ shop      approve │ decline │ leave
//!             └─ open ──────────────────────┬──────────────────┘
//!                                orderSuccess │ orderCancel ─▶ shop's response webhook
//!                                303 with the return splash key ─▶ shop
//! ```
//!
//! Start at [`start`]; what a call does is in `api/`, what happened is in `state.rs`.

mod account;
mod admin;
mod api;
mod checkout;
mod event;
mod host;
mod ledger;
mod order;
mod outbox;
mod pages;
mod pulled;
mod splash;
mod state;
mod webhook;

use std::future::Future;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::event::JournalLine;
use self::host::Host;
use self::state::State;
use crate::journal::{self, Journal, Unreadable, Writer};
use crate::seal::Seal;
use crate::server;
use crate::start::{Config, StartError};

pub use self::account::{Account, AccountError};

/// A running host.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Ends when the shutdown future has ended and everything is on disk. Await it.
    pub task: JoinHandle<()>,
    host: Arc<Host>,
}

impl Running {
    /// Adds an account, or replaces the one with the same retailer id. On disk when this returns.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn put_account(&self, account: Account) -> Result<(), AccountError> {
        admin::put_account(&self.host, account).await
    }
}

/// Starts the host on the files in its folder, and serves until `shutdown` ends.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub async fn start(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, StartError> {
    let (state, journal, seal, writer) = opened(&config)?;
    let shops = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(StartError::Client)?;
    let refused = |source| StartError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
    let addr = listener.local_addr().map_err(refused)?;
    let (stopper, stop) = watch::channel(false);
    let host = Arc::new(Host::new((state, journal), seal, shops, config, stop.clone()));
    tracing::info!(%addr, "the simulated DivideBuy listens");
    let task = tokio::spawn(run(host.clone(), (listener, writer), (stopper, stop), shutdown));
    Ok(Running { addr, task, host })
}

/// Reads back what the folder holds.
fn opened(config: &Config) -> Result<(State, Journal, Seal, Writer), StartError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.folder)
        .map_err(|source| StartError::file(&config.folder, source))?;
    let seal = Seal::open_or_create(&config.folder.join("dividebuy.key"))?;
    let mut state = State::default();
    let (journal, writer) = journal::open(&config.folder.join("dividebuy.journal"), |line| {
        let line: JournalLine = serde_json::from_slice(line).map_err(|_| Unreadable::Torn)?;
        line.events
            .into_iter()
            .try_for_each(|event| state.apply(event, line.at, &seal))
            .map_err(|_| Unreadable::Sealed)
    })?;
    Ok((state, journal, seal, writer))
}

/// Runs everything, and ends it in the order in which the parts depend on each other.
async fn run(
    host: Arc<Host>,
    (listener, writer): (TcpListener, Writer),
    (stopper, stop): (watch::Sender<bool>, watch::Receiver<bool>),
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let writing = tokio::spawn(writer.run());
    let sending = tokio::spawn(outbox::run(host.clone(), stop.clone()));
    let serving = tokio::spawn(server::serve(listener, routes(host.clone()), stop));
    shutdown.await;
    stopper.send_replace(true);
    for (part, task) in [("listener", serving), ("outbox", sending)] {
        if let Err(error) = task.await {
            tracing::error!(%error, part, "a part of the simulator ended badly");
        }
    }
    host.journal.close();
    if let Err(error) = writing.await {
        tracing::error!(%error, "the journal's writer ended badly");
    }
}

fn routes(host: Arc<Host>) -> Router {
    Router::new()
        .merge(api::routes())
        .merge(checkout::routes())
        .merge(admin::routes())
        .layer(middleware::from_fn(server::whole_body))
        .with_state(host)
}
