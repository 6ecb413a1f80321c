//! DivideBuy's codec against its guide, against vectors made with PHP's OpenSSL, and against garbage.
//!
//! Everything goes through [`Provider`], as the rest of Ordain does. The values are the guide's own examples.

mod content;
mod inbound;
mod reply;
mod request;
mod splash_key;
mod table;
mod traps;

use ordain_providers::dividebuy::DIVIDEBUY;
use ordain_providers::inbound::{InboundKind, Verdict};
use ordain_providers::{
    Account, Address, Call, Currency, Customer, Cx, Inbound, InboundError, Ingested, Line, LineKind, Money,
    Op, OrderContent, Outcome, Private, Quantity, Reply, Request,
};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) const TOKEN: &str = "abcdef123456";
pub(crate) const AUTHENTICATION: &str = "zyxwvu987654";

pub(crate) fn account() -> Account {
    account_of(TOKEN, AUTHENTICATION)
}

pub(crate) fn account_of(token: &str, authentication: &str) -> Account {
    let fields = &DIVIDEBUY.spec().account.config;
    let given = BTreeMap::from([("retailer_store_code", "acmeinc_default"), ("retailer_id", "150")]);
    let value = |name: &'static str, default: Option<&'static str>| {
        given.get(name).copied().or(default).expect("every field has a value")
    };
    Account {
        id: "acc1".to_owned(),
        store_url: "https://ordain.example/a/acc1".to_owned(),
        config: fields.iter().map(|f| (f.name.to_owned(), value(f.name, f.default).to_owned())).collect(),
        secrets: BTreeMap::from([
            ("store_token".to_owned(), Private::new(token.to_owned())),
            ("store_authentication".to_owned(), Private::new(authentication.to_owned())),
        ]),
    }
}

pub(crate) fn gbp(minor: i64) -> Money {
    Money::of(Currency::Gbp, minor)
}

pub(crate) fn line(line_id: &str, kind: LineKind, unit_minor: i64, pieces: u32, tax_rate_bp: u32) -> Line {
    Line {
        line_id: line_id.to_owned(),
        sku: format!("SKU-{line_id}"),
        name: format!("Line {line_id}"),
        kind,
        quantity: Quantity::whole(pieces),
        unit_price: gbp(unit_minor),
        tax_rate_bp,
        total: gbp(unit_minor * i64::from(pieces)),
        unit: String::new(),
        image_url: None,
    }
}

/// The guide's order: two mattresses for 2400, 500 off, shipping 15 beside it (S1 L225-300).
pub(crate) fn guide_order() -> OrderContent {
    let mattress = Line {
        sku: "SUPCOOLMAT-1".to_owned(),
        name: "Supreme Cool Mattress".to_owned(),
        ..line("1", LineKind::Product, 120_000, 2, 2_000)
    };
    let shipping = Line {
        sku: "express".to_owned(),
        name: "Express Shipping".to_owned(),
        ..line("3", LineKind::Shipping, 1_500, 1, 0)
    };
    let home = Address {
        lines: vec!["1 Little Cottage".to_owned(), "Customtown".to_owned()],
        town: "Cityville".to_owned(),
        region: "Countyshire".to_owned(),
        postcode: "AB12 3CD".to_owned(),
        country_code: "GB".to_owned(),
        ..Address::default()
    };
    OrderContent {
        order_id: "1024".to_owned(),
        client_reference: "REF109846".to_owned(),
        currency: Currency::Gbp,
        total: gbp(191_500),
        lines: vec![mattress, line("2", LineKind::Discount, -50_000, 1, 0), shipping],
        customer: Private::new(Customer {
            first_name: "John".to_owned(),
            last_name: "Smith".to_owned(),
            email: "john.smith@email.com".to_owned(),
            phone: "+447123456789".to_owned(),
            ..Customer::default()
        }),
        billing: Private::new(home.clone()),
        shipping_to: Private::new(home),
        provider_options: BTreeMap::from([("selected_instalment".to_owned(), "3".to_owned())]),
    }
}

/// Calls `ask` with everything that a codec may know.
pub(crate) fn with_cx<T>(
    account: &Account,
    order: Option<&OrderContent>,
    ask: impl FnOnce(&Cx<'_>) -> T,
) -> T {
    let refs = BTreeMap::new();
    ask(&Cx {
        now: jiff::Timestamp::UNIX_EPOCH,
        account,
        order,
        refs: &refs,
        expires_at: None,
        entropy: [7; 32],
    })
}

/// The HTTP request of an operation on the guide's order.
#[track_caller]
pub(crate) fn request(op: &Op) -> Request {
    match with_cx(&account(), Some(&guide_order()), |cx| DIVIDEBUY.encode(op, cx)) {
        Ok(Call::Http(request)) => request,
        other => panic!("{op:?} is no request: {other:?}"),
    }
}

pub(crate) fn decode(op: &Op, status: u16, body: impl AsRef<[u8]>) -> Outcome {
    let reply = Reply { status, headers: Vec::new(), body: Private::new(body.as_ref().to_vec()) };
    with_cx(&account(), Some(&guide_order()), |cx| DIVIDEBUY.decode(op, &reply, cx))
}

pub(crate) fn post(path: &str, body: impl AsRef<[u8]>) -> Inbound {
    Inbound {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: Private::new(String::new()),
        headers: Vec::new(),
        body: Private::new(body.as_ref().to_vec()),
        sender: None,
    }
}

pub(crate) fn webhook(body: &Value) -> Inbound {
    post("/dividebuy/api/response", body.to_string())
}

pub(crate) fn browser(query: &str) -> Inbound {
    let path = "/dividebuy/payment/response".to_owned();
    Inbound { method: "GET".to_owned(), path, query: Private::new(query.to_owned()), ..post("", "") }
}

pub(crate) fn ingest(message: &Inbound) -> Result<Ingested, InboundError> {
    with_cx(&account(), None, |cx| DIVIDEBUY.ingest(message, cx))
}

/// A genuine message of a kind, for asking how it is answered.
pub(crate) fn genuine(kind: InboundKind) -> Ingested {
    let message = match kind {
        InboundKind::Pull => post(
            "/dividebuy/api/getorderdetails",
            serde_json::json!({"orderId": "1024", "storeToken": TOKEN, "storeAuthentication": AUTHENTICATION}).to_string(),
        ),
        InboundKind::Webhook => webhook(&serde_json::json!({
            "method": "orderCancel", "store_order_id": "1024",
            "store_token": TOKEN, "store_authentication": AUTHENTICATION,
        })),
        InboundKind::Return => browser(splash_key::GUIDE_RETURN),
    };
    ingest(&message).expect("a genuine message")
}

/// Status and JSON of our answer.
pub(crate) fn answered(message: &Ingested, verdict: Verdict<'_>) -> (u16, Value) {
    let reply = with_cx(&account(), None, |cx| DIVIDEBUY.answer(message, &verdict, cx));
    (reply.status, serde_json::from_slice(reply.body.expose()).unwrap_or(Value::Null))
}
