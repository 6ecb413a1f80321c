//! What is refused, and in which of the four documented shapes.

use serde_json::{Value, json};

use crate::documented::{self, order_details};
use crate::world::{World, account};

fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field);
    body
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

#[tokio::test]
async fn calls_are_refused_in_the_documented_shapes() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    let required =
        json!({"error": {"message": "This is a required field.", "status_code": 422}, "status": 0});
    let no_retailer = json!({"error": {"message": "Retailer not found.", "status_code": 422}, "status": 0});
    let no_order = json!({"error": {"message": "Order not found.", "status_code": 404}, "status": 0});
    let not_valid = json!({"errors": ["Auth and Token combination not valid"]});
    let tracking = |message: &str| json!({"error": true, "message": [message]});
    let wrong = json!("wrong");
    let cases: [(&str, Value, u16, Value); 13] = [
        ("confirmretailer", without(documented::confirm(), "storeToken"), 422, required.clone()),
        (
            "confirmretailer",
            with(documented::confirm(), "/storeToken", wrong.clone()),
            401,
            not_valid.clone(),
        ),
        (
            "updateretailerstatus",
            json!({"retailerStatus": "1", "allowedIps": ""}),
            422,
            json!({"error": {"message": "422 Unprocessable Entity", "errors": {
                "storeToken": ["The store token field is required."],
                "storeAuthentication": ["The store authentication field is required."]
            }}}),
        ),
        ("updateretailerstatus", with(documented::activate(), "/storeToken", wrong.clone()), 401, not_valid),
        ("getuserorder", documented::about("2"), 404, no_order.clone()),
        (
            "getuserorder",
            with(documented::about("1"), "/storeToken", wrong.clone()),
            422,
            no_retailer.clone(),
        ),
        ("syncretorder", documented::about("2"), 404, no_order.clone()),
        ("syncretorder", without(documented::about("1"), "storeOrderId"), 422, required.clone()),
        ("refund", with(documented::refund("1"), "/retailer/storeToken", wrong.clone()), 422, no_retailer),
        ("refund", documented::refund("2"), 404, no_order),
        ("refund", without(documented::refund("1"), "reason"), 422, required),
        ("tracking", documented::tracking("2"), 404, tracking("Order not found.")),
        (
            "tracking",
            with(documented::tracking("1"), "/productDetails/0/sku", json!("OTHER")),
            422,
            tracking("Product OTHER is not part of the order."),
        ),
    ];
    for (call, body, status, expected) in cases {
        assert_eq!(world.call(&format!("/api/{call}"), &body).await, (status, expected), "{call} {body}");
    }
    assert_eq!(world.effects().await, ["approved"]);
}

#[tokio::test]
async fn fields_of_a_wrong_kind_change_nothing() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    let cases = [
        ("tracking", with(documented::tracking("1"), "/productDetails/0/qty", json!(1.5))),
        ("tracking", with(documented::tracking("1"), "/productDetails/0/qty", json!("2"))),
        ("tracking", with(documented::tracking("1"), "/productDetails/0/qty", json!(3))),
        ("tracking", with(documented::tracking("1"), "/productDetails", json!([]))),
        ("tracking", with(documented::tracking("1"), "/trackingInfo", json!({}))),
        ("tracking", with(documented::tracking("1"), "/deleteTracking", json!(2))),
        ("refund", with(documented::refund("1"), "/totalRefund", json!("1200"))),
        ("refund", with(documented::refund("1"), "/totalRefund", json!(0))),
        ("refund", with(documented::refund("1"), "/totalRefund", json!(-1))),
        ("refund", with(documented::refund("1"), "/product/0/qty", json!(3))),
        ("refund", with(documented::refund("1"), "/product/0/sku", json!("OTHER"))),
        ("refund", with(documented::refund("1"), "/refundType", json!("HALF"))),
        ("updateretailerstatus", with(documented::activate(), "/retailerStatus", json!(1))),
        ("updateretailerstatus", with(documented::activate(), "/allowedIps", json!("1.2.3"))),
        ("getuserorder", json!([])),
    ];
    for (call, body) in cases {
        assert_eq!(world.call(&format!("/api/{call}"), &body).await.0, 422, "{call} {body}");
    }
    let twice = documented::refund("1").to_string().replacen('{', "{\"totalRefund\":1,", 1);
    assert_eq!(world.try_call("/api/refund", &twice, "").await.unwrap().status(), 422);
    let huge = "x".repeat((1 << 20) + 1);
    assert_eq!(world.try_call("/api/refund", &huge, "").await.unwrap().status(), 413);
    assert_eq!(world.effects().await, ["approved"]);
}

