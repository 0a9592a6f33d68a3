-- Appends with stamps: what was a row in `keys` for each append is a value in its first event, where nobody else has the key and
-- a check says where that event stands. Who finds its check broken looks there.
ALTER TABLE {schema}.events ADD COLUMN stamp uuid;

-- The lock in a statement of its own, then, under new snapshots, the checks and the inserts.
--
-- Every look-up is a subquery of a row's own, never a join, so that its plan is one descent of an index whatever the
-- planner believes of the tables. It begins at what the caller knows (the head, the version that a check expects), as a
-- backward scan first gathers what else there is on the page.
--
-- Arrays are unnested in a select list, side by side: in a FROM clause each is written to a store of tuples first. Texts
-- are never picked out of one by number, as that counts through those before.

-- Judges many appends, which have nothing to do with each other, and makes those whose checks hold.
--
-- A probe is a stream and what is expected of its version: a number, -1 for any, -2 for nothing. An arm is a part of a
-- query that must match nothing: a tag with names and more tags, a name, or neither for every event. A record is one
-- event; it names its request, the probe of its stream, its place among all records, and its place in its stream. A column
-- of records that have nothing in it is NULL: each array costs its share, also one of NULLs.
CREATE FUNCTION {schema}.append_v2(
    p_patience text, p_durable boolean, p_server timestamptz, p_life uuid, p_head bigint,
    p_streams text[], p_expected bigint[], p_probe_requests integer[],
    p_arm_tags text[], p_arm_names text[], p_arm_more text[], p_arm_afters bigint[], p_arm_requests integer[],
    p_latest bigint,
    p_key_ids uuid[], p_key_digests uuid[], p_key_records integer[], p_key_counts integer[], p_key_requests integer[],
    p_requests integer[], p_probes integer[], p_ordinals bigint[], p_offsets bigint[],
    p_record_streams text[], p_names text[], p_schemas bigint[], p_formats text[], p_recorded bigint[],
    p_payloads bytea[], p_metadata bytea[], p_tags text[], p_stamps uuid[],
    p_tag_records integer[], p_tag_texts text[], p_tag_names text[],
    OUT o_life uuid, OUT o_head bigint, OUT o_versions bigint[], OUT o_matches bigint[],
    OUT o_known integer[], OUT o_made integer, OUT o_waited bigint
) LANGUAGE plpgsql AS $function$
DECLARE
    v_since timestamptz;
    v_waited bigint := 0;
    v_events bigint;
    v_refused integer[];
    v_matched integer[];
