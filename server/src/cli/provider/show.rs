//! A provider's table as a person reads it.

use super::{content, described, unknown, wire};
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::cli::output::{Cell, Output, Paint, Table};
use crate::tables;
use ordain_proto::providers::v1 as proto;
use serde_json::json;

/// Which provider.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id, as in `ordain provider list`
    provider: String,
}

/// Prints every provider in a line.
pub(super) fn list(output: &Output) {
    let providers = tables::all();
    if output.json {
        let list: Vec<_> = providers.iter().map(|provider| json::of(MESSAGE, provider)).collect();
        return output.line(json!({ "providers": list }));
    }
    let mut table = Table::new(&["provider", "name", "currencies", "offers"]);
    for provider in providers {
        let offered = provider.operations.iter().filter(|line| is_offered(line));
        let names: Vec<&str> = offered.map(|line| line.operation.as_str()).collect();
        table.row(vec![
            Cell::new(id(&provider)).painted(Paint::Bold),
            Cell::new(&provider.display_name),
            Cell::new(provider.currencies.join(" ")),
            Cell::new(names.join(" ")),
        ]);
    }
    output.table(&table);
}

/// Prints one provider's table.
pub(super) fn show(output: &Output, args: &Args) -> Result<(), Failure> {
    let provider = tables::find(&args.provider).ok_or_else(|| unknown(&args.provider))?;
    if output.json {
        output.line(json::of(MESSAGE, &provider));
        return Ok(());
    }
    output.line(output.paint(Paint::Bold, &format!("{}: {}", id(&provider), provider.display_name)));
    output.pairs(&rules(&provider));
    if let Some(rules) = &provider.content {
        title(output, "an order there");
        output.pairs(&content::rules(rules));
        section(output, "an order's texts", &content::texts(rules));
        section(output, "an order's lines", &content::lines(rules));
    }
    if let Some(wire) = &provider.wire {
        title(output, "its messages");
        output.pairs(&wire::proofs(wire));
        section(output, "amounts", &wire::amounts(wire));
    }
    let known = ordain_providers::find(&args.provider);
    let messages = known.map(|known| described::lines(known, output)).unwrap_or_default();
    if !messages.is_empty() {
        title(output, "to sign or verify (the description's fields, and an example)");
        messages.into_iter().for_each(|line| output.line(line));
    }
    section(output, "operations", &operations(&provider));
    section(output, "statuses", &statuses(&provider));
    section(output, "account config", &fields(&provider.config));
    section(output, "account secrets", &fields(&provider.secrets));
    let options = options(&provider.options);
    section(output, "order options (provider_options)", &options);
    if !options.lines(output).is_empty() {
        output.line(output.paint(Paint::Dim, LEGEND));
    }
    Ok(())
}

/// How the forms of options are to be read.
const LEGEND: &str =
    "  text(255): 1 to 255 characters; name?: may be left out; …: further fields, passed on as they are";

const MESSAGE: &str = "ordain.providers.v1.Provider";

fn id(provider: &proto::Provider) -> &str {
    provider.name.trim_start_matches("providers/")
}

fn is_offered(line: &proto::Operation) -> bool {
    !matches!(line.support(), proto::Support::Manual | proto::Support::Unsupported)
}

fn title(output: &Output, text: &str) {
    output.line("");
    output.line(output.paint(Paint::Bold, text));
}

fn section(output: &Output, named: &str, table: &Table) {
    let lines = table.lines(output);
    if !lines.is_empty() {
        title(output, named);
        lines.into_iter().for_each(|line| output.line(line));
    }
}

fn rules(provider: &proto::Provider) -> Vec<(&'static str, String)> {
    let polls: Vec<String> = provider.poll_after_seconds.iter().map(|seconds| span(*seconds)).collect();
    let portions = [
        ("shipments", provider.fulfil_by()),
        ("refunds", provider.refund_by()),
        ("cancellations", provider.cancel_by()),
    ];
    let portions = portions.map(|(what, by)| format!("{what} by {}", word(by.as_str_name(), "PORTION_")));
    vec![
        ("currencies", provider.currencies.join(" ")),
        ("capture", word(provider.capture().as_str_name(), "CAPTURE_")),
        ("refunds draw on", word(provider.refund_basis().as_str_name(), "REFUND_BASIS_")),
        ("told", portions.join(", ")),
        (
            "a parcel needs",
            if provider.tracking_needed { "a carrier and a number".to_owned() } else { String::new() },
        ),
        ("cancelled there when", provider.cancellable_in.join(" ")),
        ("waits to hear", acknowledged(provider)),
        ("its total is of", word(provider.total_rule().as_str_name(), "TOTAL_RULE_")),
        ("unpaid when", word(provider.unpaid_rule().as_str_name(), "UNPAID_RULE_")),
        ("asked after", format!("{}, and so on", polls.join(", "))),
        ("its answer settles within", span(provider.status_settles_within_seconds)),
        ("checkout lives", span(provider.expires_after_seconds)),
        ("the end it tells is of", word(provider.checkout_end().as_str_name(), "CHECKOUT_END_")),
        ("completed after", span(provider.complete_after_seconds)),
        ("decides within", span(provider.decide_within_seconds)),
        (
            "asked after the end",
            format!(
                "every {} for {}",
                span(provider.afterlife_every_seconds),
                span(provider.afterlife_span_seconds)
            ),
        ),
        ("on a statement within", provider.settles_within_seconds.map(span).unwrap_or_default()),
        ("attempts differ by", provider.attempt_ref.clone()),
        ("can be asked", provider.questions.join(" ")),
        ("lines at most", provider.lines_max.to_string()),
        ("bytes of a reply", provider.reply_bytes_max.to_string()),
    ]
}

