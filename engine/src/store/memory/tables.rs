//! What is on the disk, and the rules by which a group changes it: the same as the SQL stores keep.

use crate::clock::Micros;
use crate::run_id::RunId;
use crate::store::{
    Append, Claim, InboundQuery, InboundRow, RunQuery, RunRow, RunStatus, StartKey, Started, StartedBy,
    StoredRecord, Verdict, Write,
};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Tables {
    history: BTreeMap<(RunId, u64), StoredRecord>,
    pub(super) rows: BTreeMap<RunId, RunRow>,
    by_request: BTreeMap<(String, String), Started>,
    by_label: BTreeMap<(String, String), Started>,
    pub(super) data_keys: BTreeMap<RunId, Vec<u8>>,
    inbound: BTreeMap<RunId, InboundRow>,
    /// Beats of every process that lives.
    pub(super) living: BTreeMap<u64, u64>,
    /// It answers nobody.
    pub(super) down: bool,
    pub(super) groups: u64,
    pub(super) refusals: u64,
}

impl Tables {
    pub(super) fn write(&mut self, group: &[Write]) -> Vec<Verdict> {
        self.groups += 1;
        group.iter().map(|write| self.write_one(write)).collect()
    }

    /// Refuses every record that is not a run's first, and writes the rest. What was written before is not refused:
    /// another node has gone on from it.
    pub(super) fn refuse(&mut self, group: &[Write]) -> Vec<Verdict> {
        let mut judge = |write: &Write| match write {
            Write::Append(append) if append.start.is_none() => {
                if self.holds(append) {
                    Verdict::Overtaken
                } else {
                    Verdict::Refused
                }
            }
            _ => self.write_one(write),
        };
        group.iter().map(&mut judge).collect()
    }

    fn holds(&self, append: &Append) -> bool {
        self.history.get(&(append.run, append.seq)).is_some_and(|held| held.record == append.record)
    }

    fn write_one(&mut self, write: &Write) -> Verdict {
        match write {
            Write::Append(append) => self.append(append),
            Write::Inbound(row) => {
                let known =
                    self.inbound.values().any(|it| (&it.owner, &it.dedup) == (&row.owner, &row.dedup));
                if !known {
                    self.inbound.entry(row.id).or_insert_with(|| row.clone());
                }
                Verdict::Accepted
            }
            Write::Forget(run) => {
                self.forget(*run);
                Verdict::Accepted
            }
            Write::ForgetInbound(id) => {
                self.inbound.remove(id);
                Verdict::Accepted
            }
        }
    }

    fn forget(&mut self, run: RunId) {
        if self.rows.get(&run).is_some_and(|row| row.status == RunStatus::Closed) {
            self.rows.remove(&run);
            self.history.retain(|(of, _), _| *of != run);
            self.by_request.retain(|_, started| started.run != run);
            self.by_label.retain(|_, started| started.run != run);
            self.data_keys.remove(&run);
        }
    }

    fn append(&mut self, append: &Append) -> Verdict {
        if let Some(start) = &append.start
            && let Some(earlier) = self.start(append.run, start)
        {
            return Verdict::Exists(earlier);
        }
        let place = (append.run, append.seq);
        if self.history.contains_key(&place) {
            return self.verdict_on(append);
        }
        let Append { seq, mac, record, .. } = append;
        let stored = StoredRecord { seq: *seq, mac: mac.to_vec(), record: record.clone() };
        self.history.insert(place, stored);
        if let Some(row) = &append.row {
            self.put_row(row);
        }
        Verdict::Accepted
    }

    /// The start that has the request id or the label; none if this one gets them, or had got them.
    fn start(&mut self, run: RunId, start: &StartKey) -> Option<Started> {
        let key = |name: &str| (start.tenant.clone(), name.to_owned());
        let (request, label) = (key(&start.request_id), key(&start.label));
        if let Some(earlier) = self.by_request.get(&request).or_else(|| self.by_label.get(&label)) {
            return (earlier.run != run).then(|| earlier.clone());
        }
        let (request_id, fingerprint) = (start.request_id.clone(), start.fingerprint.clone());
        let started = Started { run, request_id, fingerprint };
        self.by_request.insert(request, started.clone());
        self.by_label.insert(label, started);
        self.data_keys.insert(run, start.data_key.clone());
        None
    }

    /// What became of a record whose number is taken: perhaps by itself, in a commit whose answer was lost.
    fn verdict_on(&mut self, append: &Append) -> Verdict {
        if !self.holds(append) {
            self.refusals += 1;
            return Verdict::Refused;
        }
        let is_head = self.head(append.run) == Some(append.seq);
        if is_head { Verdict::Accepted } else { Verdict::Overtaken }
    }

