//! The one signature of DOKU, over requests, answers and notifications.
//!
//! ```text
//! Client-Id:…⏎Request-Id:…⏎Request-Timestamp:…⏎Request-Target:/path⏎Digest:base64(sha256(body))
//! ```
//!
//! An answer has `Response-Timestamp` in the third line; what has no body has no last line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::mac;

/// What is signed.
pub(crate) struct Component<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) request_id: &'a str,
    /// Whose time: `Request-Timestamp` or `Response-Timestamp`.
    pub(crate) clock: &'static str,
    pub(crate) timestamp: &'a str,
    /// The path alone.
    pub(crate) target: &'a str,
    pub(crate) body: &'a [u8],
}

impl Component<'_> {
    /// The whole value of the `Signature` header.
    pub(crate) fn signature(&self, secret: &str) -> String {
        let Component { client_id, request_id, clock, timestamp, target, body } = self;
        let mut text = format!(
            "Client-Id:{client_id}\nRequest-Id:{request_id}\n{clock}:{timestamp}\nRequest-Target:{target}"
        );
        if !body.is_empty() {
            text.push_str(&format!("\nDigest:{}", STANDARD.encode(Sha256::digest(body))));
        }
        format!("HMACSHA256={}", mac::base64_hmac(secret.as_bytes(), text.as_bytes()))
    }
}

/// A time as DOKU writes it: UTC, whole seconds, a literal Z.
pub(crate) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads such a time, and no other.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let at: Timestamp = text.parse().ok()?;
    (written(at) == text).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::{Component, read};

    /// A worked example; five independent clients agree on it.
    #[test]
    fn known_request_is_signed_alike() {
        let body = r#"{"order":{"invoice_number":"INV-20210707-0001","line_items":[{"name":"T-Shirt","price":30000,"quantity":3,"id":"1002","type":"CLOTHING","url":"https://merchant.example/p/1002"}],"amount":90000,"callback_url":"https://merchant.example/return","callback_url_cancel":"https://merchant.example/cancel"},"peer_to_peer_info":{"expired_time":60,"merchant_unique_reference":"MUR-20210707-0001"},"customer":{"first_name":"Anton","last_name":"Budiman","phone":"6285694566147","email":"anton@example.com","address":"Menara Mulia Lantai 8"},"shipping_address":{"first_name":"Anton","last_name":"Budiman","address":"Menara Mulia Lantai 8","city":"Jakarta Selatan","postal_code":"12960","phone":"6285694566147","country_code":"IDN"}}"#;
        let component = Component {
            client_id: "MCH-0001-10791114622547",
            request_id: "baec7d95-f30a-4b78-b711-6ebe0ccdf50b",
            clock: "Request-Timestamp",
            timestamp: "2021-07-07T08:45:42Z",
            target: "/kredivo-peer-to-peer/v2/generate-order",
            body: body.as_bytes(),
        };
        assert_eq!(
            component.signature("SK-testsecret0123456789"),
            "HMACSHA256=MbUV18XNUtzcnwrl24e0XsV0OCmLZDxRjF+wHiExRCk="
        );
    }

    #[test]
    fn only_whole_seconds_of_utc_are_a_time() {
        assert!(read("2021-07-07T08:45:42Z").is_some());
        for other in ["2021-07-07T08:45:42.5Z", "2021-07-07T15:45:42+07:00", "2021-07-07 08:45:42Z", ""] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
