//! Splash keys that people describe in JSON: made, and opened without asking for credentials first.
//!
//! This is for people who integrate and hold the key in their hands. An order never comes here: what a browser brings
//! back is opened by `splash_key::open` alone, which lets nothing out before the credentials in it have proven equal.

use super::credentials::Credentials;
use super::splash_key::{SplashKey, seal as sealed};
use crate::signing::{contradictions, difference, text, text_if_any};
use crate::{Checked, Description, DescriptionError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What a description may say of the opened key; the last one is what the guide's own code makes of it.
const SAID: [&str; 3] = ["intended_plaintext", "split_on_first_colon_result", "plaintext"];

/// Makes the splash key that people describe: `storeToken`, `storeAuthentication`, `orderId`, `retailerId`. It is that of
/// `secureVersion=1`; where the description holds a key from before (`splashKey`), that one.
///
/// # Errors
/// A field is missing.
pub fn seal(described: &Description) -> Result<Checked, DescriptionError> {
    let token = text(described, &["storeToken"], "the store token")?;
    let authentication = text(described, &["storeAuthentication"], "the store authentication")?;
    let order_id = text(described, &["orderId"], "the order's id, as DivideBuy is to know it")?;
    let retailer_id = text(described, &["retailerId"], "DivideBuy's number for the shop")?;
    let (string, key, field) = if described.contains_key("splashKey") {
        let halves = [format!("{token}:{order_id}"), format!("{authentication}:{retailer_id}")];
        let joined = halves.map(|half| STANDARD.encode(half)).join(":");
        (joined.clone(), STANDARD.encode(joined), "splashKey")
    } else {
        let key = sealed(&Credentials { token, authentication }, order_id, retailer_id);
        (format!("{token}:{order_id}:{authentication}:{retailer_id}"), key, "splashKey_param")
    };
    let findings =
        contradictions(described, &[(field, "the key", &key), ("plaintext", "the text", &string)])?;
    Ok(Checked { string: string.into_bytes(), expected: Some(key), findings })
}

/// Opens the splash key that people describe: `storeToken` and `splashKey_param`.
/// Of the readings that an initialisation vector too short allows, the one with the token in its place, else the first.
///
/// # Errors
/// A field is missing. A key that does not open is no error but a finding.
pub fn open(described: &Description) -> Result<Checked, DescriptionError> {
    let key = text(described, &["splashKey_param", "splashKey"], "the key as it stands in the URL")?;
    let authentication = text_if_any(described, &["storeAuthentication"])?;
    let opened = match text_if_any(described, &["storeToken"])? {
        Some(token) => opened(key, token, authentication),
        // From before `secureVersion=1`: base64 of words and colons, without any proof.
        None => STANDARD.decode(key).ok().and_then(in_words).filter(|text| text.contains(':')),
    };
    let said = SAID.iter().find_map(|name| described.get(*name)?.as_str());
    let finding = match (&opened, said) {
        (None, _) => Some("it does not open: another token made it, or it was changed on its way".to_owned()),
        (Some(opened), Some(said)) => difference("the text", opened, said),
        (Some(_), None) => None,
    };
    let findings = finding.into_iter().collect();
    Ok(Checked { string: key.as_bytes().to_vec(), expected: opened, findings })
}

fn opened(key: &str, token: &str, authentication: Option<&str>) -> Option<String> {
    let ours = |authentication| SplashKey::ours(key, &Credentials { token, authentication });
    let key = SplashKey::theirs(key).or_else(|| ours(authentication?))?;
    let mut readings: Vec<_> = key.readings(token).filter_map(|opened| in_words(opened.plain()?)).collect();
    let at = readings.iter().position(|text| text.contains(&format!("{token}:")));
    (!readings.is_empty()).then(|| readings.swap_remove(at.unwrap_or(0)))
}

fn in_words(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}
