-- Moves what stands in the temporary table `eventsource_import` behind the last event, unless that was done under this
-- key before. `place` is an event's place among those of its stream in that table.
CREATE FUNCTION {schema}.import_v1(
    p_patience text, p_durable boolean, p_server timestamptz, p_life uuid, p_key uuid, OUT o_life uuid, OUT o_last bigint
) LANGUAGE plpgsql AS $function$
DECLARE
    v_since timestamptz;
    v_waited bigint := 0;
    v_events bigint;
    v_head bigint;
    v_count integer;
BEGIN
    {begin}
    SELECT m.incarnation, m.events_oid,
        greatest(m.high_water, (SELECT e.position FROM {schema}.events e ORDER BY e.position DESC LIMIT 1))
    INTO o_life, v_events, v_head
    FROM {schema}.meta m;
    IF o_life <> p_life OR v_events <> '{schema}.events'::regclass::oid::bigint
        OR p_server <> pg_postmaster_start_time() THEN
        o_life := NULL;
        RETURN;
    END IF;
    SELECT k.position + k.count - 1 INTO o_last FROM {schema}.keys k WHERE k.id = p_key;
    IF o_last IS NOT NULL THEN
        RETURN;
    END IF;
    INSERT INTO {schema}.events
        (position, stream, version, name, schema, format, recorded_at, payload, metadata, tags)
    SELECT v_head + s.ordinal, s.stream, s.place + coalesce((SELECT e.version FROM {schema}.events e
            WHERE e.stream = s.stream ORDER BY e.version DESC LIMIT 1), 0),
        s.name, s.schema, s.format, s.recorded_at, s.payload, s.metadata, s.tags
    FROM pg_temp.eventsource_import s ORDER BY s.ordinal;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    o_last := v_head + v_count;
    INSERT INTO {schema}.tags (tag, position, name)
    SELECT t.tag, v_head + s.ordinal, s.name
    FROM pg_temp.eventsource_import s, unnest(string_to_array(s.tags, E'\n')) t(tag);
    INSERT INTO {schema}.keys (id, digest, position, count)
    VALUES (p_key, '00000000-0000-0000-0000-000000000000', v_head + 1, v_count);
END
$function$;
