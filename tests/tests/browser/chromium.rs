//! A headless Chromium, driven over WebDriver, with a profile of its own.

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Quiet: no sandbox (tests run as root in containers), no GPU, and no calls home.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser. Its processes end with it.
pub(crate) struct Chromium {
    client: Client,
    driver: Driver,
    _profile: TempDir,
}

impl Chromium {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = FLAGS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        arguments.push("--window-size=900,1200".to_owned());
        let options = json!({ "goog:chromeOptions": { "args": arguments } });
        let options = options.as_object().unwrap().clone();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(options).connect(&driver.url).await.unwrap();
        Self { client, driver, _profile: profile }
    }

    /// The page that is open.
    pub(crate) const fn page(&self) -> &Client {
        &self.client
    }

    /// Leaves a picture of the page.
    pub(crate) async fn picture(&self, name: &str) {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(path, self.client.screenshot().await.unwrap()).unwrap();
    }

    /// Closes it properly, so that nothing of it is left behind.
    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
        drop(self.driver);
    }
}

/// `chromedriver`, killed when it is dropped.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let started =
            Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = started.expect("chromedriver is installed; ./test installs it");
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // "ChromeDriver was started successfully on port 40917."
        let port = said.find_map(|line| {
            Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned())
        });
        let url = format!("http://127.0.0.1:{}", port.expect("chromedriver says where it listens"));
        Self { child, url }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
