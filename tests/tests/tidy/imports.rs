//! Who may import whom, as the manifests say it. Cargo reads them for us.

use super::{folders, none};
use std::process::Command;

/// Every crate of ours, and what it may have from us, for its tests too.
const MAY_IMPORT: [(&str, &[&str]); 7] = [
    ("ordain-proto", &[]),
    // The stored history's messages, and nothing else: held by the crate's own `use` lines, see below.
    ("ordain-engine", &["ordain-proto"]),
    ("ordain-workflows", &["ordain-engine", "ordain-providers"]),
    ("ordain-providers", &[]),
    // Written from the providers' documents: what it shared with our codecs it could not find wrong.
    ("ordain-sandbox", &[]),
    ("ordain", &["ordain-proto", "ordain-engine", "ordain-workflows", "ordain-providers", "ordain-sandbox"]),
    (
        "ordain-tests",
        &[
            "ordain",
            "ordain-proto",
            "ordain-engine",
            "ordain-workflows",
            "ordain-providers",
            "ordain-sandbox",
        ],
    ),
];

#[test]
fn crates_import_only_what_lies_below_them() {
    let mut offences = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().expect("a package has a name").to_owned();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(known, _)| *known == name) else {
            offences.push(format!("{name} is new: say in tests/tests/tidy/imports.rs what it may import"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().expect("a package has dependencies");
        let ours = dependencies.iter().filter_map(|dependency| dependency["name"].as_str());
        let ours = ours.filter(|name| MAY_IMPORT.iter().any(|(known, _)| known == name));
        offences.extend(
            ours.filter(|import| !allowed.contains(import)).map(|import| format!("{name} has {import}")),
        );
    }
    none("imports against the direction", offences);
}

#[test]
fn engine_takes_only_the_history_from_the_contract() {
    let files = folders::files(&[".rs"]);
    let engine = files.iter().filter(|file| file.path.starts_with("engine/"));
    let offences = engine.flat_map(|file| {
        let uses = file.text.lines().filter(|line| line.contains("ordain_proto::"));
        uses.filter(|line| !line.contains("ordain_proto::history"))
            .map(|line| format!("{}: {line}", file.path))
    });
    none("the engine knows no orders and no accounts", offences.collect());
}

fn packages() -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline", "--locked"])
        .current_dir(folders::root())
        .output()
        .expect("cargo runs: it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("a workspace has packages").clone()
}
