//! Where the demo's shoppers shop: a provider's account, its simulator, and its manners.

use super::browser::Browser;
use super::manners::Manners;
use super::patience::Patience;
use crate::check::origin;
use crate::cli::failure::Failure;
use crate::cli::session::{accounts_over, bounded};
use ordain_proto::accounts::v1::{AccountState, GetProviderAccountRequest, ProviderAccount};
use tonic::transport::Channel;

/// An account that completes orders within this is one to wait for.
const COMPLETES_SOON_S: i64 = 60;

/// One provider to shop at.
#[derive(Debug)]
pub struct Venue {
    /// The account's full name.
    pub account: String,
    /// Whether the account completes orders while we watch: real ones take a fortnight.
    pub completes: bool,
    /// How one shops there.
    pub manners: Manners,
    /// The simulator's URL.
    pub sandbox: String,
    /// A browser that only ever pays there.
    pub browser: Browser,
}

impl Venue {
    /// Reads the account, and waits for one whose credentials are still being checked.
    ///
    /// # Errors
    /// When there is no such account, it was refused, or its simulator cannot be told.
    pub async fn find(
        channel: &Channel,
        account: &str,
        sandbox: Option<&str>,
        patience: &Patience<'_>,
    ) -> Result<Self, Failure> {
        let found = active(channel, account, patience).await?;
        let manners = Manners::of(&found.provider);
        let manners = manners
            .ok_or_else(|| Failure::Usage(format!("nobody knows how to shop at `{}`", found.provider)))?;
        let sandbox = match sandbox {
            Some(given) => given.to_owned(),
            None => origin(&found)
                .ok_or_else(|| Failure::Usage(format!("{account} does not say where its provider is")))?,
        };
        Ok(Self {
            completes: found.complete_after_seconds.is_some_and(|seconds| seconds <= COMPLETES_SOON_S),
            browser: Browser::new(&sandbox)?,
            account: account.to_owned(),
            manners,
            sandbox,
        })
    }
}

async fn active(
    channel: &Channel,
    account: &str,
    patience: &Patience<'_>,
) -> Result<ProviderAccount, Failure> {
    patience
        .persist(async || {
            let request = bounded(GetProviderAccountRequest { name: account.to_owned() });
            let answer = accounts_over(channel.clone()).get_provider_account(request).await?.into_inner();
            let found = answer.provider_account.unwrap_or_default();
            match found.state() {
                AccountState::Active => Ok(found),
                AccountState::Refused | AccountState::Disabled => {
                    Err(Failure::Failed(format!("{account} is not active: {}", found.message)))
                }
                _ => Err(Failure::Passing(format!("{account} is not active yet"))),
            }
        })
        .await
}
