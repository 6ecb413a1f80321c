//! Accepting an order: read, checked by our rules and by the provider's codec, then started once.

use super::{Api, actor, answer, names, refusal, request_id, wait, wire};
use crate::books::{OpenAccount, ShownOrder, clock_of, place};
use crate::grpc::people;
use jiff::Timestamp;
use ordain_engine::store::{RunRow, RunStatus, Started};
use ordain_engine::vault::DataKey;
use ordain_engine::{RunId, StartOutcome, StartRequest, Workflow as _};
use ordain_proto::orders::v1 as proto;
use ordain_providers::FieldFault;
use ordain_workflows::OrderWorkflow;
use ordain_workflows::account_workflow::AccountState;
use ordain_workflows::order::{NewOrder, Order};
use ordain_workflows::order_workflow::OrderInput;
use tonic::{Code, Request, Status};

pub(super) async fn create(
    api: &Api,
    request: Request<proto::CreateOrderRequest>,
) -> Result<proto::CreateOrderResponse, Status> {
    let (actor, waiting) = (actor(&request), wait::Wait::of(request.get_ref().wait, request.metadata()));
    let request = request.into_inner();
    let merchant = names::merchant("parent", &request.parent)?;
    let request_id = request_id(&request.request_id)?;
    let bare = proto::CreateOrderRequest { request_id: String::new(), wait: 0, ..request.clone() };
    let fingerprint = api.fingerprint("CreateOrder", &bare);

    let run = api.engine.new_run_id();
    let key = api.engine.new_data_key(run);
    let (new, clock, now) = accept(api, &merchant, request.order.unwrap_or_default(), (run, &key)).await?;
    if request.validate_only {
        return preview(new, now, (run, &key));
    }
    let client_reference = new.client_reference.clone();
    let start = StartRequest {
        run,
        workflow: OrderWorkflow::NAME.into(),
        workflow_version: OrderWorkflow::VERSION,
        input: serde_json::to_vec(&OrderInput::New(Box::new(new))).expect("an order is plain data"),
        data_key: key,
        tenant: names::tenant_of(&merchant),
        request_id: request_id.clone(),
        label: client_reference.clone(),
        fingerprint: fingerprint.clone(),
        actor,
        clock,
    };
    let name = names::order(&merchant, &run.to_string());
    let outcome = api.engine.start(start).await.map_err(|error| refusal::from_call(&name, &error))?;
    let (run, replayed) = match outcome {
        StartOutcome::Began => (run, false),
        StartOutcome::Exists(started) => {
            (known(&started, &request_id, &fingerprint, (&merchant, &client_reference))?, true)
        }
    };
    let shown = waiting.for_order(api, run, wait::opened).await?;
    Ok(proto::CreateOrderResponse { order: Some(api.told(&shown).await?), replayed })
}

/// The run that holds the request id or the client reference, if it is the same request.
fn known(
    started: &Started,
    request_id: &str,
    fingerprint: &[u8],
    (merchant, client_reference): (&str, &str),
) -> Result<RunId, Status> {
    let name = names::order(merchant, &started.run.to_string());
    if started.request_id != request_id {
        let message = format!("the client reference is taken by {name}");
        return Err(refusal::taken(
            "CLIENT_REFERENCE_TAKEN",
            "ordain.orders.v1.Order",
            client_reference,
            &message,
        ));
    }
    if started.fingerprint != fingerprint {
        return Err(refusal::request_id_reused(&name));
    }
    Ok(started.run)
}

/// An order that may be opened, on which clock, and what time it is there.
type Accepted = (NewOrder, Option<RunId>, Timestamp);

async fn accept(
    api: &Api,
    merchant: &str,
    asked: proto::Order,
    (run, key): (RunId, &DataKey),
) -> Result<Accepted, Status> {
    let mut faults = wire::Faults::default();
    let read = wire::order(merchant, &asked, &mut faults);
    if read.account.is_empty() {
        return Err(refusal::fields(&faults.0));
    }
    let account = account(api, merchant, &read.account).await?;
    let clock = clock_of(&account.account);
    let now = api.books.now_at(&account.account).await.map_err(|error| refusal::from_books(&error))?;
    people::check(&read.people, now, &mut faults);
    let provider = ordain_providers::find(&account.account.new.provider).ok_or_else(|| {
        refusal::status(Code::Internal, "PROVIDER_MISSING", "this build lacks the account's provider")
    })?;
    let new = NewOrder {
        id: run.to_string(),
        merchant: merchant.to_owned(),
        account: read.account,
        provider: account.account.new.provider.clone(),
        client_reference: read.client_reference,
        currency: read.total.currency,
        total: read.total,
        lines: read.lines,
        people: key.seal(place::PEOPLE, &read.people),
        provider_options: asked.provider_options,
        return_url: (!asked.return_url.is_empty()).then_some(asked.return_url),
        metadata: asked.metadata,
        expires_at: read.expires_at,
        settings: account.account.new.settings,
    };
    let mut faults = faults.0;
    let found = new.validate(now, provider.spec());
    // Codecs add up what our rules have bounded; amounts beyond the bounds are not theirs to judge.
    let bounded = !found.iter().any(|fault| fault.field.contains("lines") || fault.field.contains("total"));
    add_new(&mut faults, found);
    if bounded {
        let (order, _) = Order::open(new.clone(), now, provider.spec());
        add_new(&mut faults, provider.check(&order.content(&read.people)));
    }
    if faults.is_empty() { Ok((new, clock, now)) } else { Err(refusal::fields(&faults)) }
}

