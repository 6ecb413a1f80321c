//! Writing out: to standard output or a file, or taking it back.

use super::{Failed, bar, rows, tell};
use crate::cli::output::Output;
use crate::place::{KeyPlace, StorePlace};
use ordain_engine::store::moving::MoveError;
use ordain_engine::store::sqlite::SqliteStore;
use ordain_engine::vault::Vault;
use std::fs::File;
use std::io::IsTerminal;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncWrite, BufWriter};

/// Few and large pieces for whatever takes the stream.
const BUFFER: usize = 1 << 20;

/// Options of `ordain export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain export --store sqlite:ordain-data/ordain.db \\\n      \
    | ordain import --store postgres://ordain@db/ordain --master-key ordain-data/master.key\n\n\
    Nobody may serve the store meanwhile, and nobody serves it afterwards: two stores that drive on the same orders \
    would do everything twice. Steps that were under way are taken over at the target. Interrupted before its end, it \
    may be done again; `--undo` takes it back, if nothing was imported. The stream holds no secret in the clear.")]
pub struct Args {
    /// Which store: sqlite:PATH
    #[arg(long, value_name = "STORE")]
    store: StorePlace,
    #[command(flatten)]
    key: KeyPlace,
    /// Write to a file, which must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE", conflicts_with = "undo")]
    out: Option<PathBuf>,
    /// Let the store be served again. Only if nothing was, and nothing will be, imported from its export
    #[arg(long)]
    undo: bool,
}

pub(super) async fn run(output: &Output, args: Args) -> Result<(), Failed> {
    let StorePlace::Sqlite(path) = &args.store else {
        return Err(Failed::Refused(
            "only a SQLite store is exported; one on PostgreSQL is moved by PostgreSQL's own pg_dump and pg_restore",
        ));
    };
    let vault = args.key.find(&args.store, false)?;
    if args.undo {
        return undo(output, path, &vault).await;
    }
    let Some(file) = &args.out else {
        if std::io::stdout().is_terminal() {
            return Err(Failed::Refused("a store is nothing to look at: say `--out FILE`, or `> FILE`"));
        }
        return export(output, (path, &vault), tokio::io::stdout()).await;
    };
    let failed = |source| Failed::File { file: file.display().to_string(), source };
    // Sealed, and still nobody else's: amounts and names of goods can be read in it.
    let made = File::options().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    let synced = made.try_clone().map_err(failed)?;
    export(output, (path, &vault), tokio::fs::File::from_std(made)).await?;
    synced.sync_all().map_err(failed)
}

async fn export(
    output: &Output,
    (path, vault): (&Path, &Vault),
    out: impl AsyncWrite + Unpin,
) -> Result<(), Failed> {
    let bar = bar();
    let mut out = BufWriter::with_capacity(BUFFER, out);
    let moved = SqliteStore::export(path, vault, &mut out, &|done, all| tell(&bar, done, all)).await;
    bar.finish_and_clear();
    match moved {
        Ok(moved) => {
            output.note(format!("exported {}; this store is not served any more", rows(&moved)));
            Ok(())
        }
        Err(error @ MoveError::Stream(_)) => {
            output.note("nothing that takes this stream up imports it; export again");
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn undo(output: &Output, path: &Path, vault: &Vault) -> Result<(), Failed> {
    output.note(match SqliteStore::take_back(path, vault).await? {
        Some(export) => format!("it may be served again; never import from the export {export} now"),
        None => "it had not been exported".to_owned(),
    });
    Ok(())
}
