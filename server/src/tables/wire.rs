//! How a provider's messages are made and proven, as messages.

use ordain_proto::providers::v1 as proto;
use ordain_providers::wire::{AmountField, BodyForm, MoneyForm, Proof, Redirect, Speaker, Wire};

pub(super) fn message(wire: &Wire) -> proto::Wire {
    let ours = |proofs: &[Proof]| proofs.iter().map(|it| proof(it, Speaker::Us)).collect();
    let theirs = |proofs: &[Proof]| proofs.iter().map(|it| proof(it, Speaker::Provider)).collect();
    let (redirect, token_parameter) = redirect(wire.redirect);
    proto::Wire {
        body: body(wire.body).into(),
        requests: ours(wire.requests),
        replies: theirs(wire.replies),
        inbound: theirs(wire.inbound),
        redirect: redirect.into(),
        token_parameter: token_parameter.to_owned(),
        amounts: wire.amounts.iter().map(amount).collect(),
    }
}

/// Of two keys that belong together each side needs one.
fn proof(proof: &Proof, of: Speaker) -> proto::Proof {
    let (kind, fields, over) = match *proof {
        Proof::Header { secret, .. } => (proto::ProofKind::Header, vec![secret], ""),
        Proof::Fields { secrets } => (proto::ProofKind::Fields, secrets.to_vec(), ""),
        Proof::HmacSha256 { secret, over, .. } => (proto::ProofKind::HmacSha256, vec![secret], over),
        Proof::RsaSha256 { private, public, .. } => {
            let key = if of == Speaker::Us { private } else { public };
            (proto::ProofKind::RsaSha256, vec![key], "the raw body")
        }
        Proof::SenderAddress { listed } => (proto::ProofKind::SenderAddress, vec![listed], ""),
    };
    proto::Proof {
        kind: kind.into(),
        header: proof.header().to_owned(),
        account_fields: fields.into_iter().map(str::to_owned).collect(),
        over: over.to_owned(),
    }
}

fn amount(field: &AmountField) -> proto::AmountField {
    let said_by = match field.said_by {
        Speaker::Us => proto::Speaker::Us,
        Speaker::Provider => proto::Speaker::Provider,
    };
    proto::AmountField {
        said_by: said_by.into(),
        path: field.path.to_owned(),
        form: money_form(field.form).into(),
    }
}

const fn body(form: BodyForm) -> proto::BodyForm {
    match form {
        BodyForm::Json => proto::BodyForm::Json,
        BodyForm::PhpForm => proto::BodyForm::PhpForm,
    }
}

const fn redirect(redirect: Redirect) -> (proto::Redirect, &'static str) {
    match redirect {
        Redirect::Url => (proto::Redirect::Url, ""),
        Redirect::UrlWithToken(parameter) => (proto::Redirect::UrlWithToken, parameter),
        Redirect::SplashKey => (proto::Redirect::SplashKey, ""),
    }
}

const fn money_form(form: MoneyForm) -> proto::MoneyForm {
    match form {
        MoneyForm::MinorUnits => proto::MoneyForm::MinorUnits,
        MoneyForm::MajorUnits => proto::MoneyForm::MajorUnits,
        MoneyForm::ShortMajorUnits => proto::MoneyForm::ShortMajorUnits,
        MoneyForm::WholeMajorUnits => proto::MoneyForm::WholeMajorUnits,
        MoneyForm::ExactDecimal => proto::MoneyForm::ExactDecimal,
    }
}
