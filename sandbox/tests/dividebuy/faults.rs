//! Every fault, by header, by magic reference and by rule.

use serde_json::{Value, json};

use crate::documented::{about, activate, refund, tracking};
use crate::shop::PATIENCE;
use crate::world::World;

/// What a caller sees of a call that went wrong.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Answer(u16),
    /// A status arrived, and no usable body after it.
    BrokenBody,
    NoAnswer,
}

async fn seen(world: &World, path: &str, body: &Value, fault: &str) -> Seen {
    match world.try_call(path, &body.to_string(), fault).await {
        Err(error) if error.is_timeout() => panic!("the connection is dropped before the caller gives up"),
        Err(_) => Seen::NoAnswer,
        Ok(answer) if answer.status() != 200 => Seen::Answer(answer.status().as_u16()),
        Ok(answer) => match answer.json::<Value>().await {
            Ok(_) => Seen::Answer(200),
            Err(_) => Seen::BrokenBody,
        },
    }
}

/// Asks for `fault` on a refund by header and compares what is seen and whether the refund happened.
async fn check(fault: &str, expected: Seen, happened: bool) {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    assert_eq!(seen(&world, "/api/refund", &refund("1"), fault).await, expected, "{fault}");
    let refunds = world.effects().await.len() - 1;
    assert_eq!(refunds, usize::from(happened), "{fault}");
}

#[tokio::test]
async fn header_asks_for_the_fault_of_one_request() {
    check("delay;delay_ms=20", Seen::Answer(200), true).await;
    check("timeout_before_execute;delay_ms=20", Seen::NoAnswer, false).await;
    check("timeout_after_execute;delay_ms=20", Seen::NoAnswer, true).await;
    check("reset_before_execute", Seen::NoAnswer, false).await;
    check("reset_after_execute", Seen::NoAnswer, true).await;
    check("http_status", Seen::Answer(500), false).await;
    check("http_status;status=429", Seen::Answer(429), false).await;
    check("garbage_body", Seen::BrokenBody, true).await;
    check("truncate", Seen::BrokenBody, true).await;
    check("rate_limit;retry_after_s=7", Seen::Answer(429), false).await;
    check("maintenance_window", Seen::Answer(503), false).await;
    check("tls_reset", Seen::NoAnswer, false).await;
    check("nonsense", Seen::Answer(400), false).await;
}

#[tokio::test]
async fn call_happens_although_its_caller_lost_patience() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    let body = refund("1").to_string();
    let impatient = world.try_call("/api/refund", &body, "delay;delay_ms=300");
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(100), impatient).await;
    assert!(given_up.is_err());
    let happened = async { while world.effects().await.len() < 2 {} };
    tokio::time::timeout(PATIENCE, happened).await.expect("the refund happens");
}

#[tokio::test]
async fn reference_asks_for_a_fault_once_even_after_a_restart() {
    let world = World::new().await;
    world.decided("1", "SHOP-1-fault.refund.reset_after_execute", "approve").await;
    assert_eq!(seen(&world, "/api/syncretorder", &about("1"), "").await, Seen::Answer(200));
    assert_eq!(seen(&world, "/api/refund", &refund("1"), "").await, Seen::NoAnswer);
    let world = world.restarted().await;
    let mut second = refund("1");
    second["totalRefund"] = json!(715);
    assert_eq!(seen(&world, "/api/refund", &second, "").await, Seen::Answer(200));
    assert_eq!(world.effects().await, ["approved", "syncretorder", "refund", "refund"]);
}

#[tokio::test]
async fn rule_fires_as_often_as_it_says_for_the_order_it_names() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    world.decided("2", "R", "approve").await;
    let rule =
        json!({"operation": "tracking", "kind": "http_status", "order": "2", "times": 2, "status": 503});
    assert_eq!(world.post("/_sandbox/faults", &rule).await.0, 201);
    assert_eq!(seen(&world, "/api/tracking", &tracking("1"), "").await, Seen::Answer(200));
    for expected in [503, 503, 200] {
        assert_eq!(seen(&world, "/api/tracking", &tracking("2"), "").await, Seen::Answer(expected));
    }
    let listed = world.get("/_sandbox/faults").await;
    assert_eq!(
        (&listed["faults"][0]["fired"], &listed["faults"][0]["operation"]),
        (&json!(2), &json!("tracking"))
    );

    let always = json!({"operation": "*", "kind": "reset_before_execute", "probability_percent": 100});
    world.post("/_sandbox/faults", &always).await;
    for (path, body) in [("getuserorder", about("1")), ("syncretorder", about("1")), ("refund", refund("1"))]
    {
        assert_eq!(seen(&world, &format!("/api/{path}"), &body, "").await, Seen::NoAnswer);
    }
    assert_eq!(world.client.delete(world.url("/_sandbox/faults")).send().await.unwrap().status(), 204);
    assert_eq!(seen(&world, "/api/refund", &refund("1"), "").await, Seen::Answer(200));
}

