//! `ordain`: one binary, the engine and its client.
//!
//! ```text
//! grpc, ingress ─▶ engine (runs of workflows/) ─▶ perform ─▶ providers/ ─▶ transport
//!       └──────────────▶ books (what runs show) ◀──────┘
//! ```
//! Start at [`node`] for what runs, at [`cli`] for what can be typed.

mod caution;
mod former;
mod node;
mod place;
mod ready;

mod grpc;
mod ingress;

mod books;
mod jobs;
mod perform;
mod statements;
mod tables;
mod transport;
mod walk;

mod backup;
mod cli;
mod dev;
mod migrate;
mod moving;
mod serve;
mod simulated;

mod bench;
mod check;
mod demo;
mod scenario;

use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    use clap::Parser;
    let cli = cli::Cli::parse();
    // Logs go to standard error, so that what a command prints can be piped. Nothing private is ever in them.
    let filter = EnvFilter::try_from_env("ORDAIN_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    cli::run(cli).await
}
