package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/ipfs"
	"github.com/artdag/artdag/ipfs/cid"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/servicetest"
)

func newKubo(t *testing.T, api string) *ipfs.Node {
	t.Helper()
	node, err := ipfs.New(api, ipfs.Options{Tries: 1, Probe: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(node.Close)
	return node
}

func pinnedBy(t *testing.T, k *ipfs.Node, address string) bool {
	t.Helper()
	ok, err := k.Pinned(t.Context(), address)
	if err != nil {
		t.Error(err)
	}
	return ok
}

// shelf has bytes by their hash.
type shelf map[dag.ContentHash][]byte

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func (s shelf) Open(_ context.Context, h dag.ContentHash) (io.ReadSeekCloser, int64, error) {
	b, ok := s[h]
	if !ok {
		return nil, 0, errors.New("it can be had nowhere")
	}
	return readCloser{bytes.NewReader(b)}, int64(len(b)), nil
}

// film is a completed job with one output of these bytes. The catalog knows its
// cid when it is told.
func film(t *testing.T, db *catalog.DB, s shelf, text string, known bool) (job string, h dag.ContentHash, address string) {
	t.Helper()
	address, err := cid.Of(bytes.NewReader([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	h, job = hash(text), newJob(t, db)
	s[h] = []byte(text)
	output := catalog.Output{Name: "film", Content: h}
	if known {
		output.CID = address
	}
	finish(t, db, job, catalog.Completed, time.Now(), output)
	return job, h, address
}

func durable(t *testing.T, db *catalog.DB, job string) bool {
	t.Helper()
	j, err := db.Job(context.Background(), job)
	if err != nil {
		t.Fatal(err)
	}
	return j.Durable
}

func TestPin(t *testing.T) {
	server := servicetest.Kubo(t)
	each(t, func(t *testing.T, db *catalog.DB) {
		k, s := newKubo(t, server.API()), make(shelf)
		job, h, address := film(t, db, s, "a film "+t.Name(), true)
		other, _, _ := film(t, db, s, string(bytes.Repeat([]byte("long"), 1<<19))+t.Name(), false)
		lost, gone, _ := film(t, db, s, "a film that is lost", true)
		delete(s, gone)
		wrong, bad, _ := film(t, db, s, "a film that is damaged", false)
		s[bad] = []byte("other bytes")
		r := start(t, db, newClock(), "a", pipeline.NewPin("kubo", db, s, k, time.Now))
		until(t, "the jobs are durable", func() bool { return durable(t, db, job) && durable(t, db, other) })
		reaches(t, r, "pin@kubo", pipeline.Idle)
		pins, err := db.Pins(t.Context(), h)
		if err != nil || len(pins) != 1 || pins[0].CID != address || pins[0].Pinned.IsZero() || !pinnedBy(t, k, address) {
			t.Errorf("pins are %+v, %v; the node has it: %v", pins, err, pinnedBy(t, k, address))
		}
		if durable(t, db, lost) || durable(t, db, wrong) {
			t.Error("a job is durable whose output is not pinned")
		}
		for _, key := range []dag.ContentHash{gone, bad} {
			if f := faultOf(t, db, "pin@kubo", key.String()); f.Tries == 0 || f.Error == "" {
				t.Errorf("fault is %+v", f)
			}
		}
	})
}

// A node that is down costs nobody a try.
func TestPinNodeDown(t *testing.T) {
	t.Parallel()
	server := servicetest.Kubo(t)
	db := open(t, t.TempDir()+"/catalog.db")
	c, s := newClock(), make(shelf)
	server.Kill()
	job, h, _ := film(t, db, s, "a film", true)
	r := start(t, db, c, "a", pipeline.NewPin("kubo", db, s, newKubo(t, server.API()), time.Now))
	reaches(t, r, "pin@kubo", pipeline.Open)
	if f := faultOf(t, db, "pin@kubo", h.String()); f.Tries > 0 || durable(t, db, job) {
		t.Errorf("fault is %+v", f)
	}
	server.Start()
	until(t, "the job is durable", func() bool { c.move(time.Second); return durable(t, db, job) })
}
