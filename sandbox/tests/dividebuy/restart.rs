//! What survives a restart, and what lies on disk meanwhile.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use ordain_sandbox::StartError;
use serde_json::json;

use crate::documented::{self, AUTHENTICATION, TOKEN, about, refund, tracking};
use crate::world::{World, started};

#[tokio::test]
async fn ledger_and_state_are_the_same_after_a_restart() {
    let world = World::new().await;
    world.ok("/api/updateretailerstatus", &documented::activate()).await;
    world.decided("1", "R", "approve").await;
    world.decided("2", "R", "leave").await;
    world.ok("/api/syncretorder", &about("1")).await;
    world.ok("/api/tracking", &tracking("1")).await;
    world.ok("/api/refund", &refund("1")).await;
    world.webhook_state("1", "delivered").await;
    let before = (world.get("/_sandbox/ledger").await, world.get("/_sandbox/orders").await);
    let user_order = world.ok("/api/getuserorder", &about("1")).await;

    let world = world.restarted().await;
    assert_eq!((world.get("/_sandbox/ledger").await, world.get("/_sandbox/orders").await), before);
    assert_eq!(world.ok("/api/getuserorder", &about("1")).await, user_order);
    world.ok("/api/tracking", &tracking("1")).await;
    assert_eq!(world.effects().await.last().unwrap(), "tracking (repeat)");
    assert_eq!(world.call("/api/refund", &refund("1")).await.0, 422, "1200 of 1915 were refunded before");
}

#[tokio::test]
async fn webhook_is_retried_until_the_shop_takes_it_also_after_a_restart() {
    let world = World::new().await;
    world.shop.answer_webhooks_with(&[500, 302, 202]);
    world.decided("1", "R", "approve").await;
    world.shop.webhooks("orderSuccess", 4).await;
    let delivered = world.webhook_state("1", "delivered").await;
    assert_eq!((&delivered[0]["tries"], &delivered[0]["last_status"]), (&json!(4), &json!(200)));

    let later = json!({"operation": "webhook", "kind": "delay_webhook", "delay_ms": 1500});
    world.post("/_sandbox/faults", &later).await;
    world.decided("2", "R", "approve").await;
    let world = world.restarted().await;
    let all = world.shop.webhooks("orderSuccess", 5).await;
    assert_eq!(all[4]["store_order_id"], "2");
    world.webhook_state("2", "delivered").await;
}

#[tokio::test]
async fn webhook_is_given_up_after_six_tries() {
    let world = World::new().await;
    world.shop.answer_webhooks_with(&[500; 20]);
    world.decided("1", "R", "decline").await;
    let given_up = world.webhook_state("1", "given_up").await;
    assert_eq!((&given_up[0]["tries"], &given_up[0]["last_status"]), (&json!(6), &json!(500)));
    assert_eq!(world.shop.webhook_count("orderCancel"), 6);
}

#[tokio::test]
async fn torn_last_line_is_cut_off_and_an_earlier_one_refused() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    world.webhook_state("1", "delivered").await;
    let effects = world.effects().await;
    let (_, folder, _) = world.stopped().await;
    let path = folder.path().join("dividebuy/dividebuy.journal");
    let whole = std::fs::read(&path).unwrap();
    for tail in [&b"{\"at\":\"2020-02-20T20:20:20Z\",\"eve"[..], b"\0\0\0\n", b"{}\n"] {
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(tail).unwrap();
        let (host, stop) = started(&folder).await.unwrap();
        let ledger = reqwest::get(format!("http://{}/_sandbox/ledger", host.addr)).await.unwrap();
        let ledger: serde_json::Value = ledger.json().await.unwrap();
        assert_eq!(ledger["entries"].as_array().unwrap().len(), effects.len());
        stop.send(()).unwrap();
        host.task.await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
    std::fs::write(&path, [b"nonsense\n", &whole[..]].concat()).unwrap();
    assert!(matches!(started(&folder).await.err(), Some(StartError::Corrupt { line: 1, .. })));
}

