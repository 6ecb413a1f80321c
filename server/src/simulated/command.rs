//! `ordain sandbox`: the simulated providers without the engine, for whoever tests another integration.

use super::file::{self, Listed};
use super::ports::{self, Port};
use super::{KINDS, Kind, Place, PutError, Started, faults, start};
use crate::cli::failure::{Failure, with_causes};
use crate::cli::output::{Output, Paint};
use crate::former::Former;
use serde_json::{Map, Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Where the shop is, if nobody says.
const SHOP: &str = "http://127.0.0.1:3000";

/// Which simulators, where, and with which accounts.
#[derive(Debug, clap::Args)]
#[command(
    after_help = format!("Example: ordain sandbox --provider divit --provider kredivo --shop http://127.0.0.1:3000\n\n\
    Accounts are printed as each host holds them, and beside them what the shop enters on its side. They stay the same \
    from start to start; the one that comes with the sandbox is put back in its first form by `--shop`, and others come \
    from a file, {{\"divit\": [{{…}}], …}}, whose accounts have the members of those printed; one of the same id \
    replaces it.\n\
    Each host answers its provider's own paths, and below /_sandbox what a test asks and sets: GET /_sandbox lists every \
    call and every operation, and docs/sandbox.md shows each call.\n\n{}",
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
    /// Where the shop is that the accounts belong to; documented paths are appended. PayBy is told with each order, and
    /// so are divit and Divido, which come here only for orders that name no address [default: http://127.0.0.1:3000]
    #[arg(long, value_name = "URL", value_parser = shop_url)]
    shop: Option<String>,
    /// What goes wrong from the start, listed below; may be given again
    #[arg(long = "fault", value_name = "[OPERATION:]KIND[@PERCENT][,DETAIL=N…]")]
    faults: Vec<faults::Wish>,
    /// Accounts to add, as JSON by provider
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// Try webhooks again so many times faster than the provider does
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    webhook_speed: u32,
}

fn is_wanted(kind: &Kind, named: &[&'static Kind]) -> bool {
    named.is_empty() || named.iter().any(|one| one.id == kind.id)
}

/// An address to which paths can be appended.
fn shop_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|error| error.to_string())?;
    let usable =
        matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if usable {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("it is no http or https URL without a query".to_owned())
    }
}

/// Runs them until it is interrupted.
///
/// # Errors
/// When one of them does not start or does not take its accounts.
pub async fn run(output: &Output, args: Args) -> Result<ExitCode, Failure> {
    let listed = args.accounts.as_deref().map(file::read).transpose()?.unwrap_or_default();
    let (stop, former) = (CancellationToken::new(), Former::new());
    let mut hosts: Vec<Started> = Vec::new();
    let mut printed = Map::new();
    for kind in KINDS.iter().filter(|kind| is_wanted(kind, &args.providers)) {
        let host = begun(kind, &args, &stop, &former).await?;
        let accounts = settled(&host, &args, &listed).await?;
        let shop = ours(&host, &accounts);
        printed.insert(kind.id.to_owned(), json!({"url": host.url(), "accounts": accounts, "shop": shop}));
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
    let place = Place { listen, folder: &args.data, webhook_speed: args.webhook_speed };
    let host = start(kind, place, stop.clone(), former).await;
    host.map_err(|error| {
        let why = with_causes(&error);
        Failure::Failed(format!("the simulated {} does not start: {why}", kind.id))
    })
}

/// Puts in what was asked for by name, and what it comes with only where it is not known: what has been set at it since
/// then stays. Says which accounts there are.
async fn settled(host: &Started, args: &Args, listed: &[Listed]) -> Result<Vec<Value>, Failure> {
    let kind = host.kind;
    let of_ours = |error: PutError| Failure::Failed(format!("the account of {}: {error}", kind.id));
    let listed = || listed.iter().filter(|one| one.kind == kind.id);
    let built_in = kind.account(args.shop.as_deref().unwrap_or(SHOP));
    let is_replaced = listed().any(|one| one.account[kind.id_member] == built_in[kind.id_member]);
    if args.shop.is_some() && !is_replaced {
        host.put(built_in.clone()).await.map_err(of_ours)?;
    }
    for one in listed() {
        let put = host.put(one.account.clone()).await;
        put.map_err(|error| Failure::Usage(format!("{}: {error}", one.place)))?;
    }
    host.begin_with(built_in).await.map_err(of_ours)?;
    host.held().await.map_err(of_ours)
}

/// What a shop enters on its side for the account that comes with the sandbox, as that one is now.
fn ours(host: &Started, accounts: &[Value]) -> Map<String, Value> {
    let built_in = host.kind.account(SHOP);
    let member = host.kind.id_member;
    let held = accounts.iter().find(|account| account[member] == built_in[member]);
    let ours = host.kind.ours(&host.url());
    let now = |name: &str| held.and_then(|held| held[name].as_str()).map(str::to_owned);
    let values = ours.config.into_iter().chain(ours.secrets);
    values.map(|(name, value)| (name.clone(), now(&name).unwrap_or(value).into())).collect()
}

/// Addresses, accounts and keys. They are the sandbox's own: nothing here opens anything else.
fn show(output: &Output, printed: &Map<String, Value>) {
    if output.json {
        return output.line(Value::Object(printed.clone()));
    }
    for (id, host) in printed {
        output.line(format!(
            "\n{}  {}",
            output.paint(Paint::Bold, id),
            host["url"].as_str().unwrap_or_default()
        ));
        for account in host["accounts"].as_array().into_iter().flatten() {
            block(output, "an account there", account);
        }
        block(output, "what the shop enters for the one that comes with it", &host["shop"]);
    }
    output.line("\nLedgers are at /_sandbox/ledger, and /_sandbox lists every call. Ctrl-C stops them; what happened stays in the folder.");
}

fn block(output: &Output, title: &str, values: &Value) {
    output.line(format!("  {title}"));
    for (name, value) in values.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // A key of many lines stands below its name, so that it can be copied as it is.
        match value.trim_end().split_once('\n') {
            None => output.line(format!("    {} {value}", output.paint(Paint::Dim, &format!("{name:<24}")))),
            Some(_) => {
                output.line(format!("    {}", output.paint(Paint::Dim, name)));
                output.line(value.trim_end());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shop_url;

    #[test]
    fn shop_is_an_address_that_paths_can_be_appended_to() {
        assert_eq!(shop_url("https://shop.test/a/").as_deref(), Ok("https://shop.test/a"));
        for nonsense in
            ["", "shop.test", "ftp://shop.test", "http://", "http://shop.test/?a=1", "http://shop.test/#a"]
        {
            assert!(shop_url(nonsense).is_err(), "{nonsense}");
        }
    }
}
