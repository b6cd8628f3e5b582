// Package pipeline is the farm's background work: processors, and the runner
// that makes each of them progress whatever becomes of the others, of the
// services, or of the scheduler itself.
//
// A processor is a trigger plus an optional cursor plus a function:
//
//	            cursor                 items                 writes
//	catalog ------------->  Trigger ----------->  Process ------------+
//	   ^                    (looks)               (does I/O)          |
//	   |                                                              v
//	   +--- Advance(from, to, writes): one short transaction, if owner and cursor
//	        are still the same ---------------------------------------+
//
// Progress is kept on the records themselves wherever that can be (a cid that
// is not pinned yet); only streams need a cursor.
//
// # A round
//
//   - Acquire: one scheduler has the lease of a processor, the others look again
//     when it would lapse. It is prolonged while the round lasts and handed back
//     at Stop.
//   - Trigger, and Load for failed items whose time has come. Items that failed
//     and are not due, or are parked, are left out.
//   - Process, outside of any transaction.
//   - Advance. Then at once the next round, until nothing is found; then the
//     interval or the bell (Wake).
//
// # What is true
//
//   - Every committed write was made by the owner of the lease, from the cursor
//     that it read: two schedulers never overwrite each other.
//   - The cursor passes an item only in the transaction that has its writes, or
//     its fault. No item is lost; after a crash between Process and Advance it is
//     processed again, so Process must bear that.
//   - An item that fails is tried again after 0, 1, 8, 27 and 64 minutes and then
//     parked: shown, and left alone until a person clears the fault. Its
//     neighbours in the batch go on.
//   - An item that the trigger returns again within ten minutes after it was
//     processed is parked: its processor does not leave the trace that its
//     trigger looks for.
//   - ErrUnavailable blames no item. The circuit opens, and the whole is tried
//     again after 1, 2, 4 ... seconds, at most every 5 minutes.
//
// # When things fail
//
//   - A panic is an error of the batch, with its stack.
//   - A call that takes too long is told to stop and fails its batch. One that
//     does not stop is left behind: its processor does nothing until it comes
//     back and its lease lapses; no other processor notices.
//   - The catalog is down: as any service that is.
//   - A scheduler dies, or is cut off: its leases lapse, another takes over, and
//     what the first one still wants to write is refused.
package pipeline
