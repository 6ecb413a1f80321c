//! The file of `--accounts`: `{"divit": [{…}], …}`, a list of accounts for each provider.

use crate::cli::failure::Failure;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// One account of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed {
    /// Whose.
    pub kind: &'static str,
    /// Where it stands, for whoever has to correct it: `accounts.json: divit[1]`.
    pub place: String,
    /// As the simulator takes it.
    pub account: Value,
}

/// Reads the file.
///
/// # Errors
/// [`Failure::Usage`] when it cannot be read, or is no such file.
pub fn read(path: &Path) -> Result<Vec<Listed>, Failure> {
    let shown = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|error| Failure::Usage(format!("cannot read {shown}: {error}")))?;
    parsed(&shown, &bytes).map_err(|why| Failure::Usage(format!("{shown}: {why}")))
}

fn parsed(shown: &str, bytes: &[u8]) -> Result<Vec<Listed>, String> {
    // The parser's own message could quote a key.
    let lists: BTreeMap<String, Value> = serde_json::from_slice(bytes)
        .map_err(|error| format!("line {} is no part of {{\"PROVIDER\": [{{…}}], …}}", error.line()))?;
    let mut listed = Vec::new();
    for (id, list) in lists {
        let kind = super::named(&id)?.id;
        let Value::Array(accounts) = list else {
            return Err(format!("`{id}` is a list of accounts, [{{…}}], also where it has only one"));
        };
        let placed = accounts.into_iter().enumerate();
        listed.extend(placed.map(|(at, account)| Listed {
            kind,
            place: format!("{shown}: {kind}[{at}]"),
            account,
        }));
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::{Listed, parsed};
    use serde_json::json;

    #[test]
    fn every_account_knows_its_place_in_the_file() {
        let file = json!({"divit": [{"a": 1}, {"b": 2}], "kredivo": []}).to_string();
        let place = |at: usize| format!("f: divit[{at}]");
        let first = Listed { kind: "divit", place: place(0), account: json!({"a": 1}) };
        let second = Listed { kind: "divit", place: place(1), account: json!({"b": 2}) };
        assert_eq!(parsed("f", file.as_bytes()), Ok(vec![first, second]));
    }

    #[test]
    fn what_is_no_list_of_accounts_is_refused_by_name() {
        for (file, because) in [
            (r#"{"divit": {"api_key": "dvt_1"}}"#, "`divit` is a list of accounts"),
            (r#"{"nobody": []}"#, "`nobody` is not simulated"),
            ("{\n\"divit\": dvt_1}", "line 2"),
            ("[]", "line 1"),
        ] {
            let why = parsed("f", file.as_bytes()).expect_err(file);
            assert!(why.contains(because) && !why.contains("dvt_1"), "{why}");
        }
    }
}
