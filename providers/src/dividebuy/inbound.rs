//! What DivideBuy and the customer's browser say to us.
//!
//! ```text
//! POST /dividebuy/api/getorderdetails     a pull: what does this order hold?
//! POST /dividebuy/api/response            a webhook, told apart by `method`
//! GET  /dividebuy/payment/response        the browser, with a splash key
//! ```
//!
//! No message is signed. A webhook proves itself by the shop's two credentials in its body, a browser by the same two
//! inside its splash key. So what a message says of money is a hint, and only makes us ask.

use super::splash_key;
use super::wire::Credentials;
use crate::call::Standing;
use crate::inbound::{About, InboundKind, Then, Trust};
use crate::json::{object, word};
use crate::quoting::{printable, without_secrets};
use crate::{Cx, Facts, Inbound, InboundError, Ingested};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Characters of an order id; ours have 26 and a number.
const ORDER_ID_CHARS_MAX: usize = 64;

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    match (message.method.as_str(), message.path.trim_end_matches('/')) {
        ("POST", "/dividebuy/api/getorderdetails") => pull(message.body.expose(), cx),
        ("POST", "/dividebuy/api/response") => webhook(message.body.expose(), cx),
        ("GET", "/dividebuy/payment/response") => browser(message.query.expose(), cx),
        _ => Err(InboundError::UnknownPath),
    }
}

/// Everything that any message carries and we read; a key given twice is refused. Pulls spell in camel case.
#[derive(Deserialize)]
struct Message {
    #[serde(alias = "storeToken")]
    store_token: Option<Value>,
    #[serde(alias = "storeAuthentication")]
    store_authentication: Option<Value>,
    #[serde(alias = "orderId", alias = "storeOrderId")]
    store_order_id: Option<Value>,
    method: Option<Value>,
    order_status: Option<Value>,
    laravel_order_ref_id: Option<Value>,
    #[serde(rename = "orderTime")]
    order_time: Option<Value>,
    retailer_id: Option<Value>,
    #[serde(alias = "retailerStoreCode")]
    retailer_store_code: Option<Value>,
    #[serde(rename = "allowedIps")]
    allowed_ips: Option<Value>,
    is_deactivated: Option<Value>,
    #[serde(rename = "retailerConfigurationDetails")]
    details: Option<Value>,
    couriers: Option<Value>,
}

/// The message, once it has shown the credentials. The account was chosen by the URL, so neither the store code nor
/// anything else in the message has a say in that.
fn authentic(body: &[u8], cx: &Cx<'_>) -> Result<Message, InboundError> {
    let known = Credentials::of(cx.account).map_err(|_| InboundError::Unauthenticated)?;
    let message: Message = object(body).ok_or(InboundError::Unauthenticated)?;
    let token = word(message.store_token.as_ref()).unwrap_or_default();
    let authentication = word(message.store_authentication.as_ref()).unwrap_or_default();
    if known.are(&token, &authentication) { Ok(message) } else { Err(InboundError::Unauthenticated) }
}

fn pull(body: &[u8], cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let about = order_of(&authentic(body, cx)?)?;
    let facts = Facts { standing: Some(Standing::CustomerArrived), ..Facts::default() };
    Ok(Ingested { kind: InboundKind::Pull, facts, ..notice("getorderdetails", about, Trust::Verified, body) })
}

fn webhook(body: &[u8], cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let message = authentic(body, cx)?;
    let method = word(message.method.as_ref()).unwrap_or_default();
    match method.as_str() {
        "orderSuccess" => {
            let quoted = |value: &Option<Value>| word(value.as_ref()).map(|text| printable(&text, cx));
            let reference = quoted(&message.laravel_order_ref_id);
            // No standing: whatever is done with a hint, nobody can take it for an approval.
            let facts = Facts {
                wire_status: quoted(&message.order_status),
                refs: reference.map(|id| ("laravel_order_ref_id".to_owned(), id)).into_iter().collect(),
                provider_time: quoted(&message.order_time),
                ..Facts::default()
            };
            let hint = notice("orderSuccess", order_of(&message)?, Trust::Hint, body);
            Ok(Ingested { facts, then: Then::Sync, ..hint })
        }
        // Declined, given up or broken: DivideBuy does not say which. It moves no money, so it is believed.
        "orderCancel" => {
            let facts = Facts { standing: Some(Standing::Cancelled), ..Facts::default() };
            Ok(Ingested { facts, ..notice("orderCancel", order_of(&message)?, Trust::Verified, body) })
        }
        // Not in the guide, only in DivideBuy's own extension: reason enough to ask, not to cancel.
        "orderDelete" => {
            let hint = notice("orderDelete", order_of(&message)?, Trust::Hint, body);
            Ok(Ingested { then: Then::Sync, ..hint })
        }
        "retailerConfigurations" => {
            let config = Some(configuration(&message, cx)?);
            Ok(Ingested { config, ..notice("retailerConfigurations", About::Account, Trust::Verified, body) })
        }
        "updateCouriers" => {
            let config = Some(json!({ "couriers": message.couriers.map(|list| scrubbed(list, cx)) }));
            Ok(Ingested { config, ..notice("updateCouriers", About::Account, Trust::Verified, body) })
        }
        _ => Err(InboundError::malformed("method", "is not one of DivideBuy's methods")),
    }
}

