// Package farmtest starts farms of real processes for tests: a scheduler and
// workers, built once for a test binary, on the servers of servicetest.
//
//	f := farmtest.New(t, farmtest.On{Redis: redis.URL()})
//	f.Scheduler("--listen", addr)   waits until it serves
//	w := f.Worker("--slots", "2")   waits until it takes steps
//	w.Kill(); w.Start()             the same folder, the same identity
//
// Processes end with the test, and with the test process should that be killed;
// what they wrote is shown when the test fails. Like servicetest's, the methods
// fail the test that they belong to, so they are called from its own goroutine.
//
// A test binary that uses it calls RemovePrograms at its end.
package farmtest
