//! Every store has the same migrations, by name.

use super::{folders, none};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_store_has_the_same_migrations() {
    let folder = folders::root().join("migrations");
    let stores = names(&folder);
    assert!(!stores.is_empty(), "migrations/ holds one folder for each store");
    let all: BTreeSet<String> = stores.iter().flat_map(|store| names(&folder.join(store))).collect();
    let missing = stores.iter().flat_map(|store| {
        let has = names(&folder.join(store));
        all.iter()
            .filter(|name| !has.contains(*name))
            .map(|name| format!("migrations/{store}/{name}"))
            .collect::<Vec<_>>()
    });
    none("migrations that another store has", missing.collect());
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("a folder that opens can be read").file_name()
    };
    entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect()
}
