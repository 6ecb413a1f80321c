//! Orders that an earlier build carried decide the same on the rules of this one.
//!
//! One order of each provider, and the account that it was placed through. When this fails, the rules have changed what
//! old histories mean: guard the change with `ctx.version`. `ORDAIN_TEST_BLESS=1` records them anew, which is right only
//! while no build that recorded the old ones is at work anywhere.

use ordain_engine::store::sqlite::SqliteStore;
use ordain_engine::store::{RunQuery, RunRow, Store};
use ordain_engine::vault::Vault;
use ordain_engine::{Golden, Registry};
use ordain_tests::program::{Running, run};
use ordain_workflows::{AccountWorkflow, OrderWorkflow};
use std::path::PathBuf;

/// The master key of the store that they were recorded in. It opens nothing else.
const MASTER_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";
const PROVIDERS: [&str; 5] = ["divit", "dividebuy", "payby", "divido", "kredivo"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn vault() -> Vault {
    Vault::from_digits(MASTER_KEY).unwrap()
}

/// Lets shoppers shop at every provider, and takes down what became of some of them.
async fn record() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("master.key"), MASTER_KEY).unwrap();
    let running = Running::start(&data, &scratch.path().join("dev.log")).await;
    let shopped = run(&["demo", "--provider", "all", "--orders", "25"], &running.addresses);
    assert!(shopped.status.success(), "{}", String::from_utf8_lossy(&shopped.stderr));
    drop(running);

    let store = SqliteStore::open(&data.join("ordain.db"), &vault()).await.unwrap();
    let (orders, accounts) = (rows(&store, "order").await, rows(&store, "account").await);
    for provider in PROVIDERS {
        let of_provider = |row: &&RunRow| row.attributes.owner.ends_with(provider);
        // The longest has seen most.
        let order = orders.iter().filter(of_provider).max_by_key(|row| row.seq).unwrap();
        keep(&store, &format!("{provider}-order"), order).await;
    }
    keep(&store, "account", accounts.first().unwrap()).await;
    store.close().await;
}

async fn rows(store: &SqliteStore, workflow: &str) -> Vec<RunRow> {
    let query = RunQuery { workflow: Some(workflow.into()), limit: 1_000, ..RunQuery::default() };
    store.runs(&query).await.unwrap()
}

async fn keep(store: &SqliteStore, name: &str, row: &RunRow) {
    let golden = Golden::of(store, row.run).await.unwrap();
    std::fs::write(folder().join(format!("{name}.history")), golden.to_string()).unwrap();
}

#[tokio::test]
async fn what_earlier_builds_decided_is_decided_again() {
    if std::env::var_os("ORDAIN_TEST_BLESS").is_some() {
        record().await;
    }
    let registry = Registry::new().workflow::<OrderWorkflow>().workflow::<AccountWorkflow>();
    let mut names = PROVIDERS.map(|provider| format!("{provider}-order")).to_vec();
    names.push("account".to_owned());
    for name in names {
        let text = std::fs::read_to_string(folder().join(format!("{name}.history"))).unwrap();
        let golden: Golden = text.parse().unwrap();
        assert_eq!(golden.replay(&registry, &vault()).unwrap(), None, "{name}");
    }
}
