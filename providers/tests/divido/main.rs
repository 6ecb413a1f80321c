//! Divido's codec against its documents' samples, against captured signatures, and against garbage.
//!
//! Everything goes through [`Provider`], as the rest of Ordain does.

mod content;
mod entries;
mod findings;
mod inbound;
mod printed;
mod reply;
mod request;
mod sample;
mod signature;
mod traps;

use ordain_providers::call::{CancelRequest, RefundRequest, Shipment, Tracking};
use ordain_providers::divido::{DIVIDO, SPEC};
use ordain_providers::{
    Account, Address, BankAccount, Call, Currency, Customer, Cx, Inbound, InboundError, Ingested, Line,
    LineKind, Money, Op, OrderContent, Outcome, Portion, Private, Quantity, Reply, Request,
};
use std::collections::BTreeMap;

pub(crate) const KEY: &str = "live_c31be25be.fb2ee4bc8a66e1ecd797c56f03621102";
pub(crate) const SECRET: &str = "shared-secret-1";
pub(crate) const PLAN: &str = "F06895E17-EE96-926E-7137-37BCABB9DCF7";
pub(crate) const ORDER: &str = "01JD0000000000000000000000";

/// An account with these values beside the table's defaults.
pub(crate) fn account_with(values: &[(&str, &str)]) -> Account {
    let defaults = |fields: &'static [ordain_providers::spec::AccountField]| {
        fields.iter().filter_map(|field| Some((field.name.to_owned(), field.default?.to_owned())))
    };
    let mut config: BTreeMap<_, _> = defaults(SPEC.account.config).collect();
    config.insert("finance".to_owned(), PLAN.to_owned());
    let mut secrets: BTreeMap<_, _> =
        defaults(SPEC.account.secrets).map(|(name, value)| (name, Private::new(value))).collect();
    secrets.insert("api_key".to_owned(), Private::new(KEY.to_owned()));
    for (name, value) in values {
        match *name {
            "shared_secret" | "api_key" => {
                drop(secrets.insert((*name).to_owned(), Private::new((*value).to_owned())));
            }
            _ => drop(config.insert((*name).to_owned(), (*value).to_owned())),
        }
    }
    let store_url = "https://ordain.example/a/acc1".to_owned();
    Account { id: "acc1".to_owned(), store_url, config, secrets }
}

pub(crate) fn gbp(minor: i64) -> Money {
    Money::of(Currency::Gbp, minor)
}

pub(crate) fn line(line_id: &str, kind: LineKind, unit_minor: i64, micros: i64) -> Line {
    Line {
        line_id: line_id.to_owned(),
        sku: format!("SKU-{line_id}"),
        name: format!("Line {line_id}"),
        kind,
        quantity: Quantity::from_micros(micros),
        unit_price: gbp(unit_minor),
        tax_rate_bp: 2_000,
        total: gbp(unit_minor * micros / 1_000_000),
        unit: String::new(),
        image_url: None,
    }
}

