//! An order from its creation to the last refund, and its other ends.

use std::time::Duration;

use serde_json::{Value, json};

use ordain_sandbox::divit::Account;

use crate::world::{World, account};

#[tokio::test]
async fn order_is_paid_told_known_and_refunded_later() {
    let world = World::new().await;
    let made = world.created(&world.order("R1")).await;
    let id = made["orderID"].as_str().unwrap();
    let status = format!("/paynow/orders/{id}/status");
    assert_eq!(world.get(&status).await.0, 404, "divit does not know it until it is paid");

    let way = format!("{}&token={}", made["redirectURI"].as_str().unwrap(), made["token"].as_str().unwrap());
    let page = world.client.get(&way).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("HK$1,150.50") && page.contains("/approve\""), "{page}");
    let action = page.split("action=\"").find(|part| part.contains("/approve\"")).unwrap();
    let pressed = world.client.post(world.url(action.split('"').next().unwrap())).send().await.unwrap();
    assert_eq!(pressed.headers()["location"].to_str().unwrap(), format!("{}/success", world.shop));

    let paid = world.event(2001).await;
    assert_eq!(paid["path"], "/events");
    assert_eq!(paid["eventData"]["orderID"], id);
    assert_eq!(paid["eventData"]["partnerRef"], "R1");
    assert_eq!(paid["eventData"]["totalAmount"], json!({"amount": 115_050, "currency": "HKD"}));
    let known = world.get(&status).await.1["data"].clone();
    assert_eq!((&known["status"], &known["merchantRef"]), (&json!("completed"), &json!("R1")));

    let refund = json!({"orderID": id, "refundType": "partial", "refundAmount": 100.50, "refundRef": "r-1"});
    assert_eq!(world.call("/paynow/orders/refund/request", &refund).await.0, 200);
    let counted = world.get(&status).await.1["data"].clone();
    assert_eq!(counted["totalRefundRequested"]["amount"], 10_050);
    assert_eq!(counted["totalRefundCompleted"]["amount"], 0);
    let end = world.call("/_sandbox/orders/R1/refunds/0/end", &json!({"completed": true})).await;
    assert_eq!(end.0, 204);
    let told = world.event(2100).await;
    assert_eq!(told["eventData"]["refundAmount"], json!({"amount": 10_050, "currency": "HKD"}));
    assert_eq!(told["eventData"]["status"], "completed");
    assert_eq!(world.get(&status).await.1["data"]["totalRefundCompleted"]["amount"], 10_050);
    assert_eq!(world.kinds().await, ["created", "approved", "refund_requested", "refund"]);
}

#[tokio::test]
async fn refund_without_a_key_counts_twice_and_never_beyond_the_order() {
    let world = World::new().await;
    let id = world.created(&world.order("R")).await["orderID"].clone();
    world.decide("R", "approve").await;
    let refund = |amount: Value| json!({"orderID": id, "refundType": "partial", "refundAmount": amount});
    let ask = async |amount: Value| world.call("/paylater/orders/refund/request", &refund(amount)).await.0;
    assert_eq!([ask(json!(600)).await, ask(json!(550.5)).await, ask(json!(0.01)).await], [200, 200, 400]);
    assert_eq!([ask(json!("1")).await, ask(json!(-1)).await, ask(json!(1.005)).await], [400; 3]);
    world.call("/_sandbox/orders/R/refunds/1/end", &json!({"completed": false})).await;
    let refused = world.event(4100).await;
    assert_eq!(refused["eventData"]["refundAmount"]["amount"], 55_050);
    assert_eq!(ask(json!(0.01)).await, 200, "what was turned down can be asked for again");
}

#[tokio::test]
async fn checkout_shows_what_each_line_costs_where_the_shop_said_it() {
    let world = World::new().await;
    let mut order = world.order("R");
    let item = |title: &str, prices: Value| {
        let mut data = json!({"productID": "ID", "productTitle": title, "qty": 2, "pics": {}});
        data.as_object_mut().unwrap().extend(prices.as_object().unwrap().clone());
        json!({"itemType": "retail", "itemData": data})
    };
    order["order"]["orderItems"] = json!([
        item("One", json!({"unitPrice": 45_000})),
        item("Both", json!({"unitPrice": 12_525, "subtotal": 25_050})),
        item("None", json!({})),
        item("Parts", json!({"unitPrice": 0.5})),
        item("Too much", json!({"unitPrice": i64::MAX})),
    ]);
    let made = world.created(&order).await;
    let way = format!("{}&token={}", made["redirectURI"].as_str().unwrap(), made["token"].as_str().unwrap());
    let page = world.client.get(&way).send().await.unwrap().text().await.unwrap();
    let cells: Vec<&str> =
        page.split("<td").skip(1).filter_map(|cell| cell.split_once('>')?.1.split('<').next()).collect();
    let lines: Vec<_> = cells.chunks(3).take(5).map(|line| (line[0], line[2])).collect();
    let shown = [("One", "HK$900.00"), ("Both", "HK$250.50"), ("None", ""), ("Parts", ""), ("Too much", "")];
    assert_eq!(lines, shown);
}

