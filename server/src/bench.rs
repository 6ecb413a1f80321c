//! `ordain bench engine`: how fast the engine carries orders, beside the floor that it cannot beat.
//!
//! One order life is seven records: start, step, message racing a deadline, two steps, message, step. The steps run
//! in this process and do nothing; the store and its syncs are the real ones, in a folder that is thrown away. The
//! floor is measured right after, on the same disk, with the very records that the engine wrote.
//!
//! Nothing here knows the product: it is the engine alone. Start at [`run`].

mod course;
mod driver;
mod floor;
mod ground;
mod life;
mod memory;
mod reader;
mod report;
mod stored;
mod timed;

use crate::cli::time;
use ground::{Ground, Kind};
use ordain_engine::CallError;
use ordain_engine::store::StoreError;
use ordain_engine::vault::{Vault, dice};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Orders that may be stored beforehand. Ten million that have ended take some 20 GB.
const STORED_MAX: i64 = 10_000_000;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct EngineBench {
    /// Which store: sqlite, postgres (a server of its own, or the one that ORDAIN_TEST_POSTGRES_URL names), or
    /// postgres://… (a database of its own on that server)
    #[arg(long, value_name = "STORE", default_value = "sqlite")]
    store: Kind,
    /// How many engines share the store
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    nodes: u32,
    /// How many orders to carry from start to end
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    orders: u32,
    /// How many at a time
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    in_flight: u32,
    /// Begin at most so many orders a second, to see latency below full load
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// Then carry as many again at half the rate that was reached, to see latency there beside the store's own commits
    #[arg(long)]
    half_load: bool,
    /// Carry as many on the empty store first, then store so many orders that have ended, then measure
    #[arg(long, value_name = "ORDERS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=STORED_MAX))]
    finished: u32,
    /// Store so many orders that wait for their customer before the engine is opened, and take the time from there to
    /// the first acknowledged start
    #[arg(long, value_name = "ORDERS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=STORED_MAX))]
    open: u32,
    /// Last, start so many orders that wait for their customer, and weigh them: live, forgotten, and as many again
    #[arg(long, value_name = "ORDERS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    parked: u32,
    /// Then go on for so long, and for so long again beside a reader that holds a snapshot of the store open; compare,
    /// and watch the table whose rows change until it is swept; PostgreSQL only
    #[arg(long, value_name = "SPAN", num_args = 0..=1, default_missing_value = "1m", value_parser = time::span)]
    snapshot_reader: Option<Duration>,
    /// In which folder the throwaway store lies; it must be on the disk that is to be measured
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error("a file is for one node: --store postgres")]
    OneNode,
    #[error("a reader of a file is in nobody's way: --snapshot-reader is for --store postgres")]
    NoSweeping,
    #[error("cannot use the folder {0}")]
    Folder(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an order was not carried")]
    Order(#[from] CallError),
    #[error("the store holds something else than what was written")]
    Foreign,
}

/// Measures, prints, and cleans up behind itself.
pub async fn run(args: EngineBench) -> ExitCode {
    let folder = args.folder.join(format!("ordain-bench-{}", u32::from_be_bytes(dice())));
    let measured = measure(&args, &folder).await;
    // What is left is a folder in the temporary folder.
    drop(std::fs::remove_dir_all(&folder));
    match measured {
        Ok(report) => {
            report::print(&report, args.json);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let source = std::error::Error::source(&error).map(|it| format!(": {it}")).unwrap_or_default();
            report::complain(&format!("{error}{source}"));
            ExitCode::FAILURE
        }
    }
}

async fn measure(args: &EngineBench, folder: &Path) -> Result<report::Report, BenchError> {
    if args.nodes > 1 && args.store == Kind::Sqlite {
        return Err(BenchError::OneNode);
    }
    if args.snapshot_reader.is_some() && args.store == Kind::Sqlite {
        return Err(BenchError::NoSweeping);
    }
    std::fs::create_dir_all(folder).map_err(|error| BenchError::Folder(folder.to_owned(), error))?;
    let vault = Arc::new(Vault::new(&dice()));
    let ground = Ground::prepare(&args.store, folder, &vault).await?;
    course::run(args, &ground, &vault).await
}
