//! Messages described in JSON, for people who integrate: `body`, `sign`, and keys as in the worked vectors.
//!
//! Requests, replies and notifications are signed alike. `string` in place of `body` is the text that an app's
//! PayBy software wants signed; `ciphertext_b64` beside a private key is an encrypted field, which is opened.

use super::SPEC;
use crate::rsa::{CheckingKey, SigningKey};
use crate::{Checked, Description, DescriptionError, Signed};
use sha2::{Digest, Sha256};
use std::fmt::Write;

const PRIVATE: &str = "private_pem_pkcs8";
const PUBLIC: &str = "public_pem_spki";

/// Signs `body` or `string` with the private key.
pub(super) fn sign(described: &Description) -> Result<Signed, DescriptionError> {
    if described.contains_key("ciphertext_b64") {
        let instead = "fields are encrypted with PayBy's public key and random padding; `verify` opens them";
        return Err(DescriptionError::NotSigned { provider: SPEC.id, instead });
    }
    let message = message(described)?;
    let signature =
        private(described)?.ok_or(missing(PRIVATE, "the merchant's key"))?.sign(message.as_bytes());
    Ok(Signed { string: message.as_bytes().to_vec(), signature })
}

/// Checks the signature, or opens the encrypted field.
pub(super) fn verify(described: &Description) -> Result<Checked, DescriptionError> {
    let private = private(described)?;
    if let Some(sealed) = text(described, "ciphertext_b64") {
        let key = private.ok_or(missing(PRIVATE, "the key that opens the field"))?;
        return Ok(opened(described, key.open(sealed)));
    }
    let message = message(described)?;
    let public = match text(described, PUBLIC) {
        Some(pem) => Some(CheckingKey::read(pem).map_err(|error| invalid(PUBLIC, &error.to_string()))?),
        None => private.as_ref().map(SigningKey::public),
    };
    let public = public.ok_or(missing(PUBLIC, "the signer's key"))?;
    let given = text(described, "sign").or_else(|| text(described, "sign_fresh_key"));
    let given = given.ok_or(missing("sign", "the header's value"))?;
    let mut findings = Vec::new();
    if !public.has_signed(message.as_bytes(), given) {
        findings.push("`sign` is not this key's signature over these bytes".to_owned());
        findings.extend(differing_digest(described, message));
    }
    let expected = private.map(|key| key.sign(message.as_bytes()));
    Ok(Checked { string: message.as_bytes().to_vec(), expected, findings })
}

fn opened(described: &Description, plain: Option<Vec<u8>>) -> Checked {
    let mut findings = Vec::new();
    match (&plain, text(described, "plaintext")) {
        (None, _) => findings.push("`ciphertext_b64` does not open with this key".to_owned()),
        (Some(plain), Some(said)) if plain != said.as_bytes() => {
            findings.push("the field holds another text than `plaintext`".to_owned());
        }
        _ => {}
    }
    Checked { string: plain.unwrap_or_default(), expected: None, findings }
}

/// Most wrong signatures are signatures over other bytes.
fn differing_digest(described: &Description, message: &str) -> Option<String> {
    let said = text(described, "body_sha256_hex")?;
    let mut digest = String::new();
    for byte in Sha256::digest(message) {
        // Writing to a string cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    (digest != said).then(|| format!("`body` has the digest {digest}, not the one in `body_sha256_hex`"))
}

fn message(described: &Description) -> Result<&str, DescriptionError> {
    let found = text(described, "body").or_else(|| text(described, "string"));
    found.ok_or(missing("body", "the exact bytes, as text"))
}

fn private(described: &Description) -> Result<Option<SigningKey>, DescriptionError> {
    let read = text(described, PRIVATE).map(SigningKey::read).transpose();
    read.map_err(|error| invalid(PRIVATE, &error.to_string()))
}

/// A text, beside the others or among the keys in `fresh_key`.
fn text<'a>(described: &'a Description, field: &str) -> Option<&'a str> {
    let keys = described.get("fresh_key").and_then(serde_json::Value::as_object);
    described.get(field).or_else(|| keys?.get(field))?.as_str()
}

const fn missing(field: &'static str, about: &'static str) -> DescriptionError {
    DescriptionError::Missing { field, about }
}

fn invalid(field: &'static str, why: &str) -> DescriptionError {
    DescriptionError::Invalid { field, why: why.to_owned() }
}
