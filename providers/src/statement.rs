//! Statements that come as files: a zip of separated rows, whose columns the account maps.
//!
//! Documents seldom say what a statement's columns mean, and shops choose theirs in the provider's portal. So the account
//! maps them: `order=merchantOrderNo,amount=totalAmount,…`. What comes before the line that names the columns is not
//! looked at. Of an account that maps none, the file is kept as it came.

use crate::call::Retry;
use crate::question::{Findings, StatementLine, StatementLineKind};
use crate::quoting::printable;
use crate::{Cx, Facts, Outcome};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// Bytes of a statement once unpacked: 50,000 rows of one file, and some files.
const UNPACKED_MAX: u64 = 64 << 20;
/// Files of one statement.
const FILES_MAX: usize = 100;
/// Characters of a statement's name that are kept.
const NAME_CHARS_MAX: usize = 120;
/// What a mapping may name, and whether it must.
const NAMES: [(&str, bool); 6] = [
    ("order", true),
    ("kind", true),
    ("amount", true),
    ("currency", false),
    ("origin", false),
    ("provider_order", false),
];

/// How a provider writes its statements. A row of its table.
pub(crate) struct StatementFormat {
    /// As the provider writes itself.
    pub(crate) provider: &'static str,
    /// The value of the account's configuration that maps the columns.
    pub(crate) columns: &'static str,
    /// What parts a row.
    pub(crate) separator: char,
    /// Its words for payments and refunds; another kind of line keeps its word.
    pub(crate) kinds: &'static [(&'static str, StatementLineKind)],
    /// Our ids of order and refund, from a number that names both.
    pub(crate) our_refund: fn(&str) -> Option<(&str, &str)>,
}

impl StatementFormat {
    /// What comes of a file. Nobody signs it: only TLS vouches for it.
    pub(crate) fn outcome(&self, file: &[u8], disposition: &str, cx: &Cx<'_>) -> Outcome {
        let mapping = cx.account.setting(self.columns).trim();
        if mapping.is_empty() {
            return self.document(file, disposition, cx);
        }
        match self.columns(mapping).and_then(|columns| self.lines(file, &columns, cx)) {
            Ok(lines) => answered(Findings::Statement { lines }),
            // A mapping that does not fit is the account's to mend.
            Err(why) => Outcome::refused("STATEMENT_UNREADABLE", &why, Retry::AfterAccountFix),
        }
    }

    /// The file as it came, under its own name.
    fn document(&self, file: &[u8], disposition: &str, cx: &Cx<'_>) -> Outcome {
        if !file.starts_with(b"PK") {
            return Outcome::unknown(format!("{} sent a file that is no zip", self.provider));
        }
        let name = disposition.split("filename=").nth(1).unwrap_or("statement.zip").trim_matches('"');
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let name = printable(name, cx).chars().filter(is_plain).take(NAME_CHARS_MAX).collect();
        answered(Findings::Document { name, bytes: file.to_vec().into() })
    }

    /// Which columns hold what.
    fn columns<'a>(&self, mapping: &'a str) -> Result<BTreeMap<&'a str, &'a str>, String> {
        let mut columns = BTreeMap::new();
        for pair in mapping.split(',') {
            let pair = pair.split_once('=').map(|(name, column)| (name.trim(), column.trim()));
            let known =
                pair.filter(|(name, column)| NAMES.iter().any(|(it, _)| it == name) && !column.is_empty());
            let (name, column) =
                known.ok_or_else(|| format!("`{}` is no list of name=column", self.columns))?;
            columns.insert(name, column);
        }
        match NAMES.iter().find(|(name, needed)| *needed && !columns.contains_key(name)) {
            Some((missing, _)) => {
                Err(format!("`{}` does not say which column holds `{missing}`", self.columns))
            }
            None => Ok(columns),
        }
    }

    /// Every row of every file.
    fn lines(
        &self,
        zip: &[u8],
        columns: &BTreeMap<&str, &str>,
        cx: &Cx<'_>,
    ) -> Result<Vec<StatementLine>, String> {
        let mut lines = Vec::new();
        for file in unpacked(zip)? {
            let mut rows =
                file.lines().map(|row| row.split(self.separator).map(str::trim).collect::<Vec<_>>());
            let is_heading = |row: &Vec<&str>| columns.values().all(|column| row.contains(column));
            let heading =
                rows.find(is_heading).ok_or("no line of the statement names the account's columns")?;
            for row in rows.filter(|row| row.iter().any(|cell| !cell.is_empty())) {
                lines.push(self.line(&Row { columns, heading: &heading, cells: &row }, cx)?);
            }
        }
        Ok(lines)
    }

    fn line(&self, row: &Row<'_>, cx: &Cx<'_>) -> Result<StatementLine, String> {
        let (number, word) = (row.cell("order"), row.cell("kind").unwrap_or_default());
        let amount = row.cell("amount").ok_or("a line of the statement has no amount")?;
        let kind = self.kinds.iter().find(|(known, _)| *known == word).map(|(_, kind)| kind.clone());
        let kind = kind.unwrap_or_else(|| StatementLineKind::Other(printable(word, cx)));
        let ours = number.and_then(self.our_refund).filter(|_| kind == StatementLineKind::Refund);
        // A number that looks like ours and names another order than its line does is somebody else's.
        let ours = ours.filter(|(order, _)| row.cell("origin").is_none_or(|origin| origin == *order));
        // A refund's own number names its order too, where the statement does not.
        let order = match kind {
            StatementLineKind::Refund => row.cell("origin").or(ours.map(|(order, _)| order)).or(number),
            _ => number,
        };
        Ok(StatementLine {
            order_id: order.map(|it| printable(it, cx)),
            provider_order_id: row.cell("provider_order").map(|it| printable(it, cx)),
            operation_id: ours.map(|(_, refund)| printable(refund, cx)),
            kind,
            currency: row.cell("currency").map(|it| printable(it, cx)),
            gross: printable(amount, cx),
            fee: None,
            net: None,
        })
    }
}

