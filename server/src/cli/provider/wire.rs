//! How a provider's messages are made and proven, as a person reads it.

use crate::cli::output::{Cell, Table};
use ordain_proto::providers::v1 as proto;

/// What proves a message of each kind, and how the customer gets there.
pub(super) fn proofs(wire: &proto::Wire) -> Vec<(&'static str, String)> {
    let all = |proofs: &[proto::Proof], joint: &str, none: &str| {
        let shown: Vec<String> = proofs.iter().map(proof).collect();
        if shown.is_empty() { none.to_owned() } else { shown.join(joint) }
    };
    vec![
        ("requests are", body(wire).to_owned()),
        ("proven by", all(&wire.requests, "; and ", "TLS alone")),
        ("replies are proven by", all(&wire.replies, "; and ", "TLS alone")),
        ("what it sends unasked", all(&wire.inbound, "; or, where that is not agreed on, ", "nothing")),
        ("its customers go to", redirect(wire)),
    ]
}

fn body(wire: &proto::Wire) -> &'static str {
    match wire.body() {
        proto::BodyForm::Unspecified => "",
        proto::BodyForm::Json => "JSON",
        proto::BodyForm::PhpForm => "forms with nested names, as PHP writes them",
    }
}

fn proof(proof: &proto::Proof) -> String {
    let (header, fields) = (&proof.header, proof.account_fields.join(" and "));
    match proof.kind() {
        proto::ProofKind::Unspecified => String::new(),
        proto::ProofKind::Header => format!("{fields} in the header {header}"),
        proto::ProofKind::Fields => format!("{fields} among its fields"),
        proto::ProofKind::HmacSha256 => {
            format!("HMAC-SHA256 with {fields} in the header {header}, over {}", proof.over)
        }
        proto::ProofKind::RsaSha256 => {
            format!("RSA and SHA-256 with {fields} in the header {header}, over {}", proof.over)
        }
        proto::ProofKind::SenderAddress => format!("its sender's address, one of {fields}"),
    }
}

fn redirect(wire: &proto::Wire) -> String {
    match wire.redirect() {
        proto::Redirect::Unspecified => String::new(),
        proto::Redirect::Url => "the address of its answer".to_owned(),
        proto::Redirect::UrlWithToken => {
            format!("the address of its answer, with its token as `{}`", wire.token_parameter)
        }
        proto::Redirect::SplashKey => "its checkout, with an encrypted key of ours".to_owned(),
    }
}

/// Every amount field, and how it is written.
pub(super) fn amounts(wire: &proto::Wire) -> Table {
    let mut table = Table::new(&["who says it", "field", "written in"]);
    for field in &wire.amounts {
        let speaker = if field.said_by() == proto::Speaker::Us { "we" } else { "the provider" };
        table.row(vec![Cell::new(speaker), Cell::new(&field.path), Cell::new(form(field.form()))]);
    }
    table
}

const fn form(form: proto::MoneyForm) -> &'static str {
    match form {
        proto::MoneyForm::Unspecified => "",
        proto::MoneyForm::MinorUnits => "minor units: 1050",
        proto::MoneyForm::MajorUnits => "major units: 10.50",
        proto::MoneyForm::ShortMajorUnits => "major units, without zeros at the end: 10.5",
        proto::MoneyForm::WholeMajorUnits => "whole major units: 30000",
        proto::MoneyForm::ExactDecimal => "any decimals, compared and never booked: 4.945",
    }
}
