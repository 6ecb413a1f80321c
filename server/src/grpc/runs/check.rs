//! Every run of the store, checked: its history's numbers and hashes, its replay and, of an order, its invariants.
//!
//! Runs are read a page at a time, newest first, and checked one after the other beside whatever else the node does:
//! replays take turns with those of the engine.

use super::{resource, signed};
use crate::grpc::{Api, refusal};
use crate::walk::Walk;
use ordain_engine::history::Corrupt;
use ordain_engine::store::RunRow;
use ordain_engine::{Engine, GaveUp, InspectError};
use ordain_proto::runs::v1 as proto;
use ordain_proto::runs::v1::check_runs_response::Message;
use ordain_workflows::order::Order;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// Runs between two words of how far it is.
const TOLD_EVERY: i64 = 100;
/// Findings that wait for a slow reader; then the check waits too.
const AHEAD_MAX: usize = 64;
/// Before a replay is tried again for which there was no room.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// The stream of one check.
pub(super) type Checks = Pin<Box<dyn Stream<Item = Result<proto::CheckRunsResponse, Status>> + Send>>;

type Listener = mpsc::Sender<Result<proto::CheckRunsResponse, Status>>;

/// Begins a check; it ends with the store's last run, or when nobody listens any more.
pub(super) fn check(api: &Api) -> Checks {
    let (sender, receiver) = mpsc::channel(AHEAD_MAX);
    tokio::spawn(check_all(api.engine.clone(), sender));
    Box::pin(ReceiverStream::new(receiver))
}

async fn check_all(engine: Engine, to: Listener) {
    let mut progress = proto::CheckProgress::default();
    let mut walk = Walk::before(None, None);
    loop {
        let rows = match walk.page(engine.store()).await {
            Ok(Some(rows)) => rows,
            Ok(None) => break,
            Err(error) => return drop(to.send(Err(refusal::from_store(&error))).await),
        };
        for row in &rows {
            if check_one(&engine, row, &mut progress, &to).await.is_err() {
                return;
            }
        }
    }
    drop(to.send(Ok(said(Message::Progress(progress)))).await);
}

/// Nobody listens any more, or the store does not answer.
struct Over;

async fn check_one(
    engine: &Engine,
    row: &RunRow,
    progress: &mut proto::CheckProgress,
    to: &Listener,
) -> Result<(), Over> {
    let (records, mut findings) = match history(engine, row).await {
        Ok(checked) => checked,
        Err(status) => {
            drop(to.send(Err(*status)).await);
            return Err(Over);
        }
    };
    findings.extend(invariants(row));
    progress.runs += 1;
    progress.records += records;
    for (invariant, sequence, detail) in findings {
        let finding = proto::CheckFinding {
            run_id: row.run.to_string(),
            resource: resource(&row.workflow, &row.attributes.tenant, row.run, &row.attributes.label),
            invariant: invariant.to_owned(),
            sequence: signed(sequence),
            detail,
        };
        to.send(Ok(said(Message::Finding(finding)))).await.map_err(|_| Over)?;
    }
    if progress.runs % TOLD_EVERY == 0 {
        to.send(Ok(said(Message::Progress(*progress)))).await.map_err(|_| Over)?;
    }
    Ok(())
}

type Finding = (&'static str, u64, String);

/// I8: the records are there without a gap, nobody changed them, and they make what is stored.
async fn history(engine: &Engine, row: &RunRow) -> Result<(i64, Vec<Finding>), Box<Status>> {
    loop {
        let broken = |sequence, why: String| Ok((0, vec![("I8", sequence, why)]));
        return match engine.replay(row.run).await {
            Ok(replayed) => {
                let records = replayed.records.len();
                let newest = u64::try_from(records).unwrap_or(u64::MAX);
                let difference = replayed.difference.map(|why| ("I8", newest, why));
                Ok((i64::try_from(records).unwrap_or(i64::MAX), difference.into_iter().collect()))
            }
            Err(InspectError::GaveUp(GaveUp::Busy)) => {
                tokio::time::sleep(BUSY_PAUSE).await;
                continue;
            }
            Err(InspectError::Corrupt(corrupt)) => broken(sequence_of(&corrupt), corrupt.to_string()),
            Err(error @ (InspectError::GaveUp(_) | InspectError::NotFound)) => {
                broken(row.seq, error.to_string())
            }
            Err(InspectError::Store(error)) => Err(Box::new(refusal::from_store(&error))),
        };
    }
}

const fn sequence_of(corrupt: &Corrupt) -> u64 {
    match corrupt {
        Corrupt::Gap { expected } => *expected,
        Corrupt::Changed { sequence } | Corrupt::Undecodable { sequence } => *sequence,
    }
}

/// I1 to I7, of what the row shows.
fn invariants(row: &RunRow) -> Vec<Finding> {
    if row.workflow != "order" {
        return Vec::new();
    }
    match serde_json::from_slice::<Order>(&row.view) {
        Ok(order) => {
            let violations = order.check().into_iter();
            violations.map(|violation| (violation.invariant, row.seq, violation.detail)).collect()
        }
        Err(error) => vec![("I8", row.seq, format!("the stored state cannot be read: {error}"))],
    }
}

const fn said(message: Message) -> proto::CheckRunsResponse {
    proto::CheckRunsResponse { message: Some(message) }
}
