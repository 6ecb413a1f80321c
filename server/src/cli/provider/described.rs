//! Which fields the description of a message has, as a person reads it.

use crate::cli::output::{Cell, Output, Paint, Table};
use ordain_providers::signing::{Described, Needed};
use ordain_providers::{MessageKind, Provider};

/// Every kind of message of a provider: how it is asked for, its fields, and a whole example.
pub(super) fn lines(provider: &Provider, output: &Output) -> Vec<String> {
    let mut lines = Vec::new();
    for described in provider.described {
        lines.push(format!("  {}: {}", flags(described), described.about));
        lines.extend(fields(described).lines(output).into_iter().map(|line| format!("  {line}")));
        lines.push(format!("    {}", output.paint(Paint::Dim, described.example)));
    }
    lines
}

/// The fields of every provider, for `--help`.
pub(super) fn help() -> String {
    let signing = ordain_providers::ALL.iter().filter(|provider| !provider.described.is_empty());
    let told = signing.map(|provider| {
        let lines = lines(provider, &Output::plain()).join("\n");
        format!(
            "{} (ordain provider sign {1}, verify {1}):\n{lines}",
            provider.spec().name,
            provider.spec().id
        )
    });
    told.collect::<Vec<_>>().join("\n\n")
}

fn flags(described: &Described) -> String {
    let flag = |kind: &MessageKind| match kind {
        MessageKind::Request => "without a flag",
        MessageKind::Reply => "--reply",
        MessageKind::Webhook => "--webhook",
    };
    described.kinds.iter().map(flag).collect::<Vec<_>>().join(", ")
}

fn fields(described: &Described) -> Table {
    let mut table = Table::new(&["field", "needed", "what it is"]);
    for field in described.fields {
        let needed = match field.needed {
            Needed::Always => "always",
            Needed::ToSign => "to sign",
            Needed::ToVerify => "to verify",
            Needed::Optional => "optional",
        };
        table.row(vec![Cell::new(field.name), Cell::new(needed), Cell::new(field.about)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::help;

    #[test]
    fn help_names_every_field_and_holds_every_example() {
        let help = help();
        for described in ordain_providers::ALL.iter().flat_map(|provider| provider.described) {
            assert!(help.contains(described.example), "{}", described.about);
            assert!(described.fields.iter().all(|field| help.contains(field.name)), "{}", described.about);
        }
    }
}
