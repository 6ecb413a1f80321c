//! What goes wrong on demand, and notifications that are tried again.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn refund_that_nobody_heard_of_is_found_by_its_number() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    let content = world.refund_of("R1", "M1", json!(1));
    let lost = world.try_call("/refund/placeOrder", &content, "timeout_after_execute;delay_ms=1").await;
    assert!(lost.is_err(), "{lost:?}");
    let found = world.ok("/refund/getOrder", &json!({"refundMerchantOrderNo": "R1"})).await;
    assert_eq!(found["refundOrder"]["status"], "SUCCESS");
    let never = world.refund_of("R2", "M1", json!(1));
    let lost = world.try_call("/refund/placeOrder", &never, "timeout_before_execute;delay_ms=1").await;
    assert!(lost.is_err(), "{lost:?}");
    let missing = world.refused("/refund/getOrder", &json!({"refundMerchantOrderNo": "R2"})).await;
    assert_eq!(missing, "62007 REFUND_MERCHANT_ORDER_NO_NOT_EXIST");
    assert_eq!(world.effects().await, ["placed 1000", "approved 1000", "refund 100"]);
}

#[tokio::test]
async fn rules_name_paybys_operations() {
    let world = World::new().await;
    let rule =
        |operation: &str| json!({"operation": operation, "kind": "http_status", "status": 503, "times": 1});
    for operation in
        ["place_order", "get_order", "cancel_order", "revoke_order", "refund", "get_refund", "statement"]
    {
        assert_eq!(world.admin("/_sandbox/faults", &rule(operation)).await.0, 201, "{operation}");
    }
    assert_eq!(world.admin("/_sandbox/faults", &rule("tracking")).await.0, 422);
    let failed = world.try_call("/placeOrder", &world.order("M1"), "").await.unwrap();
    assert_eq!(failed.status(), 503);
    world.ok("/placeOrder", &world.order("M1")).await;
}

