//! A shopper's browser, as far as shopping needs one: it opens the checkout, presses a button, goes where it is sent.

use crate::cli::failure::Failure;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use std::time::Duration;

/// How long a page may take: the checkout asks the shop for the order before it shows anything.
const DEADLINE: Duration = Duration::from_secs(30);

/// A button of the checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Buy.
    Approve,
    /// The credit check says no.
    Decline,
    /// Back to the shop.
    Leave,
}

impl Button {
    const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::Leave => "leave",
        }
    }
}

/// An open checkout: its page.
#[derive(Debug)]
pub struct Page {
    url: Url,
    html: String,
}

/// A browser that goes nowhere by itself, so that every step can fail, and be taken again, on its own.
#[derive(Debug)]
pub struct Browser {
    http: Client,
    sandbox: Url,
}

impl Browser {
    /// A browser that only ever pays at this simulated provider.
    ///
    /// # Errors
    /// When the address is none, or no HTTP client can be made.
    pub fn new(sandbox: &str) -> Result<Self, Failure> {
        let sandbox =
            Url::parse(sandbox).map_err(|_| Failure::Usage(format!("`{sandbox}` is no address")))?;
        let http = Client::builder().no_proxy().redirect(Policy::none()).timeout(DEADLINE).build();
        let http = http.map_err(|error| Failure::Failed(format!("cannot make an HTTP client: {error}")))?;
        Ok(Self { http, sandbox })
    }

    /// Opens the checkout.
    ///
    /// # Errors
    /// Passing, while somebody on the way is not there; final, where the link leads elsewhere than to the simulator.
    pub async fn open(&self, url: &str) -> Result<Page, Failure> {
        let url =
            Url::parse(url).map_err(|_| Failure::Failed("the order's redirect URL is none".to_owned()))?;
        if url.origin() != self.sandbox.origin() {
            // A demo must never press buttons at a real provider.
            let (there, here) =
                (url.origin().ascii_serialization(), self.sandbox.origin().ascii_serialization());
            return Err(Failure::Failed(format!(
                "the checkout is at {there}, not at the simulated provider {here}"
            )));
        }
        let reply = answered(self.http.get(url.clone()).send().await, "the checkout")?;
        let html =
            reply.text().await.map_err(|_| Failure::Passing("the checkout's page broke off".to_owned()))?;
        Ok(Page { url, html })
    }

    /// Presses a button, and says where the shop wants the browser next, if it does.
    ///
    /// # Errors
    /// Passing, while nobody is there; final, where the page has no such button.
    pub async fn press(&self, page: &Page, button: Button) -> Result<Option<Url>, Failure> {
        // A checkout that was decided before has no buttons, only the way back.
        let Some(action) = action(&page.html, button.word()) else {
            return Ok(way_back(page).filter(|url| url.origin() != self.sandbox.origin()));
        };
        let target =
            page.url.join(&action).map_err(|_| Failure::Failed("the button leads nowhere".to_owned()))?;
        let reply = answered(self.http.post(target.clone()).send().await, "the checkout")?;
        let location = reply.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        Ok(location
            .and_then(|location| target.join(location).ok())
            .filter(|url| url.origin() != self.sandbox.origin()))
    }

    /// Goes back to the shop. Where the shop sends the browser from there does not matter any more.
    ///
    /// # Errors
    /// Passing, while nobody is there.
    pub async fn go_back(&self, url: &Url) -> Result<(), Failure> {
        answered(self.http.get(url.clone()).send().await, "the shop").map(drop)
    }
}

fn answered(sent: reqwest::Result<Response>, who: &str) -> Result<Response, Failure> {
    // The URLs hold keys: errors name who was asked, never the address.
    let reply = sent.map_err(|_| Failure::Passing(format!("{who} does not answer")))?;
    let status = reply.status();
    if status.is_success() || status.is_redirection() {
        Ok(reply)
    } else if status.is_server_error()
        || status == StatusCode::FORBIDDEN
        || status == StatusCode::TOO_MANY_REQUESTS
    {
        // 403 is a shop that is not switched on yet, 502 a checkout that could not ask the shop.
        Err(Failure::Passing(format!("{who} answers {}", status.as_u16())))
    } else {
        Err(Failure::Failed(format!("{who} answers {}", status.as_u16())))
    }
}

/// Where the form with this button goes.
fn action(html: &str, word: &str) -> Option<String> {
    let suffix = format!("/{word}");
    attributes(html, "action").find(|action| action.ends_with(&suffix))
}

fn way_back(page: &Page) -> Option<Url> {
    attributes(&page.html, "href").next().and_then(|link| page.url.join(&link).ok())
}

/// The values of an attribute, wherever it occurs. The pages are the simulator's own, so this is enough of a parser.
fn attributes<'a>(html: &'a str, name: &str) -> impl Iterator<Item = String> + 'a {
    let mark = format!(" {name}=\"");
    let starts: Vec<usize> = html.match_indices(&mark).map(|(at, mark)| at + mark.len()).collect();
    starts.into_iter().filter_map(move |start| {
        let value = html[start..].split_once('"')?.0;
        Some(value.replace("&amp;", "&"))
    })
}

#[cfg(test)]
mod tests {
    use super::{Page, action, way_back};

    #[test]
    fn buttons_are_found_by_where_they_lead() {
        let html = r#"<form method="post" action="/checkout/ab12/approve"><button>Buy</button></form>
            <form method="post" action="/checkout/ab12/leave"></form>"#;
        assert_eq!(action(html, "approve").as_deref(), Some("/checkout/ab12/approve"));
        assert_eq!(action(html, "leave").as_deref(), Some("/checkout/ab12/leave"));
        assert_eq!(action(html, "decline"), None);
        assert_eq!(action("<form action=\"unclosed", "approve"), None);
    }

    #[test]
    fn decided_checkout_shows_the_way_back() {
        let html = r#"<a class="button" href="http://127.0.0.1:7701/a/x/dividebuy/payment/response?a=1&amp;splashKey=k">"#;
        let page = Page { url: "http://127.0.0.1:7711/".parse().unwrap(), html: html.to_owned() };
        assert_eq!(way_back(&page).unwrap().query(), Some("a=1&splashKey=k"));
    }
}
