//! An account's set-up: its credentials are checked at the provider before it may be used.

use ordain_proto::accounts::v1::{AccountState, ProviderAccount};
use ordain_proto::orders::v1::{Order, OrderState};
use ordain_tests::account::{self, CREDENTIALS, ID, NAME, RETAILER};
use ordain_tests::basket;
use ordain_tests::checkout::Button;
use ordain_tests::wait::until;
use ordain_tests::world::{World, new_id};
use serde_json::{Value, json};
use tonic::Code;

#[tokio::test]
async fn account_is_verified_switched_on_and_used() {
    let world = World::new().await;
    let account = account::opened(&world).await;
    assert_eq!((account.name.as_str(), account.state()), (NAME, AccountState::Active));
    assert_eq!(account.ingress_url, format!("{}/a/{ID}", world.addresses.ingress));
    assert!(account.secrets.is_empty(), "credentials never come back");
    let order = world.create(Order { provider_account: NAME.to_owned(), ..basket::order() }).await;
    let back = world.press(&order, Button::Approve).await;
    assert_eq!(world.browser.open(&back).await.status, 200);
    world.until_state(&order.name, OrderState::Authorized).await;
}

#[tokio::test]
async fn wrong_credentials_are_found_out_at_once() {
    let world = World::new().await;
    account::onboarded(&world).await;
    let request = account::request(&world, [CREDENTIALS[0], "another"]);
    let created = world.accounts().create_provider_account(request).await.unwrap().into_inner();
    let account = created.provider_account.unwrap();
    assert_eq!(account.state(), AccountState::Refused);
    assert!(!account.message.is_empty());
    let order = Order { provider_account: NAME.to_owned(), ..basket::order() };
    let refused = world.ask(order).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
}

#[tokio::test]
async fn account_without_what_the_table_needs_is_refused_by_field() {
    let world = World::new().await;
    for spoil in [
        |account: &mut ProviderAccount| account.secrets.clear(),
        |account: &mut ProviderAccount| account.config.clear(),
        |account: &mut ProviderAccount| account.provider = "paypol".to_owned(),
    ] {
        let mut request = account::request(&world, CREDENTIALS);
        spoil(request.provider_account.as_mut().unwrap());
        let refused = world.accounts().create_provider_account(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    }
    assert!(world.account(NAME).await.is_none());
}

#[tokio::test]
async fn account_id_is_taken_once() {
    let world = World::new().await;
    account::onboarded(&world).await;
    let request = account::request(&world, CREDENTIALS);
    let first = world.accounts().create_provider_account(request.clone()).await.unwrap().into_inner();
    let again = world.accounts().create_provider_account(request.clone()).await.unwrap().into_inner();
    assert_eq!((first.replayed, again.replayed), (false, true));
    let other = ordain_proto::accounts::v1::CreateProviderAccountRequest { request_id: new_id(), ..request };
    let refused = world.accounts().create_provider_account(other).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn configuration_that_the_provider_sends_is_kept() {
    let world = World::new().await;
    account::opened(&world).await;
    let url = format!("{}/_sandbox/accounts/{RETAILER}/push-configuration", world.addresses.sandbox());
    assert_eq!(world.browser.client().post(url).send().await.unwrap().status(), 202);
    let config = until("the configuration", async || {
        let account = world.account(NAME).await?;
        Some(account.provider_config_json).filter(|config| config.contains("averageIbcTermLength"))
    });
    let config = config.await;
    assert!(CREDENTIALS.iter().all(|credential| !config.contains(credential)), "{config}");
}

#[tokio::test]
async fn configuration_that_is_as_it_was_before_is_news_again() {
    let world = World::new().await;
    account::opened(&world).await;
    let hook = format!("{}/a/{ID}/dividebuy/api/response", world.addresses.ingress);
    for deactivated in [1, 0, 1] {
        let message = json!({
            "method": "retailerConfigurations",
            "store_token": CREDENTIALS[0],
            "store_authentication": CREDENTIALS[1],
            "is_deactivated": deactivated,
        });
        let reply = world.browser.client().post(&hook).json(&message).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{}", reply.text().await.unwrap());
        until("the configuration", async || {
            let config = world.account(NAME).await?.provider_config_json;
            config.contains(&format!(r#""is_deactivated":{deactivated}"#)).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn disabled_account_takes_no_new_orders_and_its_orders_go_on() {
    let world = World::new().await;
    account::opened(&world).await;
    let asked = || Order { provider_account: NAME.to_owned(), ..basket::order() };
    let before = world.create(asked()).await;
    let back = world.press(&before, Button::Approve).await;
    let told = world.command(&["account", "disable", ID]);
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    assert!(String::from_utf8_lossy(&told.stdout).contains("DISABLED"), "{told:?}");
    let refused = world.ask(asked()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    assert!(refused.message().contains("switched off"), "{refused:?}");
    assert!(!is_switched_on(&world).await, "DivideBuy was told");
    assert_eq!(world.command(&["account", "verify", ID]).status.code(), Some(0));
    assert_eq!(
        world.account(NAME).await.unwrap().state(),
        AccountState::Disabled,
        "a check switches nothing"
    );
    assert!(!is_switched_on(&world).await);
    assert_eq!(world.browser.open(&back).await.status, 200);
    world.until_state(&before.name, OrderState::Authorized).await;
    assert_eq!(world.command(&["account", "enable", ID]).status.code(), Some(0));
    assert!(is_switched_on(&world).await);
    world.create(asked()).await;
}

/// Whether DivideBuy was last told that the retailer is on.
async fn is_switched_on(world: &World) -> bool {
    let url = format!("{}/_sandbox/ledger", world.addresses.sandbox());
    let ledger: Value = world.browser.client().get(url).send().await.unwrap().json().await.unwrap();
    let retailer = RETAILER.to_string();
    let of_ours = |entry: &&Value| entry["account"] == retailer.as_str();
    let mut kinds =
        ledger["entries"].as_array().unwrap().iter().rev().filter(of_ours).map(|entry| &entry["kind"]);
    kinds
        .find_map(|kind| Some(kind == "retailer_enabled").filter(|on| *on || kind == "retailer_disabled"))
        .unwrap()
}

#[tokio::test]
async fn account_follows_its_simulator_to_other_ports() {
    let mut world = World::new().await;
    let before = world.paid().await;
    world.restart_elsewhere().await;
    world.fulfil(&before.name, &[], "PARCEL-1").await.unwrap();
    world.until_state(&before.name, OrderState::Completed).await;
    world.paid().await;
}
