//! Orders from their placing to their end.

use serde_json::{Value, json};

use crate::world::{World, amount, now_ms};

#[tokio::test]
async fn order_is_paid_at_the_cashier_and_the_browser_goes_back() {
    let world = World::new().await;
    let placed = world.ok("/placeOrder", &world.order("M1")).await;
    let url = placed["interActionParams"]["tokenUrl"].as_str().unwrap();
    let page = world.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("AED 10.00") && page.contains("candy flower at Candy Home"), "{page}");
    let pressed = world.client.post(format!("{url}/approve")).send().await.unwrap();
    assert_eq!(pressed.status(), 303);
    assert_eq!(pressed.headers()["location"], "http://shop.example/done?order=1");
    let shown = world.shown("M1").await;
    assert_eq!(
        (&shown["status"], &shown["paymentInfo"]["paidAmount"]),
        (&json!("PAID_SUCCESS"), &amount(json!(10)))
    );
    assert_eq!(world.told(1).await[0]["acquireOrder"]["status"], "PAID_SUCCESS");
    assert_eq!(world.effects().await, ["placed 1000", "approved 1000"]);
    let again = world.ok("/placeOrder", &world.order("M1")).await;
    assert_eq!(
        (&again["acquireOrder"]["status"], &again["interActionParams"]),
        (&json!("PAID_SUCCESS"), &Value::Null)
    );
    assert_eq!(world.effects().await, ["placed 1000", "approved 1000", "placed (repeat)"]);
}

#[tokio::test]
async fn decline_ends_an_order_only_where_one_attempt_was_asked_for() {
    let world = World::new().await;
    world.decided("M1", "decline").await;
    assert_eq!(world.shown("M1").await["status"], "CREATED");
    let mut once = world.order("M2");
    once["paySceneParams"]["oneTimePayment"] = json!("true");
    world.ok("/placeOrder", &once).await;
    world.admin("/_sandbox/orders/M2/decide", &json!({"decision": "decline"})).await;
    let shown = world.shown("M2").await;
    assert_eq!((&shown["status"], &shown["failCode"]), (&json!("FAILURE"), &json!("92004")));
    let (status, _) = world.admin("/_sandbox/orders/M1/decide", &json!({"decision": "approve"})).await;
    assert_eq!((status, &world.shown("M1").await["status"]), (200, &json!("PAID_SUCCESS")));
}

#[tokio::test]
async fn open_order_is_cancelled_and_a_paid_one_is_not() {
    let world = World::new().await;
    world.ok("/placeOrder", &world.order("M1")).await;
    let cancelled = world.ok("/cancelOrder", &json!({"merchantOrderNo": "M1"})).await;
    assert_eq!(cancelled["acquireOrder"]["status"], "FAILURE");
    assert_eq!(world.refused("/cancelOrder", &json!({"merchantOrderNo": "M1"})).await, "62002 ORDER_FAILURE");
    world.decided("M2", "approve").await;
    assert_eq!(world.refused("/cancelOrder", &json!({"merchantOrderNo": "M2"})).await, "62001 ORDER_PAID");
    let (status, _) = world.admin("/_sandbox/orders/M1/decide", &json!({"decision": "approve"})).await;
    assert_eq!(status, 409, "a cancelled order is closed to the payer");
}

#[tokio::test]
async fn revoked_order_is_closed_or_given_back_whole() {
    let world = World::new().await;
    world.ok("/placeOrder", &world.order("M1")).await;
    let open = world.ok("/revokeOrder", &json!({"merchantOrderNo": "M1"})).await["acquireOrder"].clone();
    assert_eq!(
        (&open["status"], &open["revoked"], &open["paymentInfo"]),
        (&json!("FAILURE"), &json!("true"), &Value::Null)
    );
    world.decided("M2", "approve").await;
    let paid = world.ok("/revokeOrder", &json!({"merchantOrderNo": "M2"})).await["acquireOrder"].clone();
    assert_eq!((&paid["status"], &paid["revoked"]), (&json!("FAILURE"), &json!("true")));
    assert!(!paid["paymentInfo"].is_null());
    world.ok("/revokeOrder", &json!({"merchantOrderNo": "M2"})).await;
    let refunds = world.effects().await.into_iter().filter(|effect| effect.starts_with("refund")).count();
    assert_eq!(refunds, 1);
    assert_eq!(world.refund("R1", "M2", json!(1)).await["head"]["code"], "62040");
    world.decided("M3", "approve").await;
    world.refund("R2", "M3", json!(1)).await;
    assert_eq!(
        world.refused("/revokeOrder", &json!({"merchantOrderNo": "M3"})).await,
        "62041 ACQUIRE_ORDER_REFUNDED"
    );
}

