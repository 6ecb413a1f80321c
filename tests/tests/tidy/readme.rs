//! The README keeps its word: its paths exist, and every command in it is one that the program understands.

use super::{folders, none};
use std::path::PathBuf;
use std::process::Command;

/// Paths that appear only once something has run.
const MADE_LATER: [&str; 2] = ["ordain-data", "target"];

fn readme() -> String {
    let path = folders::root().join("README.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn paths_in_the_readme_exist() {
    let text = readme();
    let root = folders::root();
    let missing = links(&text).into_iter().chain(paths(&text)).filter(|path| {
        let first = path.split('/').next().unwrap_or_default();
        !MADE_LATER.contains(&first) && !root.join(path).exists()
    });
    none("README.md names paths that do not exist", missing.collect());
}

/// The targets of links into this tree, without their fragments.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    inside.map(|target| target.split('#').next().unwrap_or(target).to_owned()).collect()
}

/// Whatever in code looks like a path: it begins with a folder of ours, or ends like a file or a folder.
fn paths(text: &str) -> Vec<String> {
    let root = folders::root();
    let plain = |word: &&str| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
            && !word.starts_with('/')
    };
    let of_ours = |word: &&str| {
        let first = word.split('/').next().unwrap_or_default();
        let ends = [".rs", ".proto", ".sql", ".toml", ".md", "/"].iter().any(|ending| word.ends_with(ending));
        word.contains('/') && (ends || first.starts_with('.') || root.join(first).is_dir())
    };
    let words = code(text).into_iter().flat_map(|code| code.split_whitespace().collect::<Vec<_>>());
    words.filter(plain).filter(of_ours).map(str::to_owned).collect()
}

/// What stands in fences and between backticks, a line at a time.
fn code(text: &str) -> Vec<&str> {
    let (mut found, mut fenced) = (Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.push(line);
        } else {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}

#[test]
fn commands_in_the_readme_are_understood() {
    let ordain = ordain();
    let text = readme();
    let commands: Vec<Vec<String>> =
        code(&text).into_iter().filter_map(arguments).flat_map(alternatives).collect();
    assert!(!commands.is_empty(), "README.md shows how to run it");
    let refused = commands.into_iter().filter_map(|arguments| {
        let asked = Command::new(&ordain).args(&arguments).arg("--help").output();
        let output = asked.unwrap_or_else(|error| panic!("{}: {error}", ordain.display()));
        let said = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
        (!output.status.success()).then(|| format!("ordain {}: {said}", arguments.join(" ")))
    });
    none("README.md shows commands that the program does not understand", refused.collect());
}

/// The program, as it was built last.
fn ordain() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let built = test.ancestors().nth(2).expect("it lies in target/release/deps").join("ordain");
    assert!(built.exists(), "{} is missing: cargo build --release --workspace", built.display());
    built
}

/// The arguments that a line gives to our program, if it runs it.
fn arguments(line: &str) -> Option<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ");
    let rest = ["cargo run --release -- ", "ordain ", "./target/release/ordain "];
    let rest = rest.iter().find_map(|start| line.strip_prefix(start))?;
    let end = [" | ", " # ", "  ", " > ", " && ", " &"].iter().filter_map(|end| rest.find(end)).min();
    Some(split(&rest[..end.unwrap_or(rest.len())]))
}

/// Words as a shell splits them, as far as a README needs it: quotes of both kinds, and no brackets around options.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in text.chars().chain([' ']) {
        match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, Some(open)) if letter == open => quote = None,
            ('[' | ']', None) => {}
            (' ', None) => words.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    // A placeholder for a number has to be one.
    words.iter().map(|word| if word == "N" { "1".to_owned() } else { word.clone() }).collect()
}

/// `step retry|skip` is two commands.
fn alternatives(arguments: Vec<String>) -> Vec<Vec<String>> {
    let Some(at) = arguments.iter().position(|word| word.contains('|')) else { return vec![arguments] };
    let replaced = |choice: &str| {
        let mut one = arguments.clone();
        choice.clone_into(&mut one[at]);
        one
    };
    arguments[at].split('|').flat_map(|choice| alternatives(replaced(choice))).collect()
}

#[test]
fn commands_are_read_as_a_shell_reads_them() {
    let read = |line| {
        arguments(line)
            .map(|arguments| alternatives(arguments).into_iter().map(|one| one.join("·")).collect::<Vec<_>>())
    };
    assert_eq!(read("$ ordain demo [--orders N]  # fifty").unwrap(), ["demo·--orders·1"]);
    assert_eq!(
        read("ordain step retry|skip X --reason 'not there'").unwrap(),
        ["step·retry·X·--reason·not there", "step·skip·X·--reason·not there"]
    );
    assert_eq!(read("cargo build"), None);
}
