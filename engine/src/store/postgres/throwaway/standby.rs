//! A second server that keeps up with a throwaway one and takes its place.
//!
//! Whoever goes by its address is led to the one that is primary: the address is a folder's name, which is given to the
//! other server's folder when that is promoted, as a virtual address would be.

use super::{Database, Own, Server, as_owner};
use crate::store::StoreError;
use crate::store::postgres::open::Address;
use crate::store::postgres::read::columns;
use crate::store::postgres::unavailable;
use sqlx::Executor;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A standby streams within this, or there is something wrong with it.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const STREAMS: &str = "SELECT (count(*) > 0)::text FROM pg_stat_replication WHERE sync_state = 'sync'";

/// The standby of a [`Server`] of this process's own, which ends with it.
#[derive(Debug)]
pub struct Standby {
    programs: PathBuf,
    data: PathBuf,
    log: PathBuf,
    /// Where the primary is.
    address: PathBuf,
}

impl Standby {
    /// Copies the server and keeps up with it. When this returns, nothing is committed there that is not here.
    ///
    /// # Errors
    /// It is somebody else's server, or the standby does not start.
    pub async fn of(server: &Server) -> Result<Self, StoreError> {
        let Some(Own { folder, programs, .. }) = &server.own else {
            return Err(failed("the server is somebody else's"));
        };
        let standby = Self {
            programs: programs.clone(),
            data: folder.join("standby"),
            log: folder.join("standby.log"),
            address: folder.join("primary"),
        };
        standby.run("pg_basebackup", |command| {
            command.args(["--username=postgres", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
            command.arg("--host").arg(folder).arg("--pgdata").arg(&standby.data);
        })?;
        // The last setting of a name counts.
        let socket = format!("unix_socket_directories = '{}'\n", standby.data.display());
        append(&standby.data.join("postgresql.conf"), &socket)?;
        standby.control(&["start"])?;
        standby.lead_to(folder)?;
        let mut db = Address::parse(&server.url)?.connect().await?;
        for statement in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
            db.execute(statement).await.map_err(unavailable)?;
        }
        let begun = Instant::now();
        loop {
            let told = db.fetch_one(STREAMS).await.map_err(unavailable)?;
            match columns::<(String,)>(&told)?.0.as_str() {
                "true" => return Ok(standby),
                _ if begun.elapsed() > PATIENCE => return Err(failed("it does not stream")),
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// The database, at whichever server is primary.
    ///
    /// # Panics
    /// When it is not on the server that this is the standby of.
    #[must_use]
    pub fn url(&self, database: &Database) -> String {
        let (base, _) = database.url.split_once('?').expect("a throwaway server is reached by its folder");
        format!("{base}?host={}&user=postgres", self.address.display())
    }

    /// Takes the primary's place, which must be down: two of them would each acknowledge what the other does not have.
    ///
    /// # Errors
    /// It is not promoted.
    pub fn promote(&self) -> Result<(), StoreError> {
        self.control(&["promote"])?;
        self.lead_to(&self.data)
    }

    fn control(&self, arguments: &[&str]) -> Result<(), StoreError> {
        self.run("pg_ctl", |command| {
            command.arg("--wait").arg("--pgdata").arg(&self.data).arg("--log").arg(&self.log).args(arguments);
        })
    }

    fn run(&self, program: &str, arguments: impl FnOnce(&mut Command)) -> Result<(), StoreError> {
        let mut command = as_owner(Command::new(self.programs.join(program)));
        arguments(&mut command);
        // What it starts lives on and must not keep anybody's output open.
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(&format!("{program}: {status}"))),
            Err(error) => Err(failed(&format!("{program}: {error}"))),
        }
    }

    /// At no moment is nobody there.
    fn lead_to(&self, folder: &Path) -> Result<(), StoreError> {
        let next = self.address.with_extension("next");
        let led = symlink(folder, &next).and_then(|()| std::fs::rename(&next, &self.address));
        led.map_err(|error| failed(&error.to_string()))
    }
}

fn append(file: &Path, text: &str) -> Result<(), StoreError> {
    use std::io::Write;
    let mut file =
        std::fs::File::options().append(true).open(file).map_err(|error| failed(&error.to_string()))?;
    file.write_all(text.as_bytes()).map_err(|error| failed(&error.to_string()))
}

fn failed(why: &str) -> StoreError {
    StoreError::Unusable(format!("a standby of one's own: {why}"))
}
