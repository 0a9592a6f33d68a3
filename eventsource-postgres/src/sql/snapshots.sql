-- States that were made of events; any row may be deleted at any time.
CREATE TABLE {schema}.snapshots (
    stream text COLLATE "C" NOT NULL,
    fingerprint bigint NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    latest bigint NOT NULL,
    incarnation uuid NOT NULL,
    format text COLLATE "C" NOT NULL,
    state bytea NOT NULL,
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (stream, fingerprint)
);
