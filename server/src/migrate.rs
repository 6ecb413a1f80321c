//! `ordain migrate`: makes a store, or brings its tables up to this build.

use crate::node::NodeError;
use crate::place::{KeyPlace, Opened, StorePlace};
use crate::serve::complain;
use ordain_engine::store::postgres::PostgresStore;
use std::process::ExitCode;

/// Options of `ordain migrate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain migrate --store postgres://ordain@db/ordain --master-key /etc/ordain/master.key\n\n\
    For an empty store it makes the master key, once; every node is given the same one. Run it again after an \
    upgrade, before the new nodes start."
)]
pub struct Args {
    /// Which store: sqlite:PATH or postgres://…
    #[arg(long, value_name = "STORE")]
    store: StorePlace,
    #[command(flatten)]
    key: KeyPlace,
}

/// Migrates, and says so.
#[expect(clippy::print_stdout, reason = "this is what a person who starts it reads")]
pub async fn run(args: Args) -> ExitCode {
    match migrate(&args).await {
        Ok(()) => {
            println!("{} is ready", args.store);
            ExitCode::SUCCESS
        }
        Err(error) => complain("migrate", &error),
    }
}

async fn migrate(args: &Args) -> Result<(), NodeError> {
    match &args.store {
        StorePlace::Sqlite(path) => {
            let vault = args.key.find(&args.store, !path.exists())?;
            Opened::open(&args.store, &vault).await?.store.close().await;
        }
        StorePlace::Postgres(url) => {
            let is_new = !PostgresStore::has_key(url).await?;
            PostgresStore::migrate(url, &args.key.find(&args.store, is_new)?).await?;
        }
    }
    Ok(())
}
