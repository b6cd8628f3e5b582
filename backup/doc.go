// Package backup writes what a farm cannot make again into one archive, and reads
// it back: its catalog, the key that signs its provenance, the signed documents
// and the plans of its jobs. Media are not in it: they are in IPFS and in the
// caches, or are made again.
//
//	backup.json                 format, version of the tables, program, time: first
//	tables/NAME/000001.jsonl    the names of the columns, then one row a line
//	plans/ID.json
//	provenance/HASH.json        each hashes to its name
//	keys/farm.key               PKCS #8 in PEM
//	manifest.json               what there must be, with SHA3-256 of each: last
//
// That is a tar archive (POSIX.1-2001 pax) in gzip (RFC 1952). A part of a table
// has some megabytes, so that neither side holds more in memory. Rows are
// arrays of text, numbers, true, false and null, in the units of the catalog, and
// say nothing of the database that they come from: a backup of PostgreSQL can be
// restored into SQLite, and the other way.
//
// The tables are those of one moment, whoever writes meanwhile. Plans and
// documents never change, and are gathered after it; those that are gone are
// counted.
//
// Restore reads the whole archive before it writes anything. Then it writes
// plans, documents and key, each under its own name and whole, and the tables in
// one transaction. One that dies leaves an empty catalog, and can be repeated.
//
// The archive holds a secret, the key, as it is: encrypt what leaves the house.
package backup
