//! What a shop asks for when it generates an order, checked as the guide's table describes it.

use jiff::{SignedDuration, Timestamp};

use super::account::Account;
use super::order::{Item, Placed};
use crate::exact::{Fault, Fields, wrong};

/// How long an order lives that does not say.
const LIFE_MIN: i64 = 60;
/// A year, in minutes: beyond any order.
const LIFE_MAX_MIN: i64 = 525_600;
/// The most an amount may be: twelve digits.
const AMOUNT_MAX: i64 = 999_999_999_999;

/// Reads a request; returns the invoice number and the rest.
pub(crate) fn placed(
    account: &Account,
    request_id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(String, Placed), Fault> {
    let body = Fields::parse(body)?;
    let (order, info) = (body.object("order")?, body.object("peer_to_peer_info")?);
    let invoice = limited(&order, "invoice_number", 64)?;
    let (amount, items) = (rupiah(&order, "amount")?, items(&order)?);
    let sum: i64 = items.iter().map(|item| item.price * item.quantity).sum();
    if sum != amount {
        return Err(wrong("amount", "the sum of price times quantity"));
    }
    people(&body)?;
    let cancel = order.text_or_empty("callback_url_cancel")?;
    let callback_url_cancel =
        if cancel.is_empty() { None } else { Some(url(&order, "callback_url_cancel")?) };
    let placed = Placed {
        request_id: request_id.to_owned(),
        amount,
        items,
        callback_url: url(&order, "callback_url")?,
        callback_url_cancel,
        notification_url: overridden(account, &body)?,
        unique_reference: limited(&info, "merchant_unique_reference", 64)?,
        created_at: now,
        expires_at: now + SignedDuration::from_mins(minutes(&info)?),
    };
    Ok((invoice, placed))
}

fn limited(of: &Fields, name: &str, most: usize) -> Result<String, Fault> {
    let text = of.text(name)?;
    if text.chars().count() > most { Err(wrong(name, "shorter")) } else { Ok(text) }
}

/// A whole number of rupiah, written without a point.
fn rupiah(of: &Fields, name: &str) -> Result<i64, Fault> {
    match of.whole(name)? {
        amount if (0..=AMOUNT_MAX).contains(&amount) => Ok(amount),
        _ => Err(wrong(name, "at most 12 digits")),
    }
}

fn items(order: &Fields) -> Result<Vec<Item>, Fault> {
    let read = |item: &Fields| {
        for name in ["id", "type"] {
            item.text(name)?;
        }
        url(item, "url")?;
        let (name, price) = (limited(item, "name", 255)?, rupiah(item, "price")?);
        match item.whole("quantity")? {
            quantity if (1..=100_000).contains(&quantity) => Ok(Item { name, quantity, price }),
            _ => Err(wrong("quantity", "at least 1")),
        }
    };
    order.some_objects("line_items")?.iter().map(read).collect()
}

fn url(of: &Fields, name: &str) -> Result<String, Fault> {
    let text = of.text(name)?;
    match reqwest::Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(text),
        _ => Err(wrong(name, "an http or https URL")),
    }
}

fn minutes(info: &Fields) -> Result<i64, Fault> {
    if !info.has("expired_time") {
        return Ok(LIFE_MIN);
    }
    match info.whole("expired_time")? {
        minutes if (1..=LIFE_MAX_MIN).contains(&minutes) => Ok(minutes),
        _ => Err(wrong("expired_time", "a number of minutes")),
    }
}

/// Who buys and where it goes: looked at, and not kept.
fn people(body: &Fields) -> Result<(), Fault> {
    let customer = body.object("customer")?;
    for name in ["first_name", "address"] {
        customer.text(name)?;
    }
    phone(&customer)?;
    let shipping = body.object("shipping_address")?;
    for name in ["first_name", "address", "city", "postal_code"] {
        shipping.text(name)?;
    }
    phone(&shipping)?;
    let country = shipping.text("country_code")?;
    let is_country = country.len() == 3 && country.bytes().all(|letter| letter.is_ascii_uppercase());
    if is_country { Ok(()) } else { Err(wrong("country_code", "three capital letters")) }
}

/// A number of Indonesia: 62 and digits.
fn phone(of: &Fields) -> Result<(), Fault> {
    let phone = of.text("phone")?;
    let digits = phone.bytes().all(|digit| digit.is_ascii_digit());
    if digits && phone.starts_with("62") && (8..=16).contains(&phone.len()) {
        Ok(())
    } else {
        Err(wrong("phone", "a number that begins with 62"))
    }
}

/// The host of the notifications may be another one, their path may not: it is signed.
fn overridden(account: &Account, body: &Fields) -> Result<Option<String>, Fault> {
    const NAME: &str = "override_notification_url";
    if !body.has("additional_info") || !body.object("additional_info")?.has(NAME) {
        return Ok(None);
    }
    let asked = url(&body.object("additional_info")?, NAME)?;
    let path = |text: &str| reqwest::Url::parse(text).map(|url| url.path().to_owned()).ok();
    if path(&asked) == path(&account.notification_url) {
        Ok(Some(asked))
    } else {
        Err(wrong(NAME, "of the same path as the back office has it"))
    }
}
