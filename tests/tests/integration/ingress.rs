//! What comes in from the outside and is not what it should be: the right status, and nothing changes.

use crate::schedules;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ordain_proto::orders::v1::{Order, OrderState};
use ordain_tests::account::{self, CREDENTIALS, ID, NAME};
use ordain_tests::basket::{self, PERSONAL};
use ordain_tests::checkout::Button;
use ordain_tests::world::{World, id};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A world with an account whose credentials are known, and an order there that nobody has looked at.
async fn world() -> (World, Order) {
    let world = World::new().await;
    account::opened(&world).await;
    let order = world.create(Order { provider_account: NAME.to_owned(), ..basket::order() }).await;
    (world, order)
}

fn url(world: &World, account: &str, path: &str) -> String {
    format!("{}/a/{account}/dividebuy/{path}", world.addresses.ingress)
}

async fn post(world: &World, url: String, body: String) -> (StatusCode, String) {
    let request = world.browser.client().post(url).header("content-type", "application/json").body(body);
    let reply = request.send().await.unwrap();
    (reply.status(), reply.text().await.unwrap())
}

/// A webhook about an order.
fn webhook(method: &str, order: &str, [token, authentication]: [&str; 2]) -> Value {
    json!({
        "method": method,
        "store_order_id": order,
        "store_token": token,
        "store_authentication": authentication,
        "retailer_store_code": "own_store",
        "order_status": "success",
    })
}

/// Sends a webhook and compares the status; then nothing may have happened to the order.
async fn check(world: &World, order: &Order, body: String, expected: u16) {
    let (status, _) = post(world, url(world, ID, "api/response"), body.clone()).await;
    assert_eq!(status, expected, "{body:.200}");
    let after = world.order(&order.name).await;
    assert_eq!(
        (after.state(), after.etag.as_str()),
        (OrderState::AwaitingCustomer, order.etag.as_str()),
        "{body:.200}"
    );
}

#[tokio::test]
async fn webhooks_that_prove_nothing_change_nothing() {
    let (world, order) = world().await;
    let of = |credentials| webhook("orderCancel", id(&order.name), credentials).to_string();
    check(&world, &order, of(["", ""]), 401).await;
    check(&world, &order, of([CREDENTIALS[0], "wrong"]), 401).await;
    check(&world, &order, of([&CREDENTIALS[0][1..], CREDENTIALS[1]]), 401).await;
    check(&world, &order, of([CREDENTIALS[1], CREDENTIALS[0]]), 401).await;
    check(&world, &order, "{}".to_owned(), 401).await;
    check(&world, &order, "not json".to_owned(), 401).await;
    check(&world, &order, "[".repeat(100_000), 401).await;
    check(&world, &order, format!("{{\"x\":\"{}\"}}", "x".repeat(300 * 1024)), 413).await;
    check(&world, &order, webhook("orderExplode", id(&order.name), CREDENTIALS).to_string(), 422).await;
}

#[tokio::test]
async fn credentials_of_one_account_say_nothing_about_another() {
    let (world, order) = world().await;
    let demo = world.create(basket::order()).await;
    let genuine = webhook("orderCancel", id(&demo.name), CREDENTIALS).to_string();
    // On the other account's address the credentials are wrong; on their own there is no such order.
    let (status, _) = post(&world, url(&world, "demo-dividebuy", "api/response"), genuine.clone()).await;
    assert_eq!(status, 401);
    check(&world, &order, genuine, 404).await;
    assert_eq!(world.order(&demo.name).await.state(), OrderState::AwaitingCustomer);
}

#[tokio::test]
async fn message_about_an_unknown_order_is_answered_404_and_kept() {
    let (world, order) = world().await;
    let unknown = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    check(&world, &order, webhook("orderSuccess", unknown, CREDENTIALS).to_string(), 404).await;
    let mark = format!("orderSuccess:{unknown}:");
    let stored = |name: &str| std::fs::read(world.data().join(name)).unwrap_or_default();
    let kept = ["ordain.db", "ordain.db-wal"]
        .iter()
        .any(|name| stored(name).windows(mark.len()).any(|window| window == mark.as_bytes()));
    assert!(kept, "it is in no file of the store");
}

#[tokio::test]
async fn messages_about_unknown_orders_are_deleted_when_they_are_as_old_as_orders_may_be() {
    for (flags, deleted) in [(&["--retain", "0"], 2), (&["--retain", "1"], 0)] {
        let world = World::with(flags).await;
        account::opened(&world).await;
        for unknown in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"] {
            let message = webhook("orderSuccess", unknown, CREDENTIALS).to_string();
            let (status, _) = post(&world, url(&world, ID, "api/response"), message).await;
            assert_eq!(status, 404);
        }
        let told = schedules::fire(&world, "retention").await;
        assert!(told.ends_with(&format!(" {deleted} messages deleted")), "{flags:?}: {told}");
        let told = schedules::fire(&world, "retention").await;
        assert!(told.ends_with(" 0 messages deleted"), "{flags:?}: {told}");
    }
}