#[tokio::test]
async fn refund_is_of_the_order_as_it_was_told() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    let off_price = "The row of product SUPCOOLMAT-1 is not at the order's price.";
    let off_sum = "totalRefund is not what its rows and shipping come to.";
    let cases = [
        // What is left of the price after the discount is no price of the order's.
        ("/product/0/rowInclTotal", json!(950), off_price),
        ("/product/0/rowTotal", json!(791.67), off_price),
        ("/product/0/rowTotal", json!(1000.02), off_price),
        ("/totalRefund", json!(1200.01), off_sum),
        ("/totalRefund", json!(699.99), off_sum),
        ("/shippingCostAmount", json!(15.01), "Shipping was 15."),
        ("/shippingTaxAmount", json!(15.01), "Shipping was 15."),
    ];
    for (pointer, value, why) in cases {
        let (status, answer) =
            world.call("/api/refund", &with(documented::refund("1"), pointer, value)).await;
        assert_eq!((status, &answer["error"]["message"]), (422, &json!(why)), "{pointer}");
    }
    let mut twice = documented::refund("1");
    twice["product"] = json!([twice["product"][0], twice["product"][0]]);
    assert_eq!(world.call("/api/refund", &twice).await.0, 422);
    assert_eq!(world.effects().await, ["approved"]);
    // A share of the discount goes back with one of two mattresses.
    world.ok("/api/refund", &with(documented::refund("1"), "/totalRefund", json!(950))).await;
}

