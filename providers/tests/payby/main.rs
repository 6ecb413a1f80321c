//! PayBy's codec against its documents, against vectors made with PayBy's own client, and against garbage.
//!
//! Everything goes through [`Provider`], as the rest of Ordain does. One key pair plays both sides here: the codec does
//! not care, and PayBy's own keys are not public.

mod content;
mod garbage;
mod inbound;
mod refund;
mod reply;
mod request;
mod table;
mod traps;
mod vectors;

use jiff::Timestamp;
use ordain_providers::call::RefundRequest;
use ordain_providers::payby::PAYBY;
use ordain_providers::{
    Account, Address, Call, Currency, Customer, Cx, Inbound, InboundError, Ingested, Line, LineKind,
    MessageKind, Money, Op, OrderContent, Outcome, Private, Quantity, Reply, Request,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const ORDER: &str = "M965739182419";
/// 2020-02-11, when the documents' samples were made.
pub(crate) const NOW_MS: i64 = 1_581_404_947_666;

/// The worked vectors, read afresh.
pub(crate) fn worked() -> Value {
    serde_json::from_str(include_str!("../../payby/vectors.json")).expect("the vectors are JSON")
}

pub(crate) fn key(name: &str) -> String {
    worked()["fresh_key"][name].as_str().expect("the vectors have a key pair").to_owned()
}

pub(crate) fn account() -> Account {
    let identities = r#"{"courier":{"type":"PHONE_NO","identity":"+971-585812345"}}"#;
    Account {
        id: "acc1".to_owned(),
        store_url: "https://ordain.example/a/acc1".to_owned(),
        config: BTreeMap::from([
            ("partner_id".to_owned(), "200000000888".to_owned()),
            ("payby_public_key".to_owned(), key("public_pem_spki")),
            ("api_url".to_owned(), "https://uat.test2pay.com/sgs/api".to_owned()),
        ]),
        secrets: BTreeMap::from([
            ("private_key".to_owned(), Private::new(key("private_pem_pkcs8"))),
            ("sharing_identities".to_owned(), Private::new(identities.to_owned())),
        ]),
    }
}

pub(crate) fn aed(minor: i64) -> Money {
    Money::of(Currency::Aed, minor)
}

/// The documents' order: 1.01 dirhams.
pub(crate) fn order() -> OrderContent {
    let line = Line {
        line_id: "1".to_owned(),
        sku: "GI1005".to_owned(),
        name: "candy flower of the house".to_owned(),
        kind: LineKind::Product,
        quantity: Quantity::whole(1),
        unit_price: aed(101),
        tax_rate_bp: 500,
        total: aed(101),
        unit: String::new(),
        image_url: None,
    };
    let customer = Customer {
        first_name: "Amina".to_owned(),
        last_name: "Hassan".to_owned(),
        email: "amina@example.ae".to_owned(),
        phone: "+971585812345".to_owned(),
        ..Customer::default()
    };
    OrderContent {
        order_id: ORDER.to_owned(),
        client_reference: "A-1".to_owned(),
        currency: Currency::Aed,
        total: aed(101),
        lines: vec![line],
        customer: Private::new(customer),
        billing: Private::new(Address::default()),
        shipping_to: Private::new(Address::default()),
        provider_options: BTreeMap::new(),
    }
}

/// The documents' order with these options.
pub(crate) fn order_with(options: &[(&str, &str)]) -> OrderContent {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    OrderContent { provider_options: options.collect(), ..order() }
}

pub(crate) fn refund(minor: i64) -> RefundRequest {
    RefundRequest {
        id: "1".to_owned(),
        portions: Vec::new(),
        amount: aed(minor),
        full: false,
        refunded_before: aed(0),
        reason: "changed her mind".to_owned(),
    }
}

/// What a codec may know, some of which a test changes.
pub(crate) struct Known {
    pub(crate) account: Account,
    pub(crate) order: Option<OrderContent>,
    pub(crate) now_ms: i64,
    pub(crate) entropy: [u8; 32],
}

impl Default for Known {
    fn default() -> Self {
        Self { account: account(), order: Some(order()), now_ms: NOW_MS, entropy: [7; 32] }
    }
}

impl Known {
    pub(crate) fn of(order: OrderContent) -> Self {
        Self { order: Some(order), ..Self::default() }
    }

    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&Cx<'_>) -> T) -> T {
        let now = Timestamp::from_millisecond(self.now_ms).expect("a time");
        let ends = Timestamp::from_millisecond(NOW_MS + 7_200_000).expect("a time");
        let refs = BTreeMap::new();
        let (account, order, entropy) = (&self.account, self.order.as_ref(), self.entropy);
        ask(&Cx { now, account, order, refs: &refs, expires_at: Some(ends), entropy })
    }

    #[track_caller]
    pub(crate) fn request(&self, op: &Op) -> Request {
        match self.ask(|cx| PAYBY.encode(op, cx)) {
            Ok(Call::Http(request)) => request,
            other => panic!("{op:?} is no request: {other:?}"),
        }
    }
}

