//! Operations to PayBy: signed JSON, `requestTime` from the clock of the attempt, everything else from the order.

use super::options::{Accessory, Member, Options, Promotion, TEXTS};
use super::scene::{Form, REDIRECT_URL};
use super::wire::{WrittenMoney, refund_number};
use super::{NOTIFY_PATH, RETURN_PATH, SPEC};
use crate::call::RefundRequest;
use crate::question::Question;
use crate::quoting::HIDDEN;
use crate::rsa::{CheckingKey, RecordedDice, SigningKey};
use crate::{Account, Call, Cx, EncodeError, Facts, Money, Op, OrderContent, Request};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use std::collections::BTreeMap;

/// The longest that a checkout may live from its first request, and from a later extension (docs `create-order`,
/// `adjust-order-expiry-time`).
const CHECKOUT_HOURS_MAX: i64 = 48;
const EXTENSION_HOURS_MAX: i64 = 15 * 24;
/// Characters of a refund's reason.
const REASON_CHARS_MAX: usize = 64;
/// An order that never was: PayBy's signed answer that it has none proves both keys and the partner's number.
const NO_ORDER: &str = "ordain-verify-account";

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    match op {
        Op::Create => {
            let sent = place_order(cx, Words::Sent)?;
            post("/acquire2/placeOrder", &sent, &place_order(cx, Words::Shown)?, cx)
        }
        Op::Sync => plain("/acquire2/getOrder", &ByOrder::of(cx)?, cx),
        Op::Cancel(cancel) if !cancel.full => {
            Err(inexpressible("cancellation.lines", "PayBy gives up whole orders only"))
        }
        Op::Cancel(_) => plain("/acquire2/cancelOrder", &ByOrder::of(cx)?, cx),
        Op::Revoke => plain("/acquire2/revokeOrder", &ByOrder::of(cx)?, cx),
        Op::ExtendExpiry { expires_at } => {
            let expired_time = within(*expires_at, cx.now, EXTENSION_HOURS_MAX)?;
            plain("/acquire2/updateExpiredTime", &Extension { order: ByOrder::of(cx)?, expired_time }, cx)
        }
        Op::Refund(refund) => {
            let sent = refund_of(refund, cx, Words::Sent)?;
            post("/acquire2/refund/placeOrder", &sent, &refund_of(refund, cx, Words::Shown)?, cx)
        }
        Op::SyncRefund(refund) => {
            let refund_merchant_order_no = refund_number(&order(cx)?.order_id, &refund.id);
            plain("/acquire2/refund/getOrder", &ByRefund { refund_merchant_order_no }, cx)
        }
        Op::VerifyAccount => plain("/acquire2/getOrder", &ByOrder { merchant_order_no: NO_ORDER }, cx),
        Op::Ask(Question::Statement { id }) => {
            plain("/acquire2/download/getOrderStatement", &ByDay { statement_date: day(id)? }, cx)
        }
        // PayBy is not told of parcels.
        Op::Fulfil(_) => Ok(Call::Local(Facts::default())),
        _ => Err(EncodeError::Unsupported { provider: SPEC.id }),
    }
}

/// Whether what only PayBy may read is written, or only that it was there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Sent,
    Shown,
}

