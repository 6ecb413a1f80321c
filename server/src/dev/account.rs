//! The accounts that `dev` begins with: `demo-<provider>` at each simulated one.
//!
//! They are made through the API, like anybody's: credentials are checked, and what is to be switched on is.

use super::{DevError, Node};
use crate::simulated::Started;
use ordain_proto::accounts::v1 as proto;
use ordain_proto::accounts::v1::provider_account_service_client::ProviderAccountServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

type Client = ProviderAccountServiceClient<Channel>;

/// Whose they are.
pub const MERCHANT: &str = "demo";

/// Sandbox orders are polled this much faster, and complete at once.
const POLL_SCALE: u32 = 100;

/// Makes sure that both sides know the account, and that it points to where they listen now.
pub async fn ensure(node: &Node, sandbox: &Started) -> Result<(), DevError> {
    let id = sandbox.kind.account_id();
    let failed = |why: String| DevError::Account { account: id.clone(), why };
    let theirs = sandbox.kind.account(&format!("http://{}/a/{id}", node.ingress));
    sandbox.put(theirs).await.map_err(|error| failed(error.to_string()))?;
    let ours = sandbox.kind.ours(&sandbox.url());
    let account = proto::ProviderAccount {
        provider: sandbox.kind.id.into(),
        environment: proto::Environment::Simulated.into(),
        config: ours.config,
        secrets: ours.secrets,
        complete_after_seconds: Some(0),
        poll_scale: POLL_SCALE,
        ..Default::default()
    };
    let client = ProviderAccountServiceClient::connect(format!("http://{}", node.grpc)).await;
    let mut client = client.map_err(|error| failed(error.to_string()))?;
    let account = put(&mut client, &id, account).await.map_err(|status| failed(status.message().into()))?;
    if account.state() == proto::AccountState::Active {
        Ok(())
    } else {
        Err(failed(format!("it is {}: {}", account.state().as_str_name(), account.message)))
    }
}

/// Creates the account, or brings the one of an earlier start up to date: the ports may be others now.
async fn put(
    client: &mut Client,
    id: &str,
    account: proto::ProviderAccount,
) -> Result<proto::ProviderAccount, Status> {
    let parent = format!("merchants/{MERCHANT}");
    let name = format!("{parent}/accounts/{id}");
    let known = client.get_provider_account(proto::GetProviderAccountRequest { name: name.clone() }).await;
    let known = match known {
        Err(status) if status.code() == Code::NotFound => None,
        known => known?.into_inner().provider_account,
    };
    let response = match known {
        None => {
            let request = proto::CreateProviderAccountRequest {
                parent,
                provider_account_id: id.into(),
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
