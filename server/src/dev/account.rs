//! The account that `dev` begins with: `demo-dividebuy` at the simulated DivideBuy.
//!
//! It is made through the API, like anybody's: its credentials are checked and it is switched on at the provider.

use super::{DevError, Node};
use ordain_proto::accounts::v1 as proto;
use ordain_proto::accounts::v1::provider_account_service_client::ProviderAccountServiceClient;
use ordain_sandbox::dividebuy::{Account, Running};
use std::collections::BTreeMap;
use tonic::transport::Channel;
use tonic::{Code, Status};

type Client = ProviderAccountServiceClient<Channel>;

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
    let client = ProviderAccountServiceClient::connect(format!("http://{}", node.grpc)).await;
    let mut client = client.map_err(|error| failed(error.to_string()))?;
    let account = put(&mut client, account).await.map_err(|status| failed(status.message().into()))?;
    if account.state() == proto::AccountState::Active {
        Ok(())
    } else {
        Err(failed(format!("it is {}: {}", account.state().as_str_name(), account.message)))
    }
}

/// Creates the account, or brings the one of an earlier start up to date: the ports may be others now.
async fn put(client: &mut Client, account: proto::ProviderAccount) -> Result<proto::ProviderAccount, Status> {
    let parent = format!("merchants/{MERCHANT}");
    let name = format!("{parent}/accounts/{ACCOUNT}");
    let known = client.get_provider_account(proto::GetProviderAccountRequest { name: name.clone() }).await;
    let known = match known {
        Err(status) if status.code() == Code::NotFound => None,
        known => known?.into_inner().provider_account,
    };
    let response = match known {
        None => {
            let request = proto::CreateProviderAccountRequest {
                parent,
                provider_account_id: ACCOUNT.into(),
                provider_account: Some(account),
                request_id: String::new(),
            };
            client.create_provider_account(request).await?.into_inner().provider_account
        }
        Some(known) if is_as_wanted(&known, &account) => Some(known),
        Some(_) => {
            let (config, secrets) = (account.config, account.secrets);
            let changed = proto::ProviderAccount { name, config, secrets, ..Default::default() };
            let request = proto::UpdateProviderAccountRequest {
                provider_account: Some(changed),
                request_id: String::new(),
            };
            client.update_provider_account(request).await?.into_inner().provider_account
        }
    };
    response.ok_or_else(|| Status::internal("no account came back"))
}

fn is_as_wanted(known: &proto::ProviderAccount, wanted: &proto::ProviderAccount) -> bool {
    known.state() == proto::AccountState::Active
        && wanted.config.iter().all(|(name, value)| known.config.get(name) == Some(value))
}
