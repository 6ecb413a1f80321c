//! Operations to Divido: forms in PHP's spelling, with the account's key as `merchant`, signed where a secret is set.

use super::products::{of_amount, of_order, of_portions};
use super::{SPEC, signature};
use crate::form::Form;
use crate::question::Question;
use crate::quoting::HIDDEN;
use crate::{Address, Call, Cx, EncodeError, Op, OrderContent, Request};

/// Fields that hold neither credentials nor anything about people.
const SHOWN: [&str; 16] = [
    "products",
    "amount",
    "application",
    "reference",
    "finance",
    "deposit",
    "country",
    "language",
    "currency",
    "directSign",
    "deliveryMethod",
    "trackingNumber",
    "proposal",
    "page",
    "id",
    "metadata",
];

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    match op {
        Op::Create => send("POST", "/v1/creditrequest", create(cx)?, cx),
        Op::Ack => send("POST", "/v1/creditrequest/finalize", finalize(cx)?, cx),
        Op::Fulfil(shipment) => {
            let sum = shipment.portions.iter().map(|part| part.amount.minor).sum();
            let amount = crate::Money::of(order(cx)?.currency, sum);
            let mut form =
                part(&shipment.id, of_portions(order(cx)?, &shipment.portions, amount)?, amount, cx)?;
            let parcel = shipment.tracking.clone().unwrap_or_default();
            let sent = !(parcel.carrier.is_empty() && parcel.number.is_empty());
            form.push("deliveryMethod", if sent { "delivery" } else { "store" });
            form.push_if_any("trackingNumber", &parcel.number);
            form.push_if_any("comment", &parcel.carrier);
            send("POST", "/v1/activation", form, cx)
        }
        Op::Cancel(cancel) => {
            let products = of_portions(order(cx)?, &cancel.portions, cancel.amount)?;
            let mut form = part(&cancel.id, products, cancel.amount, cx)?;
            form.push_if_any("comment", &cancel.reason);
            send("POST", "/v1/cancellation", form, cx)
        }
        Op::Refund(refund) => {
            let products = match refund.portions.as_slice() {
                [] if flag(cx, "adjustment_refunds") => of_amount(refund.amount),
                [] => {
                    let why = "must be named: a refund without goods would be a refund of everything";
                    return Err(inexpressible("refund.lines", why));
                }
                portions => of_portions(order(cx)?, portions, refund.amount)?,
            };
            let mut form = part(&refund.id, products, refund.amount, cx)?;
            form.push_if_any("comment", &refund.reason);
            send("POST", "/v1/refund", form, cx)
        }
        Op::Sync => send("GET", "/v1/applications", whereabouts(cx), cx),
        Op::VerifyAccount => ask(&Question::FinancePlans, cx),
        Op::Ask(question) => ask(question, cx),
        _ => Err(EncodeError::Unsupported { provider: SPEC.id }),
    }
}

fn send(method: &'static str, path: &str, form: Form, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let key = cx.account.secret("api_key").ok().filter(|key| !key.is_empty());
    let mut whole = Form::default();
    whole.push("merchant", key.ok_or(EncodeError::AccountIncomplete { field: "api_key" })?);
    whole.append(form);
    let params = whole.encoded();
    let mut headers = vec![("accept", "application/json".to_owned().into())];
    if let Some(secret) = signature::secret(cx) {
        headers.push((signature::HEADER, signature::of_request(secret, path, &params).into()));
    }
    let mut url = format!("{}{path}", cx.account.config("api_url")?.trim_end_matches('/'));
    let mut body = Vec::new();
    if method == "GET" {
        url = format!("{url}?{params}");
    } else {
        headers.push(("content-type", "application/x-www-form-urlencoded".to_owned().into()));
        body = params.into_bytes();
    }
    let shown = |name: &str| SHOWN.contains(&name.split('[').next().unwrap_or_default());
    let redacted = format!("{method} {path}\n{}", whole.redacted(shown, HIDDEN));
    Ok(Call::Http(Request { method, url: url.into(), headers, body: body.into(), redacted }))
}

fn create(cx: &Cx<'_>) -> Result<Form, EncodeError> {
    let content = order(cx)?;
    let mut form = terms(content, cx)?;
    form.push("directSign", signs_directly(cx));
    form.push("country", cx.account.config("country")?);
    form.push("language", option(cx, "language"));
    form.push("currency", content.currency.code());
    form.push("amount", content.total.to_major());
    form.push("reference", &content.order_id);
    form.append(customer(content));
    form.push("metadata[Order Number]", &content.client_reference);
    form.push("metadata[Ordain Order]", &content.order_id);
    form.append(of_order(content));
    form.push("responseUrl", format!("{}/divido/webhook", cx.account.store_url));
    form.push("checkoutUrl", format!("{}/divido/checkout/{}", cx.account.store_url, content.order_id));
    form.push("redirectUrl", format!("{}/divido/return/{}", cx.account.store_url, content.order_id));
    Ok(form)
}

