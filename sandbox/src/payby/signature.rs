//! PayBy's signatures and encrypted fields, from the integration guide: RSA with SHA-256 over the raw body, base64;
//! fields with PKCS#1 v1.5 padding in blocks, joined, base64 once.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A public key of a merchant's.
pub(crate) struct CheckingKey(Vec<u8>);

impl CheckingKey {
    pub(crate) fn read(text: &str) -> Option<CheckingKey> {
        let der = bytes_of(text)?;
        let key = PublicEncryptingKey::from_der(&der).ok()?;
        (key.key_size_bytes() >= 256).then_some(CheckingKey(der))
    }

    /// Whether the other half signed exactly these bytes.
    pub(crate) fn has_signed(&self, body: &[u8], sign: &str) -> bool {
        let Ok(sign) = STANDARD.decode(sign) else { return false };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0).verify(body, &sign).is_ok()
    }
}

/// A private key of PayBy's.
pub(crate) struct SigningKey {
    pair: RsaKeyPair,
    opens: Pkcs1PrivateDecryptingKey,
}

impl SigningKey {
    pub(crate) fn read(text: &str) -> Option<SigningKey> {
        let pair = RsaKeyPair::from_pkcs8(&bytes_of(text)?).ok()?;
        let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
        let opens =
            Pkcs1PrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(der.as_ref()).ok()?).ok()?;
        Some(SigningKey { pair, opens })
    }

    /// A key that nobody has an account with; made once, when it is first wanted.
    pub(crate) fn strangers() -> &'static SigningKey {
        static STRANGERS: OnceLock<SigningKey> = OnceLock::new();
        STRANGERS.get_or_init(|| {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
            let der: Pkcs8V1Der<'_> = pair.as_der().expect("a new key has a form");
            SigningKey::read(&STANDARD.encode(der.as_ref())).expect("what was written a moment ago is read")
        })
    }

    pub(crate) fn sign(&self, body: &[u8]) -> String {
        let mut sign = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body, &mut sign)
            .expect("the length is the key's");
        STANDARD.encode(sign)
    }

    /// The text of an encrypted field, if it was encrypted for this key.
    pub(crate) fn open(&self, field: &str) -> Option<String> {
        let sealed = STANDARD.decode(field).ok()?;
        let mut text = Vec::new();
        for block in sealed.chunks(self.pair.public_modulus_len()) {
            let mut room = vec![0; self.opens.min_output_size()];
            text.extend_from_slice(self.opens.decrypt(block, &mut room).ok()?);
        }
        String::from_utf8(text).ok()
    }

    pub(crate) fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().expect("a public key has a form");
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> =
            (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let inner: String =
        text.lines().filter(|line| !line.trim_start().starts_with('-')).map(str::trim).collect();
    STANDARD.decode(inner).ok()
}
