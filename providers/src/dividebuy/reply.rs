//! DivideBuy's replies. It says no in four shapes, and `status` is the word `ok` or the number 0.
//!
//! What is not plainly understood is [`Outcome::Unknown`], because it may have happened: a 5xx, a redirect, a 2xx that
//! nobody can parse, an answer that contradicts itself or is about another order.

use super::SPEC;
use crate::call::{AmountFact, AmountKind, Retry, Standing};
use crate::json::{major, object, word};
use crate::quoting::{printable, quotable};
use crate::{Currency, Cx, Facts, Op, Outcome, Reply};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Parcels that are kept of one answer.
const PARCELS_MAX: usize = 100;
/// Words in a refusal that make it the account's trouble and not the order's.
const ACCOUNT_WORDS: [&str; 6] = ["retailer", "token", "authenticat", "unauthori", "credential", "forbidden"];

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    if matches!(op, Op::Create) {
        return Outcome::NotSent { why: "a checkout is opened without asking DivideBuy".to_owned() };
    }
    let http = reply.status;
    match http {
        // Turned away at the door.
        429 => Outcome::refused("429", "too many requests", Retry::Later),
        200..=299 | 400..=407 | 409..=499 => answer(op, reply, cx),
        _ => Outcome::unknown(format!("DivideBuy answered with HTTP status {http}")),
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    status: Option<Value>,
    error: Option<Value>,
    errors: Option<Value>,
    message: Option<Value>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(rename = "retailerId")]
    retailer_id: Option<Value>,
}

fn answer(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    let accepted = reply.status < 300;
    let parsed = object::<Answer<'_>>(reply.body.expose());
    let no = parsed.as_ref().is_some_and(says_no);
    // The guide shows no success of `tracking`; DivideBuy's own extension takes whatever is no error for one.
    let silence_is_yes = accepted && !no && matches!(op, Op::Fulfil(_) | Op::Unfulfil(_));
    let yes = parsed
        .as_ref()
        .is_some_and(|answer| answer.status.as_ref().map_or(silence_is_yes, |word| word == "ok"));
    match parsed {
        Some(answer) if yes && !no && accepted => done(op, &answer, cx),
        Some(answer) if no && !yes => refusal(op, &answer, reply.status, cx),
        // Not DivideBuy's own words, so something in front of it: a wrong address, a firewall. It got no further.
        _ if !accepted && !yes => Outcome::refused(
            &reply.status.to_string(),
            "the answer is not DivideBuy's",
            Retry::AfterAccountFix,
        ),
        _ => Outcome::unknown("DivideBuy's answer can be read neither as yes nor as no".to_owned()),
    }
}

/// `{error:{message,status_code},status:0}`, `{errors:[…]}`, `{error:{message,errors:{…}}}`, `{error:…,message:[…]}`.
fn says_no(answer: &Answer<'_>) -> bool {
    let zero = answer.status.as_ref().is_some_and(|status| !is_truthy(status));
    let complains = [&answer.error, &answer.errors].into_iter().flatten().any(is_truthy);
    zero || complains && matches!(&answer.status, None | Some(Value::String(_)))
}

