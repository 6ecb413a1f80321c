//! The documents' credit request, field for field.

use super::printed::CREDIT_REQUEST;
use super::{ORDER, account_with, body_fields, fields, request, request_of, sample_order};
use ordain_providers::{Address, Customer, Op, OrderContent, Private};
use std::collections::BTreeMap;

/// What is ours: ids and addresses, all decimals of an amount, and a whole address in one text, its town included.
const OURS: [(&str, &str); 8] = [
    ("reference", ORDER),
    ("metadata[Ordain Order]", ORDER),
    ("amount", "1197.50"),
    ("products[2][price]", "89.00"),
    ("customer[address][text]", "115 High Street London EC2A 4BX"),
    ("responseUrl", "https://ordain.example/a/acc1/divido/webhook"),
    ("checkoutUrl", "https://ordain.example/a/acc1/divido/checkout/01JD0000000000000000000000"),
    ("redirectUrl", "https://ordain.example/a/acc1/divido/return/01JD0000000000000000000000"),
];

#[test]
fn credit_request_is_the_documents_one_field_for_field() {
    let request = request(&Op::Create);
    assert_eq!(
        (request.method, request.url.expose().as_str()),
        ("POST", "https://secure.sandbox.divido.com/v1/creditrequest")
    );
    let said = body_fields(&Op::Create);
    let once: BTreeMap<_, _> = said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(once.len(), said.len(), "no field is named twice: {said:?}");
    assert_eq!(once, CREDIT_REQUEST.into_iter().chain(OURS).collect());
}

#[test]
fn details_that_nobody_gave_are_not_said() {
    let bare = Address {
        lines: vec!["115 High Street".to_owned(), "Shoreditch".to_owned()],
        town: "London".to_owned(),
        postcode: "EC2A 4BX".to_owned(),
        country_code: "GB".to_owned(),
        ..Address::default()
    };
    let customer = Customer {
        first_name: "John".to_owned(),
        last_name: "Doe".to_owned(),
        email: "john.doe@domain.com".to_owned(),
        ..Customer::default()
    };
    let (customer, bare) = (Private::new(customer), Private::new(bare));
    let order = OrderContent { customer, billing: bare.clone(), shipping_to: bare, ..sample_order() };
    let request = request_of(&Op::Create, &order, &account_with(&[]));
    let said = fields(std::str::from_utf8(request.body.expose()).expect("a form"));
    let about: Vec<_> = said.iter().filter(|(name, _)| name.starts_with("customer")).collect();
    let about: Vec<_> = about.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [
        ("customer[firstName]", "John"),
        ("customer[lastName]", "Doe"),
        ("customer[country]", "GB"),
        ("customer[address][text]", "115 High Street Shoreditch London EC2A 4BX"),
        ("customer[address][postcode]", "EC2A 4BX"),
        ("customer[address][town]", "London"),
        ("customer[shippingAddress][postcode]", "EC2A 4BX"),
        ("customer[shippingAddress][street]", "115 High Street, Shoreditch"),
        ("customer[shippingAddress][town]", "London"),
        ("customer[email]", "john.doe@domain.com"),
    ];
    assert_eq!(about, expected);
}
