//! `ordain serve`: one node, for as long as it is needed. Any number of them share a PostgreSQL store.
//!
//! It is what `ordain dev` runs, without simulated providers and without an account to begin with.

use crate::cli::failure::with_causes;
use crate::node::{Node, NodeConfig, NodeError};
use crate::place::{KeyPlace, StorePlace};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `ordain serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain serve --store postgres://ordain@db/ordain --master-key /etc/ordain/master.key \\\n      \
    --listen 0.0.0.0 --public-url https://pay.shop.example\n\n\
    SIGTERM stops it cleanly: it is not ready any more, takes no new calls, ends what is under way, and hands the \
    rest to the other nodes. /healthz and /readyz on the ingress, and gRPC's health service, say how it is."
)]
pub struct Args {
    /// Which store: sqlite:PATH or postgres://…, with ?pool=transaction behind a pooler in transaction mode
    #[arg(long, value_name = "STORE")]
    store: StorePlace,
    #[command(flatten)]
    key: KeyPlace,
    /// Folder of this node's own that outlives its crashes: a run that takes the process down again and again is found
    /// by what was noted there [default with sqlite: beside the file]
    #[arg(long, value_name = "DIR")]
    notes: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Port of gRPC; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 7700)]
    grpc_port: u16,
    /// Port of the ingress (webhooks, returns, pulls); 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 7701)]
    ingress_port: u16,
    /// How providers and browsers reach the ingress of whichever node
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Keep an order so many days after its end; then it is deleted, its customer's data with it. Say the same on every node
    #[arg(long, value_name = "DAYS", default_value_t = crate::jobs::retention::DAYS_DEFAULT)]
    retain: u32,
}

/// Runs until it is told to stop.
pub async fn run(args: Args) -> ExitCode {
    let node = match start(args).await {
        Ok(node) => node,
        Err(error) => return complain("serve", &error),
    };
    say(&format!("ready: gRPC http://{}, ingress http://{}", node.grpc, node.ingress));
    interrupted().await;
    say("stopping: no new calls, steps under way may end");
    node.stop().await;
    ExitCode::SUCCESS
}

async fn start(args: Args) -> Result<Node, NodeError> {
    let is_new = matches!(&args.store, StorePlace::Sqlite(path) if !path.exists());
    let vault = args.key.find(&args.store, is_new)?;
    Node::start(NodeConfig {
        vault,
        notes_in: args.notes.or_else(|| args.store.folder()),
        store: args.store,
        grpc: SocketAddr::new(args.listen, args.grpc_port),
        ingress: SocketAddr::new(args.listen, args.ingress_port),
        public_url: args.public_url,
        retain_days: args.retain,
    })
    .await
}

/// Until somebody asks the process to end.
pub async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be handled");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[expect(clippy::print_stdout, reason = "this is what whoever starts it waits for")]
fn say(line: &str) {
    println!("{line}");
}

/// Why a command that needs a store does not go on, with every cause.
#[expect(clippy::print_stderr, reason = "this is what a person who starts it reads")]
pub fn complain(command: &str, error: &NodeError) -> ExitCode {
    eprintln!("ordain {command}: {}", with_causes(error));
    ExitCode::FAILURE
}
