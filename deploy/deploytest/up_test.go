//go:build cluster

package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestUp does as the README says on a machine with Docker and without Go: one
// command, the two lines that it prints, and another number of workers. Images
// are there already; how they come about without Go takes too long for a test.
func TestUp(t *testing.T) {
	c := unstarted(t)
	folder := copied(t)
	c.env = append(c.env, "COMPOSE_PROJECT_NAME="+c.project, "PATH="+withoutGo(t))
	up := func(args ...string) string {
		t.Helper()
		return c.run(append([]string{"env", "--chdir", folder, "deploy/up.sh"}, args...)...)
	}
	said := up()
	c.workers(1)
	if strings.Contains(said, "building") {
		t.Errorf("images are there, and it says %q", said)
	}
	_, lines, _ := strings.Cut(said, "Give it work:\n")
	lines, _, found := strings.Cut(lines, "Another number of workers:")
	if !found {
		t.Fatalf("it does not say how to give it work: %q", said)
	}
	up("2")
	c.workers(2)
	const film = "examples/title/title.yaml" // takes minutes: a line of text instead
	if _, err := os.Stat(filepath.Join(folder, film)); err != nil || !strings.Contains(lines, film) {
		t.Fatalf("it says to submit %q, and of %s: %v", lines, film, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "small.yaml"), []byte(recipe), 0o644); err != nil {
		t.Fatal(err)
	}
	user := *c // who has none of the settings
	user.env = slices.DeleteFunc(slices.Clone(c.env), func(entry string) bool { return strings.HasPrefix(entry, "ARTDAG_") })
	t.Log(user.run("env", "--chdir", folder, "HOME="+t.TempDir(), "sh", "-ec", strings.Replace(lines, film, "small.yaml", 1)))
	if made, err := os.ReadFile(filepath.Join(folder, "title.mp4")); err != nil || string(made) != "a\n" {
		t.Errorf("the job came to %q (%v)", made, err)
	}
}

// withoutGo is a PATH with all there is but what builds programs.
func withoutGo(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		files, _ := os.ReadDir(dir) // some folders of a PATH are not there
		for _, file := range files {
			if slices.Contains([]string{"go", "gofmt", "make", "gmake"}, file.Name()) {
				continue
			}
			// The first of a name counts, as in a PATH.
			_ = os.Symlink(filepath.Join(dir, file.Name()), filepath.Join(folder, file.Name()))
		}
	}
	if path, err := exec.LookPath(filepath.Join(folder, "go")); err == nil {
		t.Fatalf("Go is still there: %s", path)
	}
	return folder
}
