// Package tasks is the queue: it carries released steps from the schedulers to
// the workers over asynq, and turns a task into claim, fetch, execute, store,
// complete.
//
//	scheduler                        Redis                      worker
//	Dispatcher  --claim.Dispatch-->  ready lists
//	            --enqueue--------->  asynq {priority}-{class}
//	            --ring------------>  doorbell  ------------->   Doorbell lets asynq ask
//	                                                            Worker.ProcessTask:
//	                                                              slots
//	                                 claim     <-------------     claim
//	                                 start     <-------------     start, with the resolved_id
//	                                                              Performer: fetch, execute, store
//	                                 complete  <-------------     complete, and take the next
//	                                 renew     <-------------   Heartbeat, every 5 s, for all steps
//
// Completions that come while a call to Redis is under way go together in the
// next: tiny steps share most of what a completion costs, and one that ends alone
// waits for nobody.
//
// asynq wakes and balances; it need not carry every step: a worker that
// completes a step is handed the next one in the same call, at most 100 in a row
// or for 2 seconds, so that what waits in the queue has its turn; after 20 ms
// only if no step of another job waits there.
//
// # Rules
//
//   - The task id is cache_id:epoch:release. The release rises each time that a
//     step goes into the queue, so an id is never used twice.
//   - Slots are taken before the claim, all at once, first come first served,
//     and kept until every process of the step is gone (C6).
//   - A step's context is the worker's, never asynq's, which would end it 37 s
//     into an outage of Redis.
//   - Retries are ours: the failed task is archived, where asynqmon shows it,
//     and the next attempt is a new task with a delay.
//   - A completion is journaled in the worker's folder until the catalog has it,
//     so that Redis may forget it.
package tasks
