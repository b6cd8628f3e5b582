// Package engine runs a plan on this machine, in this process.
//
//	plan --prune--> the steps that must run     prune.go
//	     --order--> longest remaining path first, by slots   queue.go
//	     each step: lock its resolved_id, look again, borrow inputs,
//	     perform, give the slots back, store     step.go
//	     --report-> counts, outputs, failures    report.go
//
// Pruning starts at the outputs: a step whose result is known and whole is
// cached, and what lies behind it is not looked at. So a run of which
// everything is known costs one look-up per output.
//
// Early cutoff: once its inputs' bytes are known, a step has a resolved_id; if
// the same work was done on the same bytes before, under whatever cache_id,
// that result is linked and the step is cached.
//
// A worker of the farm performs single steps instead: Do takes a step whose
// inputs are known as content and goes the same way with it       do.go
//
// Several processes may run at once on one cache. The lock on the resolved_id
// lets one of them execute a step while the others wait for its result.
//
// When a step fails, what depends on it is skipped and all else goes on. When
// the context ends, running tools are killed with everything they started,
// nothing half-made is stored, and the next run resumes: every step that was
// finished is in the cache.
package engine
