-- The tables. What is in braces is put in when the statement is made: the schema's name, quoted, and the number of the
-- advisory lock that appends hold.

-- One row, and no index: each append reads it, and this is the shortest way.
CREATE TABLE {schema}.meta (
    application text NOT NULL,
    schema_version integer NOT NULL,
    -- The oldest version of the software that may still read and write here.
    oldest_user integer NOT NULL,
    identity uuid NOT NULL,
    incarnation uuid NOT NULL,
    -- The largest position that an event had which was deleted.
    high_water bigint NOT NULL,
    -- Where this incarnation lives. Elsewhere it is a copy, and a new one.
    system_identifier bigint,
    timeline bigint,
    database_oid bigint,
    events_oid bigint
);

-- Texts are compared byte by byte: a library's collation can change under an index.
CREATE TABLE {schema}.events (
    position bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    -- NULL for what nearly all have, 1 and `json`: what is not there costs nothing when it is read.
    schema bigint,
    format text COLLATE "C",
    recorded_at bigint NOT NULL,
    payload bytea NOT NULL,
    metadata bytea,
    tags text COLLATE "C",
    UNIQUE (stream, version)
);
CREATE INDEX events_by_name ON {schema}.events (name, position);

-- The name is repeated, so that a query of types and tags reads nothing else.
CREATE TABLE {schema}.tags (
    tag text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    PRIMARY KEY (tag, position)
);

CREATE TABLE {schema}.keys (
    id uuid PRIMARY KEY,
    digest uuid NOT NULL,
    position bigint NOT NULL,
    count integer NOT NULL
);

-- A position is never given out again, also not after its event was deleted.
CREATE FUNCTION {schema}.remember_deleted() RETURNS trigger LANGUAGE plpgsql AS $trigger$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE {schema}.meta SET high_water =
            greatest(high_water, (SELECT e.position FROM {schema}.events e ORDER BY e.position DESC LIMIT 1));
    ELSE
        UPDATE {schema}.meta SET high_water = d.position
        FROM (SELECT max(deleted.position) AS position FROM deleted) d
        WHERE d.position > high_water
            AND NOT EXISTS (SELECT FROM {schema}.events e WHERE e.position > d.position);
    END IF;
    RETURN NULL;
END
$trigger$;
CREATE TRIGGER remember_deleted AFTER DELETE ON {schema}.events
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION {schema}.remember_deleted();
CREATE TRIGGER remember_truncated BEFORE TRUNCATE ON {schema}.events
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.remember_deleted();
