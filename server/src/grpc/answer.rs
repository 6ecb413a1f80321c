//! From orders to answers: what a run shows, as the API spells it.

use super::{names, people};
use crate::books::{Books, BooksError, ShownOrder};
use jiff::Timestamp;
use ordain_proto::orders::v1 as proto;
use ordain_providers::call::NextAction;
use ordain_providers::{LineKind, Money};
use ordain_workflows::order::{
    Booked, CaptureStatus, Confirmation, LineState, Operation, OperationKind, OperationState, Order,
    OrderState, Origin, People, RefundStatus,
};

/// An order with its people opened. Where they were erased, the order is told without them.
pub(super) async fn order(books: &Books, shown: &ShownOrder) -> Result<proto::Order, BooksError> {
    let people = books.people(shown).await?.unwrap_or_default();
    let next_action = books.next_action(shown).await?;
    Ok(told(shown, &people, next_action))
}

/// An order, with what was opened of it.
pub(super) fn told(shown: &ShownOrder, people: &People, next_action: Option<NextAction>) -> proto::Order {
    let order = &shown.order;
    let name = names::order(&order.merchant, &order.id);
    let of_kind = |kind| order.operations.iter().filter(move |operation| operation.kind == kind);
    proto::Order {
        client_reference: order.client_reference.clone(),
        provider_account: names::account(&order.merchant, &order.account),
        state: state(order.state).into(),
        capture_status: capture_status(order.capture_status()).into(),
        refund_status: refund_status(order.refund_status()).into(),
        conditions: conditions(order),
        total: Some(money(order.total)),
        lines: order.lines.iter().map(|state| line(state, order)).collect(),
        amounts: Some(amounts(order)),
        customer: Some(people::customer(&people.customer)),
        billing_address: Some(people::address(&people.billing)),
        shipping_address: Some(people::address(&people.shipping_to)),
        return_url: order.return_url.clone().unwrap_or_default(),
        next_action: next_action.map(next),
        provider_refs: order.provider_refs.clone(),
        provider_options: order.provider_options.clone(),
        metadata: order.metadata.clone(),
        expire_time: Some(time(order.expires_at)),
        create_time: Some(time(order.created_at)),
        update_time: Some(time(order.updated_at)),
        sequence: i64::try_from(shown.row.seq).expect("a sequence stays below 2^63"),
        etag: shown.row.seq.to_string(),
        fulfilments: of_kind(OperationKind::Fulfilment).map(|it| fulfilment(&name, it)).collect(),
        refunds: of_kind(OperationKind::Refund).map(|it| refund(&name, it)).collect(),
        cancellations: of_kind(OperationKind::Cancellation).map(|it| cancellation(&name, it)).collect(),
        name,
    }
}

fn next(action: NextAction) -> proto::NextAction {
    match action {
        NextAction::Redirect { url } => proto::NextAction { redirect_url: url, ..Default::default() },
        NextAction::Qr { content } => proto::NextAction { qr_content: content, ..Default::default() },
        NextAction::App { parameters } => {
            proto::NextAction { app_parameters: parameters, ..Default::default() }
        }
    }
}

/// The API's word for a state.
pub(super) const fn state(state: OrderState) -> proto::OrderState {
    use proto::OrderState as P;
    match state {
        OrderState::Creating => P::Creating,
        OrderState::AwaitingCustomer => P::AwaitingCustomer,
        OrderState::PendingDecision => P::PendingDecision,
        OrderState::Authorized => P::Authorized,
        OrderState::Captured => P::Captured,
        OrderState::Completed => P::Completed,
        OrderState::Declined => P::Declined,
        OrderState::Cancelled => P::Cancelled,
        OrderState::Expired => P::Expired,
        OrderState::Failed => P::Failed,
    }
}

const fn capture_status(status: CaptureStatus) -> proto::CaptureStatus {
    match status {
        CaptureStatus::None => proto::CaptureStatus::None,
        CaptureStatus::Partial => proto::CaptureStatus::Partial,
        CaptureStatus::Full => proto::CaptureStatus::Full,
    }
}

/// What is only under way is told by the operations and by `reserved`; nothing has gone back yet.
const fn refund_status(status: RefundStatus) -> proto::RefundStatus {
    match status {
        RefundStatus::None | RefundStatus::Pending => proto::RefundStatus::None,
        RefundStatus::Partial => proto::RefundStatus::Partial,
        RefundStatus::Full => proto::RefundStatus::Full,
    }
}

fn conditions(order: &Order) -> Vec<proto::Condition> {
    let tell = |condition: &ordain_workflows::order::Condition| proto::Condition {
        r#type: condition.kind.as_str().into(),
        since: Some(time(condition.since)),
        reason: condition.subject.clone(),
        message: condition.message.clone(),
    };
    order.conditions.iter().map(tell).collect()
}

