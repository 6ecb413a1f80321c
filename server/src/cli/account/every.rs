//! All accounts of a merchant, or of all merchants, page by page.

use crate::cli::failure::Failure;
use crate::cli::session::bounded;
use ordain_proto::accounts::v1::provider_account_service_client::ProviderAccountServiceClient;
use ordain_proto::accounts::v1::{ListProviderAccountsRequest, ProviderAccount};
use tonic::transport::Channel;

/// The largest page that the API gives.
const PAGE: i32 = 1_000;

/// Every account of a merchant; of all merchants for `-`.
///
/// # Errors
/// When one of the pages cannot be had.
pub async fn every(
    mut client: ProviderAccountServiceClient<Channel>,
    merchant: &str,
) -> Result<Vec<ProviderAccount>, Failure> {
    let parent = format!("merchants/{merchant}");
    let mut request = ListProviderAccountsRequest { parent, page_size: PAGE, page_token: String::new() };
    let mut accounts = Vec::new();
    loop {
        let page = client.list_provider_accounts(bounded(request.clone())).await?.into_inner();
        accounts.extend(page.provider_accounts);
        if page.next_page_token.is_empty() {
            return Ok(accounts);
        }
        request.page_token = page.next_page_token;
    }
}