fn finalize(cx: &Cx<'_>) -> Result<Form, EncodeError> {
    let content = order(cx)?;
    let mut form = Form::default();
    form.push("application", application(cx)?);
    form.append(terms(content, cx)?);
    form.push("amount", content.total.to_major());
    form.append(of_order(content));
    form.push("redirectUrl", format!("{}/divido/return/{}", cx.account.store_url, content.order_id));
    Ok(form)
}

/// Deposit and plan.
fn terms(content: &OrderContent, cx: &Cx<'_>) -> Result<Form, EncodeError> {
    let plan = option(cx, "finance");
    if plan.is_empty() {
        return Err(EncodeError::AccountIncomplete { field: "finance" });
    }
    let deposit = content.provider_options.get("deposit").map_or("0", String::as_str);
    let mut form = Form::default();
    form.push("deposit", deposit);
    form.push("finance", plan);
    Ok(form)
}

fn customer(content: &OrderContent) -> Form {
    let (who, home, to) = (content.customer.expose(), content.billing.expose(), content.shipping_to.expose());
    let mut form = Form::default();
    let mut say = |name: &str, value: &str| form.push_if_any(format!("customer{name}"), value);
    say("[firstName]", &who.first_name);
    say("[lastName]", &who.last_name);
    say("[country]", &home.country_code);
    // One text, which Divido takes apart: nobody told us which part is a flat and which a house.
    say("[address][text]", &one_line(home));
    say("[address][postcode]", &home.postcode);
    say("[address][town]", &home.town);
    say("[shippingAddress][postcode]", &to.postcode);
    say("[shippingAddress][street]", &to.lines.join(", "));
    say("[shippingAddress][town]", &to.town);
    say("[email]", &who.email);
    say("[phoneNumber]", &who.phone);
    form
}

fn one_line(address: &Address) -> String {
    let parts = address.lines.iter().chain([&address.town, &address.postcode]);
    parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// What an activation, a cancellation and a refund have in common.
fn part(id: &str, products: Form, amount: crate::Money, cx: &Cx<'_>) -> Result<Form, EncodeError> {
    let mut form = Form::default();
    form.push("application", application(cx)?);
    form.append(products);
    form.push("amount", amount.to_major());
    form.push("reference", reference(&order(cx)?.order_id, id));
    Ok(form)
}

/// What an operation is listed under: unique at the provider, and told apart from other people's numbers.
pub(super) fn reference(order_id: &str, operation_id: &str) -> String {
    format!("{order_id}.{operation_id}")
}

/// Which application to show: by its own id, by its proposal's, or the newest ones, to look for our reference.
fn whereabouts(cx: &Cx<'_>) -> Form {
    let mut form = Form::default();
    match (cx.refs.get("application"), cx.refs.get("proposal")) {
        (Some(id), _) => form.push("id", id),
        (None, Some(id)) => form.push("proposal", id),
        (None, None) => form.push("page", 1),
    }
    form
}

fn ask(question: &Question, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let mut form = Form::default();
    let path = match question {
        Question::FinancePlans => {
            form.push("country", cx.account.config("country")?);
            "/v1/finances"
        }
        Question::Quote { plan, amount, deposit } => {
            form.push("amount", amount.to_major());
            form.push("deposit", deposit.to_major());
            form.push("country", cx.account.config("country")?);
            form.push("finance", plan);
            "/v1/dealcalculator"
        }
        Question::Orders { page } => {
            form.push("page", page);
            "/v1/applications"
        }
        Question::Statements { page } => {
            form.push("page", page);
            "/v1/payments"
        }
        Question::Statement { id } => {
            form.push("id", id);
            "/v1/payments"
        }
    };
    send("GET", path, form, cx)
}

/// The application, or the proposal that it grew from: Divido takes either.
fn application<'a>(cx: &Cx<'a>) -> Result<&'a str, EncodeError> {
    let known = cx.refs.get("application").or_else(|| cx.refs.get("proposal"));
    known.map(String::as_str).ok_or_else(|| inexpressible("order", "Divido has not told its id of it yet"))
}

/// What the order says, else what the account does.
fn option<'a>(cx: &Cx<'a>, name: &str) -> &'a str {
    let of_order = cx.order.and_then(|order| order.provider_options.get(name));
    of_order.or_else(|| cx.account.config.get(name)).map_or("", String::as_str)
}

/// Whether an accepted application is signed at once, without our finalizing it.
pub(super) fn signs_directly(cx: &Cx<'_>) -> bool {
    option(cx, "direct_sign") != "false"
}

fn flag(cx: &Cx<'_>, name: &str) -> bool {
    cx.account.config.get(name).is_some_and(|word| word == "true")
}

fn order<'a>(cx: &Cx<'a>) -> Result<&'a OrderContent, EncodeError> {
    cx.order.ok_or_else(|| inexpressible("order", "this operation is about an order"))
}

pub(super) fn inexpressible(field: &str, why: &str) -> EncodeError {
    EncodeError::NotExpressible { field: field.to_owned(), why: why.to_owned() }
}