fn line(state: &LineState, order: &Order) -> proto::Line {
    let line = &state.line;
    let in_currency = |minor| Some(money(Money::of(order.currency, minor)));
    proto::Line {
        line_id: line.line_id.clone(),
        sku: line.sku.clone(),
        title: line.name.clone(),
        kind: line_kind(line.kind).into(),
        quantity: line.quantity.to_string(),
        unit_price: Some(money(line.unit_price)),
        tax_rate_basis_points: line.tax_rate_bp,
        total: Some(money(line.total)),
        image_url: line.image_url.clone().unwrap_or_default(),
        unit: line.unit.clone(),
        progress: Some(proto::LineProgress {
            fulfilled_quantity: state.fulfilled.quantity.to_string(),
            cancelled_quantity: state.cancelled.quantity.to_string(),
            refunded_quantity: state.refunded.quantity.to_string(),
            fulfilled: in_currency(state.fulfilled.minor),
            cancelled: in_currency(state.cancelled.minor),
            refunded: in_currency(state.refunded.minor),
        }),
    }
}

const fn line_kind(kind: LineKind) -> proto::LineKind {
    match kind {
        LineKind::Product => proto::LineKind::Product,
        LineKind::Service => proto::LineKind::Service,
        LineKind::Shipping => proto::LineKind::Shipping,
        LineKind::Fee => proto::LineKind::Fee,
        LineKind::Discount => proto::LineKind::Discount,
        LineKind::Rounding => proto::LineKind::Rounding,
    }
}

fn amounts(order: &Order) -> proto::Amounts {
    let amounts = order.amounts();
    let spec = ordain_providers::find(&order.provider).map(|provider| provider.spec());
    let refundable = spec.map_or_else(|| Money::zero(order.currency), |spec| order.refundable(spec));
    proto::Amounts {
        authorized: Some(money(amounts.authorized)),
        captured: Some(money(amounts.captured)),
        cancelled: Some(money(amounts.cancelled)),
        refunded: Some(money(amounts.refunded)),
        reserved: Some(money(amounts.reserved)),
        refundable: Some(money(refundable)),
    }
}

/// A shipment as the API spells it.
pub(super) fn fulfilment(order: &str, operation: &Operation) -> proto::Fulfilment {
    proto::Fulfilment {
        name: format!("{order}/fulfilments/{}", operation.id),
        lines: portions(operation),
        tracking: operation.tracking.as_ref().map(|tracking| proto::Tracking {
            carrier: tracking.carrier.clone(),
            number: tracking.number.clone(),
        }),
        amount: Some(money(operation.amount)),
        operation: Some(info(operation)),
    }
}

/// A refund as the API spells it.
pub(super) fn refund(order: &str, operation: &Operation) -> proto::Refund {
    proto::Refund {
        name: format!("{order}/refunds/{}", operation.id),
        lines: portions(operation),
        amount: Some(money(operation.amount)),
        reason: operation.reason.clone(),
        operation: Some(info(operation)),
        attempt: operation.attempt.clone().unwrap_or_default(),
    }
}

/// A cancellation as the API spells it.
pub(super) fn cancellation(order: &str, operation: &Operation) -> proto::Cancellation {
    proto::Cancellation {
        name: format!("{order}/cancellations/{}", operation.id),
        lines: portions(operation),
        amount: Some(money(operation.amount)),
        reason: operation.reason.clone(),
        operation: Some(info(operation)),
        attempt: operation.attempt.clone().unwrap_or_default(),
    }
}

pub(super) fn portions(operation: &Operation) -> Vec<proto::Portion> {
    let tell = |part: &Booked| proto::Portion {
        line_id: part.line_id.clone(),
        quantity: part.quantity.to_string(),
        amount: Some(money(Money::of(operation.amount.currency, part.minor))),
    };
    operation.portions.iter().map(tell).collect()
}

fn info(operation: &Operation) -> proto::OperationInfo {
    let failure = operation.failure.as_ref().map(|failure| proto::Failure {
        category: match (operation.state, failure.code.as_str()) {
            (OperationState::NotSent, _) => "NOT_SENT",
            (_, "SKIPPED") => "ABANDONED",
            _ => "REFUSED",
        }
        .into(),
        provider_code: failure.code.clone(),
        message: failure.message.clone(),
    });
    proto::OperationInfo {
        state: operation_state(operation.state).into(),
        unconfirmable: operation.confirmation == Some(Confirmation::AcceptedUnconfirmable),
        origin: match operation.origin {
            Origin::Ours => "OURS".into(),
            Origin::Provider => "PROVIDER".into(),
        },
        create_time: Some(time(operation.created_at)),
        update_time: Some(time(operation.updated_at)),
        request_id: operation.request_id.clone(),
        failure,
    }
}

const fn operation_state(state: OperationState) -> proto::OperationState {
    use proto::OperationState as P;
    match state {
        OperationState::Requested => P::Requested,
        OperationState::Submitting => P::Submitting,
        OperationState::Pending => P::Pending,
        OperationState::Succeeded => P::Succeeded,
        OperationState::Failed => P::Failed,
        OperationState::Unknown => P::Unknown,
        OperationState::NotSent => P::NotSent,
        OperationState::Reversed => P::Reversed,
    }
}

pub(super) fn money(money: Money) -> proto::Money {
    proto::Money { currency_code: money.currency.code().into(), minor_units: money.minor }
}

/// A time as the API spells it.
pub(super) fn time(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}
