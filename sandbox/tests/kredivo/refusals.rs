//! What DOKU would refuse is refused, in its words, and changes nothing.

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
