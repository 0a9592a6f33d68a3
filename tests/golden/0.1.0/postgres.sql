--
-- PostgreSQL database dump
--

\restrict kfwEeR0N5aJoKbvGmxKGFGwBVmfYwkGaxpOcyf22APjBWJUDc8foBCVIjshkZv0

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: eventsource; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA eventsource;


--
-- Name: activate_v1(text, bigint); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.activate_v1(i_name text, i_version bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    active bigint;
BEGIN
    PERFORM FROM "eventsource".consumers c WHERE c.name = i_name ORDER BY c.version FOR UPDATE;
    SELECT max(c.version) INTO active FROM "eventsource".consumers c WHERE c.name = i_name AND c.is_active;
    IF active >= i_version THEN
        RETURN active;
    END IF;
    PERFORM "eventsource".hide_v1(i_name, active), "eventsource".show_v1(i_name, i_version);
    UPDATE "eventsource".consumers c SET is_active = (c.version = i_version) WHERE c.name = i_name;
    RETURN i_version;
END
$$;


--
-- Name: append_one_v1(text, boolean, timestamp with time zone, uuid, bigint, text, bigint, text[], text[], text[], bigint[], integer[], bigint, uuid, uuid, text, bigint, text, bigint, bytea, bytea, text, text[]); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.append_one_v1(p_patience text, p_durable boolean, p_server timestamp with time zone, p_life uuid, p_head bigint, p_stream text, p_expected bigint, p_arm_tags text[], p_arm_names text[], p_arm_more text[], p_arm_afters bigint[], p_arm_requests integer[], p_latest bigint, p_key uuid, p_digest uuid, p_name text, p_schema bigint, p_format text, p_recorded bigint, p_payload bytea, p_metadata bytea, p_tags text, p_tag_texts text[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_since timestamptz;
    v_waited bigint := 0;
    v_life uuid;
    v_events bigint;
    v_head bigint;
    v_version bigint;
    v_known bigint;
BEGIN
    -- How each function that appends begins: with what a session behind a pooler does not have, and with the lock.
IF p_patience IS NOT NULL THEN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'appends need the isolation level `read committed`, and the default of this role or database is another'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('lock_timeout', p_patience, true), set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('jit', 'off', true);
    IF p_durable AND current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
END IF;
IF NOT pg_try_advisory_xact_lock(2762792086040105697) THEN
    v_since := clock_timestamp();
    PERFORM pg_advisory_xact_lock(2762792086040105697);
    v_waited := extract(epoch FROM clock_timestamp() - v_since) * 1000000;
END IF;

    SELECT m.incarnation, m.events_oid,
        greatest(m.high_water,
            (SELECT e.position FROM "eventsource".events e WHERE e.position >= p_head ORDER BY e.position DESC LIMIT 1)),
        coalesce((SELECT e.version FROM "eventsource".events e
            WHERE e.stream = p_stream AND e.version >= p_expected ORDER BY e.version DESC LIMIT 1), 0),
        (SELECT k.position FROM "eventsource".keys k WHERE k.id = p_key)
    INTO v_life, v_events, v_head, v_version, v_known
    FROM "eventsource".meta m;
    IF v_life <> p_life OR v_events <> '"eventsource".events'::regclass::oid::bigint
        OR p_server <> pg_postmaster_start_time() OR v_head < p_head OR v_known IS NOT NULL OR p_latest > v_head
        OR p_expected = -1 AND v_version = 0 OR p_expected >= 0 AND v_version <> p_expected THEN
        RETURN NULL;
    END IF;
    -- In two, as an expression with a query in it is a statement of its own, whatever stands before the query.
    IF p_arm_requests IS NOT NULL THEN
        IF EXISTS (
            SELECT FROM (
                -- Of each arm, the first position that matches it; part of the functions that append.
SELECT a.request, CASE
    WHEN a.tag <> '' THEN (
        SELECT t.position FROM "eventsource".tags t
        WHERE t.tag = a.tag AND t.position > a.after
            AND (a.names = '' OR strpos(a.names, E'\n' || t.name || E'\n') > 0)
            AND (a.more = '' OR NOT EXISTS (
                SELECT FROM unnest(string_to_array(a.more, E'\n')) x(tag)
                WHERE (SELECT o.position FROM "eventsource".tags o
                    WHERE o.tag = x.tag AND o.position = t.position) IS NULL))
        ORDER BY t.position LIMIT 1)
    -- The next entry of the index (name, position), which no other index can give.
    WHEN a.names <> '' THEN (
        SELECT CASE WHEN n.name = a.names THEN n.position END
        FROM (SELECT e.name, e.position FROM "eventsource".events e
            WHERE (e.name, e.position) > (a.names, a.after)
            ORDER BY e.name, e.position LIMIT 1) n)
    ELSE (SELECT e.position FROM "eventsource".events e WHERE e.position > a.after ORDER BY e.position LIMIT 1)
END AS position
FROM (SELECT unnest(p_arm_tags) AS tag, unnest(p_arm_names) AS names, unnest(p_arm_more) AS more,
    unnest(p_arm_afters) AS after, unnest(p_arm_requests) AS request) a

                OFFSET 0
            ) q
            WHERE q.position IS NOT NULL
        ) THEN
            RETURN NULL;
        END IF;
    END IF;
    v_head := v_head + 1;
    v_version := v_version + 1;
    INSERT INTO "eventsource".events
        (position, stream, version, name, schema, format, recorded_at, payload, metadata, tags)
    VALUES (v_head, p_stream, v_version, p_name, p_schema, p_format, p_recorded, p_payload, p_metadata, p_tags);
    IF p_tag_texts IS NOT NULL THEN
        INSERT INTO "eventsource".tags (tag, position, name) SELECT u.tag, v_head, p_name FROM unnest(p_tag_texts) u(tag);
    ELSIF p_tags IS NOT NULL THEN
        INSERT INTO "eventsource".tags (tag, position, name) VALUES (p_tags, v_head, p_name);
    END IF;
    IF p_key IS NOT NULL THEN
        INSERT INTO "eventsource".keys (id, digest, position, count) VALUES (p_key, p_digest, v_head, 1);
    END IF;
    RETURN ARRAY[v_head, v_version, v_waited];
END
$$;


--
-- Name: append_v1(text, boolean, timestamp with time zone, uuid, bigint, text[], bigint[], integer[], text[], text[], text[], bigint[], integer[], bigint, uuid[], uuid[], integer[], integer[], integer[], integer[], integer[], bigint[], bigint[], text[], text[], bigint[], text[], bigint[], bytea[], bytea[], text[], integer[], text[], text[]); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.append_v1(p_patience text, p_durable boolean, p_server timestamp with time zone, p_life uuid, p_head bigint, p_streams text[], p_expected bigint[], p_probe_requests integer[], p_arm_tags text[], p_arm_names text[], p_arm_more text[], p_arm_afters bigint[], p_arm_requests integer[], p_latest bigint, p_key_ids uuid[], p_key_digests uuid[], p_key_records integer[], p_key_counts integer[], p_key_requests integer[], p_requests integer[], p_probes integer[], p_ordinals bigint[], p_offsets bigint[], p_record_streams text[], p_names text[], p_schemas bigint[], p_formats text[], p_recorded bigint[], p_payloads bytea[], p_metadata bytea[], p_tags text[], p_tag_records integer[], p_tag_texts text[], p_tag_names text[], OUT o_life uuid, OUT o_head bigint, OUT o_versions bigint[], OUT o_matches bigint[], OUT o_known integer[], OUT o_made integer, OUT o_waited bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_since timestamptz;
    v_waited bigint := 0;
    v_events bigint;
    v_refused integer[];
    v_matched integer[];
BEGIN
    -- How each function that appends begins: with what a session behind a pooler does not have, and with the lock.
IF p_patience IS NOT NULL THEN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'appends need the isolation level `read committed`, and the default of this role or database is another'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('lock_timeout', p_patience, true), set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('jit', 'off', true);
    IF p_durable AND current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
END IF;
IF NOT pg_try_advisory_xact_lock(2762792086040105697) THEN
    v_since := clock_timestamp();
    PERFORM pg_advisory_xact_lock(2762792086040105697);
    v_waited := extract(epoch FROM clock_timestamp() - v_since) * 1000000;
END IF;

    o_waited := v_waited;
    SELECT m.incarnation, m.events_oid,
        greatest(m.high_water,
            (SELECT e.position FROM "eventsource".events e WHERE e.position >= p_head ORDER BY e.position DESC LIMIT 1)),
        p.versions, p.refused, k.known
    INTO o_life, v_events, o_head, o_versions, v_refused, o_known
    FROM "eventsource".meta m, (
        SELECT array_agg(q.version) AS versions, array_agg(q.request) FILTER (WHERE
            CASE q.expected WHEN -2 THEN false WHEN -1 THEN q.version = 0 ELSE q.version <> q.expected END) AS refused
        FROM (
            SELECT u.expected, u.request, coalesce(
                (SELECT e.version FROM "eventsource".events e
                    WHERE e.stream = u.stream AND e.version >= u.expected ORDER BY e.version DESC LIMIT 1),
                CASE WHEN u.expected > 0 THEN (SELECT e.version FROM "eventsource".events e
                    WHERE e.stream = u.stream ORDER BY e.version DESC LIMIT 1) END,
                0) AS version
            FROM (SELECT unnest(p_streams) AS stream, unnest(p_expected) AS expected,
                unnest(p_probe_requests) AS request) u
            OFFSET 0
        ) q
    ) p, (
        SELECT array_agg(q.request) FILTER (WHERE q.known IS NOT NULL) AS known
        FROM (
            SELECT u.request, (SELECT k.position FROM "eventsource".keys k WHERE k.id = u.id) AS known
            FROM (SELECT unnest(p_key_ids) AS id, unnest(p_key_requests) AS request) u
            OFFSET 0
        ) q
    ) k;
    IF o_life <> p_life OR v_events <> '"eventsource".events'::regclass::oid::bigint
        OR p_server <> pg_postmaster_start_time() OR o_head < p_head THEN
        o_life := NULL;
        RETURN;
    END IF;

    IF p_arm_requests <> '{}' THEN
        SELECT array_agg(q.position), array_agg(q.request) FILTER (WHERE q.position IS NOT NULL)
        INTO o_matches, v_matched
        FROM (
            -- Of each arm, the first position that matches it; part of the functions that append.
SELECT a.request, CASE
    WHEN a.tag <> '' THEN (
        SELECT t.position FROM "eventsource".tags t
        WHERE t.tag = a.tag AND t.position > a.after
            AND (a.names = '' OR strpos(a.names, E'\n' || t.name || E'\n') > 0)
            AND (a.more = '' OR NOT EXISTS (
                SELECT FROM unnest(string_to_array(a.more, E'\n')) x(tag)
                WHERE (SELECT o.position FROM "eventsource".tags o
                    WHERE o.tag = x.tag AND o.position = t.position) IS NULL))
        ORDER BY t.position LIMIT 1)
    -- The next entry of the index (name, position), which no other index can give.
    WHEN a.names <> '' THEN (
        SELECT CASE WHEN n.name = a.names THEN n.position END
        FROM (SELECT e.name, e.position FROM "eventsource".events e
            WHERE (e.name, e.position) > (a.names, a.after)
            ORDER BY e.name, e.position LIMIT 1) n)
    ELSE (SELECT e.position FROM "eventsource".events e WHERE e.position > a.after ORDER BY e.position LIMIT 1)
END AS position
FROM (SELECT unnest(p_arm_tags) AS tag, unnest(p_arm_names) AS names, unnest(p_arm_more) AS more,
    unnest(p_arm_afters) AS after, unnest(p_arm_requests) AS request) a

            OFFSET 0
        ) q;
        v_refused := v_refused || v_matched;
    END IF;
    IF p_latest > o_head THEN
        v_refused := v_refused || ARRAY(
            SELECT u.request FROM unnest(p_arm_afters, p_arm_requests) u(after, request) WHERE u.after > o_head);
    END IF;
    v_refused := v_refused || o_known;

    o_made := cardinality(p_requests);
    IF v_refused IS NOT NULL THEN
        -- Those that are made move up into the places of those that are not.
        SELECT array_agg(CASE WHEN q.made THEN q.ordinal ELSE 0 END ORDER BY q.n),
            array_agg(q.place ORDER BY q.n), coalesce(sum(q.made::integer), 0)
        INTO p_ordinals, p_offsets, o_made
        FROM (
            SELECT u.n, r.made, sum(r.made::integer) OVER (ORDER BY u.n) AS ordinal,
                sum(r.made::integer) OVER (PARTITION BY u.probe ORDER BY u.n) AS place
            FROM unnest(p_requests, p_probes) WITH ORDINALITY u(request, probe, n),
                LATERAL (SELECT u.request <> ALL (v_refused) AS made) r
        ) q;
    END IF;
    IF o_made = 0 THEN
        RETURN;
    END IF;
    INSERT INTO "eventsource".events
        (position, stream, version, name, schema, format, recorded_at, payload, metadata, tags)
    SELECT o_head + u.ordinal, u.stream, o_versions[u.probe] + u.place,
        u.name, u.schema, u.format, u.recorded, u.payload, u.metadata, u.tags
    FROM (SELECT unnest(p_ordinals) AS ordinal, unnest(p_record_streams) AS stream, unnest(p_probes) AS probe,
        unnest(p_offsets) AS place, unnest(p_names) AS name, unnest(p_schemas) AS schema, unnest(p_formats) AS format,
        unnest(p_recorded) AS recorded, unnest(p_payloads) AS payload, unnest(p_metadata) AS metadata,
        unnest(p_tags) AS tags) u
    WHERE u.ordinal > 0;
    IF p_tag_records <> '{}' THEN
        INSERT INTO "eventsource".tags (tag, position, name)
        SELECT u.tag, o_head + p_ordinals[u.record], u.name
        FROM (SELECT unnest(p_tag_texts) AS tag, unnest(p_tag_records) AS record, unnest(p_tag_names) AS name) u
        WHERE p_ordinals[u.record] > 0;
    END IF;
    IF p_key_ids <> '{}' THEN
        INSERT INTO "eventsource".keys (id, digest, position, count)
        SELECT u.id, u.digest, o_head + p_ordinals[u.record], u.count
        FROM (SELECT unnest(p_key_ids) AS id, unnest(p_key_digests) AS digest, unnest(p_key_records) AS record,
            unnest(p_key_counts) AS count) u
        WHERE p_ordinals[u.record] > 0;
    END IF;
END
$$;


--
-- Name: claim_v1(text, bigint, bigint, bigint, bigint, uuid, uuid, bigint, bigint); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.claim_v1(i_name text, i_version bigint, i_slice bigint, i_slices bigint, i_start bigint, i_life uuid, i_owner uuid, i_seen_epoch bigint, i_seen_beat bigint, OUT o_slices bigint, OUT o_owned boolean, OUT o_epoch bigint, OUT o_beat bigint, OUT o_position bigint, OUT o_life uuid, OUT o_active bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO "eventsource".consumers (name, version, slices) VALUES (i_name, i_version, i_slices) ON CONFLICT DO NOTHING;
    SELECT c.slices INTO o_slices FROM "eventsource".consumers c WHERE c.name = i_name AND c.version = i_version;
    IF o_slices <> i_slices THEN
        RETURN;
    END IF;
    INSERT INTO "eventsource".slots (name, version, slice, position, incarnation)
    VALUES (i_name, i_version, i_slice, i_start, i_life) ON CONFLICT DO NOTHING;
    UPDATE "eventsource".slots s SET owner = i_owner, waiter = NULL, epoch = s.epoch + 1
    WHERE s.name = i_name AND s.version = i_version AND s.slice = i_slice
        AND (s.owner IS NULL OR s.owner = i_owner OR (s.epoch = i_seen_epoch AND s.beat = i_seen_beat))
    RETURNING true, s.epoch, s.beat, s.position, s.incarnation INTO o_owned, o_epoch, o_beat, o_position, o_life;
    IF o_owned IS NULL THEN
        UPDATE "eventsource".slots s SET waiter = i_owner
        WHERE s.name = i_name AND s.version = i_version AND s.slice = i_slice
        RETURNING false, s.epoch, s.beat INTO o_owned, o_epoch, o_beat;
    END IF;
    SELECT max(c.version) INTO o_active FROM "eventsource".consumers c WHERE c.name = i_name AND c.is_active;
END
$$;


--
-- Name: drop_made_v1(text, bigint); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.drop_made_v1(i_name text, i_version bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    plain text;
    own text;
BEGIN
    PERFORM "eventsource".hide_v1(i_name, i_version);
    FOR plain IN SELECT unnest(c.made) FROM "eventsource".consumers c WHERE c.name = i_name AND c.version = i_version
    LOOP
        own := plain || '_v' || i_version;
        IF EXISTS (SELECT FROM pg_class k WHERE k.oid = to_regclass(quote_ident(own)) AND k.relkind IN ('r', 'p')) THEN
            EXECUTE format('DROP TABLE %I', own);
        END IF;
    END LOOP;
    UPDATE "eventsource".consumers c SET made = NULL WHERE c.name = i_name AND c.version = i_version;
END
$$;


--
-- Name: hide_v1(text, bigint); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.hide_v1(i_name text, i_version bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    plain text;
BEGIN
    FOR plain IN SELECT unnest(c.made) FROM "eventsource".consumers c
        WHERE c.name = i_name AND c.version = i_version AND c.is_active
    LOOP
        IF EXISTS (SELECT FROM pg_class k WHERE k.oid = to_regclass(quote_ident(plain)) AND k.relkind = 'v') THEN
            EXECUTE format('DROP VIEW %I', plain);
        END IF;
    END LOOP;
END
$$;


--
-- Name: import_v1(text, boolean, timestamp with time zone, uuid, uuid); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.import_v1(p_patience text, p_durable boolean, p_server timestamp with time zone, p_life uuid, p_key uuid, OUT o_life uuid, OUT o_last bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_since timestamptz;
    v_waited bigint := 0;
    v_events bigint;
    v_head bigint;
    v_count integer;
BEGIN
    -- How each function that appends begins: with what a session behind a pooler does not have, and with the lock.
IF p_patience IS NOT NULL THEN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'appends need the isolation level `read committed`, and the default of this role or database is another'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('lock_timeout', p_patience, true), set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('jit', 'off', true);
    IF p_durable AND current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
END IF;
IF NOT pg_try_advisory_xact_lock(2762792086040105697) THEN
    v_since := clock_timestamp();
    PERFORM pg_advisory_xact_lock(2762792086040105697);
    v_waited := extract(epoch FROM clock_timestamp() - v_since) * 1000000;
END IF;

    SELECT m.incarnation, m.events_oid,
        greatest(m.high_water, (SELECT e.position FROM "eventsource".events e ORDER BY e.position DESC LIMIT 1))
    INTO o_life, v_events, v_head
    FROM "eventsource".meta m;
    IF o_life <> p_life OR v_events <> '"eventsource".events'::regclass::oid::bigint
        OR p_server <> pg_postmaster_start_time() THEN
        o_life := NULL;
        RETURN;
    END IF;
    SELECT k.position + k.count - 1 INTO o_last FROM "eventsource".keys k WHERE k.id = p_key;
    IF o_last IS NOT NULL THEN
        RETURN;
    END IF;
    INSERT INTO "eventsource".events
        (position, stream, version, name, schema, format, recorded_at, payload, metadata, tags)
    SELECT v_head + s.ordinal, s.stream, s.place + coalesce((SELECT e.version FROM "eventsource".events e
            WHERE e.stream = s.stream ORDER BY e.version DESC LIMIT 1), 0),
        s.name, s.schema, s.format, s.recorded_at, s.payload, s.metadata, s.tags
    FROM pg_temp.eventsource_import s ORDER BY s.ordinal;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    o_last := v_head + v_count;
    INSERT INTO "eventsource".tags (tag, position, name)
    SELECT t.tag, v_head + s.ordinal, s.name
    FROM pg_temp.eventsource_import s, unnest(string_to_array(s.tags, E'\n')) t(tag);
    INSERT INTO "eventsource".keys (id, digest, position, count)
    VALUES (p_key, '00000000-0000-0000-0000-000000000000', v_head + 1, v_count);
END
$$;


--
-- Name: remember_deleted(); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.remember_deleted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE "eventsource".meta SET high_water =
            greatest(high_water, (SELECT e.position FROM "eventsource".events e ORDER BY e.position DESC LIMIT 1));
    ELSE
        UPDATE "eventsource".meta SET high_water = d.position
        FROM (SELECT max(deleted.position) AS position FROM deleted) d
        WHERE d.position > high_water
            AND NOT EXISTS (SELECT FROM "eventsource".events e WHERE e.position > d.position);
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: show_v1(text, bigint); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.show_v1(i_name text, i_version bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    plain text;
    own text;
BEGIN
    FOR plain IN SELECT unnest(c.made) FROM "eventsource".consumers c WHERE c.name = i_name AND c.version = i_version
    LOOP
        own := plain || '_v' || i_version;
        IF EXISTS (SELECT FROM pg_class k WHERE k.oid = to_regclass(quote_ident(own)) AND k.relkind IN ('r', 'p')) THEN
            EXECUTE format('CREATE VIEW %I AS SELECT * FROM %I', plain, own);
        END IF;
    END LOOP;
END
$$;


--
-- Name: witness_v1(bigint, bigint, bigint, bigint, uuid, boolean, uuid); Type: FUNCTION; Schema: eventsource; Owner: -
--

CREATE FUNCTION eventsource.witness_v1(p_system bigint, p_timeline bigint, p_database bigint, p_head bigint, p_known uuid, p_anew boolean, p_fresh uuid) RETURNS uuid
    LANGUAGE plpgsql
    AS $$
DECLARE
    m "eventsource".meta;
    v_events bigint := '"eventsource".events'::regclass::oid::bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(2762792086040105697);
    SELECT * INTO m FROM "eventsource".meta;
    IF NOT p_anew AND m.events_oid = v_events
        AND coalesce(m.system_identifier = p_system, true) AND coalesce(m.timeline = p_timeline, true)
        AND coalesce(m.database_oid = p_database, true)
        AND (m.incarnation <> p_known OR p_head <= greatest(m.high_water,
            (SELECT e.position FROM "eventsource".events e ORDER BY e.position DESC LIMIT 1)))
    THEN
        UPDATE "eventsource".meta SET system_identifier = p_system
        WHERE system_identifier IS NULL AND p_system IS NOT NULL;
        RETURN m.incarnation;
    END IF;
    UPDATE "eventsource".meta SET incarnation = p_fresh, events_oid = v_events, system_identifier = p_system,
        timeline = p_timeline, database_oid = p_database;
    RETURN p_fresh;
END
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: consumers; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.consumers (
    name text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    slices bigint NOT NULL,
    is_active boolean DEFAULT false NOT NULL,
    made text[]
);


--
-- Name: events; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.events (
    "position" bigint NOT NULL,
    stream text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    schema bigint,
    format text COLLATE pg_catalog."C",
    recorded_at bigint NOT NULL,
    payload bytea NOT NULL,
    metadata bytea,
    tags text COLLATE pg_catalog."C"
);


--
-- Name: kept; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.kept (
    name text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    identity uuid NOT NULL,
    incarnation uuid NOT NULL,
    "position" bigint NOT NULL,
    state bytea NOT NULL
);


--
-- Name: keys; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.keys (
    id uuid NOT NULL,
    digest uuid NOT NULL,
    "position" bigint NOT NULL,
    count integer NOT NULL
);


--
-- Name: meta; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.meta (
    application text NOT NULL,
    schema_version integer NOT NULL,
    oldest_user integer NOT NULL,
    identity uuid NOT NULL,
    incarnation uuid NOT NULL,
    high_water bigint NOT NULL,
    system_identifier bigint,
    timeline bigint,
    database_oid bigint,
    events_oid bigint
);


--
-- Name: parked; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.parked (
    name text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    "position" bigint NOT NULL,
    stream text NOT NULL COLLATE pg_catalog."C",
    stream_version bigint NOT NULL,
    event text NOT NULL COLLATE pg_catalog."C",
    error text NOT NULL,
    at bigint NOT NULL,
    wish smallint
);


--
-- Name: slots; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.slots (
    name text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    slice bigint NOT NULL,
    "position" bigint NOT NULL,
    incarnation uuid NOT NULL,
    owner uuid,
    waiter uuid,
    epoch bigint DEFAULT 0 NOT NULL,
    beat bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');


--
-- Name: snapshots; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.snapshots (
    stream text NOT NULL COLLATE pg_catalog."C",
    fingerprint bigint NOT NULL,
    version bigint NOT NULL,
    "position" bigint NOT NULL,
    latest bigint NOT NULL,
    incarnation uuid NOT NULL,
    format text NOT NULL COLLATE pg_catalog."C",
    state bytea NOT NULL,
    kept_at timestamp with time zone NOT NULL
);


--
-- Name: tags; Type: TABLE; Schema: eventsource; Owner: -
--

CREATE TABLE eventsource.tags (
    tag text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: turnover_v3; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.turnover_v3 (
    amount bigint NOT NULL
);


--
-- Name: turnover; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.turnover AS
 SELECT turnover_v3.amount
   FROM public.turnover_v3;


--
-- Data for Name: consumers; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.consumers (name, version, slices, is_active, made) FROM stdin;
greeting/steps	1	1	t	\N
greeting/commands	1	1	t	\N
turnover	3	1	t	{turnover}
\.


--
-- Data for Name: events; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.events ("position", stream, version, name, schema, format, recorded_at, payload, metadata, tags) FROM stdin;
1	account/1	1	golden.opened	\N	\N	1795651200000000	\\x7b226e616d65223a22616461227d	\N	\N
2	account/2	1	golden.opened	2	\N	1795651201000000	\\x7b226f776e6572223a22626f62222c226272616e6368223a327d	\N	branch:2
3	account/1	2	golden.deposited	\N	\N	1795651202000000	\\x7b227265666572656e6365223a22722d31222c22616d6f756e74223a357d	\\x7b22636f7272656c6174696f6e223a227669736974222c22636175736174696f6e223a226d61696c222c226163746f72223a22636c65726b222c226f776e223a7b2274696c6c223a223320f09f92b6227d7d	reference:r-1
4	account/1	3	golden.deposited	\N	\N	1795651203000000	\\x7b227265666572656e6365223a22722d31222c22616d6f756e74223a31337d	\\x7b22636f7272656c6174696f6e223a227669736974222c22636175736174696f6e223a226d61696c222c226163746f72223a22636c65726b222c226f776e223a7b2274696c6c223a223320f09f92b6227d7d	reference:r-1
5	account/1	4	golden.deposited	\N	\N	1795651204000000	\\x7b227265666572656e6365223a22722d31222c22616d6f756e74223a377d	\\x7b22636f7272656c6174696f6e223a227669736974222c22636175736174696f6e223a226d61696c222c226163746f72223a22636c65726b222c226f776e223a7b2274696c6c223a223320f09f92b6227d7d	reference:r-1
6	@golden.noted/all	1	golden.noted	\N	\N	1795715518058055	\\x7b2274657874223a2264656369646564222c226c6162656c73223a5b5d2c22776569676874223a6e756c6c7d	\N	\N
7	note/n	1	golden.noted	\N	messagepack	1795651205000000	\\x83a474657874aa6e61c3af766520e29882a66c6162656c7392a161a0a6776569676874cb3fe0000000000000	\N	\N
8	greeting/2	1	golden.greeted	\N	\N	1795651205000000	\\x7b226f776e6572223a22626f62227d	\\x7b22636175736174696f6e223a226163636f756e742f324031227d	\N
9	$greeting/2	1	$greeting.step	\N	\N	1795651205000000	\\x7b22746f6f6b223a7b2273747265616d223a226163636f756e742f32222c2276657273696f6e223a312c22706f736974696f6e223a322c2273746f7265223a2230316132313866632d346465392d373832662d383833622d653532313931356665326331227d2c22636f6d6d616e6473223a5b7b22616767726567617465223a226163636f756e74222c226964223a2232222c22636f6d6d616e64223a7b224465706f736974223a7b227265666572656e6365223a2267696674222c22616d6f756e74223a307d7d7d5d2c2274696d657273223a5b7b2274696d6572223a22676f6c64656e2e6269727468646179222c226174223a313832373138373230353030303030302c227061796c6f6164223a7b226f776e6572223a22626f62227d7d5d7d	\\x7b22636175736174696f6e223a226163636f756e742f324031227d	\N
10	$greeting/2	2	$greeting.refused	\N	\N	1795651205000000	\\x7b2273746570223a312c22696e646578223a302c22636f6d6d616e64223a7b22616767726567617465223a226163636f756e74222c226964223a2232222c22636f6d6d616e64223a7b224465706f736974223a7b227265666572656e6365223a2267696674222c22616d6f756e74223a307d7d7d2c22726561736f6e223a227468657265206973206e6f7468696e6720746f206465706f736974227d	\\x7b22636175736174696f6e223a22246772656574696e672f324031227d	\N
11	greeting/2	2	golden.remembered	\N	\N	1795651205000000	\\x7b2277686174223a227468657265206973206e6f7468696e6720746f206465706f736974227d	\\x7b22636175736174696f6e223a22246772656574696e672f324032227d	\N
12	$greeting/2	3	$greeting.step	\N	\N	1795651205000000	\\x7b22746f6f6b223a7b2273747265616d223a22246772656574696e672f32222c2276657273696f6e223a322c22706f736974696f6e223a31302c2273746f7265223a2230316132313866632d346465392d373832662d383833622d653532313931356665326331227d7d	\\x7b22636175736174696f6e223a22246772656574696e672f324032227d	\N
\.


--
-- Data for Name: kept; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.kept (name, version, identity, incarnation, "position", state) FROM stdin;
\.


--
-- Data for Name: keys; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.keys (id, digest, "position", count) FROM stdin;
01a218fc-4e4b-739e-ad51-8cfe66c871b0	00000000-0000-0000-0000-000000000000	2	1
e1d94c00-937c-5b57-afb6-1e6a1cf2d790	067eb50f-c43b-5247-8065-903bc7fdd41e	3	1
d781d08d-3077-5323-a972-b6e08a04e162	04fdcb55-a0f0-5ca8-a473-0cb41573ffbf	4	1
c93d11bd-a7dc-52bf-be63-9dbce927d9d2	82ad9cf3-259a-591c-8c7a-b3fbcaf0df36	5	1
01a218fc-4e68-7106-8026-6d3021fd228c	00000000-0000-0000-0000-000000000000	6	1
01a218fc-4e70-7a75-a33e-24b8d3f689fc	00000000-0000-0000-0000-000000000000	7	1
1f3975dc-6b73-5f18-a0b1-bb95d1042848	7bbfb525-7af1-57dd-a011-96c9ea517119	8	2
36d43366-da0f-5fff-9926-19dc39ba6516	7c339e79-a142-5f9d-8906-58bf3a18469f	10	1
d68ec7de-330c-57e4-aba2-a03738a44f68	7bbfb525-7af1-57dd-a011-96c9ea517119	11	2
\.


--
-- Data for Name: meta; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.meta (application, schema_version, oldest_user, identity, incarnation, high_water, system_identifier, timeline, database_oid, events_oid) FROM stdin;
eventsource	2	1	01a218fc-4de9-782f-883b-e521915fe2c1	01a218fc-4e41-73ba-aa79-0b7aee337fe1	0	7712539404839853388	1	16384	16391
\.


--
-- Data for Name: parked; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.parked (name, version, "position", stream, stream_version, event, error, at, wish) FROM stdin;
turnover	3	4	account/1	3	golden.deposited	thirteen	1795715518185510	\N
turnover	3	5	account/1	4	golden.deposited		1795715518188381	\N
\.


--
-- Data for Name: slots; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.slots (name, version, slice, "position", incarnation, owner, waiter, epoch, beat) FROM stdin;
greeting/steps	1	0	12	01a218fc-4e41-73ba-aa79-0b7aee337fe1	\N	\N	3	3
greeting/commands	1	0	12	01a218fc-4e41-73ba-aa79-0b7aee337fe1	\N	\N	3	2
turnover	3	0	12	01a218fc-4e41-73ba-aa79-0b7aee337fe1	\N	\N	1	3
\.


--
-- Data for Name: snapshots; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.snapshots (stream, fingerprint, version, "position", latest, incarnation, format, state, kept_at) FROM stdin;
account/1	-7088472841731345321	4	5	1795651204000000	01a218fc-4e41-73ba-aa79-0b7aee337fe1	json	\\x7b226f776e6572223a22616461222c226272616e6368223a302c2262616c616e6365223a32357d	2026-11-26 17:51:58.07756+00
\.


--
-- Data for Name: tags; Type: TABLE DATA; Schema: eventsource; Owner: -
--

COPY eventsource.tags (tag, "position", name) FROM stdin;
branch:2	2	golden.opened
reference:r-1	3	golden.deposited
reference:r-1	4	golden.deposited
reference:r-1	5	golden.deposited
\.


--
-- Data for Name: turnover_v3; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.turnover_v3 (amount) FROM stdin;
5
\.


--
-- Name: consumers consumers_pkey; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.consumers
    ADD CONSTRAINT consumers_pkey PRIMARY KEY (name, version);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.events
    ADD CONSTRAINT events_pkey PRIMARY KEY ("position");


--
-- Name: events events_stream_version_key; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.events
    ADD CONSTRAINT events_stream_version_key UNIQUE (stream, version);


--
-- Name: kept kept_pkey; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.kept
    ADD CONSTRAINT kept_pkey PRIMARY KEY (name, version);


--
-- Name: keys keys_pkey; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (name, version, "position");


--
-- Name: slots slots_pkey; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.slots
    ADD CONSTRAINT slots_pkey PRIMARY KEY (name, version, slice);


--
-- Name: snapshots snapshots_pkey; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (stream, fingerprint);


--
-- Name: tags tags_pkey; Type: CONSTRAINT; Schema: eventsource; Owner: -
--

ALTER TABLE ONLY eventsource.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (tag, "position");


--
-- Name: events_by_name; Type: INDEX; Schema: eventsource; Owner: -
--

CREATE INDEX events_by_name ON eventsource.events USING btree (name, "position");


--
-- Name: events remember_deleted; Type: TRIGGER; Schema: eventsource; Owner: -
--

CREATE TRIGGER remember_deleted AFTER DELETE ON eventsource.events REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION eventsource.remember_deleted();


--
-- Name: events remember_truncated; Type: TRIGGER; Schema: eventsource; Owner: -
--

CREATE TRIGGER remember_truncated BEFORE TRUNCATE ON eventsource.events FOR EACH STATEMENT EXECUTE FUNCTION eventsource.remember_deleted();


--
-- PostgreSQL database dump complete
--

\unrestrict kfwEeR0N5aJoKbvGmxKGFGwBVmfYwkGaxpOcyf22APjBWJUDc8foBCVIjshkZv0

