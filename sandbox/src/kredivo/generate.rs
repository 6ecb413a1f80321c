//! What a shop asks for when it generates an order, checked as the guide's table describes it.

use jiff::{SignedDuration, Timestamp};

use super::account::Account;
use super::order::{Item, Placed};
use super::people;
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
    if sum(&items) != Some(amount) {
        return Err(wrong("amount", "the sum of price times quantity"));
    }
    people::looked_at(&body)?;
    if order.has("auto_redirect") {
        order.truth("auto_redirect")?;
    }
    order.text_or_empty("descriptor")?;
    let placed = Placed {
        request_id: request_id.to_owned(),
        amount,
        items,
        callback_url: url(&order, "callback_url")?,
        callback_url_cancel: url_if_any(&order, "callback_url_cancel")?,
        notification_url: overridden(account, &body)?,
        unique_reference: limited(&info, "merchant_unique_reference", 64)?,
        created_at: now,
        expires_at: now.checked_add(SignedDuration::from_mins(minutes(&info)?)).unwrap_or(Timestamp::MAX),
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
    let items = order.some_objects("line_items")?;
    let ids = items.iter().map(|item| item.text("id")).collect::<Result<Vec<_>, _>>()?;
    let read = |item: &Fields| {
        item.text("type")?;
        url(item, "url")?;
        url_if_any(item, "image_url")?;
        parent(item, &ids)?;
        let (name, price) = (limited(item, "name", 255)?, rupiah(item, "price")?);
        match item.whole("quantity")? {
            quantity if quantity >= 1 => Ok(Item { name, quantity, price }),
            _ => Err(wrong("quantity", "at least 1")),
        }
    };
    items.iter().map(read).collect()
}

/// Whose fee an item is: of a seller, or of one of the items.
fn parent(item: &Fields, ids: &[String]) -> Result<(), Fault> {
    if item.text_or_empty("parent_type")?.is_empty() && item.text_or_empty("parent_id")?.is_empty() {
        return Ok(());
    }
    let (kind, id) = (item.text("parent_type")?, item.text("parent_id")?);
    match kind.as_str() {
        "SELLER" => Ok(()),
        "ITEM" if ids.contains(&id) => Ok(()),
        "ITEM" => Err(wrong("parent_id", "the id of an item")),
        _ => Err(wrong("parent_type", "SELLER or ITEM")),
    }
}

/// What all items cost; nothing, if no amount can say it. The documents set no end to a quantity, so a product may be
/// beyond any number.
fn sum(items: &[Item]) -> Option<i64> {
    let add = |sum: i64, item: &Item| sum.checked_add(item.price.checked_mul(item.quantity)?);
    items.iter().try_fold(0, add).filter(|sum| *sum <= AMOUNT_MAX)
}

