//! Keys: one master key, a data key for each run, and the chain over the histories.
//!
//! ```text
//! master.key ─HKDF─▶ wrapping key ─▶ a run's data key ─▶ its Sealed values
//!            └─HKDF─▶ chain key    ─▶ the keyed hash that chains a run's records
//!            └─HKDF─▶ check value  ─▶ a store refuses another master key
//! ```
//! Sealing is AES-256-GCM with random nonces; the run and the field's path are authenticated with it, so that a
//! ciphertext moved elsewhere does not open.

use crate::Sealed;
use crate::run_id::RunId;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use std::io::Write;
use std::path::Path;

const NONCE_BYTES: usize = 12;
/// Bytes of a record's keyed hash: 128 bits are beyond guessing, and half the size.
pub const MAC_BYTES: usize = 16;

/// A record's keyed hash.
pub type RecordMac = [u8; MAC_BYTES];

/// The master key and what is derived from it.
pub struct Vault {
    wrapping: Aes256Gcm,
    chain: Hmac<Sha256>,
    fingerprints: Hmac<Sha256>,
    check: [u8; 32],
}

/// A run's data key, in the clear. Never stored like this; see [`DataKey::wrapped`].
#[derive(Clone)]
pub struct DataKey {
    run: RunId,
    cipher: Aes256Gcm,
    /// Under the master key, as the store keeps it.
    pub wrapped: Vec<u8>,
}

/// Why a key or a sealed value could not be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key file cannot be read or written.
    #[error("cannot use the master key file {path}")]
    KeyFile {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key file is not 64 hexadecimal digits.
    #[error("the master key must be 64 hexadecimal digits")]
    KeyFormat,
    /// Wrong key, wrong run, wrong field, or changed bytes: all look the same.
    #[error("the sealed value does not open: another key, another place, or changed bytes")]
    DoesNotOpen,
    /// Opened, and not of the expected type.
    #[error("the sealed value is not what was expected there")]
    Content,
}

impl Vault {
    /// Derives everything from a master key.
    #[must_use]
    pub fn new(master: &[u8; 32]) -> Self {
        let derive = |purpose: &str| {
            let mut key = [0; 32];
            Hkdf::<Sha256>::new(None, master)
                .expand(purpose.as_bytes(), &mut key)
                .expect("32 bytes are within HKDF's limit");
            key
        };
        let keyed_hash = |purpose: &str| {
            <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&derive(purpose))
                .expect("HMAC takes any key length")
        };
        Self {
            wrapping: Aes256Gcm::new(&derive("ordain data keys v1").into()),
            chain: keyed_hash("ordain history chain v1"),
            fingerprints: keyed_hash("ordain fingerprints v1"),
            check: derive("ordain key check v1"),
        }
    }

    /// Reads the master key from a file, or creates it there (mode 0600) if there is none.
    ///
    /// # Errors
    /// The file cannot be used, or holds something else.
    pub fn from_file(path: &Path) -> Result<Self, VaultError> {
        let failed = |source| VaultError::KeyFile { path: path.display().to_string(), source };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_digits(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let master = dice::<32>();
                write_once(path, &to_hex(&master)).map_err(failed)?;
                Ok(Self::new(&master))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// The master key as its 64 hexadecimal digits.
    ///
    /// # Errors
    /// They are none.
    pub fn from_digits(digits: &str) -> Result<Self, VaultError> {
        Ok(Self::new(&from_hex(digits.trim()).ok_or(VaultError::KeyFormat)?))
    }

    /// Tells one request from another without keeping either. Keyed, because a plain hash of personal data can be
    /// guessed back.
    #[must_use]
    pub fn fingerprint(&self, bytes: &[u8]) -> Vec<u8> {
        let mut mac = self.fingerprints.clone();
        mac.update(bytes);
        mac.finalize().into_bytes()[..MAC_BYTES].to_vec()
    }

    /// What a store keeps to recognise this key. Tells nothing about it.
    #[must_use]
    pub const fn check_value(&self) -> [u8; 32] {
        self.check
    }

    /// A fresh data key for a run that is about to start.
    #[must_use]
    pub fn new_data_key(&self, run: RunId) -> DataKey {
        let key = dice::<32>();
        let wrapped = encrypt(&self.wrapping, &run.to_bytes(), &key);
        DataKey { run, cipher: Aes256Gcm::new(&key.into()), wrapped }
    }

    /// A run's data key from what the store keeps.
    ///
    /// # Errors
    /// The bytes were wrapped by another master key, or for another run.
    pub fn unwrap_data_key(&self, run: RunId, wrapped: &[u8]) -> Result<DataKey, VaultError> {
        let key = decrypt(&self.wrapping, &run.to_bytes(), wrapped)?;
        let key: [u8; 32] = key.try_into().map_err(|_| VaultError::Content)?;
        Ok(DataKey { run, cipher: Aes256Gcm::new(&key.into()), wrapped: wrapped.to_vec() })
    }

    /// The keyed hash that a record must carry: over its run, its number, the hash before it, and itself.
    #[must_use]
    pub fn chain(&self, run: RunId, seq: u64, previous: &RecordMac, record: &[u8]) -> RecordMac {
        let mut mac = self.chain.clone();
        mac.update(&run.to_bytes());
        mac.update(&seq.to_be_bytes());
        mac.update(previous);
        mac.update(record);
        let full = mac.finalize().into_bytes();
        full[..MAC_BYTES].try_into().expect("SHA-256 has more than 16 bytes")
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(‹private›)")
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKey(of {}, ‹private›)", self.run)
    }
}

impl DataKey {
    /// Seals `value` for the field at `path` (such as `order.people`) of this key's run.
    #[must_use]
    pub fn seal<T: Serialize>(&self, path: &str, value: &T) -> Sealed<T> {
        let plain = serde_json::to_vec(value).expect("sealed values are plain data and always serialise");
        Sealed::from_bytes(encrypt(&self.cipher, &self.place(path), &plain))
    }

    /// Opens what was sealed for the field at `path`.
    ///
    /// # Errors
    /// Another run, another path, changed bytes, or another type.
    pub fn open<T: DeserializeOwned>(&self, path: &str, sealed: &Sealed<T>) -> Result<T, VaultError> {
        let plain = decrypt(&self.cipher, &self.place(path), sealed.as_bytes())?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::Content)
    }

    fn place(&self, path: &str) -> Vec<u8> {
        [&self.run.to_bytes(), path.as_bytes()].concat()
    }
}

