//! What every source file owes its reader: an opening, an end in sight, and a reason for every exception.

use super::{folders, none};

/// A file is read by somebody tired, looking for one thing.
const LINES_MAX: usize = 400;
/// Files that were longer before, one path on a line. It may only shrink.
const LONG_FILES: &str = include_str!("long_files.txt");

#[test]
fn every_file_says_what_it_is() {
    let files = folders::files(&[".rs"]);
    let offences = files.iter().filter(|file| !file.text.starts_with("//! "));
    none(
        "the first line is `//! `: what this is, and never is",
        offences.map(|file| file.path.clone()).collect(),
    );
}

#[test]
fn files_end_within_sight() {
    let files = folders::files(&[".rs", ".proto", ".sql"]);
    let listed: Vec<&str> = LONG_FILES.lines().filter(|line| !line.is_empty()).collect();
    let mut offences: Vec<String> = Vec::new();
    for file in &files {
        let (lines, is_listed) = (file.text.lines().count(), listed.contains(&file.path.as_str()));
        match lines > LINES_MAX {
            true if !is_listed => {
                offences.push(format!("{}: {lines} lines, of {LINES_MAX}: split it", file.path))
            }
            false if is_listed => {
                offences.push(format!("{}: {lines} lines now: take it off long_files.txt", file.path))
            }
            _ => {}
        }
    }
    let gone = listed.iter().filter(|path| files.iter().all(|file| file.path != **path));
    offences.extend(gone.map(|path| format!("{path}: is gone: take it off long_files.txt")));
    none("files end within sight", offences);
}

#[test]
fn every_silenced_lint_has_its_reason() {
    let files = folders::files(&[".rs"]);
    let offences = files.iter().flat_map(|file| {
        let silenced =
            attributes(&file.text).filter(|(_, text)| text.contains("allow(") || text.contains("expect("));
        let bare = silenced.filter(|(_, text)| !text.contains("reason ="));
        bare.map(|(line, text)| format!("{}:{line}: {text}", file.path)).collect::<Vec<_>>()
    });
    none("write #[expect(…, reason = \"…\")]", offences.collect());
}

/// Every attribute that begins a line, to its closing bracket, with the number of that line.
fn attributes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut starts = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        let start = starts;
        starts += line.len();
        (start, line)
    });
    lines.enumerate().filter_map(move |(index, (start, line))| {
        let is_one = ["#[", "#!["].iter().any(|mark| line.trim_start().starts_with(mark));
        // An attribute of several lines ends with its bracket alone on one, so formatted it is.
        let rest = &text[start..];
        let end = rest.find("]\n").map_or(rest.len(), |end| end + 1);
        is_one.then(|| (index + 1, rest[..end].trim()))
    })
}

#[test]
fn attributes_of_several_lines_are_seen_whole() {
    let text = "fn f() {}\n#[expect(\n    dead_code,\n    reason = \"later\"\n)]\nfn g() {}\n";
    assert_eq!(
        attributes(text).collect::<Vec<_>>(),
        [(2, "#[expect(\n    dead_code,\n    reason = \"later\"\n)]")]
    );
}

#[test]
fn everything_put_off_has_an_issue() {
    // Written apart, so that these lines are not found.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let files = folders::files(&[".rs", ".proto", ".sql", ".toml", ".md", "test", "run"]);
    let offences = files.iter().flat_map(|file| {
        let lines = (1..).zip(file.text.lines());
        let marked =
            lines.filter(|(_, line)| words(line).any(|word| marks.contains(&word)) && !names_issue(line));
        marked.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())).collect::<Vec<_>>()
    });
    none("what is put off names its issue: #12", offences.collect());
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

fn names_issue(line: &str) -> bool {
    line.match_indices('#').any(|(at, _)| line[at + 1..].starts_with(|digit: char| digit.is_ascii_digit()))
}
