//! Order tokens: what a shopper carries from the shop to divit, as the documented ones look.
//!
//! A JWT, RS256, of one hour; its claims are `exp`, `orig_iat`, `ord`, `scope`
//! and `sub`. divit does not publish its public key, so nobody but divit can
//! check one: the key in this folder is as good as any, and guards nothing.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};

/// How long a token lets a shopper in, whatever the order's own expiry.
const LIFE_S: i64 = 3_600;

static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    let pem = include_str!("../../divit/token.pem");
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).expect("the key in this crate's folder is PEM");
    RsaKeyPair::from_pkcs8(&der).expect("and PKCS#8")
});

/// A token for `order`.
pub(crate) fn token(order: &str, customer: &str, now: Timestamp) -> String {
    let claims = json!({
        "exp": now.as_second() + LIFE_S,
        "ord": order,
        "orig_iat": now.as_second(),
        "scope": "tmpenduser",
        "sub": customer,
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims));
    let signature = signed_by_divit(signed.as_bytes());
    format!("{signed}.{signature}")
}

/// Whether `token` still lets a shopper in to `order`.
pub(crate) fn is_good(token: &str, order: &str, now: Timestamp) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    // PKCS#1 v1.5 signatures are deterministic: what divit would sign again is what it signed.
    if signed_by_divit(signed.as_bytes()) != signature {
        return false;
    }
    let claims = signed.split_once('.').and_then(|(_, claims)| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims: Option<Value> = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
    claims.is_some_and(|claims| {
        claims["ord"] == order && claims["exp"].as_i64().is_some_and(|exp| exp > now.as_second())
    })
}

fn signed_by_divit(bytes: &[u8]) -> String {
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature)
        .expect("the length is the key's");
    URL_SAFE_NO_PAD.encode(signature)
}

#[cfg(test)]
mod tests {
    use super::{LIFE_S, is_good, token};
    use jiff::{SignedDuration, Timestamp};

    #[test]
    fn token_lets_in_to_its_own_order_for_an_hour() {
        let now = Timestamp::UNIX_EPOCH;
        let made = token("a", "c", now);
        let after = |seconds| now + SignedDuration::from_secs(seconds);
        assert!(is_good(&made, "a", after(LIFE_S - 1)));
        assert!(!is_good(&made, "a", after(LIFE_S)));
        assert!(!is_good(&made, "b", now));
        assert!(!is_good(&made[..made.len() - 2], "a", now));
        assert!(made.starts_with("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9."));
        assert_eq!(made.rsplit('.').next().map(str::len), Some(342), "256 bytes in base64");
    }
}
