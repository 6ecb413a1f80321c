//! Requests that are no good: a code, a reason, the field, and nothing stored.

use ordain_proto::orders::v1::{
    CancelOrderRequest, CreateOrderRequest, CreateRefundRequest, GetOrderRequest, LineKind,
    ListOrdersRequest, Order, Refund,
};
use ordain_tests::basket::{self, MERCHANT, line, pence, portion};
use ordain_tests::world::{World, create_request, new_id, refund_request};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Compares code, reason and the field or resource that a refusal names.
#[track_caller]
fn check(what: &str, refused: &Status, expected: (Code, &str, &str)) {
    let details = refused.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
    let fields = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    let (code, wanted, field) = expected;
    assert_eq!((refused.code(), reason.as_str()), (code, wanted), "{what}: {refused:?}");
    let named = field.is_empty() || fields.iter().any(|fault| fault.field == field);
    assert!(named, "{what}: no fault of {field} among {fields:?}");
}

/// What is wrong, the change that makes it so, the reason and the field.
type BadOrder = (&'static str, fn(&mut Order), &'static str, &'static str);

const BAD_ORDERS: [BadOrder; 16] = [
    ("other currency", |order| in_euros(order), "CURRENCY_NOT_SUPPORTED", "order.total.currency_code"),
    (
        "no currency",
        |order| order.total.as_mut().unwrap().currency_code.clear(),
        "CURRENCY_NOT_SUPPORTED",
        "order.total.currency_code",
    ),
    (
        "total above the lines",
        |order| order.total = Some(pence(basket::TOTAL + 1)),
        "VALIDATION_FAILED",
        "order.total",
    ),
    ("no total", |order| order.total = None, "VALIDATION_FAILED", "order.total"),
    ("no lines", |order| order.lines.clear(), "VALIDATION_FAILED", "order.lines"),
    ("half a bulb", |order| half_a_bulb(order), "VALIDATION_FAILED", "order.lines[1].quantity"),
    (
        "a quantity in words",
        |order| order.lines[0].quantity = "one".to_owned(),
        "VALIDATION_FAILED",
        "order.lines[0].quantity",
    ),
    (
        "minus one lamp",
        |order| order.lines[0].quantity = "-1".to_owned(),
        "VALIDATION_FAILED",
        "order.lines[0].quantity",
    ),
    (
        "the same article twice",
        |order| order.lines[1].sku = order.lines[0].sku.clone(),
        "VALIDATION_FAILED",
        "order.lines[1].sku",
    ),
    ("the same line twice", |order| same_line_ids(order), "VALIDATION_FAILED", "order.lines[1].line_id"),
    (
        "a price that is not the total",
        |order| order.lines[1].unit_price = Some(pence(651)),
        "AMOUNT_NOT_REPRESENTABLE",
        "order.lines[1].total",
    ),
    (
        "sums beyond all amounts",
        |order| order.lines[0].total = Some(pence(i64::MAX)),
        "VALIDATION_FAILED",
        "order.lines[0].total",
    ),
    ("no customer", |order| order.customer = None, "VALIDATION_FAILED", "order.customer"),
    (
        "a day of birth to come",
        |order| order.customer.as_mut().expect("somebody buys").birth_date = "2999-01-01".to_owned(),
        "VALIDATION_FAILED",
        "order.customer.birth_date",
    ),
    ("no reference", |order| order.client_reference.clear(), "VALIDATION_FAILED", "order.client_reference"),
    (
        "an end in the past",
        |order| order.expire_time = Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
        "VALIDATION_FAILED",
        "order.expire_time",
    ),
];

fn in_euros(order: &mut Order) {
    let lines = order.lines.iter_mut().flat_map(|line| [&mut line.unit_price, &mut line.total]);
    for money in lines.chain([&mut order.total]).flatten() {
        money.currency_code = "EUR".to_owned();
    }
}

fn half_a_bulb(order: &mut Order) {
    order.lines[1].quantity = "0.5".to_owned();
    order.lines[1].total = Some(pence(325));
    order.total = Some(pence(4_900 + 325 + 495));
}

fn same_line_ids(order: &mut Order) {
    order.lines[0].line_id = "1".to_owned();
    order.lines[1].line_id = "1".to_owned();
}

async fn orders(world: &World) -> usize {
    let request =
        ListOrdersRequest { parent: MERCHANT.to_owned(), page_size: 1_000, ..ListOrdersRequest::default() };
    world.orders().list_orders(request).await.unwrap().into_inner().orders.len()
}

#[tokio::test]
async fn bad_orders_are_refused_by_field_and_nothing_is_stored() {
    let world = World::new().await;
    for (what, spoil, reason, field) in BAD_ORDERS {
        let mut order = basket::order();
        spoil(&mut order);
        let refused = world.ask(order).await.expect_err(what);
        check(what, &refused, (Code::InvalidArgument, reason, field));
    }
    assert_eq!(orders(&world).await, 0);
}

#[tokio::test]
async fn every_fault_is_told_at_once() {
    let world = World::new().await;
    // A missing message, a rule of ours, and something that DivideBuy's wire cannot say.
    let mut order = Order { customer: None, client_reference: String::new(), ..basket::order() };
    order.lines[0].quantity = "0.5".into();
    let refused = world.ask(order).await.unwrap_err();
    let faults = refused.get_details_bad_request().unwrap().field_violations;
    for field in ["order.customer", "order.client_reference", "order.lines[0].quantity"] {
        let told = faults.iter().filter(|fault| fault.field == field).count();
        assert_eq!(told, 1, "{field} in {faults:?}");
    }
}

#[tokio::test]
async fn account_is_of_this_merchant_and_exists() {
    let world = World::new().await;
    for (account, expected) in [
        ("merchants/demo/accounts/nobody", (Code::NotFound, "PROVIDER_ACCOUNT_NOT_FOUND", "")),
        (
            "merchants/other/accounts/demo-dividebuy",
            (Code::InvalidArgument, "VALIDATION_FAILED", "order.provider_account"),
        ),
        ("demo-dividebuy", (Code::InvalidArgument, "VALIDATION_FAILED", "order.provider_account")),
    ] {
        let order = Order { provider_account: account.to_owned(), ..basket::order() };
        check(account, &world.ask(order).await.unwrap_err(), expected);
    }
    assert_eq!(orders(&world).await, 0);
}

#[tokio::test]
async fn names_are_names() {
    let world = World::new().await;
    for (name, expected) in [
        ("", (Code::InvalidArgument, "VALIDATION_FAILED", "name")),
        ("orders/1", (Code::InvalidArgument, "VALIDATION_FAILED", "name")),
        ("merchants/demo/orders/../../etc/passwd", (Code::NotFound, "ORDER_NOT_FOUND", "")),
        ("merchants/demo/orders/01ARZ3NDEKTSV4RRFFQ69G5FAV", (Code::NotFound, "ORDER_NOT_FOUND", "")),
    ] {
        let refused = world.orders().get_order(GetOrderRequest { name: name.to_owned() }).await.unwrap_err();
        check(name, &refused, expected);
    }
}

#[tokio::test]
async fn orders_of_another_merchant_do_not_exist() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let name = order.name.replace("merchants/demo/", "merchants/other/");
    let refused = world.orders().get_order(GetOrderRequest { name: name.clone() }).await.unwrap_err();
    check("get", &refused, (Code::NotFound, "ORDER_NOT_FOUND", ""));
    let request = CancelOrderRequest { name, request_id: new_id(), ..CancelOrderRequest::default() };
    let refused = world.orders().cancel_order(request).await.unwrap_err();
    check("cancel", &refused, (Code::NotFound, "ORDER_NOT_FOUND", ""));
}