#[tokio::test]
async fn order_expires_by_itself_and_can_be_paid_late() {
    let world = World::new().await;
    let mut order = world.order("M1");
    order["expiredTime"] = json!(now_ms() + 300);
    world.ok("/placeOrder", &order).await;
    world.until("M1", "FAILURE").await;
    let (status, _) = world.admin("/_sandbox/orders/M1/decide", &json!({"decision": "pay_late"})).await;
    assert_eq!((status, &world.shown("M1").await["status"]), (200, &json!("PAID_SUCCESS")));
    assert_eq!(world.told(1).await[0]["acquireOrder"]["status"], "PAID_SUCCESS");
    assert_eq!(world.effects().await, ["placed 1000", "expired", "approved 1000"]);
}

#[tokio::test]
async fn expiry_is_moved_while_the_order_is_open() {
    let world = World::new().await;
    world.ok("/placeOrder", &world.order("M1")).await;
    let later = now_ms() + 10 * 86_400_000;
    let shown = world.ok("/updateExpiredTime", &json!({"merchantOrderNo": "M1", "expiredTime": later})).await;
    assert_eq!(shown["acquireOrder"]["expiredTime"], json!(later));
    let too_late = json!({"merchantOrderNo": "M1", "expiredTime": now_ms() + 16 * 86_400_000_i64});
    assert_eq!(world.refused("/updateExpiredTime", &too_late).await, "62089 INVALID_EXPIRED_TIME");
    let soon = json!({"merchantOrderNo": "M1", "expiredTime": now_ms() + 200});
    world.ok("/updateExpiredTime", &soon).await;
    world.until("M1", "FAILURE").await;
    assert_eq!(world.refused("/updateExpiredTime", &soon).await, "62002 ORDER_FAILURE");
}

#[tokio::test]
async fn slow_refund_is_created_first_and_notified_when_it_ends() {
    let world = World::with(|account| (account.refund_ms, account.settle_ms) = (300, 1)).await;
    world.decided("M1", "approve").await;
    world.until("M1", "SETTLED").await;
    let asked = world.refund("R1", "M1", json!(2.5)).await;
    assert_eq!(asked["body"]["refundOrder"]["status"], "CREATED");
    let told = world.told(2).await.remove(1);
    assert_eq!(
        (&told["refundOrder"]["status"], &told["refundOrder"]["amount"]),
        (&json!("SUCCESS"), &amount(json!(2.5)))
    );
    let queried = world.ok("/refund/getOrder", &json!({"refundMerchantOrderNo": "R1"})).await;
    assert_eq!(queried["refundOrder"]["status"], "SUCCESS");
    assert_eq!(world.shown("M1").await["status"], "SETTLED");
}

#[tokio::test]
async fn scenes_without_a_page_are_paid_at_once_or_show_their_own_link() {
    let world = World::new().await;
    let mut debit = world.order("M1");
    (debit["paySceneCode"], debit["paySceneParams"]) =
        (json!("AUTODEBIT"), json!({"authProtocolNo": "2000001"}));
    let paid = world.ok("/placeOrder", &debit).await;
    assert_eq!(
        (&paid["acquireOrder"]["status"], &paid["interActionParams"]),
        (&json!("PAID_SUCCESS"), &Value::Null)
    );
    let mut wallet = world.order("M2");
    (wallet["paySceneCode"], wallet["paySceneParams"]) = (json!("EWALLET"), json!({"eWalletCode": "payby"}));
    let placed = world.ok("/placeOrder", &wallet).await;
    assert!(placed["interActionParams"]["deepLink"].is_string(), "{placed}");
}

#[tokio::test]
async fn payment_without_a_payer_is_declined_or_undecided_where_its_code_says_so() {
    let world = World::new().await;
    let place = async |number: &str, scene: &str, parameters: Value| {
        let mut order = world.order(number);
        (order["paySceneCode"], order["paySceneParams"]) = (json!(scene), parameters);
        world.ok("/placeOrder", &order).await["acquireOrder"].clone()
    };
    let declined = place("M1", "QRPAY", json!({"authCode": "declined-1"})).await;
    assert_eq!((&declined["status"], &declined["failCode"]), (&json!("FAILURE"), &json!("92004")));
    let waiting = place("M2", "AUTODEBIT", json!({"authProtocolNo": "undecided-1"})).await;
    assert_eq!(waiting["status"], "CREATED");
    let (status, _) = world.admin("/_sandbox/orders/M2/decide", &json!({"decision": "approve"})).await;
    assert_eq!((status, &world.shown("M2").await["status"]), (200, &json!("PAID_SUCCESS")));
    let told = world.told(1).await;
    assert_eq!(
        told[0]["acquireOrder"]["merchantOrderNo"], "M2",
        "nobody is told of what was refused at once"
    );
}

