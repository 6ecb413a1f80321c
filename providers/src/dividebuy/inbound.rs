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

use super::credentials::Credentials;
use super::splash_key;
use super::table::{METHODS, ORDER_ID_CHARS_MAX, SPELLINGS};
use crate::call::Standing;
use crate::hmac::hex_digest;
use crate::inbound::{About, InboundKind, Then, Trust};
use crate::json::Json;
use crate::quoting::without_secrets;
use crate::{Cx, Facts, Inbound, InboundError, Ingested};
use serde_json::{Value, json};

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let known = Credentials::of(cx.account).map_err(|_| InboundError::Unauthenticated)?;
    match (message.method.as_str(), message.path.trim_end_matches('/')) {
        ("POST", "/dividebuy/api/getorderdetails") => pull(message.body.expose(), &known, cx),
        ("POST", "/dividebuy/api/response") => webhook(message.body.expose(), &known, cx),
        ("GET", "/dividebuy/payment/response") => browser(message.query.expose(), &known, cx),
        _ => Err(InboundError::UnknownPath),
    }
}

/// The message, once it has shown the credentials. The account was chosen by the URL, so neither the store code nor
/// anything else in the message has a say in that.
fn authentic(body: &[u8], known: &Credentials<'_>) -> Result<Json, InboundError> {
    let said = Json::message(body).ok_or(InboundError::Unauthenticated)?;
    let [token, authentication, ..] = SPELLINGS.map(|names| said.either(names).as_word().unwrap_or_default());
    // What is said in two spellings is said twice, and nobody knows which was meant.
    let twice = SPELLINGS.iter().any(|names| names.iter().filter(|name| said.has(name)).count() > 1);
    if known.are(token, authentication) && !twice { Ok(said) } else { Err(InboundError::Unauthenticated) }
}

fn order_of(said: &Json, cx: &Cx<'_>) -> Result<About, InboundError> {
    let id = said.either(SPELLINGS[2]).as_word().and_then(|id| readable(id, cx));
    id.ok_or_else(|| InboundError::malformed("store_order_id", "is missing or no order id"))
}

/// The shop's own numbers may be any text; a message about one that is none of ours is kept all the same.
fn readable(id: &str, cx: &Cx<'_>) -> Option<About> {
    let fits = !id.is_empty() && id.chars().count() <= ORDER_ID_CHARS_MAX;
    (fits && !id.chars().any(char::is_control)).then(|| About::Order(without_secrets(id, cx)))
}

fn pull(body: &[u8], known: &Credentials<'_>, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let about = order_of(&authentic(body, known)?, cx)?;
    let facts = Facts::standing(Standing::CustomerArrived);
    Ok(Ingested { kind: InboundKind::Pull, ..notice("getorderdetails", about, body).saying(facts) })
}

fn webhook(body: &[u8], known: &Credentials<'_>, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let said = authentic(body, known)?;
    let method = said.word("method").unwrap_or_default();
    if let Some((label, standing, is_hint)) = METHODS.iter().find(|(known, ..)| *known == method) {
        let facts = Facts {
            wire_status: said.printable("order_status", cx),
            standing: *standing,
            provider_time: said.printable("orderTime", cx),
            ..Facts::default()
        };
        let facts = facts.with_ref("laravel_order_ref_id", said.printable("laravel_order_ref_id", cx));
        return Ok(notice(label, order_of(&said, cx)?, body).saying(facts).believed_if(!is_hint));
    }
    let (label, config) = match method {
        "retailerConfigurations" => configuration(&said, cx)?,
        "updateCouriers" => (method, json!({ "couriers": scrubbed(said.at("couriers"), cx) })),
        _ => return Err(InboundError::malformed("method", "is not one of DivideBuy's methods")),
    };
    Ok(Ingested { config: Some(config), ..notice(label, About::Account, body) })
}

fn browser(query: &str, known: &Credentials<'_>, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let returned = splash_key::open(query, known).ok_or(InboundError::Unauthenticated)?;
    let (label, then) = match returned.status.as_str() {
        "success" => ("splash success", Then::Sync),
        // "Consider the order as still pending" (S1 L372): the customer may come back.
        "cancel" => ("splash cancel", Then::Nothing),
        _ => return Err(InboundError::Unauthenticated),
    };
    let about = readable(&returned.order_id, cx).ok_or(InboundError::Unauthenticated)?;
    let facts = Facts { wire_status: Some(returned.status), ..Facts::default() };
    let message = notice(label, about, query.as_bytes()).saying(facts);
    let gave_up = label == "splash cancel";
    Ok(Ingested { kind: InboundKind::Return, trust: Trust::Hint, then, gave_up, ..message })
}

/// A message that is believed and says nothing. DivideBuy numbers and dates none, so the key that tells duplicates is
/// weak.
fn notice(label: &str, about: About, raw: &[u8]) -> Ingested {
    let whom = if let About::Order(id) = &about { id.as_str() } else { "" };
    let dedup = format!("{label}:{whom}:{}", hex_digest(raw));
    Ingested { about, dedup_is_weak: true, ..Ingested::webhook("", dedup, label) }
}

/// The shop's configuration at DivideBuy: an allow-list of fields, so that credentials stay out.
fn configuration(said: &Json, cx: &Cx<'_>) -> Result<(&'static str, Value), InboundError> {
    let field = "retailerConfigurationDetails";
    let (label, details) = match said.php_items(field) {
        Some(entries) => ("retailerConfigurations", entries),
        // The switch that deactivates the shop comes alone. Under a name of its own it leaves the plans sent before.
        None if said.has("is_deactivated") && !said.has(field) => ("is_deactivated", Vec::new()),
        None => return Err(InboundError::malformed(field, "is neither an object nor a list")),
    };
    let details: Vec<Value> = details.into_iter().map(|entry| scrubbed(entry, cx)).collect();
    let config = json!({
        "retailer_id": scrubbed(said.at("retailer_id"), cx),
        "retailer_store_code": scrubbed(said.either(SPELLINGS[3]), cx),
        "allowed_ips": scrubbed(said.at("allowedIps"), cx),
        "is_deactivated": scrubbed(said.at("is_deactivated"), cx),
        "details": details,
    });
    Ok((label, config))
}

/// The same value with the account's credentials taken out of every text in it.
fn scrubbed(value: &Json, cx: &Cx<'_>) -> Value {
    value.kept(&|_| true, &|text| without_secrets(text, cx))
}