/// The documents' order: a guitar for 1153 and half an hour of work at 89 (S3 L403-456).
pub(crate) fn sample_order() -> OrderContent {
    let guitar = Line {
        sku: "GIB100".to_owned(),
        unit: "pcs".to_owned(),
        name: "Gibson Les Paul Studio Raw Guitar".to_owned(),
        image_url: Some("http://www.webshop.com/images/GIB100.png".to_owned()),
        ..line("1", LineKind::Product, 115_300, 1_000_000)
    };
    let upgrade = Line {
        sku: "H10".to_owned(),
        unit: "hour".to_owned(),
        name: "Restring Upgrade".to_owned(),
        ..line("2", LineKind::Service, 8_900, 500_000)
    };
    let home = Address {
        lines: vec!["115 High Street".to_owned()],
        street: "High street".to_owned(),
        flat: "B".to_owned(),
        building_number: "115".to_owned(),
        building_name: "Amanda apartments".to_owned(),
        town: "London".to_owned(),
        region: String::new(),
        postcode: "EC2A 4BX".to_owned(),
        country_code: "GB".to_owned(),
        months_at_address: Some(60),
    };
    OrderContent {
        order_id: ORDER.to_owned(),
        client_reference: "100019".to_owned(),
        currency: Currency::Gbp,
        total: gbp(119_750),
        lines: vec![guitar, upgrade],
        customer: Private::new(Customer {
            first_name: "John".to_owned(),
            middle_names: "L".to_owned(),
            last_name: "Doe".to_owned(),
            email: "john.doe@domain.com".to_owned(),
            phone: "+44201234567".to_owned(),
            gender: "male".to_owned(),
            birth_date: Some(jiff::civil::date(1967, 7, 1)),
            bank_account: Some(BankAccount {
                sort_code: "123456".to_owned(),
                account_number: "12345678".to_owned(),
            }),
        }),
        billing: Private::new(home.clone()),
        shipping_to: Private::new(home),
        provider_options: BTreeMap::from([
            ("deposit".to_owned(), "100".to_owned()),
            ("metadata".to_owned(), r#"{"Invoice Number": "844001"}"#.to_owned()),
        ]),
    }
}

/// Calls `ask` with everything that a codec may know.
pub(crate) fn with_cx<T>(
    account: &Account,
    order: Option<&OrderContent>,
    ask: impl FnOnce(&Cx<'_>) -> T,
) -> T {
    let refs =
        BTreeMap::from([("application".to_owned(), "CAAC243AC-499A-84AF-DBBA-F58B9F7E798C".to_owned())]);
    ask(&Cx {
        now: jiff::Timestamp::UNIX_EPOCH,
        account,
        order,
        refs: &refs,
        expires_at: None,
        entropy: [7; 32],
    })
}

/// The HTTP request of an operation on an order.
#[track_caller]
pub(crate) fn request_of(op: &Op, order: &OrderContent, account: &Account) -> Request {
    match with_cx(account, Some(order), |cx| DIVIDO.encode(op, cx)) {
        Ok(Call::Http(request)) => request,
        other => panic!("{op:?} is no request: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn request(op: &Op) -> Request {
    request_of(op, &sample_order(), &account_with(&[]))
}

/// The fields of a form, decoded, in order.
pub(crate) fn fields(form: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().expect("UTF-8").into_owned()
    };
    form.split('&')
        .map(|pair| pair.split_once('=').expect("a field"))
        .map(|(k, v)| (plain(k), plain(v)))
        .collect()
}

pub(crate) fn body_fields(op: &Op) -> Vec<(String, String)> {
    fields(std::str::from_utf8(request(op).body.expose()).expect("a form"))
}

#[track_caller]
pub(crate) fn has(fields: &[(String, String)], name: &str, value: &str) {
    let found: Vec<_> = fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect();
    assert_eq!(found, [value], "{name} in {fields:?}");
}

pub(crate) fn portion(line_id: &str, micros: i64, minor: i64) -> Portion {
    Portion { line_id: line_id.to_owned(), quantity: Quantity::from_micros(micros), amount: gbp(minor) }
}

pub(crate) fn everything() -> Vec<Portion> {
    vec![portion("1", 1_000_000, 115_300), portion("2", 500_000, 4_450)]
}

pub(crate) fn shipment() -> Op {
    let tracking = Some(Tracking { carrier: "DHL".to_owned(), number: "DHL291824419F".to_owned() });
    Op::Fulfil(Shipment { id: "1".to_owned(), portions: everything(), tracking })
}

pub(crate) fn refund(portions: Vec<Portion>, minor: i64) -> Op {
    let (amount, refunded_before) = (gbp(minor), gbp(0));
    let reason = "Customer returned part of order".to_owned();
    Op::Refund(RefundRequest { id: "2".to_owned(), portions, amount, full: false, refunded_before, reason })
}

pub(crate) fn cancel(portions: Vec<Portion>, minor: i64) -> Op {
    let (amount, reason) = (gbp(minor), "Customer requested to cancel".to_owned());
    Op::Cancel(CancelRequest { id: "3".to_owned(), portions, amount, full: false, reason })
}

pub(crate) fn decode(op: &Op, status: u16, body: impl AsRef<[u8]>) -> Outcome {
    let reply = Reply { status, headers: Vec::new(), body: Private::new(body.as_ref().to_vec()) };
    with_cx(&account_with(&[]), Some(&sample_order()), |cx| DIVIDO.decode(op, &reply, cx))
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

pub(crate) fn ingest(message: &Inbound, account: &Account) -> Result<Ingested, InboundError> {
    with_cx(account, None, |cx| DIVIDO.ingest(message, cx))
}
