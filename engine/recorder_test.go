package engine

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

// recorded runs a job with a recorder and returns what the catalog knows of it.
func recorded(b bench, db *catalog.DB, job Job) (catalog.Job, map[string]catalog.StepRecord) {
	b.t.Helper()
	id := catalog.NewJobID(time.Now())
	r, err := NewRecorder(b.t.Context(), db, b.Cache.Dir(), catalog.Job{
		ID: id, PlanID: dag.PlanID{1}, RunID: dag.RunID{2}, Recipe: dag.RecipeHash{4}, Name: "test", Created: time.Now(),
	}, job.Plan)
	if err != nil {
		b.t.Fatal(err)
	}
	if !Alive(b.Cache.Dir(), id) {
		b.t.Error("the job is not alive while its recorder is open")
	}
	b.Watch = r.Watch
	b.Toolchain = NewToolchain(b.Runner)
	report := b.run(job)
	if err := r.Close(report, nil); err != nil {
		b.t.Fatal(err)
	}
	if Alive(b.Cache.Dir(), id) {
		b.t.Error("the job is alive after its recorder was closed")
	}
	found, err := db.Job(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	steps, err := db.JobSteps(b.t.Context(), id, 0, 100)
	if err != nil {
		b.t.Fatal(err)
	}
	byLabel := make(map[string]catalog.StepRecord)
	for _, s := range steps {
		byLabel[s.Label] = s
	}
	return found, byLabel
}

func openCatalog(t *testing.T, dir string) *catalog.DB {
	t.Helper()
	db, err := catalog.Open(t.Context(), filepath.Join(dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestRecorderWritesWhatBecameOfEachStep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBench(t, dir)
	db := openCatalog(t, dir)
	b.run(Job{Plan: planOf(t, "same")})
	plan := planOf(t, `same | {"text":"same","note":"by early cutoff"}`, "next <- same", `bad | {"fail":true}`, "behind <- bad next")
	job, steps := recorded(b, db, Job{Plan: plan})
	if job.Status != catalog.Failed || job.Counts != (catalog.Counts{Total: 4, Executed: 2, Failed: 1, Skipped: 1}) {
		t.Errorf("job is %s with %+v", job.Status, job.Counts)
	}
	for label, want := range map[string]catalog.StepStatus{
		"same": catalog.StepCompleted, "next": catalog.StepCompleted, "bad": catalog.StepFailed, "behind": catalog.StepSkipped,
	} {
		if got := steps[label].Status; got != want {
			t.Errorf("%s is %s, want %s", label, got, want)
		}
	}
	if text := steps["bad"].Message; !strings.Contains(text, "told to") {
		t.Errorf("the failure is recorded as %q", text)
	}
	entry, err := b.Cache.Get(plan.Steps[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := entry.Made.Toolchain; !strings.HasPrefix(got, "ffmpeg version ") || !strings.HasSuffix(got, "; "+runtime.GOARCH) {
		t.Errorf("made by %q, want ffmpeg's version and the architecture", got)
	}
}

func TestRecorderKeepsEvidenceOfOtherBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBench(t, dir)
	db := openCatalog(t, dir)
	plan := planOf(t, `dice | {"random":true}`)
	_, first := recorded(b, db, Job{Plan: plan})
	job, second := recorded(b, db, Job{Plan: plan, Verify: true})
	if job.Status != catalog.Completed || job.Counts.Executed != 1 {
		t.Errorf("job is %s with %+v", job.Status, job.Counts)
	}
	if first["dice"].Content != second["dice"].Content {
		t.Error("the recorded content was replaced")
	}
}

// A job whose process is gone is marked by the next that begins.
func TestRecorderMarksJobsWhoseProcessIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBench(t, dir)
	db := openCatalog(t, dir)
	gone := catalog.Job{ID: catalog.NewJobID(time.Now()), PlanID: dag.PlanID{1}, RunID: dag.RunID{3}, Recipe: dag.RecipeHash{4}, Created: time.Now()}
	if err := db.CreateJob(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if err := db.StartJob(t.Context(), gone.ID, gone.Created); err != nil {
		t.Fatal(err)
	}
	recorded(b, db, Job{Plan: planOf(t, "a")})
	found, err := db.Job(t.Context(), gone.ID)
	if err != nil || found.Status != catalog.Interrupted {
		t.Errorf("the job is %s (%v), want %s", found.Status, err, catalog.Interrupted)
	}
}
