// Package servicetest starts the servers that the farm stands on, for the tests
// of every package: the real programs, on free loopback ports, in folders of
// their own.
//
//	Redis(t)          a database of its own on a Redis that the whole test
//	                  process shares; the cheapest, so the first choice
//	NewRedis(t)       a Redis of its own, to kill, freeze and start again
//	RedisCluster(t)   three masters that share the slots
//	RedisSentinel(t)  a master, a replica and the sentinel that watches them
//	Postgres(t)       a database of its own on a shared PostgreSQL
//	NewPostgres(t)    a PostgreSQL of its own, to stop and start again
//	Kubo(t)           an IPFS node that talks to nobody
//	NewProxy(t, addr) a road to a server that can be cut while the server lives
//
// # What is promised
//
//   - A server answers before its starter returns, and ends with the test: it is
//     killed by its process id, and its folder is removed. When the test process
//     itself dies, whatever the way, a guard beside each server does the same.
//   - What a server wrote is shown when the test fails.
//   - A missing program fails the test and says how to install it. Only
//     ARTDAG_SKIP_SERVICES=1 skips such tests instead.
//   - No goroutine outlives a test, not even for the shared servers, so packages
//     that look for leaks need no exception.
//
// The starters and the methods of the servers fail the test that started them,
// so they are called from its own goroutine.
package servicetest
