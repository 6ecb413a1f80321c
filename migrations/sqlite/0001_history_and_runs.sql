-- What a store holds: append-only histories, one row a run for looking up, the keys that start and unseal runs,
-- and messages that belong to no run yet.

-- The history. Its primary key is the fence: a sequence number can be written once.
CREATE TABLE history (
    run    BLOB    NOT NULL,
    seq    INTEGER NOT NULL,
    mac    BLOB    NOT NULL, -- chains this record to the one before
    record BLOB    NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;

-- One row a run, written only when something in it changes. Everything in it follows from the history.
CREATE TABLE run (
    run        BLOB    NOT NULL PRIMARY KEY,
    workflow   TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    reason     TEXT    NOT NULL, -- why it is parked, paused or quarantined
    seq        INTEGER NOT NULL, -- the record that wrote this row
    since_seq  INTEGER NOT NULL, -- the record from which the history may be read; 0 for its beginning
    tenant     TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    flags      TEXT    NOT NULL, -- ' A B ', to be searched with LIKE '% A %'
    clock      TEXT    NOT NULL, -- whose time `timer_at` is in; '' is the store's own
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    wake_at    INTEGER,          -- lower bound of the next look, store's clock
    timer_at   INTEGER,          -- the workflow's next timer, its own clock
    view       BLOB    NOT NULL
);
CREATE INDEX run_by_wake_at ON run (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX run_by_timer_at ON run (clock, timer_at) WHERE timer_at IS NOT NULL AND clock <> '';
CREATE INDEX run_by_tenant ON run (workflow, tenant, run);
CREATE INDEX run_not_open ON run (status, run) WHERE status <> 1;

-- A start happens once per (tenant, request id) and once per (tenant, label).
CREATE TABLE start_key (
    tenant      TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    label       TEXT NOT NULL,
    run         BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (tenant, request_id),
    UNIQUE (tenant, label)
) WITHOUT ROWID;

-- A run's data key under the master key. Deleting it makes the run's sealed values unreadable everywhere.
CREATE TABLE data_key (
    run     BLOB NOT NULL PRIMARY KEY,
    wrapped BLOB NOT NULL
) WITHOUT ROWID;

-- Genuine messages for a run that does not exist. The body is sealed.
CREATE TABLE inbound (
    id          BLOB    NOT NULL PRIMARY KEY,
    owner       TEXT    NOT NULL,
    dedup       TEXT    NOT NULL,
    received_us INTEGER NOT NULL,
    label       TEXT    NOT NULL,
    body        BLOB    NOT NULL,
    UNIQUE (owner, dedup)
) WITHOUT ROWID;

-- Facts about the store itself, such as the check value of its master key.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
