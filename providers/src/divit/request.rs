//! Operations to divit: JSON bodies beside an `api-key`, an order's fields in the order of their names.

use super::SPEC;
use super::items::items;
use super::miles::Reward;
use super::table::{API_KEY, CENTS, DOLLARS, PRODUCTS, Product};
use crate::call::RefundRequest;
use crate::said::{Said, amount, object, private};
use crate::{Address, Call, Cx, EncodeError, Facts, Money, Op, OrderContent, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let product = || cx.the_order().map(product_of);
    let (method, path, body) = match op {
        Op::Create => ("POST", product()?.create.to_owned(), create(cx.the_order()?, cx)?),
        Op::Sync | Op::SyncRefund(_) => {
            let id = utf8_percent_encode(divit_id(cx)?, NON_ALPHANUMERIC);
            ("GET", format!("/paynow/orders/{id}/status"), Said::default())
        }
        Op::Refund(asked) => ("POST", product()?.refund.to_owned(), refund(asked, cx)?),
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

fn product_of(content: &OrderContent) -> &'static Product {
    let wanted = content.option("product");
    PRODUCTS.iter().find(|product| Some(product.word) == wanted).unwrap_or(&PRODUCTS[0])
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
    let anew = product_of(content).spelled_anew;
    let our_number = Said::from(&content.order_id);
    let refundable = refundable(content)?;
    let kept = refundable.and_then(|refundable| content.total.minus(refundable).ok());
    let order = object([
        ("expiredAt", cx.expires_at.map(|end| end.as_second()).into()),
        ("language", language(content).into()),
        ("merchantRef", our_number.clone()),
        ("merchantUniqueOrderID", our_number.clone().only_if(anew)),
        ("milesForReward", reward.miles.into()),
        ("nonrefundableAmount", kept.map(cents).transpose()?.into()),
        ("orderItems", order_items),
        ("orderType", order_type.into()),
        ("promoCode", if reward.code.is_empty() { code } else { private(code) }),
        ("refundableAmount", refundable.map(cents).transpose()?.into()),
        ("totalAmount", cents(content.total)?),
        ("totalForReward", cents(reward.earning)?),
        ("uniqueMerchantOrderID", our_number.only_if(!anew)),
        ("webhookEvents", cx.url("/divit/events").into()),
        ("webhookFailure", back("failure")),
        ("webhookSuccess", back("success")),
    ]);
    Ok(object([("customer", private(customer(content)).only_if(is_fast)), ("order", order)]))
}

/// The part of the total that may go back, where the order says that not all of it may.
fn refundable(content: &OrderContent) -> Result<Option<Money>, EncodeError> {
    let Some(kept) = content.option("nonrefundable_minor") else { return Ok(None) };
    let kept = CENTS.read(content.currency, kept).and_then(|kept| content.total.minus(kept));
    let unclear = |_| EncodeError::inexpressible("nonrefundable_minor", "must be a whole number of cents");
    kept.map(Some).map_err(unclear)
}

fn language(content: &OrderContent) -> &str {
    content.option("language").unwrap_or("en")
}

/// The documents of 2022 take an address apart into floor, building and street; the present ones have it in two lines.
fn customer(content: &OrderContent) -> Said {
    let (who, to) = (content.customer.expose(), content.shipping_to.expose());
    let spelled_anew = product_of(content).spelled_anew;
    let anew = |text: &str| Said::from(text).only_if(spelled_anew);
    let before = |text: &str| Said::from(text).only_if(!spelled_anew);
    let (first, more) = to.lines.split_first().map_or(("", &[][..]), |(first, more)| (first, more));
    object([
        ("address1", anew(first)),
        ("address2", anew(&more.join(", "))),
        ("building", before(&to.building_name)),
        ("country", anew(&to.country_code)),
        ("district", (&to.town).into()),
        ("email", (&who.email).into()),
        ("firstName", (&who.first_name).into()),
        ("floor", before(&to.flat)),
        ("language", language(content).into()),
        ("lastName", (&who.last_name).into()),
        ("postalCode", anew(&to.postcode)),
        ("province", anew(&to.region)),
        ("region", before(&to.region)),
        ("street", before(&street(to))),
        ("tel", (&who.phone).into()),
    ])
}

/// With its number, or the lines where nobody took them apart.
fn street(to: &Address) -> String {
    let number = if to.street.is_empty() { "" } else { to.building_number.as_str() };
    format!("{number} {}", to.street_or_lines()).trim_start().to_owned()
}

/// The one message of divit's that speaks in dollars.
fn refund(asked: &RefundRequest, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    if let Some(refundable) = refundable(cx.order_to_refund(asked)?)? {
        let left = refundable.minus(asked.refunded_before);
        if !left.is_ok_and(|left| asked.amount.minor <= left.minor) {
            let why = "must leave what the order's `nonrefundable_minor` keeps back";
            return Err(EncodeError::inexpressible("refund.amount", why));
        }
    }
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
