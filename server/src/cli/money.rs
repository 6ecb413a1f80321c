//! Amounts between the wire and people, digit by digit. There is no floating point here.

use ordain_proto::orders::v1 as wire;
use ordain_providers::{Currency, Money};

/// Reads `12.50` in this currency.
///
/// # Errors
/// An unknown currency, or what is wrong with the digits.
pub fn read(currency_code: &str, text: &str) -> Result<wire::Money, String> {
    let currency = currency(currency_code)?;
    let money = Money::from_major(currency, text).map_err(|error| format!("`{text}`: {error}"))?;
    Ok(minor(currency_code, money.minor))
}

/// Reads an amount with its currency: `GBP 12.50`, or `GBP12.50`.
///
/// # Errors
/// Says what would be right.
pub fn amount(text: &str) -> Result<wire::Money, String> {
    let parts = text.split_at_checked(3);
    match parts.filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        Some((code, digits)) => read(code, digits.trim_start()),
        None => Err(format!("`{text}` is no amount; write 'GBP 12.50'")),
    }
}

/// So many minor units.
#[must_use]
pub fn minor(currency_code: &str, minor_units: i64) -> wire::Money {
    wire::Money { currency_code: currency_code.to_owned(), minor_units }
}

/// `GBP 12.50`; nothing where there is no amount.
#[must_use]
pub fn show(money: Option<&wire::Money>) -> String {
    money.map(|money| format!("{} {}", money.currency_code, digits(money))).unwrap_or_default()
}

/// `12.50`, for columns under a currency that is told once. Minor units where we do not know the currency.
#[must_use]
pub fn digits(money: &wire::Money) -> String {
    let known = Currency::from_code(&money.currency_code);
    known.map_or_else(
        || money.minor_units.to_string(),
        |currency| Money::of(currency, money.minor_units).to_major(),
    )
}

/// The currency with this code.
///
/// # Errors
/// Names the currencies that there are.
pub fn currency(code: &str) -> Result<Currency, String> {
    Currency::from_code(code).ok_or_else(|| {
        let known: Vec<&str> = Currency::ALL.iter().map(|currency| currency.code()).collect();
        format!("`{code}` is no currency of ours; there are {}", known.join(", "))
    })
}

/// A quantity in millionths: `2`, `0.5`, at most six decimals.
///
/// # Errors
/// Says what would be right.
pub fn quantity_micros(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no quantity; write 2 or 0.5, with at most six decimals");
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(part) || part.len() > 6 {
        return Err(wrong());
    }
    format!("{whole}{part:0<6}").parse().map_err(|_| wrong())
}

/// `quantity × price`, if it comes to whole minor units.
#[must_use]
pub fn product(quantity_micros: i64, price_minor: i64) -> Option<i64> {
    let exact = i128::from(quantity_micros) * i128::from(price_minor);
    if exact % 1_000_000 == 0 { i64::try_from(exact / 1_000_000).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{amount, product, quantity_micros, read, show};

    #[test]
    fn amounts_keep_every_digit() {
        assert_eq!(show(read("GBP", "12.5").ok().as_ref()), "GBP 12.50");
        assert_eq!(show(read("KWD", "1.005").ok().as_ref()), "KWD 1.005");
        assert_eq!(show(read("JPY", "1200").ok().as_ref()), "JPY 1200");
        assert!(read("GBP", "1.005").unwrap_err().contains("has 2 decimals"));
        assert!(read("XXX", "1").unwrap_err().contains("AED, EUR, GBP"));
    }

    #[test]
    fn amounts_without_their_currency_are_told_how_it_is_written() {
        assert_eq!(show(amount("GBP5").ok().as_ref()), "GBP 5.00");
        for bad in ["5.00", "5", "12345.00"] {
            assert_eq!(amount(bad), Err(format!("`{bad}` is no amount; write 'GBP 12.50'")));
        }
    }

    #[test]
    fn quantities_count_in_millionths() {
        assert_eq!(quantity_micros("2"), Ok(2_000_000));
        assert_eq!(quantity_micros("0.5"), Ok(500_000));
        for bad in ["", ".5", "1.", "-1", "1e3", "0.1234567", "99999999999999999999"] {
            assert!(quantity_micros(bad).is_err(), "{bad} is no quantity");
        }
    }

    #[test]
    fn products_are_exact_or_none() {
        assert_eq!(product(500_000, 1_250), Some(625));
        assert_eq!(product(500_000, 1_251), None);
        assert_eq!(product(3_000_000, -500), Some(-1_500));
        assert_eq!(product(i64::MAX, i64::MAX), None);
    }
}
