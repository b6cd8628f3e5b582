package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/backup"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/provenance"
	"github.com/artdag/artdag/servicetest"
)

// house is a catalog and a scheduler's folder.
type house struct {
	t        *testing.T
	database string
	catalog  *catalog.DB
	cache    *cache.Cache
	key      string
}

func newHouse(t *testing.T, database string) *house {
	t.Helper()
	db, err := catalog.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	dir := t.TempDir()
	kept, err := cache.Open(dir, cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	return &house{t, database, db, kept, filepath.Join(dir, "farm.key")}
}

func sqlite(t *testing.T) string { return filepath.Join(t.TempDir(), "catalog.db") }

// work records jobs, each with a plan, a signed document and steps.
func (h *house) work(jobs, steps int) {
	h.t.Helper()
	if _, err := provenance.LoadOrCreateKey(h.key); err != nil {
		h.t.Fatal(err)
	}
	for n := range jobs {
		h.job(n, steps)
	}
}

func (h *house) job(n, steps int) {
	h.t.Helper()
	ctx, at := h.t.Context(), time.UnixMilli(1_700_000_000_000)
	id := catalog.NewJobID(at.Add(time.Duration(n) * time.Second))
	hash := func(what string) [32]byte { return sha3.Sum256([]byte(fmt.Sprint(what, n))) }
	document, err := h.cache.PutSource(ctx, strings.NewReader(fmt.Sprintf(`{"signed":%d}`, n)), dag.ContentHash{})
	plan := dag.PlanID(hash("plan"))
	var records []catalog.StepRecord
	for i := range steps {
		records = append(records, catalog.StepRecord{
			JobID: id, CacheID: dag.CacheID(hash(fmt.Sprint("step", i, "-"))), Position: i, Node: "n", Label: fmt.Sprint(`it's "`, i),
			Type: "T@1", Status: catalog.StepFailed, Message: strings.Repeat("x", 200),
		})
	}
	err = errors.Join(err,
		h.cache.PutPlan(plan, fmt.Appendf(nil, `{"plan":%d}`, n)),
		h.catalog.CreateJob(ctx, catalog.Job{ID: id, RunID: dag.RunID(hash("run")), Recipe: dag.RecipeHash(hash("recipe")), Name: "film", Created: at}),
		h.catalog.PlanJob(ctx, id, plan, steps), h.catalog.StartJob(ctx, id, at), h.catalog.RecordSteps(ctx, records),
		h.catalog.FinishJob(ctx, id, catalog.Finish{Status: catalog.Completed, At: at, Counts: catalog.Counts{Total: steps, Executed: steps}}),
		h.attest(ctx, at, catalog.Provenance{Job: id, Content: document.Hash}))
	if err != nil {
		h.t.Fatal(err)
	}
}

// attest records a document as its processor does.
func (h *house) attest(ctx context.Context, at time.Time, document catalog.Provenance) error {
	_, _, err := h.catalog.Acquire(ctx, "provenance", "test", at, time.Minute)
	return errors.Join(err, h.catalog.Advance(ctx, "provenance", "test", "", "", at, catalog.Writes{Provenance: []catalog.Provenance{document}}))
}

func (h *house) backup() ([]byte, backup.Manifest) {
	h.t.Helper()
	snapshot, err := catalog.OpenSnapshot(h.t.Context(), h.database)
	if err != nil {
		h.t.Fatal(err)
	}
	defer snapshot.Close()
	var out bytes.Buffer
	made, err := backup.Write(h.t.Context(), backup.Source{Catalog: snapshot, Cache: h.cache, KeyFile: h.key, Version: "test", Now: time.Now()}, &out)
	if err != nil {
		h.t.Fatal(err)
	}
	return out.Bytes(), made
}

func (h *house) restore(ctx context.Context, archive []byte) error {
	held, err := backup.Check(ctx, bytes.NewReader(archive))
	if err != nil {
		return err
	}
	return backup.Restore(ctx, backup.Target{Catalog: h.catalog, Cache: h.cache, KeyFile: h.key}, bytes.NewReader(archive), held)
}

// jobs is everything that is known of every job.
func (h *house) jobs() string {
	h.t.Helper()
	jobs, err := h.catalog.ListJobs(h.t.Context(), catalog.JobQuery{Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	var out strings.Builder
	for _, job := range jobs {
		steps, err := h.catalog.JobSteps(h.t.Context(), job.ID, 0, 1_000_000)
		if err != nil {
			h.t.Fatal(err)
		}
		text, err := json.Marshal([]any{job, steps})
		if err != nil {
			h.t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n", text)
		if plan, err := h.cache.Plan(job.PlanID); err != nil || !bytes.Contains(plan, []byte("plan")) {
			h.t.Errorf("plan of %s: %s, %v", job.ID, plan, err)
		}
	}
	return out.String()
}

func TestRestoredIsTheSame(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(*testing.T) string{
		"sqlite":   sqlite,
		"postgres": func(t *testing.T) string { return servicetest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was := newHouse(t, database(t))
			was.work(3, 8000) // more than one part of the steps
			archive, made := was.backup()
			if made.Tables["run_steps"] != 24_000 || made.Plans != 3 || made.Provenance != 3 || made.KeyID == "" {
				t.Errorf("made %+v", made.Tables)
			}
			is := newHouse(t, database(t))
			if err := is.restore(t.Context(), archive); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(was.jobs(), is.jobs()); diff != "" {
				t.Errorf("jobs (-was +is):\n%s", diff)
			}
			sameKey(t, was.key, is.key)
			if err := is.restore(t.Context(), archive); !errors.Is(err, catalog.ErrNotEmpty) {
				t.Errorf("a second time: %v", err)
			}
		})
	}
}

func sameKey(t *testing.T, was, is string) {
	t.Helper()
	a, err := provenance.LoadKey(was)
	b, err2 := provenance.LoadKey(is)
	if err := errors.Join(err, err2); err != nil || a.ID() != b.ID() {
		t.Errorf("the key is %s, was %s: %v", b.ID(), a.ID(), err)
	}
}

// What is gone from the folder is counted, not an error: content may be in IPFS.
func TestGoneIsCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, sqlite(t))
	h.work(2, 1)
	empty, err := cache.Open(t.TempDir(), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	h.cache, h.key = empty, filepath.Join(t.TempDir(), "none")
	if _, made := h.backup(); made.PlansGone != 2 || made.ProvenanceGone != 2 || made.KeyID != "" {
		t.Errorf("%+v", made)
	}
}

// No prefix of an archive is taken for one, and no changed byte goes unnoticed.
func TestDamageIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, sqlite(t))
	h.work(2, 3)
	archive, _ := h.backup()
	target := newHouse(t, sqlite(t))
	for n := range len(archive) {
		if err := target.restore(t.Context(), archive[:n]); !refused(err) {
			t.Fatalf("cut off at %d of %d: %v", n, len(archive), err)
		}
		bad := bytes.Clone(archive)
		bad[n] ^= 0x10
		// Some bits of gzip mean nothing: its header has a time, its blocks are padded.
		if meansTheSame(archive, bad) {
			continue
		}
		if err := target.restore(t.Context(), bad); !refused(err) {
			t.Fatalf("byte %d changed: %v", n, err)
		}
	}
	if err := target.restore(t.Context(), append(bytes.Clone(archive), "more"...)); !refused(err) {
		t.Errorf("with something behind it: %v", err)
	}
	if left := target.jobs(); left != "" {
		t.Errorf("the catalog has %s", left)
	}
	if _, err := os.Stat(target.key); !os.IsNotExist(err) {
		t.Errorf("the key: %v", err)
	}
}

