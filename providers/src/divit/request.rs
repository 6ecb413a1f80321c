//! Operations to divit: JSON bodies beside an `api-key`, an order's fields in the order of their names.

use super::SPEC;
use super::items::items;
use super::miles::Reward;
use super::table::{API_KEY, CENTS, DOLLARS};
use crate::call::RefundRequest;
use crate::said::{Said, amount, object, private};
use crate::{Call, Cx, EncodeError, Facts, Money, Op, OrderContent, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let product = || Ok(cx.the_order()?.option("product").unwrap_or("paynow"));
    let (method, path, body) = match op {
        Op::Create => ("POST", format!("/{}/orders", product()?), create(cx.the_order()?, cx)?),
        Op::Sync | Op::SyncRefund(_) => {
            let id = utf8_percent_encode(divit_id(cx)?, NON_ALPHANUMERIC);
            ("GET", format!("/paynow/orders/{id}/status"), Said::default())
        }
        Op::Refund(asked) => ("POST", format!("/{}/orders/refund/request", product()?), refund(asked, cx)?),
        Op::VerifyAccount => ("GET", "/directpay/profile".to_owned(), Said::default()),
        Op::Fulfil(_) => return Ok(Call::Local(Facts::default())),
        _ => return Err(EncodeError::Unsupported { provider: SPEC.id }),
    };
    let headers = vec![
        (API_KEY.header(), API_KEY.of(cx.account, &[])?.into()),
        ("accept", "application/json".to_owned().into()),
    ];
    Request::json(method, &path, headers, body, cx)
}

fn create(content: &OrderContent, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let reward = Reward::of(content, cx)?;
    let (order_type, order_items) = items(content)?;
    let cents = |money: Money| {
        let currency = content.currency.code().into();
        Ok::<_, EncodeError>(object([("amount", amount(CENTS, money)?), ("currency", currency)]))
    };
    let back = |how| Said::from(cx.url(&format!("/divit/{how}/{}", content.order_id)));
    let is_fast = content.option("mode").is_none_or(|mode| mode == "fast");
    let code = Said::from(&reward.code);
    let order = object([
        ("expiredAt", cx.expires_at.map(|end| end.as_second()).into()),
        ("language", language(content).into()),
        ("merchantRef", (&content.order_id).into()),
        ("milesForReward", reward.miles.into()),
        ("orderItems", order_items),
        ("orderType", order_type.into()),
        ("promoCode", if reward.code.is_empty() { code } else { private(code) }),
        ("totalAmount", cents(content.total)?),
        ("totalForReward", cents(reward.earning)?),
        ("uniqueMerchantOrderID", (&content.order_id).into()),
        ("webhookEvents", cx.url("/divit/events").into()),
        ("webhookFailure", back("failure")),
        ("webhookSuccess", back("success")),
    ]);
    Ok(object([("customer", private(customer(content)).only_if(is_fast)), ("order", order)]))
}

fn language(content: &OrderContent) -> &str {
    content.option("language").unwrap_or("en")
}

fn customer(content: &OrderContent) -> Said {
    let (who, to) = (content.customer.expose(), content.shipping_to.expose());
    object([
        ("building", "".into()),
        ("district", (&to.town).into()),
        ("email", (&who.email).into()),
        ("firstName", (&who.first_name).into()),
        ("floor", "".into()),
        ("language", language(content).into()),
        ("lastName", (&who.last_name).into()),
        ("region", (&to.region).into()),
        ("street", to.lines.join(", ").into()),
        ("tel", (&who.phone).into()),
    ])
}

/// The one message of divit's that speaks in dollars.
fn refund(asked: &RefundRequest, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    cx.order_to_refund(asked)?;
    Ok(object([
        ("orderID", divit_id(cx)?.into()),
        ("refundType", if asked.full { "full" } else { "partial" }.into()),
        ("refundAmount", amount(DOLLARS, asked.amount)?),
        ("callbackURI", cx.url("/divit/events").into()),
        ("remarks", private(&asked.reason)),
        ("refundRef", (&asked.id).into()),
    ]))
}

/// divit goes by its own number, which it gives with its answer or with its first event.
fn divit_id<'a>(cx: &Cx<'a>) -> Result<&'a str, EncodeError> {
    let unknown = || EncodeError::inexpressible("order_id", "divit has not told its number of this order");
    cx.known("order_id").ok_or_else(unknown)
}
