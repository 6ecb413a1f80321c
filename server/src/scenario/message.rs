//! What a provider says, in its wire form: by the name that its wire file gives it, or word for word.
//!
//! A wire file (`server/scenarios/wire/<provider>.wire`) holds messages as the provider's documents show them. `<name>`
//! in one is filled in: by the story (`status=READY`), else by the stage (`<order>`), else by what stands behind a
//! colon (`<status:READY>`).

use std::collections::BTreeMap;

/// One message, as the story has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// What a reader calls it.
    pub(super) name: String,
    /// HTTP status of a reply; method and path of anything else.
    pub(super) head: String,
    /// With its places not filled in.
    pub(super) body: String,
    /// What the story fills in.
    values: BTreeMap<String, String>,
}

/// The wire file of a provider.
fn wire(provider: &str) -> &'static str {
    match provider {
        "divit" => include_str!("../../scenarios/wire/divit.wire"),
        "dividebuy" => include_str!("../../scenarios/wire/dividebuy.wire"),
        "divido" => include_str!("../../scenarios/wire/divido.wire"),
        "kredivo" => include_str!("../../scenarios/wire/kredivo.wire"),
        "payby" => include_str!("../../scenarios/wire/payby.wire"),
        _ => "",
    }
}

impl Said {
    /// `event id=2001`, or `200 {"code":0}`, or `POST /divit/events {"event":…}`.
    pub(super) fn read(kind: &str, text: &str, provider: &str) -> Result<Self, String> {
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if first.parse::<u16>().is_ok() {
            return Ok(Self::verbatim(first.to_owned(), rest));
        }
        if matches!(first, "POST" | "GET") {
            let (path, body) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
            return Ok(Self::verbatim(format!("{first} {path}"), body));
        }
        let values = rest.split_whitespace().map(super::script::pair).collect::<Result<_, _>>()?;
        let known = messages(wire(provider)).filter(|message| message.kind == kind).collect::<Vec<_>>();
        let found = known.iter().find(|message| message.name == first);
        let found = found.ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|message| message.name).collect();
            format!("{provider} has no {kind} `{first}` in its wire file; there are {}", names.join(", "))
        })?;
        let (head, body) = (found.head.to_owned(), found.body.clone());
        Ok(Self { name: text.trim().to_owned(), head, body, values })
    }

    fn verbatim(head: String, body: &str) -> Self {
        Self { name: head.clone(), head, body: body.trim().to_owned(), values: BTreeMap::new() }
    }

    /// Fills the places of a text in. The name of one that nobody fills is the error.
    pub(super) fn fill(&self, text: &str, stage: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let (place, behind) = after.split_once('>').ok_or("a `<` without its `>`")?;
            let (name, otherwise) =
                place.split_once(':').map_or((place, None), |(name, it)| (name, Some(it)));
            let of_story =
                self.values.get(name).map(|value| Self::verbatim(String::new(), value).fill(value, stage));
            let value = of_story.transpose()?.or_else(|| stage(name));
            let value = value.or_else(|| otherwise.map(str::to_owned));
            filled += before;
            filled += &value.ok_or_else(|| format!("`{name}` is not said: write {name}=…"))?;
            rest = behind;
        }
        Ok(filled + rest)
    }
}

/// One message of a wire file.
struct Message<'a> {
    kind: &'a str,
    name: &'a str,
    head: &'a str,
    body: String,
}

/// A message begins at the left with its kind, its name and its head; its body is indented.
fn messages(text: &str) -> impl Iterator<Item = Message<'_>> {
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    blocks.filter_map(|block| {
        let mut lines = block.lines().filter(|line| !line.starts_with('#'));
        let (kind, rest) = lines.next()?.split_once(' ')?;
        let (name, head) = rest.split_once(' ')?;
        Some(Message { kind, name, head, body: lines.map(str::trim).collect() })
    })
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn places_are_filled_by_the_story_then_the_stage_then_the_file() {
        let said = Said::read("reply", "status refunded=7", "divit").expect("it is in the wire file");
        let stage = |name: &str| (name == "order").then(|| "01J".to_owned());
        assert_eq!(said.fill("<order> <refunded:0> <asked:0>", &stage).as_deref(), Ok("01J 7 0"));
        assert_eq!(said.fill("<nobody>", &stage), Err("`nobody` is not said: write nobody=…".to_owned()));
        assert!(Said::read("reply", "nonsense", "divit").unwrap_err().contains("there are created"));
    }

    #[test]
    fn message_may_be_said_word_for_word() {
        let said = Said::read("webhook", "POST /divit/events {\"a\": 1}", "divit").expect("a message");
        assert_eq!((said.head.as_str(), said.body.as_str()), ("POST /divit/events", "{\"a\": 1}"));
    }
}
