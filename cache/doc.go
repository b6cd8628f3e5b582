// Package cache is the content-addressed store on this machine's disk: every
// result of a step, every source that was handed over, and what is worth keeping
// beside them. Several processes use one folder at once.
//
//	{cache_id}/               an entry: the result of one step
//	    output.mkv            its file, or manifest.json and members/ for several
//	    metadata.json         what the files are and how they were made
//	{resolved_id}/            the same result under its other id: links
//	sources/{content_hash}/   bytes that were handed over: source, metadata.json
//	content/ab/{content_hash} a link to each stored file, by what it holds
//	plans/ analysis/ logs/    documents
//	hashed/                   remembered hashes of files that were read in place
//	pins/ holds/              what must stay: for good; while a run needs it
//	scratch/ locks/           work in progress; see Scratch and Lock
//	journal usage             changes since the snapshots; bytes in the cache
//	index.json content_index.json ipfs_index.json    the snapshots
//
// # What is true
//
//   - An entry's own folder is the truth, and it is whole or absent. It is made in
//     a scratch folder, synced, and renamed into its place. Everything else above
//     (content/, usage, journal, the indexes) can be deleted and is made again by
//     Rebuild; no look-up but ByCID ever reads an index.
//   - The first result recorded for an id stands. Storing the same bytes again is
//     no change; other bytes are a DifferentError and change nothing.
//   - Identical bytes are one file with several names: in content/ and in every
//     folder that has them. Nothing outside the cache is ever another name of it:
//     Put copies a file that came with a second name, Export always copies.
//   - A stored file is sealed: mode 0444 and one fixed modification time. Writing
//     to a file changes that time, so one stat tells whether the bytes are still
//     those that were hashed. A file without its seal is read again before it is
//     believed. What the disk itself lost only Verify finds.
//   - A use is the time of metadata.json; the least recently used goes first. What
//     is pinned, held or locked stays, and what a running step borrowed lives on
//     under the step's own name for it.
//
// # How a result is stored
//
//	scratch/put-x/y-new/output.mkv     moved there by Put; read once: hash and cid;
//	                                   linked instead if content/ has the bytes
//	scratch/put-x/y-new/metadata.json  written
//	scratch/put-x/y-new1/...           the same for the second id: links
//	sync                               files, metadata, folders, all at the same time
//	---- store lock ----
//	                                 an entry of that id, whole? then that one stands
//	content/ab/{content_hash}        linked
//	journal                          "+ {cache_id}"
//	{cache_id}/                      renamed: from here on it exists
//	usage                            counted
//	---- store lock ----
//	sync                             the cache's folder
//
// put-x is shared by all puts of an open cache, y is one of them. So are the
// syncs: puts that have to wait for the sync of another one share the next. None
// goes on, to the rename or back to its caller, before a sync ended well that
// began after all its writes.
//
// # Locks
//
// All are flocks, which the kernel drops with the process. In the order in which
// they may be taken: the lock of a step (locks/{cache_id}, removed by whoever
// releases it, so a waiter checks that its file is still there), locks/tidy and
// locks/snapshot (one process at a time, others skip), locks/evict (shared by who
// makes a hold or pin, exclusive for an eviction between its look at them and
// its removals), store.lock (never removed or renamed; a few system calls long).
//
// # When things fail
//
//   - Killed at any instant: scratch folders and holds whose lock is free are
//     removed by the next Open and eviction. Killed between the link in content/
//     and the rename: the bytes are garbage, which the next eviction removes.
//   - The power fails: what was renamed was synced before. Documents are not
//     synced; one that is torn counts as missing. A torn line of the journal is
//     skipped.
//   - The disk is full: ErrFull; what was being stored is taken back.
//   - The folder cannot be written: the cache is read-only. Hits work, everything
//     that stores answers ErrReadOnly.
//   - Metadata is damaged, or from a newer program: the entry is missing, Verify
//     says why, and the step is made again.
//   - A file has as many names as its file system allows (65,000 on ext4): the
//     next one is a copy, and that one is linked to from then on.
package cache
