//! Runs that are in the store before anything is measured: copies of two that the engine carried, each with its own
//! name, its own chain and its own keys, written in bulk.

use super::life::{self, Times};
use super::{BenchError, driver};
use ordain_engine::clock::{Micros, SystemClock};
use ordain_engine::store::memory::MemoryDisk;
use ordain_engine::store::{Append, RunRow, StartKey, Store, StoredRecord, Write};
use ordain_engine::vault::{RecordMac, Vault, dice};
use ordain_engine::{Engine, EngineParts, RunId, Settings};
use ordain_proto::history::v1::Record;
use prost::Message;
use std::sync::Arc;

/// Runs of one transaction: a sync is shared by so many.
const RUNS_AT_A_TIME: u64 = 1_000;

/// What the copies are of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Copies {
    /// An order that has ended.
    Ended,
    /// An order that waits for its customer.
    Waiting,
}

/// A run that the engine carried.
struct Template {
    records: Vec<Record>,
    row: RunRow,
}

/// Writes so many copies of the order.
pub(super) async fn fill(
    store: &dyn Store,
    vault: &Arc<Vault>,
    (copies, runs): (Copies, u32),
) -> Result<(), BenchError> {
    if runs == 0 {
        return Ok(());
    }
    let template = template(vault, copies).await?;
    let mut group = Vec::new();
    for n in 1..=u64::from(runs) {
        // Ids ascend, as those of runs that were started one after the other do.
        let time = template.row.created + Micros::try_from(n).unwrap_or(Micros::MAX);
        group.extend(copy(vault, &template, RunId::new(time, dice()), &format!("{copies:?}-{n}")));
        if n % RUNS_AT_A_TIME == 0 || n == u64::from(runs) {
            store.commit(&std::mem::take(&mut group)).await?;
        }
    }
    Ok(())
}

/// Lets an engine carry one order on a store in memory.
async fn template(vault: &Arc<Vault>, copies: Copies) -> Result<Template, BenchError> {
    let times = Arc::new(Times::new(1));
    let (store, vault) = (Arc::new(MemoryDisk::default().connect()), Arc::clone(vault));
    let (registry, clock, settings) = (life::registry(&times), Arc::new(SystemClock), Settings::default());
    let engine = Engine::open(EngineParts { store, vault, registry, clock, settings });
    let run = match copies {
        Copies::Ended => driver::one(&engine, &times, 0).await?,
        Copies::Waiting => driver::park(&engine, 0).await?,
    };
    let row = engine.store().run(run).await?.ok_or(BenchError::Foreign)?;
    let stored = engine.store().history(run, 0).await?;
    engine.stop().await;
    let records = stored.into_iter().map(|StoredRecord { record, .. }| Record::decode(&record[..]));
    let records = records.collect::<Result<_, _>>().map_err(|_| BenchError::Foreign)?;
    Ok(Template { records, row })
}

/// One run, as the engine would have written it.
fn copy(vault: &Vault, template: &Template, run: RunId, name: &str) -> Vec<Write> {
    let mut previous = RecordMac::default();
    let newest = template.records.len() as u64;
    let numbered = (1..).zip(&template.records);
    let writes = numbered.map(|(seq, record)| {
        let mut record = record.clone();
        let start = record.start.as_mut().map(|start| {
            (start.request_id, start.label) = (format!("request-{name}"), name.to_owned());
            StartKey {
                tenant: start.tenant.clone(),
                request_id: start.request_id.clone(),
                label: start.label.clone(),
                fingerprint: start.fingerprint.clone(),
                data_key: vault.new_data_key(run).wrapped,
            }
        });
        let record = record.encode_to_vec();
        let mac = vault.chain(run, seq, &previous, &record);
        previous = mac;
        let row = (seq == newest).then(|| {
            let mut row = RunRow { run, ..template.row.clone() };
            name.clone_into(&mut row.attributes.label);
            row
        });
        Write::Append(Box::new(Append { run, seq, mac, record, row, start }))
    });
    writes.collect()
}
