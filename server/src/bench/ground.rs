//! What is measured on: a store that is thrown away, and the floor of the same disk.

use super::BenchError;
use crate::place::{Opened, StorePlace};
use ordain_engine::store::Append;
use ordain_engine::store::postgres::throwaway::{Database, Server};
use ordain_engine::store::postgres::{self, PostgresStore};
use ordain_engine::store::sqlite;
use ordain_engine::vault::Vault;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// A kind of store that can be measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// A database of its own on the server that is named, or on a server of its own.
    Postgres(Option<String>),
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("sqlite", _) => Ok(Self::Sqlite),
            ("postgres", _) => Ok(Self::Postgres(None)),
            (_, Ok(StorePlace::Postgres(url))) => Ok(Self::Postgres(Some(url))),
            _ => Err("say sqlite, postgres, or postgres://USER@HOST/DATABASE for a server".to_owned()),
        }
    }
}

impl Kind {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

/// An empty store, until it is dropped.
pub(super) enum Ground {
    File(PathBuf),
    Database { at: Database, _server: Server },
}

impl Ground {
    pub(super) async fn prepare(kind: &Kind, folder: &Path, vault: &Vault) -> Result<Self, BenchError> {
        let Kind::Postgres(url) = kind else { return Ok(Self::File(folder.join("ordain.db"))) };
        let server = url.as_ref().map_or_else(Server::start, |url| Ok(Server::at(url)))?;
        let at = server.database().await?;
        PostgresStore::migrate(&at.url, vault).await?;
        Ok(Self::Database { at, _server: server })
    }

    /// One node's connection.
    pub(super) async fn open(&self, vault: &Vault) -> Result<Opened, BenchError> {
        let place = match self {
            Self::File(path) => StorePlace::Sqlite(path.clone()),
            Self::Database { at, .. } => StorePlace::Postgres(at.url.clone()),
        };
        Ok(Opened::open(&place, vault).await?)
    }

    /// Where the database is, if it is one.
    pub(super) fn url(&self) -> Option<&str> {
        match self {
            Self::File(_) => None,
            Self::Database { at, .. } => Some(&at.url),
        }
    }

    /// What is stored now, indexes included.
    pub(super) async fn stored_bytes(&self) -> Result<u64, BenchError> {
        match self {
            Self::File(path) => Ok(sqlite::bare::stored_bytes(path).await?),
            Self::Database { at, .. } => Ok(postgres::bare::stored_bytes(&at.url).await?),
        }
    }

    /// Inserts the records bare, and returns how long each group took.
    pub(super) async fn floor(&self, written: &[Append]) -> Result<Vec<Duration>, BenchError> {
        Ok(match self {
            Self::File(path) => sqlite::bare::insert(&path.with_file_name("floor.db"), written).await?,
            Self::Database { at, .. } => postgres::bare::insert(&at.url, written).await?,
        })
    }
}