/// Adds what a further check found, all of it, but for fields that an earlier one found at fault: what could not be read
/// was checked with something in its place.
fn add_new(faults: &mut Vec<FieldFault>, found: Vec<FieldFault>) {
    let found = found.into_iter().map(|fault| FieldFault { field: as_in_api(&fault.field), ..fault });
    let is_known =
        |field: &str, known: &FieldFault| field.starts_with(&known.field) || known.field.starts_with(field);
    let new = found.filter(|fault| !faults.iter().any(|known| is_known(&fault.field, known)));
    let new: Vec<_> = new.collect();
    faults.extend(new);
}

/// The rules' names of fields where the API's differ.
fn as_in_api(field: &str) -> String {
    field.replace(".name", ".title").replace(".tax_rate", ".tax_rate_basis_points")
}

async fn account(api: &Api, merchant: &str, id: &str) -> Result<OpenAccount, Status> {
    let name = names::account(merchant, id);
    let account = api.books.account(id).await.map_err(|error| refusal::from_books(&error))?;
    let account = account.filter(|account| account.account.new.merchant == merchant).ok_or_else(|| {
        refusal::not_found("PROVIDER_ACCOUNT_NOT_FOUND", "ordain.accounts.v1.ProviderAccount", &name)
    })?;
    match account.account.state {
        AccountState::Active => Ok(account),
        AccountState::Verifying => Err(refusal::status(
            Code::FailedPrecondition,
            "ACCOUNT_DISABLED",
            format!(
                "the credentials of {name} are still being checked at the provider: try again in a moment"
            ),
        )),
        AccountState::Refused | AccountState::Disabled => Err(refusal::status(
            Code::FailedPrecondition,
            "ACCOUNT_DISABLED",
            format!("{name} is not active: {}", account.account.message),
        )),
    }
}

/// The order as it would be. Nothing is stored.
fn preview(
    new: NewOrder,
    now: Timestamp,
    (run, key): (RunId, &DataKey),
) -> Result<proto::CreateOrderResponse, Status> {
    let spec = ordain_providers::find(&new.provider).expect("it was just checked").spec();
    let (order, _) = Order::open(new, now, spec);
    let people =
        key.open(place::PEOPLE, &order.people).map_err(|error| refusal::from_books(&error.into()))?;
    let row = RunRow {
        run,
        workflow: OrderWorkflow::NAME.into(),
        version: OrderWorkflow::VERSION,
        status: RunStatus::Open,
        reason: String::new(),
        seq: 0,
        since: 0,
        attributes: ordain_engine::store::Attributes::default(),
        clock: String::new(),
        created: 0,
        updated: 0,
        wake_at: None,
        timer_at: None,
        view: Vec::new(),
    };
    let shown = ShownOrder { run, row, order };
    let order =
        proto::Order { name: String::new(), etag: String::new(), ..answer::told(&shown, &people, None) };
    Ok(proto::CreateOrderResponse { order: Some(order), replayed: false })
}

#[cfg(test)]
mod tests {
    use super::add_new;
    use ordain_providers::{FaultReason, FieldFault};

    fn fault(field: &str, description: &str) -> FieldFault {
        FieldFault {
            field: field.to_owned(),
            description: description.to_owned(),
            reason: FaultReason::Invalid,
        }
    }

    #[test]
    fn one_check_tells_all_of_a_field_and_a_later_one_nothing_more() {
        let mut faults = vec![fault("order.lines[0].sku", "is no text")];
        let (amount, memo) = (fault("order.sharing", "`[0].amount`"), fault("order.sharing", "`[0].memo`"));
        add_new(&mut faults, vec![fault("order.lines", "too many"), amount.clone(), memo.clone()]);
        add_new(&mut faults, vec![fault("order.sharing", "once more")]);
        assert_eq!(faults, [fault("order.lines[0].sku", "is no text"), amount, memo]);
    }
}
