//! How people describe messages to and from PayBy, which are all signed alike.

use crate::MessageKind::{Reply, Request, Webhook};
use crate::signing::Needed::{Always, Optional, ToSign, ToVerify};
use crate::signing::{Described, DescribedField as Field};

/// Each with the fields that `signature` reads.
pub const DESCRIBED: &[Described] = &[Described {
    kinds: &[Request, Reply, Webhook],
    about: "any message; `string` in place of `body` for an in-app sign",
    fields: &[
        Field::new("body", Always, "the exact bytes, as text"),
        Field::new(
            "private_pem_pkcs8",
            ToSign,
            "the signer's private key, in PEM or base64; to verify, it shows the signature as it should be",
        ),
        Field::new(
            "public_pem_spki",
            ToVerify,
            "the signer's public key, in PEM or base64, unless the private one is there",
        ),
        Field::new("sign", ToVerify, "what the header `sign` says"),
        Field::new(
            "body_sha256_hex",
            Optional,
            "the digest of the bytes that were signed, told if it is another",
        ),
        Field::new(
            "ciphertext_b64",
            Optional,
            "in place of `body`: an encrypted field, which verify opens with the private key",
        ),
        Field::new("plaintext", Optional, "what that field should hold"),
    ],
    example: concat!(
        r#"{"body":"{\"requestTime\":1581493898000,\"bizContent\":{\"merchantOrderNo\":\"M965739182419\"}}""#,
        r#","public_pem_spki":"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArSve"#,
        r#"cnPZb9FVMn3JMk1a\nacy+g7m/q5hLzv4Aus0oo6mgYsYoYCHY+9W9iHXsqdnZDOS7okQ8Xfr+0PHtz1sj\n4LBBb7qoWM6i"#,
        r#"GuI72vjj/uqVlFyIDEexqM5wOojq5btfIvRiFPqO8931XcFbqkm3\n7zO8ZeDvy5iK4eTFUWOqFLTC3iBeuYmRlKsUifVP6v"#,
        r#"3WkvZxciOCp5CXslqqktDX\n/zkGinXcslLtLTGYYNi5vF8dc6+wXPCCbbYgLxsV6fQogW1q4Jh171heaKZCks8R\n3LYWk4"#,
        r#"bJU5GNlGyHbdCEGf46HIaDeC6IRStPbV2KqVEGmIIg8fz5Dq8NWQTDWmna\nMQIDAQAB\n-----END PUBLIC KEY-----\n"#,
        r#"","sign":"IS86B5Uw8WAW37DOli7ANHQnBGsw8ZF3Ww1QvKn6ouSROpcd4GzS1mCeHLhSkeTEPDHMIs0RSuKpRwi85O8mHn"#,
        r#"moqBaYxg6ZQLL4kg2n7uQvmHyHW46mRkNq3BgbnbewMw4+0/VAYCF/HJoNnIjAbKxKCyyj0JbcuoQIH+0xgO50P2e3IcmRqM"#,
        r#"BNM45YnNTzGMC7fUeF32YIRoZYjbm8Bl5Pc/je1n89l8wWP6FVwtTtfJ3Oh3JFc8vxlTgroUX9WbOkk7robnqFXO24f9sAMr"#,
        r#"Na4ovWZ4wWmz4L2WHwQoYA4gUtfPE/h65+ciP/cwmWRX0kRRCBQ82lqGI81iu7dw=="}"#,
    ),
}];
