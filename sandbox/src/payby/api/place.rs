//! `placeOrder`: a new order, or the one that was placed before with the same parameters.

use super::{AMOUNT_MAX, Call, Outcome, Refusal, Said, amount, wrong};
use serde_json::Value;

use crate::checkout::{Decision, new_token};
use crate::payby::event::{Event, RepeatedKind};
use crate::payby::notice;
use crate::payby::order::{CURRENCY, Order, Placed};
use crate::simulator::OrderKey;

/// The longest that an order may be paid (S2 L49-51), and how long it is where nothing is said.
const EXPIRY_MAX_MS: i64 = 48 * 3_600 * 1_000;
const EXPIRY_MS: i64 = 2 * 3_600 * 1_000;
/// Longest subject (S2 L36-40). Newer documents allow 64; what is too long for the older ones shows here.
const SUBJECT_MAX: usize = 12;

/// What a scene has to be told, and PayBy's answer where it is not.
const REQUIRED: [(&str, &str, &str, &str); 7] = [
    ("INAPP", "iapDeviceId", "62031", "MISSING_IAP_DEVICE_ID"),
    ("INAPP", "appId", "62032", "MISSING_APP_ID"),
    ("QRPAY", "authCode", "62033", "MISSING_AUTHCODE"),
    ("AUTODEBIT", "authProtocolNo", "62042", "MISSING_AUTH_PROTOCOL_NO"),
    ("CASHTOPUP", "businessType", "62043", "MISSING_BUSINESS_TYPE"),
    ("EWALLET", "eWalletCode", "62080", "MISSING_EWALLET_CODE"),
    ("PAYANDSIGN", "protocolSceneCode", "62085", "MISSING_PROTOCOL_SCENE_CODE"),
];
/// Parts of `accessoryContent`, with their texts and their amounts.
const ACCESSORY: [(&str, &[&str], &[&str]); 3] = [
    ("amountDetail", &[], &["discountableAmount", "amount", "vatAmount", "tipAmount"]),
    (
        "goodsDetail",
        &["body", "categoriesTree", "goodsCategory", "goodsId", "goodsName", "showUrl"],
        &["price"],
    ),
    ("terminalDetail", &["operatorId", "storeId", "terminalId", "merchantName", "storeName"], &[]),
];
/// Scenes without a parameter that must be there.
const FREE: [&str; 3] = ["PAYPAGE", "DYNQR", "JSAPI"];
/// Scenes of the documents that no merchant here has applied for: they take cards, or hold money.
const NOT_APPLIED: [&str; 4] = ["DIRECTPAY", "PREAUTH", "PREAUTHVOID", "CAPTURE"];

/// What is answered where the number is known: the order as it stands, or that the number is taken.
pub(super) fn again(call: &Call<'_>) -> Option<Outcome> {
    let order = call.content.text("merchantOrderNo").ok()?;
    let key = OrderKey { account: call.merchant.partner_id.clone(), order };
    let known = call.state.orders.get(&key)?;
    if known.placed.fingerprint != call.fingerprint() {
        return Some(Err(Refusal::Code("62016", "MERCHANT_ORDER_NO_EXIST")));
    }
    let (kind, number, digest) = (RepeatedKind::Placed, None, call.digest.clone());
    let repeated = Event::Repeated { key: key.clone(), kind, number, digest };
    Some(Ok((vec![repeated.into()], Said::Order(key))))
}

