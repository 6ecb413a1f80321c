//! divit's codec against its documents, against worked signatures, and against garbage.
//!
//! Everything goes through [`Provider`], as the rest of Ordain does.

mod content;
mod inbound;
mod refund;
mod reply;
mod request;
mod signature;

use ordain_providers::divit::DIVIT;
use ordain_providers::{
    Account, Address, Call, Currency, Customer, Cx, Inbound, InboundError, Ingested, Line, LineKind, Money,
    Op, OrderContent, Outcome, Private, Quantity, Reply, Request,
};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) const SIGNATURE_KEY: &str = "divit-sig-key";
pub(crate) const ORDER: &str = "01J9ZC3AYBQ8M3W1T5R7N2K4XD";
pub(crate) const DIVIT_ID: &str = "956db0a3-68b1-420c-9df9-3ec5d77136b9";
/// The documented token's own time.
pub(crate) const NOW: i64 = 1_644_671_966;

pub(crate) fn account() -> Account {
    let codes = r#"{"standard":{"code":"XYZ01","ratio":"1:2"},"broken":{"code":"Z","ratio":"0:1"}}"#;
    Account {
        id: "acc1".to_owned(),
        store_url: "https://ordain.example/a/acc1".to_owned(),
        config: BTreeMap::from([
            ("api_url".to_owned(), "https://sandbox-api.divit.dev".to_owned()),
            ("mile_cost_minor".to_owned(), "10".to_owned()),
        ]),
        secrets: BTreeMap::from([
            ("api_key".to_owned(), Private::new("dvt_rREeGJ4FXp69nQEJ7Arq08stvtacFyPrTzKr".to_owned())),
            ("signature_key".to_owned(), Private::new(SIGNATURE_KEY.to_owned())),
            ("promo_codes".to_owned(), Private::new(codes.to_owned())),
        ]),
    }
}

pub(crate) fn hkd(minor: i64) -> Money {
    Money::of(Currency::Hkd, minor)
}

pub(crate) fn line(line_id: &str, kind: LineKind, unit_minor: i64, pieces: u32) -> Line {
    Line {
        line_id: line_id.to_owned(),
        sku: format!("SKU-{line_id}"),
        name: format!("Line {line_id}"),
        kind,
        quantity: Quantity::whole(pieces),
        unit_price: hkd(unit_minor),
        tax_rate_bp: 0,
        total: hkd(unit_minor * i64::from(pieces)),
        unit: String::new(),
        image_url: None,
    }
}

/// The official samples' cat food and what it is sent with: HKD 1150.50.
pub(crate) fn order() -> OrderContent {
    let food = Line {
        sku: "ID".to_owned(),
        name: "Cat Food".to_owned(),
        image_url: Some("https://shop.example/cat.png".to_owned()),
        ..line("1", LineKind::Product, 57_500, 2)
    };
    let home = Address {
        lines: vec!["8/F".to_owned(), "1 Queen's Road Central".to_owned()],
        town: "Central".to_owned(),
        region: "Hong Kong Island".to_owned(),
        postcode: String::new(),
        country_code: "HK".to_owned(),
        ..Address::default()
    };
    OrderContent {
        order_id: ORDER.to_owned(),
        client_reference: "1795219616".to_owned(),
        currency: Currency::Hkd,
        total: hkd(115_050),
        lines: vec![food, line("2", LineKind::Shipping, 100, 1), line("3", LineKind::Discount, -50, 1)],
        customer: Private::new(Customer {
            first_name: "Stephen".to_owned(),
            last_name: "Chow".to_owned(),
            email: "a@b.hk".to_owned(),
            phone: "+85293920190".to_owned(),
            ..Customer::default()
        }),
        billing: Private::new(home.clone()),
        shipping_to: Private::new(home),
        provider_options: BTreeMap::new(),
    }
}

/// The order with these options.
pub(crate) fn with_options(options: &[(&str, &str)]) -> OrderContent {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    OrderContent { provider_options: options.collect(), ..order() }
}

/// Calls `ask` with everything that a codec may know; divit has told its number.
pub(crate) fn with_cx<T>(order: &OrderContent, ask: impl FnOnce(&Cx<'_>) -> T) -> T {
    let refs = BTreeMap::from([("order_id".to_owned(), DIVIT_ID.to_owned())]);
    ask(&Cx {
        now: jiff::Timestamp::from_second(NOW).expect("a time"),
        account: &account(),
        order: Some(order),
        refs: &refs,
        expires_at: jiff::Timestamp::from_second(NOW + 1_800).ok(),
        entropy: [7; 32],
    })
}

#[track_caller]
pub(crate) fn request_of(op: &Op, order: &OrderContent) -> Request {
    match with_cx(order, |cx| DIVIT.encode(op, cx)) {
        Ok(Call::Http(request)) => request,
        other => panic!("{op:?} is no request: {other:?}"),
    }
}

/// A request's JSON.
#[track_caller]
pub(crate) fn body_of(op: &Op, order: &OrderContent) -> Value {
    serde_json::from_slice(request_of(op, order).body.expose()).expect("JSON")
}

pub(crate) fn decode_for(order: &OrderContent, op: &Op, status: u16, body: impl AsRef<[u8]>) -> Outcome {
    let reply = Reply { status, headers: Vec::new(), body: Private::new(body.as_ref().to_vec()) };
    with_cx(order, |cx| DIVIT.decode(op, &reply, cx))
}

pub(crate) fn decode(op: &Op, status: u16, body: impl AsRef<[u8]>) -> Outcome {
    decode_for(&order(), op, status, body)
}

pub(crate) fn message(method: &str, path: &str, signature: Option<&str>, body: &str) -> Inbound {
    let header = signature.map(|value| ("x-divit-signature".to_owned(), value.to_owned()));
    Inbound {
        method: method.to_owned(),
        path: path.to_owned(),
        query: Private::new(String::new()),
        headers: header.into_iter().collect(),
        body: Private::new(body.as_bytes().to_vec()),
        sender: None,
    }
}

pub(crate) fn ingest(message: &Inbound) -> Result<Ingested, InboundError> {
    with_cx(&order(), |cx| DIVIT.ingest(message, cx))
}
