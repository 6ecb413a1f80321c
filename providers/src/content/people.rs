//! Who buys, and where it goes.
//!
//! Everything here is personal data: it travels in [`crate::Private`], and no type of this file has a `Debug`. What a shop
//! was not asked for it does not tell, and a provider that has no word for a detail is not told it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person who buys.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Customer {
    /// Given name.
    pub first_name: String,
    /// Names between the given one and the family's; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub middle_names: String,
    /// Family name.
    pub last_name: String,
    /// E-mail address.
    pub email: String,
    /// E.164, if known.
    pub phone: String,
    /// In the word that lenders take: `male`, `female`; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub gender: String,
    /// Day of birth, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// Where a lender collects the instalments, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_account: Option<BankAccount>,
}

/// A bank account in the United Kingdom or Ireland.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BankAccount {
    /// Six digits.
    pub sort_code: String,
    /// Eight digits.
    pub account_number: String,
}

/// A postal address.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Address {
    /// Street lines as written on a parcel, one to four.
    pub lines: Vec<String>,
    /// The street alone, without a number; this and the next three say the lines once more, taken apart, and may be
    /// empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub street: String,
    /// Number or letter of the flat.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub flat: String,
    /// The house's number in its street.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub building_number: String,
    /// The house's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub building_name: String,
    /// Town or city.
    pub town: String,
    /// County, state or province; may be empty.
    pub region: String,
    /// Postal code; may be empty where a country has none.
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    pub country_code: String,
    /// How long the customer has lived there, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months_at_address: Option<u32>,
}

/// A detail by its name in the API, and what it says; empty if it was not told.
pub(crate) type Detail<'a> = (&'static str, Cow<'a, str>);

impl Customer {
    /// A part of the day of birth, as `strftime` writes it; empty if it is not known.
    pub(crate) fn born(&self, format: &str) -> String {
        self.birth_date.map(|day| day.strftime(format).to_string()).unwrap_or_default()
    }

    /// The bank account; an empty one if it is not known.
    pub(crate) fn bank(&self) -> BankAccount {
        self.bank_account.clone().unwrap_or_default()
    }

    /// Every detail of the person.
    pub(crate) fn details(&self) -> [Detail<'_>; 9] {
        let bank = self.bank();
        [
            ("first_name", Cow::from(&self.first_name)),
            ("middle_names", Cow::from(&self.middle_names)),
            ("last_name", Cow::from(&self.last_name)),
            ("email", Cow::from(&self.email)),
            ("phone", Cow::from(&self.phone)),
            ("gender", Cow::from(&self.gender)),
            ("birth_date", Cow::from(self.born("%Y-%m-%d"))),
            ("bank_account.sort_code", Cow::from(bank.sort_code)),
            ("bank_account.account_number", Cow::from(bank.account_number)),
        ]
    }
}

impl Address {
    /// Lines, town and postal code, as a person would say them.
    pub(crate) fn in_one_line(&self) -> String {
        let parts = self.lines.iter().chain([&self.town, &self.postcode]);
        parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The street alone, or the lines where nobody took them apart.
    pub(crate) fn street_or_lines(&self) -> String {
        if self.street.is_empty() { self.lines.join(", ") } else { self.street.clone() }
    }

    /// How long the customer has lived there; empty if it is not known.
    pub(crate) fn months(&self) -> String {
        self.months_at_address.map(|months| months.to_string()).unwrap_or_default()
    }

    /// Every detail of the place, but its lines and its country, which have rules of their own.
    pub(crate) fn details(&self) -> [Detail<'_>; 8] {
        [
            ("street", Cow::from(&self.street)),
            ("flat", Cow::from(&self.flat)),
            ("building_number", Cow::from(&self.building_number)),
            ("building_name", Cow::from(&self.building_name)),
            ("town", Cow::from(&self.town)),
            ("region", Cow::from(&self.region)),
            ("postcode", Cow::from(&self.postcode)),
            ("months_at_address", Cow::from(self.months())),
        ]
    }
}