#[tokio::test]
async fn lost_key_stops_the_start_and_costs_no_line() {
    let (_, folder, _) = World::new().await.stopped().await;
    let journal = folder.path().join("dividebuy/dividebuy.journal");
    let before = std::fs::read(&journal).unwrap();
    std::fs::remove_file(folder.path().join("dividebuy/dividebuy.key")).unwrap();
    assert!(matches!(started(&folder).await.err(), Some(StartError::Corrupt { line: 1, .. })));
    assert_eq!(std::fs::read(&journal).unwrap(), before);
}

#[tokio::test]
async fn folder_belongs_to_one_host_at_a_time() {
    let world = World::new().await;
    assert!(matches!(started(&world.folder).await.err(), Some(StartError::InUse { .. })));
}

#[tokio::test]
async fn nothing_personal_and_no_credential_lies_on_disk_in_the_clear() {
    let world = World::new().await;
    world.ok("/api/confirmretailer", &documented::confirm()).await;
    world.decided("1", "R", "approve").await;
    world.ok("/api/refund", &refund("1")).await;
    world.ok("/api/tracking", &tracking("1")).await;
    world.webhook_state("1", "delivered").await;
    let (_, folder, _) = world.stopped().await;
    let key = folder.path().join("dividebuy/dividebuy.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let journal = std::fs::read_to_string(folder.path().join("dividebuy/dividebuy.journal")).unwrap();
    assert!(journal.contains("SUPCOOLMAT-1"));
    let personal =
        ["John", "Smith", "john.smith", "Little Cottage", "Customtown", "Cityville", "Countyshire", "AB12"];
    for secret in personal.into_iter().chain([TOKEN, AUTHENTICATION, "changed mind"]) {
        assert!(!journal.contains(secret), "{secret} is in the journal");
    }
}

#[tokio::test]
async fn reset_forgets_everything_but_the_accounts() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    world.webhook_state("1", "delivered").await;
    assert_eq!(world.post("/_sandbox/reset", &json!(null)).await.0, 204);
    let world = world.restarted().await;
    assert_eq!(world.get("/_sandbox/ledger").await, json!({"entries": []}));
    assert_eq!(world.get("/_sandbox/orders").await, json!({"orders": []}));
    assert_eq!(world.decided("1", "R", "decline").await["first"], true);
    assert_eq!(world.effects().await, ["declined"]);
}

#[tokio::test]
async fn retailer_that_switched_itself_on_sells_after_a_reset_too() {
    let world = World::with_account(false).await;
    world.ok("/api/updateretailerstatus", &documented::activate()).await;
    assert_eq!(world.post("/_sandbox/reset", &json!(null)).await.0, 204);
    world.decided("1", "R", "approve").await;
    let world = world.restarted().await;
    world.decided("2", "R", "approve").await;
    assert_eq!(world.effects().await, ["approved", "approved"]);
}

#[tokio::test]
async fn journal_is_as_short_after_a_reset_and_a_restart_as_if_nothing_had_been_before() {
    let world = World::new().await;
    world.ok("/api/confirmretailer", &documented::confirm()).await;
    for order in ["1", "2", "3"] {
        world.decided(order, "R", "approve").await;
        world.webhook_state(order, "delivered").await;
    }
    let reference = world.ok("/api/getuserorder", &about("3")).await["data"]["laravel_order_ref_id"].clone();
    world.host.put_account(crate::world::account(&world.shop, true)).await.unwrap();
    assert_eq!(world.post("/_sandbox/reset", &json!(null)).await.0, 204);
    world.decided("4", "R", "approve").await;
    world.webhook_state("4", "delivered").await;
    let path = world.folder.path().join("dividebuy/dividebuy.journal");
    let (long, before) = (std::fs::read_to_string(&path).unwrap(), world.get("/_sandbox/ledger").await);
    let accounts = world.get("/_sandbox/accounts").await;

    let world = world.restarted().await;
    let short = std::fs::read_to_string(&path).unwrap();
    assert!(short.len() * 2 < long.len(), "{} bytes of {}", short.len(), long.len());
    assert!(short.lines().skip(1).all(|line| long.contains(line)) && !short.contains("\"order\":\"1\""));
    assert_eq!(world.get("/_sandbox/ledger").await, before);
    assert_eq!(world.get("/_sandbox/accounts").await, accounts);
    world.decided("5", "R", "approve").await;
    let later = world.ok("/api/getuserorder", &about("5")).await["data"]["laravel_order_ref_id"].clone();
    assert_ne!(later, reference, "a number is not given twice");

    let world = world.restarted().await;
    assert_eq!(world.effects().await, ["approved", "approved"], "and it can be read again");
    assert!(!path.with_extension("journal.new").exists());
}

