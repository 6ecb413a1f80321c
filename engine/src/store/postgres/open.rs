//! Opening: the address, what every session is held to, the schema, and the master key's check value.
//!
//! A node changes nothing here: [`PostgresStore::migrate`] alone makes the schema and fixes the master key.

use super::link::Links;
use super::news::News;
use super::{PostgresStore, unavailable};
use crate::store::StoreError;
use crate::store::sql::{newer, newer_or_broken, same_key};
use crate::vault::{Vault, from_hex};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use std::str::FromStr;
use std::time::Duration;

/// Reads are short; so many keep two cores busy beside the writer.
const READERS: usize = 8;
/// The oldest PostgreSQL that is tried.
const OLDEST_POSTGRES: i32 = 150_000;
/// A server that does not answer a connection by then is not there.
const CONNECT: Duration = Duration::from_secs(5);
/// One migration at a time, over all processes. The number is this product's own.
const MIGRATING: &str = "SELECT pg_advisory_xact_lock(7700770077)";

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/postgres");

/// Where a database is, and how it may be used.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) options: PgConnectOptions,
    /// A pooler between us and the database gives every transaction another server.
    pub(super) by_transaction: bool,
}

impl Address {
    /// Reads `postgres://user@host/database`, with `?pool=transaction` for a pooler in transaction mode.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            query.split('&').filter(|pair| !pair.is_empty()).partition(|pair| pair.starts_with("pool="));
        let by_transaction = match ours[..] {
            [] | ["pool=session"] => false,
            ["pool=transaction"] => true,
            _ => return Err(StoreError::Unusable("?pool= is `session` or `transaction`".into())),
        };
        let options = PgConnectOptions::from_str(&format!("{base}?{}", theirs.join("&")))
            .map_err(|error| StoreError::Unusable(format!("its address cannot be read: {error}")))?
            .application_name("ordain")
            .disable_statement_logging();
        // A pooler takes no settings for a session that it will not keep.
        let options = if by_transaction {
            options.extra_float_digits(None).statement_cache_capacity(0)
        } else {
            options.options([
                ("synchronous_commit", "on"),
                ("default_transaction_isolation", "read committed"),
                ("lock_timeout", "5s"),
                ("idle_in_transaction_session_timeout", "10s"),
                ("tcp_keepalives_idle", "30"),
            ])
        };
        Ok(Self { options, by_transaction })
    }

    /// A connection to a database that may be written and trusted.
    pub(super) async fn connect(&self) -> Result<PgConnection, StoreError> {
        let mut db = match tokio::time::timeout(CONNECT, self.options.connect()).await {
            Ok(connected) => connected.map_err(unavailable)?,
            Err(late) => return Err(StoreError::Unavailable(Box::new(late))),
        };
        self.check(&mut db).await?;
        Ok(db)
    }

    /// A connection to a store of this build's schema and this master key.
    pub(super) async fn connect_to_store(&self, vault: &Vault) -> Result<PgConnection, StoreError> {
        let mut db = self.connect().await?;
        let (newest, stored) = schema(&mut db).await?;
        let known = known_schema();
        if newest > known {
            return Err(newer(newest));
        }
        let Some(stored) = stored.filter(|_| newest == known) else {
            return Err(StoreError::Unusable("its schema is not this build's: run `ordain migrate`".into()));
        };
        same_key(&stored, vault)?;
        Ok(db)
    }

    async fn check(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        // In one simple query, which no pooler can tear apart.
        let told = db
            .fetch_one(
                "SELECT current_setting('server_version_num'), current_setting('server_encoding'), \
                 current_setting('fsync'), pg_is_in_recovery()::text",
            )
            .await
            .map_err(unavailable)?;
        let (version, encoding, fsync, standby): (String, String, String, String) =
            super::read::columns(&told)?;
        let unusable = |why: String| Err(StoreError::Unusable(why));
        if version.parse().unwrap_or(0) < OLDEST_POSTGRES {
            return unusable(format!("this PostgreSQL ({version}) is too old, 15 is needed"));
        }
        if encoding != "UTF8" {
            return unusable(format!("the database's encoding is {encoding}; make one with UTF8"));
        }
        if fsync != "on" {
            return unusable("fsync is off: it would forget what it has acknowledged".into());
        }
        if standby == "true" {
            // A failover may be under way: the same address may lead to the primary in a moment.
            return Err(StoreError::Unavailable("this server is a standby".into()));
        }
        Ok(())
    }
}

