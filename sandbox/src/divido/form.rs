//! A form as PHP would read it, in the old spelling of its names or the new.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::decimal;
use super::product::Product;
use super::refusal::Refusal;

/// Products of one request; more is no basket.
const PRODUCTS_MAX: usize = 500;

/// Names that shipped plugins still send, and what they are called now.
const RENAMED: [(&str, &str); 9] = [
    ("customer[first_name]", "customer[firstName]"),
    ("customer[middle_name]", "customer[middleNames]"),
    ("customer[last_name]", "customer[lastName]"),
    ("customer[phone_number]", "customer[phoneNumber]"),
    ("customer[mobile_number]", "customer[phoneNumber]"),
    ("customer[postcode]", "customer[address][postcode]"),
    ("response_url", "responseUrl"),
    ("redirect_url", "redirectUrl"),
    ("checkout_url", "checkoutUrl"),
];

/// The fields of a request.
#[derive(Default)]
pub(crate) struct Form {
    fields: BTreeMap<String, String>,
    /// Products by their index, in the order in which an index first came.
    products: Vec<(String, BTreeMap<String, String>)>,
    /// In the order in which they came.
    pub(crate) metadata: Vec<(String, String)>,
}

impl Form {
    /// Reads a query or a body.
    pub(crate) fn parse(text: &str) -> Result<Form, Refusal> {
        let mut form = Form::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            form.add(decoded(name)?, decoded(value)?)?;
        }
        Ok(form)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), Refusal> {
        if let Some(key) = name.strip_prefix("metadata[").and_then(|key| key.strip_suffix(']')) {
            // The last of one name counts, in the place of the first.
            match self.metadata.iter_mut().find(|(known, _)| known == key) {
                Some((_, before)) => *before = value,
                None => self.metadata.push((key.to_owned(), value)),
            }
        } else if let Some((index, field)) = product_field(&name) {
            if !self.products.iter().any(|(known, _)| known == index) {
                if self.products.len() == PRODUCTS_MAX {
                    return Err(Refusal::Error("Too many products".to_owned()));
                }
                self.products.push((index.to_owned(), BTreeMap::new()));
            }
            let product = self.products.iter_mut().find(|(known, _)| known == index);
            product.expect("it was put there").1.insert(field.to_owned(), value);
        } else {
            let renamed = RENAMED.iter().find(|(old, _)| *old == name);
            self.fields.insert(renamed.map_or(name, |(_, new)| (*new).to_owned()), value);
        }
        Ok(())
    }

    /// A field that says something.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The same, or nothing.
    pub(crate) fn text_or_empty(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    /// All that is said of the customer, by the names without `customer`: `[address][street]`.
    pub(crate) fn customer(&self) -> BTreeMap<String, String> {
        let said = self.fields.iter().filter(|(_, value)| !value.is_empty());
        let named = said.filter_map(|(name, value)| Some((name.strip_prefix("customer")?, value)));
        named.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::Error(format!("Missing required parameter: {name}")))
    }

    /// An amount in minor units.
    pub(crate) fn amount(&self, name: &'static str) -> Result<Option<i64>, Refusal> {
        let wrong = || Refusal::Error(format!("Invalid parameter: {name}"));
        self.text(name).map(|text| decimal::minor(text).ok_or_else(wrong)).transpose()
    }

    /// The page asked for, from 1.
    pub(crate) fn page(&self) -> Result<usize, Refusal> {
        let page = self.text("page").unwrap_or("1").parse().ok().filter(|page| *page > 0);
        page.ok_or_else(|| Refusal::Error("Invalid parameter: page".to_owned()))
    }

    /// The products named, in order, each filled in from the one of its article that is known.
    pub(crate) fn products(&self, known: &[Product]) -> Result<Vec<Product>, Refusal> {
        self.products.iter().map(|(_, fields)| Product::read(fields, known)).collect()
    }
}

/// `products[1][sku]`: index and field. The index orders and means nothing.
fn product_field(name: &str) -> Option<(&str, &str)> {
    let (index, field) = name.strip_prefix("products[")?.split_once("][")?;
    Some((index, field.strip_suffix(']')?))
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let text = text.replace('+', " ");
    let plain = percent_decode_str(&text).decode_utf8();
    plain.map(std::borrow::Cow::into_owned).map_err(|_| Refusal::Error("The request is not UTF-8".to_owned()))
}
