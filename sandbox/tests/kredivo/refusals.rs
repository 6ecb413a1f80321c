//! What DOKU would refuse is refused, in its words, and changes nothing.

use ordain_sandbox::kredivo::Account;
use serde_json::{Value, json};

use crate::world::{CLIENT, GENERATE, World, signature};

#[tokio::test]
async fn fields_that_break_the_table_are_refused() {
    let world = World::new().await;
    let with = |pointer: &str, value: Value| {
        let mut order = World::order("INV");
        *order.pointer_mut(pointer).unwrap() = value;
        order
    };
    let cases = [
        (with("/order/amount", json!(90_001)), "AMOUNT IS INVALID"),
        (with("/order/amount", json!("90000")), "AMOUNT IS INVALID"),
        (with("/order/line_items/0/price", json!(30_000.0)), "PRICE IS INVALID"),
        (with("/order/line_items/0/url", json!("")), "URL IS MANDATORY"),
        (with("/order/invoice_number", json!("x".repeat(65))), "INVOICE_NUMBER IS INVALID"),
        (with("/peer_to_peer_info/expired_time", json!("60")), "EXPIRED_TIME IS INVALID"),
        (
            with("/peer_to_peer_info/merchant_unique_reference", json!(null)),
            "MERCHANT_UNIQUE_REFERENCE IS MANDATORY",
        ),
        (with("/customer/phone", json!("0856")), "PHONE IS INVALID"),
        (with("/shipping_address/country_code", json!("ID")), "COUNTRY_CODE IS INVALID"),
    ];
    for (order, message) in cases {
        let (status, answer) = world.generate("req", &order).await;
        assert_eq!((status, &answer["error"]["message"]), (400, &json!(message)));
    }
    assert_eq!(world.status("INV").await.0, 404);
}

#[tokio::test]
async fn what_may_be_missing_is_looked_at_where_it_is_given() {
    let world = World::new().await;
    let cases = [
        ("/billing_address", json!(5), "BILLING_ADDRESS IS INVALID"),
        ("/billing_address", json!({"country_code": "ID"}), "COUNTRY_CODE IS INVALID"),
        ("/shipping_address/last_name", json!(5), "LAST_NAME IS INVALID"),
        ("/customer/last_name", json!(["Budiman"]), "LAST_NAME IS INVALID"),
        ("/order/line_items/0/image_url", json!("shirt.png"), "IMAGE_URL IS INVALID"),
        ("/order/line_items/0/parent_type", json!("SELLER"), "PARENT_ID IS MANDATORY"),
        ("/order/line_items/0/parent_id", json!("S-1"), "PARENT_TYPE IS MANDATORY"),
        ("/order/auto_redirect", json!("true"), "AUTO_REDIRECT IS INVALID"),
        ("/order/descriptor", json!(5), "DESCRIPTOR IS INVALID"),
        ("/sellers", json!({"id": "S-1"}), "SELLERS IS INVALID"),
        ("/sellers", json!([{"id": 1}]), "ID IS INVALID"),
        ("/sellers", json!([{"url": "toko"}]), "URL IS INVALID"),
        ("/sellers", json!([{"address": {"phone": 62}}]), "PHONE IS INVALID"),
        (
            "/additional_info",
            json!({"override_notification_url": "https://merchant.example/elsewhere"}),
            "OVERRIDE_NOTIFICATION_URL IS INVALID",
        ),
    ];
    for (place, value, message) in cases {
        let mut order = World::order("INV");
        let (parent, name) = place.rsplit_once('/').unwrap();
        order.pointer_mut(parent).unwrap()[name] = value;
        let (status, answer) = world.generate("req", &order).await;
        assert_eq!((status, &answer["error"]["message"]), (400, &json!(message)), "{place}");
    }
    for (kind, id, expected) in [("ITEM", "x", 400), ("SHOP", "x", 400), ("ITEM", "1002", 200)] {
        let mut order = World::order("INV-2");
        let item = &mut order["order"]["line_items"][0];
        (item["parent_type"], item["parent_id"]) = (json!(kind), json!(id));
        let (status, answer) = world.generate("fits", &order).await;
        assert_eq!(status, expected, "{kind} {id}: {answer}");
    }
}

#[tokio::test]
async fn stale_time_and_every_altered_part_of_the_signature_are_refused() {
    let world = World::new().await;
    let body = World::order("INV").to_string();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let send = async |time: &str, id: &str, signature: String, body: &str| {
        let request = world.client.post(world.url(GENERATE)).header("content-type", "application/json");
        let request = request.header("Client-Id", CLIENT).header("Request-Id", id);
        let request = request.header("Request-Timestamp", time).header("Signature", signature);
        request.body(body.to_owned()).send().await.unwrap().status().as_u16()
    };
    let signed = |time: &str, id: &str| {
        let lines = [("Client-Id", CLIENT), ("Request-Id", id), ("Request-Timestamp", time)];
        signature(&lines, GENERATE, &body)
    };
    assert_eq!(send("2020-01-01T00:00:00Z", "a", signed("2020-01-01T00:00:00Z", "a"), &body).await, 400);
    assert_eq!(send(&now, "", signed(&now, ""), &body).await, 400);
    assert_eq!(send(&now, "b", signed(&now, "a"), &body).await, 401);
    assert_eq!(send(&now, "a", signed(&now, "a"), &body.replace("90000", "90001")).await, 401);
    assert_eq!(send(&now, "a", signed(&now, "a").replace("HMACSHA256", "HMACHSHA256"), &body).await, 401);
    assert_eq!(send(&now, "a", signed(&now, "a"), &body).await, 200);
}

#[tokio::test]
async fn refusals_have_the_shape_that_the_account_asks_for() {
    let of_checkout = ["PHONE IS INVALID", "TRANSACTION NOT FOUND", "INVOICE NUMBER ALREADY USED"]
        .map(|message| json!({"message": [message], "response": {}}));
    check_refusals(|account| account.refuses_like_checkout = true, of_checkout).await;
    let of_glossary = [
        ("INVALID_PARAMETER", "PHONE IS INVALID"),
        ("TRANSACTION_NOT_FOUND", "TRANSACTION NOT FOUND"),
        ("DUPLICATE_TRANSACTION", "INVOICE NUMBER ALREADY USED"),
    ]
    .map(|(code, message)| json!({"status": "FAILED", "response_code": code, "response_message": message}));
    check_refusals(|account| account.refuses_like_glossary = true, of_glossary).await;
}

/// How such an account refuses a wrong field, an unknown order and a number that is taken.
async fn check_refusals(change: fn(&mut Account), [field, unknown, duplicate]: [Value; 3]) {
    let world = World::of_account(change).await;
    let mut order = World::order("INV");
    order["customer"]["phone"] = json!("0856");
    assert_eq!(world.generate("a", &order).await, (400, field));
    assert_eq!(world.status("INV").await, (404, unknown));
    world.generate("b", &World::order("INV")).await;
    assert_eq!(world.generate("c", &World::order("INV")).await, (400, duplicate));
}
