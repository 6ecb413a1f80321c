//! What is bought in the tests, and by whom. The person is made up to be found where no person should be.

use ordain_proto::orders::v1::{Address, BankAccount, Customer, Line, LineKind, Money, Order, Portion};

/// The account that `ordain dev` sets up.
pub const ACCOUNT: &str = "merchants/demo/accounts/demo-dividebuy";
/// Its merchant.
pub const MERCHANT: &str = "merchants/demo";
/// What everything comes to, in pence.
pub const TOTAL: i64 = 4_900 + 2 * 650 + 495;
/// Everything that says who the shopper is, or where. Each occurs nowhere else in the world.
pub const PERSONAL: [&str; 13] = [
    "Quillonia",
    "Featherstonehaugh-Vex",
    "quillonia.vex@canary.example",
    "+447700900942",
    "17 Obscura Mews",
    "Little Whimpering",
    "QV9 4ZX",
    "Zephyrine-Maud",
    "Obscura Mews",
    "Lamplighter House",
    "1961-03-29",
    "408215",
    "73190462",
];

/// A lamp (line 1), two bulbs (line 2) and their delivery (line 3), under a reference of their own.
#[must_use]
pub fn order() -> Order {
    let [first_name, last_name, email, phone, first_line, town, postcode, more @ ..] =
        PERSONAL.map(str::to_owned);
    let [middle_names, street, building_name, birth_date, sort_code, account_number] = more;
    Order {
        client_reference: format!("test-{}", uuid::Uuid::new_v4().simple()),
        provider_account: ACCOUNT.to_owned(),
        total: Some(pence(TOTAL)),
        lines: vec![
            line(LineKind::Product, ("LAMP-01", "Desk lamp, brass"), (1, 4_900)),
            line(LineKind::Product, ("BULB-E27", "LED bulb E27"), (2, 650)),
            line(LineKind::Shipping, ("STANDARD", "Standard delivery"), (1, 495)),
        ],
        customer: Some(Customer {
            first_name,
            middle_names,
            last_name,
            email,
            phone,
            gender: "female".to_owned(),
            birth_date,
            bank_account: Some(BankAccount { sort_code, account_number }),
        }),
        shipping_address: Some(Address {
            lines: vec![first_line],
            street,
            flat: "B".to_owned(),
            building_number: "17".to_owned(),
            building_name,
            town,
            region: String::new(),
            postcode,
            country_code: "GB".to_owned(),
            months_at_address: Some(60),
        }),
        ..Order::default()
    }
}

/// The same at another of `dev`'s accounts, in its currency: so many minor units there for a penny.
#[must_use]
pub fn order_at(account: &str, currency: &str, per_penny: i64) -> Order {
    let money = |pence: i64| Money { currency_code: currency.to_owned(), minor_units: pence * per_penny };
    let mut order = order();
    order.provider_account = format!("{MERCHANT}/accounts/{account}");
    order.total = Some(money(TOTAL));
    for price in order.lines.iter_mut().flat_map(|line| [&mut line.unit_price, &mut line.total]).flatten() {
        *price = money(price.minor_units);
    }
    order
}

/// A line with 20 % tax in it: article number and title, pieces and the price of one in pence.
#[must_use]
pub fn line(kind: LineKind, (sku, title): (&str, &str), (pieces, price): (i64, i64)) -> Line {
    Line {
        sku: sku.to_owned(),
        title: title.to_owned(),
        kind: kind.into(),
        quantity: pieces.to_string(),
        unit_price: Some(pence(price)),
        tax_rate_basis_points: 2_000,
        total: Some(pence(pieces * price)),
        ..Line::default()
    }
}

/// So many pence.
#[must_use]
pub fn pence(minor_units: i64) -> Money {
    Money { currency_code: "GBP".to_owned(), minor_units }
}

/// So many of a line.
#[must_use]
pub fn portion(line_id: &str, quantity: &str) -> Portion {
    Portion { line_id: line_id.to_owned(), quantity: quantity.to_owned(), amount: None }
}
