package main

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/catalog/catalogtest"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/servicetest"
)

// Steps are recorded by the thousand, in a number of statements that does not
// grow with them.
func TestWhatAStepCostsTheCatalog(t *testing.T) {
	t.Parallel()
	dsn, counted := countStatements(t, servicetest.Postgres(t))
	db, err := catalog.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	at := time.Now()
	job := catalog.Job{ID: catalog.NewJobID(at), Name: "bench", Created: at, PlanID: dag.PlanID(made("plan")), RunID: dag.RunID(made("run")), Recipe: dag.RecipeHash(made("recipe"))}
	if err := db.CreateJob(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	const n = 2000
	records := make([]catalog.StepRecord, n)
	for i, s := range (&bench{}).noops(n) {
		records[i] = catalogtest.Executed(job.ID, s.Label, i, s.Label)
	}
	before := counted.Load()
	if err := db.RecordSteps(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	atMostEach(t, "statements to record 100 steps", 100*int(counted.Load()-before), n, 1)
}

// countStatements puts a relay before a PostgreSQL and returns its DSN, and how
// many statements have gone through: simple queries and executions.
func countStatements(t *testing.T, dsn string) (string, *atomic.Int64) {
	t.Helper()
	where, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	target, counted := where.Host, new(atomic.Int64)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				return
			}
			go relayCounting(client, server, counted)
			go func() {
				_, _ = io.Copy(client, server) // ends with either of them
				client.Close()
			}()
		}
	}()
	where.Host = listener.Addr().String()
	return where.String(), counted
}

// relayCounting passes messages on: the first has no type, since that is how the
// protocol begins.
func relayCounting(client io.Reader, server io.WriteCloser, counted *atomic.Int64) {
	defer server.Close()
	for head := make([]byte, 4); ; head = make([]byte, 5) {
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		if len(head) == 5 && (head[0] == 'Q' || head[0] == 'E') {
			counted.Add(1)
		}
		rest := int64(binary.BigEndian.Uint32(head[len(head)-4:])) - 4
		if _, err := server.Write(head); err != nil {
			return
		}
		if _, err := io.CopyN(server, client, rest); err != nil {
			return
		}
	}
}
