//! What an operation would do: the command is tried on a copy of the order, which is thrown away.

use super::{change, wish};
use crate::grpc::{Api, answer, refusal};
use ordain_proto::orders::v1 as proto;
use ordain_proto::orders::v1::preview_operation_request::Operation as Asked;
use ordain_workflows::order::{CommandId, Refusal};
use tonic::Status;

/// Tries an operation.
pub(super) async fn preview(
    api: &Api,
    request: &proto::PreviewOperationRequest,
) -> Result<proto::PreviewOperationResponse, Status> {
    let shown = api.shown("name", &request.name).await?;
    let command = match &request.operation {
        Some(Asked::Fulfilment(asked)) => wish::fulfil(&shown.order, asked)?,
        Some(Asked::Refund(asked)) => wish::refund(&shown.order, asked)?,
        Some(Asked::Cancellation(asked)) => wish::cancel(&shown.order, asked)?,
        None => return Err(refusal::field("operation", "a fulfilment, a refund or a cancellation")),
    };
    let Some(provider) = ordain_providers::find(&shown.order.provider) else {
        return Err(refusal::field("name", "this build lacks the order's provider"));
    };
    change::rehearse(api, &shown, &command).await?;
    let now = api.books.now_for(&shown.row).await.map_err(|error| refusal::from_books(&error))?;
    let mut copy = shown.order.clone();
    let id = CommandId { operation: "preview", request: "" };
    let tried = copy.command(id, &command, now, provider.spec());
    let allowed_methods = shown.order.allowed(provider.spec());
    Ok(match tried {
        Ok(_) => {
            let operation = copy.operation("preview");
            proto::PreviewOperationResponse {
                allowed: true,
                amount: operation.map(|operation| answer::money(operation.amount)),
                allocation: operation.map(answer::portions).unwrap_or_default(),
                blockers: Vec::new(),
                allowed_methods,
            }
        }
        Err(refused) => proto::PreviewOperationResponse {
            blockers: vec![blocker(refused)],
            allowed_methods,
            ..Default::default()
        },
    })
}

fn blocker(refused: Refusal) -> proto::Blocker {
    let reason = refusal::reason_of(refused.reason).to_owned();
    proto::Blocker { reason, field: refused.field, message: refused.message }
}
