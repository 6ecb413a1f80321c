//! Answers about the account: plans, quotes, lists of applications and payment batches, and one batch line by line.
//!
//! Decimals leave here as text, digit by digit: batches carry three places, and a JSON number may not survive them.

use crate::json::{object, word};
use crate::question::{Findings, Question, StatementLine};
use crate::quoting::printable;
use crate::{Cx, Facts};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is kept of an application in a list: nothing about people.
const KEPT: [&str; 17] = [
    "records",
    "page",
    "itemsPerPage",
    "totalItems",
    "id",
    "proposal",
    "reference",
    "status",
    "currency",
    "country",
    "purchasePrice",
    "activatedAmount",
    "cancelledAmount",
    "refundedAmount",
    "createdDate",
    "modifiedDate",
    "lender",
];

/// The answer to a question, or why it cannot be read.
pub(super) fn read(question: &Question, body: &[u8], cx: &Cx<'_>) -> Result<Facts, &'static str> {
    let answer = match question {
        Question::Statement { .. } => statement(body, cx)?,
        Question::Orders { .. } => listed(body, "records", |name| KEPT.contains(&name))?,
        Question::FinancePlans => listed(body, "finances", |_| true)?,
        Question::Quote { .. } => listed(body, "monthly_payment_amount", |_| true)?,
        Question::Statements { .. } => listed(body, "records", |_| true)?,
    };
    Ok(Facts { answer: Some(answer), ..Facts::default() })
}

fn listed(body: &[u8], needed: &str, kept: fn(&str) -> bool) -> Result<Findings, &'static str> {
    let fields: BTreeMap<String, &RawValue> = object(body).ok_or("the answer is no JSON object")?;
    if !fields.contains_key(needed) {
        return Err("the answer lacks what was asked for");
    }
    let fields = fields.into_iter().filter(|(name, _)| name != "status" && kept(name));
    let json = fields.map(|(name, raw)| (name, exact(raw, kept))).collect::<Map<_, _>>();
    Ok(Findings::Listed { json: Value::Object(json) })
}

/// The same JSON, with every number that is not a whole one as a text of its digits.
fn exact(raw: &RawValue, kept: fn(&str) -> bool) -> Value {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
            let fields = fields.into_iter().filter(|(name, _)| kept(name));
            Value::Object(fields.map(|(name, raw)| (name, exact(raw, kept))).collect())
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            Value::Array(items.into_iter().map(|raw| exact(raw, kept)).collect())
        }
        Some(b'-' | b'0'..=b'9') => {
            text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from)
        }
        _ => serde_json::from_str(text).unwrap_or(Value::Null),
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    record: Option<Batch<'a>>,
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    transactions: Vec<Transaction<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction<'a> {
    application: Option<Value>,
    reference: Option<Value>,
    #[serde(borrow)]
    purchase_price: Option<&'a RawValue>,
    #[serde(borrow)]
    subsidy_amount: Option<&'a RawValue>,
    #[serde(borrow)]
    net_payment_amount: Option<&'a RawValue>,
}

fn statement(body: &[u8], cx: &Cx<'_>) -> Result<Findings, &'static str> {
    let batch = object::<Answer<'_>>(body).and_then(|answer| answer.record);
    let transactions = batch.ok_or("the answer holds no payment batch")?.transactions;
    let text = |value: &Option<Value>| word(value.as_ref()).map(|text| printable(&text, cx));
    let line = |transaction: &Transaction<'_>| {
        Some(StatementLine {
            order_id: text(&transaction.reference),
            provider_order_id: text(&transaction.application),
            kind: "payment".to_owned(),
            gross: digits(transaction.purchase_price)?,
            fee: digits(transaction.subsidy_amount)?,
            net: digits(transaction.net_payment_amount)?,
        })
    };
    let lines: Option<Vec<_>> = transactions.iter().map(line).collect();
    Ok(Findings::Statement { lines: lines.ok_or("a payment has an amount that is no decimal")? })
}

/// A plain decimal as it was written, number or text.
fn digits(raw: Option<&RawValue>) -> Option<String> {
    let text = raw?.get().trim_matches('"');
    let (whole, part) = text.strip_prefix('-').unwrap_or(text).split_once('.').unwrap_or((text, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (plain(whole) && plain(part)).then(|| text.to_owned())
}
