//! Splash keys: what a shopper carries between shop and checkout.
//!
//! The cipher is AES-256-CBC with the store token as the key, padded with
//! zero bytes as PHP's openssl functions pad it. It has no integrity: a key
//! proves nothing by itself, which is why both sides ask each other afterwards.

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::account::Credentials;

/// Key and iv lengths of AES-256-CBC.
const KEY_BYTES: usize = 32;
const IV_BYTES: usize = 16;

/// Reads an arriving splash key and returns the order id in it.
///
/// `parameter` is the query value, URL-decoded once. The guide's printed URL carries the ciphertext in
/// base64; its code sample would wrap that in a second base64, with or without URL encoding between. All
/// three are taken. None where the key was not made with these credentials for this retailer.
pub(crate) fn order_id(parameter: &str, credentials: &Credentials, retailer_id: u64) -> Option<String> {
    // A second URL decoding on the way turned pluses into spaces; no base64 has a space.
    let decoded = STANDARD.decode(parameter.replace(' ', "+")).ok()?;
    let plain = decrypted(&decoded, credentials).or_else(|| {
        let text = std::str::from_utf8(&decoded).ok()?;
        let inner = percent_decode_str(text).decode_utf8().ok()?;
        decrypted(&STANDARD.decode(inner.as_bytes()).ok()?, credentials)
    })?;
    // The credentials are known, so colons in the order id do not make the fields ambiguous.
    let middle = plain
        .strip_prefix(&format!("{}:", credentials.token))?
        .strip_suffix(&format!(":{}:{retailer_id}", credentials.authentication))?;
    (!middle.is_empty()).then(|| middle.to_owned())
}

/// Makes the key a shopper takes back to the shop, with a random iv, ready to stand in a query.
pub(crate) fn return_key(
    credentials: &Credentials,
    order_id: &str,
    status: &str,
    store_code: &str,
) -> String {
    let plain =
        format!("{order_id}:{status}:{}:{}:{store_code}", credentials.token, credentials.authentication);
    let iv: [u8; IV_BYTES] = crate::seal::random();
    let cipher = cbc::Encryptor::<Aes256>::new(&padded::<KEY_BYTES>(&credentials.token).into(), &iv.into());
    let ciphertext = STANDARD.encode(cipher.encrypt_padded_vec::<Pkcs7>(plain.as_bytes()));
    let both = [ciphertext.as_bytes(), b":", &iv].concat();
    utf8_percent_encode(&STANDARD.encode(both), NON_ALPHANUMERIC).to_string()
}

fn decrypted(ciphertext: &[u8], credentials: &Credentials) -> Option<String> {
    let start: String = credentials.token.chars().take(4).collect();
    let iv = padded::<IV_BYTES>(&format!("{}{start}", credentials.authentication));
    let cipher = cbc::Decryptor::<Aes256>::new(&padded::<KEY_BYTES>(&credentials.token).into(), &iv.into());
    String::from_utf8(cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).ok()?).ok()
}

/// Cut or filled with zero bytes to the length the cipher takes, as PHP does it.
fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::account::Credentials;
    use super::order_id;

    /// The guide's own example; its code sample writes this authentication.
    fn documented() -> Credentials {
        Credentials { token: "abcdef123456".into(), authentication: "zyxwvu098765".into() }
    }

    #[track_caller]
    fn check(parameter: &str, retailer_id: u64, expected: Option<&str>) {
        assert_eq!(order_id(parameter, &documented(), retailer_id).as_deref(), expected);
    }

    const PRINTED: &str = "oa0m+U39tSRx4JnIeTqLhb0QzT82MGBQZaaSP/lO9xG/ddJRrsGq8mg15vit2BlX";

    #[test]
    fn printed_url_and_both_readings_of_the_code_sample_give_the_order() {
        use base64::Engine;
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        check(PRINTED, 123, Some("789"));
        check(&PRINTED.replace('+', " "), 123, Some("789"));
        check(&base64(PRINTED), 123, Some("789"));
        check(&base64(&PRINTED.replace('+', "%2B").replace('/', "%2F")), 123, Some("789"));
    }

    #[test]
    fn key_of_another_retailer_or_garbage_gives_nothing() {
        check(PRINTED, 124, None);
        check("AAAA", 123, None);
        check("%%%", 123, None);
        check("", 123, None);
    }
}
