DROP FUNCTION IF EXISTS _gatehouse_partition_purge(text, text, date);
DROP FUNCTION IF EXISTS _gatehouse_partition_drop(text, date);
DROP FUNCTION IF EXISTS _gatehouse_partition_add(text, text, text, text, text, text);
DROP FUNCTION IF EXISTS _gatehouse_partition_default(text);
DROP FUNCTION IF EXISTS _gatehouse_partition_lock();
