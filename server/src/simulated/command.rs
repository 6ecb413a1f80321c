//! `ordain sandbox`: the simulated providers without the engine, for whoever tests another integration.
#![expect(clippy::print_stdout, reason = "this is what a person who starts it reads")]

use super::ports::{self, Port};
use super::{KINDS, Kind, Started, faults, start};
use crate::cli::failure::Failure;
use crate::cli::output::Output;

use crate::former::Former;
use serde_json::{Map, Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Which simulators, where, and with which accounts.
#[derive(Debug, clap::Args)]
#[command(
    after_help = format!("Example: ordain sandbox --provider divit --provider kredivo --shop http://127.0.0.1:3000\n\n\
    Accounts and keys are printed, and stay the same from start to start. Others come from a file, \
    {{\"divit\": [{{…}}], …}}, whose accounts have the members of those printed; one of the same id replaces it.\n\
    Each host answers its provider's own paths, and below /_sandbox: ledger, orders, webhooks, accounts, faults, clock.\n\n{}",
    faults::list())
)]
pub struct Args {
    /// Only these; all without it
    #[arg(long = "provider", value_name = "ID", value_parser = super::named)]
    providers: Vec<&'static Kind>,
    /// Port of the first simulated provider, the others follow; 0 takes free ones; PROVIDER=PORT sets one
    #[arg(long = "sandbox-port", value_name = "[PROVIDER=]PORT")]
    ports: Vec<Port>,
    /// Folder of their files; created if missing
    #[arg(long, value_name = "DIR", default_value = "ordain-sandbox")]
    data: PathBuf,
    /// Where the shop is that the accounts belong to; documented paths are appended
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    shop: String,
    /// What goes wrong from the start, listed below; may be given again
    #[arg(long = "fault", value_name = "[OPERATION:]KIND[@PERCENT][,DETAIL=N…]")]
    faults: Vec<faults::Wish>,
    /// Accounts to add, as JSON by provider
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
}

fn is_wanted(kind: &Kind, named: &[&'static Kind]) -> bool {
    named.is_empty() || named.iter().any(|one| one.id == kind.id)
}

/// Runs them until it is interrupted.
///
/// # Errors
/// When one of them does not start or does not take its accounts.
pub async fn run(output: &Output, args: Args) -> Result<ExitCode, Failure> {
    let others = others(&args)?;
    let (stop, former) = (CancellationToken::new(), Former::new());
    let mut hosts: Vec<Started> = Vec::new();
    let mut printed = Map::new();
    for kind in KINDS.iter().filter(|kind| is_wanted(kind, &args.providers)) {
        let host = begun(kind, &args, &stop, &former).await?;
        let accounts = accounts(kind, &args, &others);
        for account in &accounts {
            let put = host.put(account.clone()).await;
            put.map_err(|error| Failure::Usage(format!("an account of {}: {error}", kind.id)))?;
        }
        printed.insert(kind.id.to_owned(), json!({"url": host.url(), "accounts": accounts}));
        hosts.push(host);
    }
    let urls: Vec<String> = hosts.iter().map(Started::url).collect();
    faults::install(&urls, &args.faults).await?;
    show(output, &printed);
    crate::serve::interrupted().await;
    stop.cancel();
    for host in hosts {
        host.ended().await;
    }
    Ok(ExitCode::SUCCESS)
}

async fn begun(
    kind: &'static Kind,
    args: &Args,
    stop: &CancellationToken,
    former: &Former,
) -> Result<Started, Failure> {
    let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), ports::of(kind, &args.ports));
    let host = start(kind, (listen, &args.data), stop.clone(), former).await;
    host.map_err(|error| Failure::Failed(format!("the simulated {} does not start: {error}", kind.id)))
}

/// The account that comes with it, and those of the file.
fn accounts(kind: &Kind, args: &Args, others: &Map<String, Value>) -> Vec<Value> {
    let others = others.get(kind.id).and_then(Value::as_array).cloned().unwrap_or_default();
    std::iter::once(kind.account(args.shop.trim_end_matches('/'))).chain(others).collect()
}

fn others(args: &Args) -> Result<Map<String, Value>, Failure> {
    let Some(path) = &args.accounts else { return Ok(Map::new()) };
    let shown = path.display();
    let bytes =
        std::fs::read(path).map_err(|error| Failure::Usage(format!("cannot read {shown}: {error}")))?;
    let parsed: Map<String, Value> = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::Usage(format!("{shown} is no JSON object: line {}", error.line())))?;
    match parsed.keys().find(|id| super::find(id).is_none()) {
        Some(stranger) => Err(Failure::Usage(format!("{shown}: `{stranger}` is not simulated"))),
        None => Ok(parsed),
    }
}

/// Addresses, accounts and keys. They are the sandbox's own: nothing here opens anything else.
fn show(output: &Output, printed: &Map<String, Value>) {
    if output.json {
        return output.line(Value::Object(printed.clone()));
    }
    for (id, host) in printed {
        println!("\n{id}  {}", host["url"].as_str().unwrap_or_default());
        for account in host["accounts"].as_array().into_iter().flatten() {
            for (name, value) in account.as_object().into_iter().flatten() {
                println!("  {name:<22} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
        }
    }
    println!("\nLedgers are at /_sandbox/ledger. Ctrl-C stops them; what happened stays in the folder.");
}
