//! `confirmretailer` and `updateretailerstatus`: the two calls of the initial setup.

use std::net::IpAddr;

use serde_json::json;

use super::answer::Refusal;
use super::{Call, Event, Outcome, credentials};
use crate::dividebuy::event::Event as Own;
use crate::dividebuy::webhook::RETAILER_CONFIGURATIONS;
use crate::exact::{Fault, wrong};
use crate::webhook::Notice;

/// Confirms the credentials, takes the store code, and tells the retailer id. Another store code is an update, and is
/// followed by the configuration.
pub(super) fn confirm(call: &Call) -> Outcome {
    let store_code = call.fields.text("retailerStoreCode")?;
    if store_code.contains(':') {
        return Err(wrong("retailerStoreCode", "without colons").into());
    }
    let retailer = call.retailer_in(call.fields)?;
    let account = retailer.id.to_string();
    let mut events = Vec::new();
    if retailer.store_code != store_code {
        events.push(Own::StoreCodeConfirmed { account: account.clone(), store_code }.into());
        events.push(configuration(account));
    }
    Ok((events, json!({"status": "ok", "retailerId": retailer.id}).to_string()))
}

/// Lets shoppers check out, or not. What changes anything is followed by the configuration.
pub(super) fn update_status(call: &Call) -> Outcome {
    let status = call.fields.text("retailerStatus").and_then(|status| match status.as_str() {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(wrong("retailerStatus", "\"1\" or \"0\"")),
    });
    let ips = allowed_ips(call);
    let faults: Vec<Fault> = [
        call.fields.text("storeToken").err(),
        call.fields.text("storeAuthentication").err(),
        status.as_ref().err().cloned(),
        ips.as_ref().err().cloned(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !faults.is_empty() {
        return Err(Refusal::Fields(faults));
    }
    let retailer = call.state.retailer(&credentials(call.fields)?).ok_or(Refusal::UnknownRetailer)?;
    let (enabled, allowed_ips, digest) = (status?, ips?, call.digest.clone());
    let account = retailer.id.to_string();
    let other_ips = allowed_ips.as_ref().is_some_and(|ips| *ips != retailer.allowed_ips);
    let set = Own::StatusSet { account: account.clone(), enabled, allowed_ips, digest };
    let mut events = vec![set.into()];
    if retailer.status != Some(enabled) || other_ips {
        events.push(configuration(account));
    }
    Ok((events, json!({"status": "ok"}).to_string()))
}

/// The sending of a retailer's configuration.
pub(crate) fn configuration(account: String) -> Event {
    let (kind, content) = (RETAILER_CONFIGURATIONS.to_owned(), serde_json::Value::Null);
    Event::webhook(Notice { account, order: None, kind, content })
}

/// A comma list of addresses; the guide does not say whether it may be missing, so it may, and then the old one stays.
fn allowed_ips(call: &Call) -> Result<Option<String>, Fault> {
    if !call.fields.has("allowedIps") {
        return Ok(None);
    }
    let list = call.fields.text_or_empty("allowedIps")?;
    match list.is_empty() || list.split(',').all(|ip| ip.trim().parse::<IpAddr>().is_ok()) {
        true => Ok(Some(list)),
        false => Err(wrong("allowedIps", "a comma separated list of IP addresses")),
    }
}
