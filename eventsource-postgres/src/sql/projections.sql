-- Checkpoints: the versions of each consumer with the tables that it has made, the slices of its work, and the events
-- that it could not consume. The schema's name is put in for what is in braces.

CREATE TABLE {schema}.consumers (
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    slices bigint NOT NULL,
    is_active boolean NOT NULL DEFAULT false,
    -- The names, without the version, of what its `#[create]` method has made; NULL until it was called.
    made text[],
    PRIMARY KEY (name, version)
);

CREATE TABLE {schema}.slots (
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    slice bigint NOT NULL,
    position bigint NOT NULL,
    incarnation uuid NOT NULL,
    owner uuid,
    waiter uuid,
    epoch bigint NOT NULL DEFAULT 0,
    beat bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (name, version, slice)
-- A row is updated with each batch: room for the next one on its page, so that no index is written.
) WITH (fillfactor = 50);

CREATE TABLE {schema}.parked (
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    stream text COLLATE "C" NOT NULL,
    stream_version bigint NOT NULL,
    event text COLLATE "C" NOT NULL,
    error text NOT NULL,
    at bigint NOT NULL,
    wish smallint,
    PRIMARY KEY (name, version, position)
);

-- States of consumers that are held in memory.
CREATE TABLE {schema}.kept (
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    identity uuid NOT NULL,
    incarnation uuid NOT NULL,
    position bigint NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (name, version)
);

-- Who bids is told what it owns, or the beat of who does. With another number of slices than there is, only that.
CREATE FUNCTION {schema}.claim_v1(
    i_name text, i_version bigint, i_slice bigint, i_slices bigint, i_start bigint, i_life uuid,
    i_owner uuid, i_seen_epoch bigint, i_seen_beat bigint,
    OUT o_slices bigint, OUT o_owned boolean, OUT o_epoch bigint, OUT o_beat bigint, OUT o_position bigint,
    OUT o_life uuid, OUT o_active bigint
) LANGUAGE plpgsql AS $claim$
BEGIN
    INSERT INTO {schema}.consumers (name, version, slices) VALUES (i_name, i_version, i_slices) ON CONFLICT DO NOTHING;
    SELECT c.slices INTO o_slices FROM {schema}.consumers c WHERE c.name = i_name AND c.version = i_version;
    IF o_slices <> i_slices THEN
        RETURN;
    END IF;
    INSERT INTO {schema}.slots (name, version, slice, position, incarnation)
    VALUES (i_name, i_version, i_slice, i_start, i_life) ON CONFLICT DO NOTHING;
    UPDATE {schema}.slots s SET owner = i_owner, waiter = NULL, epoch = s.epoch + 1
    WHERE s.name = i_name AND s.version = i_version AND s.slice = i_slice
        AND (s.owner IS NULL OR s.owner = i_owner OR (s.epoch = i_seen_epoch AND s.beat = i_seen_beat))
    RETURNING true, s.epoch, s.beat, s.position, s.incarnation INTO o_owned, o_epoch, o_beat, o_position, o_life;
    IF o_owned IS NULL THEN
        UPDATE {schema}.slots s SET waiter = i_owner
        WHERE s.name = i_name AND s.version = i_version AND s.slice = i_slice
        RETURNING false, s.epoch, s.beat INTO o_owned, o_epoch, o_beat;
    END IF;
    SELECT max(c.version) INTO o_active FROM {schema}.consumers c WHERE c.name = i_name AND c.is_active;
END
$claim$;

-- Drops the views under which readers see what a version has made.
CREATE FUNCTION {schema}.hide_v1(i_name text, i_version bigint) RETURNS void LANGUAGE plpgsql AS $hide$
DECLARE
    plain text;
BEGIN
    FOR plain IN SELECT unnest(c.made) FROM {schema}.consumers c
        WHERE c.name = i_name AND c.version = i_version AND c.is_active
    LOOP
        IF EXISTS (SELECT FROM pg_class k WHERE k.oid = to_regclass(quote_ident(plain)) AND k.relkind = 'v') THEN
            EXECUTE format('DROP VIEW %I', plain);
        END IF;
    END LOOP;
END
$hide$;

-- Lets readers see what a version has made, under the plain names.
CREATE FUNCTION {schema}.show_v1(i_name text, i_version bigint) RETURNS void LANGUAGE plpgsql AS $show$
DECLARE
    plain text;
    own text;
BEGIN
    FOR plain IN SELECT unnest(c.made) FROM {schema}.consumers c WHERE c.name = i_name AND c.version = i_version
    LOOP
        own := plain || '_v' || i_version;
        IF EXISTS (SELECT FROM pg_class k WHERE k.oid = to_regclass(quote_ident(own)) AND k.relkind IN ('r', 'p')) THEN
            EXECUTE format('CREATE VIEW %I AS SELECT * FROM %I', plain, own);
        END IF;
    END LOOP;
END
$show$;

-- Makes a version the one that readers see, unless a newer one is, and says which one is.
CREATE FUNCTION {schema}.activate_v1(i_name text, i_version bigint) RETURNS bigint LANGUAGE plpgsql AS $activate$
DECLARE
    active bigint;
BEGIN
    PERFORM FROM {schema}.consumers c WHERE c.name = i_name ORDER BY c.version FOR UPDATE;
    SELECT max(c.version) INTO active FROM {schema}.consumers c WHERE c.name = i_name AND c.is_active;
    IF active >= i_version THEN
        RETURN active;
    END IF;
    PERFORM {schema}.hide_v1(i_name, active), {schema}.show_v1(i_name, i_version);
    UPDATE {schema}.consumers c SET is_active = (c.version = i_version) WHERE c.name = i_name;
    RETURN i_version;
END
$activate$;

-- Drops what a version has made, and the views on it.
CREATE FUNCTION {schema}.drop_made_v1(i_name text, i_version bigint) RETURNS void LANGUAGE plpgsql AS $drop$
DECLARE
    plain text;
    own text;
BEGIN
    PERFORM {schema}.hide_v1(i_name, i_version);
    FOR plain IN SELECT unnest(c.made) FROM {schema}.consumers c WHERE c.name = i_name AND c.version = i_version
    LOOP
        own := plain || '_v' || i_version;
        IF EXISTS (SELECT FROM pg_class k WHERE k.oid = to_regclass(quote_ident(own)) AND k.relkind IN ('r', 'p')) THEN
            EXECUTE format('DROP TABLE %I', own);
        END IF;
    END LOOP;
    UPDATE {schema}.consumers c SET made = NULL WHERE c.name = i_name AND c.version = i_version;
END
$drop$;
