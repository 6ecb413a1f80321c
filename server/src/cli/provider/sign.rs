//! Signatures for people who integrate: what exactly is signed, and why a signature is wrong.

use super::{described, unknown};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Paint};
use ordain_providers::{Checked, Description, DescriptionError, MessageKind, Provider};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

/// Where the description comes from, and what stands in it.
pub(super) fn sign_help() -> String {
    format!(
        "The description is one JSON object with the fields below.\n\
        Example: echo '{{\"signatureKey\":\"key\",\"timestamp\":1660000000,\"body\":\"{{}}\"}}' \
        | ordain provider sign divit --webhook\n\n{}",
        described::help()
    )
}

/// Where the description comes from, with the signature in it.
pub(super) fn verify_help() -> String {
    format!(
        "The description is one JSON object with the fields below, the signature to check among them. What must have been \
        signed is printed first, then what differs, and on the last line the signature as it should be. An RSA signature \
        that is wrong has no such line, unless the signer's private key is described: nobody else can make it.\n\
        Example: echo '{{\"signatureKey\":\"key\",\"body\":\"{{}}\",\"value\":\"t=1660000000,s1=…\"}}' \
        | ordain provider verify divit --webhook\n\n{}",
        described::help()
    )
}

/// Which message.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The provider's id
    provider: String,
    /// It is what the provider sends unasked [default: what we send]
    #[arg(long)]
    webhook: bool,
    /// It is what comes back on a request [default: what we send]
    #[arg(long, conflicts_with = "webhook")]
    reply: bool,
}

impl Args {
    const fn kind(&self) -> MessageKind {
        match (self.webhook, self.reply) {
            (true, _) => MessageKind::Webhook,
            (_, true) => MessageKind::Reply,
            _ => MessageKind::Request,
        }
    }

    fn provider(&self) -> Result<&'static Provider, Failure> {
        ordain_providers::find(&self.provider).ok_or_else(|| unknown(&self.provider))
    }
}

/// Prints what is signed, and the signature on the last line.
pub(super) fn sign(output: &Output, args: &Args) -> Result<(), Failure> {
    let signed = args.provider()?.sign(args.kind(), &description()?).map_err(refused)?;
    let string = String::from_utf8_lossy(&signed.string);
    if output.json {
        output.line(json!({"string": string, "signature": signed.signature}));
    } else {
        output.line(fit_for(std::io::stdout().is_terminal(), &string));
        output.line(signed.signature);
    }
    Ok(())
}

/// Prints what must have been signed, what differs, and on the last line the signature as it should be.
pub(super) fn verify(output: &Output, args: &Args) -> Result<ExitCode, Failure> {
    let checked = args.provider()?.verify(args.kind(), &description()?).map_err(refused)?;
    Ok(tell(output, &checked, "genuine", "not genuine"))
}

/// Makes or opens a splash key: what is sealed, what differs, and the result on the last line.
pub(super) fn splash_key(
    output: &Output,
    act: fn(&Description) -> Result<Checked, DescriptionError>,
) -> Result<ExitCode, Failure> {
    let checked = act(&description()?).map_err(refused)?;
    Ok(tell(output, &checked, "done", "not as described"))
}

fn tell(output: &Output, checked: &Checked, good: &str, bad: &str) -> ExitCode {
    let well = checked.findings.is_empty();
    let string = String::from_utf8_lossy(&checked.string);
    if output.json {
        let Checked { expected, findings, .. } = checked;
        output.line(json!({"string": string, "expected": expected, "findings": findings, "well": well}));
    } else {
        let (paint, verdict) = if well { (Paint::Good, good) } else { (Paint::Bad, bad) };
        output.note(output.paint(paint, verdict));
        output.line(fit_for(std::io::stdout().is_terminal(), &string));
        for finding in &checked.findings {
            output.line(finding);
        }
        if let Some(expected) = &checked.expected {
            output.line(fit_for(std::io::stdout().is_terminal(), expected));
        }
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The exact bytes for a file or a program; before a person, without those that would move the cursor or repaint the
/// screen: a stranger may have written them.
fn fit_for(is_terminal: bool, text: &str) -> Cow<'_, str> {
    let is_loud = |letter: char| letter.is_control() && letter != '\n';
    if !is_terminal || !text.contains(is_loud) {
        return Cow::Borrowed(text);
    }
    let escaped =
        |letter: char| if is_loud(letter) { letter.escape_default().to_string() } else { letter.into() };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// A JSON object none of whose names stands twice: which of the two would count, is nobody's guess.
struct Once(Description);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Once;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("one JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
                let mut members = Description::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.contains_key(&name) {
                        return Err(A::Error::custom(format!("`{name}` stands there twice")));
                    }
                    members.insert(name, value);
                }
                Ok(Once(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The description on standard input.
fn description() -> Result<Description, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::Usage(format!("standard input cannot be read: {error}")))?;
    let read = serde_json::from_str::<Once>(&text).map(|once| once.0);
    read.map_err(|error| Failure::Usage(format!("standard input is no description: {error}")))
}

fn refused(error: DescriptionError) -> Failure {
    Failure::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Once, fit_for};

    #[test]
    fn only_a_terminal_is_spared_what_would_move_its_cursor() {
        let text = "a\n\u{1b}[2Jb\r";
        assert_eq!(fit_for(false, text), text);
        assert_eq!(fit_for(true, text), "a\n\\u{1b}[2Jb\\r");
    }

    #[test]
    fn name_that_stands_twice_is_refused() {
        let twice = serde_json::from_str::<Once>(r#"{"body": "a", "body": "b"}"#).err();
        assert!(twice.is_some_and(|error| error.to_string().starts_with("`body` stands there twice")));
    }
}