#[tokio::test]
async fn way_to_the_checkout_names_the_merchant_whatever_it_is_called() {
    let account = Account { merchant_name: "Tea & Co #1".into(), ..account() };
    let world = World::with(account, Duration::ZERO).await;
    let made = world.created(&world.order("a&b=c#d")).await;
    let way = made["redirectURI"].as_str().unwrap();
    assert!(way.ends_with("?merchant=Tea %26 Co %231&mRef=TEACO1"), "{way}");
    let way = format!("{way}&token={}", made["token"].as_str().unwrap());
    assert_eq!(world.client.get(&way).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn part_of_an_order_that_cannot_go_back_is_not_refunded() {
    let world = World::new().await;
    let hkd = |cents: u32| json!({"amount": cents, "currency": "HKD"});
    let with = |kept: Option<u32>, refundable: Option<u32>| {
        let mut order = world.order("R");
        for (name, cents) in [("nonrefundableAmount", kept), ("refundableAmount", refundable)] {
            order["order"][name] = cents.map_or(Value::Null, hkd);
        }
        order
    };
    for (kept, refundable) in [(Some(115_051), None), (None, Some(115_051)), (Some(1), Some(115_050))] {
        assert_eq!(world.call("/paynow/orders", &with(kept, refundable)).await.0, 400);
    }
    let id = world.created(&with(Some(15_050), Some(100_000))).await["orderID"].clone();
    world.decide("R", "approve").await;
    let ask = async |kind: &str, amount: Value| {
        let refund = json!({"orderID": id, "refundType": kind, "refundAmount": amount});
        world.call("/paynow/orders/refund/request", &refund).await.0
    };
    assert_eq!([ask("partial", json!(1_000.01)).await, ask("full", json!(1_150.50)).await], [400; 2]);
    assert_eq!([ask("partial", json!(1_000)).await, ask("partial", json!(0.01)).await], [200, 400]);
}

#[tokio::test]
async fn staff_ends_the_refund_that_waits_of_two_orders_of_one_reference() {
    let world = World::new().await;
    let ids = [world.created(&world.order("R")).await, world.created(&world.order("R")).await];
    let mut ids = ids.map(|made| made["orderID"].as_str().unwrap().to_owned());
    // The one that is found first has no refund.
    ids.sort();
    assert_eq!(world.decide(&ids[1], "approve").await.0, 200);
    let refund = json!({"orderID": ids[1], "refundType": "full", "refundAmount": 1150.50});
    assert_eq!(world.call("/paynow/orders/refund/request", &refund).await.0, 200);
    let end = world.call("/_sandbox/orders/R/refunds/0/end", &json!({"completed": true})).await;
    assert_eq!((end.0, &world.event(2100).await["eventData"]["orderID"]), (204, &json!(ids[1])));
}

#[tokio::test]
async fn staff_settles_refunds_by_itself_after_a_while() {
    let world = World::with(account(), Duration::ZERO).await;
    let id = world.created(&world.order("R")).await["orderID"].clone();
    world.decide("R", "approve").await;
    let refund = json!({"orderID": id, "refundType": "full", "refundAmount": 1150.50,
        "callbackURI": format!("{}/elsewhere", world.shop)});
    assert_eq!(world.call("/paynow/orders/refund/request", &refund).await.0, 200);
    assert_eq!(world.event(2100).await["path"], "/elsewhere");
}

#[tokio::test]
async fn shopper_who_leaves_cancels_and_one_whose_bank_refuses_may_try_again() {
    let world = World::new().await;
    world.created(&world.order("left")).await;
    let (_, left) = world.decide("left", "leave").await;
    assert_eq!(left["return_url"], format!("{}/failure", world.shop));
    assert_eq!(world.event(4000).await["eventData"]["partnerRef"], "left");
    assert_eq!(world.decide("left", "approve").await.0, 409);

    world.created(&world.order("tried")).await;
    assert_eq!(world.decide("tried", "decline").await.1["return_url"], format!("{}/failure", world.shop));
    assert_eq!(world.decide("tried", "approve").await.1["return_url"], format!("{}/success", world.shop));
    assert_eq!(world.event(2001).await["eventData"]["partnerRef"], "tried");
}

#[tokio::test]
async fn order_expires_by_itself_and_may_still_be_paid_late() {
    let world = World::new().await;
    let mut order = world.order("R");
    let soon = jiff::Timestamp::now().as_second() + 2;
    order["order"]["expiredAt"] = json!(soon);
    world.created(&order).await;
    assert_eq!(world.decide("R", "pay_late").await.0, 409, "it has not expired yet");
    assert_eq!(world.event(4001).await["eventData"]["partnerRef"], "R");
    assert_eq!(world.decide("R", "approve").await.0, 409);
    assert_eq!(world.decide("R", "pay_late").await.0, 200);
    world.event(2001).await;
    assert_eq!(world.kinds().await, ["created", "expired", "approved"]);
}

#[tokio::test]
async fn newest_generation_spells_its_events_in_capitals_and_needs_no_token() {
    let world = World::new().await;
    let mut order = world.order("R");
    // Nor does it need to know what is bought.
    order["order"].as_object_mut().unwrap().remove("orderItems");
    assert_eq!(world.call("/paynow/orders", &order).await.0, 400);
    let (_, answer) = world.call("/directpay/o/order", &order).await;
    assert_eq!(answer["data"]["token"], "");
    let way = answer["data"]["redirectURI"].as_str().unwrap();
    assert_eq!(world.client.get(way).send().await.unwrap().status(), 200);
    assert_eq!(world.client.get(format!("{way}x")).send().await.unwrap().status(), 404);
    world.decide("R", "approve").await;
    let told = world.event(2001).await["eventData"].clone();
    let expected = json!({"OrderID": answer["data"]["orderID"], "MerchantRef": "R",
        "OrderAmount": {"amount": 115_050, "currency": "HKD"}});
    assert_eq!(told, expected);
}

#[tokio::test]
async fn miles_are_credited_as_supplied_and_odd_ones_raise_an_alert() {
    let world = World::new().await;
    let miles = |reference: &str, supplied: u32, code: &str, earning: u32| {
        let mut order = world.order(reference);
        order["order"]["milesForReward"] = json!(supplied);
        order["order"]["promoCode"] = json!(code);
        order["order"]["totalForReward"] = json!({"amount": earning, "currency": "HKD"});
        order
    };
    let cases: [(&str, u32, &str, u32, &[&str]); 5] = [
        ("fits", 1_250, "XYZ01", 250_000, &[]),
        ("more", 1_750, "XYZ01", 250_000, &["miles_differ"]),
        ("unchecked", 1_750, "", 0, &[]),
        ("unknown", 10, "ABC", 250_000, &["promo_code_unknown"]),
        ("dear", 20_000, "", 0, &["miles_cost_more_than_the_order"]),
    ];
    for (reference, supplied, code, earning, alerts) in cases {
        world.created(&miles(reference, supplied, code, earning)).await;
        let order = world.get(&format!("/_sandbox/orders?order={reference}")).await.1["orders"][0].clone();
        assert_eq!(order["alerts"], json!(alerts), "{reference}");
    }
    world.decide("more", "approve").await;
    let ledger = world.get("/_sandbox/ledger?order=more").await.1;
    assert_eq!(
        (&ledger["entries"][2]["kind"], &ledger["entries"][2]["number"]),
        (&json!("miles"), &json!("1750"))
    );
}

#[tokio::test]
async fn key_is_checked_by_the_profile_and_older_branches_wrap_their_status() {
    let mut older = account();
    (older.wraps_status, older.shows_unpaid_orders) = (true, true);
    let world = World::with(older, Duration::ZERO).await;
    let (_, profile) = world.get("/directpay/profile").await;
    assert_eq!(profile["data"], json!({"branchID": "branch", "merchantID": "merchant"}));
    let id = world.created(&world.order("R")).await["orderID"].as_str().unwrap().to_owned();
    let (status, answer) = world.get(&format!("/paynow/orders/{id}/status")).await;
    assert_eq!((status, &answer["value"]["data"]["status"]), (200, &json!("pending")));
    assert!(world.folder.path().join("divit/divit.journal").exists());
}