#[tokio::test]
async fn half_written_shorter_journal_is_begun_again() {
    let world = World::new().await;
    world.decided("1", "R", "approve").await;
    world.post("/_sandbox/reset", &json!(null)).await;
    let (_, folder, _) = world.stopped().await;
    let beside = folder.path().join("dividebuy/dividebuy.journal.new");
    std::fs::write(&beside, b"{\"at\":\"2020-02-20T20:20:20Z\",\"eve").unwrap();
    for _ in 0..2 {
        let (host, stop) = started(&folder).await.unwrap();
        let ledger = reqwest::get(format!("http://{}/_sandbox/ledger", host.addr)).await.unwrap();
        assert_eq!(ledger.json::<serde_json::Value>().await.unwrap(), json!({"entries": []}));
        stop.send(()).unwrap();
        host.task.await.unwrap();
    }
    assert!(!beside.exists());
}

#[tokio::test]
async fn many_callers_share_syncs_and_each_effect_is_listed_once() {
    let world = World::new().await;
    let mut details = documented::order_details("1", "R");
    for (group, amounts) in [
        (
            "/order_detail",
            json!({"subtotal": 2, "subtotalInclVat": 2, "vat": 0, "discount": 0, "grand_total": 2}),
        ),
        (
            "/product_details/0",
            json!({"qty": 200, "price": 0.01, "priceInclVat": 0.01, "rowTotal": 2, "rowTotalInclVat": 2}),
        ),
    ] {
        let told = details.pointer_mut(group).unwrap().as_object_mut().unwrap();
        told.extend(amounts.as_object().unwrap().clone());
    }
    world.shop.draft("1", &details);
    assert_eq!(world.post("/_sandbox/orders/1/decide", &json!({"decision": "approve"})).await.0, 200);
    let mut body = refund("1");
    body["product"][0] = json!({"sku": "SUPCOOLMAT-1", "qty": 1, "rowTotal": 0.01, "rowInclTotal": 0.01});
    body["totalRefund"] = json!(0.01);
    let body = body.to_string();
    let calls = (0..200).map(|_| world.try_call("/api/refund", &body, ""));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().status() == 200));
    let world = world.restarted().await;
    let order = world.get("/_sandbox/orders").await["orders"][0].clone();
    assert_eq!((&order["refunded_minor"], world.effects().await.len()), (&json!(200), 201));
}

#[tokio::test]
async fn account_put_again_in_the_same_words_keeps_what_the_shop_said_since() {
    let world = World::new().await;
    let mut confirm = documented::confirm();
    confirm["retailerStoreCode"] = json!("moved_default");
    world.ok("/api/confirmretailer", &confirm).await;
    let path = world.folder.path().join("dividebuy/dividebuy.journal");
    let before = std::fs::read_to_string(&path).unwrap();
    let same = crate::world::account(&world.shop, true);
    world.host.put_account(same.clone()).await.unwrap();
    let other = ordain_sandbox::dividebuy::Account { brand: "Another".into(), ..same.clone() };
    let (accounts, _) = world.host.into_parts();
    accounts.begin_with(other.clone()).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "nothing new was said");
    let held = accounts.held().await.unwrap();
    assert_eq!(held[0].retailer_store_code, "moved_default");
    assert_eq!(held[0].brand, same.brand, "the one to begin with is not for a host that knows it");
    accounts.put_account(other).await.unwrap();
    assert_eq!(accounts.held().await.unwrap()[0].brand, "Another");
}
