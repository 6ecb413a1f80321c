//! `ordain dev`: everything on one machine, with simulated providers and an account to begin with.

mod account;
mod screen;

use crate::node::{Node, NodeConfig, NodeError};
use crate::place::StorePlace;
use crate::serve::interrupted;
use ordain_engine::vault::Vault;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Simulated webhooks leave this long after the customer's decision, so that browser and webhook really race.
const WEBHOOK_DELAY: Duration = Duration::from_millis(20);
/// Divides the pauses between a simulated provider's attempts at a webhook.
const WEBHOOK_SPEED: u32 = 20;

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
    /// Port of the simulated DivideBuy; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 7711)]
    sandbox_port: u16,
    /// How providers reach the ingress, if not at its own address
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

/// Where an in-process `dev` listens. Dropping it stops it.
pub struct Addresses {
    /// gRPC, as a URL.
    pub grpc: String,
    /// The simulated DivideBuy, as a URL.
    pub sandbox: String,
    _running: Running,
}

/// Why `dev` does not start.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// The node.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The simulated provider.
    #[error(transparent)]
    Sandbox(#[from] ordain_sandbox::StartError),
    /// The account to begin with.
    #[error("the sandbox account could not be set up: {0}")]
    Account(String),
    /// The data folder.
    #[error("cannot write into the data folder")]
    Folder(#[from] std::io::Error),
}

struct Running {
    node: Option<Node>,
    sandbox: SocketAddr,
    sandbox_task: Option<JoinHandle<()>>,
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
    if let Err(error) = screen::write_addresses(&data, node, running.sandbox) {
        screen::failed(&DevError::Folder(error));
        return ExitCode::FAILURE;
    }
    screen::show(&data, node, running.sandbox);
    interrupted().await;
    screen::stopping();
    if let Some(node) = running.node.take() {
        node.stop().await;
    }
    running.sandbox_stop.cancel();
    if let Some(task) = running.sandbox_task.take() {
        drop(task.await);
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
    let args =
        Args { data: folder.0.clone(), grpc_port: 0, ingress_port: 0, sandbox_port: 0, public_url: None };
    let mut running = start(args).await?;
    running._folder = Some(folder);
    let node = running.node.as_ref().expect("it has just started");
    Ok(Addresses {
        grpc: format!("http://{}", node.grpc),
        sandbox: format!("http://{}", running.sandbox),
        _running: running,
    })
}

async fn start(args: Args) -> Result<Running, DevError> {
    let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    crate::node::make_folder(&args.data)?;
    let sandbox_stop = CancellationToken::new();
    let config = ordain_sandbox::Config {
        listen: loopback(args.sandbox_port),
        folder: args.data.join("sandbox"),
        webhook_delay: WEBHOOK_DELAY,
        webhook_speed: WEBHOOK_SPEED,
    };
    let sandbox = ordain_sandbox::dividebuy::start(config, sandbox_stop.clone().cancelled_owned()).await?;
    let vault = Vault::from_file(&args.data.join("master.key"));
    let vault = vault.map_err(|error| NodeError::Key(error.into()))?;
    let node = Node::start(NodeConfig {
        vault,
        store: StorePlace::in_folder(&args.data),
        notes_in: Some(args.data),
        grpc: loopback(args.grpc_port),
        ingress: loopback(args.ingress_port),
        public_url: args.public_url,
    })
    .await?;
    account::ensure(&node, &sandbox).await?;
    let (address, task) = (sandbox.addr, sandbox.task);
    Ok(Running { node: Some(node), sandbox: address, sandbox_task: Some(task), sandbox_stop, _folder: None })
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
