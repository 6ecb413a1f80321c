//! Operations to Divido: forms in PHP's spelling, with the account's key as `merchant`, signed where a secret is set.

use super::SPEC;
use super::products::{of_order, of_portions};
use super::signature::string_of;
use super::table::people::PEOPLE;
use super::table::{MAJOR, OUR_NUMBER, OUR_ORDER, REQUEST_PROOF, SHOWN};
use crate::call::Tracking;
use crate::form::Form;
use crate::question::Question;
use crate::spec::refunds_amounts;
use crate::{Call, Cx, EncodeError, LineKind, Money, Op, OrderContent, Portion, Quantity};

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    match op {
        Op::Create => send("POST", "/v1/creditrequest", create(cx)?, cx),
        Op::Ack => send("POST", "/v1/creditrequest/finalize", finalize(cx)?, cx),
        Op::Fulfil(shipment) => {
            let (order, parcel) = (cx.the_order()?, shipment.tracking.clone().unwrap_or_default());
            // A parcel without a number is a parcel all the same where the customer pays for one.
            let paid_for = order.lines.iter().any(|line| line.kind == LineKind::Shipping);
            let sent = paid_for || parcel != Tracking::default();
            let sum = shipment.portions.iter().map(|part| part.amount.minor).sum();
            let amount = Money::of(order.currency, sum);
            let form = part(&shipment.id, &shipment.portions, amount, cx)?
                .with("deliveryMethod", if sent { "delivery" } else { "store" })
                .with_any("trackingNumber", &parcel.number)
                .with_any("comment", &parcel.carrier);
            send("POST", "/v1/activation", form, cx)
        }
        Op::Cancel(cancel) => {
            let form = part(&cancel.id, &cancel.portions, cancel.amount, cx)?;
            send("POST", "/v1/cancellation", form.with_any("comment", &cancel.reason), cx)
        }
        Op::Refund(refund) => {
            // A share of an amount is of no pieces.
            let by_line = refund.portions.iter().all(|part| part.quantity != Quantity::ZERO);
            if (refund.portions.is_empty() || !by_line) && !refunds_amounts(&cx.account.config) {
                let why = "must be named: a refund without goods would be a refund of everything";
                return Err(EncodeError::inexpressible("refund.lines", why));
            }
            let form = part(&refund.id, &refund.portions, refund.amount, cx)?;
            send("POST", "/v1/refund", form.with_any("comment", &refund.reason), cx)
        }
        Op::Sync => send("GET", "/v1/applications", whereabouts(cx), cx),
        Op::VerifyAccount => ask(&Question::FinancePlans, cx),
        Op::Ask(question) => ask(question, cx),
        _ => Err(EncodeError::Unsupported { provider: SPEC.id }),
    }
}

fn send(method: &'static str, path: &str, form: Form, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let form = Form::default().with("merchant", cx.account.secret("api_key")?).and(form);
    let mut headers = vec![("accept", "application/json".to_owned().into())];
    // Without a shared secret nothing is signed.
    if let Ok(code) = REQUEST_PROOF.of(cx.account, string_of(path, &form.encoded()).as_bytes()) {
        headers.push((REQUEST_PROOF.header(), code.into()));
    }
    form.request((method, path), headers, &SHOWN, cx)
}

fn create(cx: &Cx<'_>) -> Result<Form, EncodeError> {
    let content = cx.the_order()?;
    Ok(terms(content, cx)?
        .with("directSign", signs_directly(cx))
        .with("country", cx.account.config("country")?)
        .with("language", cx.option("language"))
        .with("currency", content.currency.code())
        .with_amount("amount", MAJOR, content.total)?
        .with("reference", &content.order_id)
        .and(people(content))
        .and(metadata(content))
        .and(of_order(content)?)
        .with("responseUrl", cx.url("/divido/webhook"))
        .with("checkoutUrl", cx.url(&format!("/divido/checkout/{}", content.order_id)))
        .with("redirectUrl", cx.url(&format!("/divido/return/{}", content.order_id))))
}

fn finalize(cx: &Cx<'_>) -> Result<Form, EncodeError> {
    let content = cx.the_order()?;
    Ok(Form::default()
        .with("application", application(cx)?)
        .and(terms(content, cx)?)
        .with_amount("amount", MAJOR, content.total)?
        .and(of_order(content)?)
        .with("redirectUrl", cx.url(&format!("/divido/return/{}", content.order_id))))
}

/// Deposit and plan.
fn terms(content: &OrderContent, cx: &Cx<'_>) -> Result<Form, EncodeError> {
    let plan = cx.option("finance");
    if plan.is_empty() {
        return Err(EncodeError::AccountIncomplete { field: "finance" });
    }
    Ok(Form::default().with("deposit", content.option("deposit").unwrap_or("0")).with("finance", plan))
}

fn people(content: &OrderContent) -> Form {
    PEOPLE.iter().fold(Form::default(), |form, (name, told)| form.with_any(*name, &told.of(content)))
}

/// The shop's own notes, and ours.
fn metadata(content: &OrderContent) -> Form {
    let notes = content.json("metadata");
    let ours = [(OUR_NUMBER, content.client_reference.as_str()), (OUR_ORDER, content.order_id.as_str())];
    let all = notes.fields().map(|(name, note)| (name, note.text(""))).chain(ours);
    all.fold(Form::default(), |form, (name, text)| form.with(format!("metadata[{name}]"), text))
}

/// What an activation, a cancellation and a refund have in common. Its reference is unique at the provider, and told
/// apart from other people's numbers.
fn part(id: &str, portions: &[Portion], amount: Money, cx: &Cx<'_>) -> Result<Form, EncodeError> {
    let products = of_portions(cx.the_order()?, portions, amount)?;
    Ok(Form::default()
        .with("application", application(cx)?)
        .and(products)
        .with_amount("amount", MAJOR, amount)?
        .with("reference", format!("{}.{id}", cx.the_order()?.order_id)))
}

/// Which application to show: by its own id, by its proposal's, or the newest ones, to look for our reference.
fn whereabouts(cx: &Cx<'_>) -> Form {
    match (cx.known("application"), cx.known("proposal")) {
        (Some(id), _) => Form::default().with("id", id),
        (None, Some(id)) => Form::default().with("proposal", id),
        (None, None) => Form::default().with("page", 1),
    }
}

fn ask(question: &Question, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let form = Form::default();
    let (path, form) = match question {
        Question::FinancePlans => ("/v1/finances", form.with("country", cx.account.config("country")?)),
        Question::Quote { plan, amount, deposit } => {
            let form = form.with_amount("amount", MAJOR, *amount)?.with_amount("deposit", MAJOR, *deposit)?;
            ("/v1/dealcalculator", form.with("country", cx.account.config("country")?).with("finance", plan))
        }
        Question::Orders { page } => ("/v1/applications", form.with("page", page)),
        Question::Statements { page } => ("/v1/payments", form.with("page", page)),
        Question::Statement { id } => ("/v1/payments", form.with("id", id)),
    };
    send("GET", path, form, cx)
}

/// The application, or the proposal that it grew from: Divido takes either.
fn application<'a>(cx: &Cx<'a>) -> Result<&'a str, EncodeError> {
    let unknown = || EncodeError::inexpressible("order", "Divido has not told its id of it yet");
    cx.known("application").or_else(|| cx.known("proposal")).ok_or_else(unknown)
}

/// Whether an accepted application is signed at once, without our finalizing it.
pub(super) fn signs_directly(cx: &Cx<'_>) -> bool {
    cx.option("direct_sign") != "false"
}
