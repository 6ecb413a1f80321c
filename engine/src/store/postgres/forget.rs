//! Deleting what is stored of runs that are over, in one statement, which sees the rows as they were before it; and messages
//! that found no run.

use super::link::Links;
use super::read::{Values, ask_once};
use crate::run_id::RunId;
use crate::store::{StoreError, Write};

/// 5 is closed. In the order of their ids, as everything here.
const FORGET: &str = "\
WITH gone AS (
    SELECT run, tenant, label FROM run WHERE run = ANY($1::bytea[]) AND status = 5 ORDER BY run FOR UPDATE
), starts AS (
    DELETE FROM start_key USING gone
    WHERE start_key.tenant = gone.tenant AND start_key.label = gone.label AND start_key.run = gone.run
), keys AS (
    DELETE FROM data_key USING gone WHERE data_key.run = gone.run
), records AS (
    DELETE FROM history USING gone WHERE history.run = gone.run
)
DELETE FROM run USING gone WHERE run.run = gone.run";

/// Deletes the group's runs that are closed.
pub(super) async fn closed(links: &Links, group: &[Write]) -> Result<(), StoreError> {
    let run = |write: &Write| if let Write::Forget(run) = write { Some(*run) } else { None };
    let runs: Vec<[u8; 16]> = group.iter().filter_map(run).map(RunId::to_bytes).collect();
    if runs.is_empty() {
        return Ok(());
    }
    ask_once(links, FORGET, Values::default().with(runs)).await.map(drop)
}

/// Deletes the group's messages.
pub(super) async fn messages(links: &Links, group: &[Write]) -> Result<(), StoreError> {
    let message = |write: &Write| if let Write::ForgetInbound(id) = write { Some(*id) } else { None };
    let messages: Vec<[u8; 16]> = group.iter().filter_map(message).map(RunId::to_bytes).collect();
    if messages.is_empty() {
        return Ok(());
    }
    let sql = "DELETE FROM inbound WHERE id = ANY($1::bytea[])";
    ask_once(links, sql, Values::default().with(messages)).await.map(drop)
}
