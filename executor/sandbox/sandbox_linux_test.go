package sandbox

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// newSandbox returns a Sandbox that the test closes.
func newSandbox(t testing.TB, options Options) *Sandbox {
	t.Helper()
	options.Reexec = true
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// each runs the test in each kind of confinement that this machine has.
func each(t *testing.T, test func(*testing.T, *Sandbox)) {
	for want, without := range map[string]string{"bubblewrap": "", "landlock": "bubblewrap"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, Options{Without: []string{without}})
			if !strings.HasPrefix(s.Kind(), want) {
				t.Fatalf("confinement is %q, want %s", s.Kind(), want)
			}
			test(t, s)
		})
	}
}

// everywhere runs the test also where nothing confines tools: even there they are
// supervised, and what left their process group ends with them.
func everywhere(t *testing.T, test func(*testing.T, *Sandbox)) {
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		s := newSandbox(t, Options{Without: []string{"bubblewrap", "landlock"}})
		if kind := s.Kind(); !strings.HasPrefix(kind, "none: ") || !strings.Contains(kind, "are supervised") {
			t.Fatalf("confinement is %q, want none", kind)
		}
		test(t, s)
	})
	each(t, test)
}

// shell runs a shell line in dir and returns what it said.
func shell(t *testing.T, s *Sandbox, line string, change func(*Command)) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := Command{Tool: "sh", Args: []string{"-c", line}, Dir: t.TempDir(), Stdout: &out, Stderr: &out}
	if change != nil {
		change(&cmd)
	}
	err := s.Run(t.Context(), cmd)
	return out.String(), err
}

func TestRunConnectsTheStreams(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		var out, errs bytes.Buffer
		used := &Usage{}
		err := s.Run(t.Context(), Command{
			Tool: "sh", Args: []string{"-c", `cat; echo "$HOME" "$NAME" "$(pwd)" >&2`}, Dir: t.TempDir(),
			Env: []string{"NAME=a b"}, Stdin: strings.NewReader("given"), Stdout: &out, Stderr: &errs, Used: used,
		})
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(errs.String())
		if out.String() != "given" || len(fields) != 4 || fields[0] != fields[3] || !slices.Equal(fields[1:3], []string{"a", "b"}) {
			t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
		}
		if used.Calls() != 1 || used.Seconds() <= 0 || used.Limits() != s.Limits() {
			t.Errorf("usage is %d calls, %v s, limits by %q", used.Calls(), used.Seconds(), used.Limits())
		}
	})
}

func TestAFailureIsTold(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		_, err := shell(t, s, `seq 30 >&2; exit 7`, nil)
		var exit *ExitError
		if !errors.As(err, &exit) {
			t.Fatalf("got %v, want an ExitError", err)
		}
		last := strings.Fields("11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30")
		if exit.Code != 7 || exit.Why != "" || exit.Tool != "sh" || !cmp.Equal(exit.Tail, last) {
			t.Errorf("got %+v", exit)
		}
		_, err = shell(t, s, `kill -SEGV $$`, nil)
		if !errors.As(err, &exit) || exit.Code != -1 || exit.Why != "signal: segmentation fault" {
			t.Errorf("after a signal: got %v", err)
		}
	})
}

func TestAMissingToolNamesItsPackage(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{Path: t.TempDir()})
	for tool, name := range map[string]string{"aubiotrack": "aubio-tools", "ffprobe": "ffmpeg", "blender": "blender"} {
		err := s.Run(t.Context(), Command{Tool: tool, Dir: t.TempDir()})
		if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "package "+name) {
			t.Errorf("%s: got %v, want ErrMissing and the package %s", tool, err, name)
		}
	}
	if !strings.Contains(s.Kind(), "bubblewrap is not installed") {
		t.Errorf("without bwrap in the path the kind is %q", s.Kind())
	}
}

func TestWhatCannotBeShownIsNamed(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{})
	_, err := shell(t, s, `true`, func(cmd *Command) { cmd.Read = []string{"/nowhere/at-all"} })
	if !errors.Is(err, errSetup) || !strings.Contains(err.Error(), "/nowhere/at-all") {
		t.Errorf("got %v, want the path that is missing", err)
	}
	_, err = shell(t, s, `true`, func(cmd *Command) { cmd.Read = []string{"relative"} })
	if err == nil || !strings.Contains(err.Error(), "not absolute") {
		t.Errorf("a relative path: got %v", err)
	}
}

func TestAMachineWithoutConfinementSaysSo(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{Without: []string{"bubblewrap", "landlock"}})
	if kind := s.Kind(); !strings.HasPrefix(kind, "none: ") {
		t.Errorf("kind is %q", kind)
	}
	out, err := shell(t, s, `echo works`, nil)
	if err != nil || out != "works\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestTheToolsStart(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		for tool, args := range map[string][]string{
			"ffmpeg":     {"-v", "error", "-f", "lavfi", "-i", "sine=duration=1", "out.wav"},
			"blender":    {"--background", "--factory-startup", "-noaudio", "--python-exit-code", "1", "--python-expr", "import bpy"},
			"aubiotrack": {"--help"},
		} {
			var out bytes.Buffer
			err := s.Run(t.Context(), Command{Tool: tool, Args: args, Dir: t.TempDir(), Stdout: &out, Stderr: &out})
			if err != nil {
				t.Errorf("%s: %v\n%s", tool, err, out.String())
			}
		}
	})
}
