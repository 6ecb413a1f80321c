//! Signatures for people who integrate: what exactly is signed, and why a signature is wrong.

use super::unknown;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Paint};
use ordain_providers::{Checked, Description, DescriptionError, MessageKind, Provider};
use serde_json::json;
use std::io::Read;
use std::process::ExitCode;

/// Where the description comes from.
pub(super) const SIGN_HELP: &str = "The description is one JSON object; its fields are those of the provider's \
    vectors.json.\nExample: echo '{\"signatureKey\":\"key\",\"timestamp\":1660000000,\"body\":\"{}\"}' \
    | ordain provider sign divit --webhook";
/// Where the description comes from, with the signature in it.
pub(super) const VERIFY_HELP: &str = "The description is one JSON object, the signature to check in it; its fields are \
    those of the provider's vectors.json.\nExample: ordain provider verify kredivo --reply < reply.json";

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
        output.line(string);
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
        output.line(string);
        for finding in &checked.findings {
            output.line(finding);
        }
        if let Some(expected) = &checked.expected {
            output.line(expected);
        }
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The description on standard input.
fn description() -> Result<Description, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::Usage(format!("standard input cannot be read: {error}")))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::Usage(format!("standard input is no JSON object: {error}")))
}

fn refused(error: DescriptionError) -> Failure {
    Failure::Failed(error.to_string())
}
