-- What a store holds: append-only histories, one row a run for looking up, the keys that start and unseal runs,
-- messages that belong to no run yet, and the nodes that share it.

-- The history. Its primary key is the fence: a sequence number can be written once.
CREATE TABLE history (
    run    BYTEA  NOT NULL,
    seq    BIGINT NOT NULL,
    mac    BYTEA  NOT NULL, -- chains this record to the one before
    record BYTEA  NOT NULL,
    PRIMARY KEY (run, seq)
);

-- One row a run, written only when something in it changes. Everything in it follows from the history.
CREATE TABLE run (
    run        BYTEA  NOT NULL PRIMARY KEY,
    workflow   TEXT   COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    status     BIGINT NOT NULL,
    reason     TEXT   COLLATE "C" NOT NULL, -- why it is parked, paused or quarantined
    seq        BIGINT NOT NULL,             -- the record that wrote this row
    since_seq  BIGINT NOT NULL,             -- the record from which the history may be read; 0 for its beginning
    tenant     TEXT   COLLATE "C" NOT NULL,
    owner      TEXT   COLLATE "C" NOT NULL,
    label      TEXT   COLLATE "C" NOT NULL,
    state      TEXT   COLLATE "C" NOT NULL,
    flags      TEXT   COLLATE "C" NOT NULL, -- ' A B ', to be searched for ' A '
    clock      TEXT   COLLATE "C" NOT NULL, -- whose time `timer_at` is in; '' is the store's own
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    wake_at    BIGINT,                      -- lower bound of the next look, store's clock
    timer_at   BIGINT,                      -- the workflow's next timer, its own clock
    view       BYTEA  NOT NULL
    -- A row is written several times in its life: dead ones are swept early and without pause, before they pile up.
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX run_by_wake_at ON run (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX run_by_timer_at ON run (clock, timer_at) WHERE timer_at IS NOT NULL AND clock <> '';
CREATE INDEX run_by_tenant ON run (workflow, tenant, run);
CREATE INDEX run_not_open ON run (status, run) WHERE status <> 1;

-- A start happens once per (tenant, request id) and once per (tenant, label).
CREATE TABLE start_key (
    tenant      TEXT  COLLATE "C" NOT NULL,
    request_id  TEXT  COLLATE "C" NOT NULL,
    label       TEXT  COLLATE "C" NOT NULL,
    run         BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (tenant, request_id),
    UNIQUE (tenant, label)
);

-- A run's data key under the master key. Deleting it makes the run's sealed values unreadable everywhere.
CREATE TABLE data_key (
    run     BYTEA NOT NULL PRIMARY KEY,
    wrapped BYTEA NOT NULL
);

-- Genuine messages for a run that does not exist. The body is sealed.
CREATE TABLE inbound (
    id          BYTEA  NOT NULL PRIMARY KEY,
    owner       TEXT   COLLATE "C" NOT NULL,
    dedup       TEXT   COLLATE "C" NOT NULL,
    received_us BIGINT NOT NULL,
    label       TEXT   COLLATE "C" NOT NULL,
    body        BYTEA  NOT NULL,
    UNIQUE (owner, dedup)
);

-- Facts about the store itself, such as the check value of its master key.
CREATE TABLE meta (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- The nodes that share the store, each process start a new one. A node that lives adds one to its counter every
-- second; the others judge by whether it moves. The time is for sweeping out rows of long ago alone.
CREATE TABLE node (
    incarnation BIGINT NOT NULL PRIMARY KEY,
    beats       BIGINT NOT NULL,
    beaten_at   TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);
