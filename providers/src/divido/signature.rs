//! Divido's shared-secret signature: HMAC-SHA256 in base64, in one header, of requests and of webhooks.
//!
//! ```text
//! request   path?parameters — a POST's parameters are its body; without any, the path alone
//! webhook   the raw body
//! ```

use super::SPEC;
use crate::form::with_indexes;
use crate::hmac::{base64_code, same};
use crate::signing::{compared, contradictions, text, text_if_any};
use crate::{Checked, Description, DescriptionError, MessageKind, Signed};

/// What is signed of a request.
pub(super) fn string_of(path: &str, params: &str) -> String {
    if params.is_empty() { path.to_owned() } else { format!("{path}?{params}") }
}

/// Signs what people describe.
pub(super) fn sign(kind: MessageKind, described: &Description) -> Result<Signed, DescriptionError> {
    let secret = text(described, &["secret"], "the shared secret")?;
    let string = match kind {
        MessageKind::Request => requested(described)?,
        MessageKind::Webhook => text(described, &["body"], "the raw body")?.to_owned(),
        MessageKind::Reply => {
            let instead = "replies are trusted as far as TLS goes";
            return Err(DescriptionError::NotSigned { provider: SPEC.id, instead });
        }
    };
    Ok(signed(secret, string))
}

fn signed(secret: &str, string: String) -> Signed {
    let signature = base64_code(secret, &[string.as_bytes()]);
    Signed { string: string.into_bytes(), signature }
}

/// What the official client signs: it writes the indexes of lists out, whatever its URL says.
fn requested(described: &Description) -> Result<String, DescriptionError> {
    let uri = text(described, &["request_uri"], "path and query, without the host")?;
    let body = text_if_any(described, &["body"])?.unwrap_or_default();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    Ok(string_of(path, &if body.is_empty() { with_indexes(query) } else { body.to_owned() }))
}

/// Checks what people describe. A request may also be signed as its URL says, or with the `?` that older clients leave
/// where no parameters follow.
pub(super) fn verify(kind: MessageKind, described: &Description) -> Result<Checked, DescriptionError> {
    let given = text(described, &["value", "signature"], "what X-DIVIDO-HMAC-SHA256 says")?;
    let mut best = sign(kind, described)?;
    if kind == MessageKind::Request {
        let secret = text(described, &["secret"], "the shared secret")?;
        let uri = text(described, &["request_uri"], "path and query, without the host")?;
        let bare = text_if_any(described, &["body"])?.unwrap_or_default().is_empty();
        let others = [uri.to_owned(), format!("{uri}?")].into_iter().filter(|_| bare);
        best = others
            .map(|string| signed(secret, string))
            .find(|other| same(&other.signature, given))
            .unwrap_or(best);
    }
    let string = String::from_utf8_lossy(&best.string);
    let findings = contradictions(described, &[("signed_string", "the signed string", &string)])?;
    Ok(compared(best, given, findings))
}