#[tokio::test]
async fn bank_takes_its_time_over_a_refund_and_may_refuse_it() {
    let world = World::with(|account| account.refund_ms = 86_400_000).await;
    world.decided("M1", "approve").await;
    world.told(1).await;
    world.refund("R1", "M1", json!(4)).await;
    let moved = async |number: &str, status: &str| {
        world.admin(&format!("/_sandbox/refunds/{number}/move"), &json!({"status": status})).await.0
    };
    let shown = async || world.ok("/refund/getOrder", &json!({"refundMerchantOrderNo": "R1"})).await;
    assert_eq!(moved("R1", "REFUNDED_SETTLED").await, 202);
    assert_eq!(shown().await["refundOrder"]["status"], "REFUNDED_SETTLED");
    assert_eq!(moved("R1", "FAILURE").await, 202);
    let failed = shown().await;
    assert_eq!(
        (&failed["refundOrder"]["status"], &failed["refundOrder"]["failCode"]),
        (&json!("FAILURE"), &json!("62030"))
    );
    assert_eq!(failed["refundSummary"]["remainRefundAmount"], amount(json!(10)), "it can go back again");
    assert_eq!(world.told(2).await[1]["refundOrder"]["status"], "FAILURE");
    assert_eq!((moved("R1", "SUCCESS").await, moved("R9", "SUCCESS").await), (409, 404));
    assert_eq!(moved("R1", "LOST").await, 422);
    let world = world.restarted().await;
    let kept = world.ok("/refund/getOrder", &json!({"refundMerchantOrderNo": "R1"})).await;
    assert_eq!(kept, failed);
}

#[tokio::test]
async fn chargeback_is_notified() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    let (status, _) = world.admin("/_sandbox/orders/M1/chargeback", &json!({"amount_minor": 400})).await;
    assert_eq!(status, 202);
    let told = world.told(2).await.remove(1);
    assert_eq!(told["acquireChargeback"]["chargebackAmount"], amount(json!(4)));
    assert_eq!(
        (&told["acquireChargeback"]["merchantOrderNo"], &told["acquireChargeback"]["payAmount"]),
        (&json!("M1"), &amount(json!(10)))
    );
}

#[tokio::test]
async fn statement_lists_the_day_and_other_days_do_not_exist() {
    let world = World::new().await;
    let day = |days: i64| {
        let dubai = jiff::Timestamp::from_second(now_ms() / 1_000 + 4 * 3_600 + days * 86_400).unwrap();
        json!({"statementDate": dubai.strftime("%Y%m%d").to_string()})
    };
    let path = "/download/getOrderStatement";
    assert_eq!(world.refused(path, &day(0)).await, "62013 STATEMENT_NOT_EXIST");
    assert_eq!(world.refused(path, &day(2)).await, "62014 STATEMENT_NOT_GENERATED");
    world.decided("M1", "approve").await;
    world.refund("R1", "M1", json!(2.5)).await;
    let answer = world.try_call(path, &day(0), "").await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/zip");
    let name = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(
        name.starts_with("attachment; filename=200000000888_")
            && name.ends_with("Transaction_Settle_Statement.zip"),
        "{name}"
    );
    let bytes = answer.bytes().await.unwrap().to_vec();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let file = std::io::read_to_string(zip.by_index(0).unwrap()).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    assert!(lines[0].ends_with("|totalCount:2"), "{file}");
    assert!(lines[2].contains("|PAYMENT|10|AED|") && lines[3].contains("|REFUND|2.5|AED|"), "{file}");
}

#[tokio::test]
async fn revoked_payment_goes_back_by_a_refund_order_that_the_statement_lists() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    world.ok("/revokeOrder", &json!({"merchantOrderNo": "M1"})).await;
    world.ok("/revokeOrder", &json!({"merchantOrderNo": "M1"})).await;
    let dubai = jiff::Timestamp::from_second(now_ms() / 1_000 + 4 * 3_600).unwrap();
    let day = json!({"statementDate": dubai.strftime("%Y%m%d").to_string()});
    let answer = world.try_call("/download/getOrderStatement", &day, "").await.unwrap();
    let bytes = answer.bytes().await.unwrap().to_vec();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let file = std::io::read_to_string(zip.by_index(0).unwrap()).unwrap();
    let refunds: Vec<&str> = file.lines().filter(|line| line.contains("|REFUND|10|AED|")).collect();
    assert_eq!(refunds.len(), 1, "{file}");
    let cells: Vec<&str> = refunds[0].split('|').collect();
    assert_eq!(
        (cells[6], cells[17]),
        (cells[7], "M1"),
        "PayBy's number, and the order that it gives back: {file}"
    );
    let refund = world.ok("/refund/getOrder", &json!({"orderNo": cells[7]})).await["refundOrder"].clone();
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("SUCCESS"), &amount(json!(10))));
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    world.refund("R1", "M1", json!(1)).await;
    world.told(2).await;
    let (before, shown) = (world.effects().await, world.shown("M1").await);
    let world = world.restarted().await;
    assert_eq!((world.effects().await, world.shown("M1").await), (before, shown));
    assert_eq!(
        world.refund("R1", "M1", json!(1)).await["body"]["refundSummary"]["remainRefundAmount"]["amount"],
        json!(9)
    );
    assert_eq!(world.effects().await.last().unwrap(), "refund (repeat)");
}
