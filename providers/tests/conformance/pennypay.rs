//! PennyPay: a provider that does not exist, as small as one can be. The guide "add a provider" walks through it.
//!
//! It takes pounds at once, signs every message with `X-Penny: hex-free base64(HMAC-SHA256(key, body))`, and cannot
//! refund. Everything that the suite asks of a provider it asks of this one.

use ordain_providers::call::{AmountFact, AmountKind, NextAction, Retry, Standing};
use ordain_providers::hmac::{base64_code, base64_digest, same};
use ordain_providers::inbound::{About, InboundKind, Then, Trust, is_order_id};
use ordain_providers::rules::ContentRules;
use ordain_providers::signing::{compared, text};
use ordain_providers::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, COMPLETE_AFTER, CaptureMode, CheckoutEnd,
    DECIDE_WITHIN, Effect, Limits, Operation, Operations, POLL_AFTER, RefundBasis, Support, TotalRule,
    TrackingRule, UnpaidWhen,
};
use ordain_providers::wire::{AmountField, MoneyForm, Proof, Wire};
use ordain_providers::{
    Call, Currency, Cx, Description, DescriptionError, EncodeError, Facts, Inbound, InboundError,
    InboundReply, Ingested, Money, Op, Outcome, Private, Provider, ProviderSpec, Reply, Request, Signed,
    found_by_id,
};
use serde_json::{Value, json};
use std::time::Duration;

pub const SPEC: ProviderSpec = ProviderSpec {
    id: "pennypay",
    name: "PennyPay",
    currencies: &[Currency::Gbp],
    operations: Operations {
        // PennyPay knows the order by our number.
        create: Operation::new(Support::Native, Effect::REPEATABLE, 10, 3),
        sync: Operation::new(Support::Native, Effect::Reads, 10, 3),
        ack: Operation::ABSENT,
        fulfil: Operation::new(Support::Local, Effect::REPEATABLE, 10, 3),
        unfulfil: Operation::ABSENT,
        refund: Operation::ABSENT,
        sync_refund: Operation::ABSENT,
        cancel: Operation::ABSENT,
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        verify_account: Operation::ABSENT,
        activate_account: Operation::ABSENT,
        ask: Operation::ABSENT,
    },
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Whole,
    tracking: TrackingRule::Optional,
    refund_by: By::Whole,
    cancel_by: By::Whole,
    cancellable_in: &[],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::Automatic,
    total_rule: TotalRule::AllLines,
    statuses: &[("open", Standing::AwaitingCustomer), ("paid", Standing::Captured)],
    silent_statuses: &[],
    attempt_ref: None,
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: POLL_AFTER,
    status_settles_within: Duration::ZERO,
    expires_after: Duration::from_secs(3_600),
    checkout_end: CheckoutEnd::Link,
    complete_after: COMPLETE_AFTER,
    decide_within: DECIDE_WITHIN,
    afterlife: Afterlife::A_MONTH,
    settles_within: None,
    questions: &[],
    wire: Wire::proven_both_ways(
        &[PROOF],
        &[
            AmountField::sent("pence", MoneyForm::MinorUnits),
            AmountField::told("pence", MoneyForm::MinorUnits),
        ],
    ),
    content: ContentRules::TOTAL_ALONE,
    options: &[],
    account: AccountSpec {
        config: &[AccountField::host(
            "api_url",
            "PennyPay's API",
            "https://test.pennypay.example",
            "https://api.pennypay.example",
        )],
        secrets: &[AccountField::new("key", "Your key, from PennyPay", None)],
    },
    limits: Limits { lines_max: 10, reply_bytes_max: 4_096 },
};

const PROOF: Proof = Proof::HmacSha256 { header: "x-penny", secret: "key", over: "the body", prefix: "" };

pub const PENNYPAY: Provider = Provider {
    spec: &SPEC,
    // The table's rules say it all.
    check: |_| Vec::new(),
    encode,
    decode,
    found: found_by_id,
    ingest,
    answer: InboundReply::receipt,
    reject: InboundReply::rejection,
    described: &[],
    sign: |_, described| sign(described),
    verify: |_, described| {
        let given = text(described, &["signature"], "what X-Penny says")?;
        Ok(compared(sign(described)?, given, Vec::new()))
    },
};

fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let order = cx.order.ok_or_else(|| EncodeError::NotExpressible {
        field: "order".to_owned(),
        why: "PennyPay is asked about orders only".to_owned(),
    })?;
    let body = match op {
        Op::Create => json!({"id": order.order_id, "pence": order.total.minor}),
        Op::Sync => json!({"id": order.order_id}),
        Op::Fulfil(_) => return Ok(Call::Local(Facts::default())),
        _ => return Err(EncodeError::Unsupported { provider: SPEC.id }),
    };
    let path = if matches!(op, Op::Create) { "/orders" } else { "/orders/get" };
    let body = body.to_string();
    let code = base64_code(cx.account.secret("key")?, &[body.as_bytes()]);
    Ok(Call::Http(Request {
        method: "POST",
        url: format!("{}{path}", cx.account.config("api_url")?).into(),
        headers: vec![("x-penny", code.into())],
        redacted: format!("POST {path}\n{body}"),
        body: body.into_bytes().into(),
    }))
}

fn decode(_: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(reply.body.expose()).unwrap_or_default();
    let signed = reply.header("x-penny").is_some_and(|code| is_signed(code, reply.body.expose(), cx));
    match (reply.status, facts(&body, cx)) {
        (200, Some(facts)) if signed => Outcome::Done(facts),
        (400..=499, _) if reply.status != 408 => Outcome::Refused {
            facts: Facts::default(),
            code: reply.status.to_string(),
            message: "PennyPay says no".to_owned(),
            retry: Retry::Never,
        },
        (status, _) => {
            Outcome::Unknown { why: format!("HTTP status {status} and nothing that PennyPay signed") }
        }
    }
}

fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    if (message.method.as_str(), message.path.as_str()) != ("POST", "/pennypay") {
        return Err(InboundError::UnknownPath);
    }
    let body = message.body.expose();
    let signed = message.header("x-penny").is_some_and(|code| is_signed(code, body, cx));
    let parsed: Option<Value> = serde_json::from_slice(body).ok().filter(|_| signed);
    let parsed = parsed.ok_or(InboundError::Unauthenticated)?;
    let id = parsed["id"].as_str().filter(|id| is_order_id(id, SPEC.content.order_id_chars_max));
    let why = "is no order of ours".to_owned();
    let id = id.ok_or_else(|| InboundError::Malformed { field: "id".to_owned(), why })?;
    Ok(Ingested {
        kind: InboundKind::Webhook,
        about: About::Order(id.to_owned()),
        trust: Trust::Verified,
        facts: facts(&parsed, cx).unwrap_or_default(),
        dedup: format!("{id}:{}", base64_digest(body)),
        dedup_is_weak: true,
        then: Then::Nothing,
        gave_up: false,
        label: "status".to_owned(),
        config: None,
    })
}

fn sign(described: &Description) -> Result<Signed, DescriptionError> {
    let body = text(described, &["body"], "the message")?;
    let key = text(described, &["key"], "your key")?;
    Ok(Signed { string: body.as_bytes().to_vec(), signature: base64_code(key, &[body.as_bytes()]) })
}

fn is_signed(code: &str, body: &[u8], cx: &Cx<'_>) -> bool {
    cx.account.secret("key").is_ok_and(|key| same(&base64_code(key, &[body]), code))
}

fn facts(body: &Value, cx: &Cx<'_>) -> Option<Facts> {
    let word = body["status"].as_str()?;
    let total = Money::of(Currency::Gbp, body["pence"].as_i64()?);
    let known = SPEC.standing(word)?;
    let page = body["page"].as_str().map(|url| Private::new(NextAction::Redirect { url: url.to_owned() }));
    let is_ours = cx.order.is_none_or(|order| body["id"] == order.order_id.as_str());
    is_ours.then(|| Facts {
        wire_status: Some(word.to_owned()),
        standing: Some(known),
        amounts: vec![AmountFact { kind: AmountKind::ProviderTotal, amount: total }],
        next_action: page,
        ..Facts::default()
    })
}
