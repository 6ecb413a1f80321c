//! What Divido is told of an order's people, a row a field.

use crate::{OrderContent, content};
use Told::{Billing, Customer, Shipping};

/// Of whom or of which place a detail is, and how it is written; an empty one is not told.
pub(crate) enum Told {
    /// Who buys.
    Customer(fn(&content::Customer) -> String),
    /// Where the customer lives.
    Billing(fn(&content::Address) -> String),
    /// Where the goods go.
    Shipping(fn(&content::Address) -> String),
}

impl Told {
    /// The detail of an order's people.
    pub(crate) fn of(&self, content: &OrderContent) -> String {
        match self {
            Customer(of) => of(content.customer.expose()),
            Billing(of) => of(content.billing.expose()),
            Shipping(of) => of(content.shipping_to.expose()),
        }
    }
}

/// What a credit request tells of people, in the documents' order.
pub(crate) const PEOPLE: [(&str, Told); 26] = [
    ("customer[firstName]", Customer(|who| who.first_name.clone())),
    ("customer[middleNames]", Customer(|who| who.middle_names.clone())),
    ("customer[lastName]", Customer(|who| who.last_name.clone())),
    ("customer[country]", Billing(|home| home.country_code.clone())),
    // Whole: where the shop has not taken it apart, Divido does.
    ("customer[address][text]", Billing(|home| home.in_one_line())),
    ("customer[address][postcode]", Billing(|home| home.postcode.clone())),
    ("customer[address][street]", Billing(|home| home.street.clone())),
    ("customer[address][flat]", Billing(|home| home.flat.clone())),
    ("customer[address][buildingNumber]", Billing(|home| home.building_number.clone())),
    ("customer[address][buildingName]", Billing(|home| home.building_name.clone())),
    ("customer[address][town]", Billing(|home| home.town.clone())),
    ("customer[address][monthsAtAddress]", Billing(|home| home.months())),
    ("customer[gender]", Customer(|who| who.gender.clone())),
    ("customer[shippingAddress][postcode]", Shipping(|to| to.postcode.clone())),
    // There is no text here, so that lines which nobody took apart stand in the street's place.
    ("customer[shippingAddress][street]", Shipping(|to| to.street_or_lines())),
    ("customer[shippingAddress][flat]", Shipping(|to| to.flat.clone())),
    ("customer[shippingAddress][buildingNumber]", Shipping(|to| to.building_number.clone())),
    ("customer[shippingAddress][buildingName]", Shipping(|to| to.building_name.clone())),
    ("customer[shippingAddress][town]", Shipping(|to| to.town.clone())),
    ("customer[email]", Customer(|who| who.email.clone())),
    ("customer[phoneNumber]", Customer(|who| who.phone.clone())),
    ("customer[dateOfBirthYear]", Customer(|who| who.born("%Y"))),
    ("customer[dateOfBirthMonth]", Customer(|who| who.born("%m"))),
    ("customer[dateOfBirthDay]", Customer(|who| who.born("%d"))),
    ("customer[bank][sortCode]", Customer(|who| who.bank().sort_code)),
    ("customer[bank][accountNumber]", Customer(|who| who.bank().account_number)),
];
