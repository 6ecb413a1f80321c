//! What a customer's browser sees when it comes back from a provider.
//!
//! The return proves nothing, so the page promises nothing: it says that we are asking.

use super::deliver::Delivered;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// To the shop, if the order says where; else a page of ours, which thanks nobody who gave up.
pub(super) fn after_return(gave_up: bool, delivered: &Delivered) -> Response {
    match delivered {
        Delivered::Stored { return_url: Some(url), .. } => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, url.clone())]).into_response()
        }
        Delivered::Stored { .. } | Delivered::Refused { .. } if gave_up => page(
            StatusCode::OK,
            "Not paid",
            "The checkout was not completed. Please go back to the shop and choose how to pay.",
        ),
        Delivered::Stored { .. } | Delivered::Refused { .. } => page(
            StatusCode::OK,
            "Thank you",
            "We are checking your payment. The shop will confirm your order shortly.",
        ),
        Delivered::Unknown => {
            page(StatusCode::NOT_FOUND, "No such order", "Please go back to the shop and try again.")
        }
        Delivered::Unavailable => page(
            StatusCode::SERVICE_UNAVAILABLE,
            "One moment, please",
            "We could not take note of your return. Please reload this page.",
        ),
    }
}

/// For a person at an address that says nothing genuine.
pub(super) fn not_valid(status: u16) -> Response {
    let status = StatusCode::from_u16(status).expect("codecs answer with real statuses");
    page(status, "This link is not valid", "Please go back to the shop and try again.")
}

fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let body = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content='width=device-width, initial-scale=1'><title>{title}</title>\
         <style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;\
         color:#1c2430}}h1{{font-size:1.7rem}}</style><h1>{title}</h1><p>{text}</p></html>"
    );
    (status, Html(body)).into_response()
}
