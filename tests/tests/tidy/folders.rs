//! The tree: where its root is, and every file of ours in it.

use std::path::{Path, PathBuf};

/// What is made and not written.
const NOT_OURS: [&str; 3] = ["target", "ordain-data", ".git"];

/// A file's path from the root, with slashes, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests are a folder of the workspace").to_owned()
}

/// Every file below the root whose name ends so, in order.
pub(crate) fn files(endings: &[&str]) -> Vec<File> {
    let mut paths = Vec::new();
    walk(&root(), &mut paths);
    paths.retain(|path| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> File {
    let inside = path.strip_prefix(root()).expect("it was found there");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    File { path: inside.to_string_lossy().replace('\\', "/"), text }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder that opens can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.is_dir() {
            true if !NOT_OURS.contains(&name.as_str()) => walk(&path, found),
            true => {}
            false => found.push(path),
        }
    }
}

#[test]
fn tree_is_found() {
    assert!(files(&[".rs"]).iter().any(|file| file.path == "engine/src/lib.rs"));
}
