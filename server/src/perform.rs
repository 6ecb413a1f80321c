//! What a step does: make the bytes, send them, read what came back.

use crate::books::{Books, BooksError, OpenAccount, place};
use crate::transport::{NoReply, Transport, retry_after};
use jiff::Timestamp;
use ordain_engine::{Activity, ActivityCx, Attempt, LookUp};
use ordain_providers::call::Retry;
use ordain_providers::question::Question;
use ordain_providers::spec::{Effect, LookUpBy, OnUnknown};
use ordain_providers::{
    Call, Cx, EncodeError, Facts, Found, Op, OperationStanding, OrderContent, Outcome, Provider,
};
use ordain_workflows::ProviderCall;
use ordain_workflows::order::Answer;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long an attempt waits for our own store: within the ten seconds that the shortest one has.
const STORE_PATIENCE: Duration = Duration::from_secs(8);
/// The least that a simulated provider is given: it answers in milliseconds, and a busy machine makes seconds of them.
const SIMULATED_PATIENCE: Duration = Duration::from_secs(3);
/// Between two looks.
const STORE_PAUSE: Duration = Duration::from_millis(250);

/// Carries out one attempt of one call.
pub async fn perform(
    books: Books,
    transport: Transport,
    cx: ActivityCx,
    call: ProviderCall,
) -> Attempt<Answer> {
    let Some(provider) = ordain_providers::find(&call.provider) else {
        return Attempt::Park { why: format!("this build has no provider `{}`", call.provider) };
    };
    let read = match patiently(|| Subject::read(&books, &cx, &call)).await {
        Ok(Some(subject)) => subject,
        Ok(None) => return Attempt::Park { why: format!("the account `{}` does not exist", call.account) },
        Err(BooksError::Store(_)) => {
            return Attempt::Retry { why: "the store did not answer".into(), after: Some(STORE_PATIENCE) };
        }
        Err(error) => return Attempt::Park { why: error.to_string() },
    };
    let Answered { outcome, retry_after: asked_pause } =
        match read.ask((provider, call.pace), &transport, &cx, &call.op).await {
            Ok(answered) => answered,
            Err(why) => return Attempt::Park { why },
        };
    let last = cx.attempt >= call.policy().attempts_max;
    match judge(provider, &call.op, outcome, last) {
        Attempt::Done(outcome) => match sealed(&books, &cx, outcome, read.asked_at).await {
            Ok(answer) => Attempt::Done(answer),
            Err(error) => Attempt::Unknown { why: error.to_string() },
        },
        Attempt::Retry { why, after } => Attempt::Retry { why, after: after.or(asked_pause) },
        Attempt::Park { why } => Attempt::Park { why },
        Attempt::Unknown { why } => Attempt::Unknown { why },
    }
}

/// Asks the provider whether a call of unknown outcome was carried out, by the question that its table names.
pub async fn look_up(
    books: Books,
    transport: Transport,
    cx: ActivityCx,
    call: ProviderCall,
) -> LookUp<Answer> {
    let unknown = |why: &str| LookUp::Unknown { why: why.to_owned() };
    let Some(provider) = ordain_providers::find(&call.provider) else {
        return unknown("this build lacks the provider");
    };
    let Some(question) = question_about(provider, &call.op) else {
        return unknown("the provider's table has no question about it");
    };
    let subject = match Subject::read(&books, &cx, &call).await {
        Ok(Some(subject)) => subject,
        Ok(None) => return unknown("the account does not exist"),
        Err(error) => return LookUp::Unknown { why: error.to_string() },
    };
    let answered = subject.ask((provider, call.pace), &transport, &cx, &question).await;
    let facts = match answered.and_then(|answered| seen(answered.outcome)) {
        Ok(facts) => facts,
        Err(why) => return LookUp::Unknown { why },
    };
    let Some(outcome) = found(provider, &call.op, facts) else { return LookUp::Absent };
    match sealed(&books, &cx, outcome, subject.asked_at).await {
        Ok(answer) => LookUp::Found(answer),
        Err(error) => LookUp::Unknown { why: error.to_string() },
    }
}

/// What was to be seen in a look-up, or why nothing was. A question that was refused was not answered: only a codec that
/// knows the provider's word for "no such thing" may read it as an answer.
pub fn seen(outcome: Outcome) -> Result<Facts, String> {
    match outcome {
        Outcome::Done(facts) | Outcome::Pending(facts) => Ok(facts),
        Outcome::Refused { code, message, .. } => Err(format!("the question was refused: {code} {message}")),
        Outcome::NotSent { why } | Outcome::Unknown { why } => Err(why),
    }
}

