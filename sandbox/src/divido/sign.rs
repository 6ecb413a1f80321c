//! The shared-secret signature, as Divido's own PHP client makes it and its plugins check it.

use crate::mac;

/// HMAC-SHA256 in base64.
pub(crate) fn base64_hmac(secret: &str, message: &[u8]) -> String {
    mac::base64_hmac(secret.as_bytes(), message)
}

/// Whether a request was signed over `path?parameters`: its query, or its body where it has one. Where there are no
/// parameters, older clients leave the question mark; where a list has no indexes, the client counts them and signs that.
pub(crate) fn is_genuine(secret: &str, target: &str, body: &str, given: &str) -> bool {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let params = if body.is_empty() { query } else { body };
    let strings = match params {
        "" => vec![path.to_owned(), format!("{path}?")],
        params => vec![format!("{path}?{params}"), format!("{path}?{}", counted(params))],
    };
    strings.iter().any(|string| base64_hmac(secret, string.as_bytes()) == given)
}

/// `a[]=x&a[]=y` as `a[0]=x&a[1]=y`, percent-encoded.
fn counted(params: &str) -> String {
    let mut lists: Vec<(String, usize)> = Vec::new();
    let mut pairs = Vec::new();
    for pair in params.split('&') {
        let Some((list, rest)) = pair.split_once("%5B%5D") else {
            pairs.push(pair.to_owned());
            continue;
        };
        let place = lists.iter().position(|(known, _)| known == list);
        let place = place.unwrap_or_else(|| {
            lists.push((list.to_owned(), 0));
            lists.len() - 1
        });
        pairs.push(format!("{list}%5B{}%5D{rest}", lists[place].1));
        lists[place].1 += 1;
    }
    pairs.join("&")
}
