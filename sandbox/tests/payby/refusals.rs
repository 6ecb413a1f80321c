//! What the real host would refuse, refused here.

use serde_json::{Value, json};

use crate::world::{PARTNER, World, amount, now_ms};

#[tokio::test]
async fn only_the_merchants_own_signature_over_these_bytes_counts() {
    let world = World::new().await;
    let body = json!({"requestTime": now_ms(), "bizContent": world.order("M1")}).to_string();
    let sign = world.sign(&body);
    let head = async |body: String, sign: &str| {
        let headers = [("partner-id", PARTNER), ("sign", sign)];
        let answer = world.read(world.post("/placeOrder", body, &headers).await.unwrap()).await;
        answer["head"]["applyStatus"].as_str().unwrap().to_owned()
    };
    assert_eq!(head(body.clone(), "").await, "ERROR");
    assert_eq!(head(body.replace("10.0", "9.0"), &sign).await, "ERROR");
    assert_eq!(head(format!("{body} "), &sign).await, "ERROR");
    assert_eq!(head(body, &sign).await, "SUCCESS");
    assert_eq!(world.effects().await, ["placed 1000"]);
}

#[tokio::test]
async fn strangers_are_answered_unsigned() {
    let world = World::new().await;
    let headers = [("partner-id", "200000000889"), ("sign", "AAAA")];
    let answer = world.post("/placeOrder", "{}".to_owned(), &headers).await.unwrap();
    assert!(!answer.headers().contains_key("sign"));
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["head"]["code"], "403");
}

#[tokio::test]
async fn request_time_is_taken_within_fifteen_minutes_but_for_a_repeated_order() {
    let world = World::new().await;
    let at = async |path: &str, ms: i64, content: Value| {
        let body = json!({"requestTime": ms, "bizContent": content}).to_string();
        let sign = world.sign(&body);
        let answer = world.post(path, body, &[("partner-id", PARTNER), ("sign", &sign)]).await.unwrap();
        world.read(answer).await["head"]["msg"].as_str().unwrap().to_owned()
    };
    let (early, late) = (now_ms() - 901_000, now_ms() + 910_000);
    assert_eq!(at("/placeOrder", early, world.order("M1")).await, "REQUESTTIME_TOO_EARLY");
    assert_eq!(at("/placeOrder", late, world.order("M1")).await, "REQUESTTIME_TOO_LATER");
    assert_eq!(at("/placeOrder", now_ms() - 890_000, world.order("M1")).await, "SUCCESS");
    assert_eq!(at("/placeOrder", early, world.order("M1")).await, "SUCCESS");
    assert_eq!(at("/getOrder", early, json!({"merchantOrderNo": "M1"})).await, "REQUESTTIME_TOO_EARLY");
}

