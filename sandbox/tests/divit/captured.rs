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

/// As divit's own plugin for Wix makes it: dollars by item, with the decimals that a float has, and cents in all.
const OF_WIX: &str = r#"{"customer":{"firstName":"Stephen","lastName":"Chow","email":"a@b.hk","tel":"+85293920190","address1":"1 Queen's Road Central","address2":"","district":"Central","province":"HK","postalCode":"","country":"HK","language":"en"},"order":{"totalAmount":{"amount":7997,"currency":"HKD"},"merchantRef":"5ad7c0a4-53bb-46cf-8d4b-2a6f0d7c1b11","merchantUniqueOrderID":"5ad7c0a4-53bb-46cf-8d4b-2a6f0d7c1b11","orderType":"retail","orderItems":[{"itemType":"retail","itemData":{"productID":"a","productTitle":"Cat Food","qty":3,"unitPrice":19.99,"subtotal":59.97,"pics":{"big":"","small":""}}},{"itemType":"retail","itemData":{"productID":"b","productTitle":"Bowl","qty":1,"unitPrice":20,"subtotal":20,"pics":{"big":"","small":""}}}],"webhookSuccess":"http://localhost:3000/success","webhookFailure":"http://localhost:3000/failure","webhookEvents":"http://localhost:3000/events","source":"wix"}}"#;

#[tokio::test]
async fn order_of_divit_s_own_plugin_is_taken_and_shown_with_the_prices_it_can_write() {
    let world = World::new().await;
    let page = async |body: &str| {
        let (status, answer) =
            world.call("/directpay/o/order", &serde_json::from_str::<Value>(body).unwrap()).await;
        assert_eq!(status, 200, "{answer}");
        let way = answer["data"]["redirectURI"].as_str().unwrap().to_owned();
        world.client.get(way).send().await.unwrap().text().await.unwrap()
    };
    let whole = page(OF_WIX).await;
    assert!(["HK$59.97", "HK$20.00", "HK$79.97"].iter().all(|price| whole.contains(price)), "{whole}");
    let float = page(&OF_WIX.replace("9.9", "9.900000000000006").replace(":20,", ":2e1,")).await;
    assert!(!float.contains("HK$59") && float.contains("HK$79.97"), "{float}");
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
        with(
            "/order/orderItems/0/itemData",
            json!({"productID": "a", "productTitle": "b", "qty": 1, "unitPrice": "1"}),
        ),
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
