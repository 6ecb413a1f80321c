//! Reading what runs show, and opening what is sealed in it.
//!
//! Everything is read from the store, never from a live copy: what a caller is told is what is durable.

use jiff::Timestamp;
use ordain_engine::clocks;
use ordain_engine::store::{RunRow, StartedBy, Store, StoreError};
use ordain_engine::vault::{DataKey, Vault, VaultError};
use ordain_engine::{RunId, Sealed};
use ordain_providers::call::NextAction;
use ordain_workflows::account_workflow::{Account, Secrets};
use ordain_workflows::order::{Order, People};
use ordain_workflows::time::timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where in a run a sealed value lives; authenticated with it.
pub mod place {
    /// Who buys.
    pub const PEOPLE: &str = "order.people";
    /// Where the customer goes next.
    pub const NEXT_ACTION: &str = "order.next_action";
    /// An inbound message word for word.
    pub const RAW: &str = "raw";
    /// An account's credentials.
    pub const SECRETS: &str = "account.secrets";
}

/// Account ids are part of URLs and so unique in the whole store, whoever's they are.
pub const ACCOUNTS: &str = "accounts";

/// The way to what runs show.
#[derive(Clone)]
pub struct Books {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    public_url: Arc<str>,
}

/// An account, opened.
pub struct OpenAccount {
    /// Its run.
    pub run: RunId,
    /// Its row.
    pub row: RunRow,
    /// As it stands.
    pub account: Account,
    /// For a codec, credentials included.
    pub credentials: ordain_providers::Account,
}

/// An order as its row shows it.
pub struct ShownOrder {
    /// Its run.
    pub run: RunId,
    /// Its row.
    pub row: RunRow,
    /// As it stands.
    pub order: Order,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// Ask again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data key is gone or another one: the data was erased, or the store is damaged.
    #[error("what is sealed here cannot be opened")]
    Vault(#[from] VaultError),
    /// A row that this build cannot read.
    #[error("the stored view does not read")]
    View(#[from] serde_json::Error),
}

impl Books {
    /// Reads from `store`, opens with `vault`; accounts are reached below `public_url`.
    pub fn new(store: Arc<dyn Store>, vault: Arc<Vault>, public_url: &str) -> Self {
        Self { store, vault, public_url: public_url.trim_end_matches('/').into() }
    }

    /// See [`Vault::fingerprint`].
    pub fn fingerprint(&self, bytes: &[u8]) -> Vec<u8> {
        self.vault.fingerprint(bytes)
    }

    /// Where providers reach us for an account.
    pub fn ingress_url(&self, account: &str) -> String {
        format!("{}/a/{account}", self.public_url)
    }

    /// An account by its id.
    pub async fn account(&self, id: &str) -> Result<Option<OpenAccount>, BooksError> {
        let Some(started) = self.store.started(ACCOUNTS, &StartedBy::Label(id.to_owned())).await? else {
            return Ok(None);
        };
        let Some(row) = self.store.run(started.run).await? else { return Ok(None) };
        self.open_account(row).await.map(Some)
    }

    /// An account from its row.
    pub async fn open_account(&self, row: RunRow) -> Result<OpenAccount, BooksError> {
        let account: Account = serde_json::from_slice(&row.view)?;
        let secrets: Option<Secrets> = self.open(row.run, place::SECRETS, &account.new.secrets).await?;
        let config = with_learned(account.new.config.clone(), &account.provider_refs);
        let credentials = ordain_providers::Account {
            id: account.new.id.clone(),
            store_url: self.ingress_url(&account.new.id),
            config,
            secrets: secrets.unwrap_or_default(),
        };
        Ok(OpenAccount { run: row.run, row, account, credentials })
    }

    /// What time it is for a run, given its row: its own clock's, or now.
    pub async fn now_for(&self, row: &RunRow) -> Result<Timestamp, BooksError> {
        let own = clocks::time_of(self.store.as_ref(), row).await?;
        Ok(own.map_or_else(Timestamp::now, timestamp))
    }

    /// What time it is for an account: its test clock's, or now.
    pub async fn now_at(&self, account: &Account) -> Result<Timestamp, BooksError> {
        let Some(clock) = clock_of(account) else { return Ok(Timestamp::now()) };
        let stands_at = clocks::read(self.store.as_ref(), clock).await?;
        Ok(stands_at.map_or_else(Timestamp::now, timestamp))
    }

    /// An order by its run.
    pub async fn order(&self, run: RunId) -> Result<Option<ShownOrder>, BooksError> {
        self.store.run(run).await?.map(shown_order).transpose().map(Option::flatten)
    }

    /// Who buys an order; none if that was erased.
    pub async fn people(&self, shown: &ShownOrder) -> Result<Option<People>, BooksError> {
        self.open(shown.run, place::PEOPLE, &shown.order.people).await
    }

    /// Where an order's customer goes next.
    pub async fn next_action(&self, shown: &ShownOrder) -> Result<Option<NextAction>, BooksError> {
        match &shown.order.next_action {
            Some(sealed) => self.open(shown.run, place::NEXT_ACTION, sealed).await,
            None => Ok(None),
        }
    }

    /// A run's data key; none if it was deleted, and with it all that is sealed in the run.
    pub async fn data_key(&self, run: RunId) -> Result<Option<DataKey>, BooksError> {
        let wrapped = self.store.data_key(run).await?;
        Ok(wrapped.map(|wrapped| self.vault.unwrap_data_key(run, &wrapped)).transpose()?)
    }

    /// Seals a value for a run, if the run still has its key.
    pub async fn seal<T: serde::Serialize>(
        &self,
        run: RunId,
        place: &str,
        value: &T,
    ) -> Result<Option<Sealed<T>>, BooksError> {
        Ok(self.data_key(run).await?.map(|key| key.seal(place, value)))
    }

    async fn open<T: serde::de::DeserializeOwned>(
        &self,
        run: RunId,
        place: &str,
        sealed: &Sealed<T>,
    ) -> Result<Option<T>, BooksError> {
        let key = self.data_key(run).await?;
        Ok(key.map(|key| key.open(place, sealed)).transpose()?)
    }
}

/// An account's test clock, if it has one.
pub fn clock_of(account: &Account) -> Option<RunId> {
    account.test_clock.as_ref()?.parse().ok()
}

/// The order that a row shows; none if the row is another workflow's.
pub fn shown_order(row: RunRow) -> Result<Option<ShownOrder>, BooksError> {
    use ordain_engine::Workflow as _;
    if row.workflow != ordain_workflows::OrderWorkflow::NAME {
        return Ok(None);
    }
    let order = serde_json::from_slice(&row.view)?;
    Ok(Some(ShownOrder { run: row.run, row, order }))
}

/// An account's values, with what its provider told of itself where the merchant gave nothing: a person's word wins.
fn with_learned(
    mut config: BTreeMap<String, String>,
    learned: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    for (name, value) in learned {
        let known = config.entry(name.clone()).or_default();
        if known.is_empty() {
            known.clone_from(value);
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use super::with_learned;

    #[test]
    fn what_a_provider_tells_of_an_account_fills_gaps_and_replaces_nothing() {
        let values = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let learned = values(&[("retailer_id", "151"), ("branch_id", "b")]);
        let of = |given: &str| with_learned(values(&[("retailer_id", given)]), &learned);
        assert_eq!(of("150"), values(&[("retailer_id", "150"), ("branch_id", "b")]));
        assert_eq!(of(""), learned, "an empty value is none");
    }
}