/// What a look-up's answer says of an operation; none where nothing of it is to be seen.
pub fn found(provider: &Provider, op: &Op, facts: Facts) -> Option<Outcome> {
    match provider.found(op, &facts) {
        Found::Absent => None,
        Found::Happened(OperationStanding::Succeeded) => Some(Outcome::Done(facts)),
        Found::Happened(OperationStanding::Pending) => Some(Outcome::Pending(facts)),
        Found::Happened(OperationStanding::Failed) => Some(Outcome::Refused {
            code: facts.failure_of(op).unwrap_or("FAILED_AT_PROVIDER").to_owned(),
            facts,
            message: "the provider took it on and it failed there".into(),
            retry: Retry::Never,
        }),
    }
}

/// The question that the provider's table names for an operation of unknown outcome.
pub fn question_about(provider: &Provider, op: &Op) -> Option<Op> {
    let Effect::Mutates(OnUnknown::LookUp { by, .. }) = provider.spec().operation(op).effect else {
        return None;
    };
    match (by, op) {
        (LookUpBy::Sync | LookUpBy::Counters, _) => Some(Op::Sync),
        (LookUpBy::SyncRefund, Op::Refund(refund)) => Some(Op::SyncRefund(refund.clone())),
        (LookUpBy::SyncRefund, _) => None,
    }
}

/// Asks an account's provider something that belongs to no order.
///
/// # Errors
/// Our own store does not answer, or what it holds does not open.
pub async fn question(
    books: &Books,
    transport: &Transport,
    cx: &ActivityCx,
    (account, asked): (&str, Question),
) -> Result<Outcome, BooksError> {
    let never = |why: String| {
        let (facts, code) = (Facts::default(), "NOT_ASKED".to_owned());
        Outcome::Refused { facts, code, message: why, retry: Retry::AfterAccountFix }
    };
    let Some(account) = books.account(account).await? else {
        return Ok(never("the account does not exist".to_owned()));
    };
    let Some(provider) = ordain_providers::find(&account.account.new.provider) else {
        return Ok(never("this build lacks the provider".to_owned()));
    };
    let pace = account.account.new.settings.poll_scale;
    let asked_at = books.now_at(&account.account).await?;
    let asked_of = Subject::of_account(account, asked_at);
    let answered = asked_of.ask((provider, pace), transport, cx, &Op::Ask(asked)).await;
    Ok(answered.map_or_else(never, |answered| answered.outcome))
}

/// What came of one request.
struct Answered {
    outcome: Outcome,
    /// Until when the provider wants to hear nothing more, if it said so.
    retry_after: Option<Duration>,
}

impl From<Outcome> for Answered {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, retry_after: None }
    }
}

/// What a call is about, read afresh for each attempt.
struct Subject {
    account: OpenAccount,
    content: Option<OrderContent>,
    refs: BTreeMap<String, String>,
    expires_at: Option<Timestamp>,
    /// No answer is older than this, by the run's clock.
    asked_at: Timestamp,
}

impl Subject {
    async fn read(books: &Books, cx: &ActivityCx, call: &ProviderCall) -> Result<Option<Self>, BooksError> {
        let Some(account) = books.account(&call.account).await? else { return Ok(None) };
        let Some(shown) = books.order(cx.run).await? else {
            let asked_at = books.now_at(&account.account).await?;
            return Ok(Some(Self::of_account(account, asked_at)));
        };
        let asked_at = books.now_for(&shown.row).await?;
        let people = books.people(&shown).await?.unwrap_or_default();
        let content = Some(shown.order.content(&people));
        let refs = match ordain_providers::find(&call.provider) {
            Some(provider) => shown.order.refs_of(call.attempt.as_deref(), provider.spec()),
            None => shown.order.provider_refs,
        };
        let expires_at = Some(shown.order.expires_at);
        Ok(Some(Self { account, content, refs, expires_at, asked_at }))
    }

    /// A call that is about no order.
    fn of_account(account: OpenAccount, asked_at: Timestamp) -> Self {
        let refs = account.account.provider_refs.clone();
        Self { account, content: None, refs, expires_at: None, asked_at }
    }

