//! One order line as a flag: `sku=X,title=Y,quantity=2,unit=pcs,price=12.50,tax=20,kind=shipping`.
//!
//! A title may hold commas: what follows a comma and names none of the keys belongs to the value before it.

use crate::cli::money;
use ordain_proto::orders::v1::{Line, LineKind};

/// Keys that a line may have.
const KEYS: [&str; 10] = ["id", "sku", "title", "quantity", "unit", "price", "tax", "kind", "total", "image"];

/// A line as somebody wrote it; its amounts are read when the order's currency is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineText(Vec<(String, String)>);

impl std::str::FromStr for LineText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for part in text.split(',') {
            match (part.split_once('=').filter(|(key, _)| KEYS.contains(key)), fields.last_mut()) {
                (Some((key, value)), _) => fields.push((key.to_owned(), value.to_owned())),
                (None, Some((key, value))) if key == "title" => {
                    value.push(',');
                    value.push_str(part);
                }
                (None, _) => return Err(format!("`{part}` is none of {}=…", KEYS.join("=…, "))),
            }
        }
        let line = Self(fields);
        line.check()?;
        Ok(line)
    }
}

impl LineText {
    /// The line in this currency.
    ///
    /// # Errors
    /// What is wrong with which value.
    pub fn line(&self, currency: &str) -> Result<Line, String> {
        let price = money::read(currency, self.get("price").ok_or("a line needs `price=`")?)?;
        let quantity = self.get("quantity").unwrap_or("1");
        let total = match self.get("total") {
            Some(total) => money::read(currency, total)?,
            None => {
                let exact = money::product(money::quantity_micros(quantity)?, price.minor_units);
                let exact =
                    exact.ok_or("quantity × price has a fraction of a minor unit: say `total=` too")?;
                money::minor(currency, exact)
            }
        };
        let text = |key| self.get(key).unwrap_or_default().to_owned();
        Ok(Line {
            line_id: text("id"),
            sku: text("sku"),
            title: self.get("title").or_else(|| self.get("sku")).unwrap_or_default().to_owned(),
            kind: self.kind()?.into(),
            quantity: quantity.to_owned(),
            unit_price: Some(price),
            tax_rate_basis_points: self.tax()?,
            total: Some(total),
            image_url: text("image"),
            unit: text("unit"),
            progress: None,
        })
    }

    /// What can be said before the currency is known, so that a slip is found while flags are read.
    fn check(&self) -> Result<(), String> {
        let keys: std::collections::BTreeSet<&str> = self.0.iter().map(|(key, _)| key.as_str()).collect();
        if keys.len() != self.0.len() {
            return Err("a line has each key once".to_owned());
        }
        // KWD has the most decimals of all our currencies.
        self.line("KWD").map(drop)
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn kind(&self) -> Result<LineKind, String> {
        let Some(word) = self.get("kind") else { return Ok(LineKind::Product) };
        let kind = LineKind::from_str_name(&format!("LINE_KIND_{}", word.to_ascii_uppercase()));
        kind.filter(|kind| *kind != LineKind::Unspecified).ok_or_else(|| {
            format!("`kind={word}` is none of product, service, shipping, fee, discount, rounding")
        })
    }

    /// A percentage of at most two decimals, in basis points.
    fn tax(&self) -> Result<u32, String> {
        let Some(text) = self.get("tax") else { return Ok(0) };
        let basis_points = money::quantity_micros(text).ok().filter(|micros| micros % 10_000 == 0);
        let basis_points = basis_points.and_then(|micros| u32::try_from(micros / 10_000).ok());
        basis_points.ok_or_else(|| format!("`tax={text}` is no percentage; write 20 or 17.5"))
    }
}

#[cfg(test)]
mod tests {
    use super::LineText;
    use ordain_proto::orders::v1::{Line, LineKind};

    fn line(text: &str, currency: &str) -> Result<Line, String> {
        text.parse::<LineText>()?.line(currency)
    }

    #[track_caller]
    fn check_refused(text: &str, why: &str) {
        let error = line(text, "GBP").unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }

    #[test]
    fn line_says_what_it_costs() {
        let line = line("sku=X,title=Lamp, brass,quantity=2,unit=pcs,price=12.50,tax=17.5", "GBP").unwrap();
        assert_eq!((line.title.as_str(), line.tax_rate_basis_points), ("Lamp, brass", 1750));
        assert_eq!(line.total.as_ref().unwrap().minor_units, 2_500);
        assert_eq!((line.kind(), line.unit.as_str()), (LineKind::Product, "pcs"));
    }

    #[test]
    fn discounts_are_negative_and_halves_are_exact() {
        assert_eq!(
            line("kind=discount,title=Ten,price=-10", "GBP").unwrap().total.unwrap().minor_units,
            -1_000
        );
        assert_eq!(line("sku=H,quantity=0.5,price=25", "GBP").unwrap().total.unwrap().minor_units, 1_250);
        check_refused("sku=H,quantity=0.5,price=0.25", "say `total=`");
    }

    #[test]
    fn title_is_the_sku_where_none_is_given() {
        assert_eq!(line("sku=X,price=1", "GBP").unwrap().title, "X");
    }

    #[test]
    fn slips_are_named() {
        check_refused("sku=X", "needs `price=`");
        check_refused("sku=X,prise=1", "`prise=1` is none of");
        check_refused("sku=X,price=1.005", "has 2 decimals");
        check_refused("sku=X,price=1,kind=gift", "none of product");
        check_refused("sku=X,price=1,tax=a", "no percentage");
        check_refused("sku=X,price=1,price=2", "each key once");
        check_refused("sku=X,price=1,quantity=1e3", "no quantity");
    }
}
