//! divit's two signatures, both HMAC-SHA256 under the branch's signature key, in base64.
//!
//! ```text
//! event        X-DIVIT-SIGNATURE: t=<unix seconds>,s1=<code of "t.body">
//! signed link  …&signature=<code of "timestamp:path?query", without these two>&timestamp=<unix seconds>
//! ```

use super::SPEC;
use super::table::EVENT_PROOF;
use crate::hmac::base64_code;
use crate::signing::{compared, contradictions, text, text_if_any};
use crate::{Account, Checked, Description, DescriptionError, MessageKind, Signed};
use percent_encoding::percent_decode_str;
use serde_json::Value;

const KEY: [&str; 2] = ["signatureKey", "signature_key"];

/// When an event with this header was signed for the account, if it was: `t` in seconds.
pub(super) fn signed_at(header: &str, account: &Account, body: &[u8]) -> Option<i64> {
    // The code ends in `=`, so only the first comma and the marks in front divide.
    let (t, code) = header.split_once(',')?;
    let (t, code) = (t.trim().strip_prefix("t=")?, code.trim().strip_prefix("s1=")?);
    let proven = EVENT_PROOF.holds(account, &[t.as_bytes(), b".", body].concat(), code);
    let is_time = t.bytes().all(|byte| byte.is_ascii_digit());
    t.parse().ok().filter(|_| proven && is_time)
}

/// Signs what people describe: an event, or a signed link.
pub(super) fn sign(kind: MessageKind, described: &Description) -> Result<Signed, DescriptionError> {
    let key = text(described, &KEY, "the branch's signature key")?;
    match kind {
        MessageKind::Webhook => {
            let body = text(described, &["body"], "the event's body as it is sent")?;
            let t = timestamp(described)?;
            let code = base64_code(key, &[t.as_bytes(), b".", body.as_bytes()]);
            Ok(Signed { string: format!("{t}.{body}").into_bytes(), signature: format!("t={t},s1={code}") })
        }
        MessageKind::Request => {
            let url =
                text(described, &["url_path"], "path and query of a signed link; API calls carry `api-key`")?;
            let string = format!("{}:{}", timestamp(described)?, Link::of(url).signed);
            let signature = base64_code(key, &[string.as_bytes()]);
            Ok(Signed { string: string.into_bytes(), signature })
        }
        MessageKind::Reply => Err(DescriptionError::NotSigned {
            provider: SPEC.id,
            instead: "replies are trusted as far as TLS goes",
        }),
    }
}

/// Checks what people describe.
pub(super) fn verify(kind: MessageKind, described: &Description) -> Result<Checked, DescriptionError> {
    let signed = sign(kind, described)?;
    let given = match kind {
        MessageKind::Webhook => {
            text(described, &["value", "signature"], "what X-DIVIT-SIGNATURE says")?.to_owned()
        }
        MessageKind::Request | MessageKind::Reply => {
            let named = text_if_any(described, &["signature_base64", "signature"])?.map(str::to_owned);
            let url = text_if_any(described, &["url_path"])?.unwrap_or_default();
            named.or(Link::of(url).signature).ok_or(DescriptionError::Missing {
                field: "signature_base64",
                about: "the link's signature, here or in `url_path`",
            })?
        }
    };
    let string = String::from_utf8_lossy(&signed.string);
    let findings = contradictions(described, &[("signed_string", "the signed string", &string)])?;
    Ok(compared(signed, &given, findings))
}

/// As a number or as its digits; where the description has none of its own, what the header says.
fn timestamp(described: &Description) -> Result<String, DescriptionError> {
    match described.get("timestamp") {
        Some(Value::String(digits)) => Ok(digits.clone()),
        Some(Value::Number(seconds)) if seconds.is_i64() => Ok(seconds.to_string()),
        Some(_) => {
            let why = "must be whole seconds, as a number or as its digits".to_owned();
            Err(DescriptionError::Invalid { field: "timestamp", why })
        }
        None => {
            let header = text_if_any(described, &["value", "signature"])?;
            let said = header.and_then(|header| header.trim().strip_prefix("t=")?.split(',').next());
            let about = "when it is signed, in unix seconds";
            said.map(str::to_owned).ok_or(DescriptionError::Missing { field: "timestamp", about })
        }
    }
}

/// A signed link, taken apart.
struct Link {
    /// Without signature and timestamp.
    signed: String,
    signature: Option<String>,
}

impl Link {
    fn of(url: &str) -> Self {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let is_proof = |pair: &&str| pair.starts_with("signature=") || pair.starts_with("timestamp=");
        let rest: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_proof(pair)).collect();
        let found = query.split('&').find_map(|pair| pair.strip_prefix("signature="));
        let signed = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
        let signature = found.map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
        Self { signed, signature }
    }
}
