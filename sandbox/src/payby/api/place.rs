//! `placeOrder`: a new order, or the one that was placed before with the same parameters.

use super::{Call, Outcome, Refusal, Said, amount, wrong};
use crate::checkout::{Decision, new_token};
use crate::payby::event::{Event, RepeatedKind};
use crate::payby::notice;
use crate::payby::order::{Order, Placed};
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
    let at_once = matches!(placed.scene.as_str(), "QRPAY" | "AUTODEBIT");
    let digest = call.digest.clone();
    let mut events = vec![Event::Placed { key: key.clone(), placed, sealed, digest: digest.clone() }.into()];
    if at_once {
        events.push(Event::Decided { key: key.clone(), decision: Decision::Approve, digest }.into());
        events.extend(notice::paid(&order));
    }
    Ok((events, Said::Fresh(Box::new(order))))
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
    match parameters.text_or_empty("oneTimePayment")?.as_str() {
        "" | "false" => Ok((scene, false)),
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
        payers += i32::from(call.raw["sharingParamList"][seq_id as usize - 1]["withholdAndRemitFee"] == true);
    }
    if sum > total || payers > 1 {
        return Err(wrong("sharingParamList", "within the total, with at most one who pays the fee"));
    }
    Ok(members)
}