BEGIN
    {begin}
    o_waited := v_waited;
    SELECT m.incarnation, m.events_oid,
        greatest(m.high_water,
            (SELECT e.position FROM {schema}.events e WHERE e.position >= p_head ORDER BY e.position DESC LIMIT 1)),
        p.versions, p.refused, k.known
    INTO o_life, v_events, o_head, o_versions, v_refused, o_known
    FROM {schema}.meta m, (
        SELECT array_agg(q.version) AS versions, array_agg(q.request) FILTER (WHERE
            CASE q.expected WHEN -2 THEN false WHEN -1 THEN q.version = 0 ELSE q.version <> q.expected END) AS refused
        FROM (
            SELECT u.expected, u.request, coalesce(
                (SELECT e.version FROM {schema}.events e
                    WHERE e.stream = u.stream AND e.version >= u.expected ORDER BY e.version DESC LIMIT 1),
                CASE WHEN u.expected > 0 THEN (SELECT e.version FROM {schema}.events e
                    WHERE e.stream = u.stream ORDER BY e.version DESC LIMIT 1) END,
                0) AS version
            FROM (SELECT unnest(p_streams) AS stream, unnest(p_expected) AS expected,
                unnest(p_probe_requests) AS request) u
            OFFSET 0
        ) q
    ) p, (
        SELECT array_agg(q.request) FILTER (WHERE q.known IS NOT NULL) AS known
        FROM (
            SELECT u.request, (SELECT k.position FROM {schema}.keys k WHERE k.id = u.id) AS known
            FROM (SELECT unnest(p_key_ids) AS id, unnest(p_key_requests) AS request) u
            OFFSET 0
        ) q
    ) k;
    IF o_life <> p_life OR v_events <> '{schema}.events'::regclass::oid::bigint
        OR p_server <> pg_postmaster_start_time() OR o_head < p_head THEN
        o_life := NULL;
        RETURN;
    END IF;

    IF p_arm_requests <> '{}' THEN
        SELECT array_agg(q.position), array_agg(q.request) FILTER (WHERE q.position IS NOT NULL)
        INTO o_matches, v_matched
        FROM (
            {matches}
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
    INSERT INTO {schema}.events
        (position, stream, version, name, schema, format, recorded_at, payload, metadata, tags, stamp)
    SELECT o_head + u.ordinal, u.stream, o_versions[u.probe] + u.place,
        u.name, u.schema, u.format, u.recorded, u.payload, u.metadata, u.tags, u.stamp
    FROM (SELECT unnest(p_ordinals) AS ordinal, unnest(p_record_streams) AS stream, unnest(p_probes) AS probe,
        unnest(p_offsets) AS place, unnest(p_names) AS name, unnest(p_schemas) AS schema, unnest(p_formats) AS format,
        unnest(p_recorded) AS recorded, unnest(p_payloads) AS payload, unnest(p_metadata) AS metadata,
        unnest(p_tags) AS tags, unnest(p_stamps) AS stamp) u
    WHERE u.ordinal > 0;
    IF p_tag_records <> '{}' THEN
        INSERT INTO {schema}.tags (tag, position, name)
        SELECT u.tag, o_head + p_ordinals[u.record], u.name
        FROM (SELECT unnest(p_tag_texts) AS tag, unnest(p_tag_records) AS record, unnest(p_tag_names) AS name) u
        WHERE p_ordinals[u.record] > 0;
    END IF;
    IF p_key_ids <> '{}' THEN
        INSERT INTO {schema}.keys (id, digest, position, count)
        SELECT u.id, u.digest, o_head + p_ordinals[u.record], u.count
        FROM (SELECT unnest(p_key_ids) AS id, unnest(p_key_digests) AS digest, unnest(p_key_records) AS record,
            unnest(p_key_counts) AS count) u
        WHERE p_ordinals[u.record] > 0;
    END IF;
END
$function$;

-- The same for one request of one record, in the case that it is made: then its position and version and the wait for the lock in
-- microseconds, else nothing, and `append_v2` says why not. Arrays that would be empty, and that of a single tag, are NULL,
-- as PL/pgSQL copies each one that it is given.
CREATE FUNCTION {schema}.append_one_v2(
    p_patience text, p_durable boolean, p_server timestamptz, p_life uuid, p_head bigint,
    p_stream text, p_expected bigint,
    p_arm_tags text[], p_arm_names text[], p_arm_more text[], p_arm_afters bigint[], p_arm_requests integer[],
    p_latest bigint,
    p_key uuid, p_digest uuid,
    p_name text, p_schema bigint, p_format text, p_recorded bigint,
    p_payload bytea, p_metadata bytea, p_tags text, p_tag_texts text[], p_stamp uuid
) RETURNS bigint[] LANGUAGE plpgsql AS $function$
DECLARE
    v_since timestamptz;
    v_waited bigint := 0;
    v_life uuid;
    v_events bigint;
    v_head bigint;
    v_version bigint;
    v_known bigint;
BEGIN
    {begin}
    SELECT m.incarnation, m.events_oid,
        greatest(m.high_water,
            (SELECT e.position FROM {schema}.events e WHERE e.position >= p_head ORDER BY e.position DESC LIMIT 1)),
        coalesce((SELECT e.version FROM {schema}.events e
            WHERE e.stream = p_stream AND e.version >= p_expected ORDER BY e.version DESC LIMIT 1), 0),
        (SELECT k.position FROM {schema}.keys k WHERE k.id = p_key)
    INTO v_life, v_events, v_head, v_version, v_known
    FROM {schema}.meta m;
    IF v_life <> p_life OR v_events <> '{schema}.events'::regclass::oid::bigint
        OR p_server <> pg_postmaster_start_time() OR v_head < p_head OR v_known IS NOT NULL OR p_latest > v_head
        OR p_expected = -1 AND v_version = 0 OR p_expected >= 0 AND v_version <> p_expected THEN
        RETURN NULL;
    END IF;
    -- In two, as an expression with a query in it is a statement of its own, whatever stands before the query.
    IF p_arm_requests IS NOT NULL THEN
        IF EXISTS (
            SELECT FROM (
                {matches}
                OFFSET 0
            ) q
            WHERE q.position IS NOT NULL
        ) THEN
            RETURN NULL;
        END IF;
    END IF;
    v_head := v_head + 1;
    v_version := v_version + 1;
    INSERT INTO {schema}.events
        (position, stream, version, name, schema, format, recorded_at, payload, metadata, tags, stamp)
    VALUES (v_head, p_stream, v_version, p_name, p_schema, p_format, p_recorded, p_payload, p_metadata, p_tags, p_stamp);
    IF p_tag_texts IS NOT NULL THEN
        INSERT INTO {schema}.tags (tag, position, name) SELECT u.tag, v_head, p_name FROM unnest(p_tag_texts) u(tag);
    ELSIF p_tags IS NOT NULL THEN
        INSERT INTO {schema}.tags (tag, position, name) VALUES (p_tags, v_head, p_name);
    END IF;
    IF p_key IS NOT NULL THEN
        INSERT INTO {schema}.keys (id, digest, position, count) VALUES (p_key, p_digest, v_head, 1);
    END IF;
    RETURN ARRAY[v_head, v_version, v_waited];
END
$function$;
