//! An order from the shopper's arrival to the last refund, and its shorter ends.

use serde_json::{Value, json};

use crate::documented::{self, AUTHENTICATION, RETAILER, STORE_CODE, TOKEN, assert_shape};
use crate::world::{World, return_fields};

#[tokio::test]
async fn retailer_is_set_up_as_the_guide_says_and_receives_its_configuration_after_every_update() {
    let world = World::with_account(false).await;
    world.shop.draft("1024", &documented::order_details("1024", "REF109846"));
    assert_eq!(
        world.ok("/api/confirmretailer", &documented::confirm()).await,
        json!({"status": "ok", "retailerId": RETAILER})
    );
    let (status, page) = world.arrive("1024").await;
    assert_eq!(status, 403, "a shopper arrives before the option is on");
    assert!(page.contains("does not offer DivideBuy"));

    assert_eq!(world.ok("/api/updateretailerstatus", &documented::activate()).await, json!({"status": "ok"}));
    world.ok("/api/updateretailerstatus", &documented::activate()).await;
    let configuration = world.shop.webhooks("retailerConfigurations", 1).await.remove(0);
    assert_eq!(configuration["allowedIps"], "159.242.115.2");
    assert_eq!(configuration["store_token"], TOKEN);
    assert_eq!(
        configuration["retailerConfigurationDetails"]["28"],
        json!({
            "type": "instalments-ibc", "key": "24", "interest_rate": 19.9, "apr": 19.9,
            "min": 1100.0, "max": 6000.0, "retailer_id": RETAILER
        })
    );
    assert_eq!(configuration["retailerConfigurationDetails"]["9"]["value"], "19.9");
    assert_eq!(world.arrive("1024").await.0, 200);
    assert_eq!(world.effects().await, ["retailer_enabled", "retailer_enabled (repeat)"]);

    let path = format!("/_sandbox/accounts/{RETAILER}/push-configuration");
    assert_eq!(world.post(&path, &Value::Null).await.0, 202);
    assert_eq!(world.shop.webhooks("retailerConfigurations", 2).await.len(), 2, "none for the repeat");

    // A list that is left out stays, and an empty one is a list.
    for (count, ips, expected) in [(3, json!("159.242.115.3"), "159.242.115.3"), (4, json!(""), "")] {
        let mut update = documented::activate();
        update["allowedIps"] = ips;
        world.ok("/api/updateretailerstatus", &update).await;
        assert_eq!(
            world.shop.webhooks("retailerConfigurations", count).await[count - 1]["allowedIps"],
            expected
        );
        update.as_object_mut().unwrap().remove("allowedIps");
        world.ok("/api/updateretailerstatus", &update).await;
    }
    let mut off = documented::activate();
    (off["retailerStatus"], off["allowedIps"]) = (json!("0"), Value::Null);
    world.ok("/api/updateretailerstatus", &off).await;
    assert_eq!(world.shop.webhooks("retailerConfigurations", 5).await[4]["allowedIps"], "");
    let mut renamed = documented::confirm();
    renamed["retailerStoreCode"] = json!("acmeinc_other");
    world.ok("/api/confirmretailer", &renamed).await;
    world.ok("/api/confirmretailer", &renamed).await;
    let last = world.shop.webhooks("retailerConfigurations", 6).await.remove(5);
    assert_eq!(last["retailer_store_code"], "acmeinc_other");
}

