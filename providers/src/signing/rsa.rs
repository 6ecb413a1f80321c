//! Described messages that are signed with RSA, and fields that are encrypted for one reader.
//!
//! ```text
//! body or string                         what is signed, as text
//! private_pem_pkcs8, public_pem_spki     the keys; the worked vectors keep them in `fresh_key`
//! sign                                   the signature to check
//! ciphertext_b64, plaintext              an encrypted field, which the private key opens, and what it should hold
//! ```

use super::{Checked, Description, DescriptionError, Signed, text, text_if_any};
use crate::hmac::hex_digest;
use crate::rsa::{CheckingKey, KeyError, SigningKey};
use serde_json::Value;

const PRIVATE: &str = "private_pem_pkcs8";
const PUBLIC: &str = "public_pem_spki";
const SEALED: &str = "ciphertext_b64";

/// Signs `body` or `string` with the private key.
pub(crate) fn sign(provider: &'static str, described: &Description) -> Result<Signed, DescriptionError> {
    let described = &flat(described);
    if described.contains_key(SEALED) {
        let instead = "fields are encrypted with its public key and random padding; `verify` opens them";
        return Err(DescriptionError::NotSigned { provider, instead });
    }
    let message = message(described)?;
    let key = text(described, &[PRIVATE], "the signer's key")?;
    let signature = SigningKey::read(key).map_err(|error| unusable(PRIVATE, error))?.sign(message.as_bytes());
    Ok(Signed { string: message.as_bytes().to_vec(), signature })
}

/// Checks the signature, or opens the encrypted field.
pub(crate) fn verify(described: &Description) -> Result<Checked, DescriptionError> {
    let described = &flat(described);
    let private = text_if_any(described, &[PRIVATE])?.map(SigningKey::read).transpose();
    let private = private.map_err(|error| unusable(PRIVATE, error))?;
    if let Some(sealed) = text_if_any(described, &[SEALED])? {
        text(described, &[PRIVATE], "the key that opens the field")?;
        return opened(described, private.and_then(|key| key.open(sealed)));
    }
    let message = message(described)?;
    let public = match &private {
        Some(key) if !described.contains_key(PUBLIC) => key.public(),
        _ => CheckingKey::read(text(described, &[PUBLIC], "the signer's key")?)
            .map_err(|error| unusable(PUBLIC, error))?,
    };
    let given = text(described, &["sign", "sign_fresh_key"], "the header's value")?;
    let mut findings = Vec::new();
    if !public.has_signed(message.as_bytes(), given) {
        findings.push("`sign` is not this key's signature over these bytes".to_owned());
        // Most wrong signatures are signatures over other bytes.
        let digest = hex_digest(message.as_bytes());
        let other = text_if_any(described, &["body_sha256_hex"])?.filter(|said| *said != digest);
        let why = format!("`body` has the digest {digest}, not the one in `body_sha256_hex`");
        findings.extend(other.map(|_| why));
    }
    // Nobody but the signer can make another one; a genuine one is known, since there is one for a key and its bytes.
    let known = findings.is_empty().then(|| given.to_owned());
    let expected = private.map(|key| key.sign(message.as_bytes())).or(known);
    Ok(Checked { string: message.as_bytes().to_vec(), expected, findings })
}

fn opened(described: &Description, plain: Option<Vec<u8>>) -> Result<Checked, DescriptionError> {
    let said = text_if_any(described, &["plaintext"])?.map(str::as_bytes);
    let finding = match &plain {
        None => Some("`ciphertext_b64` does not open with this key"),
        Some(plain) => {
            said.filter(|said| said != plain).map(|_| "the field holds another text than `plaintext`")
        }
    };
    let findings = finding.map(str::to_owned).into_iter().collect();
    Ok(Checked { string: plain.unwrap_or_default(), expected: None, findings })
}

/// The description with its keys beside the rest.
fn flat(described: &Description) -> Description {
    let keys = described.get("fresh_key").and_then(Value::as_object).cloned().unwrap_or_default();
    keys.into_iter().chain(described.clone()).collect()
}

fn message(described: &Description) -> Result<&str, DescriptionError> {
    text(described, &["body", "string"], "the exact bytes, as text")
}

fn unusable(field: &'static str, error: KeyError) -> DescriptionError {
    DescriptionError::Invalid { field, why: error.to_string() }
}
