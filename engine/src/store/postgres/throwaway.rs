//! A PostgreSQL of one's own for tests and measurements, gone when the process is.
//!
//! It is watched over by a shell that waits for the end of its input, which is the end of this process however that
//! comes; then it stops the server and removes the folder. Only a socket in that folder leads to the server.
//! `ORDAIN_TEST_POSTGRES_URL` names a server to use instead.

mod standby;

pub use standby::Standby;

use super::open::Address;
use super::unavailable;
use crate::store::StoreError;
use crate::vault::dice;
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Names a server that databases may be made on.
pub const URL_VARIABLE: &str = "ORDAIN_TEST_POSTGRES_URL";

/// Where Debian keeps the servers, one folder a version.
const DEBIAN: &str = "/usr/lib/postgresql";
const SCRIPT: &str = r#"
bin=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/ordain-pg-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
{
    "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync &&
    cat >>"$dir/data/postgresql.conf" <<END &&
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
END
    "$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/log" --wait start
} >"$dir/made" 2>&1 || { cat "$dir/made" "$dir/log" >&2; exit 1; }
echo "$dir"
cat >/dev/null
for data in data standby; do
    [ -e "$dir/$data/postmaster.pid" ] && "$bin/pg_ctl" --pgdata="$dir/$data" --mode=immediate stop >"$dir/made" 2>&1
done
"#;

/// A server to make databases on.
#[derive(Debug)]
pub struct Server {
    /// Of a database that is there from the beginning.
    url: String,
    own: Option<Own>,
}

/// One that this process started.
#[derive(Debug)]
struct Own {
    folder: PathBuf,
    programs: PathBuf,
    /// Its input closes with it, and the server ends.
    _guard: Child,
}

/// A database for one test or one measurement, gone with its server; on somebody else's, dropped with its owner.
#[derive(Debug)]
pub struct Database {
    /// Where it is.
    pub url: String,
    name: String,
    /// Whose it is, if not this process's.
    lent_by: Option<String>,
}

impl Server {
    /// The server that the environment names, or one of this process's own.
    ///
    /// # Errors
    /// There is no PostgreSQL on this machine, or it does not start; the message says what to do.
    pub fn start() -> Result<Self, StoreError> {
        if let Ok(url) = std::env::var(URL_VARIABLE) {
            return Ok(Self::at(&url));
        }
        let programs = programs().ok_or_else(|| {
            StoreError::Unusable(format!(
                "there is no PostgreSQL on this machine: apt-get install postgresql, or name a server with {URL_VARIABLE}"
            ))
        })?;
        let failed =
            |why: String| StoreError::Unusable(format!("a PostgreSQL of one's own does not start: {why}"));
        let mut command = as_owner(Command::new("sh"));
        command.args(["-c", SCRIPT, "sh"]).arg(&programs);
        // Not of the terminal's foreground group: an interrupt is for us, and the shell must outlive us.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut guard = command.spawn().map_err(|error| failed(error.to_string()))?;
        let mut folder = String::new();
        let told = guard.stdout.as_mut().map(|told| BufReader::new(told).read_line(&mut folder));
        if !matches!(told, Some(Ok(1..))) {
            return Err(failed("what it said stands above".into()));
        }
        let folder = PathBuf::from(folder.trim());
        let url = format!("postgres:///postgres?host={}&user=postgres", folder.display());
        Ok(Self { url, own: Some(Own { folder, programs, _guard: guard }) })
    }

    /// Somebody else's server, at the URL of any database on it.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), own: None }
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// The server does not answer, or may not be used so.
    pub async fn database(&self) -> Result<Database, StoreError> {
        let name = format!("ordain_{:016x}", u64::from_be_bytes(dice()));
        statement(&self.url, format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await?;
        let (base, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
        let url = format!("{base}/{name}?{query}");
        // Dropping one costs a checkpoint, and our own server goes with everything on it.
        let lent_by = self.own.is_none().then(|| self.url.clone());
        Ok(Database { url, name, lent_by })
    }

    /// Runs `pg_ctl` on this process's own server, to its end: `["restart", "--mode=immediate"]`.
    ///
    /// # Errors
    /// It is somebody else's server, or the command failed.
    pub fn control(&self, arguments: &[&str]) -> Result<(), StoreError> {
        let failed = |why: String| StoreError::Unusable(format!("pg_ctl: {why}"));
        let own = self.own.as_ref().ok_or_else(|| failed("the server is somebody else's".into()))?;
        let mut command = as_owner(Command::new(own.programs.join("pg_ctl")));
        command.arg("--wait").arg("--pgdata").arg(own.folder.join("data"));
        command.arg("--log").arg(own.folder.join("log")).args(arguments);
        let status = command.stdout(Stdio::null()).status().map_err(|error| failed(error.to_string()))?;
        if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
    }

    /// Whether it can be stopped and started here.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        self.own.is_some()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(server) = self.lent_by.take() else { return };
        let drop_it = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // On a thread of its own, because whoever drops it may be inside a runtime. A database that stays behind harms
        // nobody.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(statement(&server, drop_it)).map_err(std::io::Error::other)
        });
        drop(dropping.join());
    }
}

async fn statement(url: &str, sql: String) -> Result<(), StoreError> {
    let mut db = Address::parse(url)?.connect().await?;
    // Names of databases cannot be bound; this one is sixteen digits of ours.
    db.execute(AssertSqlSafe(sql)).await.map_err(unavailable)?;
    db.close().await.map_err(unavailable)
}

/// The newest server's programs on this machine.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let debian = versions
        .filter_map(|version| {
            Some((version.file_name().to_str()?.parse::<u32>().ok()?, version.path().join("bin")))
        })
        .max()
        .map(|(_, programs)| programs);
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian.into_iter().chain(std::env::split_paths(&path)).find(|folder| folder.join("initdb").exists())
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package made.
fn as_owner(mut command: Command) -> Command {
    let owner = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.first() == Some(&"postgres"))
            .then(|| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))?
    };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    if is_root()
        && let Some((user, group)) = users.lines().find_map(owner)
    {
        command.uid(user).gid(group);
    }
    // Whatever points elsewhere is for others, and root's folder is not ours to stand in.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|process| process.uid() == 0)
}
