//! The documents' credit request, field for field.

use super::{KEY, ORDER, PLAN, account_with, body_fields, fields, request, request_of, sample_order};
use ordain_providers::{Address, Customer, Op, OrderContent, Private};
use std::collections::BTreeMap;

/// As the documents print it (S3 L403-456).
const PRINTED: [(&str, &str); 54] = [
    ("merchant", KEY),
    ("deposit", "100"),
    ("finance", PLAN),
    ("directSign", "true"),
    ("country", "GB"),
    ("language", "EN"),
    ("currency", "GBP"),
    ("amount", "1197.5"),
    ("reference", "100019"),
    ("customer[firstName]", "John"),
    ("customer[middleNames]", "L"),
    ("customer[lastName]", "Doe"),
    ("customer[country]", "GB"),
    ("customer[address][text]", "115 High Street EC2A 4BX"),
    ("customer[address][postcode]", "EC2A 4BX"),
    ("customer[address][street]", "High street"),
    ("customer[address][flat]", "B"),
    ("customer[address][buildingNumber]", "115"),
    ("customer[address][buildingName]", "Amanda apartments"),
    ("customer[address][town]", "London"),
    ("customer[address][monthsAtAddress]", "60"),
    ("customer[gender]", "male"),
    ("customer[shippingAddress][postcode]", "EC2A 4BX"),
    ("customer[shippingAddress][street]", "High street"),
    ("customer[shippingAddress][flat]", "B"),
    ("customer[shippingAddress][buildingNumber]", "115"),
    ("customer[shippingAddress][buildingName]", "Amanda apartments"),
    ("customer[shippingAddress][town]", "London"),
    ("customer[email]", "john.doe@domain.com"),
    ("customer[phoneNumber]", "+44201234567"),
    ("customer[dateOfBirthYear]", "1967"),
    ("customer[dateOfBirthMonth]", "07"),
    ("customer[dateOfBirthDay]", "01"),
    ("customer[bank][sortCode]", "123456"),
    ("customer[bank][accountNumber]", "12345678"),
    ("metadata[Invoice Number]", "844001"),
    ("metadata[Order Number]", "100019"),
    ("products[1][sku]", "GIB100"),
    ("products[1][name]", "Gibson Les Paul Studio Raw Guitar"),
    ("products[1][quantity]", "1"),
    ("products[1][price]", "1153.00"),
    ("products[1][vat]", "20"),
    ("products[1][unit]", "pcs"),
    ("products[1][image]", "http://www.webshop.com/images/GIB100.png"),
    ("products[2][sku]", "H10"),
    ("products[2][name]", "Restring Upgrade"),
    ("products[2][quantity]", "0.5"),
    ("products[2][price]", "89"),
    ("products[2][vat]", "20"),
    ("products[2][unit]", "hour"),
    ("products[2][attributes]", "1"),
    ("responseUrl", "http://www.webshop.com/response.php"),
    ("checkoutUrl", "http://www.webshop.com/checkout"),
    ("redirectUrl", "http://www.webshop.com/success.html"),
];

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
    assert_eq!(once, PRINTED.into_iter().chain(OURS).collect());
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
