//! PgBouncer in transaction mode between the nodes and a database, with so few servers that they are passed around.

use crate::wait::until;
use ordain_engine::store::postgres::throwaway::Database;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A running pooler, killed when it is dropped.
#[derive(Debug)]
pub struct Pooler {
    process: Child,
    folder: TempDir,
}

impl Pooler {
    /// Starts one before the server that this database is on.
    ///
    /// # Panics
    /// When there is no PgBouncer on this machine, or it does not start.
    pub async fn before(database: &Database) -> Self {
        let folder =
            tempfile::Builder::new().prefix("ordain-pool-").tempdir_in("/tmp").expect("a folder can be made");
        let (_, query) = database.url.split_once('?').expect("the throwaway server is reached by its folder");
        let server =
            query.split('&').find_map(|pair| pair.strip_prefix("host=")).expect("its folder is named");
        let config = format!(
            "[databases]\n* = host={server} user=postgres\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = {folder}\n\
             listen_port = 5432\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 200\n\
             server_round_robin = 1\n",
            folder = folder.path().display(),
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, config).expect("a file can be written");
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("our own folder");
        let mut command = Command::new("pgbouncer");
        // It refuses to be root.
        if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            command.args(["--user", "postgres"]);
        }
        let process = command.arg("--quiet").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|error| panic!("apt-get install pgbouncer: {error}"));
        let pooler = Self { process, folder };
        let socket = pooler.folder.path().join(".s.PGSQL.5432");
        until("the pooler to listen", async || socket.exists().then_some(())).await;
        pooler
    }

    /// The database, behind the pooler.
    #[must_use]
    pub fn url(&self, database: &Database) -> String {
        let (base, _) = database.url.split_once('?').expect("the throwaway server is reached by its folder");
        format!("{base}?host={}&user=postgres&pool=transaction", self.folder.path().display())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
