//! An account of the shop's own, beside the one that `ordain dev` sets up, with credentials that a test may know.

use crate::basket::MERCHANT;
use crate::world::{Shop, new_id};
use ordain_proto::accounts::v1::{CreateProviderAccountRequest, Environment, ProviderAccount};
use serde_json::json;

/// The account's id.
pub const ID: &str = "own";
/// Its full name.
pub const NAME: &str = "merchants/demo/accounts/own";
/// DivideBuy's number for it.
pub const RETAILER: u64 = 777;
/// Both credentials. Each occurs nowhere else in the world.
pub const CREDENTIALS: [&str; 2] = ["c4n4ry-t0k3n-Qx", "c4n4ry-4uth-Zv"];
const STORE_CODE: &str = "own_store";

/// Makes the simulated DivideBuy know the retailer, as its onboarding team would.
///
/// # Panics
/// When the simulator does not take it.
pub async fn onboarded(shop: &Shop) {
    let [store_token, store_authentication] = CREDENTIALS;
    let retailer = json!({
        "retailer_id": RETAILER,
        "store_token": store_token,
        "store_authentication": store_authentication,
        "retailer_store_code": STORE_CODE,
        "store_url": format!("{}/a/{ID}", shop.addresses.ingress),
        "brand": "Own Shop",
    });
    let url = format!("{}/_sandbox/accounts", shop.addresses.sandbox());
    let reply = shop.browser.client().put(url).json(&retailer).send().await.expect("the simulator answers");
    assert_eq!(reply.status(), 204);
}

/// The request that creates the account with these credentials.
#[must_use]
pub fn request(shop: &Shop, credentials: [&str; 2]) -> CreateProviderAccountRequest {
    let text = |pairs: [(&str, &str); 2]| pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let [store_token, store_authentication] = credentials;
    let host = shop.addresses.sandbox();
    let mut account = ProviderAccount {
        provider: "dividebuy".to_owned(),
        environment: Environment::Simulated.into(),
        config: text([("api_url", host), ("checkout_url", host)]).into(),
        secrets: text([("store_token", store_token), ("store_authentication", store_authentication)]).into(),
        complete_after_seconds: Some(0),
        poll_scale: 100,
        ..ProviderAccount::default()
    };
    account.config.insert("retailer_store_code".to_owned(), STORE_CODE.to_owned());
    CreateProviderAccountRequest {
        parent: MERCHANT.to_owned(),
        provider_account_id: ID.to_owned(),
        provider_account: Some(account),
        request_id: new_id(),
    }
}

/// Both of it: an account that works.
///
/// # Panics
/// When it is refused.
pub async fn opened(shop: &Shop) -> ProviderAccount {
    onboarded(shop).await;
    let created = shop.accounts().create_provider_account(request(shop, CREDENTIALS)).await;
    created.expect("the account is a good one").into_inner().provider_account.expect("an answer holds it")
}
