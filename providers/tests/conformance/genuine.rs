//! Genuine messages: those of `messages.json` and every yes of `replies.json`, proven as the provider proves them, whole or
//! with a field changed.
//!
//! Garbage that nobody signed stops at the door. What stands behind the door is asked with messages that the provider
//! might have sent. The fuzz targets use them too.

use crate::sample::Sample;
use ordain_providers::wire::Proof;
use ordain_providers::{
    Call, Description, Inbound, InboundError, Ingested, MessageKind, Op, Outcome, Private, Reply,
};
use serde_json::Value;

/// One message of the provider's.
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) to: To,
    pub(crate) body: Value,
}

/// What a message is for.
pub(crate) enum To {
    /// It answers our question.
    Op(Box<Op>),
    /// It comes unasked, below the account's URL.
    Path(String),
}

/// What a codec made of a message.
#[derive(Debug)]
pub(crate) enum Taken {
    Reply(Outcome),
    Inbound(Result<Ingested, InboundError>),
}

/// Every message of a folder.
pub(crate) fn messages(sample: &Sample) -> Vec<Message> {
    let listed = sample.messages["messages"].as_array().expect("messages.json holds a list of `messages`");
    let answers = sample.operations().into_iter().filter_map(|op| {
        let name = name_of(&op);
        // A document is no JSON, and is kept as it comes.
        let body = Some(sample.replies[&name]["yes"]["body"].clone()).filter(Value::is_object)?;
        Some(Message { name, to: To::Op(Box::new(op)), body })
    });
    listed.iter().map(|entry| message(sample, entry)).chain(answers).collect()
}

fn message(sample: &Sample, entry: &Value) -> Message {
    let text = |name: &str| entry[name].as_str().map(str::to_owned);
    let to = match (text("reply_to"), text("path")) {
        (Some(name), None) => {
            let op = sample.operations().into_iter().find(|op| name_of(op) == name);
            To::Op(Box::new(op.unwrap_or_else(|| panic!("`{name}` is no operation"))))
        }
        (None, Some(path)) => To::Path(path),
        _ => panic!("a message has either `reply_to` or `path`: {entry}"),
    };
    Message { name: text("name").expect("a message has a name"), to, body: entry["body"].clone() }
}

/// An operation as `messages.json` calls it: `sync`, `ask statement`.
pub(crate) fn name_of(op: &Op) -> String {
    let told = serde_json::to_value(op).expect("operations serialise");
    let words = ["op", "question"].map(|field| told[field].as_str());
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

impl Message {
    /// Gives the codec this message with another body, proven as the provider would prove it.
    pub(crate) fn with_body(&self, sample: &Sample, body: &str) -> Taken {
        self.take(sample, body, proven(sample, &self.to, body))
    }

    /// Gives the codec this message, and a letter of its proof is another one.
    pub(crate) fn with_broken(&self, sample: &Sample, proof: &Proof) -> Taken {
        let mut body = self.body.to_string();
        let mut headers = proven(sample, &self.to, &body);
        if let Proof::Fields { secrets: [secret, ..] } = proof {
            let secret = sample.account.secrets[*secret].expose();
            body = body.replace(secret, &secret.to_uppercase());
        }
        let proven = headers.iter_mut().filter(|(name, _)| name == proof.header());
        // Not its end: the last letter of base64 may stand for fewer bits than it has.
        proven.for_each(|(_, value)| {
            let at = value.len() - 8;
            let other = if &value[at..=at] == "A" { "B" } else { "A" };
            value.replace_range(at..=at, other);
        });
        self.take(sample, &body, headers)
    }

    fn take(&self, sample: &Sample, body: &str, headers: Vec<(String, String)>) -> Taken {
        let body = Private::new(body.as_bytes().to_vec());
        sample.with_cx(&sample.order, |cx| match &self.to {
            To::Op(op) => Taken::Reply(sample.provider.decode(op, &Reply { status: 200, headers, body }, cx)),
            To::Path(path) => {
                let (method, path, query) = ("POST".to_owned(), path.clone(), Private::new(String::new()));
                let message = Inbound { method, path, query, headers, body, sender: None };
                Taken::Inbound(sample.provider.ingest(&message, cx))
            }
        })
    }

    /// The body with one field after the other replaced by each of these pieces of JSON, and left out.
    pub(crate) fn changed<'a>(&'a self, instead: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
        let places = places(&self.body);
        places.into_iter().flat_map(move |place| {
            let replaced = instead.iter().map({
                let place = place.clone();
                move |piece| self.replaced(&place, piece)
            });
            replaced.chain([self.without(&place)]).collect::<Vec<_>>()
        })
    }

    /// The body with what stands at a place replaced by a piece of JSON, which may be one that no parser holds.
    pub(crate) fn replaced(&self, place: &str, piece: &str) -> String {
        const MARK: &str = "‹here›";
        let mut body = self.body.clone();
        *body.pointer_mut(place).expect("the place is in the body") = MARK.into();
        body.to_string().replace(&format!("\"{MARK}\""), piece)
    }

    fn without(&self, place: &str) -> String {
        let mut body = self.body.clone();
        let (parent, name) = place.rsplit_once('/').expect("places begin with a slash");
        match body.pointer_mut(parent) {
            Some(Value::Object(fields)) => drop(fields.remove(name)),
            Some(Value::Array(items)) => drop(items.remove(name.parse().expect("an index"))),
            _ => {}
        }
        body.to_string()
    }
}

