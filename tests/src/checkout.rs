//! A shopper's browser, as far as plain HTTP goes: it opens the checkout, presses a button, and is sent somewhere.

use reqwest::header::LOCATION;
use reqwest::{Client, StatusCode};

/// A button of the simulated checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// The credit check passes.
    Approve,
    /// It fails.
    Decline,
    /// The shopper changes their mind.
    Leave,
}

impl Button {
    /// The button's id on the page, and the last part of where it leads.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::Leave => "leave",
        }
    }
}

/// A page that was opened.
#[derive(Debug)]
pub struct Page {
    /// How it was answered.
    pub status: StatusCode,
    /// What it shows.
    pub html: String,
    url: reqwest::Url,
}

/// A browser that goes nowhere by itself.
#[derive(Debug, Clone)]
pub struct Browser(Client);

impl Default for Browser {
    fn default() -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        Self(client.expect("a client without a proxy can be built"))
    }
}

impl Browser {
    /// For whatever else is to be sent.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.0
    }

    /// Opens a page.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn open(&self, url: &str) -> Page {
        let reply = self.0.get(url).send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let (status, url) = (reply.status(), reply.url().clone());
        Page { status, url, html: reply.text().await.expect("a page is text") }
    }

    /// Presses a button of a page and returns where the browser is sent.
    ///
    /// # Panics
    /// When the page has no such button, or pressing it leads nowhere.
    pub async fn press(&self, page: &Page, button: Button) -> String {
        let suffix = format!("/{}", button.id());
        let actions = page.html.split(" action=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let action = actions.into_iter().find(|action| action.ends_with(&suffix));
        let action = action.unwrap_or_else(|| panic!("no button {button:?} on a page of {}", page.status));
        let target = page.url.join(action).expect("a button leads somewhere");
        let reply = self.0.post(target).send().await.expect("the checkout answers");
        assert_eq!(reply.status(), StatusCode::SEE_OTHER, "pressing {button:?}");
        let location = reply.headers().get(LOCATION).expect("a redirect says where to");
        location.to_str().expect("an address is text").to_owned()
    }
}
