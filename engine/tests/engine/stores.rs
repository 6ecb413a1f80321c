//! Every store passes the same suite.

use ordain_engine::store::postgres::PostgresStore;
use ordain_engine::store::postgres::throwaway::{Database, Server};
use ordain_engine::store::sqlite::SqliteStore;
use ordain_engine::store::{conformance, memory::MemoryDisk};
use ordain_engine::vault::Vault;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

#[tokio::test]
async fn sqlite_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, opened) = (Vault::new(&[7; 32]), AtomicU32::new(0));
    conformance::check(async || {
        let name = format!("{}.db", opened.fetch_add(1, Ordering::Relaxed));
        Box::new(SqliteStore::open(&folder.path().join(name), &vault).await.unwrap()) as _
    })
    .await;
}

#[tokio::test]
async fn memory_is_a_store() {
    conformance::check(async || Box::new(MemoryDisk::default().connect()) as _).await;
}

/// One server for all tests of this program, gone with it; a database for each that asks.
async fn database() -> Database {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| Server::start().unwrap_or_else(|error| panic!("{error}")));
    server.database().await.unwrap()
}

#[tokio::test]
async fn postgres_is_a_store() {
    let (vault, databases) = (Vault::new(&[7; 32]), Mutex::new(Vec::new()));
    conformance::check(async || {
        let database = database().await;
        PostgresStore::migrate(&database.url, &vault).await.unwrap();
        let store = PostgresStore::open(&database.url, &vault).await.unwrap();
        databases.lock().unwrap().push(database);
        Box::new(store) as _
    })
    .await;
}
