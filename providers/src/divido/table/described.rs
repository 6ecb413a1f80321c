//! How people describe Divido's signed requests and webhooks.

use crate::MessageKind::{Request, Webhook};
use crate::signing::Needed::{Always, Optional, ToVerify};
use crate::signing::{Described, DescribedField as Field};

const SECRET: Field = Field::new("secret", Always, "the shared secret");
const VALUE: Field = Field::new("value", ToVerify, "what X-DIVIDO-HMAC-SHA256 says");
const SIGNED_STRING: Field =
    Field::new("signed_string", Optional, "what you take for the signed string: told where it differs");

/// Each with the fields that `signature` reads.
pub const DESCRIBED: &[Described] = &[
    Described {
        kinds: &[Request],
        about: "a request",
        fields: &[
            SECRET,
            Field::new("request_uri", Always, "path and query, without the host"),
            Field::new("body", Optional, "a POST's exact bytes, which stand for its parameters then"),
            VALUE,
            SIGNED_STRING,
        ],
        example: concat!(
            r#"{"secret":"shared-secret-1","request_uri":"/v1/finances?country=GB","value":"hsrJcmj57McXNqztcCG"#,
            r#"h6KJM7hqQRXsXrOmr90d1cEg="}"#,
        ),
    },
    Described {
        kinds: &[Webhook],
        about: "a webhook",
        fields: &[SECRET, Field::new("body", Always, "its exact bytes, as text"), VALUE, SIGNED_STRING],
        example: concat!(
            r#"{"secret":"shared-secret-1","body":"{\"event\":\"application-status-update\",\"status\":\"READY\"#,
            r#""}","value":"jbh2p56OgdyACtE3TvrM6soBcE6rclkl56ZYPbNKWws="}"#,
        ),
    },
];