/// The headers that prove a body, as `signed` of `messages.json` says; none where nothing is signed.
pub(crate) fn proven(sample: &Sample, to: &To, body: &str) -> Vec<(String, String)> {
    let (kind, name) = match to {
        To::Op(_) => (MessageKind::Reply, "reply"),
        To::Path(_) => (MessageKind::Webhook, "webhook"),
    };
    let how = &sample.messages["signed"][name];
    let Some(fields) = how["described"].as_object() else { return Vec::new() };
    let fields = fields.iter().map(|(name, value)| (name.clone(), filled(sample, to, value)));
    let mut described: Description = fields.collect();
    described.insert("body".to_owned(), body.into());
    let signed = sample.provider.sign(kind, &described).expect("`described` is all that a signer needs");
    let headers = how["headers"].as_object().expect("`headers` name where the proof stands");
    let value = |value: &Value| value.as_str().unwrap_or_default().replace("{signature}", &signed.signature);
    headers.iter().map(|(name, text)| (name.clone(), value(text))).collect()
}

/// A value of a description: of the request that is answered, or of the worked vectors.
fn filled(sample: &Sample, to: &To, value: &Value) -> Value {
    match (value.as_str(), to) {
        (Some("{request-id}"), To::Op(op)) => {
            let headers = request(sample, op).headers;
            let id = headers.iter().find(|(name, _)| *name == "request-id");
            id.expect("the request has an id").1.expose().as_str().into()
        }
        (Some("{request-target}"), To::Op(op)) => {
            let url = request(sample, op).url.expose().clone();
            let path = url.splitn(4, '/').nth(3).expect("the request has a path");
            format!("/{path}").into()
        }
        (Some(text), _) if text.starts_with('@') => {
            sample.vectors.pointer(&text[1..]).expect("the vectors hold it").clone()
        }
        _ => value.clone(),
    }
}

fn request(sample: &Sample, op: &Op) -> ordain_providers::Request {
    match sample.with_cx(&sample.order, |cx| sample.provider.encode(op, cx)) {
        Ok(Call::Http(request)) => request,
        other => panic!("{op:?} is no request: {other:?}"),
    }
}

/// Where something stands in a message, as JSON pointers, the whole left out.
pub(crate) fn places(body: &Value) -> Vec<String> {
    let below = |name: &str, value: &Value| {
        let name = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let deeper = places(value).into_iter().map(|place| format!("{name}{place}"));
        std::iter::once(name.clone()).chain(deeper).collect::<Vec<_>>()
    };
    match body {
        Value::Object(fields) => fields.iter().flat_map(|(name, value)| below(name, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, item)| below(&index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    }
}
