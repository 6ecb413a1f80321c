//! A part of an order as a flag: `LINE` for all that remains of it, `LINE=QTY` for some.

use crate::cli::money;
use ordain_proto::orders::v1::Portion;

/// Which line, and how many of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortionText {
    line_id: String,
    quantity: String,
}

impl std::str::FromStr for PortionText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A line's id is the shop's and may hold `=`; a quantity holds none.
        let (line_id, quantity) = text.rsplit_once('=').unwrap_or((text, ""));
        if line_id.is_empty() {
            return Err(format!("`{text}` is not LINE or LINE=QUANTITY"));
        }
        if text.contains('=') && money::quantity_micros(quantity)? == 0 {
            return Err("none of a line is nothing to do: leave the line out".to_owned());
        }
        Ok(Self { line_id: line_id.to_owned(), quantity: quantity.to_owned() })
    }
}

impl From<PortionText> for Portion {
    fn from(text: PortionText) -> Self {
        Self { line_id: text.line_id, quantity: text.quantity, amount: None }
    }
}

#[cfg(test)]
mod tests {
    use super::PortionText;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let read = text.parse::<PortionText>().ok();
        let read = read.as_ref().map(|portion| (portion.line_id.as_str(), portion.quantity.as_str()));
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn quantity_is_optional_and_checked() {
        check("1", Some(("1", "")));
        check("1=2", Some(("1", "2")));
        check("gift=red=0.5", Some(("gift=red", "0.5")));
        check("=2", None);
        check("1=", None);
        check("1=0", None);
        check("1=two", None);
    }
}
