//! One message described in JSON, signed or checked: for people who integrate and want to see the signed bytes.
//!
//! Which fields there are is said by each provider's table ([`Described`]). Nothing here is used on the way of an
//! order; what is used there is what this calls.

pub(crate) mod rsa;

/// Which message is described: each has its own rule at some providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// What we send.
    Request,
    /// What comes back on it.
    Reply,
    /// What the provider sends unasked.
    Webhook,
}

/// A message as people describe it; it holds the secret.
pub type Description = serde_json::Map<String, serde_json::Value>;

/// What people say of a message of some kinds, for whoever asks how.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// The kinds whose messages are described like this.
    pub kinds: &'static [MessageKind],
    /// Which messages these are.
    pub about: &'static str,
    /// The fields; others are ignored.
    pub fields: &'static [DescribedField],
    /// A whole description, of a genuine message.
    pub example: &'static str,
}

/// One field of a description.
#[derive(Debug, Clone, Copy)]
pub struct DescribedField {
    /// Its name.
    pub name: &'static str,
    /// When it has to be there.
    pub needed: Needed,
    /// What stands in it.
    pub about: &'static str,
}

impl DescribedField {
    /// One field.
    #[must_use]
    pub const fn new(name: &'static str, needed: Needed, about: &'static str) -> Self {
        Self { name, needed, about }
    }
}

/// When a field of a description has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Always.
    Always,
    /// Only to sign.
    ToSign,
    /// Only to verify.
    ToVerify,
    /// Never.
    Optional,
}

/// What was signed, and the result.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The exact bytes.
    pub string: Vec<u8>,
    /// As it stands in its header or field.
    pub signature: String,
}

/// What became of a check.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked {
    /// The exact bytes that must have been signed.
    pub string: Vec<u8>,
    /// What the signature should be; none where only the signer can make it.
    pub expected: Option<String>,
    /// Why it is not genuine, one finding a line; empty if it is.
    pub findings: Vec<String>,
}

/// Why a description cannot be signed or checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// The provider signs nothing of this kind.
    #[error("{provider} does not sign this kind of message: {instead}")]
    NotSigned {
        /// The provider's id.
        provider: &'static str,
        /// What it does instead.
        instead: &'static str,
    },
    /// A field is needed.
    #[error("`{field}` is missing: {about}")]
    Missing {
        /// Which.
        field: &'static str,
        /// What it is.
        about: &'static str,
    },
    /// A field cannot be read.
    #[error("`{field}`: {why}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wrong with it, without its value.
        why: String,
    },
}

/// The text of the first of these fields that is there.
///
/// # Errors
/// None of them is there, or it is no text.
pub fn text<'a>(
    described: &'a Description,
    names: &[&'static str],
    about: &'static str,
) -> Result<&'a str, DescriptionError> {
    let missing = DescriptionError::Missing { field: names.first().copied().unwrap_or_default(), about };
    let (name, value) = names.iter().find_map(|name| Some((*name, described.get(*name)?))).ok_or(missing)?;
    let why = match value {
        serde_json::Value::String(text) => return Ok(text),
        serde_json::Value::Object(_) | serde_json::Value::Array(_) => {
            "must be the exact bytes as one JSON string; parsed, they are lost"
        }
        _ => "must be text",
    };
    Err(DescriptionError::Invalid { field: name, why: why.to_owned() })
}

