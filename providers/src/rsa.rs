//! RSA as payment providers use it: signatures of PKCS#1 v1.5 with SHA-256, and fields encrypted for one reader.
//!
//! Signing is aws-lc's, in constant time: a private key must not leak through how long it takes, and TLS links
//! aws-lc anyhow. Encrypting is done with public keys alone, and its random padding is made from recorded entropy, so
//! that a retry says the same bytes.

use crate::{Account, EncodeError};
use ::rsa::pkcs1::DecodeRsaPublicKey;
use ::rsa::pkcs8::DecodePublicKey;
use ::rsa::rand_core::{CryptoRng, Error as NoDice, RngCore, impls};
use ::rsa::traits::PublicKeyParts;
use ::rsa::{Pkcs1v15Encrypt, RsaPublicKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Bytes that PKCS#1 v1.5 needs of every block for itself.
const PADDING_BYTES: usize = 11;

/// Why a key is of no use: fix the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA key of 2048 bits or more in PEM or base64")]
pub(crate) struct KeyError;

/// A private key; it signs.
pub(crate) struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// The private key that is a secret of the account.
    pub(crate) fn of(account: &Account, field: &'static str) -> Result<Self, EncodeError> {
        Self::read(account.secret(field)?).map_err(|_| EncodeError::AccountIncomplete { field })
    }

    /// Reads PKCS#8, as PEM or as the base64 within.
    pub(crate) fn read(text: &str) -> Result<Self, KeyError> {
        RsaKeyPair::from_pkcs8(&der(text)?).map(Self).map_err(|_| KeyError)
    }

    /// The signature in base64. The same message has the same one, always.
    pub(crate) fn sign(&self, message: &[u8]) -> String {
        let mut signature = vec![0; self.0.public_modulus_len()];
        // This padding takes no randomness; the generator only satisfies the signature of the call.
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .expect("the buffer has the key's own length");
        STANDARD.encode(signature)
    }

    /// Opens what was encrypted for this key, block by block; none for whatever reason.
    pub(crate) fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let der: Pkcs8V1Der<'_> = self.0.as_der().ok()?;
        let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).ok()?;
        let key = Pkcs1PrivateDecryptingKey::new(key).ok()?;
        let sealed = STANDARD.decode(sealed.trim()).ok()?;
        let mut plain = Vec::new();
        for block in sealed.chunks(self.0.public_modulus_len()) {
            let mut opened = vec![0; key.min_output_size()];
            plain.extend_from_slice(key.decrypt(block, &mut opened).ok()?);
        }
        Some(plain)
    }

    /// The public half.
    pub(crate) fn public(&self) -> CheckingKey {
        CheckingKey(self.0.public_key().as_ref().to_vec())
    }
}

/// A public key; it checks signatures, and encrypts for whoever holds the private half.
pub(crate) struct CheckingKey(Vec<u8>);

impl CheckingKey {
    /// The provider's public key for this account.
    pub(crate) fn of(account: &Account, field: &'static str) -> Result<Self, EncodeError> {
        Self::read(account.config(field)?).map_err(|_| EncodeError::AccountIncomplete { field })
    }

    /// Reads a SubjectPublicKeyInfo or PKCS#1 key, as PEM or as the base64 within.
    pub(crate) fn read(text: &str) -> Result<Self, KeyError> {
        let key = Self(der(text)?);
        let long_enough = key.parts()?.size() >= 256;
        if long_enough { Ok(key) } else { Err(KeyError) }
    }

    /// Whether the private half signed these bytes. Base64 that is none is a wrong signature like any other.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0);
        STANDARD.decode(signature.trim()).is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }

    /// RSAES-PKCS1-v1_5: blocks of as much as fits, their ciphertexts joined, base64 once.
    pub(crate) fn encrypt(&self, plain: &[u8], dice: &mut RecordedDice) -> Result<String, KeyError> {
        let key = self.parts()?;
        let blocks = plain.chunks(key.size() - PADDING_BYTES);
        let sealed: Result<Vec<_>, _> =
            blocks.map(|block| key.encrypt(dice, Pkcs1v15Encrypt, block)).collect();
        sealed.map(|blocks| STANDARD.encode(blocks.concat())).map_err(|_| KeyError)
    }

    fn parts(&self) -> Result<RsaPublicKey, KeyError> {
        let read = RsaPublicKey::from_public_key_der(&self.0);
        read.or_else(|_| RsaPublicKey::from_pkcs1_der(&self.0).map_err(|_| KeyError))
    }
}

/// The bytes within a PEM, or of bare base64; white space is of no account in either.
fn der(text: &str) -> Result<Vec<u8>, KeyError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    STANDARD.decode(lines.collect::<String>().replace(char::is_whitespace, "")).map_err(|_| KeyError)
}

/// Random bytes that can be thrown again: SHA-256 over recorded entropy, a purpose and a counter.
pub(crate) struct RecordedDice {
    seed: [u8; 32],
    thrown: u64,
    left: Vec<u8>,
}

impl RecordedDice {
    /// Dice for one purpose; another purpose throws others.
    pub(crate) fn new(entropy: &[u8; 32], purpose: &str) -> Self {
        let seed = Sha256::new().chain_update(entropy).chain_update(purpose).finalize().into();
        Self { seed, thrown: 0, left: Vec::new() }
    }
}

impl RngCore for RecordedDice {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, wanted: &mut [u8]) {
        for byte in wanted {
            if self.left.is_empty() {
                let more = Sha256::new().chain_update(self.seed).chain_update(self.thrown.to_be_bytes());
                self.left = more.finalize().to_vec();
                self.thrown += 1;
            }
            *byte = self.left.pop().expect("a digest has 32 bytes");
        }
    }

    fn try_fill_bytes(&mut self, wanted: &mut [u8]) -> Result<(), NoDice> {
        self.fill_bytes(wanted);
        Ok(())
    }
}

// Entropy comes from the run's own secret seed, and a hash of it tells nothing of the rest.
impl CryptoRng for RecordedDice {}
