//! `download/getOrderStatement`: a day's payments and refunds, as a zip with one file of lines.
//!
//! The real host has a day's statement after the night. This one has it at once, so that a shop can be tried today;
//! days to come are not generated, days on which nothing was paid do not exist.

use std::io::{Cursor, Write};

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{Call, Outcome, Refusal, Said, wrong};
use crate::exact::Major;
use crate::payby::order::{Order, Refund, RefundStatus, here};

/// The columns of the documented transaction statement.
const COLUMNS: &str = "paidTime|transactionType|totalAmount|orderCurrency|productName|paySceneCode|merchantOrderNo|\
    orderNo|status|paymentMethodType|subject|payeeMid|terminalId|operatorId|storeId|merchantName|storeName|\
    originMerchantOrderNo|reserved";

pub(super) fn download(call: &Call<'_>) -> Outcome {
    let text = call.content.text("statementDate")?;
    let day = Date::strptime("%Y%m%d", &text).map_err(|_| wrong("statementDate", "YYYYMMDD"))?;
    if day > here(call.now).date() {
        return Err(Refusal::Code("62014", "STATEMENT_NOT_GENERATED"));
    }
    let mine = |account: &str| account == call.merchant.partner_id;
    let paid = call.state.orders.values().filter(|order| mine(&order.key.account)).filter_map(payment);
    let back = call
        .state
        .refunds
        .values()
        .filter(|refund| mine(&refund.key.account) && refund.status == RefundStatus::Success);
    let back = back.filter_map(|refund| Some(refunded(refund, call.state.orders.get(&refund.key)?)));
    let mut lines: Vec<(Zoned, String)> = paid.chain(back).filter(|(at, _)| at.date() == day).collect();
    if lines.is_empty() {
        return Err(Refusal::Code("62013", "STATEMENT_NOT_EXIST"));
    }
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    let count = lines.len();
    let period = day.strftime("%Y-%m-%d");
    let head = format!("*periodNo:{text}|startTime:{period} 00:00|endTime:{period} 24:00|totalCount:{count}");
    let lines = lines.into_iter().map(|(_, line)| line);
    let file = [head, COLUMNS.to_owned()].into_iter().chain(lines).collect::<Vec<_>>().join("\n");
    let name = format!("{}_{text}Transaction_Settle_Statement.zip", call.merchant.partner_id);
    let inside = format!("Purchase_Statement_{}_001.csv", day.strftime("%d%m%Y"));
    Ok((Vec::new(), Said::File { name, bytes: zipped(&inside, &file) }))
}

/// One line, as far as payments and refunds differ.
struct Row<'a> {
    at: Zoned,
    kind: &'static str,
    amount: i64,
    number: &'a str,
    order_no: &'a str,
    origin: &'a str,
}

fn payment(order: &Order) -> Option<(Zoned, String)> {
    let at = here(Timestamp::from_millisecond(order.paid_ms?).ok()?);
    let (number, order_no) = (order.key.order.as_str(), order.placed.order_no.as_str());
    let row = Row { at, kind: "PAYMENT", amount: order.placed.total, number, order_no, origin: "" };
    Some(row.line(order))
}

fn refunded(refund: &Refund, order: &Order) -> (Zoned, String) {
    let asked = &refund.asked;
    let (number, order_no, origin) =
        (asked.number.as_str(), asked.order_no.as_str(), order.key.order.as_str());
    let row = Row { at: here(asked.done_at), kind: "REFUND", amount: asked.amount, number, order_no, origin };
    row.line(order)
}

impl Row<'_> {
    fn line(self, order: &Order) -> (Zoned, String) {
        let Row { at, kind, number, order_no, origin, .. } = &self;
        let (time, amount) = (at.strftime("%Y-%m-%dT%H:%M:%S%z"), Major(self.amount));
        let payee = order.text("payeeMid").unwrap_or(&order.key.account);
        let (subject, reserved) =
            (order.text("subject").unwrap_or_default(), order.text("reserved").unwrap_or_default());
        let scene = &order.placed.scene;
        let line = format!(
            "{time}|{kind}|{amount}|AED|Basic Payment Gateway|{scene}|{number}|{order_no}|SUCCESS|BALANCE|{subject}\
             |{payee}||||||{origin}|{reserved}"
        );
        (self.at, line)
    }
}

fn zipped(name: &str, file: &str) -> Vec<u8> {
    let in_memory = "nothing fails in memory";
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file(name, stored).expect(in_memory);
    zip.write_all(file.as_bytes()).expect(in_memory);
    zip.finish().expect(in_memory).into_inner()
}
