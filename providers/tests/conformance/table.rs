//! Every table is complete and agrees with itself.

use super::all;
use super::sample::{Sample, order};
use ordain_providers::spec::{Effect, LookUpBy, OnUnknown, QuestionKind};
use ordain_providers::{Currency, FaultReason, Provider};
use std::collections::BTreeSet;

#[test]
fn ids_are_unique_and_found() {
    let ids: Vec<_> = all().map(|provider| provider.spec().id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for provider in ordain_providers::ALL {
        let found = ordain_providers::find(provider.spec().id).expect("registered");
        assert_eq!(found.spec().name, provider.spec().name);
    }
}

#[test]
fn status_table_is_the_documents_list_each_word_once() {
    for sample in all().map(Sample::of) {
        let spec = sample.provider.spec();
        let telling = spec.statuses.iter().map(|(word, _)| *word);
        let words: Vec<_> = telling.chain(spec.silent_statuses.iter().copied()).collect();
        let unique: BTreeSet<_> = words.iter().copied().collect();
        assert_eq!(unique.len(), words.len(), "{}", spec.id);
        let listed = |name: &str| sample.sample[name].as_object().cloned().unwrap_or_default();
        let (documented, left_out) = (listed("statuses"), listed("statuses_left_out"));
        // Where each word was read: a list made from the table would prove nothing of it.
        let sources = documented.values().chain(left_out.values());
        assert!(
            sources.into_iter().all(|source| source.as_str().is_some_and(|text| text.len() > 4)),
            "{}",
            spec.id
        );
        assert_eq!(unique, documented.keys().map(String::as_str).collect(), "{}", spec.id);
        assert!(left_out.keys().all(|word| !spec.has_status(word)), "{}", spec.id);
        assert!(words.iter().all(|word| spec.has_status(word)) && !spec.has_status("no such word"));
    }
}

#[test]
fn operations_have_bounds_and_a_way_on() {
    for sample in all().map(Sample::of) {
        let spec = sample.provider.spec();
        for op in sample.operations() {
            let line = spec.operation(&op);
            if !line.support.is_offered() {
                continue;
            }
            assert!(line.attempts_max > 0 && !line.timeout.is_zero(), "{} {op:?}", spec.id);
            let Effect::Mutates(OnUnknown::LookUp { by, .. }) = line.effect else { continue };
            let question = match by {
                LookUpBy::Sync | LookUpBy::Counters => &spec.operations.sync,
                LookUpBy::SyncRefund => &spec.operations.sync_refund,
            };
            assert!(question.support.is_offered(), "{} {op:?}: looked up by what is not there", spec.id);
            assert_eq!(question.effect, Effect::Reads, "{} {op:?}", spec.id);
        }
    }
}

#[test]
fn money_is_missed_on_statements_of_providers_that_have_them() {
    for provider in all() {
        let spec = provider.spec();
        let has_statements = spec.questions.contains(&QuestionKind::Statement);
        assert_eq!(spec.settles_within.is_some(), has_statements, "{}", spec.id);
    }
}

#[test]
fn people_are_told_what_is_needed() {
    for provider in all() {
        let spec = provider.spec();
        assert!(!spec.currencies.is_empty() && spec.limits.lines_max > 0 && spec.limits.reply_bytes_max > 0);
        assert!(!spec.poll_after.is_empty() && spec.poll_after.windows(2).all(|pair| pair[0] < pair[1]));
        let fields = spec.account.config.iter().chain(spec.account.secrets);
        let names: Vec<_> = fields.clone().map(|field| field.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{}", spec.id);
        assert!(fields.map(|field| field.about).all(|about| about.len() > 4), "{}", spec.id);
        assert!(spec.options.iter().all(|option| option.about.len() > 4), "{}", spec.id);
    }
}

#[test]
fn sample_order_is_taken_and_other_currencies_are_not() {
    for sample in all().map(Sample::of) {
        let spec = sample.provider.spec();
        assert_eq!(sample.provider.check(&sample.order), [], "{}", spec.id);
        for currency in Currency::ALL.into_iter().filter(|currency| !spec.currencies.contains(currency)) {
            let faults = sample.provider.check(&order(currency, 2_000, &sample.sample));
            let named = faults.iter().any(|fault| fault.reason == FaultReason::CurrencyNotSupported);
            assert!(named, "{} takes {currency}: {faults:?}", spec.id);
        }
    }
}

#[test]
fn accounts_that_move_real_money_never_talk_to_a_test_host_by_default() {
    for spec in all().map(Provider::spec) {
        for host in
            spec.account.config.iter().filter(|field| matches!(field.name, "api_url" | "checkout_url"))
        {
            assert!(host.default.is_none() || host.default != host.live_default, "{} {}", spec.id, host.name);
        }
    }
}
