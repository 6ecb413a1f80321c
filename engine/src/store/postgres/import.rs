//! Taking up a whole store that another kind of store wrote out.
//!
//! Everything is written in one transaction, which ends only when the stream has come to its end, whole and genuine:
//! there is nothing between nothing and all of it.

use super::bulk::{Arrays, text};
use super::open::{Address, known_schema, schema};
use super::{PostgresStore, marks, unavailable};
use crate::clock::{Clock as _, SystemClock};
use crate::store::StoreError;
use crate::store::mark::{IMPORTED, Mark};
use crate::store::moving::{ExportId, FrameReader, MoveError, Moved, Progress, TELL_EVERY, stranger};
use crate::vault::Vault;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::frame::Part;
use sqlx::postgres::PgArguments;
use sqlx::{Connection, Executor, PgConnection};
use tokio::io::AsyncRead;

/// Rows that travel to the database together, and their bytes: large enough that the way there does not matter.
const ROWS_MAX: usize = 2_000;
const BYTES_MAX: usize = 4 << 20;

/// A stream may be slow, nobody else may write meanwhile, and none of it may be lost.
const ALONE: [&str; 3] = [
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL synchronous_commit = on",
    "LOCK TABLE start_key, data_key, history, run, inbound, meta IN SHARE ROW EXCLUSIVE MODE",
];
const HOLDS_ANYTHING: &str = "SELECT (EXISTS (SELECT FROM history) OR EXISTS (SELECT FROM run) \
    OR EXISTS (SELECT FROM start_key) OR EXISTS (SELECT FROM data_key) OR EXISTS (SELECT FROM inbound))::text";

/// Rows of one table on their way.
#[derive(Default)]
struct Load {
    starts: Vec<wire::MovedStart>,
    keys: Vec<wire::MovedKey>,
    records: Vec<wire::MovedRecord>,
    runs: Vec<wire::MovedRun>,
    inbound: Vec<wire::MovedInbound>,
    facts: Vec<wire::MovedFact>,
    rows: usize,
    bytes: usize,
}

impl PostgresStore {
    /// Reads a stream to its end and writes everything in it into the database at `url`, which was migrated by this
    /// build under the same master key and is empty. The same export again changes nothing.
    ///
    /// # Errors
    /// See [`MoveError`]; then nothing was changed, or nobody knows and the same stream may come again.
    pub async fn import(
        url: &str,
        vault: &Vault,
        from: &mut (impl AsyncRead + Unpin),
        progress: Progress<'_>,
    ) -> Result<Moved, MoveError> {
        let (mut reader, opening) = FrameReader::begin(from).await?;
        let export = ExportId::read(&opening.export).ok_or_else(|| stranger("it has no name"))?;
        let frames = opening.frames;
        check_source(&opening, vault)?;
        let mut db = Address::parse(url)?.connect().await?;
        check_target(&mut db, vault).await?;
        let mut transaction = db.begin().await.map_err(unavailable)?;
        for statement in ALONE {
            transaction.execute(statement).await.map_err(unavailable)?;
        }
        let before = came_before(&mut transaction, export).await?;
        let (mut load, mut read) = (Load::default(), 0);
        while let Some(part) = reader.next(vault).await? {
            read += 1;
            if read % TELL_EVERY == 0 {
                progress(read, frames);
            }
            if before.is_none() {
                load.take(part);
                load.leave_if_full(&mut transaction).await?;
            }
        }
        if let Some(mark) = before {
            return Ok(Moved { export, frames, at: mark.at, before: true });
        }
        load.leave(&mut transaction).await?;
        let mark = Mark { id: export.0, at: SystemClock.now() };
        marks::set(&mut transaction, IMPORTED, &mark).await?;
        transaction.commit().await.map_err(unavailable)?;
        // Until it knows what it holds, the database plans for empty tables.
        db.execute("ANALYZE start_key, data_key, history, run, inbound").await.map_err(unavailable)?;
        Ok(Moved { export, frames, at: mark.at, before: false })
    }
}

fn check_source(opening: &wire::Opening, vault: &Vault) -> Result<(), MoveError> {
    if opening.schema != known_schema() {
        return Err(stranger("it was written by another version: export and import with the same build"));
    }
    if opening.master_key_check != vault.check_value() {
        return Err(stranger(
            "its store has another master key: give the key file of that store with --master-key",
        ));
    }
    Ok(())
}

async fn check_target(db: &mut PgConnection, vault: &Vault) -> Result<(), MoveError> {
    let target = |why: &str| Err(MoveError::Target(why.to_owned()));
    match schema(db).await? {
        (newest, Some(check)) if newest == known_schema() => {
            if check == vault.check_value() {
                return Ok(());
            }
            target(
                "it was made with another master key than the one that the stream needs: make an empty database, \
                 and run `ordain migrate` on it with --master-key and the key file of the exported store",
            )
        }
        _ => target(
            "its schema is not this build's: run `ordain migrate` on it, with --master-key and the key file of the \
             exported store",
        ),
    }
}

/// The mark of this very export, if it came before; it may come into an empty store only.
async fn came_before(db: &mut PgConnection, export: ExportId) -> Result<Option<Mark>, MoveError> {
    let mark = marks::read(db, IMPORTED).await?;
    if let Some(mark) = mark.filter(|mark| mark.id == export.0) {
        return Ok(Some(mark));
    }
    let told = db.fetch_one(HOLDS_ANYTHING).await.map_err(unavailable)?;
    if super::read::columns::<(String,)>(&told)?.0 == "true" {
        return Err(MoveError::Target("it holds something already; import into an empty one".to_owned()));
    }
    Ok(None)
}

