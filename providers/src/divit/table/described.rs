//! How people describe divit's signed links and events.

use crate::MessageKind::{Request, Webhook};
use crate::signing::Needed::{Always, Optional, ToSign, ToVerify};
use crate::signing::{Described, DescribedField as Field};

/// Each with the fields that `signature` reads.
pub const DESCRIBED: &[Described] = &[
    Described {
        kinds: &[Request],
        about: "a signed link; API calls carry `api-key` and no signature",
        fields: &[
            Field::new("signatureKey", Always, "the branch's signature key"),
            Field::new("timestamp", Always, "when it is signed, in unix seconds"),
            Field::new(
                "url_path",
                Always,
                "path and query of the link; a signature and a timestamp in it are left out of what is signed",
            ),
            Field::new("signature_base64", ToVerify, "the link's signature, unless it stands in `url_path`"),
            Field::new(
                "signed_string",
                Optional,
                "what you take for the signed string: told where it differs",
            ),
        ],
        example: concat!(
            r#"{"signatureKey":"divit-sig-key","timestamp":1736845297,"url_path":"/directpay/c/merchant/branch/"#,
            r#"fps/act?amount=1200&currency=HKD&expiredAt=1736848897&merchantRef=R1","signature_base64":"eW7Xbi"#,
            r#"XScj5gbAYNEmaT21IZ2CDriNYuJqykOweCnM8="}"#,
        ),
    },
    Described {
        kinds: &[Webhook],
        about: "an event",
        fields: &[
            Field::new("signatureKey", Always, "the branch's signature key"),
            Field::new("timestamp", ToSign, "when it is signed, in unix seconds; else what `value` says"),
            Field::new("body", Always, "the event's exact bytes, as text"),
            Field::new("value", ToVerify, "what X-DIVIT-SIGNATURE says: t=…,s1=…"),
            Field::new(
                "signed_string",
                Optional,
                "what you take for the signed string: told where it differs",
            ),
        ],
        example: concat!(
            r#"{"signatureKey":"divit-sig-key","timestamp":1660000000,"body":"{\"event\":{\"eventId\":2001},\"e"#,
            r#"ventData\":{\"partnerRef\":\"R1\"}}","value":"t=1660000000,s1=OXoQEkFYLAlOc9uqFoH2q75azCZu7mi3cK"#,
            r#"5eVQ1eMV0="}"#,
        ),
    },
];