/// The text of the first of these fields that is there; none if none is.
///
/// # Errors
/// It is there and no text.
pub fn text_if_any<'a>(
    described: &'a Description,
    names: &[&'static str],
) -> Result<Option<&'a str>, DescriptionError> {
    match text(described, names, "") {
        Ok(text) => Ok(Some(text)),
        Err(DescriptionError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How many characters are shown on either side of a difference.
const AROUND: usize = 40;

/// One finding, if a value of the description is not what it should be; says where the two part.
pub fn difference(what: &str, given: &str, expected: &str) -> Option<String> {
    if given == expected {
        return None;
    }
    let same = given.bytes().zip(expected.bytes()).take_while(|(ours, theirs)| ours == theirs).count();
    let (given, expected) = (around(given, same), around(expected, same));
    Some(format!("{what} differs from byte {same} on: it is {given} and should be {expected}"))
}

/// A text where it begins to differ, with some of it on either side: who looks for one byte in a thousand sees none.
fn around(text: &str, byte: usize) -> String {
    let whole = text.floor_char_boundary(byte);
    let before = text[..whole].char_indices().rev().nth(AROUND - 1).map_or(0, |(at, _)| at);
    let after = text[whole..].char_indices().nth(AROUND).map_or(text.len(), |(at, _)| whole + at);
    let cut = |is_cut| if is_cut { "…" } else { "" };
    format!("{}{:?}{}", cut(before > 0), &text[before..after], cut(after < text.len()))
}

/// What a description says and is not so: one finding for each of these fields that is there and holds another text.
///
/// # Errors
/// One of them is there and no text.
pub fn contradictions(
    described: &Description,
    facts: &[(&'static str, &str, &str)],
) -> Result<Vec<String>, DescriptionError> {
    let mut findings = Vec::new();
    for (field, what, is) in facts {
        let said = text_if_any(described, std::slice::from_ref(field))?;
        findings.extend(said.and_then(|said| difference(what, said, is)));
    }
    Ok(findings)
}

/// What became of a check where we can make the signature ourselves: findings are kept, and one is added if the two
/// differ.
pub fn compared(signed: Signed, given: &str, mut findings: Vec<String>) -> Checked {
    if !crate::hmac::same(&signed.signature, given) {
        findings.extend(difference("the signature", given, &signed.signature));
    }
    Checked { string: signed.string, expected: Some(signed.signature), findings }
}

#[cfg(test)]
mod tests {
    use super::{Description, DescriptionError, contradictions, difference, text};
    use serde_json::json;

    #[test]
    fn difference_is_shown_with_its_surroundings_alone() {
        let long = |letter: &str| format!("{}é{letter}{}", "a".repeat(100), "z".repeat(100));
        let told = difference("it", &long("x"), &long("y")).expect("they differ");
        let part = |letter: &str| format!("…\"{}é{letter}{}\"…", "a".repeat(39), "z".repeat(39));
        assert_eq!(
            told,
            format!("it differs from byte 102 on: it is {} and should be {}", part("x"), part("y"))
        );
        let inside = difference("it", "aé", "aè").expect("they differ in the second byte of a letter");
        assert_eq!(inside, "it differs from byte 2 on: it is \"aé\" and should be \"aè\"");
        let shorter = difference("it", "", &"é".repeat(50)).expect("they differ");
        assert!(shorter.ends_with(&format!("\"{}\"…", "é".repeat(40))), "{shorter}");
    }

    #[test]
    fn parsed_body_is_no_exact_bytes() {
        let said = json!({"body": {"a": 1}, "other": 1});
        let described = said.as_object().expect("an object");
        let why = |name| text(described, &[name], "").map_err(|error| error.to_string());
        let lost = "`body`: must be the exact bytes as one JSON string; parsed, they are lost";
        assert_eq!(why("body"), Err(lost.to_owned()));
        assert_eq!(why("other"), Err("`other`: must be text".to_owned()));
    }

    #[test]
    fn only_what_is_said_and_is_not_so_contradicts() {
        let said = json!({"key": "abc", "text": "xyz", "other": 1});
        let described: &Description = said.as_object().expect("an object");
        let facts = [("key", "the key", "abd"), ("text", "the text", "xyz"), ("none", "it", "")];
        let findings = contradictions(described, &facts).expect("texts");
        assert_eq!(findings, ["the key differs from byte 2 on: it is \"abc\" and should be \"abd\""]);
        let unread = contradictions(described, &[("other", "it", "1")]);
        assert!(matches!(unread, Err(DescriptionError::Invalid { field: "other", .. })));
    }
}