fn acknowledged(provider: &proto::Provider) -> String {
    match provider.ack_rule() {
        proto::AckRule::Unspecified => String::new(),
        proto::AckRule::Approved => "that we know of its approval".to_owned(),
        proto::AckRule::Flagged => "from us, whenever it says so".to_owned(),
    }
}

fn operations(provider: &proto::Provider) -> Table {
    let mut table =
        Table::new(&["operation", "support", "effect", "when nobody knows", "timeout", "attempts"]);
    for line in &provider.operations {
        let support = word(line.support().as_str_name(), "SUPPORT_");
        let mut row = vec![Cell::new(&line.operation), Cell::new(support)];
        if line.support() == proto::Support::Unsupported {
            row = row.into_iter().map(|cell| cell.painted(Paint::Dim)).collect();
            row.extend(["", ""].map(Cell::new));
            row.extend(["", ""].map(Cell::number));
        } else {
            row.push(Cell::new(word(line.effect().as_str_name(), "EFFECT_")));
            row.push(Cell::new(on_unknown(line)));
            row.push(Cell::number(span(line.timeout_seconds)));
            row.push(Cell::number(line.attempts_max.to_string()));
        }
        table.row(row);
    }
    table
}

fn on_unknown(line: &proto::Operation) -> String {
    match line.on_unknown() {
        proto::OnUnknown::LookUp => {
            let proof = line.absent_proves_after_seconds;
            let proof = proof
                .map_or_else(|| "proves nothing".to_owned(), |after| format!("proves after {}", span(after)));
            format!("look up by {}, absence {proof}", line.look_up_by)
        }
        proto::OnUnknown::Unspecified => "ask again".to_owned(),
        other => word(other.as_str_name(), "ON_UNKNOWN_"),
    }
}

fn statuses(provider: &proto::Provider) -> Table {
    let mut table = Table::new(&["its word", "means"]);
    for status in &provider.statuses {
        let means = if status.standing.is_empty() { "nothing alone" } else { &status.standing };
        table.row(vec![Cell::new(&status.word), Cell::new(means)]);
    }
    table
}

fn fields(fields: &[proto::Field]) -> Table {
    let mut table = Table::new(&["name", "needed", "what it is"]);
    for field in fields {
        table.row(vec![Cell::new(&field.name), Cell::new(needed(field)), Cell::new(&field.about)]);
    }
    table
}

/// Each with the way it is written below it: a shape of JSON is too long for a column.
fn options(options: &[proto::Field]) -> Table {
    let mut table = Table::new(&["name", "needed", "what it is, and how it is written"]);
    for option in options {
        table.row(vec![Cell::new(&option.name), Cell::new(needed(option)), Cell::new(&option.about)]);
        if !option.format.is_empty() {
            let format = Cell::new(&option.format).painted(Paint::Dim);
            table.row(vec![Cell::new(""), Cell::new(""), format]);
        }
    }
    table
}

fn needed(field: &proto::Field) -> String {
    match (field.required, field.default_value.as_str()) {
        (true, _) => "required".to_owned(),
        (_, "") => "optional".to_owned(),
        (_, test) if field.live_default_value != test => {
            format!("default {test}, LIVE {}", field.live_default_value)
        }
        (_, default) => format!("default {default}"),
    }
}

/// `ON_UNKNOWN_SAME_AGAIN` as `same again`.
pub(super) fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).replace('_', " ").to_lowercase()
}

/// `90 s`, `15 min`, `4 h`, `30 d`: the largest unit that fits.
fn span(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length && seconds % length == 0);
    unit.map_or_else(|| format!("{seconds} s"), |(length, name)| format!("{} {name}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::{list, operations, options, span};
    use crate::cli::output::Output;
    use crate::tables;

    #[test]
    fn spans_take_the_largest_unit_that_fits() {
        let told = [45, 60, 90, 900, 3_600, 14 * 86_400].map(span);
        assert_eq!(told, ["45 s", "1 min", "90 s", "15 min", "1 h", "14 d"]);
    }

    #[test]
    fn options_show_how_they_are_written() {
        let payby = tables::find("payby").expect("it is registered");
        let lines = options(&payby.options).lines(&Output::plain());
        for (option, format) in
            [("subject ", "text(12)"), ("sharing ", "[{\"to\"?: text(200), \"member\"?: ")]
        {
            let at = lines.iter().position(|line| line.trim_start().starts_with(option));
            let below = &lines[at.expect("it has the option") + 1];
            assert!(below.trim_start().starts_with(format), "{below}");
        }
    }

    #[test]
    fn every_table_has_a_line_for_every_operation() {
        list(&Output::plain());
        for provider in tables::all() {
            assert_eq!(operations(&provider).lines(&Output::plain()).len(), 14, "{}", provider.name);
        }
    }
}
