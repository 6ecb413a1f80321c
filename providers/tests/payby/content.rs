//! What an order may say to PayBy: its total and its options.

use super::{Known, aed, order, order_with, sent};
use ordain_providers::payby::PAYBY;
use ordain_providers::{Currency, FaultReason, Money, Op, OrderContent};
use serde_json::{Value, json};

/// Checks options, and what the scene's parameters become.
#[track_caller]
fn check(options: &[(&str, &str)], expected: Result<Value, &str>) {
    let content = order_with(options);
    let faults = PAYBY.check(&content);
    match expected {
        Ok(parameters) => {
            assert!(faults.is_empty(), "{faults:?}");
            let body = sent(&Known::of(content), &Op::Create);
            assert_eq!(body["bizContent"]["paySceneParams"], parameters);
        }
        Err(description) => {
            let said: Vec<_> = faults.iter().map(|fault| fault.description.as_str()).collect();
            assert_eq!(said, [description], "{options:?}");
        }
    }
}

const OURS: &str = "https://ordain.example/a/acc1/payby/return?order=M965739182419";

#[test]
fn every_scene_takes_its_documented_parameters() {
    let scene = |code, parameters, expected: Value| {
        check(&[("pay_scene", code), ("pay_scene_params", parameters)], Ok(expected));
    };
    scene(
        "PAYPAGE",
        r#"{"redirectUrl":"https://shop.example/done","customerId":"u1","changePayer":"true","oneTimePayment":"false"}"#,
        json!({"redirectUrl": "https://shop.example/done", "customerId": "u1", "changePayer": "true", "oneTimePayment": "false"}),
    );
    scene(
        "INAPP",
        r#"{"iapDeviceId":"001","appId":"20211222000000241"}"#,
        json!({"iapDeviceId": "001", "appId": "20211222000000241"}),
    );
    scene(
        "EWALLET",
        r#"{"eWalletCode":"ALIPAYPLUS","subEWalletCode":"ALIPAYCN","osType":"IOS","terminalType":"APP"}"#,
        json!({"eWalletCode": "ALIPAYPLUS", "subEWalletCode": "ALIPAYCN", "osType": "IOS", "terminalType": "APP", "redirectUrl": OURS}),
    );
    scene("DYNQR", r#"{"email":"customer"}"#, json!({"email": "amina@example.ae"}));
    scene("QRPAY", r#"{"authCode":"281234"}"#, json!({"authCode": "281234"}));
    scene("JSAPI", r#"{"payerMid":"200001200101"}"#, json!({"payerMid": "200001200101"}));
    scene("AUTODEBIT", r#"{"authProtocolNo":"2000001"}"#, json!({"authProtocolNo": "2000001"}));
    scene("CASHTOPUP", r#"{"businessType":"GAME_TOP_UP"}"#, json!({"businessType": "GAME_TOP_UP"}));
    scene(
        "PAYANDSIGN",
        r#"{"protocolSceneCode":"120","customerId":"u1"}"#,
        json!({"protocolSceneCode": "120", "customerId": "u1"}),
    );
}

#[test]
fn scene_parameters_are_checked_one_by_one() {
    let scene = |code, parameters, why: &str| {
        check(&[("pay_scene", code), ("pay_scene_params", parameters)], Err(why));
    };
    scene("QRPAY", "{}", "QRPAY: `authCode` must be given");
    scene("JSAPI", r#"{"oneTimePayment":"TRUE"}"#, "JSAPI: `oneTimePayment` must be `true` or `false`");
    scene("JSAPI", r#"{"redirectUrl":"https://x"}"#, "JSAPI: `redirectUrl` is unknown");
    scene("JSAPI", r#"{"payerMid":"2000012001011"}"#, "JSAPI: `payerMid` must have 1 to 12 characters");
    scene("PAYPAGE", r#"{"eid":"784"}"#, "PAYPAGE: `eid` is unknown");
    scene("PAYPAGE", r#"{"email":"amina@example.ae"}"#, "PAYPAGE: `email` must be `customer`");
    let shape =
        r#"{"changePayer"?: "true"|"false", "oneTimePayment"?: "true"|"false", "email"?: "customer"}"#;
    scene("DYNQR", r#"["x"]"#, &format!("DYNQR: must be {shape}"));
    scene("DYNQR", "x", &format!("DYNQR: must be JSON: {shape}"));
    scene("DYNQR", r#"{"changePayer":true}"#, r#"DYNQR: `changePayer` must be "true"|"false""#);
    scene("EWALLET", r#"{"eWalletCode":"ALIPAYPLUS"}"#, "`subEWalletCode` is required beside ALIPAYPLUS");
    scene(
        "CASH",
        "{}",
        "must be one of PAYPAGE, INAPP, EWALLET, DYNQR, QRPAY, JSAPI, AUTODEBIT, CASHTOPUP, PAYANDSIGN",
    );
}

#[test]
fn subject_has_at_most_twelve_characters() {
    let subject = |order: OrderContent| sent(&Known::of(order), &Op::Create)["bizContent"]["subject"].clone();
    assert_eq!(subject(order()), "candy flower");
    assert_eq!(subject(order_with(&[("subject", "Your subject")])), "Your subject");
    let mut arabic = order();
    arabic.lines[0].name = "آيفون آيفون آيفون".to_owned();
    assert_eq!(subject(arabic).as_str().unwrap().chars().count(), 12);
    check(&[("subject", "Your subjects")], Err("must have 1 to 12 characters"));
    check(&[("subject", " ")], Err("must have 1 to 12 characters"));
}

#[test]
fn texts_promotions_and_accessories_go_out_as_given() {
    let known = Known::of(order_with(&[
        ("payee_mid", "200001200101"),
        ("secondary_merchant_id", "S1"),
        ("device_id", "D1"),
        ("reserved", "June"),
        ("subject_ar", "آيفون"),
        ("promotions", r#"[{"appliedRewardId":"1234","settleFlag":"YES"}]"#),
        (
            "accessory_content",
            r#"{"amountDetail":{"vatAmount":{"currency":"AED","amount":20.65}},"goodsDetail":{"body":"Gifts","quantity":2.50}}"#,
        ),
    ]));
    let body = String::from_utf8(known.request(&Op::Create).body.into_exposed()).unwrap();
    for part in [
        r#""payeeMid":"200001200101""#,
        r#""secondaryMerchantId":"S1","deviceId":"D1","reserved":"June""#,
        r#""subjectAr":"آيفون""#,
        r#""promotionInfoList":[{"appliedRewardId":"1234","settleFlag":"YES"}]"#,
        r#""goodsDetail":{"body":"Gifts","quantity":2.50}"#,
        r#""vatAmount":{"amount":20.65,"currency":"AED"}"#,
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

#[test]
fn unusable_options_are_refused() {
    check(&[("secondary_merchant_id", "S1")], Err("needs `device_id` beside it"));
    check(&[("payee_mid", "2000012001011")], Err("must have 1 to 12 characters"));
    check(&[("refund_sharing", "yes")], Err("must be `true` or `false`"));
    let faults = PAYBY.check(&order_with(&[("cardNo", "5123450000000008")]));
    assert!(
        faults[0].description.starts_with("is not an option of PayBy; there is pay_scene, "),
        "{faults:?}"
    );
    check(&[("promotions", r#"[{"settleFlag":"YES"}]"#)], Err("`[0].appliedRewardId` must be given"));
    let shape = r#"[{"appliedRewardId": text(64), "settleFlag": text(32)}]"#;
    check(&[("promotions", "YES")], Err(&format!("must be JSON: {shape}")));
    check(
        &[("accessory_content", r#"{"goodsDetail":{"price":{"currency":"AED","amount":1.234}}}"#)],
        Err(
            r#"`goodsDetail.price` must be {"currency", "amount": number} of zero or more, in the order's currency"#,
        ),
    );
    check(&[("accessory_content", r#"{"other":{}}"#)], Err("`other` is unknown"));
}

#[test]
fn shares_stay_within_the_total() {
    let share = |amount: &str, fee: bool| {
        format!(
            r#"{{"member":{{"type":"MEMBER_ID","identity":"1"}},"amount":"{amount}","memo":"m","pays_fee":{fee}}}"#
        )
    };
    let both = |one: String, two: String| format!("[{one},{two}]");
    check(
        &[("sharing", &both(share("1.00", false), share("0.02", false)))],
        Err("must not share more than the order's total"),
    );
    check(
        &[("sharing", &both(share("0.50", true), share("0.51", true)))],
        Err("`pays_fee` must be true at most once"),
    );
    check(
        &[("sharing", &format!("[{}]", share("0", false)))],
        Err("`[0].amount` must be an amount in major units, above 0 and at most the total"),
    );
    check(
        &[("sharing", &format!("[{}]", share("0.001", false)))],
        Err("`[0].amount` must be an amount in major units, above 0 and at most the total"),
    );
    // Phone numbers stand in the account.
    let phone = r#"[{"member":{"type":"PHONE_NO","identity":"+971"},"amount":"1","memo":"m"}]"#;
    check(&[("sharing", phone)], Err("`[0].member.type` must be one of MEMBER_ID, BOTIM_ID"));
    for whom in ["", r#""to":"courier","member":{"type":"MEMBER_ID","identity":"1"},"#] {
        let share = format!(r#"[{{{whom}"amount":"1","memo":"m"}}]"#);
        check(&[("sharing", &share)], Err("`[0]` must name either `to` or `member`"));
    }
}

#[test]
fn only_dirhams_above_zero_can_be_said() {
    let check = |total: Money, field: &str, reason| {
        let content = OrderContent { total, currency: total.currency, ..order() };
        let faults = PAYBY.check(&content);
        assert!(
            faults.iter().any(|fault| fault.field == field && fault.reason == reason),
            "{total}: {faults:?}"
        );
    };
    for currency in Currency::ALL.into_iter().filter(|currency| *currency != Currency::Aed) {
        check(Money::of(currency, 100), "order.total.currency_code", FaultReason::CurrencyNotSupported);
    }
    check(aed(0), "order.total", FaultReason::Invalid);
    check(aed(100_000_000_000_000), "order.total", FaultReason::AmountNotRepresentable);
    assert!(PAYBY.check(&OrderContent { total: aed(99_999_999_999_999), ..order() }).is_empty());
}
