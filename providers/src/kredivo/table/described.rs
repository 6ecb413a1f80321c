//! How people describe messages to and from DOKU.

use crate::MessageKind::{Reply, Request, Webhook};
use crate::signing::Needed::{Always, Optional, ToVerify};
use crate::signing::{Described, DescribedField as Field};

/// Each with the fields that `signature` reads.
pub const DESCRIBED: &[Described] = &[
    Described {
        kinds: &[Request, Webhook],
        about: "a request, or a notification",
        fields: &fields("request_timestamp"),
        example: concat!(
            r#"{"client_id":"MCH-1","request_id":"r1","request_timestamp":"2026-03-01T09:30:00Z","request_targe"#,
            r#"t":"/doku/notification","secret_key":"SK-1","body":"{\"order\":{\"invoice_number\":\"R1\"}}","si"#,
            r#"gnature":"HMACSHA256=4DGR6ronfIvrrNcxL9GJ/AhtxUkIv8vitQ3jaZECc5w="}"#,
        ),
    },
    Described {
        kinds: &[Reply],
        about: "the answer to a request",
        fields: &fields("response_timestamp"),
        example: concat!(
            r#"{"client_id":"MCH-1","request_id":"r1","response_timestamp":"2026-03-01T09:30:00Z","request_targ"#,
            r#"et":"/kredivo-peer-to-peer/v2/generate-order","secret_key":"SK-1","body":"{\"order\":{\"invoice_"#,
            r#"number\":\"R1\"}}","signature":"HMACSHA256=OUOnVIOOVV7JeQUyYnMliSpTIRiMZDzUfOgfXTH6czo="}"#,
        ),
    },
];

/// A reply is described as its request is, with a time of its own.
const fn fields(timestamp: &'static str) -> [Field; 9] {
    [
        Field::new("client_id", Always, "the header Client-Id"),
        Field::new("request_id", Always, "the header Request-Id"),
        Field::new(timestamp, Always, "the header of that name: when it is signed, as 2021-07-07T08:45:42Z"),
        Field::new(
            "request_target",
            Always,
            "the path, without the host; of a notification that of your URL, of a reply that of its request",
        ),
        Field::new("secret_key", Always, "the secret key, from DOKU's back office"),
        Field::new("body", Optional, "the exact bytes, as text; a message without a body has none"),
        Field::new("signature", ToVerify, "what the header Signature says"),
        Field::new("digest", Optional, "what you take for the body's digest: told where it differs"),
        Field::new("component", Optional, "what you take for the signed lines: told where they differ"),
    ]
}
