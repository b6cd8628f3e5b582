package packagetest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const version = "v1.2.0-rc1"

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// run executes a command at the root of the module and returns what it says.
func run(t *testing.T, env []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = root(t), append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

var built struct {
	once sync.Once
	dir  string
}

// release is the folder of a release for this machine, built once.
func release(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "artdag-release-")
		if err != nil {
			t.Fatal(err)
		}
		run(t, []string{"SYSTEMS=linux", "ARCHS=" + runtime.GOARCH}, "deploy/release.sh", dir, version)
		built.dir = filepath.Join(dir, "artdag-"+version)
	})
	if built.dir == "" {
		t.Fatal("the release was not built")
	}
	return built.dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(filepath.Dir(built.dir)) // what is left is in the folder of temporary files
	}
	os.Exit(code)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEveryFileOfAReleaseHasItsChecksum(t *testing.T) {
	dir := release(t)
	listed := string(read(t, filepath.Join(dir, "SHA256SUMS")))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); name != "SHA256SUMS" && strings.Count(listed, "  "+name+"\n") != 1 {
			t.Errorf("SHA256SUMS does not list %s:\n%s", name, listed)
		}
	}
	cmd := exec.Command("sha256sum", "--check", "--quiet", "SHA256SUMS")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v: %s", err, out)
	}
}

func TestBillOfMaterialsListsTheModules(t *testing.T) {
	dir := release(t)
	for _, program := range []string{"artdag", "scheduler", "worker"} {
		var bom struct {
			BomFormat  string
			Metadata   struct{ Component struct{ Version string } }
			Components []struct{ Name, Version string }
		}
		text := read(t, filepath.Join(dir, program+"-linux-"+runtime.GOARCH+".cdx.json"))
		if err := json.Unmarshal(text, &bom); err != nil {
			t.Fatal(err)
		}
		names := make(map[string]string)
		for _, c := range bom.Components {
			names[c.Name] = c.Version
		}
		if bom.BomFormat != "CycloneDX" || bom.Metadata.Component.Version != version || names["std"] == "" {
			t.Errorf("%s: %s of %+v with %v", program, bom.BomFormat, bom.Metadata, names)
		}
		info := run(t, nil, "go", "version", "-m", filepath.Join(dir, program+"-linux-"+runtime.GOARCH))
		for line := range strings.Lines(info) {
			if f := strings.Fields(line); len(f) >= 3 && f[0] == "dep" && names[f[1]] != f[2] {
				t.Errorf("%s has %s %s, its bill of materials %q", program, f[1], f[2], names[f[1]])
			}
		}
	}
}

// Twice in other folders gives the same bytes. The compiler's cache is shared:
// make reproduce does without.
func TestElsewhereComesToTheSameBytes(t *testing.T) {
	dir, elsewhere := release(t), filepath.Join(t.TempDir(), "elsewhere")
	run(t, nil, "sh", "-c", `mkdir -p "$0" && git ls-files -z --cached --others --exclude-standard | xargs -0 tar -c --ignore-failed-read | tar -x -C "$0"`, elsewhere)
	epoch := strings.TrimSpace(run(t, nil, "git", "log", "-1", "--format=%ct"))
	cmd := exec.Command("deploy/release.sh", "dist", version)
	cmd.Dir = elsewhere
	cmd.Env = append(os.Environ(), "SYSTEMS=linux", "ARCHS="+runtime.GOARCH, "SOURCE_DATE_EPOCH="+epoch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("release: %v\n%s", err, out)
	}
	want, got := read(t, filepath.Join(dir, "SHA256SUMS")), read(t, filepath.Join(elsewhere, "dist", "artdag-"+version, "SHA256SUMS"))
	if !bytes.Equal(want, got) {
		t.Errorf("elsewhere it came to\n%s\nhere to\n%s", got, want)
	}
}
