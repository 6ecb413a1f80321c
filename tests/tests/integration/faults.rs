//! Everything that a simulated provider can say or do wrong, and where the order is in the end: where the money is.

use ordain_proto::orders::v1::{OperationState, Order, OrderState};
use ordain_tests::basket;
use ordain_tests::checkout::Button;
use ordain_tests::world::{World, has};
use serde_json::{Value, json};

/// An order at the provider's account of `dev`, in its currency.
fn order_at(provider: &str) -> Order {
    let (currency, per_penny) = match provider {
        "divit" => ("HKD", 10),
        "payby" => ("AED", 5),
        "kredivo" => ("IDR", 20_000),
        _ => ("GBP", 1),
    };
    let mut order = basket::order_at(&format!("demo-{provider}"), currency, per_penny);
    if provider == "kredivo" {
        // Kredivo takes numbers of Indonesia alone.
        order.customer.as_mut().expect("somebody buys").phone = "+6285694566147".to_owned();
    }
    order
}

/// A shopper who approved and came back, while this goes wrong at the provider.
async fn approved(provider: &str, rules: &[Value]) -> (World, Order) {
    let world = World::new().await;
    world.account_is_active(&order_at(provider).provider_account).await;
    for rule in rules {
        world.fault_at(provider, rule).await;
    }
    let order =
        world.ask(order_at(provider)).await.expect("the order is a good one").order.expect("it is there");
    let order = world.until(&order.name, "a checkout", |order| order.next_action.is_some()).await;
    let back = world.press(&order, Button::Approve).await;
    world.browser.open(&back).await;
    (world, order)
}

/// Every penny in our book is in the providers' ledgers, and the other way round.
fn books_agree(world: &World) {
    let verdict = world.command(&["check", "--json"]);
    let text = String::from_utf8_lossy(&verdict.stdout).into_owned();
    assert!(verdict.status.success(), "{text}{}", String::from_utf8_lossy(&verdict.stderr));
}

/// The order gets there all the same, and nothing of the fault remains.
async fn check(provider: &str, rules: &[Value], expected: OrderState) -> (World, Order) {
    let (world, order) = approved(provider, rules).await;
    let calm = |order: &Order| order.state() == expected && order.conditions.is_empty();
    let order = world.until(&order.name, expected.as_str_name(), calm).await;
    books_agree(&world);
    (world, order)
}

fn rule(operation: &str, kind: &str) -> Value {
    json!({"operation": operation, "kind": kind})
}

#[tokio::test]
async fn message_with_a_bad_signature_is_not_believed_and_the_provider_is_asked() {
    check("divit", &[rule("webhook", "bad_signature")], OrderState::Completed).await;
}

#[tokio::test]
async fn answer_with_a_bad_signature_is_none_and_is_asked_for_again() {
    let twice = json!({"operation": "get_order", "kind": "bad_signature", "times": 2});
    check("payby", &[rule("webhook", "drop_webhook"), twice], OrderState::Completed).await;
}

#[tokio::test]
async fn message_under_another_key_is_not_believed_and_the_provider_is_asked() {
    check("payby", &[rule("webhook", "wrong_key")], OrderState::Completed).await;
    check("dividebuy", &[rule("webhook", "wrong_key")], OrderState::Authorized).await;
}

#[tokio::test]
async fn messages_in_the_wrong_order_lead_to_the_right_end() {
    check("divido", &[rule("webhook", "reorder_webhooks")], OrderState::Authorized).await;
}

#[tokio::test]
async fn late_message_finds_that_it_is_known() {
    let late = json!({"operation": "webhook", "kind": "delay_webhook", "delay_ms": 1_000});
    check("kredivo", &[late], OrderState::Completed).await;
}

#[tokio::test]
async fn message_that_overtakes_its_answer_moves_the_money_once() {
    let faults = [rule("return", "webhook_before_response"), rule("refund", "webhook_before_response")];
    let (world, order) = check("payby", &faults, OrderState::Completed).await;
    world.refund(&order.name, &[basket::portion("1", "1")]).await.expect("it can be refunded");
    let done = |order: &Order| {
        let states = order.refunds.iter().filter_map(|refund| refund.operation.as_ref());
        states.map(|operation| operation.state()).eq([OperationState::Succeeded])
    };
    world.until(&order.name, "the refund to end", done).await;
    books_agree(&world);
}

#[tokio::test]
async fn answer_from_before_the_payment_is_asked_for_again() {
    let stale = json!({"operation": "*", "kind": "stale_status", "reads": 2});
    check("dividebuy", std::slice::from_ref(&stale), OrderState::Authorized).await;
    check("divido", &[stale, rule("webhook", "drop_webhook")], OrderState::Authorized).await;
}

#[tokio::test]
async fn half_an_amount_is_not_believed_until_the_provider_says_the_whole() {
    let once = json!({"operation": "get_order", "kind": "partial_amount", "times": 1});
    check("payby", &[rule("webhook", "partial_amount"), once], OrderState::Completed).await;
}

#[tokio::test]
async fn half_an_amount_said_for_ever_waits_for_a_person_and_explains_the_books() {
    let (world, order) = approved("dividebuy", &[rule("*", "partial_amount")]).await;
    let order = world.until(&order.name, "a doubt", |order| has(order, "AMOUNT_MISMATCH")).await;
    assert_eq!(order.state(), OrderState::AwaitingCustomer);
    books_agree(&world);
}

