//! Taking up: from standard input or a file.

use super::{Failed, bar, rows, tell};
use crate::cli::output::Output;
use crate::place::{KeyPlace, StorePlace};
use ordain_engine::store::postgres::PostgresStore;
use ordain_engine::vault::Vault;
use std::io::IsTerminal;
use std::path::PathBuf;
use tokio::io::{AsyncRead, BufReader};

/// Few and large pieces of whatever brings the stream.
const BUFFER: usize = 1 << 20;

/// Options of `ordain import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain migrate --store postgres://ordain@db/ordain --master-key ordain-data/master.key\n         \
    ordain export --store sqlite:ordain-data/ordain.db \\\n      \
    | ordain import --store postgres://ordain@db/ordain --master-key ordain-data/master.key\n\n\
    The database is empty and was migrated by this build, with the exported store's master key. All of the stream is \
    taken up or nothing; the same export once more changes nothing."
)]
pub struct Args {
    /// Which store: postgres://…
    #[arg(long, value_name = "STORE")]
    store: StorePlace,
    #[command(flatten)]
    key: KeyPlace,
    /// Read from a file [default: standard input]
    #[arg(long = "in", value_name = "FILE")]
    from: Option<PathBuf>,
}

pub(super) async fn run(output: &Output, args: Args) -> Result<(), Failed> {
    let StorePlace::Postgres(url) = &args.store else {
        return Err(Failed::Refused(
            "stores are imported into PostgreSQL; a SQLite store moves as the file that it is, with its master.key",
        ));
    };
    let vault = args.key.find(&args.store, false)?;
    match &args.from {
        Some(path) => {
            let failed = |source| Failed::File { file: path.display().to_string(), source };
            let file = tokio::fs::File::open(path).await.map_err(failed)?;
            import(output, (url, &vault), file).await
        }
        None if std::io::stdin().is_terminal() => Err(Failed::Refused(
            "there is nothing to read: say `--in FILE`, or `< FILE`, or pipe an export here",
        )),
        None => import(output, (url, &vault), tokio::io::stdin()).await,
    }
}

async fn import(
    output: &Output,
    (url, vault): (&str, &Vault),
    from: impl AsyncRead + Unpin,
) -> Result<(), Failed> {
    let bar = bar();
    let mut from = BufReader::with_capacity(BUFFER, from);
    let moved = PostgresStore::import(url, vault, &mut from, &|done, all| tell(&bar, done, all)).await;
    bar.finish_and_clear();
    let moved = moved?;
    let word = if moved.before { "nothing to do, all of it is there already" } else { "imported" };
    output.note(format!("{word}: {}", rows(&moved)));
    Ok(())
}