#[tokio::test]
async fn orders_are_checked_field_by_field() {
    let world = World::new().await;
    let cases = [
        ("subject", json!("thirteen char"), "400 INVALID_PARAMETER"),
        ("subject", Value::Null, "400 INVALID_PARAMETER"),
        ("merchantOrderNo", json!("no/such"), "400 INVALID_PARAMETER"),
        ("merchantOrderNo", json!("M".repeat(65)), "400 INVALID_PARAMETER"),
        ("totalAmount", amount(json!("10.00")), "400 INVALID_PARAMETER"),
        ("totalAmount", amount(json!(0)), "400 INVALID_PARAMETER"),
        ("totalAmount", json!({"currency": "USD", "amount": 1}), "400 INVALID_PARAMETER"),
        ("notifyUrl", json!(format!("http://shop.example/{}", "x".repeat(200))), "400 INVALID_PARAMETER"),
        ("payeeMid", json!("2000012001011"), "400 INVALID_PARAMETER"),
        ("expiredTime", json!(now_ms() - 60_000), "62008 EXPIREDTIME_LESS_THAN_REQUESTTIME"),
        ("expiredTime", json!(now_ms() + 49 * 3_600_000), "62009 EXPIREDTIME_TOO_LATER"),
        ("paySceneCode", json!("CASH"), "62012 PAYSCENECODE_ILLEGAL"),
        ("paySceneCode", json!("DIRECTPAY"), "62026 PRODUCT_IS_NOT_APPLIED"),
        ("paySceneCode", json!("QRPAY"), "62033 MISSING_AUTHCODE"),
        ("paySceneCode", json!("EWALLET"), "62080 MISSING_EWALLET_CODE"),
        ("paySceneParams", json!({"oneTimePayment": "TRUE"}), "62073 INVALID_ONE_TIME_PAYMENT"),
        ("paySceneParams", json!({"oneTimePayment": true}), "400 INVALID_PARAMETER"),
        ("paySceneParams", json!({"customerId": 7}), "400 INVALID_PARAMETER"),
        ("totalAmount", amount(json!(1_000_000_000_000_i64)), "400 INVALID_PARAMETER"),
        ("accessoryContent", json!("candy"), "400 INVALID_PARAMETER"),
        ("accessoryContent", json!({"goodsDetail": {"goodsId": 7}}), "400 INVALID_PARAMETER"),
        ("accessoryContent", json!({"goodsDetail": {"price": 1}}), "400 INVALID_PARAMETER"),
        ("accessoryContent", json!({"amountDetail": {"tipAmount": {"amount": 1}}}), "400 INVALID_PARAMETER"),
        (
            "accessoryContent",
            json!({"terminalDetail": {"storeName": "x".repeat(201)}}),
            "400 INVALID_PARAMETER",
        ),
        ("promotionInfoList", json!({"appliedRewardId": "1"}), "400 INVALID_PARAMETER"),
        ("promotionInfoList", json!([{"appliedRewardId": "1"}]), "400 INVALID_PARAMETER"),
        ("secondaryMerchantId", json!("S1"), "62036 MERCHANT_DEVICE_NOT_EXIST"),
        ("sharingParamList", json!([{"sharingIdentitySeqId": 2}]), "400 INVALID_PARAMETER"),
    ];
    for (field, value, expected) in cases {
        let mut order = world.order("M1");
        order[field] = value.clone();
        let found = world.refused("/placeOrder", &order).await;
        assert!(found.starts_with(expected), "{field} {value}: {found}");
    }
    assert!(world.effects().await.is_empty());
}

#[tokio::test]
async fn three_decimals_are_no_amount() {
    let world = World::new().await;
    let body = json!({"requestTime": now_ms(), "bizContent": world.order("M1")}).to_string();
    let body = body.replace("\"amount\":10.0", "\"amount\":10.001");
    let sign = world.sign(&body);
    let answer = world.post("/placeOrder", body, &[("partner-id", PARTNER), ("sign", &sign)]).await.unwrap();
    assert_eq!(world.read(answer).await["head"]["code"], "400");
}

#[tokio::test]
async fn identities_must_be_encrypted_for_payby() {
    let world = World::new().await;
    let mut order = world.order("M1");
    let share = |identity: String, fee: bool| {
        json!([{
            "sharingIdentitySeqId": 1, "sharingIdentityType": "MEMBER_ID", "sharingIdentity": identity,
            "sharingMemo": "m", "sharingAmount": amount(json!(1)), "withholdAndRemitFee": fee,
        }])
    };
    order["sharingParamList"] = share("100006514321".to_owned(), false);
    assert!(world.refused("/placeOrder", &order).await.contains("sharingIdentity"));
    order["sharingParamList"] = share(world.encrypted(&"1".repeat(21)), false);
    assert!(world.refused("/placeOrder", &order).await.contains("sharingIdentity"));
    order["sharingParamList"] = share(world.encrypted("100006514321"), true);
    order["sharingParamList"][0]["withholdAndRemitFee"] = json!("yes");
    assert!(world.refused("/placeOrder", &order).await.contains("withholdAndRemitFee"));
    order["sharingParamList"][0]["withholdAndRemitFee"] = json!(true);
    world.ok("/placeOrder", &order).await;
}

#[tokio::test]
async fn amounts_have_up_to_twelve_digits_before_the_point() {
    let world = World::new().await;
    let mut order = world.order("M1");
    order["totalAmount"] = amount(json!(999_999_999_999_i64));
    assert_eq!(world.ok("/placeOrder", &order).await["acquireOrder"]["totalAmount"], order["totalAmount"]);
}

