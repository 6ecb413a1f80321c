//! `ordain order watch`: an order's events, over as many connections as it takes.

use crate::cli::failure::Failure;
use crate::cli::output::{Output, Paint};
use crate::cli::session::Session;
use crate::cli::{json, names, time};
use ordain_proto::orders::v1::order_service_client::OrderServiceClient;
use ordain_proto::orders::v1::watch_order_response::Message;
use ordain_proto::orders::v1::{Event, WatchOrderRequest};
use std::time::Duration;
use tonic::transport::Channel;

/// How long to wait before connecting again: at most a few calls a second, and no restart is missed for long.
const AGAIN: Duration = Duration::from_millis(500);

/// Which order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order watch 01JARZ3NDEKTSV4RRFFQ69G5FA\n\n\
    A lost connection is made again, and goes on after the last event that was printed.")]
pub struct Args {
    /// Its id, or its full name
    order: String,
    /// Leave out what happened up to this sequence
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: i64,
}

/// How far somebody has read. Events of one record share its sequence, so a connection may break between two of
/// them: then that record is asked for again, and what was seen of it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bookmark {
    sequence: i64,
    seen: usize,
}

impl Bookmark {
    const fn after(sequence: i64) -> Self {
        Self { sequence, seen: 0 }
    }

    /// What to ask for.
    const fn resume_after(self) -> i64 {
        if self.seen == 0 { self.sequence } else { self.sequence - 1 }
    }

    fn note(&mut self, sequence: i64) {
        self.seen = if sequence == self.sequence { self.seen + 1 } else { 1 };
        self.sequence = sequence;
    }
}

pub(super) async fn watch(session: &Session, args: Args) -> Result<(), Failure> {
    let name = names::order(session.merchant(), &args.order);
    let mut client = session.orders().await?;
    let mut bookmark = Bookmark::after(args.after);
    loop {
        let lost = match read(&mut client, &name, &mut bookmark, session.output()).await {
            Ok(()) => "the stream ended".to_owned(),
            Err(failure) if failure.is_passing() => failure.to_string(),
            Err(failure) => return Err(failure),
        };
        session.output().note(format!("{lost}; going on after {}", bookmark.sequence));
        client = reconnect(session).await?;
    }
}

async fn reconnect(session: &Session) -> Result<OrderServiceClient<Channel>, Failure> {
    loop {
        tokio::time::sleep(AGAIN).await;
        match session.orders().await {
            Err(failure) if failure.is_passing() => {}
            result => return result,
        }
    }
}

/// Prints events until the stream ends.
async fn read(
    client: &mut OrderServiceClient<Channel>,
    name: &str,
    bookmark: &mut Bookmark,
    output: &Output,
) -> Result<(), Failure> {
    let request = WatchOrderRequest { name: name.to_owned(), resume_after_sequence: bookmark.resume_after() };
    let mut stream = client.watch_order(request).await?.into_inner();
    let (begun_in, mut left_out) = (bookmark.sequence, bookmark.seen);
    while let Some(response) = stream.message().await? {
        let Some(Message::Event(event)) = response.message else { continue };
        if event.sequence == begun_in && left_out > 0 {
            left_out -= 1;
            continue;
        }
        print(output, &event);
        bookmark.note(event.sequence);
    }
    Ok(())
}

fn print(output: &Output, event: &Event) {
    if output.json {
        return output.line(json::of("ordain.orders.v1.Event", event));
    }
    let state = super::show::state_word(event.state());
    let data = if event.data_json == "{}" { "" } else { event.data_json.as_str() };
    output.line(format!(
        "{:>4}  {}  {}  {:<17}  {}",
        event.sequence,
        output.paint(Paint::Dim, &time::instant(event.time.as_ref())),
        output.paint(Paint::Bold, &format!("{:<24}", event.r#type)),
        state,
        output.paint(Paint::Dim, data),
    ));
}

#[cfg(test)]
mod tests {
    use super::Bookmark;

    #[test]
    fn record_that_was_cut_is_asked_for_again() {
        let mut bookmark = Bookmark::after(4);
        assert_eq!(bookmark.resume_after(), 4);
        bookmark.note(5);
        bookmark.note(5);
        assert_eq!((bookmark.resume_after(), bookmark.seen), (4, 2));
        bookmark.note(6);
        assert_eq!((bookmark.resume_after(), bookmark.seen), (5, 1));
    }
}
