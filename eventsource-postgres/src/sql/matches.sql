-- Of each arm, the first position that matches it; part of the functions that append.
SELECT a.request, CASE
    WHEN a.tag <> '' THEN (
        SELECT t.position FROM {schema}.tags t
        WHERE t.tag = a.tag AND t.position > a.after
            AND (a.names = '' OR strpos(a.names, E'\n' || t.name || E'\n') > 0)
            AND (a.more = '' OR NOT EXISTS (
                SELECT FROM unnest(string_to_array(a.more, E'\n')) x(tag)
                WHERE (SELECT o.position FROM {schema}.tags o
                    WHERE o.tag = x.tag AND o.position = t.position) IS NULL))
        ORDER BY t.position LIMIT 1)
    -- The next entry of the index (name, position), which no other index can give.
    WHEN a.names <> '' THEN (
        SELECT CASE WHEN n.name = a.names THEN n.position END
        FROM (SELECT e.name, e.position FROM {schema}.events e
            WHERE (e.name, e.position) > (a.names, a.after)
            ORDER BY e.name, e.position LIMIT 1) n)
    ELSE (SELECT e.position FROM {schema}.events e WHERE e.position > a.after ORDER BY e.position LIMIT 1)
END AS position
FROM (SELECT unnest(p_arm_tags) AS tag, unnest(p_arm_names) AS names, unnest(p_arm_more) AS more,
    unnest(p_arm_afters) AS after, unnest(p_arm_requests) AS request) a
