//! A day's statement: a zip of files, whose columns only the account knows.
//!
//! The documents do not say what a statement's columns mean, and shops choose theirs in PayBy's portal. So the account
//! maps them: `order=merchantOrderNo,amount=totalAmount,…`. What comes before the line that names the columns is not
//! looked at.

use super::wire::our_refund;
use crate::question::{StatementLine, StatementLineKind};
use crate::quoting::printable;
use crate::{Account, Cx};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// Bytes of a statement once unpacked: 50,000 rows of one file, and some files.
const UNPACKED_MAX: u64 = 64 << 20;
/// Files of one statement.
const FILES_MAX: usize = 100;
/// What parts a row.
const SEPARATOR: char = '|';
/// What a mapping may name, and whether it must.
const NAMES: [(&str, bool); 6] = [
    ("order", true),
    ("kind", true),
    ("amount", true),
    ("currency", false),
    ("origin", false),
    ("provider_order", false),
];

/// Which columns hold what.
pub(super) struct Columns<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Columns<'a> {
    /// The account's mapping; none where it has none.
    pub(super) fn of(account: &'a Account) -> Option<Result<Self, String>> {
        let text = account.config.get("statement_columns").map(|text| text.trim());
        text.filter(|text| !text.is_empty()).map(Self::parse)
    }

    fn parse(text: &'a str) -> Result<Self, String> {
        let mut columns = BTreeMap::new();
        for pair in text.split(',') {
            let pair = pair.split_once('=').map(|(name, column)| (name.trim(), column.trim()));
            let known =
                pair.filter(|(name, column)| NAMES.iter().any(|(it, _)| it == name) && !column.is_empty());
            let (name, column) = known.ok_or("`statement_columns` is no list of name=column")?;
            columns.insert(name, column);
        }
        match NAMES.iter().find(|(name, needed)| *needed && !columns.contains_key(name)) {
            Some((missing, _)) => {
                Err(format!("`statement_columns` does not say which column holds `{missing}`"))
            }
            None => Ok(Self(columns)),
        }
    }

    /// Every row of every file.
    pub(super) fn read(&self, zip: &[u8], cx: &Cx<'_>) -> Result<Vec<StatementLine>, String> {
        let mut lines = Vec::new();
        for file in unpacked(zip)? {
            lines.extend(self.rows(&file, cx)?);
        }
        Ok(lines)
    }

    fn rows(&self, file: &str, cx: &Cx<'_>) -> Result<Vec<StatementLine>, String> {
        let mut rows = file.lines().map(|row| row.split(SEPARATOR).map(str::trim).collect::<Vec<_>>());
        let is_heading = |row: &Vec<&str>| self.0.values().all(|column| row.contains(column));
        let heading = rows.find(is_heading).ok_or("no line of the statement names the account's columns")?;
        let place = |name: &str| {
            let column = self.0.get(name)?;
            heading.iter().position(|it| it == column)
        };
        let places: BTreeMap<&str, usize> =
            NAMES.iter().filter_map(|(name, _)| Some((*name, place(name)?))).collect();
        let rows = rows.filter(|row| row.iter().any(|cell| !cell.is_empty()));
        rows.map(|row| line(&row, &places, cx)).collect()
    }
}

fn line(row: &[&str], places: &BTreeMap<&str, usize>, cx: &Cx<'_>) -> Result<StatementLine, String> {
    let cell =
        |name: &str| places.get(name).and_then(|place| row.get(*place)).copied().filter(|it| !it.is_empty());
    let (number, amount) = (cell("order"), cell("amount").ok_or("a line of the statement has no amount")?);
    let kind = match cell("kind") {
        Some("PAYMENT") => StatementLineKind::Payment,
        Some("REFUND") => StatementLineKind::Refund,
        other => StatementLineKind::Other(printable(other.unwrap_or_default(), cx)),
    };
    let ours = number.and_then(our_refund).filter(|_| kind == StatementLineKind::Refund);
    // A refund's own number names its order too, where the statement does not.
    let order = match kind {
        StatementLineKind::Refund => cell("origin").or(ours.map(|(order, _)| order)).or(number),
        _ => number,
    };
    Ok(StatementLine {
        order_id: order.map(|it| printable(it, cx)),
        provider_order_id: cell("provider_order").map(|it| printable(it, cx)),
        operation_id: ours.map(|(_, refund)| printable(refund, cx)),
        kind,
        currency: cell("currency").map(|it| printable(it, cx)),
        gross: printable(amount, cx),
        fee: None,
        net: None,
    })
}

/// The files as text, within bounds: whoever answers need not be PayBy.
fn unpacked(zip: &[u8]) -> Result<Vec<String>, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).map_err(|_| "the statement is no zip")?;
    if archive.len() > FILES_MAX {
        return Err(format!("the statement has more than {FILES_MAX} files"));
    }
    let (mut files, mut left) = (Vec::new(), UNPACKED_MAX);
    for index in 0..archive.len() {
        let mut bytes = Vec::new();
        let file = archive.by_index(index).map_err(|_| "a file of the statement does not unpack")?;
        let read =
            file.take(left + 1).read_to_end(&mut bytes).map_err(|_| "a file of the statement is damaged")?;
        left = left.checked_sub(read as u64).ok_or("the statement is too large")?;
        files.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::Columns;

    #[test]
    fn mapping_names_what_is_needed() {
        assert!(Columns::parse("order=a, kind=b,amount=c").is_ok());
        for (bad, why) in
            [("order=a,kind=b", "amount"), ("orders=a", "name=column"), ("order", "name=column")]
        {
            let refused = Columns::parse(bad).map(|_| ()).expect_err(bad);
            assert!(refused.contains(why), "{refused}");
        }
    }
}
