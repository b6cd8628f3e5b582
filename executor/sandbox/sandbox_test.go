package sandbox

import (
	"bytes"
	"testing"
)

// newSandbox returns a Sandbox that the test closes.
func newSandbox(t testing.TB, options Options) *Sandbox {
	t.Helper()
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestRunGivesOutput(t *testing.T) {
	s := newSandbox(t, Options{})
	var out bytes.Buffer
	err := s.Run(t.Context(), Command{Tool: "ffmpeg", Args: []string{"-version"}, Dir: t.TempDir(), Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out.Bytes(), []byte("ffmpeg version")) {
		t.Errorf("got %q", out.String())
	}
	t.Log(s.Kind(), s.Limits())
}

func BenchmarkRun(b *testing.B) {
	s := newSandbox(b, Options{})
	dir := b.TempDir()
	for b.Loop() {
		if err := s.Run(b.Context(), Command{Tool: "true", Dir: dir}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	s := newSandbox(b, Options{Without: []string{"bubblewrap"}})
	dir := b.TempDir()
	for b.Loop() {
		if err := s.Run(b.Context(), Command{Tool: "true", Dir: dir}); err != nil {
			b.Fatal(err)
		}
	}
}
