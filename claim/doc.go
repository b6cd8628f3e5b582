// Package claim is the typed face of the scripts in package lua: the state
// machine by which workers own steps.
//
//	         submit               claim              start              complete
//	(absent) ------> W ...> R ...> Q ------> C CLAIMED ------> X RUNNING ------> D DONE
//	                 ^      ^                |                  |                F FAILED
//	                 |      +-- release, lapsed lease ----------+                S skipped
//	                 +--------- reopen: bytes of an input are gone
//
// W waits for inputs, R is on the ready list of every job that wants it, Q is
// released to the queue; people know all three as PENDING. A step that reads
// sources only goes from Q to X at once.
//
// # Words
//
// A job is one submission; it wants steps. A step is wanted by any number of
// jobs and executed once. The window bounds how much of one job is released or
// running; jobs of equal priority take turns. The token, 128 random bits made
// by the claimer, proves ownership; the lease says until when.
//
// # Invariants
//
//   - C1 one owner: at any instant at most one unexpired lease for a step.
//   - C2 fencing: renew, start, complete, fail, release and reopen compare the
//     token; a late owner gets ErrLost and changes nothing.
//   - C3 done is final: only reopen takes a result back.
//   - C4 a step that any number of jobs want executes once while its result is
//     known and can be had.
//   - C5 every unfinished wanted step waits for inputs, is ready, in settle, in
//     the queue, or owned; Sweep and Overdue put back what falls out.
//   - C7 failures spend attempts, lost leases do not; a step that loses its
//     worker 5 times is FAILED.
//   - C8 a script touches about 1,000 records at most.
//   - C9 content is stored before complete, complete comes before the queue's
//     acknowledgement.
//
// # When things fail
//
// A worker dies: its leases lapse, Sweep makes the steps ready again. A reply is
// lost: the client repeats the call, and every verb gives the first answer to
// the same token. Redis forgets everything: the scheduler begins a new epoch;
// scripts refuse callers of the old one (ErrEpoch); within the grace, in which
// no claim is granted, workers adopt what they run and report what was not
// recorded; then jobs are submitted again and finished steps are known.
package claim