impl PostgresStore {
    /// Opens the store at a URL. The schema must be there, and must be the one that this build knows.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when it was not migrated, was migrated by a newer Ordain, was made with another
    /// master key, or cannot be trusted with what is acknowledged; [`StoreError::Unavailable`] when nobody answers.
    pub async fn open(url: &str, vault: &Vault) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        let db = address.connect_to_store(vault).await?;
        db.close().await.map_err(unavailable)?;
        Ok(Self::at(address))
    }

    fn at(address: Address) -> Self {
        Self {
            commits: Links::new(address.clone(), 1),
            pulse: Links::new(address.clone(), 1),
            reads: Links::new(address.clone(), READERS),
            news: News::new(address),
        }
    }

    /// Whether a database holds a store that was given a master key.
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    pub async fn has_key(url: &str) -> Result<bool, StoreError> {
        let mut db = Address::parse(url)?.connect().await?;
        Ok(schema(&mut db).await?.1.is_some())
    }

    /// Brings the schema up to this build's, in one transaction and one process at a time, and fixes the master key
    /// of a store that has none.
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    pub async fn migrate(url: &str, vault: &Vault) -> Result<(), StoreError> {
        let mut db = Address::parse(url)?.connect().await?;
        let mut transaction = db.begin().await.map_err(unavailable)?;
        // Statements that another client of a pooler left behind would have the same names as ours.
        for statement in [MIGRATING, "DEALLOCATE ALL", "SET LOCAL client_min_messages = warning"] {
            transaction.execute(statement).await.map_err(unavailable)?;
        }
        let mut migrations = sqlx::migrate!("../migrations/postgres");
        // Ours is held to the end of the transaction, which a pooler understands.
        migrations.set_locking(false);
        migrations.run(&mut *transaction).await.map_err(|error| newer_or_broken(&error))?;
        let (stored,): (Vec<u8>,) = sqlx::query_as(
            "INSERT INTO meta (name, value) VALUES ('master_key_check', $1) \
             ON CONFLICT (name) DO UPDATE SET value = meta.value RETURNING value",
        )
        .bind(vault.check_value())
        .fetch_one(&mut *transaction)
        .await
        .map_err(unavailable)?;
        same_key(&stored, vault)?;
        transaction.execute("DEALLOCATE ALL").await.map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)
    }
}

/// The schema of this build: its newest migration.
pub(super) fn known_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The newest migration in a database, and the master key's check value if there is one; neither in an empty database.
pub(super) async fn schema(db: &mut PgConnection) -> Result<(i64, Option<Vec<u8>>), StoreError> {
    let exists = db
        .fetch_one(
            "SELECT (to_regclass('_sqlx_migrations') IS NOT NULL AND to_regclass('meta') IS NOT NULL)::text",
        )
        .await
        .map_err(unavailable)?;
    if super::read::columns::<(String,)>(&exists)?.0 != "true" {
        return Ok((0, None));
    }
    let told = db
        .fetch_one(
            "SELECT (SELECT max(version) FROM _sqlx_migrations)::text, \
             (SELECT encode(value, 'hex') FROM meta WHERE name = 'master_key_check')",
        )
        .await
        .map_err(unavailable)?;
    let (newest, check): (Option<String>, Option<String>) = super::read::columns(&told)?;
    let newest = newest.and_then(|version| version.parse().ok()).unwrap_or(0);
    Ok((newest, check.as_deref().and_then(from_hex).map(Vec::from)))
}