pub(crate) fn url_if_any(of: &Fields, name: &str) -> Result<Option<String>, Fault> {
    if of.text_or_empty(name)?.is_empty() { Ok(None) } else { url(of, name).map(Some) }
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::placed;
    use crate::exact::Fault;
    use crate::kredivo::Account;

    const NOW: &str = "2026-11-21T06:00:00Z";

    fn check(body: &Value, now: Timestamp) -> Result<i64, Fault> {
        let account = Account {
            client_id: "MCH-1".into(),
            secret_key: "SK-1".into(),
            notification_url: "https://merchant.example/notification".into(),
            merchant_name: "Demo".into(),
            refuses_like_checkout: false,
            refuses_like_glossary: false,
        };
        placed(&account, "req", body.to_string().as_bytes(), now).map(|(_, placed)| placed.amount)
    }

    fn whole() -> Value {
        let place = json!({
            "first_name": "Anton", "last_name": "Budiman", "address": "Menara Mulia Lantai 8",
            "city": "Jakarta Selatan", "postal_code": "12960", "phone": "6285694566147", "country_code": "IDN",
        });
        json!({
            "order": {
                "invoice_number": "INV-1",
                "line_items": [
                    {"name": "T-Shirt", "price": 30_000, "quantity": 3, "id": "1002", "type": "CLOTHING",
                        "url": "https://merchant.example/p/1002"},
                    {"name": "Carriage", "price": 10_000, "quantity": 1, "id": "1", "type": "FEE",
                        "url": "https://merchant.example", "image_url": "https://merchant.example/1.png",
                        "parent_type": "ITEM", "parent_id": "1002"},
                ],
                "amount": 100_000, "auto_redirect": true, "descriptor": "DEMO",
                "callback_url": "https://merchant.example/return",
                "callback_url_cancel": "https://merchant.example/cancel",
            },
            "peer_to_peer_info": {"expired_time": 60, "merchant_unique_reference": "MUR-1"},
            "customer": {"first_name": "Anton", "last_name": "Budiman", "phone": "6285694566147",
                "email": "anton@example.com", "address": "Menara Mulia Lantai 8"},
            "shipping_address": place, "billing_address": place,
            "sellers": [{"id": "S-1", "name": "Toko Ana", "email": "ana@toko.example", "url": "https://toko.example",
                "legal_id": "317", "address": place}],
            "additional_info": {"override_notification_url": "https://other.example/notification"},
        })
    }

    /// Every place of a value, from the whole to its leaves.
    fn places(value: &Value, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, field)| places(field, &format!("{path}/{name}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| places(item, &format!("{path}/{at}"), found));
            }
            _ => {}
        }
    }

    /// The host keeps its state under one lock: a panic would be the end of it for everybody.
    #[test]
    fn no_request_panics_whatever_stands_wherever() {
        let odd = [
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!(1),
            json!(999_999_999_999_i64),
            json!(i64::MAX),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(1.5),
            json!(1e300),
            json!(""),
            json!("\u{0}é中"),
            json!([]),
            json!({}),
            json!([[]]),
            json!([{}]),
        ];
        let (whole, mut all) = (whole(), Vec::new());
        places(&whole, "", &mut all);
        assert_eq!(check(&whole, NOW.parse().unwrap()), Ok(100_000));
        for now in [NOW.parse().unwrap(), Timestamp::MAX, Timestamp::MIN] {
            for place in &all {
                for value in &odd {
                    let mut changed = whole.clone();
                    *changed.pointer_mut(place).unwrap() = value.clone();
                    let _ = check(&changed, now);
                }
            }
        }
    }

    /// Every field is one of the documents', so none of them takes just anything.
    #[test]
    fn every_field_is_looked_at() {
        let (whole, mut all) = (whole(), Vec::new());
        places(&whole, "", &mut all);
        for place in &all {
            let mut changed = whole.clone();
            *changed.pointer_mut(place).unwrap() = json!([5]);
            assert!(check(&changed, NOW.parse().unwrap()).is_err(), "{place}");
        }
    }

    #[test]
    fn sum_beyond_any_number_is_refused() {
        let cases = [
            (999_999_999_999_i64, 1_i64, Ok(999_999_999_999)),
            (1, 999_999_999_999, Ok(999_999_999_999)),
            (500_000, 100_001, Ok(50_000_500_000)),
            (999_999_999_999, 2, Err(())),
            (999_999_999_999, i64::MAX, Err(())),
            (1, i64::MAX, Err(())),
        ];
        for (price, quantity, expected) in cases {
            let mut order = whole();
            order["order"]["line_items"].as_array_mut().unwrap().truncate(1);
            order["order"]["line_items"][0]["price"] = price.into();
            order["order"]["line_items"][0]["quantity"] = quantity.into();
            order["order"]["amount"] = price.saturating_mul(quantity).min(999_999_999_999).into();
            assert_eq!(check(&order, NOW.parse().unwrap()).map_err(drop), expected, "{price} × {quantity}");
        }
        let mut order = whole();
        for item in order["order"]["line_items"].as_array_mut().unwrap() {
            (item["price"], item["quantity"]) = (1.into(), i64::MAX.into());
        }
        assert!(check(&order, NOW.parse().unwrap()).is_err());
    }
}
