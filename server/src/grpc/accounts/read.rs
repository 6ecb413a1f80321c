//! An account as it was asked for, read by its provider's table.

use crate::grpc::refusal;
use ordain_proto::accounts::v1 as proto;
use ordain_providers::spec::{AccountField, refunds_amounts};
use ordain_providers::{FaultReason, FieldFault, Private};
use ordain_workflows::account_workflow::{Environment, NewAccount, Secrets};
use ordain_workflows::order::{LatePayment, Settings};
use std::collections::BTreeMap;
use tonic::Status;

/// What is returned makes the account once its secrets are sealed.
pub(super) fn read(
    id: String,
    merchant: String,
    asked: proto::ProviderAccount,
) -> Result<(impl FnOnce(ordain_engine::Sealed<Secrets>) -> NewAccount, Secrets), Status> {
    let mut faults = Vec::new();
    let mut fault = |field: String, description: String| {
        faults.push(FieldFault { field, description, reason: FaultReason::Invalid });
    };
    let Some(provider) = ordain_providers::find(&asked.provider) else {
        let description = format!("one of {}", ordain_providers::ids().collect::<Vec<_>>().join(", "));
        return Err(refusal::field("provider_account.provider", description));
    };
    let environment = match asked.environment() {
        proto::Environment::Live => Environment::Live,
        proto::Environment::Sandbox => Environment::Sandbox,
        proto::Environment::Simulated => Environment::Simulated,
        proto::Environment::Unspecified => {
            fault("provider_account.environment".into(), "LIVE, SANDBOX or SIMULATED".into());
            Environment::Sandbox
        }
    };
    let table = &provider.spec().account;
    let default = |field: &AccountField| match environment {
        Environment::Live => field.live_default,
        Environment::Sandbox | Environment::Simulated => field.default,
    };
    let config = fields("config", (table.config, &default), asked.config, &mut fault);
    let secrets = fields("secrets", (table.secrets, &default), asked.secrets, &mut fault);
    let complete_after_s = asked.complete_after_seconds.map(|seconds| {
        u64::try_from(seconds).unwrap_or_else(|_| {
            fault("provider_account.complete_after_seconds".into(), "zero or more".into());
            0
        })
    });
    if !faults.is_empty() {
        return Err(refusal::fields(&faults));
    }
    let late_payment = match proto::LatePayment::try_from(asked.late_payment) {
        Ok(proto::LatePayment::AutoRefund) => LatePayment::AutoRefund,
        Ok(proto::LatePayment::Park) => LatePayment::Park,
        _ => LatePayment::Accept,
    };
    let amount_refunds = refunds_amounts(&config);
    let poll_scale = asked.poll_scale.max(1);
    let settings = Settings { complete_after_s, late_payment, poll_scale, amount_refunds };
    let provider = asked.provider;
    let new = move |secrets| NewAccount { id, merchant, provider, environment, config, secrets, settings };
    Ok((new, secrets.into_iter().map(|(name, value)| (name, Private::new(value))).collect()))
}

/// Takes the values that the table names, with its defaults; names what is missing and what is unknown.
fn fields(
    group: &str,
    (table, default): (&[AccountField], &impl Fn(&AccountField) -> Option<&'static str>),
    mut given: BTreeMap<String, String>,
    fault: &mut impl FnMut(String, String),
) -> BTreeMap<String, String> {
    let mut taken = BTreeMap::new();
    for field in table {
        match given.remove(field.name).or_else(|| default(field).map(str::to_owned)) {
            Some(value) => drop(taken.insert(field.name.to_owned(), value)),
            None => fault(
                format!("provider_account.{group}.{}", field.name),
                format!("required: {}", field.about),
            ),
        }
    }
    for unknown in given.into_keys() {
        let known: Vec<&str> = table.iter().map(|field| field.name).collect();
        fault(
            format!("provider_account.{group}.{unknown}"),
            format!("unknown; known are {}", known.join(", ")),
        );
    }
    taken
}
