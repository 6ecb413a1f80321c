//! `ordain bench engine`: how fast the engine carries orders, beside the floor that it cannot beat.
//!
//! One order life is seven records: start, step, message racing a deadline, two steps, message, step. The steps run
//! in this process and do nothing; the store and its syncs are the real ones, in a folder that is thrown away. The
//! floor is measured right after, on the same disk, with the very records that the engine wrote.
//!
//! Nothing here knows the product: it is the engine alone. Start at [`run`].

mod driver;
mod floor;
mod ground;
mod life;
mod report;

use crate::place::Opened;
use ground::{Ground, Kind};
use ordain_engine::clock::SystemClock;
use ordain_engine::store::StoreError;
use ordain_engine::vault::{Vault, dice};
use ordain_engine::{CallError, Engine, EngineParts, Settings};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::task::JoinSet;

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
    std::fs::create_dir_all(folder).map_err(|error| BenchError::Folder(folder.to_owned(), error))?;
    let vault = Arc::new(Vault::new(&dice()));
    let ground = Ground::prepare(&args.store, folder, &vault).await?;
    let times = Arc::new(life::Times::new(args.orders));
    let (mut engines, mut hearing) = (Vec::new(), JoinSet::new());
    for _ in 0..args.nodes {
        engines.push(open(&ground, &vault, &times, &mut hearing).await?);
    }
    // As a task of the runtime, as a server's calls are: outside it every answer would wake one more thread.
    let carrying = tokio::spawn(driver::carry(engines.clone(), args.clone(), Arc::clone(&times)));
    let carried = carrying.await.expect("the driver does not panic")?;
    let written = floor::as_written(&engines[0], &carried.runs).await?;
    hearing.shutdown().await;
    for engine in engines {
        engine.stop().await;
    }
    let stored_bytes = ground.stored_bytes().await?;
    let floor = floor::measure(&ground, &written).await?;
    Ok(report::Report {
        store: args.store.name(),
        nodes: args.nodes,
        orders: args.orders,
        in_flight: args.in_flight,
        records: written.len(),
        rows: written.iter().filter(|append| append.row.is_some()).count(),
        carried_us: carried.took.as_micros(),
        cpu_ms: carried.cpu_ms,
        to_step: times.to_step(),
        floor_us: floor.took.as_micros(),
        floor_commit: floor.commits,
        stored_bytes,
    })
}

/// One node's engine on the store, which hears of the others'.
async fn open(
    ground: &Ground,
    vault: &Arc<Vault>,
    times: &Arc<life::Times>,
    hearing: &mut JoinSet<()>,
) -> Result<Engine, BenchError> {
    let Opened { store, shared } = ground.open(vault).await?;
    let (vault, registry) = (Arc::clone(vault), life::registry(times));
    let (clock, settings) = (Arc::new(SystemClock), Settings::default());
    let engine = Engine::open(EngineParts { store, vault, registry, clock, settings });
    if let Some(shared) = shared {
        let hearer = engine.clone();
        hearing.spawn(async move { shared.follow(|runs| hearer.moved(runs)).await });
    }
    Ok(engine)
}
