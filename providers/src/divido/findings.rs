//! Answers about the account: plans, quotes, lists of applications and payment batches, and one batch line by line.
//!
//! Decimals leave here as text, digit by digit: batches carry three places, and a JSON number may not survive them.

use super::table::KEPT;
use crate::json::{Json, Unread, unread};
use crate::question::{Findings, Question, StatementHead, StatementLine, StatementLineKind};
use crate::quoting::{printable, without_secrets};
use crate::{Cx, Facts};

/// The answer to a question, or why it cannot be read.
pub(super) fn read(question: &Question, said: &Json, cx: &Cx<'_>) -> Result<Facts, Unread> {
    let answer = match question {
        Question::Statement { .. } => statement(said, cx)?,
        Question::Orders { .. } => listed(said, "records", |name| KEPT.contains(&name), cx)?,
        Question::FinancePlans => listed(said, "finances", |_| true, cx)?,
        Question::Quote { .. } => listed(said, "monthly_payment_amount", |_| true, cx)?,
        Question::Statements { .. } => statements(said, cx)?,
    };
    Ok(Facts { answer: Some(answer), ..Facts::default() })
}

/// As Divido said it, without its own `status` at the top and without the account's secrets, with every number that is
/// not a whole one as its digits.
fn listed(said: &Json, needed: &str, kept: fn(&str) -> bool, cx: &Cx<'_>) -> Result<Findings, Unread> {
    if !said.has(needed) {
        return Err(unread(needed, "is missing"));
    }
    let mut json = said.kept(&kept, &|text| without_secrets(text, cx));
    json.as_object_mut().and_then(|fields| fields.remove("status"));
    Ok(Findings::Listed { json })
}

fn statements(said: &Json, cx: &Cx<'_>) -> Result<Findings, Unread> {
    let head = |batch: &Json| {
        // Also where a time of day follows, the day comes first.
        let day = batch.need("date")?.get(..10).and_then(|day| day.parse().ok());
        let day = day.ok_or_else(|| unread("date", "is no day"))?;
        Ok(StatementHead { id: printable(batch.need("id")?, cx), day })
    };
    let heads = said.list("records")?.iter().map(head);
    Ok(Findings::Statements { heads: heads.collect::<Result<_, _>>()? })
}

fn statement(said: &Json, cx: &Cx<'_>) -> Result<Findings, Unread> {
    let currency = said.printable("record.currency", cx);
    let line = |payment: &Json| {
        Ok(StatementLine {
            order_id: payment.printable("reference", cx),
            provider_order_id: payment.printable("application", cx),
            operation_id: None,
            kind: StatementLineKind::Payment,
            currency: currency.clone(),
            gross: payment.decimal("purchasePrice")?,
            fee: Some(payment.decimal("subsidyAmount")?),
            net: Some(payment.decimal("netPaymentAmount")?),
        })
    };
    let lines = said.list("record.transactions")?.iter().map(line);
    Ok(Findings::Statement { lines: lines.collect::<Result<_, _>>()? })
}