#[tokio::test]
async fn rule_that_can_never_fire_is_refused() {
    let world = World::new().await;
    for rule in [
        json!({"operation": "refund", "kind": "drop_webhook"}),
        json!({"operation": "webhook", "kind": "truncate"}),
        json!({"operation": "nothing", "kind": "delay"}),
        json!({"operation": "refund", "kind": "explode"}),
        json!({"operation": "refund", "kind": "delay", "probability_percent": 0}),
        json!({"operation": "refund", "kind": "delay", "delay_ms": 600_001}),
        json!({"operation": "refund", "kind": "delay", "often": 1}),
        json!({"operation": "refund", "kind": "delay", "nth": 0}),
        json!({"operation": "*", "kind": "bad_signature"}),
        json!({"operation": "*", "kind": "currency_mismatch"}),
        json!({"operation": "*", "kind": "paid_after_expiry"}),
    ] {
        assert_eq!(world.post("/_sandbox/faults", &rule).await.0, 422, "{rule}");
    }
}

#[tokio::test]
async fn maintenance_window_says_when_to_come_back_and_ends() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    let window =
        json!({"operation": "refund", "kind": "maintenance_window", "delay_ms": 300, "retry_after_s": 9});
    assert_eq!(world.post("/_sandbox/faults", &window).await.0, 201);
    assert_eq!(seen(&world, "/api/refund", &refund("1"), "").await, Seen::Answer(503));
    let meanwhile = world.try_call("/api/getuserorder", &about("1").to_string(), "").await.unwrap();
    assert_eq!(
        (meanwhile.status().as_u16(), &meanwhile.headers()["retry-after"]),
        (503, &"9".parse().unwrap())
    );
    let over = async { while seen(&world, "/api/refund", &refund("1"), "").await != Seen::Answer(200) {} };
    tokio::time::timeout(PATIENCE, over).await.expect("the window ends");
    assert_eq!(world.effects().await, ["approved", "refund"]);
}

#[tokio::test]
async fn order_is_said_to_be_what_it_is_not() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    let asked = async |fault: &str| {
        let answer = world.try_call("/api/getuserorder", &about("1").to_string(), fault).await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["data"].clone())
    };
    let (_, truth) = asked("").await;
    assert_eq!(asked("stale_status").await.0, 404, "nobody was approved when it began");
    let (_, half) = asked("partial_amount").await;
    assert_eq!(half["grandTotal"].as_i64().unwrap() * 2, truth["grandTotal"].as_i64().unwrap());
    let (_, surprise) = asked("unknown_status").await;
    assert_eq!(
        (&surprise["order_status"], &surprise["grandTotal"]),
        (&json!("SANDBOX_SURPRISE"), &truth["grandTotal"])
    );
}

#[tokio::test]
async fn message_carries_somebody_elses_credentials() {
    let world = World::new().await;
    world.decided("1", "fault.webhook.wrong_key", "approve").await;
    let message = world.shop.webhooks("orderSuccess", 1).await[0].clone();
    assert_eq!(message["store_token"], json!(format!("not-{}", crate::documented::TOKEN)));
}

#[tokio::test]
async fn webhook_is_sent_twice_later_or_never() {
    let world = World::new().await;
    let rule = |order: &str, kind: &str| json!({"operation": "webhook", "kind": kind, "order": order, "delay_ms": 10});
    world.post("/_sandbox/faults", &rule("1", "duplicate_webhook")).await;
    world.post("/_sandbox/faults", &rule("2", "delay_webhook")).await;
    world.decided("1", "R", "approve").await;
    assert_eq!(world.shop.webhooks("orderSuccess", 2).await.len(), 2);
    world.decided("2", "R", "decline").await;
    assert_eq!(world.shop.webhooks("orderCancel", 1).await.len(), 1);
    world.decided("3", "fault.webhook.drop_webhook", "leave").await;
    let dropped = world.webhook_state("3", "dropped").await;
    assert_eq!((&dropped[0]["kind"], &dropped[0]["tries"]), (&json!("orderCancel"), &json!(0)));
    let fault = "drop_webhook";
    world.try_call("/api/updateretailerstatus", &activate().to_string(), fault).await.unwrap();
    let all = world.get("/_sandbox/webhooks").await;
    let configuration = all["webhooks"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&configuration["kind"], &configuration["state"]),
        (&json!("retailerConfigurations"), &json!("dropped"))
    );
}

#[tokio::test]
async fn browser_is_lost_on_its_way_back_and_the_decision_stands() {
    let world = World::new().await;
    let answer = world.decided("1", "fault.return.drop_return", "approve").await;
    assert_eq!((&answer["return_url"], &answer["status"]), (&Value::Null, &json!("success")));
    world.shop.webhooks("orderSuccess", 1).await;

    world.post("/_sandbox/faults", &json!({"operation": "return", "kind": "drop_return", "times": 1})).await;
    world.shop.draft("2", &crate::documented::order_details("2", "R"));
    let (_, page) = world.arrive("2").await;
    let location = world.press(&page, "approve").await;
    assert!(location.starts_with("/checkout/") && location.ends_with("/lost"));
    let lost = world.client.get(world.url(&location)).send().await.unwrap();
    assert!(lost.status() == 200 && lost.text().await.unwrap().contains("not being sent back"));
    assert_eq!(world.effects().await, ["approved", "approved"]);
}