#[tokio::test]
async fn unknown_addresses_are_not_found() {
    let (world, _) = world().await;
    for url in [
        url(&world, "nobody", "api/response"),
        url(&world, ID, "api/nothing"),
        format!("{}/a/{ID}", world.addresses.ingress),
        format!("{}/", world.addresses.ingress),
    ] {
        assert_eq!(post(&world, url.clone(), "{}".to_owned()).await.0, 404, "{url}");
    }
}

#[tokio::test]
async fn order_details_are_for_the_provider_alone() {
    let (world, order) = world().await;
    let ask = |credentials: [&str; 2]| {
        json!({"orderId": id(&order.name), "storeToken": credentials[0], "storeAuthentication": credentials[1]}).to_string()
    };
    let (status, body) =
        post(&world, url(&world, ID, "api/getorderdetails"), ask(["guessed", CREDENTIALS[1]])).await;
    assert_eq!(status, 401);
    assert!(PERSONAL.iter().all(|word| !body.contains(word)), "{body}");
    let (status, body) = post(&world, url(&world, ID, "api/getorderdetails"), ask(CREDENTIALS)).await;
    assert_eq!(status, 200);
    assert!(body.contains(PERSONAL[2]), "the provider is told who buys: {body}");
}

#[tokio::test]
async fn forged_returns_all_look_the_same_and_change_nothing() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    // Nobody tells the shop that the customer declined, so whatever changes is a forgery's work.
    world.fault(&order, ("webhook", "drop_webhook"), None).await;
    let genuine = world.press(&order, Button::Decline).await;
    let (address, key) = genuine.split_once("splashKey=").unwrap();
    let mut answers = BTreeSet::new();
    for forged in forgeries(key) {
        let page = world.browser.open(&format!("{address}splashKey={forged}")).await;
        answers.insert((page.status.as_u16(), page.html));
    }
    // Nothing protects the key's iv, so some changes make another order's id of it: one that does not exist.
    let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    assert!(
        matches!(statuses.as_slice(), [401] | [401, 404]),
        "one forgery is told from another: {answers:#?}"
    );
    assert_eq!(world.order(&order.name).await.state(), OrderState::AwaitingCustomer);
}

#[tokio::test]
async fn customer_who_gave_up_is_not_thanked() {
    let world = World::new().await;
    for (button, title, outcome) in
        [(Button::Approve, "Thank you", "done"), (Button::Leave, "Not paid", "cancelled")]
    {
        let order = world.create(basket::order()).await;
        let back = world.press(&order, button).await;
        let page = world.browser.open(&back).await;
        assert_eq!(page.status, 200);
        assert!(page.html.contains(&format!("<h1>{title}</h1>")), "{}", page.html);
        let return_url = "https://shop.example/{outcome}?order={order}".to_owned();
        let order = world.create(Order { return_url, ..basket::order() }).await;
        let back = world.press(&order, button).await;
        let reply = world.browser.client().get(back).send().await.unwrap();
        let expected = format!("https://shop.example/{outcome}?order={}", id(&order.name));
        assert_eq!(reply.headers()["location"], expected.as_str());
    }
}

#[tokio::test]
async fn person_at_a_link_that_is_not_genuine_reads_a_page() {
    let (world, _) = world().await;
    let link = url(&world, ID, "payment/response?splashKey=AAAA");
    let html =
        world.browser.client().get(&link).header("accept", "text/html,*/*;q=0.8").send().await.unwrap();
    assert_eq!(html.status(), 401);
    assert!(html.text().await.unwrap().contains("<h1>This link is not valid</h1>"));
    let json = world.browser.client().get(&link).send().await.unwrap();
    assert_eq!(json.status(), 401);
    assert!(json.json::<Value>().await.is_ok(), "a machine gets the provider's own shape");
}

/// Keys that are none: with each bit of the iv flipped, which flips the same bit of the order's id, and bits of what is
/// sealed; cut, stretched and made up.
fn forgeries(key: &str) -> Vec<String> {
    let key = percent_decode_str(key).decode_utf8().unwrap();
    let joined = BASE64.decode(key.as_bytes()).unwrap();
    let colon = joined.iter().position(|byte| *byte == b':').unwrap();
    let (sealed, iv) = (BASE64.decode(&joined[..colon]).unwrap(), joined[colon + 1..].to_vec());
    let write = |sealed: &[u8], iv: &[u8]| {
        let joined = [BASE64.encode(sealed).as_bytes(), b":", iv].concat();
        utf8_percent_encode(&BASE64.encode(joined), NON_ALPHANUMERIC).to_string()
    };
    let flipped = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    let of_the_iv = (0..iv.len() * 8).map(|bit| write(&sealed, &flipped(&iv, bit)));
    // The last block ends with the store code, which the account's URL already says and nobody compares. Garbage there
    // that looks padded, as one in 256 does, is no other key.
    let compared = sealed.len() - 16;
    let of_what_is_sealed = (0..compared * 8).step_by(7).map(|bit| write(&flipped(&sealed, bit), &iv));
    let cut = [write(&sealed[..compared], &iv), write(&sealed, &[]), write(&[], &iv)];
    let stretched = [write(&[sealed.clone(), sealed.clone()].concat(), &iv), format!("{key}{key}")];
    let made_up =
        ["", "x", "AAAA", "%00%00", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D"].map(str::to_owned);
    of_the_iv.chain(of_what_is_sealed).chain(cut).chain(stretched).chain(made_up).collect()
}