#[tokio::test]
async fn order_lives_from_arrival_to_refund_with_the_documented_answers() {
    let world = World::new().await;
    world.shop.draft("1024", &documented::order_details("1024", "REF109846"));
    let (status, page) = world.arrive("1024").await;
    assert_eq!(status, 200);
    for part in ["Supreme Cool Mattress", "£1,915.00", "£638.34", "REF109846", "Closing this tab"] {
        assert!(page.contains(part), "the page shows {part}");
    }
    assert!(!page.contains(TOKEN) && !page.contains(AUTHENTICATION));
    assert_eq!(
        world.call("/api/getuserorder", &documented::about("1024")).await.0,
        404,
        "before the approval"
    );

    let location = world.press(&page, "approve").await;
    let fields = format!("1024:success:{TOKEN}:{AUTHENTICATION}:{STORE_CODE}");
    assert_eq!(return_fields(&world.shop, &location), fields);
    let success = world.shop.webhooks("orderSuccess", 1).await.remove(0);
    assert_eq!((&success["store_order_id"], &success["order_status"]), (&json!("1024"), &json!("success")));

    world.ok("/api/getuserorder", &documented::about("1024")).await;
    world.ok("/api/syncretorder", &documented::about("1024")).await;
    world.ok("/api/syncretorder", &documented::about("1024")).await;
    world.ok("/api/tracking", &documented::tracking("1024")).await;
    world.ok("/api/tracking", &documented::tracking("1024")).await;
    let answer = world.ok("/api/getuserorder", &documented::about("1024")).await;
    assert_shape(&answer, &documented::user_order("1024"));
    assert_eq!(answer["data"]["laravel_order_ref_id"], success["laravel_order_ref_id"]);
    assert_eq!(answer["data"]["address"], success["address"]);

    assert_eq!(world.ok("/api/refund", &documented::refund("1024")).await, json!({"status": "ok"}));
    assert_eq!(
        world.effects().await,
        ["approved", "syncretorder", "syncretorder (repeat)", "tracking", "tracking (repeat)", "refund"]
    );
    let ledger = world.get("/_sandbox/ledger?order=1024").await;
    let refund = &ledger["entries"][5];
    assert_eq!((&refund["n"], &refund["amount_minor"]), (&json!(6), &json!(120_000)));
    assert_eq!((&refund["currency"], &refund["refund_type"]), (&json!("GBP"), &json!("PARTIAL")));
    assert_eq!(refund["skus"], json!([{"sku": "SUPCOOLMAT-1", "qty": 1}]));
    assert_eq!(refund["request_digest"].as_str().unwrap().len(), 64);
    assert_eq!(ledger["entries"][3]["number"], "123456789");
    assert_eq!(world.get("/_sandbox/ledger?order=7").await, json!({"entries": []}));
}

#[tokio::test]
async fn decline_and_leave_look_alike_to_the_shop_and_not_in_the_ledger() {
    let world = World::new().await;
    for (order, button) in [("1", "decline"), ("2", "leave")] {
        world.shop.draft(order, &documented::order_details(order, "R"));
        let location = world.press(&world.arrive(order).await.1, button).await;
        let fields = format!("{order}:cancel:{TOKEN}:{AUTHENTICATION}:{STORE_CODE}");
        assert_eq!(return_fields(&world.shop, &location), fields);
    }
    let mut cancels = world.shop.webhooks("orderCancel", 2).await;
    cancels.sort_by_key(|cancel| cancel["store_order_id"].to_string());
    for (cancel, order) in cancels.iter().zip(["1", "2"]) {
        let expected = json!({
            "method": "orderCancel",
            "store_order_id": order,
            "retailer_store_code": STORE_CODE,
            "store_token": TOKEN,
            "store_authentication": AUTHENTICATION,
            "delete_user_order": 1
        });
        assert_eq!(*cancel, expected);
    }
    assert_eq!(world.effects().await, ["declined", "left"]);
    assert_eq!(world.call("/api/getuserorder", &documented::about("1")).await.0, 404);
}

