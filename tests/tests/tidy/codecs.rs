//! A provider stays small enough to be read in one sitting.

use super::{folders, none};

/// Lines of code of one provider: without blanks, comments, tests, and the table, which is data.
const CODE_LINES_MAX: usize = 600;

#[test]
fn codecs_are_small() {
    let files = folders::files(&[".rs"]);
    let tables = files.iter().filter_map(|file| file.path.strip_suffix("/table.rs"));
    let ids: Vec<_> = tables.filter_map(|path| path.strip_prefix("providers/src/")).collect();
    assert!(ids.len() >= 5, "the providers are found by their tables: {ids:?}");
    let offences = ids.into_iter().filter_map(|id| {
        let lines: usize = files.iter().filter(|file| is_code_of(id, &file.path)).map(code_lines).sum();
        let why = format!("providers/src/{id}: {lines} lines of code, of {CODE_LINES_MAX}");
        (lines > CODE_LINES_MAX).then_some(why)
    });
    let rule = "what several codecs do belongs to providers/src, and facts to the table";
    none(rule, offences.collect());
}

fn is_code_of(id: &str, path: &str) -> bool {
    let inside = path.strip_prefix("providers/src/").and_then(|path| path.strip_prefix(id));
    let is_table = |path: &str| path == "/table.rs" || path.starts_with("/table/");
    inside.is_some_and(|path| path == ".rs" || path.starts_with('/') && !is_table(path))
}

fn code_lines(file: &folders::File) -> usize {
    let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//")).count()
}

#[test]
fn tables_and_comments_are_no_code() {
    let file = |path: &str| folders::File { path: path.to_owned(), text: String::new() };
    assert!(
        is_code_of("payby", "providers/src/payby.rs") && is_code_of("payby", "providers/src/payby/wire.rs")
    );
    assert!(!is_code_of("payby", "providers/src/payby/table.rs"));
    assert!(!is_code_of("payby", "providers/src/payby/table/codes.rs"));
    assert!(!is_code_of("pay", "providers/src/payby.rs"));
    let text = "//! What.\n\nuse a;\n// Why.\nfn b() {}\n#[cfg(test)]\nmod tests {}\n".to_owned();
    assert_eq!(code_lines(&folders::File { text, ..file("a.rs") }), 2);
}