#[tokio::test]
async fn shopper_learns_why_there_is_no_checkout() {
    let world = World::new().await;
    let wrong = |pointer: &str, value: Value| with(order_details("1", "R"), pointer, value);
    let other_line = json!({"sku": "A", "name": "A", "qty": 1, "price": 1, "priceInclVat": 1, "DivVat": 0,
        "rowTotal": 1, "rowTotalInclVat": 1, "discount": 0});
    let cases = [
        (wrong("/order_detail/grand_total", json!(1915)), "grand_total is not"),
        (wrong("/order_detail/vat", json!(401)), "subtotal and vat"),
        (wrong("/order_detail/store_token", json!("other")), "credentials"),
        (wrong("/order_detail/store_order_id", json!("2")), "another order"),
        (wrong("/order_detail/grand_total", json!(1900.001)), "at most two decimals"),
        (wrong("/product_details/0/qty", json!(1)), "a row is not"),
        (wrong("/product_details", json!([other_line])), "subtotal is not the sum"),
        (wrong("/billing_address", json!({})), "field is required.<"),
        (json!([]), "one JSON object"),
        (json!({"error": 1, "success": 0, "message": "Not <ours>"}), "refused the order: Not &lt;ours&gt;"),
    ];
    for (details, reason) in cases {
        world.shop.draft("1", &details);
        let (status, page) = world.arrive("1").await;
        assert_eq!(status, 502);
        assert!(page.contains(reason), "{reason}: {page}");
    }
    assert_eq!(world.arrive("unknown").await.0, 502);
    assert_eq!(world.get("/_sandbox/orders").await, json!({"orders": []}));
    for (link, reason) in [
        ("/", "it carries secureVersion=1"),
        ("/?secureVersion=1&retailerId=x", "it carries secureVersion=1"),
        ("/?secureVersion=1&retailerId=151&splashKey=AAAA", "no retailer has"),
        ("/?secureVersion=1&retailerId=150&splashKey=AAAA", "does not open"),
    ] {
        let page = world.client.get(world.url(link)).send().await.unwrap();
        assert_eq!(page.status(), 400);
        let page = page.text().await.unwrap();
        assert!(page.contains("This checkout link is not valid: ") && page.contains(reason), "{page}");
    }
    let nonsense = world.client.post(world.url("/checkout/00/nonsense")).send().await.unwrap();
    assert_eq!(nonsense.status(), 404);
    assert!(nonsense.text().await.unwrap().contains("There is no such button"), "a page, like every other");
    assert_eq!(world.client.get(world.url("/checkout/00")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn order_that_changes_between_two_pulls_is_not_sold() {
    let world = World::new().await;
    world.shop.draft("1", &order_details("1", "R"));
    assert_eq!(world.arrive("1").await.0, 200);
    for (pointer, value) in [
        ("/product_details/0/name", json!("Another Mattress")),
        ("/billing_address/postcode", json!("ZZ9 9ZZ")),
    ] {
        world.shop.draft("1", &with(order_details("1", "R"), pointer, value));
        let (status, page) = world.arrive("1").await;
        assert!(status == 502 && page.contains("has changed since"), "{pointer}: {page}");
    }
    world.shop.draft("1", &order_details("1", "R"));
    assert_eq!(world.arrive("1").await.0, 200, "as it was");
}

#[tokio::test]
async fn extension_writes_the_discount_with_a_minus_and_ids_as_numbers() {
    let world = World::new().await;
    let mut details = order_details("7", "R");
    details["order_detail"]["discount"] = json!(-500);
    details["order_detail"]["store_order_id"] = json!(7);
    world.shop.draft("7", &details);
    assert_eq!(world.arrive("7").await.0, 200);
}

#[tokio::test]
async fn disabled_retailer_sells_nothing_new_and_still_refunds() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    world.shop.draft("2", &order_details("2", "R"));
    let (_, open_page) = world.arrive("2").await;
    let off = with(documented::activate(), "/retailerStatus", json!("0"));
    world.ok("/api/updateretailerstatus", &off).await;
    assert_eq!(world.arrive("2").await.0, 403);
    assert!(open_page.contains("/approve\""));
    let (status, _) = world.post("/_sandbox/orders/2/decide", &json!({"decision": "approve"})).await;
    assert_eq!(status, 403);
    world.ok("/api/refund", &documented::refund("1")).await;
    assert_eq!(world.effects().await, ["approved", "retailer_disabled", "refund"]);
}

#[tokio::test]
async fn admin_calls_refuse_what_they_cannot_use() {
    let world = World::new().await;
    let put = async |body: Value| {
        world.client.put(world.url("/_sandbox/accounts")).json(&body).send().await.unwrap().status().as_u16()
    };
    let second = json!({
        "retailer_id": 151, "store_token": "t", "store_authentication": "a", "retailer_store_code": "c",
        "store_url": "http://127.0.0.1:1/x", "brand": "B"
    });
    assert_eq!(put(second.clone()).await, 204);
    assert_eq!(put(with(second.clone(), "/store_token", json!("a:b"))).await, 422);
    assert_eq!(put(with(second.clone(), "/store_url", json!("ftp://x"))).await, 422);
    let taken = with(
        with(second, "/store_token", json!(documented::TOKEN)),
        "/store_authentication",
        json!(documented::AUTHENTICATION),
    );
    assert_eq!(put(taken).await, 409);
    assert_eq!(put(json!({"retailer_id": "x"})).await, 422);
    let decide = json!({"decision": "approve"});
    assert_eq!(world.post("/_sandbox/orders/9/decide", &decide).await.0, 409, "which of two retailers?");
    assert_eq!(world.post("/_sandbox/orders/9/decide", &json!({"decision": "maybe"})).await.0, 422);
    assert!(!format!("{:?}", account(&world.shop, true)).contains(documented::TOKEN));
}
