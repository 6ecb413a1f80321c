//! Sealing of what may not lie on disk in the clear: personal fields and credentials.
//!
//! AES-256-GCM under one random key per folder, a random nonce per value, and
//! the value's place as associated data, so that a sealed value moved to
//! another order does not open. The key file is created once, mode 0600.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::start::StartError;

/// AES-256 takes 32 bytes.
const KEY_BYTES: usize = 32;
/// The nonce length GCM is defined for.
const NONCE_BYTES: usize = 12;

/// The key of one folder, ready for use.
pub(crate) struct Seal(Aes256Gcm);

/// A sealed value was altered, moved, or sealed under another key.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open")]
pub(crate) struct Unopened;

impl Seal {
    /// Reads the key at `path`, or makes one there.
    pub(crate) fn open_or_create(path: &Path) -> Result<Seal, StartError> {
        let key = match File::open(path) {
            Ok(file) => read_key(path, file)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                write_key(path).map_err(|source| StartError::file(path, source))?
            }
            Err(source) => return Err(StartError::file(path, source)),
        };
        Ok(Seal(Aes256Gcm::new(&key.into())))
    }

    /// Seals `plain` for `place`, as text.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> String {
        let nonce: [u8; NONCE_BYTES] = random();
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed =
            self.0.encrypt(&Nonce::from(nonce), payload).expect("a value of memory size can be sealed");
        STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// Opens what was sealed for `place`.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, Unopened> {
        let bytes = STANDARD.decode(sealed).map_err(|_| Unopened)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.0.decrypt(&Nonce::from(*nonce), payload).map_err(|_| Unopened)
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

fn read_key(path: &Path, file: File) -> Result<[u8; KEY_BYTES], StartError> {
    let mut key = Vec::new();
    // One byte more than a key, so that a longer file is seen to be none.
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut key).map_err(|source| StartError::file(path, source))?;
    key.try_into().map_err(|_| StartError::Key { path: path.to_owned() })
}

/// Writes a new key beside its place and moves it there, so that a crash leaves a whole key or none.
fn write_key(path: &Path) -> std::io::Result<[u8; KEY_BYTES]> {
    let key = random();
    let beside = path.with_extension("key.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(&key)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::Seal;

    #[test]
    fn sealed_value_opens_only_in_its_place_and_after_reopening_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let sealed = Seal::open_or_create(&path).unwrap().seal("order:1", b"John");
        let again = Seal::open_or_create(&path).unwrap();
        assert_eq!(again.open("order:1", &sealed).unwrap(), b"John");
        assert!(again.open("order:2", &sealed).is_err());
        assert!(again.open("order:1", "AAAA").is_err());
    }
}
