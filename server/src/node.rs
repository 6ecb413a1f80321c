//! One running Ordain: store, engine, gRPC and ingress, put together and taken apart in the right order.

use crate::books::Books;
use crate::caution::Caution;
use crate::former::{Former, NotesHeld};
use crate::grpc::{self, Api};
use crate::ingress::{self, Ingress};
use crate::jobs::{self, Desk};
use crate::perform::{look_up, perform};
use crate::place::{KeyError, Opened, StorePlace};
use crate::ready;
use crate::statements::Statements;
use crate::transport::Transport;
use ordain_engine::clock::SystemClock;
use ordain_engine::schedule::{Fire, ScheduleWorkflow};
use ordain_engine::store::postgres::PostgresStore;
use ordain_engine::vault::Vault;
use ordain_engine::{Engine, EngineParts, Registry, Settings};
use ordain_workflows::reconciliation_workflow::{AskOrders, CompareStatement, FindUnsettled, ListStatements};
use ordain_workflows::{AccountWorkflow, ClockWorkflow, OrderWorkflow, ProviderCall, ReconciliationWorkflow};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Steps under way when the node is told to stop may end within this; then they are left to the next process.
const DRAIN: Duration = Duration::from_secs(5);

/// Where a node keeps things and listens.
pub struct NodeConfig {
    /// The master key.
    pub vault: Vault,
    /// Where everything is kept.
    pub store: StorePlace,
    /// The folder of this node's own in which it notes whose code it is polling, if it has one.
    pub notes_in: Option<PathBuf>,
    /// gRPC.
    pub grpc: SocketAddr,
    /// Webhooks, returns and pulls.
    pub ingress: SocketAddr,
    /// How providers reach the ingress; its own address, if none.
    pub public_url: Option<String>,
    /// Days that an order is kept after its end.
    pub retain_days: u32,
}

/// A running node.
pub struct Node {
    /// Runs.
    pub engine: Engine,
    /// Where gRPC listens.
    pub grpc: SocketAddr,
    /// Where the ingress listens.
    pub ingress: SocketAddr,
    /// Ends before anything else does, so that nobody is sent here any more.
    readiness: CancellationToken,
    servers: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Somebody else listens there.
    #[error("cannot listen on {address}; choose another port")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The master key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] ordain_engine::store::StoreError),
}

