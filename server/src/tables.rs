//! Providers' tables as messages, for the API and for the command line. Reads no store and asks nobody.

mod content;
mod wire;

use ordain_proto::providers::v1 as proto;
use ordain_providers::ProviderSpec;
use ordain_providers::call::Standing;
use ordain_providers::option::OrderOption;
use ordain_providers::spec::{
    AccountField, AckWhen, By, CaptureMode, CheckoutEnd, Effect, LookUpBy, OnUnknown, Operation, Operations,
    QuestionKind, RefundBasis, Support, TotalRule, TrackingRule, UnpaidWhen,
};
use std::time::Duration;

/// Every provider of this build.
pub fn all() -> Vec<proto::Provider> {
    ordain_providers::ALL.iter().map(|provider| message(provider.spec())).collect()
}

/// The table of the provider with this id, if this build knows it.
pub fn find(id: &str) -> Option<proto::Provider> {
    ordain_providers::find(id).map(|provider| message(provider.spec()))
}

fn message(spec: &ProviderSpec) -> proto::Provider {
    proto::Provider {
        name: format!("providers/{}", spec.id),
        display_name: spec.name.to_owned(),
        currencies: spec.currencies.iter().map(|currency| currency.code().to_owned()).collect(),
        operations: operations(&spec.operations),
        refund_basis: refund_basis(spec.refund_basis).into(),
        fulfil_by: portion(spec.fulfil_by).into(),
        refund_by: portion(spec.refund_by).into(),
        cancel_by: portion(spec.cancel_by).into(),
        cancellable_in: spec.cancellable_in.iter().copied().map(standing).collect(),
        capture: capture(spec.capture).into(),
        total_rule: total_rule(spec.total_rule).into(),
        statuses: statuses(spec),
        unpaid_rule: unpaid_rule(spec.unpaid_when).into(),
        poll_after_seconds: spec.poll_after.iter().copied().map(seconds).collect(),
        expires_after_seconds: seconds(spec.expires_after),
        complete_after_seconds: seconds(spec.complete_after),
        decide_within_seconds: seconds(spec.decide_within),
        afterlife_span_seconds: seconds(spec.afterlife.span),
        afterlife_every_seconds: seconds(spec.afterlife.every),
        settles_within_seconds: spec.settles_within.map(seconds),
        questions: spec.questions.iter().map(|question| asked(*question).to_owned()).collect(),
        options: spec.options.iter().map(option).collect(),
        config: spec.account.config.iter().map(field).collect(),
        secrets: spec.account.secrets.iter().map(field).collect(),
        lines_max: i32::try_from(spec.limits.lines_max).unwrap_or(i32::MAX),
        ack_rule: ack_rule(spec).into(),
        reply_bytes_max: i64::try_from(spec.limits.reply_bytes_max).unwrap_or(i64::MAX),
        content: Some(content::message(&spec.content)),
        wire: Some(wire::message(&spec.wire)),
        attempt_ref: spec.attempt_ref.unwrap_or_default().to_owned(),
        tracking_needed: spec.tracking == TrackingRule::Needed,
        status_settles_within_seconds: seconds(spec.status_settles_within),
        checkout_end: checkout_end(spec.checkout_end).into(),
    }
}

fn operations(table: &Operations) -> Vec<proto::Operation> {
    // Taken apart by name, so that a row that is forgotten below does not compile.
    let Operations {
        create,
        sync,
        ack,
        fulfil,
        unfulfil,
        refund,
        sync_refund,
        cancel,
        revoke,
        extend_expiry,
        verify_account,
        activate_account,
        ask,
    } = table;
    let lines = [
        ("create", create),
        ("sync", sync),
        ("ack", ack),
        ("fulfil", fulfil),
        ("unfulfil", unfulfil),
        ("refund", refund),
        ("sync_refund", sync_refund),
        ("cancel", cancel),
        ("revoke", revoke),
        ("extend_expiry", extend_expiry),
        ("verify_account", verify_account),
        ("activate_account", activate_account),
        ("ask", ask),
    ];
    lines.into_iter().map(|(name, line)| operation(name, line)).collect()
}

