// Plans of functions are cached, some while the tables are still empty: none of them may ever turn into a scan.
export const BY_INDEX = `set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off`;
