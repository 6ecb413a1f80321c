//! Operations to PayBy: signed JSON, `requestTime` from the clock of the attempt, everything else from the order.

use super::options::{pays_fee, scene, subject};
use super::table::scenes::{EMAIL, REDIRECT_URL};
use super::table::{CHECKOUT_HOURS_MAX, DIRHAMS, EXTENSION_HOURS_MAX, REASON_CHARS_MAX, SIGNATURE};
use super::wire::refund_number;
use super::{NOTIFY_PATH, PAYBY, RETURN_PATH, SPEC};
use crate::call::RefundRequest;
use crate::json::Json;
use crate::option::ValueForm;
use crate::question::Question;
use crate::rsa::{CheckingKey, RecordedDice};
use crate::said::{Said, amount, list, object, pairs, private};
use crate::shape::{Field, Shape};
use crate::{Call, Currency, Cx, EncodeError, Facts, Money, Op, OrderContent, Request};
use jiff::{Timestamp, ToSpan};

/// An order that never was: PayBy's signed answer that it has none proves both keys and the partner's number.
const NO_ORDER: &str = "ordain-verify-account";

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let number = || Ok(Said::from(&cx.the_order()?.order_id));
    let by_order = || Ok(object([("merchantOrderNo", number()?)]));
    let (path, content) = match op {
        Op::Create => ("/acquire2/placeOrder", place_order(cx)?),
        Op::Sync => ("/acquire2/getOrder", by_order()?),
        Op::VerifyAccount => ("/acquire2/getOrder", object([("merchantOrderNo", NO_ORDER.into())])),
        Op::Cancel(cancel) if !cancel.full => {
            return Err(EncodeError::inexpressible("cancellation.lines", "PayBy gives up whole orders only"));
        }
        Op::Cancel(_) => ("/acquire2/cancelOrder", by_order()?),
        Op::Revoke => ("/acquire2/revokeOrder", by_order()?),
        Op::ExtendExpiry { expires_at } => {
            let ends = within(*expires_at, cx.now, EXTENSION_HOURS_MAX)?;
            let fields = [("merchantOrderNo", number()?), ("expiredTime", ends.into())];
            ("/acquire2/updateExpiredTime", object(fields))
        }
        Op::Refund(refund) => ("/acquire2/refund/placeOrder", refund_of(refund, cx)?),
        Op::SyncRefund(refund) => {
            let number = refund_number(&cx.the_order()?.order_id, &refund.id);
            ("/acquire2/refund/getOrder", object([("refundMerchantOrderNo", number.into())]))
        }
        Op::Ask(Question::Statement { id }) => {
            ("/acquire2/download/getOrderStatement", object([("statementDate", day(id)?.into())]))
        }
        // PayBy is not told of parcels.
        Op::Fulfil(_) => return Ok(Call::Local(Facts::default())),
        _ => return Err(EncodeError::Unsupported { provider: SPEC.id }),
    };
    let body = object([("requestTime", cx.now.as_millisecond().into()), ("bizContent", content)]);
    let headers = vec![
        ("content-language", "en".to_owned().into()),
        ("partner-id", cx.account.config("partner_id")?.to_owned().into()),
        (SIGNATURE.header(), SIGNATURE.of(cx.account, body.sent.as_bytes())?.into()),
    ];
    Request::json("POST", path, headers, body, cx)
}

fn place_order(cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let content = cx.the_order()?;
    if let Some(fault) = PAYBY.check(content).into_iter().next() {
        return Err(EncodeError::NotExpressible { field: fault.field, why: fault.description });
    }
    // One that has passed is PayBy's to refuse: an order that it knows already is answered with as it stands.
    let ends = cx.expires_at.map(|ends| within(ends, cx.now, CHECKOUT_HOURS_MAX)).transpose()?;
    let text = |option| private(content.option(option));
    let json = |option| {
        let json = content.json(option);
        Said::from(&json).only_if(json.is_truthy())
    };
    Ok(object([
        ("merchantOrderNo", (&content.order_id).into()),
        ("subject", subject(content).into()),
        ("totalAmount", dirhams(content.total)?),
        ("expiredTime", ends.into()),
        ("paySceneCode", scene(content).code.into()),
        ("paySceneParams", scene_parameters(content, cx)),
        ("sharingParamList", shares(content, cx)?),
        ("promotionInfoList", json("promotions")),
        ("notifyUrl", cx.url(NOTIFY_PATH).into()),
        ("accessoryContent", private(json("accessory_content"))),
        ("subjectAr", text("subject_ar")),
        ("payeeMid", text("payee_mid")),
        ("secondaryMerchantId", text("secondary_merchant_id")),
        ("deviceId", text("device_id")),
        ("reserved", text("reserved")),
    ]))
}