    /// Puts an operation on the wire and reads what came back. An error is for a person to mend in the account.
    async fn ask(
        &self,
        (provider, pace): (&Provider, u32),
        transport: &Transport,
        cx: &ActivityCx,
        op: &Op,
    ) -> Result<Answered, String> {
        let codec_cx = Cx {
            now: self.asked_at,
            account: &self.account.credentials,
            order: self.content.as_ref(),
            refs: &self.refs,
            expires_at: self.expires_at,
            entropy: cx.entropy,
        };
        let request = match provider.encode(op, &codec_cx) {
            Ok(Call::Http(request)) => request,
            Ok(Call::Local(facts)) => return Ok(Outcome::Done(facts).into()),
            Err(error @ EncodeError::AccountIncomplete { .. }) => return Err(error.to_string()),
            Err(error) => return Ok(not_expressible(&error).into()),
        };
        let spec = provider.spec();
        let shown = &request.redacted;
        tracing::debug!(run = %cx.run, step = cx.step, attempt = cx.attempt, request = shown, "calling");
        let timeout = patience(spec.operation(op).timeout, pace);
        Ok(match transport.send(&request, timeout, spec.limits.reply_bytes_max).await {
            Ok(reply) => Answered {
                outcome: provider.decode(op, &reply, &codec_cx),
                retry_after: retry_after(&reply, Timestamp::now()),
            },
            Err(NoReply::NotSent(why)) => Outcome::NotSent { why }.into(),
            Err(NoReply::Unknown(why)) => Outcome::Unknown { why }.into(),
        })
    }
}

/// How long a provider may take: less at a simulator, whose time passes so many times faster.
fn patience(timeout: Duration, pace: u32) -> Duration {
    (timeout / pace.max(1)).max(timeout.min(SIMULATED_PATIENCE))
}

fn not_expressible(error: &EncodeError) -> Outcome {
    Outcome::Refused {
        facts: Facts::default(),
        code: "NOT_EXPRESSIBLE".into(),
        message: error.to_string(),
        retry: Retry::Never,
    }
}

/// Which outcomes are results, and which ask for another attempt or a person.
///
/// A question that stays without an answer is a result too: the order's rules ask again in their own time, and a
/// person could do no more.
pub fn judge(provider: &Provider, op: &Op, outcome: Outcome, last: bool) -> Attempt<Outcome> {
    let reads = provider.spec().operation(op).effect == Effect::Reads;
    let account_call = matches!(op, Op::VerifyAccount | Op::ActivateAccount { .. });
    match outcome {
        Outcome::Done(_) | Outcome::Pending(_) => Attempt::Done(outcome),
        _ if reads && last => Attempt::Done(outcome),
        Outcome::NotSent { why } => Attempt::Retry { why, after: None },
        Outcome::Unknown { why } => Attempt::Unknown { why },
        Outcome::Refused { retry: Retry::Later, message, .. } => Attempt::Retry { why: message, after: None },
        Outcome::Refused { retry: Retry::AfterAccountFix, message, .. } if !reads && !account_call => {
            Attempt::Park { why: format!("the provider refuses the account: {message}") }
        }
        Outcome::Refused { .. } => Attempt::Done(outcome),
    }
}

/// Asks our own store until it answers, for a while: an outage of it is no failure of the provider, and must cost
/// neither an attempt nor an outcome that came back.
async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, BooksError>
where
    F: Future<Output = Result<T, BooksError>>,
{
    let end = Instant::now() + STORE_PATIENCE;
    loop {
        match ask().await {
            Err(BooksError::Store(_)) if Instant::now() < end => tokio::time::sleep(STORE_PAUSE).await,
            told => return told,
        }
    }
}

/// The answer as it goes into the history: where the customer goes next is for the API alone.
async fn sealed(
    books: &Books,
    cx: &ActivityCx,
    outcome: Outcome,
    asked_at: Timestamp,
) -> Result<Answer, BooksError> {
    let mut outcome = outcome;
    let next_action = match &mut outcome {
        Outcome::Done(facts) | Outcome::Pending(facts) | Outcome::Refused { facts, .. } => {
            facts.next_action.take()
        }
        Outcome::NotSent { .. } | Outcome::Unknown { .. } => None,
    };
    let next_action = match next_action {
        Some(action) => patiently(|| books.seal(cx.run, place::NEXT_ACTION, action.expose())).await?,
        None => None,
    };
    Ok(Answer { outcome, asked_at, next_action })
}

#[cfg(test)]
mod tests {
    use super::patience;
    use std::time::Duration;

    #[test]
    fn only_a_simulated_provider_is_given_less_time_and_never_next_to_none() {
        let seconds = Duration::from_secs;
        assert_eq!(patience(seconds(30), 1), seconds(30));
        assert_eq!(patience(seconds(30), 100), seconds(3));
        assert_eq!(patience(seconds(30), 5), seconds(6));
        assert_eq!(patience(seconds(2), 100), seconds(2));
    }
}
