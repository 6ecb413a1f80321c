//! Kredivo's codec against DOKU's documents, against worked signatures, and against garbage.
//!
//! Everything goes through [`Provider`], as the rest of Ordain does.

mod content;
mod inbound;
mod reply;
mod request;
mod signature;

use ordain_providers::kredivo::KREDIVO;
use ordain_providers::{
    Account, Address, Call, Currency, Customer, Cx, Inbound, InboundError, Ingested, Line, LineKind,
    MessageKind, Money, Op, OrderContent, Outcome, Private, Quantity, Reply, Request,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const KEY: &str = "SK-testsecret0123456789";
pub(crate) const CLIENT: &str = "MCH-0001-10791114622547";
/// Made at 2026-11-21T06:00:00Z.
pub(crate) const ORDER: &str = "01M7YB1BR0ABCDEFGHJKMNPQRS";
pub(crate) const NOW: &str = "2026-11-21T06:00:30Z";
pub(crate) const GENERATE: &str = "/kredivo-peer-to-peer/v2/generate-order";
pub(crate) const PATH: &str = "/a/acc1/doku/notification";

pub(crate) fn account() -> Account {
    Account {
        id: "acc1".to_owned(),
        store_url: "https://ordain.example/a/acc1".to_owned(),
        config: BTreeMap::from([
            ("client_id".to_owned(), CLIENT.to_owned()),
            ("api_url".to_owned(), "https://api-sandbox.doku.com".to_owned()),
            ("shop_url".to_owned(), "https://merchant.example".to_owned()),
        ]),
        secrets: BTreeMap::from([
            ("secret_key".to_owned(), Private::new(KEY.to_owned())),
            ("sellers".to_owned(), Private::new(json!({"toko": seller()}).to_string())),
        ]),
    }
}

/// Who sells on the shop's platform, by the documents' names.
pub(crate) fn seller() -> Value {
    json!({
        "id": "S-1", "name": "Toko Ana", "email": "ana@toko.example", "url": "https://toko.example",
        "legal_id": "3171234567890001",
        "address": {"first_name": "Ana", "last_name": "Wijaya", "address": "Jalan Sudirman 1", "city": "Jakarta",
            "postal_code": "12190", "phone": "6281398154809", "country_code": "IDN"},
    })
}

pub(crate) fn idr(rupiah: i64) -> Money {
    Money::of(Currency::Idr, rupiah * 100)
}

pub(crate) fn line(line_id: &str, kind: LineKind, rupiah: i64, pieces: u32) -> Line {
    Line {
        line_id: line_id.to_owned(),
        sku: format!("SKU-{line_id}"),
        name: format!("Line {line_id}"),
        kind,
        quantity: Quantity::whole(pieces),
        unit_price: idr(rupiah),
        tax_rate_bp: 0,
        total: idr(rupiah * i64::from(pieces)),
        unit: String::new(),
        image_url: None,
    }
}

/// The vectors' three shirts, and what they are sent with.
pub(crate) fn order() -> OrderContent {
    let shirts = Line {
        sku: "1002".to_owned(),
        name: "T-Shirt".to_owned(),
        ..line("1", LineKind::Product, 30_000, 3)
    };
    let home = Address {
        lines: vec!["Menara Mulia".to_owned(), "Lantai 8".to_owned()],
        town: "Jakarta Selatan".to_owned(),
        region: String::new(),
        postcode: "12960".to_owned(),
        country_code: "ID".to_owned(),
        ..Address::default()
    };
    OrderContent {
        order_id: ORDER.to_owned(),
        client_reference: "INV-20210707-0001".to_owned(),
        currency: Currency::Idr,
        total: idr(100_000),
        lines: vec![shirts, line("2", LineKind::Shipping, 10_000, 1)],
        customer: Private::new(Customer {
            first_name: "Anton".to_owned(),
            last_name: "Budiman".to_owned(),
            email: "anton@example.com".to_owned(),
            phone: "+6285694566147".to_owned(),
            ..Customer::default()
        }),
        billing: Private::new(home.clone()),
        shipping_to: Private::new(home),
        provider_options: BTreeMap::new(),
    }
}

/// Calls `ask` with everything that a codec may know, at `now`; the order expires an hour after it was made.
pub(crate) fn with_cx_at<T>(now: &str, ask: impl FnOnce(&Cx<'_>) -> T) -> T {
    ask(&Cx {
        now: now.parse().expect("a time"),
        account: &account(),
        order: Some(&order()),
        refs: &BTreeMap::new(),
        expires_at: "2026-11-21T07:00:00Z".parse().ok(),
        entropy: [7; 32],
    })
}

pub(crate) fn with_cx<T>(ask: impl FnOnce(&Cx<'_>) -> T) -> T {
    with_cx_at(NOW, ask)
}

#[track_caller]
pub(crate) fn request_at(now: &str, op: &Op) -> Request {
    match with_cx_at(now, |cx| KREDIVO.encode(op, cx)) {
        Ok(Call::Http(request)) => request,
        other => panic!("{op:?} is no request: {other:?}"),
    }
}

pub(crate) fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    let found = request.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.expose().as_str()).expect("the header is there")
}

/// A signature made from a description.
pub(crate) fn signature(described: &Value) -> String {
    let described = described.as_object().expect("an object");
    let is_reply = described.contains_key("response_timestamp");
    let kind = if is_reply { MessageKind::Reply } else { MessageKind::Request };
    KREDIVO.sign(kind, described).expect("signed").signature
}

/// A reply that DOKU signed, to the request that `op` makes at [`NOW`].
pub(crate) fn signed(op: &Op, status: u16, body: &str) -> Reply {
    let request = request_at(NOW, op);
    let target =
        request.url.expose().strip_prefix("https://api-sandbox.doku.com").expect("the API's host").to_owned();
    let described = json!({
        "client_id": CLIENT, "request_id": header(&request, "request-id"), "response_timestamp": NOW,
        "request_target": target, "secret_key": KEY, "body": body,
    });
    let headers = vec![
        ("response-timestamp".to_owned(), NOW.to_owned()),
        ("signature".to_owned(), signature(&described)),
    ];
    Reply { status, headers, body: Private::new(body.as_bytes().to_vec()) }
}

pub(crate) fn unsigned(status: u16, body: impl AsRef<[u8]>) -> Reply {
    Reply { status, headers: Vec::new(), body: Private::new(body.as_ref().to_vec()) }
}

pub(crate) fn decode(op: &Op, reply: &Reply) -> Outcome {
    with_cx(|cx| KREDIVO.decode(op, reply, cx))
}

/// A notification that DOKU signed at `time`.
pub(crate) fn notification(time: &str, body: &str) -> Inbound {
    let described = json!({
        "client_id": CLIENT, "request_id": "note-1", "request_timestamp": time, "request_target": PATH,
        "secret_key": KEY, "body": body,
    });
    let signature = signature(&described);
    let headers = [
        ("client-id", CLIENT),
        ("request-id", "note-1"),
        ("request-timestamp", time),
        ("signature", &signature),
    ];
    Inbound {
        method: "POST".to_owned(),
        path: "/doku/notification".to_owned(),
        query: Private::new(String::new()),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: Private::new(body.as_bytes().to_vec()),
        sender: None,
    }
}

pub(crate) fn ingest(message: &Inbound) -> Result<Ingested, InboundError> {
    with_cx(|cx| KREDIVO.ingest(message, cx))
}
