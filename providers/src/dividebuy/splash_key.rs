//! Splash keys: what a browser carries to DivideBuy and back, encrypted with AES-256-CBC under the store token.
//!
//! Nothing protects a splash key against changes: flipping a bit of the iv changes the order id unseen. So a key
//! that opens is a hint and never more. And it holds the shop's credentials, so it must not be logged.

use super::credentials::Credentials;
use aes::Aes256;
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};

/// Base64 as PHP reads it: with or without the padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Ours are below 200 bytes, and the search below is quadratic.
const PARAMETER_BYTES_MAX: usize = 2_048;
const BLOCK: usize = 16;

/// What a splash key from DivideBuy says.
pub(super) struct Returned {
    pub(super) order_id: String,
    pub(super) status: String,
}

/// The value of `splashKey`, ready for a URL.
///
/// The guide's code writes `base64_encode(urlencode($x))`, which is not what the guide's own URL holds. The URL is
/// the plain one, `urlencode($x)` of OpenSSL's base64, and only that decrypts: we follow the URL (S1 L187-217).
pub(super) fn seal(credentials: &Credentials<'_>, order_id: &str, retailer_id: &str) -> String {
    let Credentials { token, authentication } = credentials;
    let plain = format!("{token}:{order_id}:{authentication}:{retailer_id}");
    let start = start_of(credentials);
    let sealed = cbc::Encryptor::<Aes256>::new(&fitted(token.as_bytes()).into(), &fitted(&start).into())
        .encrypt_padded_vec::<Pkcs7>(plain.as_bytes());
    utf8_percent_encode(&STANDARD.encode(sealed), NON_ALPHANUMERIC).to_string()
}

/// The vector of a key that we make.
fn start_of(Credentials { token, authentication }: &Credentials<'_>) -> Vec<u8> {
    [authentication.as_bytes(), &token.as_bytes()[..token.len().min(4)]].concat()
}

/// Opens the `splashKey` of a query string. Nothing tells the ways to fail apart, and no plaintext decides
/// anything before the credentials in it have proven equal.
pub(super) fn open(query: &str, credentials: &Credentials<'_>) -> Option<Returned> {
    let parameter = query.split('&').find_map(|pair| pair.strip_prefix("splashKey="))?;
    let Parts { sealed, start } = parts(parameter)?;
    let mut readings = starts(&start, credentials.token).into_iter();
    readings.find_map(|start| read(&sealed, start, credentials))
}

/// A key taken apart.
pub(super) struct Parts {
    sealed: Vec<u8>,
    /// What stands for the initialisation vector; 16 bytes, or fewer.
    start: Vec<u8>,
}

/// Takes the value of `splashKey` apart.
pub(super) fn parts(parameter: &str) -> Option<Parts> {
    let joined = decoded(parameter)?;
    // The first colon only: the iv is 16 raw bytes, and one key in 16 has a colon among them.
    let colon = joined.iter().position(|byte| *byte == b':')?;
    let (sealed, start) = (LENIENT.decode(&joined[..colon]).ok()?, joined[colon + 1..].to_vec());
    let sane = start.len() <= BLOCK && !sealed.is_empty() && sealed.len().is_multiple_of(BLOCK);
    sane.then_some(Parts { sealed, start })
}

/// The parts of a key that we made: its vector is not in it.
pub(super) fn parts_of_ours(parameter: &str, credentials: &Credentials<'_>) -> Option<Parts> {
    let (sealed, mut start) = (decoded(parameter)?, start_of(credentials));
    start.resize(BLOCK, 0);
    (!sealed.is_empty() && sealed.len().is_multiple_of(BLOCK)).then_some(Parts { sealed, start })
}

/// Decoded exactly once. A `+` that somebody in between took for a space is put back.
fn decoded(parameter: &str) -> Option<Vec<u8>> {
    if parameter.len() > PARAMETER_BYTES_MAX {
        return None;
    }
    let text = percent_decode_str(parameter).decode_utf8().ok()?.replace(' ', "+");
    LENIENT.decode(text).ok()
}

/// The guide's comment pads a short iv with zeros, its code with the token. The credentials say which was meant.
fn starts(start: &[u8], token: &str) -> Vec<[u8; BLOCK]> {
    let token = token.as_bytes();
    let padded = [start, &token[..token.len().min(BLOCK.saturating_sub(start.len()))]].concat();
    if start.len() == BLOCK { vec![fitted(&padded)] } else { vec![fitted(&padded), fitted(start)] }
}

/// Everything that a key can say, for people who hold it in their hands: which vector was meant is theirs to tell.
pub(super) fn plaintexts(parts: &Parts, token: &str) -> Vec<String> {
    let opened = starts(&parts.start, token).into_iter().filter_map(|start| {
        let opener = cbc::Decryptor::<Aes256>::new(&fitted(token.as_bytes()).into(), &start.into());
        String::from_utf8(opener.decrypt_padded_vec::<Pkcs7>(&parts.sealed).ok()?).ok()
    });
    opened.collect()
}

/// Decrypts `order:status:token:authentication:code`. The account is chosen by the URL, and the guide itself spells
/// the store code three ways, so the code is not compared.
fn read(sealed: &[u8], start: [u8; BLOCK], credentials: &Credentials<'_>) -> Option<Returned> {
    let Credentials { token, authentication } = credentials;
    let plain = cbc::Decryptor::<Aes256>::new(&fitted(token.as_bytes()).into(), &start.into())
        .decrypt_padded_vec::<NoPadding>(sealed)
        .ok()?;
    let proof = format!(":{token}:{authentication}:");
    let (mut found, mut at) = (Choice::from(0), 0_u32);
    for (offset, window) in (0_u32..).zip(plain.windows(proof.len())) {
        let here = window.ct_eq(proof.as_bytes());
        at.conditional_assign(&offset, here);
        found |= here;
    }
    if !bool::from(found & is_padded(&plain)) {
        return None;
    }
    let head = std::str::from_utf8(&plain[..usize::try_from(at).ok()?]).ok()?;
    let (order_id, status) = head.rsplit_once(':')?;
    Some(Returned { order_id: order_id.to_owned(), status: status.to_owned() })
}

/// Whether the last block ends as PKCS#7 wants, in a time that does not depend on how it ends.
fn is_padded(plain: &[u8]) -> Choice {
    let count = plain.last().copied().unwrap_or(0);
    let sane = count.ct_gt(&0) & !count.ct_gt(&16);
    (0_u8..16)
        .zip(plain.iter().rev())
        .fold(sane, |padded, (back, byte)| padded & (byte.ct_eq(&count) | !count.ct_gt(&back)))
}

/// As PHP's OpenSSL makes keys and ivs: zeros to the right, or cut.
fn fitted<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}
