//! Product lines: what they cost, exactly, and how they are shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decimal::{self, MINOR, ONE, full, shortest};
use super::json::{Json, object, whole};
use super::refusal::Refusal;
use crate::ledger::SkuQty;

/// One product line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) sku: String,
    pub(crate) name: String,
    /// In millionths of a minor unit, so that a price of three decimals is exact; as text, which any size fits.
    pub(crate) price: String,
    pub(crate) quantity: String,
    pub(crate) unit: String,
    pub(crate) image: String,
    /// Comma list: 1 service, 2 shipping, 3 payment fee, 6 discount, 10 and 20 about VAT.
    pub(crate) attributes: String,
}

impl Product {
    /// Reads a line in the old spelling (`type`, `text`, `value`) or the new. What it does not say is as in the line of
    /// this article that is `known`: parts of an application may be named by their article alone.
    pub(crate) fn read(fields: &BTreeMap<String, String>, known: &[Product]) -> Result<Product, Refusal> {
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| fields.get(*name).filter(|value| !value.is_empty()));
            found.cloned().unwrap_or_default()
        };
        let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
        let sku = text(&["sku", "type"]);
        let known = known.iter().find(|line| !sku.is_empty() && line.sku == sku);
        let of_known =
            |of: fn(&Product) -> &str, otherwise: &'static str| known.map_or(otherwise, of).to_owned();
        let product = Product {
            name: or(text(&["name", "text"]), &of_known(|line| &line.name, "")),
            price: or(text(&["price", "value"]), &of_known(|line| &line.price, "0")),
            quantity: or(text(&["quantity"]), &of_known(|line| &line.quantity, "1")),
            sku,
            unit: or(text(&["unit"]), "pcs"),
            image: text(&["image"]),
            attributes: or(text(&["attributes"]), &of_known(|line| &line.attributes, "")),
        };
        match (decimal::parse(&product.price), decimal::parse(&product.quantity)) {
            (Some(_), Some(_)) if !product.quantity.starts_with('-') => Ok(product),
            _ => Err(Refusal::Error("Invalid product: price and quantity must be numbers".to_owned())),
        }
    }

    fn worth(&self) -> i128 {
        // Checked when it was read.
        let of = |text: &str| decimal::parse(text).unwrap_or(0);
        of(&self.price) * of(&self.quantity)
    }

    /// What one of it costs in whole minor units, and what all of it does.
    pub(crate) fn prices(&self) -> (i64, i64) {
        let minor = |value: i128| i64::try_from(value / MINOR).unwrap_or(0);
        (minor(decimal::parse(&self.price).unwrap_or(0)), minor(self.worth() / ONE))
    }

    fn has(&self, attribute: &str) -> bool {
        self.attributes.split(',').any(|one| one.trim() == attribute)
    }

    /// What the ledger lists: goods, fees and services, and neither shipping nor what only adjusts prices.
    pub(crate) fn article(&self) -> Option<SkuQty> {
        let adjusts = self.has("2") || self.has("6") || self.sku == "ADJUSTMENT";
        let qty = i64::try_from(decimal::parse(&self.quantity)? / ONE).ok()?;
        (!adjusts).then(|| SkuQty { sku: self.sku.clone(), qty })
    }

    /// As an application shows it.
    pub(crate) fn shown(&self, symbol: &str) -> Json {
        let (price, sum) = self.prices();
        object([
            ("_price", written(symbol, price).into()),
            ("_sum", written(symbol, sum).into()),
            ("image", (&self.image).into()),
            ("name", (&self.name).into()),
            ("price", full(price).into()),
            ("quantity", whole(quantity(&self.quantity))),
            ("sku", (&self.sku).into()),
            ("sum", full(sum).into()),
            ("unit", (&self.unit).into()),
        ])
    }
}

/// A quantity, shortest.
fn quantity(text: &str) -> String {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

/// What lines come to in minor units, if it is a whole number of them.
pub(crate) fn sum(products: &[Product]) -> Option<i64> {
    let sum: i128 = products.iter().map(Product::worth).sum();
    (sum % (MINOR * ONE) == 0).then(|| i64::try_from(sum / (MINOR * ONE)).ok())?
}

/// An amount as the underscored fields show it: `£ 1197.50`, `£ 0`.
pub(crate) fn written(symbol: &str, minor: i64) -> String {
    if minor % 100 == 0 {
        format!("{symbol} {}", shortest(minor))
    } else {
        format!("{symbol} {}", full(minor))
    }
}
