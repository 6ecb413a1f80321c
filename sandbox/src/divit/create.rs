//! What a shop asks for when it creates an order, checked as the guide describes it.
//!
//! The official samples are the other half of the document: they send
//! `expiredAt: null`, references with NUL characters, no `orderType`, names in
//! lower case and sums that their items do not make, and divit takes all of it.

use std::time::Duration;

use jiff::Timestamp;

use super::CURRENCY;
use super::miles::Miles;
use super::order::{Generation, Item, Placed};
use crate::clock::later;
use crate::exact::{Fault, Fields, wrong};

/// How long an order lives whose `expiredAt` is missing or null, as the samples set it themselves.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// Longest `merchantRef`.
const REF_MAX: usize = 36;

/// Reads a request to create an order.
pub(crate) fn placed(generation: Generation, body: &[u8], now: Timestamp) -> Result<Placed, Fault> {
    let body = Fields::parse(body)?;
    let order = body.object("order")?;
    let amount = money(&order, "totalAmount")?;
    if amount == 0 {
        return Err(wrong("totalAmount", "more than zero"));
    }
    let merchant_ref = order.text("merchantRef")?;
    if !is_reference(&merchant_ref) {
        return Err(wrong("merchantRef", "at most 36 characters long"));
    }
    language(&order)?;
    order.text_or_empty("orderType")?;
    let fast = body.has("customer");
    if fast {
        customer(&body.object("customer")?)?;
    }
    Ok(Placed {
        generation,
        by_link: false,
        fast,
        amount,
        nonrefundable: nonrefundable(&order, amount)?,
        merchant_ref,
        webhook_success: url(&order, "webhookSuccess")?,
        webhook_failure: url(&order, "webhookFailure")?,
        webhook_events: url(&order, "webhookEvents")?,
        expires_at: expiry(&order, now)?,
        items: match generation {
            // A client of the present API sends none, and gets its orders.
            Generation::Directpay if !order.has("orderItems") => Vec::new(),
            _ => items(&order, Unit::of(&order)?)?,
        },
        miles: miles(&order)?,
        customer_id: if fast { uuid::Uuid::new_v4().to_string() } else { String::new() },
    })
}

/// Whether a shop may call an order so.
pub(crate) fn is_reference(merchant_ref: &str) -> bool {
    (1..=REF_MAX).contains(&merchant_ref.chars().count())
}

/// An amount in cents of the one currency.
fn money(order: &Fields, name: &str) -> Result<i64, Fault> {
    let money = order.object(name)?;
    if money.text("currency")? != CURRENCY {
        return Err(wrong(name, "an amount of HKD"));
    }
    match money.whole("amount")? {
        amount if amount < 0 => Err(wrong(name, "not negative")),
        amount => Ok(amount),
    }
}

/// The part of the total that does not go back: nothing, unless the order says so in either of its two ways.
fn nonrefundable(order: &Fields, total: i64) -> Result<i64, Fault> {
    let said = |name: &str| order.has(name).then(|| money(order, name)).transpose();
    let (kept, refundable) = (said("nonrefundableAmount")?, said("refundableAmount")?);
    let kept = kept.or_else(|| refundable.map(|refundable| total - refundable)).unwrap_or(0);
    let adds_up =
        refundable.is_none_or(|refundable| i128::from(refundable) + i128::from(kept) == total.into());
    if adds_up && (0..=total).contains(&kept) {
        Ok(kept)
    } else {
        Err(wrong("nonrefundableAmount", "the total without the refundableAmount"))
    }
}

fn url(order: &Fields, name: &str) -> Result<String, Fault> {
    let text = order.text(name)?;
    match reqwest::Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(text),
        _ => Err(wrong(name, "an http or https URL")),
    }
}

fn expiry(order: &Fields, now: Timestamp) -> Result<Timestamp, Fault> {
    if !order.has("expiredAt") {
        return Ok(later(now, LIFE));
    }
    let at = Timestamp::from_second(order.whole("expiredAt")?).ok();
    at.filter(|at| *at > now).ok_or_else(|| wrong("expiredAt", "a time to come, in seconds"))
}

fn language(of: &Fields) -> Result<(), Fault> {
    match of.text_or_empty("language")?.as_str() {
        "" | "en" | "zh-hk" | "zh-cn" => Ok(()),
        _ => Err(wrong("language", "en, zh-hk or zh-cn")),
    }
}

/// Who the shopper is: looked at, and not kept.
fn customer(customer: &Fields) -> Result<(), Fault> {
    language(customer)?;
    for name in ["firstName", "lastName", "email", "tel"] {
        customer.text_or_empty(name)?;
    }
    if !customer.has("email") && !customer.has("tel") {
        return Err(Fault::Missing("email".to_owned()));
    }
    Ok(())
}

/// What the prices of items are counted in. They are shown, and nothing is computed from them.
#[derive(Clone, Copy)]
enum Unit {
    /// As documented.
    Cents,
    /// As divit's own plugin for Wix sends them, with as many decimals as a float may have.
    Dollars,
}

impl Unit {
    fn of(order: &Fields) -> Result<Unit, Fault> {
        Ok(if order.text_or_empty("source")? == "wix" { Unit::Dollars } else { Unit::Cents })
    }

    /// A price in cents, if it is there and has no smaller parts.
    fn price(self, item: &Fields, name: &str) -> Result<Option<i64>, Fault> {
        if !item.has(name) {
            return Ok(None);
        }
        item.number(name)?;
        Ok(match self {
            Unit::Cents => item.whole(name).ok(),
            Unit::Dollars => item.amount(name).ok(),
        })
    }
}

fn items(order: &Fields, unit: Unit) -> Result<Vec<Item>, Fault> {
    let read = |item: &Fields| {
        let of = item.object("itemData")?;
        match item.text("itemType")?.as_str() {
            "retail" => retail(&of, unit),
            "flight" => flight(&of),
            _ => Err(wrong("itemType", "retail or flight")),
        }
    };
    order.some_objects("orderItems")?.iter().map(read).collect()
}

fn retail(item: &Fields, unit: Unit) -> Result<Item, Fault> {
    item.text("productID")?;
    if item.has("pics") {
        item.object("pics")?;
    }
    let (title, qty) = (item.text("productTitle")?, item.whole("qty")?);
    if qty < 1 {
        return Err(wrong("qty", "at least 1"));
    }
    let (one, all) = (unit.price(item, "unitPrice")?, unit.price(item, "subtotal")?);
    Ok(Item { title, qty, price: all.or_else(|| one?.checked_mul(qty)) })
}

fn flight(item: &Fields) -> Result<Item, Fault> {
    let end = |name: &str| {
        let end = item.object(name)?;
        end.text("at")?;
        end.text("iataCode")
    };
    let (from, to) = (end("departure")?, end("arrival")?);
    let title = format!("{}{} {from} – {to}", item.text("carrierCode")?, item.text("number")?);
    Ok(Item { title, qty: 1, price: None })
}

fn miles(order: &Fields) -> Result<Miles, Fault> {
    let supplied = if order.has("milesForReward") { order.whole("milesForReward")? } else { 0 };
    if supplied < 0 {
        return Err(wrong("milesForReward", "not negative"));
    }
    let earning = if order.has("totalForReward") { money(order, "totalForReward")? } else { 0 };
    Ok(Miles { supplied, promo_code: order.text_or_empty("promoCode")?, earning })
}