#[tokio::test]
async fn first_of_two_presses_stands() {
    let world = World::new().await;
    world.shop.draft("1", &documented::order_details("1", "R"));
    let (_, page) = world.arrive("1").await;
    let (one, other) = tokio::join!(world.press(&page, "approve"), world.press(&page, "leave"));
    let status = |url: &str| return_fields(&world.shop, url).split(':').nth(1).unwrap().to_owned();
    assert_eq!(status(&one), status(&other));
    assert_eq!(status(&world.press(&page, "decline").await), status(&one));
    assert_eq!(world.effects().await.len(), 1);
    let again = world.post("/_sandbox/orders/1/decide", &json!({"decision": "decline"})).await.1;
    assert_eq!((&again["first"], &again["status"]), (&json!(false), &json!(status(&one))));
    let (code, closed) = world.arrive("1").await;
    assert!(code == 200 && closed.contains("closed") && !closed.contains("<form"));
    assert_eq!(world.shop.webhook_count("orderSuccess") + world.shop.webhook_count("orderCancel"), 1);
}

#[tokio::test]
async fn tracking_may_be_split_deleted_and_made_again_but_not_exceed_the_order() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    let track = |number: &str, qty: Value, delete: u8| {
        let mut body = documented::tracking("1");
        body["trackingInfo"][0]["trackNumber"] = json!(number);
        body["productDetails"][0]["qty"] = qty;
        body["deleteTracking"] = json!(delete);
        body
    };
    world.ok("/api/tracking", &track("A", json!(1), 0)).await;
    world.ok("/api/tracking", &track("B", json!(1), 0)).await;
    assert_eq!(
        world.call("/api/tracking", &track("C", json!(1), 0)).await,
        (422, json!({"error": true, "message": ["Only 0 of product SUPCOOLMAT-1 are left to track."]}))
    );
    world.ok("/api/tracking", &track("A", json!(1), 1)).await;
    world.ok("/api/tracking", &track("A", json!(1), 1)).await;
    assert_eq!(world.call("/api/tracking", &track("Z", json!(1), 1)).await.0, 422);
    world.ok("/api/tracking", &track("C", json!(1), 0)).await;
    assert_eq!(
        world.effects().await,
        ["approved", "tracking", "tracking", "tracking_deleted", "tracking_deleted (repeat)", "tracking"]
    );
}

#[tokio::test]
async fn refund_again_is_another_refund_until_nothing_remains() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    let refund = |total: &str, kind: &str| {
        let text = documented::refund("1").to_string();
        text.replace("\"totalRefund\":1200", &format!("\"totalRefund\":{total}")).replace("PARTIAL", kind)
    };
    let of_shipping = |text: String| {
        let mut body: Value = serde_json::from_str(&text).unwrap();
        (body["product"], body["shippingCostAmount"]) = (json!([]), json!(15));
        body.to_string()
    };
    let call = async |body: String| {
        let answer = world.try_call("/api/refund", &body, "").await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["error"]["message"].clone())
    };
    assert_eq!(call(refund("950", "PARTIAL")).await.0, 200);
    assert_eq!(call(refund("950", "PARTIAL")).await.0, 200);
    let none_left = "The quantity of product SUPCOOLMAT-1 is not from 1 to 0.";
    assert_eq!(call(refund("0.01", "PARTIAL")).await, (422, json!(none_left)));
    let too_much = "Only 15 of the order are left to refund.";
    assert_eq!(call(of_shipping(refund("15.01", "PARTIAL"))).await, (422, json!(too_much)));
    assert_eq!(call(of_shipping(refund("14.99", "FULL"))).await.0, 422);
    assert_eq!(call(of_shipping(refund("14.981", "PARTIAL"))).await.0, 422);
    assert_eq!(call(refund("7e2", "PARTIAL")).await.0, 422);
    assert_eq!(call(of_shipping(refund("15", "FULL"))).await.0, 200);
    assert_eq!(call(of_shipping(refund("0.01", "PARTIAL"))).await.0, 422);
    let order = world.get("/_sandbox/orders?order=1").await["orders"][0].clone();
    assert_eq!((&order["refunded_minor"], &order["remaining_minor"]), (&json!(191_500), &json!(0)));
    let ledger = world.get("/_sandbox/ledger").await;
    assert_eq!(ledger["entries"][1]["request_digest"], ledger["entries"][2]["request_digest"]);
}
