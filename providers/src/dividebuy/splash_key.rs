//! Splash keys: what a browser carries to DivideBuy and back, encrypted with AES-256-CBC under the store token.
//!
//! Nothing protects a splash key against changes: flipping a bit of the iv changes the order id unseen. So a key
//! that opens is a hint and never more. And it holds the shop's credentials, so it must not be logged.

use super::credentials::Credentials;
use crate::aes::{self, BLOCK, Opened};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Base64 as PHP reads it: with or without the padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Ours are below 200 bytes, and the search below is quadratic.
const PARAMETER_BYTES_MAX: usize = 2_048;

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
    let sealed = aes::seal(token.as_bytes(), &our_iv(credentials), plain.as_bytes());
    utf8_percent_encode(&STANDARD.encode(sealed), NON_ALPHANUMERIC).to_string()
}

/// The iv of every key that we make.
fn our_iv(Credentials { token, authentication }: &Credentials<'_>) -> Vec<u8> {
    let mut iv = [authentication.as_bytes(), &token.as_bytes()[..token.len().min(4)]].concat();
    iv.resize(BLOCK, 0);
    iv
}

/// Opens the `splashKey` of a query string. Nothing tells the ways to fail apart, and no plaintext decides
/// anything before the credentials in it have proven equal.
pub(super) fn open(query: &str, credentials: &Credentials<'_>) -> Option<Returned> {
    let parameter = query.split('&').find_map(|pair| pair.strip_prefix("splashKey="))?;
    let mut readings = SplashKey::theirs(parameter)?.readings(credentials.token);
    readings.find_map(|opened| read(&opened, credentials))
}

/// A key taken apart.
pub(super) struct SplashKey {
    sealed: Vec<u8>,
    /// At most 16 bytes.
    iv: Vec<u8>,
}

impl SplashKey {
    /// One that DivideBuy made: base64 of its own base64, a colon, and the iv.
    pub(super) fn theirs(parameter: &str) -> Option<Self> {
        let joined = decoded(parameter)?;
        // The first colon only: the iv is 16 raw bytes, and one key in 16 has a colon among them.
        let colon = joined.iter().position(|byte| *byte == b':')?;
        let (sealed, iv) = (LENIENT.decode(&joined[..colon]).ok()?, joined[colon + 1..].to_vec());
        (iv.len() <= BLOCK && !sealed.is_empty()).then_some(Self { sealed, iv })
    }

    /// One that we made: its iv is not in it.
    pub(super) fn ours(parameter: &str, credentials: &Credentials<'_>) -> Option<Self> {
        Some(Self { sealed: decoded(parameter)?, iv: our_iv(credentials) })
    }

    /// Everything that it can say. The guide's comment fills a short iv up with zeros, its code with the token, and only
    /// what then is read tells which was meant.
    pub(super) fn readings(self, token: &str) -> impl Iterator<Item = Opened> {
        let Self { sealed, iv } = self;
        let ivs = [[&iv, token.as_bytes()].concat(), iv];
        ivs.into_iter().filter_map(move |iv| aes::open(token.as_bytes(), &iv, &sealed))
    }
}

/// Decoded exactly once. A `+` that somebody in between took for a space is put back.
fn decoded(parameter: &str) -> Option<Vec<u8>> {
    if parameter.len() > PARAMETER_BYTES_MAX {
        return None;
    }
    let text = percent_decode_str(parameter).decode_utf8().ok()?.replace(' ', "+");
    LENIENT.decode(text).ok()
}

/// Reads `order:status:token:authentication:code`. The account is chosen by the URL, and the guide itself spells
/// the store code three ways, so the code is not compared.
fn read(opened: &Opened, Credentials { token, authentication }: &Credentials<'_>) -> Option<Returned> {
    let proof = format!(":{token}:{authentication}:");
    let head = std::str::from_utf8(opened.before(proof.as_bytes())?).ok()?;
    let (order_id, status) = head.rsplit_once(':')?;
    Some(Returned { order_id: order_id.to_owned(), status: status.to_owned() })
}
