//! Who buys in a story: nobody who exists, from where the currency is spent.

use ordain_providers::{Address, Currency, Customer};
use ordain_workflows::order::People;

/// The customer.
pub(super) fn people(currency: Currency) -> People {
    let country_code = match currency {
        Currency::Hkd => "HK",
        Currency::Aed => "AE",
        Currency::Idr => "ID",
        Currency::Eur => "IE",
        _ => "GB",
    };
    let address = Address {
        lines: vec!["1 Sample Street".to_owned()],
        town: "Sampleton".to_owned(),
        region: String::new(),
        postcode: "AB1 2CD".to_owned(),
        country_code: country_code.to_owned(),
        ..Address::default()
    };
    let customer = Customer {
        first_name: "Sam".to_owned(),
        last_name: "Sample".to_owned(),
        email: "sam.sample@demo.example".to_owned(),
        phone: "+6281234567890".to_owned(),
        ..Customer::default()
    };
    People { customer: customer.into(), billing: address.clone().into(), shipping_to: address.into() }
}