#[tokio::test]
async fn same_reference_or_request_id_for_something_else_is_taken() {
    let world = World::new().await;
    let request = create_request(basket::order());
    world.orders().create_order(request.clone()).await.unwrap();
    let same_reference = CreateOrderRequest { request_id: new_id(), ..request.clone() };
    let refused = world.orders().create_order(same_reference).await.unwrap_err();
    check("reference", &refused, (Code::AlreadyExists, "CLIENT_REFERENCE_TAKEN", ""));
    let other_body = CreateOrderRequest { order: Some(basket::order()), ..request };
    let refused = world.orders().create_order(other_body).await.unwrap_err();
    check("request id", &refused, (Code::AlreadyExists, "REQUEST_ID_REUSED", ""));
    assert_eq!(orders(&world).await, 1);
}

#[tokio::test]
async fn request_id_is_a_uuid() {
    let world = World::new().await;
    let request = CreateOrderRequest { request_id: "again".to_owned(), ..create_request(basket::order()) };
    let refused = world.orders().create_order(request).await.unwrap_err();
    check("request id", &refused, (Code::InvalidArgument, "VALIDATION_FAILED", "request_id"));
}

#[tokio::test]
async fn validating_stores_nothing() {
    let world = World::new().await;
    let request = CreateOrderRequest { validate_only: true, ..create_request(basket::order()) };
    world.orders().create_order(request).await.unwrap();
    let bad = Order { total: Some(pence(1)), ..basket::order() };
    let request = CreateOrderRequest { validate_only: true, ..create_request(bad) };
    let refused = world.orders().create_order(request).await.unwrap_err();
    check("total", &refused, (Code::InvalidArgument, "VALIDATION_FAILED", "order.total"));
    assert_eq!(orders(&world).await, 0);
}

