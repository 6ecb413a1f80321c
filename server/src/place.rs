//! Where a node keeps what it knows, and the key to it.

use ordain_engine::store::mark::Mark;
use ordain_engine::store::postgres::PostgresStore;
use ordain_engine::store::sqlite::SqliteStore;
use ordain_engine::store::{Store, StoreError};
use ordain_engine::vault::{Vault, VaultError};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// Which store: `sqlite:PATH` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum StorePlace {
    /// A file, for one node.
    Sqlite(PathBuf),
    /// A database, for any number of nodes.
    Postgres(String),
}

impl StorePlace {
    /// The store of a data folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self::Sqlite(folder.join("ordain.db"))
    }

    /// The folder that it lies in, if it is a file.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(path) => path.parent().map(Path::to_owned),
            Self::Postgres(_) => None,
        }
    }
}

impl FromStr for StorePlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err("say sqlite:PATH or postgres://USER@HOST/DATABASE".to_owned()),
        }
    }
}

impl fmt::Display for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            // Whoever is named before the host may have a password, and so may the parameters.
            Self::Postgres(url) => {
                let place = url.split_once('?').map_or(url.as_str(), |(place, _)| place);
                let place = place.rsplit_once('@').or(place.split_once("//")).map_or("", |(_, place)| place);
                write!(f, "postgres://{place}")
            }
        }
    }
}

impl fmt::Debug for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An open store; a shared one also tells of what other nodes write.
#[derive(Clone)]
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The same one, if nodes can share it.
    pub shared: Option<Arc<PostgresStore>>,
    /// The same one, if it is a file.
    file: Option<Arc<SqliteStore>>,
}

impl Opened {
    /// Opens the store.
    ///
    /// # Errors
    /// As the store itself says.
    pub async fn open(place: &StorePlace, vault: &Vault) -> Result<Self, StoreError> {
        match place {
            StorePlace::Sqlite(path) => {
                let file = Arc::new(SqliteStore::open(path, vault).await?);
                Ok(Self { store: file.clone(), shared: None, file: Some(file) })
            }
            StorePlace::Postgres(url) => {
                let shared = Arc::new(PostgresStore::open(url, vault).await?);
                Ok(Self { store: shared.clone(), shared: Some(shared), file: None })
            }
        }
    }

    /// Whether it was brought back as it was before.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn restored(&self) -> Result<Option<Mark>, StoreError> {
        match (&self.shared, &self.file) {
            (Some(shared), _) => shared.restored().await,
            (None, Some(file)) => file.restored().await,
            (None, None) => Ok(None),
        }
    }

    /// Every order knows how things stand.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn caught_up(&self, mark: &Mark) -> Result<(), StoreError> {
        match (&self.shared, &self.file) {
            (Some(shared), _) => shared.caught_up(mark).await,
            (None, Some(file)) => file.caught_up().await,
            (None, None) => Ok(()),
        }
    }
}

/// Where the master key comes from.
#[derive(Debug, Clone, clap::Args)]
pub struct KeyPlace {
    /// File of the master key, 64 hexadecimal digits; or the digits themselves in ORDAIN_MASTER_KEY
    /// [default with sqlite: master.key beside the file]
    #[arg(long, value_name = "FILE")]
    master_key: Option<PathBuf>,
}

/// Holds the master key itself, where there is no file.
const KEY_VARIABLE: &str = "ORDAIN_MASTER_KEY";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Somebody must say which.
    #[error("say where the master key is: --master-key FILE, or {KEY_VARIABLE}")]
    Missing,
    /// A key that was made before must not be made again.
    #[error(
        "{0} is not there: bring the master key that the store was made with (`ordain migrate` makes a new store's)"
    )]
    Lost(String),
    /// It is there and is none.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl KeyPlace {
    /// The key of a store. Only a new one's may be made, and is written to its file.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn find(&self, store: &StorePlace, is_new: bool) -> Result<Vault, KeyError> {
        if self.master_key.is_none()
            && let Ok(digits) = std::env::var(KEY_VARIABLE)
        {
            return Ok(Vault::from_digits(&digits)?);
        }
        let beside = match store {
            StorePlace::Sqlite(path) => Some(path.with_file_name("master.key")),
            StorePlace::Postgres(_) => None,
        };
        let file = self.master_key.clone().or(beside).ok_or(KeyError::Missing)?;
        if !is_new && !file.exists() {
            return Err(KeyError::Lost(file.display().to_string()));
        }
        Ok(Vault::from_file(&file)?)
    }
}

#[cfg(test)]
mod tests {
    use super::StorePlace;

    #[track_caller]
    fn check(text: &str, shown: Result<&str, ()>) {
        let place: Result<StorePlace, String> = text.parse();
        assert_eq!(
            place.as_ref().map(|place| format!("{place:?}")).map_err(|_| ()),
            shown.map(str::to_owned)
        );
    }

    #[test]
    fn stores_are_named_and_their_passwords_are_not() {
        check("sqlite:/var/lib/ordain.db", Ok("sqlite:/var/lib/ordain.db"));
        check("postgres://u:p@db:5432/orders?sslmode=require&password=q", Ok("postgres://db:5432/orders"));
        check("postgresql://u:p@ss@db/orders", Ok("postgres://db/orders"));
        check("postgres:///orders?host=/run", Ok("postgres:///orders"));
        check("postgres:u:p", Err(()));
        check("sqlite:", Err(()));
        check("orders.db", Err(()));
    }
}
