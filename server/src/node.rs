//! One running Ordain: store, engine, gRPC and ingress, put together and taken apart in the right order.

use crate::books::Books;
use crate::grpc::{self, Api};
use crate::ingress::{self, Ingress};
use crate::perform::{look_up, perform};
use crate::transport::Transport;
use ordain_engine::clock::SystemClock;
use ordain_engine::store::sqlite::SqliteStore;
use ordain_engine::vault::Vault;
use ordain_engine::{Engine, EngineParts, Registry, Settings};
use ordain_workflows::{AccountWorkflow, OrderWorkflow, ProviderCall};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Steps under way when the node is told to stop may end within this; then they are left to the next process.
const DRAIN: Duration = Duration::from_secs(5);

/// Where a node keeps things and listens.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// Store and master key.
    pub folder: PathBuf,
    /// gRPC.
    pub grpc: SocketAddr,
    /// Webhooks, returns and pulls.
    pub ingress: SocketAddr,
    /// How providers reach the ingress; its own address, if none.
    pub public_url: Option<String>,
}

/// A running node.
pub struct Node {
    /// Runs.
    pub engine: Engine,
    /// Where gRPC listens.
    pub grpc: SocketAddr,
    /// Where the ingress listens.
    pub ingress: SocketAddr,
    servers: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The data folder cannot be used.
    #[error("cannot use the folder {folder}")]
    Folder {
        /// Which.
        folder: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
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
    Key(#[from] ordain_engine::vault::VaultError),
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
        let folder = |source| NodeError::Folder { folder: config.folder.display().to_string(), source };
        make_folder(&config.folder).map_err(folder)?;
        let vault = Arc::new(Vault::from_file(&config.folder.join("master.key"))?);
        let store = Arc::new(SqliteStore::open(&config.folder.join("ordain.db"), &vault).await?);
        let (grpc_listener, grpc) = listen(config.grpc).await?;
        let (ingress_listener, ingress) = listen(config.ingress).await?;
        let public_url = config.public_url.unwrap_or_else(|| format!("http://{ingress}"));
        let books = Books::new(store.clone(), Arc::clone(&vault), &public_url);
        let (registry, clock) = (registry(&books), Arc::new(SystemClock));
        let settings = Settings { notes_in: Some(config.folder.clone()), ..Settings::default() };
        let parts = EngineParts { store, vault, registry, clock, settings };
        let engine = Engine::open(parts);
        let stop = CancellationToken::new();
        let api = Api { engine: engine.clone(), books: books.clone() };
        let serving = grpc::serve(api, grpc_listener, stop.clone().cancelled_owned());
        let router = ingress::router(Ingress { engine: engine.clone(), books });
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        let receiving =
            axum::serve(ingress_listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        let servers = vec![
            tokio::spawn(async move { report("gRPC", serving.await) }),
            tokio::spawn(async move { report("the ingress", receiving.await) }),
        ];
        Ok(Self { engine, grpc, ingress, servers, stop })
    }

    /// Stops taking calls, lets what is under way end for a moment, and closes the store.
    pub async fn stop(self) {
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

fn registry(books: &Books) -> Registry {
    let (asking, books, transport) = (books.clone(), books.clone(), Transport::new());
    let line = transport.clone();
    Registry::new()
        .workflow::<OrderWorkflow>()
        .workflow::<AccountWorkflow>()
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