impl Load {
    fn take(&mut self, part: Part) {
        self.rows += 1;
        self.bytes += match &part {
            Part::Record(record) => record.record.len(),
            Part::Run(run) => run.view.len(),
            Part::Inbound(inbound) => inbound.body.len(),
            _ => 0,
        };
        match part {
            Part::Start(start) => self.starts.push(start),
            Part::Key(key) => self.keys.push(key),
            Part::Record(record) => self.records.push(record),
            Part::Run(run) => self.runs.push(run),
            Part::Inbound(inbound) => self.inbound.push(inbound),
            Part::Fact(fact) => self.facts.push(fact),
            Part::Opening(_) | Part::Ending(_) => unreachable!("the reader keeps them to itself"),
        }
    }

    async fn leave_if_full(&mut self, db: &mut PgConnection) -> Result<(), StoreError> {
        if self.rows < ROWS_MAX && self.bytes < BYTES_MAX { Ok(()) } else { self.leave(db).await }
    }

    /// Writes what there is. A row that is there twice fails all of it.
    async fn leave(&mut self, db: &mut PgConnection) -> Result<(), StoreError> {
        let load = std::mem::take(self);
        for (sql, arguments) in load.statements() {
            let statement = sqlx::query_with(sql, arguments).persistent(false);
            statement.execute(&mut *db).await.map_err(unavailable)?;
        }
        Ok(())
    }

    fn statements(&self) -> [(&'static str, PgArguments); 6] {
        [
            (
                "INSERT INTO start_key (run, tenant, request_id, label, fingerprint) \
                 SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::bytea[])",
                starts(&self.starts),
            ),
            (
                "INSERT INTO data_key (run, wrapped) SELECT * FROM unnest($1::bytea[], $2::bytea[])",
                keys(&self.keys),
            ),
            (
                "INSERT INTO history (run, seq, mac, record) \
                 SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[])",
                records(&self.records),
            ),
            (
                "INSERT INTO run (run, seq, workflow, version, status, reason, tenant, owner, label, state, flags, \
                 clock, created_us, updated_us, wake_at, timer_at, view, since_seq) \
                 SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], \
                 $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], \
                 $14::bigint[], $15::bigint[], $16::bigint[], $17::bytea[], $18::bigint[])",
                runs(&self.runs),
            ),
            (
                "INSERT INTO inbound (id, owner, dedup, received_us, label, body) \
                 SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bytea[])",
                inbound(&self.inbound),
            ),
            (
                "INSERT INTO meta (name, value) SELECT * FROM unnest($1::text[], $2::bytea[]) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                facts(&self.facts),
            ),
        ]
    }
}

fn starts(rows: &[wire::MovedStart]) -> PgArguments {
    let put = |arrays: &mut Arrays| {
        arrays
            .column(rows, |row| &row.run[..])
            .column(rows, |row| text(&row.tenant))
            .column(rows, |row| text(&row.request_id))
            .column(rows, |row| text(&row.label))
            .column(rows, |row| &row.fingerprint[..]);
    };
    Arrays::of(put).into_arguments()
}

fn keys(rows: &[wire::MovedKey]) -> PgArguments {
    let put = |arrays: &mut Arrays| {
        arrays.column(rows, |row| &row.run[..]).column(rows, |row| &row.wrapped[..]);
    };
    Arrays::of(put).into_arguments()
}

fn records(rows: &[wire::MovedRecord]) -> PgArguments {
    let put = |arrays: &mut Arrays| {
        arrays
            .column(rows, |row| &row.run[..])
            .column(rows, |row| row.seq)
            .column(rows, |row| &row.mac[..])
            .column(rows, |row| &row.record[..]);
    };
    Arrays::of(put).into_arguments()
}

fn runs(rows: &[wire::MovedRun]) -> PgArguments {
    let put = |arrays: &mut Arrays| {
        arrays
            .column(rows, |row| &row.run[..])
            .column(rows, |row| row.seq)
            .column(rows, |row| text(&row.workflow))
            .column(rows, |row| row.version)
            .column(rows, |row| row.status)
            .column(rows, |row| text(&row.reason))
            .column(rows, |row| text(&row.tenant))
            .column(rows, |row| text(&row.owner))
            .column(rows, |row| text(&row.label))
            .column(rows, |row| text(&row.state))
            .column(rows, |row| text(&row.flags))
            .column(rows, |row| text(&row.clock))
            .column(rows, |row| row.created_us)
            .column(rows, |row| row.updated_us)
            .column(rows, |row| row.wake_at)
            .column(rows, |row| row.timer_at)
            .column(rows, |row| &row.view[..])
            .column(rows, |row| row.since_seq);
    };
    Arrays::of(put).into_arguments()
}

fn inbound(rows: &[wire::MovedInbound]) -> PgArguments {
    let put = |arrays: &mut Arrays| {
        arrays
            .column(rows, |row| &row.id[..])
            .column(rows, |row| text(&row.owner))
            .column(rows, |row| text(&row.dedup))
            .column(rows, |row| row.received_us)
            .column(rows, |row| text(&row.label))
            .column(rows, |row| &row.body[..]);
    };
    Arrays::of(put).into_arguments()
}

fn facts(rows: &[wire::MovedFact]) -> PgArguments {
    let put = |arrays: &mut Arrays| {
        arrays.column(rows, |row| text(&row.name)).column(rows, |row| &row.value[..]);
    };
    Arrays::of(put).into_arguments()
}
