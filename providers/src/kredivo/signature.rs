//! DOKU's signature: HMAC-SHA256 over a component of five lines, on requests, replies and notifications alike.
//!
//! ```text
//! Client-Id:…\nRequest-Id:…\nRequest-Timestamp:…\nRequest-Target:<path>\nDigest:<base64(sha256(body))>
//! ```
//!
//! A message without a body has no line for its digest, a reply says `Response-Timestamp`, and nothing ends in a
//! newline. Of a notification the target is the path of our own URL.

use super::table::{PREFIX, SIGNATURE};
use crate::hmac::{base64_code, base64_digest, same};
use crate::signing::{compared, contradictions, text, text_if_any};
use crate::{Account, Checked, Description, DescriptionError, MessageKind, Signed};

/// What one signature is about.
#[derive(Clone, Copy)]
pub(super) struct Signature<'a> {
    pub(super) client_id: &'a str,
    pub(super) request_id: &'a str,
    /// `Request-Timestamp` or `Response-Timestamp`.
    pub(super) clock: &'a str,
    pub(super) time: &'a str,
    /// A path, without the host.
    pub(super) target: &'a str,
    pub(super) body: Option<&'a [u8]>,
}

impl Signature<'_> {
    /// What is signed.
    pub(super) fn component(&self) -> String {
        let Self { client_id, request_id, clock, time, target, body } = self;
        let digest = body.map_or_else(String::new, |body| format!("\nDigest:{}", base64_digest(body)));
        format!(
            "Client-Id:{client_id}\nRequest-Id:{request_id}\n{clock}:{time}\nRequest-Target:{target}{digest}"
        )
    }

    /// Whether a header proves it for the account.
    pub(super) fn is(&self, header: &str, account: &Account) -> bool {
        SIGNATURE.holds(account, self.component().as_bytes(), header)
    }
}

fn code(key: &str, component: &str) -> String {
    format!("{PREFIX}{}", base64_code(key, &[component.as_bytes()]))
}

/// Signs what people describe.
pub(super) fn sign(kind: MessageKind, described: &Description) -> Result<Signed, DescriptionError> {
    let (signature, key) = read(kind, described)?;
    let component = signature.component();
    Ok(Signed { signature: code(key, &component), string: component.into_bytes() })
}

/// Checks what people describe.
pub(super) fn verify(kind: MessageKind, described: &Description) -> Result<Checked, DescriptionError> {
    let (signature, key) = read(kind, described)?;
    let given = text(described, &["wrong_signature", "signature"], "what the header Signature says")?;
    let component = signature.component();
    let mut findings = Vec::new();
    if let Some(body) = signature.body {
        findings.extend(contradictions(described, &[("digest", "the digest", &base64_digest(body))])?);
    }
    findings.extend(contradictions(described, &[("component", "the component", &component)])?);
    findings.extend(slip(given, &component, key));
    Ok(compared(Signed { signature: code(key, &component), string: component.into_bytes() }, given, findings))
}

fn read(kind: MessageKind, described: &Description) -> Result<(Signature<'_>, &str), DescriptionError> {
    let about = "when it is signed, as 2021-07-07T08:45:42Z";
    let (clock, time) = if kind == MessageKind::Reply {
        ("Response-Timestamp", text(described, &["response_timestamp"], about)?)
    } else if described.contains_key("response_timestamp") {
        let why = "belongs to a reply: add --reply".to_owned();
        return Err(DescriptionError::Invalid { field: "response_timestamp", why });
    } else {
        ("Request-Timestamp", text(described, &["request_timestamp"], about)?)
    };
    let signature = Signature {
        client_id: text(described, &["client_id"], "the header Client-Id")?,
        request_id: text(described, &["request_id"], "the header Request-Id")?,
        clock,
        time,
        target: text(described, &["request_target"], "the path, of a notification that of your URL")?,
        body: text_if_any(described, &["body"])?.map(str::as_bytes),
    };
    Ok((signature, text(described, &["secret_key"], "the secret key, from DOKU's back office")?))
}

/// The usual slips, told by their result.
fn slip(given: &str, component: &str, key: &str) -> Option<String> {
    let hosts = ["https://api-sandbox.doku.com", "https://api.doku.com"];
    let strings = [
        ("a newline ends the component", format!("{component}\n")),
        ("lines end in CR LF", component.replace('\n', "\r\n")),
        ("a blank follows the colon of Client-Id", component.replacen(':', ": ", 1)),
        ("a blank follows the colons", component.lines().map(spaced).collect::<Vec<_>>().join("\n")),
        ("the digest carries its algorithm's name", component.replace("\nDigest:", "\nDigest:SHA-256=")),
        ("the target holds the host", component.replace("-Target:", &format!("-Target:{}", hosts[0]))),
        ("the target holds the host", component.replace("-Target:", &format!("-Target:{}", hosts[1]))),
    ];
    let wrong = strings.iter().find(|(_, string)| string != component && same(&code(key, string), given));
    let why = match given.split_once('=') {
        Some((prefix, _)) if format!("{prefix}=") != PREFIX => Some("the prefix is not HMACSHA256="),
        Some((_, rest)) if rest.len() == 64 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Some("the code is in hex, not in base64")
        }
        _ => wrong.map(|(why, _)| *why),
    };
    why.map(|why| format!("a known slip: {why}"))
}

fn spaced(line: &str) -> String {
    line.replacen(':', ": ", 1)
}
