//! What `dev` says: its first screen, and where it listens, for programs.
#![expect(clippy::print_stdout, reason = "this is what a person who starts it reads")]

use super::account::MERCHANT;
use super::{DevError, Node, Started};
use crate::cli::failure::with_causes;
use std::path::Path;

/// The first screen: what is running, and three commands to try next.
pub(super) fn show(data: &Path, node: &Node, sandboxes: &[Started]) {
    let flag =
        if node.grpc.port() == 7700 { String::new() } else { format!(" --address http://{}", node.grpc) };
    println!(
        "\nOrdain is running; everything it knows is in {data}

  gRPC        {grpc:<24} orders, accounts, runs (with reflection and health)
  ingress     http://{ingress:<17} webhooks, returns and pulls, below /a/{{account}}
{simulated}
  accounts    merchants/{MERCHANT}/accounts/demo-{{provider}}

Try, in another terminal:

  ordain order create{flag}      a sample order; open the printed address in a browser and press a button
  ordain order list{flag}        how orders stand
  ordain demo --orders 50{flag}  fifty simulated shoppers, then every penny compared with the ledger

(`ordain` is `cargo run --release --` in a checkout.) Ctrl-C stops it; so does kill -9, and nothing is lost.\n",
        data = data.display(),
        grpc = node.grpc,
        ingress = node.ingress,
        simulated = sandboxes.iter().map(line).collect::<String>(),
    );
}

fn line(sandbox: &Started) -> String {
    format!("  {:<11} {:<24} simulated; its ledger is at /_sandbox/ledger\n", sandbox.kind.id, sandbox.url())
}

/// A clean end has begun.
pub(super) fn stopping() {
    println!("stopping: no new calls, steps under way may end");
}

/// Why it did not start, with every cause.
pub(super) fn failed(error: &DevError) {
    eprintln!("ordain dev: {}", with_causes(error));
}

/// Where this process listens, as JSON in the data folder, for programs that started it.
pub(super) fn write_addresses(data: &Path, node: &Node, sandboxes: &[Started]) -> std::io::Result<()> {
    let simulated: serde_json::Map<String, serde_json::Value> =
        sandboxes.iter().map(|sandbox| (sandbox.kind.id.to_owned(), sandbox.url().into())).collect();
    let addresses = serde_json::json!({
        "grpc": format!("http://{}", node.grpc),
        "ingress": format!("http://{}", node.ingress),
        "sandboxes": simulated,
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
