-- Partitions are made ahead and dropped by these; the app database has the same ones. All work under one advisory lock and
-- give up when a lock is not free at once (55P03): the next run does what is left.

CREATE OR REPLACE FUNCTION _gatehouse_partition_lock() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('lock_timeout', '200ms', true);
  PERFORM pg_advisory_xact_lock(hashtextextended('gatehouse partitions ' || current_schema(), 0));
END $$;

-- The default partition of a table, or NULL.
CREATE OR REPLACE FUNCTION _gatehouse_partition_default(parent text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT child.relname
    FROM pg_partitioned_table
    JOIN pg_class child ON child.oid = partdefid
   WHERE partrelid = quote_ident(parent)::regclass
$$;

-- Adds the partition parent_pSUFFIX for column values from … to, and moves what the default partition holds of them.
-- Returns the number of rows moved; -1 if they are more than 5,000 (they stay, and are found there); NULL if the range has a
-- partition already. A `leaf_key` becomes the partition's own primary key.
CREATE OR REPLACE FUNCTION _gatehouse_partition_add(
  parent text, suffix text, by_column text, from_value text, to_value text, leaf_key text)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  child text := parent || '_p' || suffix;
  spare text;
  in_range text := format('%I >= %L AND %I < %L', by_column, from_value, by_column, to_value);
  found_rows integer := 0;
BEGIN
  PERFORM _gatehouse_partition_lock();
  IF to_regclass(quote_ident(child)) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  -- Nobody may stand between choosing a partition and locking it: a row would meet the default partition's new constraint,
  -- and a reader would look for moved rows where they were.
  EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
  spare := _gatehouse_partition_default(parent);
  IF spare IS NOT NULL THEN
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', spare);
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %I WHERE %s LIMIT 5001) AS waiting', spare, in_range) INTO found_rows;
  END IF;
  IF found_rows > 5000 THEN
    RETURN -1;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
  IF leaf_key IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (%I)', child, leaf_key);
  END IF;
  IF found_rows > 0 THEN
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %s RETURNING *) INSERT INTO %I SELECT * FROM moved',
                   spare, in_range, child);
  END IF;
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, from_value, to_value);
  RETURN found_rows;
EXCEPTION WHEN invalid_object_definition THEN  -- the range overlaps a partition with another name
  RETURN NULL;
END $$;

-- Drops the oldest partition whose range ends at `day` or before. Returns its name, or NULL.
CREATE OR REPLACE FUNCTION _gatehouse_partition_drop(parent text, day date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  child text;
BEGIN
  PERFORM _gatehouse_partition_lock();
  SELECT relname INTO child
    FROM pg_inherits
    JOIN pg_class ON pg_class.oid = inhrelid
   CROSS JOIN LATERAL (
     SELECT substring(pg_get_expr(relpartbound, pg_class.oid) FROM 'TO \(''([^'']+)''\)')::timestamp AS ends) AS bound
   WHERE inhparent = quote_ident(parent)::regclass AND ends <= day
   ORDER BY ends LIMIT 1;
  IF child IS NOT NULL THEN
    EXECUTE format('DROP TABLE %I', child);
  END IF;
  RETURN child;
END $$;

-- Deletes at most 5,000 rows older than `day` from the default partition. Returns how many.
CREATE OR REPLACE FUNCTION _gatehouse_partition_purge(parent text, by_column text, day date)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  spare text := _gatehouse_partition_default(parent);
  deleted integer := 0;
BEGIN
  PERFORM _gatehouse_partition_lock();
  IF spare IS NOT NULL THEN
    EXECUTE format('DELETE FROM %I WHERE ctid = ANY (ARRAY (SELECT ctid FROM %I WHERE %I < %L LIMIT 5000))',
                   spare, spare, by_column, day);
    GET DIAGNOSTICS deleted = ROW_COUNT;
  END IF;
  RETURN deleted;
END $$;
