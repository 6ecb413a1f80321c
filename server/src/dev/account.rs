//! The account that `dev` begins with: `demo-dividebuy` at the simulated DivideBuy.
//!
//! It is made through the API, like anybody's: its credentials are checked and it is switched on at the provider.

use super::{DevError, Node};
use ordain_proto::accounts::v1 as proto;
use ordain_proto::accounts::v1::provider_account_service_client::ProviderAccountServiceClient;
use ordain_sandbox::dividebuy::{Account, Running};
use std::collections::BTreeMap;

/// The account's id, as in its URL.
pub const ACCOUNT: &str = "demo-dividebuy";
/// Whose it is.
pub const MERCHANT: &str = "demo";

const STORE_TOKEN: &str = "dEm0-t0k3n!x";
const STORE_AUTHENTICATION: &str = "s4ndb0x#auth";
const STORE_CODE: &str = "demo_default";
const RETAILER_ID: u64 = 150;
/// Sandbox orders are polled this much faster, and complete at once.
const POLL_SCALE: u32 = 100;
/// The same start every time: the account is created once.
const REQUEST_ID: &str = "6f1c2d5e-0000-4000-8000-6f7264616901";

/// Makes sure that both sides know the account, and that it points to where they listen now.
pub async fn ensure(node: &Node, sandbox: &Running) -> Result<(), DevError> {
    let failed = |error: String| DevError::Account(error);
    let account = Account {
        retailer_id: RETAILER_ID,
        store_token: STORE_TOKEN.into(),
        store_authentication: STORE_AUTHENTICATION.into(),
        retailer_store_code: STORE_CODE.into(),
        store_url: format!("http://{}/a/{ACCOUNT}", node.ingress),
        brand: "Demo Shop".into(),
        active: false,
    };
    sandbox.put_account(account).await.map_err(|error| failed(error.to_string()))?;
    let host = format!("http://{}", sandbox.addr);
    let account = proto::ProviderAccount {
        provider: "dividebuy".into(),
        environment: proto::Environment::Simulated.into(),
        config: [
            ("api_url", host.as_str()),
            ("checkout_url", host.as_str()),
            ("retailer_store_code", STORE_CODE),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        secrets: BTreeMap::from([
            ("store_token".to_owned(), STORE_TOKEN.to_owned()),
            ("store_authentication".to_owned(), STORE_AUTHENTICATION.to_owned()),
        ]),
        complete_after_seconds: Some(0),
        poll_scale: POLL_SCALE,
        ..Default::default()
    };
    let request = proto::CreateProviderAccountRequest {
        parent: format!("merchants/{MERCHANT}"),
        provider_account_id: ACCOUNT.into(),
        provider_account: Some(account),
        request_id: REQUEST_ID.into(),
    };
    let mut client = ProviderAccountServiceClient::connect(format!("http://{}", node.grpc))
        .await
        .map_err(|error| failed(error.to_string()))?;
    let response =
        client.create_provider_account(request).await.map_err(|status| failed(status.message().into()))?;
    let account = response.into_inner().provider_account.unwrap_or_default();
    if account.state() == proto::AccountState::Active {
        Ok(())
    } else {
        Err(failed(format!("it is {}: {}", account.state().as_str_name(), account.message)))
    }
}
