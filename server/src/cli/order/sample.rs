//! The order that a bare `ordain order create` makes, so that the first minute works.

use crate::cli::money;
use crate::demo::manners::Manners;
use ordain_proto::orders::v1::{Address, Customer, Line, LineKind, Order};

/// Where it is paid unless somebody says otherwise.
pub const PROVIDER: &str = "dividebuy";

/// A lamp, two bulbs and their delivery, for somebody who does not exist in the provider's country.
#[must_use]
pub fn order(client_reference: String, provider_account: String, manners: &Manners) -> Order {
    let mut lines = vec![
        line(LineKind::Product, ("LAMP-01", "Desk lamp, brass"), 1, 4_900),
        line(LineKind::Product, ("BULB-E27", "LED bulb E27"), 2, 650),
        line(LineKind::Shipping, ("STANDARD", "Standard delivery"), 1, 495),
    ];
    in_local_money(&mut lines, manners);
    let total = lines.iter().filter_map(|line| line.total.as_ref()).map(|total| total.minor_units).sum();
    Order {
        client_reference,
        provider_account,
        total: Some(money::minor(manners.money().0, total)),
        lines,
        customer: Some(Customer {
            first_name: "Sam".to_owned(),
            last_name: "Sample".to_owned(),
            email: "sam.sample@demo.example".to_owned(),
            phone: manners.phone(123),
            ..Customer::default()
        }),
        shipping_address: Some(Address {
            country_code: manners.country().to_owned(),
            ..address("1 Sample Street")
        }),
        ..Order::default()
    }
}

/// An address in Britain that no parcel will reach.
#[must_use]
pub fn address(street: &str) -> Address {
    Address {
        lines: vec![street.to_owned()],
        town: "Sampleton".to_owned(),
        region: String::new(),
        postcode: "SA1 1AA".to_owned(),
        country_code: "GB".to_owned(),
        ..Address::default()
    }
}

/// A line in pounds with 20 % tax in it; article is its number and its title, price is in pence.
#[must_use]
pub fn line(kind: LineKind, article: (&str, &str), pieces: u32, price: i64) -> Line {
    Line {
        sku: article.0.to_owned(),
        title: article.1.to_owned(),
        kind: kind.into(),
        quantity: pieces.to_string(),
        unit_price: Some(money::minor("GBP", price)),
        tax_rate_basis_points: 2_000,
        total: Some(money::minor("GBP", price * i64::from(pieces))),
        ..Line::default()
    }
}

/// The same lines at the provider: its currency, and what a penny is there.
pub fn in_local_money(lines: &mut [Line], manners: &Manners) {
    let (currency, per_penny) = manners.money();
    for price in lines.iter_mut().flat_map(|line| [&mut line.unit_price, &mut line.total]).flatten() {
        *price = money::minor(currency, price.minor_units * per_penny);
    }
}
