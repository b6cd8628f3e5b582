// Package catalog is the relational truth: what was asked for, what became of
// it, and which bytes each step came to.
//
//	runs ----< jobs ----< run_steps          what people asked for, step by step
//	             \------< run_cache          the outputs of a finished job
//	step_results ---- nondeterminism         the fact, and the evidence against it
//	cache_items ----< item_types             bytes, and what they are to whom
//	analyses                                 what was measured of an input
//	storage_backends, storage_pins           who promised to keep which bytes
//	cursors, processor_errors                how far background work has come
//	audit_log                                who did what
//
//	QUEUED <--> PAUSED <--> RUNNING
//	   |           |           |
//	   +-----------+-----------+--> COMPLETED
//	                                FAILED, CANCELLED, INTERRUPTED --reopen--> QUEUED
//
// Nothing but ReopenJob leaves a final state, and nothing COMPLETED. A result
// is a fact: for one cache_id the first recorded content hash stands; other
// bytes are kept as evidence. Both are constraints or conditions of the
// statements, so that no order of calls breaks them.
//
// A processor holds a lease (Acquire) and moves its cursor together with what it
// has to say (Advance): of two that come from the same place one alone writes.
// Leases are told by the clocks of their owners; clocks that differ cost work
// that is refused, never a write that is lost or done twice.
//
// # SQLite
//
// On one machine the catalog is SQLite, catalog.db in the cache folder. Any
// number of processes share it: WAL lets readers and one writer work beside
// each other, writers take their lock when the transaction begins (so that none
// fails half-way because another came first), and wait for each other up to 30
// seconds. A file lock keeps migrations apart. A process killed at any instant
// leaves whole transactions only; a machine that loses power may lose the last
// moments, never more. The folder must not be on a network file system (NFS,
// SMB): WAL needs memory shared by all processes, and their file locks lie.
//
// # PostgreSQL
//
// A farm keeps it in PostgreSQL, 15 or later, whose database must exist; an
// advisory lock keeps migrations apart. Transactions that settle facts follow
// each other under another one, because each decides by what is there; all
// others run beside them. Rows are locked in one order, so that no two
// transactions wait for each other. Statements are prepared and locks belong to
// a session, so a pooler in between has to pool sessions, not transactions.
//
// Identities are stored as lower-case hex text, times and durations as integer
// milliseconds, documents as JSON text. The models and queries know no dialect;
// what differs is in the migrations of each, in opening, and in bulk, which
// records many steps at once.
package catalog
