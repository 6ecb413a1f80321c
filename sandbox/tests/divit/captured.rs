//! What divit's own samples send is taken as they send it, and answered as the document shows.

use serde_json::{Value, json};

use crate::world::World;

/// As captured; hosts and times are replaced.
const CAPTURED: [(&str, &str); 3] = [
    (
        "/paynow/orders",
        r#"{"customer":{"firstName":"Stephen","lastName":"Chow","email":"a@b.hk","tel":"+85293920190","language":"en"},"order":{"totalAmount":{"currency":"HKD","amount":115050},"webhookSuccess":"http:\/\/localhost:3000\/?result=success","webhookFailure":"http:\/\/localhost:3000\/?result=failure","webhookEvents":"https:\/\/divit.requestcatcher.com\/","expiredAt":4102444800,"merchantRef":"1795219616\u0000\u0000\u0000\u0000\u0000","uniqueMerchantOrderID":"1795219616\u0000\u0000\u0000\u0000\u0000","language":"en","orderItems":[{"itemType":"retail","itemData":{"productID":"ID","productTitle":"Cat Food","qty":2,"unitPrice":57500}}],"milesForReward":0,"promoCode":"","totalForReward":{"currency":"HKD","amount":0}}}"#,
    ),
    (
        "/paylater/orders",
        r#"{"customer":{"firstName":"Stephen","lastName":"Chow","email":"a@b.hk","tel":"+85293920190","language":"en"},"order":{"totalAmount":{"currency":"HKD","amount":115050},"webhookSuccess":"http:\/\/localhost:3000\/?result=success","webhookFailure":"http:\/\/localhost:3000\/?result=failure","webhookEvents":"https:\/\/divit.requestcatcher.com\/","expiredAt":4102444800,"merchantRef":"1795219616\u0000\u0000\u0000\u0000\u0000","uniqueMerchantOrderID":"1795219616\u0000\u0000\u0000\u0000\u0000","language":"en","orderItems":[{"itemType":"flight","itemData":{"aircraft":{"code":"CX"},"departure":{"iataCode":"HKG","terminal":"","at":"2024-01-01T00:00"},"arrival":{"iataCode":"NRT","terminal":"","at":"2024-01-01T04:00"},"carrierCode":"CX","number":"1","operating":{"carrierCode":"CX"},"duration":"1:00","numerOfStops":0,"id":""}}],"milesForReward":0,"promoCode":"","totalForReward":{"currency":"HKD","amount":0}}}"#,
    ),
    (
        "/paynow/orders",
        r#"{"customer":{"firstname":"Stephen","lastname":"Chow","email":"a@b.hk","tel":"undefined","language":"en"},"order":{"totalAmount":{"currency":"HKD","amount":115050},"webhookSuccess":"http://localhost:8000/?result=success","webhookFailure":"http://localhost:8000/?result=failure","webhookEvents":"https://divit.requestcatcher.com/","expiredAt":null,"merchantRef":"1795219622891SJVRP","uniqueMerchantOrderID":"1795219622891SJVRP","language":"en","promoCode":"","milesForReward":0,"totalForReward":{"currency":"HKD","amount":0},"orderItems":[{"itemType":"retail","itemData":{"productID":"ID","productTitle":"Cat Food","qty":2,"unitPrice":57500}}]}}"#,
    ),
];

#[tokio::test]
async fn captured_requests_of_the_official_samples_are_taken_as_printed() {
    let world = World::new().await;
    for (path, body) in CAPTURED {
        let body: Value = serde_json::from_str(body).unwrap();
        let (status, answer) = world.call(path, &body).await;
        assert_eq!(status, 200, "{answer}");
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&answer), ["code", "data", "message"]);
        assert_eq!(names(&answer["data"]), ["orderID", "redirectURI", "token"]);
        let (order, uri) = (answer["data"]["orderID"].as_str().unwrap(), &answer["data"]["redirectURI"]);
        assert!(
            uri.as_str().unwrap().ends_with(&format!("/{order}/fast?merchant=UAT Testing&mRef=UATTESTING"))
        );
        assert_eq!(answer["data"]["token"].as_str().unwrap().split('.').count(), 3);
    }
}

#[tokio::test]
async fn what_the_real_host_would_refuse_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let with = |pointer: &str, value: Value| {
        let mut order = world.order("R");
        *order.pointer_mut(pointer).unwrap() = value;
        order
    };
    let cases = [
        with("/order/totalAmount/currency", json!("USD")),
        with("/order/totalAmount/amount", json!(1150.5)),
        with("/order/totalAmount/amount", json!("115050")),
        with("/order/totalAmount/amount", json!(0)),
        with("/order/merchantRef", json!("x".repeat(37))),
        with("/order/webhookEvents", json!("nowhere")),
        with("/order/orderItems", json!([])),
        with("/order/orderItems/0/itemType", json!("food")),
        with("/order", json!(null)),
        json!([]),
    ];
    for body in cases {
        let (status, answer) = world.call("/paynow/orders", &body).await;
        assert_eq!(status, 400, "{body}");
        assert_ne!(answer["code"], 0);
    }
    let stranger = world.client.post(world.url("/paynow/orders")).header("api-key", "dvt_other");
    assert_eq!(stranger.json(&world.order("R")).send().await.unwrap().status(), 401);
    assert!(world.kinds().await.is_empty());
}