fn operation(name: &str, line: &Operation) -> proto::Operation {
    let told = proto::Operation {
        operation: name.to_owned(),
        support: support(line.support).into(),
        timeout_seconds: seconds(line.timeout),
        attempts_max: i32::try_from(line.attempts_max).unwrap_or(i32::MAX),
        effect: proto::Effect::Mutates.into(),
        ..Default::default()
    };
    match line.effect {
        _ if line.support == Support::Unsupported => {
            proto::Operation { effect: proto::Effect::Unspecified.into(), ..told }
        }
        Effect::Reads => proto::Operation { effect: proto::Effect::Reads.into(), ..told },
        Effect::Mutates(OnUnknown::SameAgain) => {
            proto::Operation { on_unknown: proto::OnUnknown::SameAgain.into(), ..told }
        }
        Effect::Mutates(OnUnknown::Park) => {
            proto::Operation { on_unknown: proto::OnUnknown::Park.into(), ..told }
        }
        Effect::Mutates(OnUnknown::LookUp { by, absent_proves_after }) => proto::Operation {
            on_unknown: proto::OnUnknown::LookUp.into(),
            look_up_by: match by {
                LookUpBy::Sync | LookUpBy::Counters => "sync".to_owned(),
                LookUpBy::SyncRefund => "sync_refund".to_owned(),
            },
            absent_proves_after_seconds: absent_proves_after.map(seconds),
            ..told
        },
    }
}

fn option(option: &OrderOption) -> proto::Field {
    let needs = option.needs.iter().map(|needed| format!("; needs `{needed}`"));
    proto::Field {
        name: option.name.to_owned(),
        about: needs.fold(option.about.to_owned(), |about, needed| about + &needed),
        required: option.required,
        default_value: String::new(),
        live_default_value: String::new(),
        format: option.form.to_string(),
    }
}

fn field(field: &AccountField) -> proto::Field {
    proto::Field {
        name: field.name.to_owned(),
        about: field.about.to_owned(),
        required: field.default.is_none(),
        default_value: field.default.unwrap_or_default().to_owned(),
        live_default_value: field.live_default.unwrap_or_default().to_owned(),
        format: String::new(),
    }
}

/// Those that mean something, then those that alone say nothing.
fn statuses(spec: &ProviderSpec) -> Vec<proto::Status> {
    let status = |word: &str, standing: String| proto::Status { word: word.to_owned(), standing };
    let telling = spec.statuses.iter().map(|(word, meaning)| status(word, standing(*meaning)));
    telling.chain(spec.silent_statuses.iter().map(|word| status(word, String::new()))).collect()
}

/// As histories spell it.
fn standing(standing: Standing) -> String {
    let spelt = serde_json::to_value(standing).expect("a standing is a word");
    spelt.as_str().unwrap_or_default().to_owned()
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

const fn support(support: Support) -> proto::Support {
    match support {
        Support::Native => proto::Support::Native,
        Support::Emulated => proto::Support::Emulated,
        Support::Local => proto::Support::Local,
        Support::Manual => proto::Support::Manual,
        Support::Unsupported => proto::Support::Unsupported,
    }
}

const fn portion(by: By) -> proto::Portion {
    match by {
        By::Whole => proto::Portion::Whole,
        By::Amount => proto::Portion::Amount,
        By::Line => proto::Portion::Line,
    }
}

const fn refund_basis(basis: RefundBasis) -> proto::RefundBasis {
    match basis {
        RefundBasis::Captured => proto::RefundBasis::Captured,
        RefundBasis::Activated => proto::RefundBasis::Activated,
        RefundBasis::Authorized => proto::RefundBasis::Authorized,
    }
}

const fn capture(mode: CaptureMode) -> proto::Capture {
    match mode {
        CaptureMode::Automatic => proto::Capture::Automatic,
        CaptureMode::OnFulfilment => proto::Capture::OnFulfilment,
    }
}

/// Of a provider that waits for nothing, nothing.
const fn ack_rule(spec: &ProviderSpec) -> proto::AckRule {
    match spec.ack_when {
        _ if !spec.operations.ack.support.is_offered() => proto::AckRule::Unspecified,
        AckWhen::Approved => proto::AckRule::Approved,
        AckWhen::Flagged => proto::AckRule::Flagged,
    }
}

const fn total_rule(rule: TotalRule) -> proto::TotalRule {
    match rule {
        TotalRule::AllLines => proto::TotalRule::AllLines,
        TotalRule::WithoutShipping => proto::TotalRule::WithoutShipping,
    }
}

const fn unpaid_rule(rule: UnpaidWhen) -> proto::UnpaidRule {
    match rule {
        UnpaidWhen::StatusSaysSo => proto::UnpaidRule::StatusSaysSo,
        UnpaidWhen::AnyAnswerButPaid => proto::UnpaidRule::AnyAnswerButPaid,
    }
}

const fn checkout_end(end: CheckoutEnd) -> proto::CheckoutEnd {
    match end {
        CheckoutEnd::Link => proto::CheckoutEnd::Link,
        CheckoutEnd::Order => proto::CheckoutEnd::Order,
    }
}

const fn asked(question: QuestionKind) -> &'static str {
    match question {
        QuestionKind::FinancePlans => "FINANCE_PLANS",
        QuestionKind::Quote => "QUOTE",
        QuestionKind::Orders => "ORDERS",
        QuestionKind::Statements => "STATEMENTS",
        QuestionKind::Statement => "STATEMENT",
    }
}
