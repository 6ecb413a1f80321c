//! Sending one request to a provider, and telling "certainly not sent" from "nobody knows".

use jiff::Timestamp;
use ordain_providers::{Private, Reply, Request};
use std::time::Duration;

/// A connection that takes longer will not come.
const CONNECT: Duration = Duration::from_secs(5);

/// Nobody who says more means it for one request.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// The way out. TLS is always verified; redirects are answers, not orders.
#[derive(Clone)]
pub struct Transport(reqwest::Client);

/// Why there is no reply.
#[derive(Debug, PartialEq, Eq)]
pub enum NoReply {
    /// No connection was made: the provider cannot have acted.
    NotSent(String),
    /// The request may have arrived.
    Unknown(String),
}

impl Transport {
    /// A client that keeps its connections.
    pub fn new() -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .user_agent(concat!("ordain/", env!("CARGO_PKG_VERSION")))
            .build();
        Self(client.expect("the options are constant and TLS has its roots"))
    }

    /// Sends, and reads at most `reply_max` bytes of what comes back.
    pub async fn send(
        &self,
        request: &Request,
        timeout: Duration,
        reply_max: usize,
    ) -> Result<Reply, NoReply> {
        let method = request.method.parse().expect("codecs use the methods of HTTP");
        let mut sending =
            self.0.request(method, request.url.expose()).timeout(timeout).body(request.body.expose().clone());
        for (name, value) in &request.headers {
            sending = sending.header(*name, value.expose());
        }
        let mut response = sending.send().await.map_err(|error| no_reply(&error))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_reply(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > reply_max {
                return Err(NoReply::Unknown(format!("the reply is longer than {reply_max} bytes")));
            }
        }
        Ok(Reply { status, headers, body: Private::new(body) })
    }
}

/// How long the provider asks to be left alone: seconds, or a time of day (RFC 9110, 10.2.3).
pub fn retry_after(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let said = reply.header("retry-after")?;
    let wait = match said.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = jiff::fmt::rfc2822::parse(said).ok()?.timestamp();
            until.duration_since(now).try_into().unwrap_or_default()
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// Says what happened without the URL, which may hold credentials.
fn no_reply(error: &reqwest::Error) -> NoReply {
    if error.is_connect() {
        NoReply::NotSent("no connection to the provider".into())
    } else if error.is_builder() {
        NoReply::NotSent("the account's address of the provider is no URL".into())
    } else if error.is_timeout() {
        NoReply::Unknown("the provider did not answer in time".into())
    } else {
        NoReply::Unknown("the connection broke before the provider had answered".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, expected: Option<u64>) {
        let headers = vec![("retry-after".to_owned(), said.to_owned())];
        let reply = Reply { status: 429, headers, body: Private::new(Vec::new()) };
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after(&reply, now), expected.map(Duration::from_secs), "{said}");
    }

    #[test]
    fn provider_may_ask_to_be_left_alone() {
        check("7", Some(7));
        check(" 0 ", Some(0));
        check("Sat, 21 Nov 2026 10:02:00 GMT", Some(120));
        check("Sat, 21 Nov 2026 09:00:00 GMT", Some(0));
        check("99999999999", Some(3600));
        check("soon", None);
        check("-1", None);
    }
}
