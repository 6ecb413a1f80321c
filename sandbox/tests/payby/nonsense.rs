//! Nonsense that a merchant signed: every field of every call, with every value that could upset arithmetic.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::world::{PARTNER, World, amount, now_ms};

/// Requests at a time.
const AT_ONCE: usize = 16;

/// What no field is meant to hold.
fn nonsense() -> impl Iterator<Item = Value> {
    let values = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{0}"),
        json!("ا".repeat(300)),
        json!("99999999"),
        json!([]),
        json!([null, 1, [[]]]),
        json!({}),
        json!({"amount": i64::MAX, "currency": "AED"}),
    ];
    values.into_iter()
}

/// A place in a value: the names and numbers that lead there.
type Place = Vec<String>;

/// Every place in a value, its own included.
fn places(value: &Value) -> Vec<Place> {
    let below = |name: String, value: &Value| {
        places(value).into_iter().map(move |rest| std::iter::once(name.clone()).chain(rest).collect())
    };
    let inner: Vec<Place> = match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| below(name.clone(), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, value)| below(at.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    std::iter::once(Vec::new()).chain(inner).collect()
}

/// Each call as it should be, under numbers of its own.
fn calls(world: &World, count: usize) -> Vec<(&'static str, Value)> {
    let share = |kind: &str, who: &str| {
        json!([{
            "sharingIdentitySeqId": 1, "sharingIdentityType": kind, "sharingIdentity": world.encrypted(who),
            "sharingMemo": "m", "sharingAmount": amount(json!(1)), "withholdAndRemitFee": true,
        }])
    };
    let mut order = world.order(&format!("N{count}"));
    order["sharingParamList"] = share("MEMBER_ID", "100006514321");
    order["expiredTime"] = json!(now_ms() + 60_000);
    order["riskInfo"] = json!({"ip": "127.0.0.1"});
    order["promotionInfoList"] = json!([{"appliedRewardId": "1", "settleFlag": "Y"}]);
    order["accessoryContent"] = json!({
        "amountDetail": {"amount": amount(json!(1))},
        "goodsDetail": {"goodsName": "candy", "quantity": 2, "price": amount(json!(1))},
        "terminalDetail": {"storeId": "1"},
    });
    let mut refund = world.refund_of(&format!("R{count}"), "M1", json!(0.01));
    refund["refundSharingAmount"] = json!(false);
    let of_order = json!({"merchantOrderNo": "M2"});
    vec![
        ("/placeOrder", order),
        ("/getOrder", of_order.clone()),
        ("/cancelOrder", of_order.clone()),
        ("/revokeOrder", of_order),
        ("/updateExpiredTime", json!({"merchantOrderNo": "M2", "expiredTime": now_ms() + 60_000})),
        ("/refund/placeOrder", refund),
        ("/refund/getOrder", json!({"refundMerchantOrderNo": "R0"})),
        ("/download/getOrderStatement", json!({"statementDate": "20261121"})),
    ]
}

async fn answered(world: &World, path: &str, body: String) {
    let sign = world.sign(&body);
    let answer = world.post(path, body.clone(), &[("partner-id", PARTNER), ("sign", &sign)]).await;
    let answer = answer.unwrap_or_else(|error| panic!("{path} {body}: {error}"));
    assert_eq!(answer.status(), 200, "{path} {body}");
}

#[tokio::test]
async fn nothing_that_a_merchant_signs_takes_the_host_down() {
    let world = World::new().await;
    world.decided("M1", "approve").await;
    world.ok("/placeOrder", &world.order("M2")).await;
    let mut bodies = Vec::new();
    for call in 0..calls(&world, 0).len() {
        let usual = json!({"requestTime": now_ms(), "bizContent": calls(&world, 0)[call].1});
        for (place, value) in
            places(&usual).iter().flat_map(|place| nonsense().map(move |it| (place.clone(), it)))
        {
            let (path, content) = calls(&world, bodies.len()).swap_remove(call);
            let mut body = json!({"requestTime": now_ms(), "bizContent": content});
            let field = place.iter().fold(&mut body, |value, name| match name.parse::<usize>() {
                Ok(at) => &mut value[at],
                Err(_) => &mut value[name.as_str()],
            });
            *field = value;
            bodies.push((path, body.to_string()));
        }
    }
    let count = bodies.len();
    let asked = bodies.into_iter().map(|(path, body)| answered(&world, path, body));
    futures::stream::iter(asked).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    assert!(count > 1_000, "{count} are too few");
    assert_eq!(world.shown("M1").await["status"], "PAID_SUCCESS");
}