/// Takes a new order.
pub(super) fn place(call: &Call<'_>) -> Outcome {
    let key = OrderKey { account: call.merchant.partner_id.clone(), order: call.number("merchantOrderNo")? };
    let total = amount(&call.content, "totalAmount")?;
    if call.text("subject", SUBJECT_MAX)?.is_none() {
        return Err(wrong("subject", "given"));
    }
    let has_device = call.text("deviceId", 200)?.is_some();
    if call.text("secondaryMerchantId", 200)?.is_some() && !has_device {
        return Err(Refusal::Code("62036", "MERCHANT_DEVICE_NOT_EXIST"));
    }
    for (name, max) in [("subjectAr", 200), ("payeeMid", 12), ("reserved", 200)] {
        call.text(name, max)?;
    }
    call.notify_url()?;
    let (scene, one_time) = scene(call)?;
    for name in ["riskInfo", "agreementInfo"] {
        if call.content.has(name) {
            call.content.object(name)?;
        }
    }
    sharing(call, total)?;
    accessory(call)?;
    if call.content.has("promotionInfoList") {
        for coupon in call.content.objects("promotionInfoList")? {
            coupon.text("appliedRewardId")?;
            coupon.text("settleFlag")?;
        }
    }
    let placed = Placed {
        order_no: call.state.next_number("131"),
        token: new_token(),
        fingerprint: call.fingerprint(),
        request_ms: call.request_ms,
        expires_ms: expiry(call)?,
        total,
        scene,
        one_time,
    };
    let sealed = call.seal.seal(&key.place(), call.raw.to_string().as_bytes());
    let order = Order::new(key.clone(), placed.clone(), call.raw.clone(), call.now);
    let at_once = outcome_at_once(&call.raw);
    let digest = call.digest.clone();
    let mut events = vec![Event::Placed { key: key.clone(), placed, sealed, digest: digest.clone() }.into()];
    if let Some(decision) = at_once {
        events.push(Event::Decided { key: key.clone(), decision, digest }.into());
        events.extend((decision == Decision::Approve).then(|| notice::paid(&order)).flatten());
    }
    Ok((events, Said::Fresh(Box::new(order))))
}

/// What becomes of a payment that no payer is waited for, by the code that was scanned or the agreement's number: one
/// that begins with `declined` is, one that begins with `undecided` waits, any other is paid.
fn outcome_at_once(content: &Value) -> Option<Decision> {
    let name = match content["paySceneCode"].as_str()? {
        "QRPAY" => "authCode",
        "AUTODEBIT" => "authProtocolNo",
        _ => return None,
    };
    match content["paySceneParams"][name].as_str()? {
        no if no.starts_with("declined") => Some(Decision::Decline),
        later if later.starts_with("undecided") => None,
        _ => Some(Decision::Approve),
    }
}

fn expiry(call: &Call<'_>) -> Result<i64, Refusal> {
    if !call.content.has("expiredTime") {
        return Ok(call.request_ms + EXPIRY_MS);
    }
    match call.content.whole("expiredTime")? {
        early if early <= call.request_ms => Err(Refusal::Code("62008", "EXPIREDTIME_LESS_THAN_REQUESTTIME")),
        late if late > call.request_ms + EXPIRY_MAX_MS => {
            Err(Refusal::Code("62009", "EXPIREDTIME_TOO_LATER"))
        }
        fits => Ok(fits),
    }
}

/// The first parameter of a scene that is no text: all of them are.
fn not_texts(parameters: &Value) -> Option<String> {
    let members = parameters.as_object()?.iter();
    members.filter(|(_, value)| !value.is_string() && !value.is_null()).map(|(name, _)| name.clone()).next()
}

/// `accessoryContent`: texts of at most 200 characters, amounts, and one number (S2 L184-263).
fn accessory(call: &Call<'_>) -> Result<(), Refusal> {
    if !call.content.has("accessoryContent") {
        return Ok(());
    }
    let content = call.content.object("accessoryContent")?;
    for (part, texts, amounts) in ACCESSORY {
        if !content.has(part) {
            continue;
        }
        let fields = content.object(part)?;
        for name in texts.iter().filter(|name| fields.has(name)) {
            if fields.text_or_empty(name)?.chars().count() > 200 {
                return Err(wrong(name, "at most 200 characters long"));
            }
        }
        for name in amounts.iter().filter(|name| fields.has(name)) {
            if fields.object(name)?.text("currency")? != CURRENCY {
                return Err(wrong("currency", "AED"));
            }
            fields.object(name)?.amount_up_to("amount", AMOUNT_MAX)?;
        }
        if fields.has("quantity") {
            fields.amount_up_to("quantity", AMOUNT_MAX)?;
        }
    }
    Ok(())
}