impl Node {
    /// Starts everything. When this returns, every open run is being driven on and both ports answer.
    ///
    /// # Errors
    /// See [`NodeError`].
    pub async fn start(config: NodeConfig) -> Result<Self, NodeError> {
        let vault = Arc::new(config.vault);
        let former = Former::new();
        let opened = former.let_go(async || Opened::open(&config.store, &vault).await).await?;
        let caution = Caution::of(&opened).await?;
        let Opened { store, shared, .. } = opened.clone();
        let (grpc_listener, grpc) = former.let_go(async || listen(config.grpc).await).await?;
        let (ingress_listener, ingress) = former.let_go(async || listen(config.ingress).await).await?;
        let public_url = config.public_url.unwrap_or_else(|| format!("http://{ingress}"));
        let books = Books::new(Arc::clone(&store), Arc::clone(&vault), &public_url);
        let desk = Desk::default();
        let (registry, clock) = (registry(&books, &desk), Arc::new(SystemClock));
        let held = caution.as_ref().map(Caution::held).unwrap_or_default();
        let settings = Settings { notes_in: config.notes_in, held, ..Settings::default() };
        // Where somebody keeps the notes for good, the engine does without.
        drop(former.let_go(async || if settings.notes_are_held() { Err(NotesHeld) } else { Ok(()) }).await);
        let parts = EngineParts { store: Arc::clone(&store), vault, registry, clock, settings };
        let engine = Engine::open(parts);
        desk.open(&engine);
        let (stop, readiness) = (CancellationToken::new(), CancellationToken::new());
        // Open and answered: from here on it is looked at again and again.
        let (ready, is_ready) = watch::channel(true);
        let api = Api { engine: engine.clone(), books: books.clone(), ready: is_ready.clone() };
        let serving = grpc::serve(api, grpc_listener, stop.clone().cancelled_owned());
        let router =
            ingress::router(Ingress { engine: engine.clone(), books: books.clone(), ready: is_ready });
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        let receiving =
            axum::serve(ingress_listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        let servers = vec![
            tokio::spawn(async move { report("gRPC", serving.await) }),
            tokio::spawn(async move { report("the ingress", receiving.await) }),
            tokio::spawn(ready::keep(store, ready, readiness.clone())),
            tokio::spawn(jobs::ensure(engine.clone(), config.retain_days, stop.clone())),
            tokio::spawn(hear(shared, engine.clone(), stop.clone())),
            tokio::spawn(ask_first(caution, opened, (engine.clone(), books), stop.clone())),
        ];
        Ok(Self { engine, grpc, ingress, readiness, servers, stop })
    }

    /// Stops taking calls, lets what is under way end for a moment, and closes the store.
    pub async fn stop(self) {
        self.readiness.cancel();
        // Whoever watches our health is told before the connection goes.
        tokio::task::yield_now().await;
        self.stop.cancel();
        for mut server in self.servers {
            if tokio::time::timeout(DRAIN, &mut server).await.is_err() {
                // Streams of watchers have no end of their own.
                server.abort();
            }
        }
        self.engine.drain(DRAIN).await;
        self.engine.stop().await;
    }
}

/// Wakes whoever watches here what another node did.
async fn hear(shared: Option<Arc<PostgresStore>>, engine: Engine, stop: CancellationToken) {
    let Some(shared) = shared else { return };
    tokio::select! {
        () = shared.follow(|runs| engine.moved(runs)) => {}
        () = stop.cancelled() => {}
    }
}

/// Asks about every order of a restored store.
async fn ask_first(
    caution: Option<Caution>,
    opened: Opened,
    (engine, books): (Engine, Books),
    stop: CancellationToken,
) {
    let Some(caution) = caution else { return };
    tokio::select! {
        () = caution.ask_all(opened, engine, books) => {}
        () = stop.cancelled() => {}
    }
}

fn registry(books: &Books, desk: &Desk) -> Registry {
    let (asking, books, transport) = (books.clone(), books.clone(), Transport::new());
    let line = transport.clone();
    let desk = desk.clone();
    let listing = Statements { desk: desk.clone(), books: books.clone(), transport: transport.clone() };
    let (comparing, finding, asking_orders) = (listing.clone(), listing.clone(), listing.clone());
    Registry::new()
        .workflow::<OrderWorkflow>()
        .workflow::<AccountWorkflow>()
        .workflow::<ScheduleWorkflow>()
        .workflow::<ClockWorkflow>()
        .workflow::<ReconciliationWorkflow>()
        .activity(move |_, fire: Fire| desk.clone().fire(fire))
        .activity(move |cx, step: ListStatements| listing.clone().list(cx, step))
        .activity(move |cx, step: CompareStatement| comparing.clone().compare(cx, step))
        .activity(move |cx, step: AskOrders| asking_orders.clone().ask_orders(cx, step))
        .activity(move |cx, step: FindUnsettled| finding.clone().find_unsettled(cx, step))
        .activity(move |cx, call: ProviderCall| perform(books.clone(), transport.clone(), cx, call))
        .look_up(move |cx, call: ProviderCall| look_up(asking.clone(), line.clone(), cx, call))
}

/// For its owner only: the master key lies in it.
pub fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), NodeError> {
    let failed = |source| NodeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn report<E: std::fmt::Display>(what: &str, ended: Result<(), E>) {
    if let Err(error) = ended {
        tracing::error!(%error, "{what} stopped");
    }
}
