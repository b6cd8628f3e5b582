// Package catalog is the relational truth: what was asked for, what became of
// it, and which bytes each step came to.
//
//	runs ----< jobs ----< run_steps          what people asked for, step by step
//	             \------< run_cache          the outputs of a finished job
//	step_results ---- nondeterminism         the fact, and the evidence against it
//	cache_items ----< item_types             bytes, and what they are to whom
//	analyses                                 what was measured of an input
//
// A job moves QUEUED -> RUNNING -> COMPLETED, FAILED, CANCELLED or INTERRUPTED
// and never back. A result is a fact: for one cache_id the first recorded
// content hash stands; other bytes are kept as evidence. Both are constraints
// or conditions of the statements, so that no order of calls breaks them.
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
// Identities are stored as lower-case hex text, times and durations as integer
// milliseconds, documents as JSON text. The models and queries know no dialect;
// what differs is in the migrations of each and in opening.
package catalog
