//! Names that say nothing, and the file name that twenty tabs would share.

use super::{folders, none};

/// They grow because nobody owns them: name the thing instead.
const FORBIDDEN: [&str; 8] = ["util", "utils", "helper", "helpers", "manager", "managers", "data", "mod"];

#[test]
fn files_and_folders_are_named_for_what_they_hold() {
    let files = folders::files(&[".rs", ".proto"]);
    let offences = files.iter().filter(|file| {
        let stem = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem);
        stem.split('/').any(|part| FORBIDDEN.contains(&part))
    });
    none(
        "name the noun (`foo.rs` + `foo/`, never `mod.rs`)",
        offences.map(|file| file.path.clone()).collect(),
    );
}

#[test]
fn modules_are_named_for_what_they_hold() {
    let files = folders::files(&[".rs"]);
    let offences = files.iter().flat_map(|file| {
        let named = file.text.lines().filter_map(module).filter(|name| FORBIDDEN.contains(name));
        named.map(|name| format!("{}: mod {name}", file.path))
    });
    none("name the noun", offences.collect());
}

/// The module that a line declares, if it does.
fn module(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("mod ")?;
    let declares = before.is_empty() || (before.starts_with("pub") && before.ends_with(' '));
    let name = after.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()?;
    declares.then_some(name)
}

#[test]
fn declared_modules_are_seen() {
    assert_eq!(module("pub(crate) mod helpers {"), Some("helpers"));
    assert_eq!(module("mod data;"), Some("data"));
    assert_eq!(module("// a mod utils"), None);
}
