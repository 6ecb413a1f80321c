//! Operations to divit: JSON bodies beside an `api-key`.

use super::SPEC;
use super::items::items;
use super::miles::Reward;
use crate::call::RefundRequest;
use crate::quoting::HIDDEN;
use crate::{Call, Cx, EncodeError, Facts, Op, OrderContent, Private, Request, json};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    match op {
        Op::Create => {
            let content = order(cx)?;
            let body = create(content, cx)?;
            let shown = without_secrets(body.clone()).to_string();
            let path = format!("/{}/orders", option(content, "product", "paynow"));
            send("POST", &path, body.to_string().into_bytes(), &shown, cx)
        }
        Op::Sync | Op::SyncRefund(_) => {
            let id = utf8_percent_encode(divit_id(cx)?, NON_ALPHANUMERIC).to_string();
            send("GET", &format!("/paynow/orders/{id}/status"), Vec::new(), "", cx)
        }
        Op::Refund(asked) => {
            let path = format!("/{}/orders/refund/request", option(order(cx)?, "product", "paynow"));
            let shown = refund(&RefundRequest { reason: HIDDEN.to_owned(), ..asked.clone() }, cx)?;
            send("POST", &path, refund(asked, cx)?, &String::from_utf8_lossy(&shown), cx)
        }
        Op::VerifyAccount => send("GET", "/directpay/profile", Vec::new(), "", cx),
        Op::Fulfil(_) => Ok(Call::Local(Facts::default())),
        _ => Err(EncodeError::Unsupported { provider: SPEC.id }),
    }
}

/// An option of the order, or what is meant without it.
fn option<'a>(content: &'a OrderContent, name: &str, otherwise: &'a str) -> &'a str {
    content.provider_options.get(name).map_or(otherwise, String::as_str)
}

fn send(
    method: &'static str,
    path: &str,
    body: Vec<u8>,
    shown: &str,
    cx: &Cx<'_>,
) -> Result<Call, EncodeError> {
    let key = cx.account.secret("api_key").ok().filter(|key| !key.is_empty());
    let key = key.ok_or(EncodeError::AccountIncomplete { field: "api_key" })?;
    let mut headers =
        vec![("api-key", Private::new(key.to_owned())), ("accept", "application/json".to_owned().into())];
    if !body.is_empty() {
        headers.push(("content-type", "application/json".to_owned().into()));
    }
    Ok(Call::Http(Request {
        method,
        url: format!("{}{path}", cx.account.config("api_url")?.trim_end_matches('/')).into(),
        headers,
        body: body.into(),
        redacted: format!("{method} {path}\n{shown}"),
    }))
}

fn create(content: &OrderContent, cx: &Cx<'_>) -> Result<Value, EncodeError> {
    let reward = Reward::of(content, cx)?;
    let (order_type, order_items) = items(content);
    let cents = |minor: Value| json!({"amount": minor, "currency": content.currency.code()});
    let back = |how| format!("{}/divit/{how}/{}", cx.account.store_url, content.order_id);
    let mut body = json!({"order": {
        "totalAmount": cents(content.total.minor.into()),
        "orderType": order_type,
        "orderItems": order_items,
        "webhookSuccess": back("success"),
        "webhookFailure": back("failure"),
        "webhookEvents": events_url(cx),
        "merchantRef": content.order_id,
        "uniqueMerchantOrderID": content.order_id,
        "language": option(content, "language", "en"),
        "promoCode": reward.code,
        "milesForReward": reward.miles,
        "totalForReward": cents(reward.earning_minor.into()),
    }});
    if let Some(end) = cx.expires_at {
        body["order"]["expiredAt"] = end.as_second().into();
    }
    if option(content, "mode", "fast") == "fast" {
        body["customer"] = customer(content);
    }
    Ok(body)
}

fn events_url(cx: &Cx<'_>) -> String {
    format!("{}/divit/events", cx.account.store_url)
}

fn customer(content: &OrderContent) -> Value {
    let (who, to) = (content.customer.expose(), content.shipping_to.expose());
    json!({
        "firstName": who.first_name, "lastName": who.last_name, "email": who.email, "tel": who.phone,
        "language": option(content, "language", "en"),
        "floor": "", "building": "", "street": to.lines.join(", "), "district": to.town, "region": to.region,
    })
}

/// What may be shown of a created order.
fn without_secrets(mut body: Value) -> Value {
    if let Some(customer) = body.get_mut("customer") {
        *customer = HIDDEN.into();
    }
    if body["order"]["promoCode"] != "" {
        body["order"]["promoCode"] = HIDDEN.into();
    }
    body
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refund<'a> {
    #[serde(rename = "orderID")]
    order_id: &'a str,
    refund_type: &'static str,
    refund_amount: Box<RawValue>,
    #[serde(rename = "callbackURI")]
    callback_uri: String,
    remarks: &'a str,
    refund_ref: &'a str,
}

/// The one message of divit's that speaks in dollars: `100.50`, which comes back as 10050 in the event.
fn refund(asked: &RefundRequest, cx: &Cx<'_>) -> Result<Vec<u8>, EncodeError> {
    if asked.amount.minor <= 0 || asked.amount.currency != order(cx)?.currency {
        return Err(EncodeError::inexpressible(
            "refund.amount",
            "must be above zero, in the order's currency",
        ));
    }
    let body = json::digits(asked.amount.to_major()).and_then(|refund_amount| {
        serde_json::to_vec(&Refund {
            order_id: cx.refs.get("order_id").map_or("", String::as_str),
            refund_type: if asked.full { "full" } else { "partial" },
            refund_amount,
            callback_uri: events_url(cx),
            remarks: &asked.reason,
            refund_ref: &asked.id,
        })
    });
    divit_id(cx)?;
    body.map_err(|error| EncodeError::inexpressible("body", &error.to_string()))
}

fn order<'a>(cx: &Cx<'a>) -> Result<&'a OrderContent, EncodeError> {
    cx.order.ok_or_else(|| EncodeError::inexpressible("order", "this operation is about an order"))
}

/// divit goes by its own number, which it gives with its answer or with its first event.
fn divit_id<'a>(cx: &Cx<'a>) -> Result<&'a str, EncodeError> {
    let known = cx.refs.get("order_id").map(String::as_str);
    known.ok_or_else(|| EncodeError::inexpressible("order_id", "divit has not told its number of this order"))
}