fn browser(query: &str, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let known = Credentials::of(cx.account).map_err(|_| InboundError::Unauthenticated)?;
    let returned = splash_key::open(query, &known).ok_or(InboundError::Unauthenticated)?;
    let (label, then) = match returned.status.as_str() {
        "success" => ("splash success", Then::Sync),
        // "Consider the order as still pending" (S1 L372): the customer may come back.
        "cancel" => ("splash cancel", Then::Nothing),
        _ => return Err(InboundError::Unauthenticated),
    };
    let about = readable(returned.order_id).map(About::Order).ok_or(InboundError::Unauthenticated)?;
    let facts = Facts { wire_status: Some(returned.status), ..Facts::default() };
    let hint = notice(label, about, Trust::Hint, query.as_bytes());
    Ok(Ingested { kind: InboundKind::Return, facts, then, ..hint })
}

/// A webhook that says nothing and asks for nothing. DivideBuy numbers and dates no message, so the key that tells
/// duplicates is weak.
fn notice(label: &str, about: About, trust: Trust, raw: &[u8]) -> Ingested {
    let whom = if let About::Order(id) = &about { id.as_str() } else { "" };
    let mut dedup = format!("{label}:{whom}:");
    for byte in Sha256::digest(raw) {
        // Writing to a string cannot fail.
        let _ = write!(dedup, "{byte:02x}");
    }
    let (facts, label) = (Facts::default(), label.to_owned());
    let (kind, then) = (InboundKind::Webhook, Then::Nothing);
    Ingested { kind, about, trust, facts, dedup, dedup_is_weak: true, then, label, config: None }
}

fn order_of(message: &Message) -> Result<About, InboundError> {
    let id = word(message.store_order_id.as_ref()).and_then(readable);
    id.map(About::Order).ok_or_else(|| InboundError::malformed("store_order_id", "is missing or no order id"))
}

fn readable(id: String) -> Option<String> {
    let sane =
        !id.is_empty() && id.chars().count() <= ORDER_ID_CHARS_MAX && !id.chars().any(char::is_control);
    sane.then_some(id)
}

/// The shop's configuration at DivideBuy: an allow-list of fields, so that credentials stay out.
fn configuration(message: &Message, cx: &Cx<'_>) -> Result<Value, InboundError> {
    let details = match &message.details {
        // Keys are numbers with gaps, as PHP writes a list of which something was taken out.
        Some(Value::Object(entries)) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| key.parse::<u64>().unwrap_or(u64::MAX));
            entries.into_iter().map(|(_, entry)| entry.clone()).collect()
        }
        Some(Value::Array(entries)) => entries.clone(),
        None if message.is_deactivated.is_some() => Vec::new(),
        _ => {
            return Err(InboundError::malformed(
                "retailerConfigurationDetails",
                "is neither an object nor a list",
            ));
        }
    };
    let config = json!({
        "retailer_id": message.retailer_id,
        "retailer_store_code": message.retailer_store_code,
        "allowed_ips": message.allowed_ips,
        "is_deactivated": message.is_deactivated,
        "details": details,
    });
    Ok(scrubbed(config, cx))
}

/// The same value with the account's credentials taken out of every text in it.
fn scrubbed(value: Value, cx: &Cx<'_>) -> Value {
    match value {
        Value::String(text) => Value::String(without_secrets(&text, cx)),
        Value::Array(items) => items.into_iter().map(|item| scrubbed(item, cx)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, field)| (without_secrets(&name, cx), scrubbed(field, cx)))
            .collect(),
        other => other,
    }
}
