//! The documents' samples, as printed, and the shapes of their answers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::{PARTNER, World, amount, now_ms};

/// "Request sample" of placeOrder, byte for byte but for the time.
const REQUEST: &str = r#"{
"requestTime": 1581404947666,
"bizContent": {
"merchantOrderNo": "M965739182419",
"subject": "Your subject",
"totalAmount": {
"currency": "AED",
"amount": 1.01
},
"paySceneCode": "PAYPAGE",
"paySceneParams": {
"redirectUrl": "http://www.yoursite.com?orderId=123"
},
"reserved": "order desc",
"notifyUrl": "http://www.yoursite.com",
"accessoryContent": {
"amountDetail": {
"vatAmount": {
"currency": "AED",
"amount": 20.65
},
"amount": {
"currency": "AED",
"amount": 1.09
}
},
"goodsDetail": {
"body": "Gifts",
"categoriesTree": "CT12",
"goodsCategory": "GC10",
"goodsId": "GI1005",
"goodsName": "candy flower",
"price": {
"currency": "AED",
"amount": 10.87
},
"quantity": 2
},
"terminalDetail": {
"operatorId": "OP1000000000000001",
"storeId": "SI100000000000002",
"terminalId": "TI100999999999900",
"merchantName": "candy home",
"storeName": "lovely house"
}
}
}
}"#;

fn fields(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

async fn as_printed(world: &World, body: String) -> Value {
    let sign = world.sign(&body);
    let headers = [("Content-Language", "en"), ("sign", sign.as_str()), ("Partner-Id", PARTNER)];
    let answer = world.post("/placeOrder", body, &headers).await.unwrap();
    world.read(answer).await
}

#[tokio::test]
async fn request_sample_is_accepted_as_printed_and_answered_in_the_documented_shape() {
    let world = World::new().await;
    let answer = as_printed(&world, REQUEST.replace("1581404947666", &now_ms().to_string())).await;
    assert_eq!(fields(&answer), ["body", "head"].into());
    assert_eq!(fields(&answer["head"]), ["applyStatus", "code", "msg", "success", "traceCode"].into());
    assert_eq!(fields(&answer["body"]), ["acquireOrder", "interActionParams"].into());
    assert_eq!(fields(&answer["body"]["interActionParams"]), ["tokenUrl"].into());
    let order = &answer["body"]["acquireOrder"];
    let documented = [
        "accessoryContent",
        "expiredTime",
        "merchantOrderNo",
        "notifyUrl",
        "orderNo",
        "paySceneCode",
        "payeeMid",
        "product",
        "requestTime",
        "reserved",
        "revoked",
        "status",
        "subject",
        "totalAmount",
    ];
    assert_eq!(fields(order), documented.into());
    assert_eq!((&order["revoked"], &order["status"]), (&json!("false"), &json!("CREATED")));
    assert_eq!((&order["payeeMid"], &order["totalAmount"]["amount"]), (&json!(PARTNER), &json!(1.01)));
    assert_eq!(order["accessoryContent"]["goodsDetail"]["price"]["amount"], json!(10.87));
    let two_hours = order["expiredTime"].as_i64().unwrap() - order["requestTime"].as_i64().unwrap();
    assert_eq!(two_hours, 7_200_000);
}

#[tokio::test]
async fn shared_payment_shows_its_shares_as_documented() {
    let world = World::new().await;
    let mut body: Value = serde_json::from_str(REQUEST).unwrap();
    body["requestTime"] = json!(now_ms());
    body["bizContent"]["sharingParamList"] = json!([{
        "sharingAmount": amount(json!(1)), "sharingIdentity": world.encrypted("+971-585812345"),
        "sharingIdentitySeqId": 1, "sharingIdentityType": "PHONE_NO", "sharingMemo": "cashback",
    }]);
    let answer = as_printed(&world, body.to_string()).await;
    let share = &answer["body"]["acquireOrder"]["sharingInfoList"][0];
    assert_eq!(fields(share), ["sharingAmount", "sharingIdentitySeqId", "sharingMemo", "sharingMid"].into());
}

#[tokio::test]
async fn refund_and_its_query_are_answered_as_documented() {
    let world = World::new().await;
    world.decided("M965739182419", "approve").await;
    let answer = world.refund("M818494241569", "M965739182419", json!(0.01)).await;
    let refund = &answer["body"]["refundOrder"];
    assert_eq!(refund["status"], "SUCCESS", "{answer}");
    let documented = [
        "amount",
        "notifyUrl",
        "orderNo",
        "originMerchantOrderNo",
        "reason",
        "refundMerchantOrderNo",
        "status",
    ];
    assert_eq!(fields(refund), documented.into());
    assert_eq!(fields(&answer["body"]["refundSummary"]), ["acquireAmount", "remainRefundAmount"].into());
    assert_eq!(answer["body"]["refundSummary"]["remainRefundAmount"]["amount"], json!(9.99));
    let queried = world.ok("/refund/getOrder", &json!({"refundMerchantOrderNo": "M818494241569"})).await;
    assert_eq!(&queried, &answer["body"]);
    let by_payby = world.ok("/refund/getOrder", &json!({"orderNo": refund["orderNo"]})).await;
    assert_eq!(by_payby, queried);
}

#[tokio::test]
async fn notifications_have_the_documented_fields() {
    let world = World::new().await;
    world.decided("M572007254058", "approve").await;
    let told = world.told(1).await.remove(0);
    let documented = ["_input_charset", "acquireOrder", "notify_id", "notify_time", "notify_timestamp"];
    assert_eq!(fields(&told), documented.into());
    // The published notification of 08:43 UTC says 12:43: its clock is Dubai's.
    let at = jiff::Timestamp::from_millisecond(told["notify_timestamp"].as_i64().unwrap() + 4 * 3_600_000)
        .unwrap();
    assert_eq!(told["notify_time"], at.strftime("%Y%m%d%H%M%S").to_string());
    let payment = &told["acquireOrder"]["paymentInfo"];
    for name in ["paidAmount", "paidTime", "payChannel", "payeeFeeAmount", "payerFeeAmount", "payerMid"] {
        assert!(!payment[name].is_null(), "{name} in {payment}");
    }
    world.refund("M029348361456", "M572007254058", json!(0.01)).await;
    let told = world.told(2).await.remove(1);
    assert_eq!(told["refundOrder"]["refundMerchantOrderNo"], "M029348361456");
    assert_eq!(
        (&told["refundOrder"]["status"], &told["refundOrder"]["originMerchantOrderNo"]),
        (&json!("SUCCESS"), &json!("M572007254058"))
    );
    assert_eq!(told["notify_id"].as_str().unwrap().len(), 18);
}
