// Package farm puts the parts of the farm together: the scheduler, which plans
// jobs and releases their steps, and the worker, which performs them.
//
//	Scheduler                                     Worker
//	  service.go    what the API asks for           worker.go    assembles: cache, engine, peers, queue
//	  planning.go   QUEUED -> plan -> submitted     describe.go  what it tells of itself
//	  finishing.go  no open step -> final, recorded
//	  epochs.go     Redis forgot: begin anew
//	  reconcile.go  what fell out is put back
//
// A job's way: Submit writes it into the catalog and answers. A planner takes
// it, fetches and measures its inputs, expands the recipe, finds out what is
// known, and submits the rest (package tasks). The dispatcher releases steps by
// turns. When none is open the job is final: its outputs are written down, its
// steps are forgotten in Redis, its provenance is signed.
//
// Everything that a scheduler knows can be found again: from the catalog, the
// cache folder and Redis. Two schedulers at once do the same idempotent things.
package farm
