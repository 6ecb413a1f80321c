//! An order as people read it.

use crate::cli::output::{Cell, Output, Paint, Table};
use crate::cli::{money, names, time};
use ordain_proto::orders::v1::{
    Amounts, Line, LineProgress, Money, OperationInfo, OperationState, Order, OrderState,
};

/// `AUTHORIZED`.
#[must_use]
pub fn state_word(state: OrderState) -> &'static str {
    word(state.as_str_name(), "ORDER_STATE_")
}

/// `SUCCEEDED`.
#[must_use]
pub fn operation_word(state: OperationState) -> &'static str {
    word(state.as_str_name(), "OPERATION_STATE_")
}

/// How a state looks: well, waiting, or over without money.
#[must_use]
pub const fn state_paint(state: OrderState) -> Paint {
    match state {
        OrderState::Authorized | OrderState::Captured | OrderState::Completed => Paint::Good,
        OrderState::Failed | OrderState::Declined => Paint::Bad,
        OrderState::Cancelled | OrderState::Expired => Paint::Dim,
        _ => Paint::Warn,
    }
}

/// Prints everything about an order.
pub fn order(output: &Output, order: &Order) {
    let state = output.paint(state_paint(order.state()), state_word(order.state()));
    output.line(format!("{}  {state}", output.paint(Paint::Bold, names::last(&order.name))));
    output.pairs(&facts(order));
    conditions(output, order);
    output.table(&lines(order));
    output.table(&operations(order));
}

/// Orders under each other.
#[must_use]
pub fn listing(orders: &[Order]) -> Table {
    let mut table =
        Table::new(&["order", "state", "reference", "total", "refunded", "created", "conditions"]);
    for order in orders {
        let conditions: Vec<&str> =
            order.conditions.iter().map(|condition| condition.r#type.as_str()).collect();
        table.row(vec![
            Cell::new(names::last(&order.name)),
            Cell::new(state_word(order.state())).painted(state_paint(order.state())),
            Cell::new(&order.client_reference),
            Cell::number(money::show(order.total.as_ref())),
            Cell::number(nonzero(order.amounts.as_ref().and_then(|amounts| amounts.refunded.as_ref()))),
            Cell::new(time::instant(order.create_time.as_ref())),
            Cell::new(conditions.join(" ")).painted(Paint::Warn),
        ]);
    }
    table
}

fn facts(order: &Order) -> Vec<(&'static str, String)> {
    let amounts = order.amounts.clone().unwrap_or_default();
    let Amounts { authorized, captured, cancelled, refunded, reserved, refundable } = amounts;
    let refs: Vec<String> =
        order.provider_refs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    vec![
        ("name", order.name.clone()),
        ("reference", order.client_reference.clone()),
        ("account", names::last(&order.provider_account).to_owned()),
        ("provider refs", refs.join(" ")),
        ("total", money::show(order.total.as_ref())),
        ("authorized", nonzero(authorized.as_ref())),
        ("captured", nonzero(captured.as_ref())),
        ("cancelled", nonzero(cancelled.as_ref())),
        ("refunded", nonzero(refunded.as_ref())),
        ("reserved", nonzero(reserved.as_ref())),
        ("refundable", nonzero(refundable.as_ref())),
        ("created", time::instant(order.create_time.as_ref())),
        ("updated", time::instant(order.update_time.as_ref())),
        ("expires", time::instant(order.expire_time.as_ref().filter(|_| !is_paid(order)))),
        ("sequence", order.sequence.to_string()),
        ("etag", order.etag.clone()),
    ]
}

fn is_paid(order: &Order) -> bool {
    matches!(order.state(), OrderState::Authorized | OrderState::Captured | OrderState::Completed)
}

fn conditions(output: &Output, order: &Order) {
    for condition in &order.conditions {
        let kind = output.paint(Paint::Warn, &condition.r#type);
        let reason =
            if condition.reason.is_empty() { String::new() } else { format!(" ({})", condition.reason) };
        output.line(format!("  ! {kind}{reason} {}", condition.message));
    }
}

fn lines(order: &Order) -> Table {
    let mut table = Table::new(&["line", "sku", "title", "quantity", "price", "total", "became"]);
    for line in &order.lines {
        table.row(vec![
            Cell::new(&line.line_id),
            Cell::new(&line.sku),
            Cell::new(&line.title),
            Cell::number(&line.quantity),
            Cell::number(line.unit_price.as_ref().map(money::digits).unwrap_or_default()),
            Cell::number(line.total.as_ref().map(money::digits).unwrap_or_default()),
            Cell::new(progress(line)).painted(Paint::Dim),
        ]);
    }
    table
}

fn progress(line: &Line) -> String {
    let LineProgress { fulfilled_quantity, cancelled_quantity, refunded_quantity, .. } =
        line.progress.clone().unwrap_or_default();
    let parts =
        [("shipped", fulfilled_quantity), ("cancelled", cancelled_quantity), ("refunded", refunded_quantity)];
    let parts = parts.iter().filter(|(_, quantity)| !quantity.is_empty() && quantity != "0");
    parts.map(|(what, quantity)| format!("{quantity} {what}")).collect::<Vec<_>>().join(", ")
}

fn operations(order: &Order) -> Table {
    let mut table = Table::new(&["operation", "id", "amount", "state", "about"]);
    let mut add =
        |what: &str, name: &str, amount: Option<&Money>, info: Option<&OperationInfo>, about: &str| {
            let state = info.map_or(OperationState::Unspecified, OperationInfo::state);
            let failure = info.and_then(|info| info.failure.as_ref()).map(|failure| failure.message.as_str());
            table.row(vec![
                Cell::new(what),
                Cell::new(names::last(name)),
                Cell::number(money::show(amount)),
                Cell::new(operation_word(state)).painted(operation_paint(state)),
                Cell::new(failure.unwrap_or(about)),
            ]);
        };
    for it in &order.fulfilments {
        let parcel = it.tracking.as_ref().map(|parcel| format!("{} {}", parcel.carrier, parcel.number));
        add("shipment", &it.name, it.amount.as_ref(), it.operation.as_ref(), &parcel.unwrap_or_default());
    }
    for it in &order.refunds {
        let about = about(&it.reason, &it.attempt);
        add("refund", &it.name, it.amount.as_ref(), it.operation.as_ref(), &about);
    }
    for it in &order.cancellations {
        let about = about(&it.reason, &it.attempt);
        add("cancellation", &it.name, it.amount.as_ref(), it.operation.as_ref(), &about);
    }
    table
}

/// Why, and of which attempt, if it is not the order's own.
fn about(reason: &str, attempt: &str) -> String {
    if attempt.is_empty() { reason.to_owned() } else { format!("attempt {attempt}: {reason}") }
}

const fn operation_paint(state: OperationState) -> Paint {
    match state {
        OperationState::Succeeded => Paint::Good,
        OperationState::Failed | OperationState::Unknown => Paint::Bad,
        OperationState::NotSent | OperationState::Reversed => Paint::Dim,
        _ => Paint::Warn,
    }
}

fn nonzero(money: Option<&Money>) -> String {
    money::show(money.filter(|money| money.minor_units != 0))
}

fn word(name: &'static str, prefix: &str) -> &'static str {
    name.strip_prefix(prefix).unwrap_or(name)
}
