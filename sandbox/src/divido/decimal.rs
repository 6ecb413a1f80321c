//! Decimals as people write them, exact: parsed into whole units of a small part, printed without floating point.

/// Decimals that a number may have; more is no price.
const PLACES: usize = 8;
/// Digits before the point; beyond that no sum of a thousand prices times quantities stays inside 128 bits.
const WHOLE_MAX: usize = 9;

/// Hundred-millionths in one.
pub(crate) const ONE: i128 = 100_000_000;
/// Hundred-millionths in a minor unit of a currency with two decimals.
pub(crate) const MINOR: i128 = 1_000_000;

/// Reads a plain decimal in hundred-millionths: `1197.5`, `-12`, `0.5`.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(part) || whole.len() > WHOLE_MAX || part.len() > PLACES {
        return None;
    }
    let value: i128 = format!("{whole}{part:0<PLACES$}").parse().ok()?;
    Some(if negative { -value } else { value })
}

/// Reads an amount in minor units of a currency with two decimals.
pub(crate) fn minor(text: &str) -> Option<i64> {
    let value = parse(text)?;
    (value % MINOR == 0).then(|| i64::try_from(value / MINOR).ok())?
}

/// The shortest form: `1197.5`, `0`, `44.5`.
pub(crate) fn shortest(minor: i64) -> String {
    let (sign, size) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    match (size / 100, size % 100) {
        (whole, 0) => format!("{sign}{whole}"),
        (whole, part) if part % 10 == 0 => format!("{sign}{whole}.{}", part / 10),
        (whole, part) => format!("{sign}{whole}.{part:02}"),
    }
}

/// With both decimals: `1153.00`.
pub(crate) fn full(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.unsigned_abs() / 100, minor.unsigned_abs() % 100)
}

/// Thousandths, shortest: `1074.165`, `4.945`, `989`.
pub(crate) fn thousandths(value: i64) -> String {
    let part = format!("{:03}", value.unsigned_abs() % 1_000);
    let (sign, part) = (if value < 0 { "-" } else { "" }, part.trim_end_matches('0'));
    let whole = value.unsigned_abs() / 1_000;
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// `amount × part / whole`, rounded half up.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    let exact = 2 * i128::from(amount) * i128::from(part) + i128::from(whole);
    i64::try_from(exact.div_euclid(2 * i128::from(whole))).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{full, minor, parse, share, shortest, thousandths};

    #[test]
    fn decimals_are_read_and_written_exactly() {
        assert_eq!((minor("1197.5"), minor("1153.00"), minor("0.005")), (Some(119_750), Some(115_300), None));
        for bad in ["", ".5", "5.", "1e3", "1,5", "£1", "+1", "1234567890123"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(
            (shortest(119_750), shortest(-5), full(5)),
            ("1197.5".into(), "-0.05".into(), "0.05".into())
        );
        assert_eq!((thousandths(1_074_165), thousandths(989_000)), ("1074.165".into(), "989".into()));
        assert_eq!((share(100, 1, 3), share(200, 1, 3)), (33, 67));
    }
}
