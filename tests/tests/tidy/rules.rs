//! Where an order's rules stand: in `workflows`, which knows providers by their tables alone.

use super::{folders, none};

/// What providers are called, in code and in prose.
const NAMES: [&str; 6] = ["divit", "dividebuy", "divido", "kredivo", "payby", "doku"];

/// What a table says for the rules. Who reads it decides for an order; who declares or shows it does not.
const FOR_THE_RULES: [&str; 7] = [
    ".refund_basis",
    ".unpaid_when",
    ".cancellable_in",
    ".decide_within",
    ".poll_after",
    ".afterlife",
    ".capture ==",
];
/// Tables are declared in `providers`, and shown to people from here.
const MAY_READ: [&str; 4] =
    ["workflows/", "providers/", "server/src/tables.rs", "server/src/cli/provider/show.rs"];

#[test]
fn rules_know_no_provider_by_name() {
    let files = folders::files(&[".rs"]);
    let rules = files.iter().filter(|file| file.path.starts_with("workflows/"));
    let offences = rules.flat_map(|file| {
        let lines = (1..).zip(file.text.lines());
        let named = lines.filter(|(_, line)| {
            let line = line.to_lowercase();
            NAMES.iter().any(|name| line.contains(name))
        });
        named.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())).collect::<Vec<_>>()
    });
    none("a rule reads the provider's table, whoever's it is", offences.collect());
}

#[test]
fn only_the_rules_decide_for_an_order() {
    let files = folders::files(&[".rs"]);
    let others = files.iter().filter(|file| !MAY_READ.iter().any(|place| file.path.starts_with(place)));
    let offences = others.filter(|file| !file.path.contains("tidy/")).flat_map(|file| {
        let lines = (1..).zip(file.text.lines());
        // The API's own message of a table is no table.
        let read = lines.filter(|(_, line)| {
            FOR_THE_RULES.iter().any(|field| line.contains(field)) && !line.contains("_seconds")
        });
        read.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())).collect::<Vec<_>>()
    });
    none("whoever reads what a table says for the rules decides for an order", offences.collect());
}