/// As PHP and JavaScript see it.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !matches!(text.as_str(), "" | "0"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn refusal(op: &Op, answer: &Answer<'_>, http: u16, cx: &Cx<'_>) -> Outcome {
    let mut texts = Vec::new();
    for part in [&answer.error, &answer.errors, &answer.message].into_iter().flatten() {
        collect_texts(part, &mut texts);
    }
    let said = texts.join(" ");
    let code = answer.error.as_ref().and_then(|error| word(error.get("status_code")));
    let code = code.map_or_else(|| http.to_string(), |code| quotable(&code, cx));
    let lower = said.to_lowercase();
    let is_account = matches!(op, Op::VerifyAccount | Op::ActivateAccount { .. })
        || matches!(code.as_str(), "401" | "403")
        || matches!(http, 401 | 403)
        || ACCOUNT_WORDS.iter().any(|part| lower.contains(part))
        // Everything required of a sync is there, unless it is empty in the account.
        || matches!(op, Op::Sync) && lower.contains("required");
    if code.len() == 3 && code.starts_with('5') {
        return Outcome::unknown(format!("DivideBuy answered with status code {code}"));
    }
    match op {
        _ if code == "429" => Outcome::refused(&code, &quotable(&said, cx), Retry::Later),
        _ if is_account => Outcome::refused(&code, &quotable(&said, cx), Retry::AfterAccountFix),
        // The guide shows a paid order and nothing else, so DivideBuy's no is the answer "not paid".
        Op::Sync => Outcome::Done(Facts { standing: Some(Standing::Unpaid), ..Facts::default() }),
        _ => Outcome::refused(&code, &quotable(&said, cx), Retry::Never),
    }
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect_texts(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn done(op: &Op, answer: &Answer<'_>, cx: &Cx<'_>) -> Outcome {
    match op {
        Op::Sync => sync(answer.data, cx).unwrap_or_else(|why| Outcome::unknown(why.to_owned())),
        Op::VerifyAccount => word(answer.retailer_id.as_ref()).map_or_else(
            || Outcome::unknown("DivideBuy confirmed the account without its retailer id".to_owned()),
            |id| {
                let refs = BTreeMap::from([("retailer_id".to_owned(), printable(&id, cx))]);
                Outcome::Done(Facts { refs, ..Facts::default() })
            },
        ),
        // For a refund this means "received, our accounts team will process it"; DivideBuy never says more (S1 L752).
        _ => Outcome::Done(Facts { wire_status: Some("ok".to_owned()), ..Facts::default() }),
    }
}

#[derive(Deserialize)]
struct OrderState<'a> {
    store_order_id: Option<Value>,
    order_status: Option<Value>,
    laravel_order_ref_id: Option<Value>,
    #[serde(rename = "orderTime")]
    order_time: Option<Value>,
    #[serde(rename = "trackingDetails")]
    tracking_details: Option<Value>,
    #[serde(borrow, rename = "grandTotal")]
    grand_total: Option<&'a RawValue>,
}

fn sync(data: Option<&RawValue>, cx: &Cx<'_>) -> Result<Outcome, &'static str> {
    // An object in the guide, a string that holds one for DivideBuy's own extension.
    let text: Cow<'_, str> = match data.map(RawValue::get) {
        None => Cow::Borrowed(""),
        Some(raw) if raw.starts_with('"') => serde_json::from_str(raw).map_err(|_| "`data` is no text")?,
        Some(raw) => Cow::Borrowed(raw),
    };
    if matches!(text.trim(), "" | "[]" | "{}" | "null" | "false") {
        return Ok(Outcome::Done(Facts { standing: Some(Standing::Unpaid), ..Facts::default() }));
    }
    let state: OrderState<'_> = object(text.as_bytes()).ok_or("`data` is no order")?;
    let quoted = |value: &Option<Value>| word(value.as_ref()).map(|text| printable(&text, cx));
    let about = word(state.store_order_id.as_ref());
    if about.is_some() && about.as_deref() != cx.order.map(|order| order.order_id.as_str()) {
        return Err("DivideBuy's answer is about another order");
    }
    let said = word(state.order_status.as_ref());
    // Judged as it was said: the customer may be called like a status, and is hidden only in what is kept.
    let standing = said.as_deref().and_then(|word| SPEC.standing(word));
    let wire_status = said.map(|text| quotable(&text, cx));
    if standing != Some(Standing::Authorized) {
        return Ok(Outcome::Done(Facts {
            wire_status,
            standing: Some(Standing::Unpaid),
            ..Facts::default()
        }));
    }
    about.ok_or("DivideBuy's answer does not say which order is paid")?;
    let total = major(state.grand_total, Currency::Gbp).ok_or("`grandTotal` is no amount in pounds")?;
    let reference = quoted(&state.laravel_order_ref_id);
    Ok(Outcome::Done(Facts {
        wire_status,
        standing: Some(Standing::Authorized),
        amounts: vec![AmountFact { kind: AmountKind::ProviderTotal, amount: total }],
        refs: reference.map(|id| ("laravel_order_ref_id".to_owned(), id)).into_iter().collect(),
        tracking_numbers: tracking_numbers(state.tracking_details.as_ref(), cx),
        provider_time: quoted(&state.order_time),
        ..Facts::default()
    }))
}

/// One parcel, a list of them, or nothing.
fn tracking_numbers(details: Option<&Value>, cx: &Cx<'_>) -> Vec<String> {
    let parcels = match details {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let numbers = parcels.iter().filter_map(|parcel| word(parcel.get("trackingNumber")));
    numbers.take(PARCELS_MAX).map(|number| printable(&number, cx)).collect()
}