#[tokio::test]
async fn refund_is_given_back_by_members_of_the_payments_own_sharing() {
    let world = World::new().await;
    let share = |member: &str| {
        json!([{"sharingIdentitySeqId": 1, "sharingIdentityType": "MEMBER_ID", "sharingMemo": "m",
            "sharingIdentity": world.encrypted(member), "sharingAmount": amount(json!(1))}])
    };
    let mut order = world.order("M1");
    order["sharingParamList"] = share("100006514321");
    order["riskInfo"] = json!("none");
    assert!(world.refused("/placeOrder", &order).await.contains("riskInfo"));
    order["riskInfo"] = json!({"ip": "127.0.0.1"});
    world.ok("/placeOrder", &order).await;
    world.admin("/_sandbox/orders/M1/decide", &json!({"decision": "approve"})).await;
    let mut refund = world.refund_of("R1", "M1", json!(2));
    refund["sharingParamList"] = share("100006514322");
    let stranger = world.refused("/refund/placeOrder", &refund).await;
    assert_eq!(stranger, "62084 REFUND_SHARING_MEMBER_MISMATCH");
    refund["sharingParamList"] = share("100006514321");
    refund["refundSharingAmount"] = json!("yes");
    assert!(world.refused("/refund/placeOrder", &refund).await.contains("refundSharingAmount"));
    refund["refundSharingAmount"] = json!(true);
    world.ok("/refund/placeOrder", &refund).await;
    assert_eq!(world.effects().await, ["placed 1000", "approved 1000", "refund 200"]);
}

#[tokio::test]
async fn numbers_are_taken_once() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    let mut other = world.order("M1");
    other["totalAmount"] = amount(json!(11));
    assert_eq!(world.refused("/placeOrder", &other).await, "62016 MERCHANT_ORDER_NO_EXIST");
    world.refund("R1", "M1", json!(1)).await;
    let doubled = world.refund("R1", "M1", json!(2)).await;
    assert_eq!(doubled["head"]["code"], "62017");
    assert_eq!(world.refund("R1", "M1", json!(1)).await["head"]["code"], "0");
    assert_eq!(world.effects().await, ["placed 1000", "approved 1000", "refund 100", "refund (repeat)"]);
}

#[tokio::test]
async fn refunds_stay_within_what_was_paid() {
    let world = World::new().await;
    world.ok("/placeOrder", &world.order("M1")).await;
    let code = async |number: &str, of: &str, of_amount: Value| {
        world.refund(number, of, of_amount).await["head"]["code"].clone()
    };
    assert_eq!(code("R1", "M1", json!(1)).await, "62015");
    world.admin("/_sandbox/orders/M1/decide", &json!({"decision": "approve"})).await;
    assert_eq!(code("R1", "M1", json!(6)).await, "0");
    assert_eq!(code("R2", "M1", json!(4.01)).await, "62006");
    assert_eq!(code("R2", "M1", json!(4)).await, "0");
    assert_eq!(code("R3", "M2", json!(1)).await, "62004");
    world.ok("/placeOrder", &world.order("M3")).await;
    world.ok("/cancelOrder", &json!({"merchantOrderNo": "M3"})).await;
    assert_eq!(code("R3", "M3", json!(1)).await, "62002");
}

#[tokio::test]
async fn unknown_numbers_have_codes_of_their_own() {
    let world = World::new().await;
    for path in ["/getOrder", "/cancelOrder", "/revokeOrder"] {
        assert_eq!(
            world.refused(path, &json!({"merchantOrderNo": "M9"})).await,
            "62004 MERCHANT_ORDER_NO_NOT_EXIST"
        );
        assert_eq!(world.refused(path, &json!({"orderNo": "9"})).await, "62035 ORDER_NO_NOT_EXIST");
        let both = json!({"merchantOrderNo": "M9", "orderNo": "9"});
        assert!(world.refused(path, &both).await.starts_with("400 INVALID_PARAMETER"));
    }
    let refund = json!({"refundMerchantOrderNo": "R9"});
    assert_eq!(world.refused("/refund/getOrder", &refund).await, "62007 REFUND_MERCHANT_ORDER_NO_NOT_EXIST");
}