    pub(super) fn head(&self, run: RunId) -> Option<u64> {
        self.history.range((run, 0)..=(run, u64::MAX)).next_back().map(|((_, seq), _)| *seq)
    }

    /// What names a run never changes; the rest moves forward only.
    fn put_row(&mut self, row: &RunRow) {
        let Some(old) = self.rows.get_mut(&row.run) else {
            self.rows.insert(row.run, row.clone());
            return;
        };
        if row.seq <= old.seq {
            return;
        }
        let mut new = row.clone();
        new.workflow.clone_from(&old.workflow);
        new.attributes.tenant.clone_from(&old.attributes.tenant);
        new.attributes.label.clone_from(&old.attributes.label);
        new.clock.clone_from(&old.clock);
        new.created = old.created;
        *old = new;
    }

    pub(super) fn history(&self, run: RunId, after: u64) -> Vec<StoredRecord> {
        let records = self.history.range((run, 0)..=(run, u64::MAX)).map(|(_, record)| record);
        records.filter(|record| record.seq > after).cloned().collect()
    }

    pub(super) fn runs(&self, query: &RunQuery) -> Vec<RunRow> {
        let mut found: Vec<&RunRow> = self.rows.values().rev().filter(|row| matches(query, row)).collect();
        if query.timer_on.is_some() {
            found.sort_by_key(|row| row.timer_at);
        }
        found.into_iter().take(query.limit as usize).cloned().collect()
    }

    pub(super) fn started(&self, tenant: &str, key: &StartedBy) -> Option<Started> {
        let found = match key {
            StartedBy::RequestId(id) => self.by_request.get(&(tenant.to_owned(), id.clone())),
            StartedBy::Label(label) => self.by_label.get(&(tenant.to_owned(), label.clone())),
        };
        found.cloned()
    }

    pub(super) fn claim(&mut self, claim: &Claim) -> Vec<RunId> {
        let known = |row: &&RunRow| {
            claim.knows.iter().any(|(name, version)| *name == row.workflow && row.version <= *version)
        };
        let time = |row: &RunRow| match claim.clock.is_empty() {
            true => row.wake_at,
            false => row.timer_at.filter(|_| row.clock == claim.clock),
        };
        let wakes = self.rows.values().filter(known).filter_map(|row| Some((time(row)?, row.run)));
        let mut due: Vec<(Micros, RunId)> = wakes.filter(|(at, _)| *at <= claim.until).collect();
        due.sort_unstable();
        due.truncate(claim.limit as usize);
        for (_, run) in &due {
            self.rows.get_mut(run).expect("it was just found").wake_at = Some(claim.pushed_to);
        }
        due.into_iter().map(|(_, run)| run).collect()
    }

    pub(super) fn beat(&mut self, incarnation: u64) -> Vec<(u64, u64)> {
        *self.living.entry(incarnation).or_default() += 1;
        self.living.iter().map(|(incarnation, beats)| (*incarnation, *beats)).collect()
    }

    pub(super) fn inbound_by(&self, query: &InboundQuery) -> Vec<InboundRow> {
        let wanted = |row: &&InboundRow| {
            query.owner.as_ref().is_none_or(|owner| row.owner == *owner)
                && query.before.is_none_or(|before| row.id < before)
        };
        self.inbound.values().filter(wanted).take(query.limit as usize).cloned().collect()
    }
}

fn matches(query: &RunQuery, row: &RunRow) -> bool {
    let found_by = &row.attributes;
    let is = |wanted: &Option<String>, actual: &String| wanted.as_ref().is_none_or(|it| it == actual);
    let waits = matches!(row.status, RunStatus::Parked | RunStatus::Paused | RunStatus::Quarantined);
    is(&query.workflow, &row.workflow)
        && is(&query.tenant, &found_by.tenant)
        && is(&query.owner, &found_by.owner)
        && is(&query.label, &found_by.label)
        && is(&query.state, &found_by.state)
        && query.flag.as_ref().is_none_or(|flag| found_by.flags.contains(flag))
        && (waits || !query.waiting_for_a_person)
        && query.timer_on.as_ref().is_none_or(|clock| row.clock == *clock && row.timer_at.is_some())
        && query.awake_on.as_ref().is_none_or(|clock| row.clock == *clock && row.wake_at.is_some())
        && query.before.is_none_or(|before| row.run < before)
        && query.wake_by.is_none_or(|by| row.wake_at.is_some_and(|wake_at| wake_at <= by))
}
