//! Message authentication as several providers do it: HMAC-SHA256, in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 of `message`, in base64 with padding.
pub(crate) fn base64_hmac(key: &[u8], message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    mac.update(message);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::base64_hmac;

    /// The first test case of RFC 4231.
    #[test]
    fn known_answer_is_made() {
        assert_eq!(base64_hmac(&[0x0b; 20], b"Hi There"), "sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/c=");
    }
}