impl Words {
    fn write(self, text: &str) -> String {
        if self == Self::Sent { text.to_owned() } else { HIDDEN.to_owned() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    request_time: i64,
    biz_content: &'a T,
}

/// A request that holds nothing private.
fn plain(path: &str, content: &impl Serialize, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    post(path, content, content, cx)
}

fn post<T: Serialize>(path: &str, sent: &T, shown: &T, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let body = |biz_content| {
        let envelope = Envelope { request_time: cx.now.as_millisecond(), biz_content };
        serde_json::to_vec(&envelope).map_err(|error| inexpressible("body", &error.to_string()))
    };
    let (sent, shown) = (body(sent)?, body(shown)?);
    let account = cx.account;
    Ok(Call::Http(Request {
        method: "POST",
        url: format!("{}{path}", account.config("api_url")?.trim_end_matches('/')).into(),
        headers: vec![
            ("content-type", "application/json".to_owned().into()),
            ("content-language", "en".to_owned().into()),
            ("partner-id", account.config("partner_id")?.to_owned().into()),
            ("sign", signing_key(account)?.sign(&sent).into()),
        ],
        body: sent.into(),
        redacted: format!("POST {path}\n{}", String::from_utf8_lossy(&shown)),
    }))
}

/// The merchant's own key.
pub(super) fn signing_key(account: &Account) -> Result<SigningKey, EncodeError> {
    let field = "private_key";
    SigningKey::read(account.secret(field)?).map_err(|_| EncodeError::AccountIncomplete { field })
}

/// PayBy's key for this merchant.
pub(super) fn checking_key(account: &Account) -> Result<CheckingKey, EncodeError> {
    let field = "payby_public_key";
    CheckingKey::read(account.config(field)?).map_err(|_| EncodeError::AccountIncomplete { field })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ByOrder<'a> {
    merchant_order_no: &'a str,
}

impl<'a> ByOrder<'a> {
    fn of(cx: &Cx<'a>) -> Result<Self, EncodeError> {
        Ok(Self { merchant_order_no: &order(cx)?.order_id })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ByRefund {
    refund_merchant_order_no: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ByDay {
    statement_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extension<'a> {
    #[serde(flatten)]
    order: ByOrder<'a>,
    expired_time: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceOrder<'a> {
    merchant_order_no: &'a str,
    subject: String,
    total_amount: WrittenMoney,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_time: Option<i64>,
    pay_scene_code: &'static str,
    pay_scene_params: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sharing_param_list: Vec<Sharing>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    promotion_info_list: Vec<Promotion>,
    notify_url: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    accessory_content: Accessory,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_ar: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payee_mid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_merchant_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sharing {
    sharing_identity_seq_id: usize,
    sharing_identity_type: String,
    sharing_identity: String,
    sharing_memo: String,
    sharing_amount: WrittenMoney,
    withhold_and_remit_fee: bool,
}

fn place_order<'a>(cx: &Cx<'a>, words: Words) -> Result<PlaceOrder<'a>, EncodeError> {
    let content = order(cx)?;
    let options = options(content)?;
    let text = |at: usize| options.texts.get(TEXTS[at].1).map(|text| words.write(text));
    // One that has passed is PayBy's to refuse: an order that it knows already is answered with as it stands.
    let expired_time = cx.expires_at.map(|ends| within(ends, cx.now, CHECKOUT_HOURS_MAX)).transpose()?;
    Ok(PlaceOrder {
        merchant_order_no: &content.order_id,
        total_amount: content.total.into(),
        expired_time,
        pay_scene_code: options.scene.code,
        pay_scene_params: scene_parameters(&options, content, cx, words),
        sharing_param_list: sharing(&options, cx, words)?,
        notify_url: format!("{}{NOTIFY_PATH}", cx.account.store_url),
        subject_ar: text(0),
        payee_mid: text(1),
        secondary_merchant_id: text(2),
        device_id: text(3),
        reserved: text(4),
        subject: options.subject,
        promotion_info_list: options.promotions,
        accessory_content: if words == Words::Sent { options.accessory } else { Accessory::new() },
    })
}

fn scene_parameters(
    options: &Options<'_>,
    content: &OrderContent,
    cx: &Cx<'_>,
    words: Words,
) -> BTreeMap<String, String> {
    let mut parameters = options.scene_parameters.clone();
    if options.scene.parameter(REDIRECT_URL).is_some() {
        let ours = || format!("{}{RETURN_PATH}?order={}", cx.account.store_url, content.order_id);
        parameters.entry(REDIRECT_URL.to_owned()).or_insert_with(ours);
    }
    for (name, value) in &mut parameters {
        let form = options.scene.parameter(name).map(|parameter| parameter.form);
        match form {
            Some(Form::Email) => *value = words.write(&content.customer.expose().email),
            Some(Form::Text(_)) if name != REDIRECT_URL => *value = words.write(value),
            _ => {}
        }
    }
    parameters
}

/// Who gets a part of the payment. Identities are encrypted for PayBy, padded from what was recorded with the intent.
fn sharing(options: &Options<'_>, cx: &Cx<'_>, words: Words) -> Result<Vec<Sharing>, EncodeError> {
    if options.sharing.is_empty() {
        return Ok(Vec::new());
    }
    let known = identities(cx.account)?;
    let key = checking_key(cx.account)?;
    let mut parts = Vec::new();
    for (seq_id, share) in (1..).zip(&options.sharing) {
        let named = share.to.as_ref().and_then(|name| known.get(name));
        let member = share.member.as_ref().or(named).ok_or_else(|| {
            inexpressible("order.provider_options[\"sharing\"]", "`to` is no name in `sharing_identities`")
        })?;
        let mut dice = RecordedDice::new(&cx.entropy, &format!("payby sharing {seq_id}"));
        let identity = match words {
            Words::Shown => HIDDEN.to_owned(),
            Words::Sent => key
                .encrypt(member.identity.as_bytes(), &mut dice)
                .map_err(|_| EncodeError::AccountIncomplete { field: "payby_public_key" })?,
        };
        let amount = Money::from_major(super::wire::AED, &share.amount)
            .map_err(|error| inexpressible("order.provider_options[\"sharing\"]", &error.to_string()))?;
        parts.push(Sharing {
            sharing_identity_seq_id: seq_id,
            sharing_identity_type: member.kind.clone(),
            sharing_identity: identity,
            sharing_memo: words.write(&share.memo),
            sharing_amount: amount.into(),
            withhold_and_remit_fee: share.pays_fee,
        });
    }
    Ok(parts)
}

fn identities(account: &Account) -> Result<BTreeMap<String, Member>, EncodeError> {
    let field = "sharing_identities";
    match account.secrets.get(field).map(|secret| secret.expose().as_str()) {
        None | Some("") => Ok(BTreeMap::new()),
        Some(json) => serde_json::from_str(json).map_err(|_| EncodeError::AccountIncomplete { field }),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refund<'a> {
    refund_merchant_order_no: String,
    origin_merchant_order_no: &'a str,
    amount: WrittenMoney,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_sharing_amount: Option<bool>,
    notify_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

fn refund_of<'a>(refund: &RefundRequest, cx: &Cx<'a>, words: Words) -> Result<Refund<'a>, EncodeError> {
    let content = order(cx)?;
    if refund.amount.minor <= 0 || refund.amount.currency != content.currency {
        return Err(inexpressible("refund.amount", "must be above zero and in the order's currency"));
    }
    let options = options(content)?;
    let reason: String = refund.reason.chars().take(REASON_CHARS_MAX).collect();
    Ok(Refund {
        refund_merchant_order_no: refund_number(&content.order_id, &refund.id),
        origin_merchant_order_no: &content.order_id,
        amount: refund.amount.into(),
        refund_sharing_amount: (!options.sharing.is_empty()).then_some(options.shares_refunds),
        notify_url: format!("{}{NOTIFY_PATH}", cx.account.store_url),
        reason: if reason.is_empty() { reason } else { words.write(&reason) },
    })
}

fn options(content: &OrderContent) -> Result<Options<'_>, EncodeError> {
    let (options, faults) = Options::read(content);
    match faults.into_iter().next() {
        None => Ok(options),
        Some(fault) => Err(EncodeError::NotExpressible { field: fault.field, why: fault.description }),
    }
}

/// Milliseconds since 1970, unless that is later than PayBy lets a checkout live.
fn within(ends: Timestamp, now: Timestamp, hours_max: i64) -> Result<i64, EncodeError> {
    let latest = now.checked_add(hours_max.hours()).unwrap_or(Timestamp::MAX);
    if ends <= latest {
        return Ok(ends.as_millisecond());
    }
    Err(inexpressible("order.expire_time", &format!("must be at most {hours_max} hours from now")))
}

/// A day as PayBy writes it, `20261121`, from `2026-11-21`.
fn day(id: &str) -> Result<String, EncodeError> {
    let date: Result<jiff::civil::Date, _> = id.parse();
    let date = date.map_err(|_| inexpressible("statement", "PayBy has one a day: name it `2026-11-21`"))?;
    Ok(date.strftime("%Y%m%d").to_string())
}

fn order<'a>(cx: &Cx<'a>) -> Result<&'a OrderContent, EncodeError> {
    cx.order.ok_or_else(|| inexpressible("order", "this operation is about an order"))
}

fn inexpressible(field: &str, why: &str) -> EncodeError {
    EncodeError::NotExpressible { field: field.to_owned(), why: why.to_owned() }
}
