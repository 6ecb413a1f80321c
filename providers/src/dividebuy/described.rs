//! Splash keys that people describe in JSON: made, and opened without asking for credentials first.
//!
//! This is for people who integrate and hold the key in their hands. An order never comes here: what a browser brings
//! back is opened by `splash_key::open` alone, which lets nothing out before the credentials in it have proven equal.

use super::credentials::Credentials;
use super::splash_key::{parts, parts_of_ours, plaintexts, seal as sealed};
use crate::signing::{difference, text, text_if_any};
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
    let field = |name: &'static str, about| text(described, std::slice::from_ref(&name), about);
    let token = field("storeToken", "the store token")?;
    let authentication = field("storeAuthentication", "the store authentication")?;
    let order_id = field("orderId", "the order's id, as DivideBuy is to know it")?;
    let retailer_id = field("retailerId", "DivideBuy's number for the shop")?;
    let old = text_if_any(described, &["splashKey"])?;
    let (string, key, said) = if let Some(said) = old {
        let halves = [format!("{token}:{order_id}"), format!("{authentication}:{retailer_id}")];
        let joined = halves.map(|half| STANDARD.encode(half)).join(":");
        (joined.clone(), STANDARD.encode(joined), Some(said))
    } else {
        let key = sealed(&Credentials { token, authentication }, order_id, retailer_id);
        let said = text_if_any(described, &["splashKey_param"])?;
        (format!("{token}:{order_id}:{authentication}:{retailer_id}"), key, said)
    };
    let mut findings: Vec<String> =
        said.and_then(|said| difference("the key", said, &key)).into_iter().collect();
    findings.extend(
        text_if_any(described, &["plaintext"])?.and_then(|said| difference("the text", said, &string)),
    );
    Ok(Checked { string: string.into_bytes(), expected: Some(key), findings })
}

/// Opens the splash key that people describe: `storeToken` and `splashKey_param`.
/// Of the readings that an initialisation vector too short allows, the one with the token in its place, else the first.
///
/// # Errors
/// A field is missing. A key that does not open is no error but a finding.
pub fn open(described: &Description) -> Result<Checked, DescriptionError> {
    let about = "the key as it stands in the URL";
    let key = text(described, &["splashKey_param", "splashKey"], about)?;
    let Some(token) = text_if_any(described, &["storeToken"])? else {
        return Ok(told(described, old(key), key));
    };
    let ours = text_if_any(described, &["storeAuthentication"])?
        .and_then(|authentication| parts_of_ours(key, &Credentials { token, authentication }));
    let mut readings = parts(key).or(ours).map_or_else(Vec::new, |parts| plaintexts(&parts, token));
    let at = readings.iter().position(|text| text.contains(&format!("{token}:"))).unwrap_or(0);
    let opened = (!readings.is_empty()).then(|| readings.swap_remove(at));
    Ok(told(described, opened, key))
}

/// A key from before `secureVersion=1`: base64 of words and colons, without any proof.
fn old(key: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(key).ok()?).ok().filter(|text| text.contains(':'))
}

fn told(described: &Description, opened: Option<String>, key: &str) -> Checked {
    let string = key.as_bytes().to_vec();
    let Some(opened) = opened else {
        let why = "it does not open: another token made it, or it was changed on its way".to_owned();
        return Checked { string, expected: None, findings: vec![why] };
    };
    let said = SAID.iter().find_map(|name| described.get(*name)?.as_str());
    let findings = said.and_then(|said| difference("the text", &opened, said)).into_iter().collect();
    Checked { string, expected: Some(opened), findings }
}