#[tokio::test]
async fn notification_is_tried_until_the_shop_says_the_word() {
    let world = World::new().await;
    world.shop.answer(&[(200, r#"{"response":"FAIL"}"#), (200, "<html>"), (500, "")]);
    world.decided("M1", "approve").await;
    let told = world.told(4).await;
    assert!(told.iter().all(|one| one["notify_id"] == told[0]["notify_id"]));
    world.shop.answer(&[(200, "SUCCESS")]);
    world.decided("M2", "approve").await;
    world.told(5).await;
    let waiting = async {
        loop {
            let list = world.client.get(world.url("/_sandbox/webhooks")).send().await.unwrap();
            let list: serde_json::Value = list.json().await.unwrap();
            let list = list["webhooks"].as_array().unwrap().clone();
            if list.iter().all(|one| one["state"] == "delivered") {
                return list;
            }
        }
    };
    let list = tokio::time::timeout(crate::shop::PATIENCE, waiting).await.expect("both are delivered");
    assert_eq!(list.iter().map(|one| one["tries"].as_u64().unwrap()).collect::<Vec<_>>(), [4, 1]);
}

#[tokio::test]
async fn order_without_a_notify_url_is_nobodys_to_notify() {
    let world = World::new().await;
    // More of them than messages go out at once.
    for number in 0..40 {
        let mut order = world.order(&format!("Q{number}"));
        order["notifyUrl"] = json!(null);
        world.ok("/placeOrder", &order).await;
        let decide = format!("/_sandbox/orders/Q{number}/decide");
        world.admin(&decide, &json!({"decision": "approve"})).await;
        let mut refund = world.refund_of(&format!("R{number}"), &format!("Q{number}"), json!(1));
        refund["notifyUrl"] = json!(null);
        world.ok("/refund/placeOrder", &refund).await;
    }
    assert_eq!(world.admin("/_sandbox/orders/Q1/chargeback", &json!({})).await.0, 202);
    world.decided("M1", "approve").await;
    assert_eq!(world.told(1).await[0]["acquireOrder"]["merchantOrderNo"], "M1");
    let list = world.client.get(world.url("/_sandbox/webhooks")).send().await.unwrap();
    let list: serde_json::Value = list.json().await.unwrap();
    assert_eq!(list["webhooks"].as_array().unwrap().len(), 1, "{list}");
}

#[tokio::test]
async fn retries_follow_the_documented_schedule() {
    let world = World::new().await;
    world.shop.answer(&[(500, ""); 8]);
    world.decided("M1", "approve").await;
    let waiting = async {
        loop {
            let list = world.client.get(world.url("/_sandbox/webhooks?order=M1")).send().await.unwrap();
            let list: serde_json::Value = list.json().await.unwrap();
            if list["webhooks"][0]["state"] == "given_up" {
                return list["webhooks"][0]["tries"].as_u64();
            }
        }
    };
    let tries = tokio::time::timeout(crate::shop::PATIENCE, waiting).await.expect("it is given up");
    assert_eq!(tries, Some(8), "the first and seven more");
}

#[tokio::test]
async fn proof_is_spoilt_or_somebody_elses() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    let asked = json!({"merchantOrderNo": "M1"});
    for (fault, fits) in [("", true), ("bad_signature", false), ("wrong_key", false)] {
        let answer = world.try_call("/getOrder", &asked, fault).await.unwrap();
        let sign = answer.headers()["sign"].to_str().unwrap().to_owned();
        assert_eq!(world.is_signed(&sign, &answer.bytes().await.unwrap()), fits, "{fault}");
    }
    let rule = json!({"operation": "webhook", "kind": "wrong_key", "times": 1});
    assert_eq!(world.admin("/_sandbox/faults", &rule).await.0, 201);
    world.decided("M2", "approve").await;
    let told = world.shop.told(2).await;
    assert!(world.is_signed(&told[0].sign, &told[0].body) && !world.is_signed(&told[1].sign, &told[1].body));
}

#[tokio::test]
async fn clock_that_is_off_refuses_a_request_in_time() {
    let world = World::new().await;
    let refused = world.try_call("/placeOrder", &world.order("M1"), "clock_skew").await.unwrap();
    assert_eq!(world.read(refused).await["head"]["msg"], "REQUESTTIME_TOO_EARLY");
    let near = world.try_call("/placeOrder", &world.order("M1"), "clock_skew;skew_s=-60").await.unwrap();
    assert_eq!(world.read(near).await["head"]["applyStatus"], "SUCCESS");
}

#[tokio::test]
async fn order_is_shown_as_it_began_or_as_it_is_not() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    let asked = async |fault: &str| {
        let answer = world.try_call("/getOrder", &json!({"merchantOrderNo": "M1"}), fault).await.unwrap();
        world.read(answer).await["body"]["acquireOrder"].clone()
    };
    let stale = asked("stale_status").await;
    assert_eq!((&stale["status"], &stale["paymentInfo"]), (&json!("CREATED"), &json!(null)));
    let half = asked("partial_amount").await;
    assert_eq!(half["totalAmount"], json!({"amount": 5, "currency": "AED"}));
    let foreign = asked("currency_mismatch").await;
    assert_eq!(foreign["paymentInfo"]["paidAmount"], json!({"amount": 10, "currency": "USD"}));
    assert_eq!(asked("").await["status"], "PAID_SUCCESS");
}

#[tokio::test]
async fn refund_is_notified_before_it_is_answered() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    world.told(1).await;
    let mut refund = world.refund_of("R1", "M1", json!(1));
    refund["notifyUrl"] = json!(world.shop.notify_url());
    let answer = world.try_call("/refund/placeOrder", &refund, "webhook_before_response").await.unwrap();
    let list = world.client.get(world.url("/_sandbox/webhooks?order=M1")).send().await.unwrap();
    let list: serde_json::Value = list.json().await.unwrap();
    assert_eq!(
        (&list["webhooks"][1]["kind"], &list["webhooks"][1]["state"]),
        (&json!("refundOrder"), &json!("delivered"))
    );
    assert_eq!(world.read(answer).await["body"]["refundOrder"]["status"], "SUCCESS");
}

#[tokio::test]
async fn notification_of_any_kind_says_what_is_not_so() {
    let world = World::with(|account| account.refund_ms = 1).await;
    world.decided("M1", "approve").await;
    let mut count = world.told(1).await.len();
    for (fault, amount, status) in [
        ("partial_amount", json!({"amount": 1, "currency": "AED"}), "SUCCESS"),
        ("currency_mismatch", json!({"amount": 2, "currency": "USD"}), "SUCCESS"),
        ("unknown_status", json!({"amount": 2, "currency": "AED"}), "SANDBOX_SURPRISE"),
    ] {
        for (kind, amount_of) in [("refundOrder", "amount"), ("acquireChargeback", "chargebackAmount")] {
            let rule = json!({"operation": "webhook", "kind": fault, "times": 1});
            assert_eq!(world.admin("/_sandbox/faults", &rule).await.0, 201);
            if kind == "refundOrder" {
                world.refund(&format!("R{count}"), "M1", json!(2)).await;
            } else {
                world.admin("/_sandbox/orders/M1/chargeback", &json!({"amount_minor": 200})).await;
            }
            count += 1;
            let told = world.told(count).await.swap_remove(count - 1)[kind].clone();
            assert_eq!(told[amount_of], amount, "{fault}: {told}");
            assert!(kind != "refundOrder" || told["status"] == status, "{fault}: {told}");
        }
    }
}
