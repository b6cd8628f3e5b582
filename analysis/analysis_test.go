package analysis

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

// shelf is a Store in memory that counts what is put.
type shelf struct {
	mu   sync.Mutex
	docs map[dag.AnalysisID][]byte
	puts int
	only bool // read-only
}

func newShelf() *shelf { return &shelf{docs: make(map[dag.AnalysisID][]byte)} }

func (s *shelf) ReadOnly() bool { return s.only }

func (s *shelf) Analysis(id dag.AnalysisID) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if doc, ok := s.docs[id]; ok {
		return doc, nil
	}
	return nil, errors.New("not there")
}

func (s *shelf) PutAnalysis(id dag.AnalysisID, doc []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.docs[id] = doc
	s.puts++
	return nil
}

// runner finds out once how tools can be confined here, and serves all tests.
var runner = sync.OnceValues(func() (*sandbox.Sandbox, error) { return sandbox.New(sandbox.Options{}) })

func newRunner(t testing.TB) *sandbox.Sandbox {
	t.Helper()
	run, err := runner()
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// newAnalyst returns one whose scratch folders are the test's.
func newAnalyst(t testing.TB) *Analyst {
	t.Helper()
	return &Analyst{Run: newRunner(t), Store: newShelf(), Scratch: func() (string, func(), error) {
		dir, err := os.MkdirTemp(t.TempDir(), "scratch")
		return dir, func() { os.RemoveAll(dir) }, err
	}}
}

// film makes a file with ffmpeg from the arguments before its name.
func film(t testing.TB, name, args string) string {
	t.Helper()
	dir := t.TempDir()
	list := append([]string{"-nostdin", "-v", "error", "-y"}, strings.Fields(args)...)
	err := newRunner(t).Run(t.Context(), sandbox.Command{Tool: "ffmpeg", Args: append(list, "file:"+name), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

// write makes a file of those bytes.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// source hashes a file.
func source(t testing.TB, path string, kind dag.Kind) Source {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Source{Path: path, Hash: dag.HashContent(data), Kind: kind}
}

// measure returns the values of a file that can be measured.
func measure(t testing.TB, path string, features ...string) map[string]any {
	t.Helper()
	doc, err := newAnalyst(t).Measure(t.Context(), source(t, path, ""), features, nil)
	if err != nil {
		t.Fatalf("measure %v of %s: %v", features, filepath.Base(path), err)
	}
	return doc.Values
}

// refuse expects an InputError about the file whose text holds all of want.
func refuse(t testing.TB, in Source, features []string, want ...string) {
	t.Helper()
	doc, err := newAnalyst(t).Measure(t.Context(), in, features, nil)
	var bad *InputError
	if !errors.As(err, &bad) {
		t.Fatalf("measure %v of %s: got %s, %v; want an InputError", features, filepath.Base(in.Path), doc.JSON, err)
	}
	for _, text := range append(want, filepath.Base(in.Path)) {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error %q does not say %q", err, text)
		}
	}
}

// numbers returns a list of a document.
func numbers(t testing.TB, v any) []float64 {
	t.Helper()
	items, ok := v.([]any)
	if !ok {
		t.Fatalf("%v is a %T, want a list", v, v)
	}
	out := make([]float64, len(items))
	for i, item := range items {
		out[i] = item.(float64)
	}
	return out
}

const (
	small = "-f lavfi -i testsrc2=s=320x180:r=25:d=4"
	tone  = "-f lavfi -i sine=f=440:r=48000:d=4"
	h264  = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
)

// remux runs ffmpeg in a folder.
func remux(t testing.TB, dir string, args ...string) {
	t.Helper()
	list := append([]string{"-nostdin", "-v", "error", "-y"}, args...)
	if err := newRunner(t).Run(t.Context(), sandbox.Command{Tool: "ffmpeg", Args: list, Dir: dir}); err != nil {
		t.Fatal(err)
	}
}
