//! `ordain dev`: everything on one machine, with simulated providers and an account at each.

mod account;
mod screen;

use crate::former::Former;
use crate::node::{Node, NodeConfig, NodeError};
use crate::place::StorePlace;
use crate::serve::interrupted;
use crate::simulated::ports::{self, Port};
use crate::simulated::{self, Place, Started};
use ordain_engine::vault::Vault;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Options of `ordain dev`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain dev --data /tmp/try\n\nStop it with Ctrl-C, or kill it: what was acknowledged is \
    on disk, and the next start goes on from there."
)]
pub struct Args {
    /// Folder of the store, the master key and the simulated providers' files; created if missing
    #[arg(long, value_name = "DIR", default_value = "ordain-data")]
    data: PathBuf,
    /// Port of gRPC; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 7700)]
    grpc_port: u16,
    /// Port of the ingress (webhooks, returns, pulls); 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 7701)]
    ingress_port: u16,
    /// Port of the first simulated provider, the others follow; 0 takes free ones; PROVIDER=PORT sets one
    #[arg(long, value_name = "[PROVIDER=]PORT")]
    sandbox_port: Vec<Port>,
    /// How providers reach the ingress, if not at its own address
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Keep an order so many days after its end; then it is deleted, its customer's data with it. Say the same on every node
    #[arg(long, value_name = "DAYS", default_value_t = crate::jobs::retention::DAYS_DEFAULT)]
    retain: u32,
}

/// Where an in-process `dev` listens. Dropping it stops it.
pub struct Addresses {
    /// gRPC, as a URL.
    pub grpc: String,
    _running: Running,
}

/// Why `dev` does not start.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// The node.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A simulated provider.
    #[error(transparent)]
    Sandbox(#[from] ordain_sandbox::StartError),
    /// An account to begin with.
    #[error("the account {account} could not be set up: {why}")]
    Account {
        /// Which.
        account: String,
        /// What was said.
        why: String,
    },
    /// The data folder.
    #[error("cannot write into the data folder")]
    Folder(#[from] std::io::Error),
}

struct Running {
    node: Option<Node>,
    sandboxes: Vec<Started>,
    sandbox_stop: CancellationToken,
    /// A throwaway folder goes with it.
    _folder: Option<Throwaway>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.sandbox_stop.cancel();
    }
}

/// Runs until it is interrupted.
pub async fn run(args: Args) -> ExitCode {
    let data = args.data.clone();
    let mut running = match start(args).await {
        Ok(running) => running,
        Err(error) => {
            screen::failed(&error);
            return ExitCode::FAILURE;
        }
    };
    let node = running.node.as_ref().expect("it has just started");
    if let Err(error) = screen::write_addresses(&data, node, &running.sandboxes) {
        screen::failed(&DevError::Folder(error));
        return ExitCode::FAILURE;
    }
    screen::show(&data, node, &running.sandboxes);
    interrupted().await;
    screen::stopping();
    if let Some(node) = running.node.take() {
        node.stop().await;
    }
    running.sandbox_stop.cancel();
    for sandbox in std::mem::take(&mut running.sandboxes) {
        sandbox.ended().await;
    }
    screen::forget_addresses(&data);
    ExitCode::SUCCESS
}

/// Starts one for the life of a command, on free ports and in a folder that goes with it.
///
/// # Errors
/// See [`DevError`].
pub async fn in_process() -> Result<Addresses, DevError> {
    let folder = Throwaway::new()?;
    let args = Args {
        data: folder.0.clone(),
        grpc_port: 0,
        ingress_port: 0,
        sandbox_port: vec![Port::FREE],
        public_url: None,
        retain: crate::jobs::retention::DAYS_DEFAULT,
    };
    let mut running = start(args).await?;
    running._folder = Some(folder);
    let node = running.node.as_ref().expect("it has just started");
    Ok(Addresses { grpc: format!("http://{}", node.grpc), _running: running })
}

async fn start(args: Args) -> Result<Running, DevError> {
    let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    crate::node::make_folder(&args.data)?;
    let sandbox_stop = CancellationToken::new();
    let (folder, former) = (args.data.join("sandbox"), Former::new());
    let starting = simulated::KINDS.iter().map(|kind| {
        let listen = loopback(ports::of(kind, &args.sandbox_port));
        let place = Place { listen, folder: &folder, webhook_speed: simulated::WATCHED_SPEED };
        simulated::start(kind, place, sandbox_stop.clone(), &former)
    });
    let sandboxes = futures::future::try_join_all(starting).await?;
    let vault = Vault::from_file(&args.data.join("master.key"));
    let vault = vault.map_err(|error| NodeError::Key(error.into()))?;
    let node = Node::start(NodeConfig {
        vault,
        store: StorePlace::in_folder(&args.data),
        notes_in: Some(args.data),
        grpc: loopback(args.grpc_port),
        ingress: loopback(args.ingress_port),
        public_url: args.public_url,
        retain_days: args.retain,
    })
    .await?;
    let accounts = sandboxes.iter().map(|sandbox| account::ensure(&node, sandbox));
    futures::future::try_join_all(accounts).await?;
    Ok(Running { node: Some(node), sandboxes, sandbox_stop, _folder: None })
}

/// A folder that is removed with its owner.
struct Throwaway(PathBuf);

impl Throwaway {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("ordain-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// A folder of temporary files that cannot be removed harms nobody.
fn remove(folder: &Path) {
    drop(std::fs::remove_dir_all(folder));
}
