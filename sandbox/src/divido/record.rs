//! An application as the API shows it: whole in lists and alone, short in the answer to an act.

use jiff::Timestamp;

use super::application::{Application, Done, Kind, Past, WAITING};
use super::decimal::{share, shortest};
use super::json::{Json, object, whole};
use super::message::metadata;
use super::product::{Product, written};
use crate::faults::Twist;

/// The lender of this host, as the documents call theirs.
pub(crate) const LENDER: &str = "Demo";
/// Its id.
pub(crate) const LENDER_ID: &str = "L10F2BE8F-EF89-E403-E38F-8589ED2E51F5";

/// A time as Divido writes it: its own clock, no zone.
fn time(at: Timestamp) -> Json {
    at.strftime("%Y-%m-%d %H:%M").to_string().into()
}

fn amount(minor: i64) -> Json {
    whole(shortest(minor))
}

fn deposit_status(application: &Application) -> &'static str {
    let unpaid = ["DRAFT", "PROPOSAL", "ACCEPTED", "DECLINED", "CANCELLED"];
    let reached = application.reached.as_str();
    match application.asked.deposit {
        0 => "NO-DEPOSIT",
        _ if unpaid.contains(&reached) || WAITING.contains(&reached) => "UNPAID",
        _ => "PAID-BY-CARD",
    }
}

fn lender() -> Json {
    object([("app", LENDER.into()), ("id", LENDER_ID.into()), ("name", LENDER.into())])
}

/// What an act answers with.
pub(crate) fn result(application: &Application) -> Json {
    let confirmed = application.activated() > 0 && !application.activations.iter().any(Done::is_open);
    let list = |kind| Json::List(application.list(kind).iter().map(|done| entry(kind, done)).collect());
    object([
        ("creditAmount", amount(application.asked.amount - application.asked.deposit)),
        ("depositAmount", amount(application.asked.deposit)),
        ("depositStatus", deposit_status(application).into()),
        ("activatedAmount", amount(application.activated())),
        ("activationStatus", if confirmed { "ACTIVATED" } else { "AWAITING-ACTIVATION" }.into()),
        ("activations", list(Kind::Activation)),
        ("cancellations", list(Kind::Cancellation)),
        ("cancelledAmount", amount(application.cancelled())),
        ("id", (&application.id).into()),
        ("lender", lender()),
        ("purchasePrice", amount(application.asked.amount)),
        ("refundedAmount", amount(application.refunded())),
        ("refunds", list(Kind::Refund)),
        ("status", application.status().into()),
    ])
}

/// An entry of such an answer.
fn entry(kind: Kind, done: &Done) -> Json {
    let open = done.is_open();
    let status = match kind {
        _ if done.refused => "DECLINED",
        Kind::Activation if open => "AWAITING-ACTIVATION",
        Kind::Activation => "ACTIVATED",
        _ if open => "PENDING",
        Kind::Cancellation => "CANCELLED",
        Kind::Refund => "REFUNDED",
    };
    let (amount, comment) = (("amount", amount(done.act.amount)), ("comment", (&done.act.comment).into()));
    let (date, reference) = (("date", time(done.at)), ("reference", (&done.act.reference).into()));
    let status = ("status", status.into());
    if kind == Kind::Activation {
        let method = ("deliveryMethod", (&done.act.delivery_method).into());
        let tracking = ("trackingNumber", (&done.act.tracking_number).into());
        object([amount, comment, date, method, reference, status, tracking])
    } else {
        object([amount, comment, date, reference, status])
    }
}

/// An entry of a record: with its amount twice, and without a status where it is an activation (S3 L1070-1079) that
/// nobody refused.
fn record_entry(kind: Kind, done: &Done, symbol: &str) -> Json {
    let Json::Object(fields) = entry(kind, done) else { return Json::Null };
    let fields =
        fields.into_iter().filter(|(name, _)| kind != Kind::Activation || done.refused || name != "status");
    let first = ("_amount".to_owned(), written(symbol, done.act.amount).into());
    Json::Object(std::iter::once(first).chain(fields).collect())
}

/// A whole application; `base` is this host's own address.
pub(crate) fn record(application: &Application, base: &str, twist: Twist) -> Json {
    let at_first = twist.is_stale().then(|| application.at_first());
    let application = at_first.as_ref().unwrap_or(application);
    let Json::Object(mut fields) = sums(application) else { return Json::Null };
    for part in [terms(application), people(application), rest(application, base)] {
        let Json::Object(part) = part else { continue };
        fields.extend(part);
    }
    for (name, value) in &mut fields {
        twisted(name, value, (application, twist));
    }
    // As the documents print it: by name, the written amounts first.
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    Json::Object(fields)
}

