EXPLAIN COST FOR RECIPIENT acme ON TABLE s.t.u WHERE day >= '2026-01-01' AND a = ';';
WITH x AS (SELECT 1) /* ; */ SELECT $1::int FROM "a;b"