func meansTheSame(a, b []byte) bool {
	unpack := func(packed []byte) []byte {
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil
		}
		out, err := io.ReadAll(r)
		if err != nil {
			return nil
		}
		return out
	}
	return bytes.Equal(unpack(a), unpack(b))
}

func refused(err error) bool {
	return errors.Is(err, backup.ErrForeign) || errors.Is(err, backup.ErrCut) || errors.Is(err, backup.ErrDamaged)
}

// Archives that were packed again by somebody, with whole checksums.
func TestTamperingIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, sqlite(t))
	h.work(2, 3)
	archive, _ := h.backup()
	for name, c := range map[string]struct {
		change func(name string, data []byte) []byte // nil leaves it out
		want   error
	}{
		"a changed row":      {replace("tables/jobs/000001.jsonl", "film", "firm"), backup.ErrDamaged},
		"a removed part":     {without("tables/run_steps/000001.jsonl"), backup.ErrDamaged},
		"a removed manifest": {without("manifest.json"), backup.ErrCut},
		"a removed header":   {without("backup.json"), backup.ErrForeign},
		"a newer format":     {replace("backup.json", `"format":1`, `"format":2`), backup.ErrNewer},
		"newer tables":       {replace("backup.json", fmt.Sprintf(`"schema":%d`, catalog.SchemaVersion), `"schema":999`), backup.ErrNewer},
		"another key":        {replace("keys/farm.key", "A", "B"), backup.ErrDamaged},
		"fewer rows":         {replace("manifest.json", `"jobs":2`, `"jobs":1`), backup.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := newHouse(t, sqlite(t))
			if err := target.restore(t.Context(), repack(t, archive, c.change)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	for name, text := range map[string]string{"text": "this is a film", "nothing": ""} {
		if _, err := backup.Check(t.Context(), strings.NewReader(text)); !refused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func replace(member, old, with string) func(string, []byte) []byte {
	return func(name string, data []byte) []byte {
		if name != member {
			return data
		}
		return bytes.Replace(data, []byte(old), []byte(with), 1)
	}
}

func without(member string) func(string, []byte) []byte {
	return func(name string, data []byte) []byte {
		if name == member {
			return nil
		}
		return data
	}
}

func repack(t *testing.T, archive []byte, change func(string, []byte) []byte) []byte {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	to := tar.NewWriter(zip)
	for from := tar.NewReader(packed); ; {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		data, err2 := io.ReadAll(from)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if data = change(h.Name, data); data == nil {
			continue
		}
		h.Size = int64(len(data))
		if _, err = to.Write(nil); err == nil {
			err = to.WriteHeader(h)
		}
		if _, err2 := to.Write(data); errors.Join(err, err2) != nil {
			t.Fatal(err, err2)
		}
	}
	if err := errors.Join(to.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A restore that is interrupted half-way leaves an empty catalog, and can be
// repeated.
func TestInterruptedRestore(t *testing.T) {
	t.Parallel()
	was := newHouse(t, sqlite(t))
	was.work(2, 8000)
	archive, held := was.backup()
	is := newHouse(t, servicetest.Postgres(t))
	ctx, stop := context.WithCancel(t.Context())
	target := backup.Target{Catalog: is.catalog, Cache: is.cache, KeyFile: is.key, Progress: func(what string, _ int64) {
		if what == "run_steps" {
			stop()
		}
	}}
	if err := backup.Restore(ctx, target, bytes.NewReader(archive), held); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if left := is.jobs(); left != "" {
		t.Errorf("it left %s", left)
	}
	if err := is.restore(t.Context(), archive); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was.jobs(), is.jobs()); diff != "" {
		t.Errorf("jobs (-was +is):\n%s", diff)
	}
}

// Another farm's key is never replaced.
func TestForeignKeyStays(t *testing.T) {
	t.Parallel()
	was, is := newHouse(t, sqlite(t)), newHouse(t, sqlite(t))
	was.work(1, 1)
	mine, err := provenance.LoadOrCreateKey(is.key)
	if err != nil {
		t.Fatal(err)
	}
	archive, _ := was.backup()
	if err := is.restore(t.Context(), archive); !errors.Is(err, provenance.ErrKey) || !strings.Contains(err.Error(), "another key") {
		t.Errorf("got %v", err)
	}
	if now, err := provenance.LoadKey(is.key); err != nil || now.ID() != mine.ID() {
		t.Errorf("the key is %v, %v", now, err)
	}
	if left := is.jobs(); left != "" {
		t.Errorf("it left %s", left)
	}
}

// Damage to the number of a version is damage, not a newer program.
func TestADamagedVersionIsDamage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, sqlite(t))
	h.work(1, 1)
	archive, _ := h.backup()
	newer := repack(t, archive, replace("backup.json", fmt.Sprintf(`"schema":%d`, catalog.SchemaVersion), `"schema":6`))
	newer[len(newer)-8] ^= 1 // of the checksum
	if err := newHouse(t, sqlite(t)).restore(t.Context(), newer); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("got %v, want damage", err)
	}
}