fn dirhams(money: Money) -> Result<Said, EncodeError> {
    Ok(object([("currency", money.currency.code().into()), ("amount", amount(DIRHAMS, money)?)]))
}

/// What the shop gave, with our own address to come back to where it gave none.
fn scene_parameters(content: &OrderContent, cx: &Cx<'_>) -> Said {
    let given = content.json("pay_scene_params");
    pairs(scene(content).parameters.iter().map(|Field { name, shape, .. }| {
        let value = given.word(name);
        let said = match shape {
            _ if *name == REDIRECT_URL => {
                let ours = || cx.url(&format!("{RETURN_PATH}?order={}", content.order_id));
                value.map_or_else(ours, str::to_owned).into()
            }
            Shape::Text(EMAIL) => private(value.map(|_| content.customer.expose().email.as_str())),
            Shape::Text(ValueForm::Text(_)) => private(value),
            _ => value.into(),
        };
        (*name, said)
    }))
}

/// Who gets a part of the payment, if anybody does. Identities are encrypted for PayBy, padded from what was recorded with
/// the intent.
fn shares(content: &OrderContent, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let sharing = content.json("sharing");
    if !sharing.is_truthy() {
        return Ok(Said::default());
    }
    let known = cx.account.json_secret("sharing_identities")?;
    let key = CheckingKey::of(cx.account, "payby_public_key")?;
    let share = |(seq_id, share): (i64, &Json)| {
        let wrong = |why: &str| EncodeError::inexpressible("order.provider_options[\"sharing\"]", why);
        let member = if share.has("member") { share.at("member") } else { known.field(share.text("to")) };
        let identity = member.word("identity").zip(member.word("type"));
        let (identity, kind) = identity.ok_or_else(|| wrong("`to` is no name in `sharing_identities`"))?;
        let mut dice = RecordedDice::new(&cx.entropy, &format!("payby sharing {seq_id}"));
        let sealed = key.encrypt(identity.as_bytes(), &mut dice);
        let sealed = sealed.map_err(|_| EncodeError::AccountIncomplete { field: "payby_public_key" })?;
        let part = DIRHAMS.read(Currency::Aed, share.text("amount"));
        Ok(object([
            ("sharingIdentitySeqId", seq_id.into()),
            ("sharingIdentityType", kind.into()),
            ("sharingIdentity", private(sealed)),
            ("sharingMemo", private(share.text("memo"))),
            ("sharingAmount", dirhams(part.map_err(|error| wrong(&error.to_string()))?)?),
            ("withholdAndRemitFee", pays_fee(share).into()),
        ]))
    };
    Ok(list((1..).zip(sharing.items("")).map(share).collect::<Result<Vec<_>, _>>()?))
}

fn refund_of(refund: &RefundRequest, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let content = cx.order_to_refund(refund)?;
    let takes_from_all = content.option("refund_sharing") == Some("true");
    let reason: String = refund.reason.chars().take(REASON_CHARS_MAX).collect();
    Ok(object([
        ("refundMerchantOrderNo", refund_number(&content.order_id, &refund.id).into()),
        ("originMerchantOrderNo", (&content.order_id).into()),
        ("amount", dirhams(refund.amount)?),
        ("refundSharingAmount", Said::from(takes_from_all).only_if(content.json("sharing").is_truthy())),
        ("notifyUrl", cx.url(NOTIFY_PATH).into()),
        ("reason", private(&reason).only_if(!reason.is_empty())),
        ("deviceId", private(content.option("device_id"))),
        ("secondaryMerchantId", private(content.option("secondary_merchant_id"))),
    ]))
}

/// Milliseconds since 1970, unless that is later than PayBy lets a checkout live.
fn within(ends: Timestamp, now: Timestamp, hours_max: i64) -> Result<i64, EncodeError> {
    let latest = now.checked_add(hours_max.hours()).unwrap_or(Timestamp::MAX);
    if ends <= latest {
        return Ok(ends.as_millisecond());
    }
    let why = format!("must be at most {hours_max} hours from now");
    Err(EncodeError::inexpressible("order.expire_time", &why))
}

/// A day as PayBy writes it, `20261121`, from `2026-11-21`.
fn day(id: &str) -> Result<String, EncodeError> {
    let date: Result<jiff::civil::Date, _> = id.parse();
    let named = |_| EncodeError::inexpressible("statement", "PayBy has one a day: name it `2026-11-21`");
    Ok(date.map_err(named)?.strftime("%Y%m%d").to_string())
}
