package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// Completions is the stream of finished steps: a *claim.Store of the processor's
// own, because its epoch is refreshed.
type Completions interface {
	// Refresh returns the epoch that holds; empty when none has begun.
	Refresh(ctx context.Context) (string, error)
	// ReadDone returns up to most completions behind an id of the stream.
	ReadDone(ctx context.Context, after string, most int) ([]claim.DoneEntry, error)
	// Recorded publishes up to where completions are recorded, and trims the
	// stream behind it.
	Recorded(ctx context.Context, upTo string) error
}

var _ Completions = (*claim.Store)(nil)

// Place is where a step stands in a job.
type Place struct {
	Position int    // in the plan, from 0
	Node     string // of the recipe
	Label    string // for people
	Type     string // versioned
}

// Plans knows the plans of jobs. ok is false when the job, or the step in it, is
// unknown: then nobody will ask what became of it.
type Plans interface {
	Place(ctx context.Context, job string, step dag.CacheID) (p Place, ok bool, err error)
}

// Record is the processor that writes completions into the catalog. Its cursor
// is the epoch and the id in the stream, "epoch id": a new epoch begins with
// what the stream has. Recording twice is recording once.
type Record struct {
	done   Completions
	plans  Plans
	faults Faults
}

// NewRecord returns the processor.
func NewRecord(done Completions, plans Plans, faults Faults) *Record {
	return &Record{done, plans, faults}
}

var (
	_ Processor = (*Record)(nil)
	_ Loader    = (*Record)(nil)
	_ Committer = (*Record)(nil)
)

// Name is "record".
func (*Record) Name() string { return "record" }

// Trigger reads up to 1,000 completions behind the cursor.
func (r *Record) Trigger(ctx context.Context, cursor string) ([]Item, string, error) {
	epoch, err := r.done.Refresh(ctx)
	if err != nil || epoch == "" {
		return nil, cursor, Unavailable("redis", err)
	}
	after := "0"
	if of, id, _ := strings.Cut(cursor, " "); of == epoch {
		after = id
	}
	const most = 1000
	entries, err := r.done.ReadDone(ctx, after, most)
	if err != nil || len(entries) == 0 {
		return nil, cursor, Unavailable("redis", err)
	}
	items := make([]Item, 0, len(entries))
	for _, e := range entries {
		items = append(items, Item{Key: epoch + " " + e.Stream, Data: e})
	}
	return items, items[len(items)-1].Key, nil
}

// Load reads failed completions again. Those of an epoch that is over were
// reported again, or are forgotten.
func (r *Record) Load(ctx context.Context, keys []string) ([]Item, error) {
	epoch, err := r.done.Refresh(ctx)
	if err != nil {
		return nil, Unavailable("redis", err)
	}
	var items []Item
	for _, key := range keys {
		of, id, _ := strings.Cut(key, " ")
		before, err := predecessor(id)
		if of != epoch || err != nil {
			continue
		}
		entries, err := r.done.ReadDone(ctx, before, 1)
		if err != nil {
			return nil, Unavailable("redis", err)
		}
		if len(entries) == 1 && entries[0].Stream == id {
			items = append(items, Item{Key: key, Data: entries[0]})
		}
	}
	return items, nil
}

// Committed tells workers what is recorded and trims the stream behind it. What
// failed and is tried again stays in the stream, with all that came after it.
func (r *Record) Committed(ctx context.Context, cursor string) error {
	epoch, err := r.done.Refresh(ctx)
	if err != nil {
		return Unavailable("redis", err)
	}
	of, upTo, _ := strings.Cut(cursor, " ")
	if of != epoch || upTo == "" {
		return nil // ids of another epoch say nothing of this one
	}
	if upTo, err = r.before(ctx, epoch, upTo); err != nil {
		return err
	}
	return Unavailable("redis", r.done.Recorded(ctx, upTo))
}

// before returns the id up to which no completion waits to be tried again.
func (r *Record) before(ctx context.Context, epoch, upTo string) (string, error) {
	faults, err := r.faults.Faults(ctx, r.Name(), false, mostFaults)
	if err != nil {
		return "", Unavailable("catalog", err)
	}
	for _, f := range faults {
		of, id, _ := strings.Cut(f.Item, " ")
		if f.Parked || of != epoch {
			continue
		}
		if before, err := predecessor(id); err == nil && earlier(before, upTo) {
			upTo = before
		}
	}
	return upTo, nil
}

