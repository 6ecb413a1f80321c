//! Where a secret comes from: a file, the environment or standard input. Never the command line itself, which every
//! process of the machine can read and every shell remembers.

use crate::cli::failure::Failure;
use std::collections::BTreeMap;
use std::io::{BufRead, stdin};

/// A secret's name and where to find it. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretText {
    name: String,
    source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    File(String),
    Environment(String),
    StandardInput,
}

impl std::str::FromStr for SecretText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The message never repeats the text: somebody may have written the secret itself.
        let wrong = || "write NAME=@FILE, NAME=env:VARIABLE or NAME=-".to_owned();
        let (name, source) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
        let source = match (source, source.strip_prefix('@'), source.strip_prefix("env:")) {
            ("-", _, _) => Source::StandardInput,
            (_, Some(file), _) if !file.is_empty() => Source::File(file.to_owned()),
            (_, _, Some(variable)) if !variable.is_empty() => Source::Environment(variable.to_owned()),
            _ => return Err(wrong()),
        };
        Ok(Self { name: name.to_owned(), source })
    }
}

/// Reads all of them; those from standard input take a line each, in the order given.
pub(super) fn read_all(texts: Vec<SecretText>) -> Result<BTreeMap<String, String>, Failure> {
    let mut lines = stdin().lock();
    texts.into_iter().map(|text| Ok((text.name.clone(), read(&text, &mut lines)?))).collect()
}

fn read(text: &SecretText, lines: &mut impl BufRead) -> Result<String, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::Failed(format!("secret {}: {why}", text.name));
    let value = match &text.source {
        Source::File(file) => {
            std::fs::read_to_string(file).map_err(|error| failed(&format!("{file}: {error}")))?
        }
        Source::Environment(variable) => {
            std::env::var(variable).map_err(|_| failed(&format!("{variable} is not set, or no text")))?
        }
        Source::StandardInput => {
            let mut line = String::new();
            lines.read_line(&mut line).map_err(|error| failed(&error))?;
            line
        }
    };
    let value = value.trim_end_matches(['\r', '\n']);
    if value.is_empty() { Err(failed(&"is empty")) } else { Ok(value.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::{SecretText, read};

    #[test]
    fn secret_in_the_clear_is_refused_and_not_repeated() {
        let error = "store_token=hunter2".parse::<SecretText>().unwrap_err();
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn standard_input_gives_a_line_each() {
        let mut lines = "first\nsecond\r\n".as_bytes();
        let secret: SecretText = "store_token=-".parse().unwrap();
        assert_eq!(read(&secret, &mut lines).unwrap(), "first");
        assert_eq!(read(&secret, &mut lines).unwrap(), "second");
        assert!(read(&secret, &mut lines).unwrap_err().to_string().contains("is empty"));
    }

    #[test]
    fn missing_variable_is_named() {
        let secret: SecretText = "a=env:ORDAIN_NO_SUCH_VARIABLE".parse().unwrap();
        let error = read(&secret, &mut "".as_bytes()).unwrap_err();
        assert!(error.to_string().contains("ORDAIN_NO_SUCH_VARIABLE is not set"));
    }
}