/// The scene, and whether a payment that fails ends the order.
fn scene(call: &Call<'_>) -> Result<(String, bool), Refusal> {
    let scene = call.content.text("paySceneCode")?;
    if NOT_APPLIED.contains(&scene.as_str()) {
        return Err(Refusal::Code("62026", "PRODUCT_IS_NOT_APPLIED"));
    }
    let required: Vec<_> = REQUIRED.iter().filter(|(code, ..)| *code == scene).collect();
    if required.is_empty() && !FREE.contains(&scene.as_str()) {
        return Err(Refusal::Code("62012", "PAYSCENECODE_ILLEGAL"));
    }
    if let Some(other) = not_texts(&call.raw["paySceneParams"]) {
        return Err(crate::exact::wrong(&other, "a string").into());
    }
    let Ok(parameters) = call.content.object("paySceneParams") else {
        return match required.first() {
            Some((.., code, message)) => Err(Refusal::Code(code, message)),
            None => Ok((scene, false)),
        };
    };
    for (_, name, code, message) in required {
        if parameters.text(name).is_err() {
            return Err(Refusal::Code(code, message));
        }
    }
    let redirect = parameters.text_or_empty("redirectUrl")?;
    if !redirect.is_empty() && !crate::payby::account::is_address(&redirect, 512) {
        return Err(wrong("redirectUrl", "an address of at most 512 characters"));
    }
    // A payment that no payer is waited for is made at once or not at all.
    let at_once = matches!(scene.as_str(), "QRPAY" | "AUTODEBIT");
    match parameters.text_or_empty("oneTimePayment")?.as_str() {
        "" | "false" => Ok((scene, at_once)),
        "true" => Ok((scene, true)),
        _ => Err(Refusal::Code("62073", "INVALID_ONE_TIME_PAYMENT")),
    }
}

/// Everybody who gets a part, or gives it back, in the clear: numbered from 1, encrypted for PayBy, at most one who pays
/// the fee.
pub(super) fn sharing(call: &Call<'_>, total: i64) -> Result<Vec<String>, Refusal> {
    if !call.content.has("sharingParamList") {
        return Ok(Vec::new());
    }
    let (mut sum, mut payers, mut members) = (0, 0, Vec::new());
    for (seq_id, share) in (1..).zip(call.content.objects("sharingParamList")?) {
        if share.whole("sharingIdentitySeqId")? != seq_id {
            return Err(wrong("sharingIdentitySeqId", "1, 2, 3 and so on"));
        }
        let kind = share.text("sharingIdentityType")?;
        if !matches!(kind.as_str(), "PHONE_NO" | "MEMBER_ID" | "BOTIM_ID") {
            return Err(wrong("sharingIdentityType", "PHONE_NO, MEMBER_ID or BOTIM_ID"));
        }
        let identity = call.merchant.key.open(&share.text("sharingIdentity")?);
        let identity = identity.filter(|plain| (1..=20).contains(&plain.len()));
        let identity = identity.ok_or_else(|| {
            wrong("sharingIdentity", "1 to 20 characters, encrypted with PayBy's public key")
        })?;
        members.push(format!("{kind} {identity}"));
        share.text("sharingMemo")?;
        sum += amount(&share, "sharingAmount")?;
        payers += i32::from(share.has("withholdAndRemitFee") && share.truth("withholdAndRemitFee")?);
    }
    if sum > total || payers > 1 {
        return Err(wrong("sharingParamList", "within the total, with at most one who pays the fee"));
    }
    Ok(members)
}