#[tokio::test]
async fn refunds_stay_within_what_may_be_refunded() {
    let world = World::new().await;
    let order = world.paid().await;
    let ask = async |lines: &[_], amount| {
        let mut request = refund_request(&order.name, lines);
        request.refund.as_mut().unwrap().amount = amount;
        world.orders().create_refund(request).await.unwrap_err()
    };
    let refused = ask(&[portion("2", "3")], None).await;
    check("three of two", &refused, (Code::FailedPrecondition, "AMOUNT_EXCEEDS_REMAINING", ""));
    let refused = ask(&[portion("9", "1")], None).await;
    assert_eq!(refused.code(), Code::InvalidArgument, "no such line: {refused:?}");
    let refused = ask(&[portion("2", "1")], Some(pence(651))).await;
    check("a penny too much", &refused, (Code::InvalidArgument, "VALIDATION_FAILED", "refund.amount"));
    let refused = ask(&[], Some(pence(basket::TOTAL + 1))).await;
    check("more than all", &refused, (Code::FailedPrecondition, "AMOUNT_EXCEEDS_REMAINING", ""));
    assert!(world.entries(&order, "refund").await.is_empty());
    assert!(world.order(&order.name).await.refunds.is_empty());
}

#[tokio::test]
async fn unpaid_order_moves_no_money() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let refused = world.refund(&order.name, &[]).await.unwrap_err();
    check("refund", &refused, (Code::FailedPrecondition, "ILLEGAL_TRANSITION", ""));
    let refused = world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap_err();
    check("parcel", &refused, (Code::FailedPrecondition, "ILLEGAL_TRANSITION", ""));
    assert_eq!(world.order(&order.name).await.etag, order.etag, "a refusal is not stored as a change");
}

#[tokio::test]
async fn stale_etag_is_refused() {
    let world = World::new().await;
    let order = world.paid().await;
    world.fulfil(&order.name, &[portion("1", "1")], "PARCEL-1").await.unwrap();
    let request = CreateRefundRequest {
        etag: order.etag,
        refund: Some(Refund { reason: "broken".to_owned(), ..Refund::default() }),
        ..refund_request(&order.name, &[])
    };
    let refused = world.orders().create_refund(request).await.unwrap_err();
    check("etag", &refused, (Code::Aborted, "ETAG_MISMATCH", ""));
}

#[tokio::test]
async fn oversized_request_is_refused_unread() {
    let world = World::new().await;
    let mut order = basket::order();
    order.lines.push(line(LineKind::Product, ("X", &"x".repeat(2 << 20)), (1, 0)));
    let refused = world.ask(order).await.unwrap_err();
    assert!(matches!(refused.code(), Code::OutOfRange | Code::ResourceExhausted), "{refused:?}");
    assert_eq!(orders(&world).await, 0);
}