// Process turns completions into records.
func (r *Record) Process(ctx context.Context, items []Item) (catalog.Writes, error) {
	var w catalog.Writes
	failed := make(ItemErrors)
	for _, item := range items {
		steps, err := r.steps(ctx, item.Data.(claim.DoneEntry))
		if err != nil {
			failed[item.Key] = err
			continue
		}
		w.Steps = append(w.Steps, steps...)
	}
	if len(failed) > 0 {
		return w, failed
	}
	return w, nil
}

// steps is one record per job that wanted the step. What the execution showed
// goes with the job whose turn it was.
func (r *Record) steps(ctx context.Context, e claim.DoneEntry) ([]catalog.StepRecord, error) {
	made, err := claim.DecodeMeta(e.Meta)
	if err != nil {
		return nil, err
	}
	jobs := slices.Clone(e.Jobs)
	slices.SortStableFunc(jobs, func(a, b string) int { return rank(a, e.By) - rank(b, e.By) })
	var out []catalog.StepRecord
	for _, job := range jobs {
		place, ok, err := r.plans.Place(ctx, job, e.ID)
		if err != nil {
			return nil, fmt.Errorf("place of step %s in job %s: %w", e.ID.Short(), job, err)
		}
		if !ok {
			continue
		}
		step := catalog.StepRecord{
			JobID: job, CacheID: e.ID, Position: place.Position, Node: place.Node, Label: place.Label,
			Type: place.Type, Content: e.Content, Started: made.Started, Finished: e.At, Message: e.Message,
		}
		if step.Status, err = status(e, len(out) == 0); err != nil {
			return nil, err
		}
		if step.Status == catalog.StepCompleted {
			out = append(out, evidence(step, e, made)...)
		} else {
			out = append(out, step)
		}
	}
	return out, nil
}

func rank(job, first string) int {
	if job == first {
		return 0
	}
	return 1
}

var errState = errors.New("not a state in which a step ends")

// status is what the step is to a job: COMPLETED to the first one alone.
func status(e claim.DoneEntry, first bool) (catalog.StepStatus, error) {
	switch e.State {
	case claim.HasFailed:
		return catalog.StepFailed, nil
	case claim.Skipped:
		return catalog.StepSkipped, nil
	case claim.Done:
		if e.Executed && first {
			return catalog.StepCompleted, nil
		}
		return catalog.StepCached, nil
	}
	return "", fmt.Errorf("step %s is %q: %w", e.ID.Short(), e.State, errState)
}

// evidence completes the record of an executed step. When the execution came to
// other bytes than those that stand, it takes two records: the first makes sure
// that those are the fact, the second contradicts it.
func evidence(step catalog.StepRecord, e claim.DoneEntry, made claim.Meta) []catalog.StepRecord {
	if step.Type == "" {
		step.Type = made.Type
	}
	fact := &catalog.Result{
		ResolvedID: e.Resolved, Content: e.Content, Toolchain: made.Toolchain, Worker: e.Worker,
		Wall: ms(made.Wall), Tool: ms(made.Tool), Cost: made.Cost, Bytes: size(made.Items),
		Recorded: e.At, Replaces: e.Replaces && e.Differs.IsZero(),
	}
	step.Result = fact
	if e.Differs.IsZero() {
		step.Items = produced(made, e.At)
		return []catalog.StepRecord{step}
	}
	against := step
	other := *fact
	other.Content = e.Differs
	against.Result = &other
	return []catalog.StepRecord{step, against}
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// size is the bytes of the output, or of all members without their manifest.
func size(items []claim.MetaItem) (bytes int64) {
	if len(items) > 1 {
		items = items[1:]
	}
	for _, i := range items {
		bytes += i.Size
	}
	return bytes
}

func produced(made claim.Meta, at time.Time) []catalog.Item {
	items := make([]catalog.Item, 0, len(made.Items))
	for _, i := range made.Items {
		items = append(items, catalog.Item{Content: i.Content, CID: i.CID, Size: i.Size, MediaType: i.MediaType, Created: at})
	}
	return items
}
