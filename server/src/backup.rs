//! `ordain backup`, `ordain restore` and `ordain restored`: copies of a store, and what is to be known of one that was
//! brought back.

use crate::cli::output::Output;
use crate::moving::{Failed, said};
use crate::place::{KeyPlace, StorePlace};
use indicatif::HumanBytes;
use ordain_engine::clock::{Clock as _, SystemClock};
use ordain_engine::store::mark::Mark;
use ordain_engine::store::postgres::PostgresStore;
use ordain_engine::store::sqlite::SqliteStore;
use ordain_engine::vault::dice;
use std::path::PathBuf;
use std::process::ExitCode;

const POSTGRES_COPIES: &str =
    "PostgreSQL copies itself: pg_basebackup and its archived log; after a restore run `ordain restored`";

/// Options of `ordain backup`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain backup --store sqlite:ordain-data/ordain.db --to /backup/ordain-monday.db\n\n\
    The store may be served meanwhile. The copy is one file, as of one moment, checked before it gets its name. Keep \
    master.key as well, and apart from it: neither can be read without the other."
)]
pub struct BackupArgs {
    /// Which store: sqlite:PATH
    #[arg(long, value_name = "STORE")]
    store: StorePlace,
    /// The copy, which must not be there yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Options of `ordain restore`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain restore --from /backup/ordain-monday.db --store sqlite:ordain-data/ordain.db\n\n\
    There must be no store at that place, and master.key must be. Whoever serves it then asks the provider of every \
    open order how it stands, and changes nothing there before it was answered."
)]
pub struct RestoreArgs {
    /// A copy that `ordain backup` made
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Where: sqlite:PATH
    #[arg(long, value_name = "STORE")]
    store: StorePlace,
    #[command(flatten)]
    key: KeyPlace,
}

/// Options of `ordain restored`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain restored --store postgres://ordain@db/ordain --master-key /etc/ordain/master.key\n\n\
    For a store that something else brought back to an earlier moment: PostgreSQL's point-in-time recovery, or a \
    disk's snapshot. Stop every node before, and start them afterwards: they ask the provider of every open order how \
    it stands, and change nothing there before it was answered. Then the mark is gone."
)]
pub struct RestoredArgs {
    /// Which store: sqlite:PATH or postgres://…
    #[arg(long, value_name = "STORE")]
    store: StorePlace,
    #[command(flatten)]
    key: KeyPlace,
    /// Take the mark off: the nodes that start next ask nobody first
    #[arg(long)]
    undo: bool,
}

/// Copies a store.
pub async fn backup(output: &Output, args: BackupArgs) -> ExitCode {
    let done = async {
        let StorePlace::Sqlite(path) = &args.store else { return Err(Failed::Refused(POSTGRES_COPIES)) };
        let bytes = SqliteStore::backup(path, &args.to).await?;
        output.note(format!("{}: {}, checked", args.to.display(), HumanBytes(bytes)));
        Ok(())
    };
    said(output, "backup", done.await)
}

/// Brings a copy back.
pub async fn restore(output: &Output, args: RestoreArgs) -> ExitCode {
    let done = async {
        let StorePlace::Sqlite(path) = &args.store else { return Err(Failed::Refused(POSTGRES_COPIES)) };
        let vault = args.key.find(&args.store, false)?;
        let mark = SqliteStore::restore(&args.from, path, &vault).await?;
        output.note(format!(
            "{} is as it was at {}; who serves it asks every provider first",
            args.store,
            mark.when()
        ));
        Ok(())
    };
    said(output, "restore", done.await)
}

/// Says of a store that it was brought back.
pub async fn restored(output: &Output, args: RestoredArgs) -> ExitCode {
    let done = async {
        let vault = args.key.find(&args.store, false)?;
        let mark = (!args.undo).then(|| Mark { id: dice(), at: SystemClock.now() });
        match &args.store {
            StorePlace::Sqlite(path) => SqliteStore::mark_restored(path, &vault, mark).await?,
            StorePlace::Postgres(url) => PostgresStore::mark_restored(url, &vault, mark).await?,
        }
        let next = if args.undo { "asks nobody first" } else { "asks every provider first" };
        output.note(format!("{}: who serves it next {next}", args.store));
        Ok(())
    };
    said(output, "restored", done.await)
}