/// One row below the line that names the columns.
struct Row<'a> {
    columns: &'a BTreeMap<&'a str, &'a str>,
    heading: &'a [&'a str],
    cells: &'a [&'a str],
}

impl<'a> Row<'a> {
    /// What stands in the column that the account maps to this name, if anything.
    fn cell(&self, name: &str) -> Option<&'a str> {
        let column = self.columns.get(name)?;
        let place = self.heading.iter().position(|it| it == column)?;
        self.cells.get(place).copied().filter(|cell| !cell.is_empty())
    }
}

fn answered(findings: Findings) -> Outcome {
    Outcome::Done(Facts { answer: Some(findings), ..Facts::default() })
}

/// The files as text, within bounds: whoever answers need not be the provider.
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
    use super::StatementFormat;
    use crate::question::{Findings, StatementLineKind};
    use crate::{Account, Cx, Outcome};
    use std::collections::BTreeMap;
    use std::io::{Cursor, Write};

    const FORMAT: StatementFormat = StatementFormat {
        provider: "Somebody",
        columns: "columns",
        separator: ';',
        kinds: &[("IN", StatementLineKind::Payment), ("OUT", StatementLineKind::Refund)],
        our_refund: |number| number.rsplit_once("-R"),
    };
    const COLUMNS: &str = "order=no, origin=of,kind=type,amount=sum,currency=iso,provider_order=ref";

    fn zipped(files: &[&str]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (index, file) in files.iter().enumerate() {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(format!("{index}.csv"), options).expect("a file can begin");
            zip.write_all(file.as_bytes()).expect("a file can be written");
        }
        zip.finish().expect("a zip can end").into_inner()
    }

    fn outcome(columns: &str, file: &[u8]) -> Outcome {
        let account = Account {
            id: "acc1".to_owned(),
            store_url: String::new(),
            config: BTreeMap::from([("columns".to_owned(), columns.to_owned())]),
            secrets: BTreeMap::new(),
        };
        let (now, refs) = (jiff::Timestamp::UNIX_EPOCH, BTreeMap::new());
        let cx = Cx { now, account: &account, order: None, refs: &refs, expires_at: None, entropy: [0; 32] };
        FORMAT.outcome(file, "attachment; filename=\"day one.zip\"", &cx)
    }

    /// The lines of a statement, each as `kind order refund gross`.
    #[track_caller]
    fn check(files: &[&str], expected: &[&str]) {
        let read = outcome(COLUMNS, &zipped(files));
        let Outcome::Done(facts) = read else { panic!("{read:?}") };
        let Some(Findings::Statement { lines }) = facts.answer else { panic!("{:?}", facts.answer) };
        let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let lines: Vec<String> = lines
            .iter()
            .map(|it| format!("{:?} {} {} {}", it.kind, told(&it.order_id), told(&it.operation_id), it.gross))
            .collect();
        assert_eq!(lines, expected);
    }

    #[track_caller]
    fn check_refused(columns: &str, file: &[u8], why: &str) {
        match outcome(columns, file) {
            Outcome::Refused { code, message, .. } => {
                assert_eq!((code.as_str(), message.as_str()), ("STATEMENT_UNREADABLE", why));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_of_every_file_are_read_by_the_accounts_columns() {
        let one = "made on Monday\nref;no;of;type;sum;iso\n1;A;;IN;10.005;AED\n\n2;A-R7;;OUT;-1;AED";
        let other = "type;sum;no;of;iso;ref\nOUT;-2;X9;B;AED;3\nOUT;-3;X-R1;B;AED;4\n\
                     OUT;-4;B-R1;B;AED;5\nFEE;-0.1;;;AED;";
        let lines = [
            "Payment A - 10.005",
            "Refund A 7 -1",
            "Refund B - -2",
            "Refund B - -3",
            "Refund B 1 -4",
            "Other(\"FEE\") - - -0.1",
        ];
        check(&[one, other], &lines);
        check(&[], &[]);
    }

    #[test]
    fn mapping_and_file_must_fit() {
        let good = zipped(&["no;of;type;sum;iso;ref\nA;;IN;;AED;1"]);
        check_refused(COLUMNS, &good, "a line of the statement has no amount");
        check_refused(COLUMNS, b"PK", "the statement is no zip");
        check_refused(
            COLUMNS,
            &zipped(&["no;sum\n"]),
            "no line of the statement names the account's columns",
        );
        let missing = "`columns` does not say which column holds `amount`";
        check_refused("order=no,kind=type", &good, missing);
        for bad in ["orders=no", "order", "order="] {
            check_refused(bad, &good, "`columns` is no list of name=column");
        }
    }

    #[test]
    fn statement_without_a_mapping_is_kept_as_it_came() {
        let Outcome::Done(facts) = outcome("", b"PK any") else { panic!("it is kept") };
        let Some(Findings::Document { name, bytes }) = facts.answer else { panic!("{:?}", facts.answer) };
        assert_eq!((name.as_str(), bytes.expose().as_slice()), ("dayone.zip", b"PK any".as_slice()));
        assert!(matches!(outcome("", b"<html>"), Outcome::Unknown { .. }));
    }

    #[test]
    fn statement_with_too_many_files_is_not_unpacked() {
        check_refused(COLUMNS, &zipped(&["x"; 101]), "the statement has more than 100 files");
    }
}
