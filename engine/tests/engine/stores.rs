//! Every store passes the same suite.

use ordain_engine::store::sqlite::SqliteStore;
use ordain_engine::store::{conformance, memory::MemoryDisk};
use ordain_engine::vault::Vault;
use std::sync::atomic::{AtomicU32, Ordering};

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
