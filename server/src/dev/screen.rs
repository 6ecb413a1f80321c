//! What `dev` says: its first screen, and where it listens, for programs.
#![expect(clippy::print_stdout, reason = "this is what a person who starts it reads")]

use super::account::{ACCOUNT, MERCHANT};
use super::{DevError, Node};
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;

/// The first screen: what is running, and three commands to try next.
pub(super) fn show(data: &Path, node: &Node, sandbox: SocketAddr) {
    let flag =
        if node.grpc.port() == 7700 { String::new() } else { format!(" --address http://{}", node.grpc) };
    println!(
        "\nOrdain is running; everything it knows is in {data}

  gRPC        {grpc:<24} orders, accounts, runs (with reflection and health)
  ingress     http://{ingress:<17} webhooks, returns and pulls, below /a/{{account}}
  DivideBuy   http://{sandbox:<17} simulated; its ledger is at /_sandbox/ledger

  account     merchants/{MERCHANT}/accounts/{ACCOUNT}

Try, in another terminal:

  ordain order create{flag}      a sample order; open the printed address in a browser and press a button
  ordain order list{flag}        how orders stand
  ordain demo --orders 50{flag}  fifty simulated shoppers, then every penny compared with the ledger

(`ordain` is `cargo run --release --` in a checkout.) Ctrl-C stops it; so does kill -9, and nothing is lost.\n",
        data = data.display(),
        grpc = node.grpc,
        ingress = node.ingress,
    );
}

/// A clean end has begun.
pub(super) fn stopping() {
    println!("stopping: no new calls, steps under way may end");
}

/// Why it did not start, with every cause.
pub(super) fn failed(error: &DevError) {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    eprintln!("ordain dev: {text}");
}

/// Where this process listens, as JSON in the data folder, for programs that started it.
pub(super) fn write_addresses(data: &Path, node: &Node, sandbox: SocketAddr) -> std::io::Result<()> {
    let addresses = serde_json::json!({
        "grpc": format!("http://{}", node.grpc),
        "ingress": format!("http://{}", node.ingress),
        "sandbox": format!("http://{sandbox}"),
        "pid": std::process::id(),
    });
    // Renamed into place, so that nobody reads half of it.
    let (unfinished, file) = (data.join("dev.json.new"), data.join("dev.json"));
    std::fs::write(&unfinished, format!("{addresses}\n"))?;
    std::fs::rename(unfinished, file)
}

/// Nobody listens there any more.
pub(super) fn forget_addresses(data: &Path) {
    drop(std::fs::remove_file(data.join("dev.json")));
}