#[tokio::test]
async fn amount_in_another_currency_is_not_believed() {
    check("divit", &[rule("webhook", "currency_mismatch")], OrderState::Completed).await;
    let (world, order) = approved("divit", &[rule("*", "currency_mismatch")]).await;
    let asked = world.order(&order.name).await.sequence;
    let order = world.until(&order.name, "more questions", |order| order.sequence >= asked + 3).await;
    assert_eq!(order.state(), OrderState::AwaitingCustomer);
}

#[tokio::test]
async fn status_that_no_document_has_moves_nothing_and_the_next_answer_does() {
    let twice = json!({"operation": "status", "kind": "unknown_status", "times": 2});
    check("kredivo", &[rule("webhook", "unknown_status"), twice], OrderState::Completed).await;
}

#[tokio::test]
async fn provider_that_asks_for_patience_gets_it() {
    let twice = json!({"operation": "place_order", "kind": "rate_limit", "times": 2, "retry_after_s": 1});
    check("payby", &[twice], OrderState::Completed).await;
}

#[tokio::test]
async fn wrong_clock_over_there_is_waited_out() {
    let twice = json!({"operation": "place_order", "kind": "clock_skew", "times": 2});
    check("payby", &[twice, rule("webhook", "clock_skew")], OrderState::Completed).await;
}

#[tokio::test]
async fn maintenance_window_is_waited_out() {
    let window = json!({"operation": "status", "kind": "maintenance_window", "delay_ms": 2_000});
    check("kredivo", &[window], OrderState::Completed).await;
}

#[tokio::test]
async fn payment_after_the_expiry_counts_whether_we_heard_of_the_expiry_or_not() {
    for delay_ms in [1, 1_500] {
        let late = json!({"operation": "payment", "kind": "paid_after_expiry", "delay_ms": delay_ms});
        let (world, order) = approved("payby", &[late]).await;
        world.until_state(&order.name, OrderState::Completed).await;
        books_agree(&world);
    }
}

#[tokio::test]
async fn first_answer_that_comes_as_a_repetition_is_an_answer() {
    check("kredivo", &[rule("create", "idempotent_replay_409")], OrderState::Completed).await;
}

#[tokio::test]
async fn answer_that_breaks_off_is_asked_for_again() {
    let once = json!({"operation": "create", "kind": "truncate", "times": 1});
    check("divit", &[once], OrderState::Completed).await;
}

#[tokio::test]
async fn reset_connection_is_tried_again_under_the_same_key() {
    let once = json!({"operation": "create", "kind": "tls_reset", "times": 1});
    check("kredivo", &[once], OrderState::Completed).await;
}

/// Refunds that are cut off, and what the demo says of them: never two in a ledger, and whatever cannot be known waits.
async fn demo(world: &World, provider: &str, fault: &str) -> Value {
    let arguments =
        ["demo", "--orders", "12", "--concurrency", "12", "--provider", provider, "--fault", fault];
    let demo = world.command(&[&arguments[..], &["--json"]].concat());
    let text = String::from_utf8_lossy(&demo.stdout).into_owned();
    assert!(demo.status.success(), "{provider}: {text}{}", String::from_utf8_lossy(&demo.stderr));
    serde_json::from_str(&text).expect("the report is JSON")
}

#[tokio::test]
async fn refunds_cut_off_after_they_happened_are_found_where_that_can_be_asked() {
    let world = World::new().await;
    for (provider, waits) in [("dividebuy", true), ("divit", false), ("payby", false), ("divido", false)] {
        world.account_is_active(&format!("merchants/demo/accounts/demo-{provider}")).await;
        let report = demo(&world, provider, "refund:timeout_after_execute").await;
        assert_eq!(report["books"]["agree"], true, "{report}");
        assert_eq!(report["parked"].as_array().is_some_and(|parked| !parked.is_empty()), waits, "{report}");
    }
}

#[tokio::test]
async fn refunds_cut_off_before_they_happened_wait_where_absence_proves_nothing() {
    let world = World::new().await;
    for provider in ["dividebuy", "divit"] {
        world.account_is_active(&format!("merchants/demo/accounts/demo-{provider}")).await;
        let report = demo(&world, provider, "refund:timeout_before_execute").await;
        let waiting = report["waiting"].as_object().expect("reasons are counted");
        assert!(waiting.keys().all(|why| why.starts_with("refund (outcome unknown)")), "{report}");
        assert!(!waiting.is_empty() && report["books"]["agree"] == true, "{report}");
        assert_eq!(report["books"]["refunds"], 0, "none happened, and none is said to have: {report}");
    }
}

#[tokio::test]
async fn fault_that_a_provider_cannot_act_out_is_refused_with_what_it_can() {
    let world = World::new().await;
    let refused = |provider: &str, fault: &str| {
        let demo = world.command(&["demo", "--orders", "1", "--provider", provider, "--fault", fault]);
        assert!(!demo.status.success(), "{provider} {fault}");
        String::from_utf8_lossy(&demo.stderr).into_owned()
    };
    let text = refused("kredivo", "refund:timeout_after_execute");
    assert!(text.contains("here it can to: create, status"), "{text}");
    let text = refused("dividebuy", "currency_mismatch");
    assert!(text.contains("nothing that this provider does"), "{text}");
}