/// What a fault says in place of what is so.
fn twisted(name: &str, value: &mut Json, (application, twist): (&Application, Twist)) {
    match name {
        "status" => *value = twist.status(application.status()).into(),
        "currency" => *value = twist.currency(application.asked.currency.code()).into(),
        "purchasePrice" => *value = amount(twist.amount(application.asked.amount)),
        _ => {}
    }
}

fn sums(application: &Application) -> Json {
    let (asked, symbol) = (&application.asked, application.asked.currency.symbol());
    let credit = asked.amount - asked.deposit;
    let current = credit - application.cancelled() - application.refunded();
    let quote = asked.plan.quote(asked.amount, asked.deposit);
    let (monthly, total) = quote.map_or((0, credit), |quote| (quote.monthly, quote.total));
    let both = [
        ("activatableAmount", application.room(Kind::Activation)),
        ("activatedAmount", application.activated()),
        ("cancelableAmount", application.room(Kind::Cancellation)),
        ("cancelledAmount", application.cancelled()),
        ("creditAmount", credit),
        ("currentCreditAmount", current.max(0)),
        ("depositAmount", asked.deposit),
        ("monthlyPaymentAmount", monthly),
        ("purchasePrice", asked.amount),
        ("refundableAmount", application.room(Kind::Refund)),
        ("refundedAmount", application.refunded()),
        ("totalRepayableAmount", total),
    ];
    let said = both.iter().map(|(name, minor)| (format!("_{name}"), Json::from(written(symbol, *minor))));
    let meant = both.iter().map(|(name, minor)| ((*name).to_owned(), amount(*minor)));
    Json::Object(said.chain(meant).collect())
}

fn terms(application: &Application) -> Json {
    let (asked, plan) = (&application.asked, &application.asked.plan);
    let finance = object([
        ("id", (&plan.id).into()),
        ("maxDeposit", whole(plan.max_deposit)),
        ("minAmount", amount(plan.min_amount_minor)),
        ("minDeposit", whole(plan.min_deposit)),
        ("text", (&plan.text).into()),
    ]);
    object([
        ("agreementDuration", whole(plan.agreement_duration)),
        ("country", (&asked.country).into()),
        ("currency", asked.currency.code().into()),
        ("deferralPeriod", whole(plan.deferral_period)),
        ("depositReference", "".into()),
        ("depositStatus", deposit_status(application).into()),
        ("directSign", asked.direct_sign.into()),
        ("finance", finance),
        ("interestRate", plan.interest_rate()),
        ("interestType", "simple".into()),
    ])
}

fn people(application: &Application) -> Json {
    let person = &application.person;
    object([
        ("email", (&person.email).into()),
        ("firstName", (&person.first_name).into()),
        ("identityVerified", false.into()),
        ("lastName", (&person.last_name).into()),
        ("proposalCreator", Json::Null),
    ])
}

fn rest(application: &Application, base: &str) -> Json {
    let (asked, symbol) = (&application.asked, application.asked.currency.symbol());
    let list = |kind| {
        Json::List(application.list(kind).iter().map(|done| record_entry(kind, done, symbol)).collect())
    };
    let channel = object([
        ("id", "CDDB70595-BFE6-0B7D-EE5B-B09FFC89F98C".into()),
        ("name", (&application.key.account).into()),
        ("type", "webshop".into()),
    ]);
    let shown = |product: &Product| product.shown(symbol);
    object([
        ("activations", list(Kind::Activation)),
        ("cancellations", list(Kind::Cancellation)),
        ("channel", channel),
        ("createdDate", time(application.created_at)),
        ("history", Json::List(application.history.iter().rev().map(past).collect())),
        ("id", (&application.id).into()),
        ("lender", LENDER.into()),
        ("lenderLoanReference", "XY111111".into()),
        ("lenderReference", "".into()),
        ("metadata", metadata(application)),
        ("modifiedDate", time(application.modified_at)),
        ("products", Json::List(asked.products.iter().map(shown).collect())),
        ("proposal", (&application.key.order).into()),
        ("reference", (&asked.reference).into()),
        ("refunds", list(Kind::Refund)),
        ("status", application.status().into()),
        ("url", format!("{base}/token/{}", application.token).into()),
    ])
}

fn past(past: &Past) -> Json {
    object([
        ("date", time(past.at)),
        ("status", (&past.status).into()),
        ("text", (&past.text).into()),
        ("type", if past.status.is_empty() { "" } else { "status" }.into()),
        ("user", "".into()),
    ])
}

/// The part of a credit that is paid out with a part of the order.
pub(crate) fn credit_of(application: &Application, activated: i64) -> i64 {
    let asked = &application.asked;
    activated - share(asked.deposit, activated, asked.amount.max(1))
}