/// Random bytes of the operating system.
#[must_use]
pub fn dice<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

fn encrypt(cipher: &Aes256Gcm, place: &[u8], plain: &[u8]) -> Vec<u8> {
    let nonce = dice::<NONCE_BYTES>();
    let payload = Payload { msg: plain, aad: place };
    let sealed = cipher.encrypt(&Nonce::from(nonce), payload).expect("AES-GCM takes messages up to 64 GiB");
    [&nonce[..], &sealed].concat()
}

fn decrypt(cipher: &Aes256Gcm, place: &[u8], bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::DoesNotOpen)?;
    let payload = Payload { msg: sealed, aad: place };
    cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| VaultError::DoesNotOpen)
}

fn write_once(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Vault, VaultError};
    use crate::run_id::RunId;

    const RUN: RunId = RunId::new(1_000_000, [1; 10]);
    const OTHER: RunId = RunId::new(1_000_000, [2; 10]);

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let vault = Vault::new(&[7; 32]);
        let key = vault.new_data_key(RUN);
        let sealed = key.seal("order.people", &"Ada".to_owned());
        assert_eq!(key.open("order.people", &sealed).expect("its own place"), "Ada");
        assert!(matches!(key.open("order.other", &sealed), Err(VaultError::DoesNotOpen)));
        assert!(matches!(
            vault.new_data_key(RUN).open("order.people", &sealed),
            Err(VaultError::DoesNotOpen)
        ));
    }

    #[test]
    fn a_data_key_unwraps_for_its_run_and_master_key_only() {
        let vault = Vault::new(&[7; 32]);
        let key = vault.new_data_key(RUN);
        assert!(vault.unwrap_data_key(RUN, &key.wrapped).is_ok());
        assert!(vault.unwrap_data_key(OTHER, &key.wrapped).is_err());
        assert!(Vault::new(&[8; 32]).unwrap_data_key(RUN, &key.wrapped).is_err());
    }

    #[test]
    fn the_chain_depends_on_every_part() {
        let vault = Vault::new(&[7; 32]);
        let mac = vault.chain(RUN, 2, &[0; 16], b"record");
        assert_ne!(mac, vault.chain(OTHER, 2, &[0; 16], b"record"));
        assert_ne!(mac, vault.chain(RUN, 3, &[0; 16], b"record"));
        assert_ne!(mac, vault.chain(RUN, 2, &[1; 16], b"record"));
        assert_ne!(mac, vault.chain(RUN, 2, &[0; 16], b"recore"));
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        let made = Vault::from_file(&path).expect("made");
        assert_eq!(Vault::from_file(&path).expect("read").check_value(), made.check_value());
        assert_eq!(std::fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").expect("writable");
        assert!(matches!(Vault::from_file(&path), Err(VaultError::KeyFormat)));
    }
}