/// The JSON that an operation on the documents' order sends.
#[track_caller]
pub(crate) fn sent(known: &Known, op: &Op) -> Value {
    serde_json::from_slice(known.request(op).body.expose()).expect("JSON")
}

/// PayBy's signature.
pub(crate) fn signed(body: &str) -> String {
    let described = json!({"body": body, "private_pem_pkcs8": key("private_pem_pkcs8")});
    let described = described.as_object().expect("an object").clone();
    PAYBY.sign(MessageKind::Reply, &described).expect("it can be signed").signature
}

pub(crate) fn reply_of(status: u16, sign: Option<String>, body: &str) -> Reply {
    let headers = sign.map(|sign| ("sign".to_owned(), sign)).into_iter().collect();
    Reply { status, headers, body: Private::new(body.as_bytes().to_vec()) }
}

/// What comes of a reply that PayBy signed.
pub(crate) fn decode(op: &Op, body: &str) -> Outcome {
    decode_for(&Known::default(), op, body)
}

pub(crate) fn decode_for(known: &Known, op: &Op, body: &str) -> Outcome {
    known.ask(|cx| PAYBY.decode(op, &reply_of(200, Some(signed(body)), body), cx))
}

/// A successful reply about the documents' order, changed by `change`.
pub(crate) fn acquire_order(change: impl FnOnce(&mut Value)) -> String {
    let mut order = json!({
        "merchantOrderNo": ORDER, "orderNo": "131404956265007836", "status": "CREATED",
        "totalAmount": {"currency": "AED", "amount": 1.01}, "payeeMid": "200000000888",
        "expiredTime": NOW_MS + 7_200_000, "requestTime": NOW_MS, "product": "Basic Payment Gateway",
        "paySceneCode": "PAYPAGE", "revoked": "false", "subject": "candy flower",
    });
    change(&mut order);
    ok(json!({"acquireOrder": order, "interActionParams": {"tokenUrl": "https://paypage.payby.com?ft=1"}}))
}

pub(crate) fn paid(order: &mut Value) {
    order["status"] = json!("PAID_SUCCESS");
    order["paymentInfo"] =
        json!({"paidAmount": {"currency": "AED", "amount": 1.01}, "paidTime": 1_581_405_372_000_i64});
}

pub(crate) fn ok(body: Value) -> String {
    json!({"head": {"applyStatus": "SUCCESS", "code": "0", "msg": "SUCCESS", "traceCode": "1"}, "body": body})
        .to_string()
}

pub(crate) fn head(status: &str, code: &str, msg: &str) -> String {
    json!({"head": {"applyStatus": status, "code": code, "msg": msg, "traceCode": "1133"}}).to_string()
}

pub(crate) fn notify(body: &str, sign: &str) -> Inbound {
    Inbound {
        method: "POST".to_owned(),
        path: "/payby/notify".to_owned(),
        query: Private::new(String::new()),
        headers: vec![("sign".to_owned(), sign.to_owned())],
        body: Private::new(body.as_bytes().to_vec()),
        sender: None,
    }
}

pub(crate) fn ingest(message: &Inbound) -> Result<Ingested, InboundError> {
    Known { order: None, ..Known::default() }.ask(|cx| PAYBY.ingest(message, cx))
}
