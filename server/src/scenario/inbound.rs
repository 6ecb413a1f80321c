//! What comes in unasked: verified and read by the codec, then judged by the order, as the ingress has it.

use super::message::Said;
use super::stage::{Stage, reason};
use super::told::{Voice, cut};
use jiff::Timestamp;
use ordain_providers::inbound::{About, InboundKind, Then, Trust, Verdict};
use ordain_providers::{Facts, Inbound, Ingested, Private};
use ordain_workflows::order::{Command, CommandId, Observation, Source};

impl Stage {
    /// A message, signed as its sender would.
    pub(super) fn inbound(&mut self, said: &Said, forged: bool) -> Result<(), String> {
        self.messages += 1;
        let head = self.filled(said, &said.head)?;
        let mut body = self.filled(said, &said.body)?;
        let (method, place) = head.split_once(' ').ok_or("a message has a method and a path")?;
        let (path, query) = place.split_once('?').unwrap_or((place, ""));
        let headers = match method {
            "POST" => self.partner.of_webhook(path, &body, (self.now, self.messages))?,
            _ => Vec::new(),
        };
        if forged {
            body.push(' ');
        }
        let message = Inbound {
            method: method.to_owned(),
            path: path.to_owned(),
            query: Private::new(query.to_owned()),
            headers,
            body: Private::new(body.into_bytes()),
            sender: None,
        };
        self.last = Some(message);
        self.comes()
    }

    /// The same once more, to the byte.
    pub(super) fn again(&mut self) -> Result<(), String> {
        if self.last.is_some() { self.comes() } else { Err("nothing came yet".to_owned()) }
    }

    fn comes(&mut self) -> Result<(), String> {
        let message = self.last.clone().ok_or("nothing came yet")?;
        let body = String::from_utf8_lossy(message.body.expose()).into_owned();
        self.told.say(self.now, Voice::Comes, cut(&format!("{} {} {body}", message.method, message.path)));
        let known = self.known(None, [0; 32], self.now);
        let read = {
            let mut cx = known.cx(&self.partner);
            cx.order = None;
            self.provider.ingest(&message, &cx)
        };
        let ingested = match read {
            Ok(ingested) => ingested,
            Err(error) => {
                let status = self.provider.reject(&error).status;
                self.told.say(
                    self.now,
                    Voice::Changes,
                    format!("refused at the door with {status}: {error}"),
                );
                self.refused = Some("AT_THE_DOOR".to_owned());
                return Ok(());
            }
        };
        self.told.say(self.now, Voice::Changes, words_of(&ingested));
        match &ingested.about {
            About::Order(id) if *id != self.order.id => self.refused = Some("NO_SUCH_ORDER".to_owned()),
            About::Account => self.told.say(self.now, Voice::Changes, "it is for the account's own run"),
            About::Order(_) if ingested.kind == InboundKind::Pull => self.pulled(&ingested),
            About::Order(_) => self.observed(&ingested),
        }
        let kind = match ingested.kind {
            InboundKind::Webhook => "webhook",
            InboundKind::Return => "return",
            InboundKind::Pull => "pull",
        };
        // What a notification is about stands in its label at some providers, and beside it at others.
        let status = ingested.facts.wire_status.as_deref().filter(|word| !ingested.label.contains(*word));
        let status = status.filter(|_| ingested.trust > Trust::Hint).map(|word| format!(" {word}"));
        self.note(format!("{kind} {}{}", ingested.label, status.unwrap_or_default()));
        Ok(())
    }

    fn pulled(&mut self, ingested: &Ingested) {
        let id = CommandId { operation: "", request: "" };
        let granted = self.order.command(id, &Command::Pull, self.now, self.provider.spec());
        let known = self.known(None, [0; 32], self.now);
        let cx = known.cx(&self.partner);
        let (verdict, effects) = match granted {
            Ok(accepted) => (Verdict::Accepted(cx.order), accepted.effects),
            Err(refusal) => {
                self.refused = Some(reason(refusal.reason));
                (Verdict::Refused { why: refusal.message }, Vec::new())
            }
        };
        let answer = self.provider.answer(ingested, &verdict, &cx);
        let size = answer.body.expose().len();
        self.told.say(self.now, Voice::Leaves, format!("{} with {size} bytes", answer.status));
        self.take(effects);
    }

    fn observed(&mut self, ingested: &Ingested) {
        let news = self.heard.insert(ingested.dedup.clone());
        if !news && !ingested.dedup_is_weak {
            return self.told.say(self.now, Voice::Changes, "the same message again: nothing new");
        }
        let seen = observation(ingested, self.now);
        // Where nothing tells two messages of the same words apart, the second only makes us ask.
        let hint =
            Observation { trust: Trust::Hint, facts: Facts::default(), then_sync: true, ..seen.clone() };
        let effects = self.order.observe(if news { &seen } else { &hint }, self.now, self.provider.spec());
        self.take(effects);
    }
}

fn observation(ingested: &Ingested, now: Timestamp) -> Observation {
    Observation {
        source: match ingested.kind {
            InboundKind::Webhook => Source::Webhook,
            InboundKind::Return => Source::Redirect,
            InboundKind::Pull => Source::Pull,
        },
        trust: ingested.trust,
        facts: ingested.facts.clone(),
        label: ingested.label.clone(),
        received_at: now,
        asked_at: None,
        then_sync: ingested.then == Then::Sync,
    }
}

fn words_of(ingested: &Ingested) -> String {
    let trust = match ingested.trust {
        Trust::Hint => "a hint",
        Trust::Verified => "verified",
        Trust::Authoritative => "the provider's own answer",
    };
    let status = ingested.facts.wire_status.as_deref().map(|word| format!(", {word}")).unwrap_or_default();
    format!("{}: {trust}{status}", ingested.label)
}
