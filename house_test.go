package artdag

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/artdag/artdag"

// rules say what a folder may import of ours, and what to do instead of
// breaking them. The first rule whose folder matches holds.
func rules() []rule {
	return []rule{
		{"dag", []string{"dag"}, "dag is pure: recipes, plans and identities without I/O; pass facts in as values"},
		{"ipfs/cid", nil, "computing a cid is a leaf that anything may import"},
		{"ipfs", []string{"dag", "ipfs"}, "ipfs moves bytes by cid; the caller knows caches and records"},
		{"groupcommit", nil, "groupcommit shares an act among callers and knows nothing of what it does"},
		{"servicetest", nil, "servers for the tests of every package must depend on none"},
		{"cache", []string{"dag", "ipfs/cid", "groupcommit"}, "the cache stores bytes and knows no step types; pass what it should keep as metadata"},
		{"catalog", []string{"dag", "catalog"}, "the catalog stores records; the caller turns results into them"},
		{"effects", []string{"dag"}, "effects are documents; the EFFECT executor uses them"},
		{"executor/sandbox", []string{"executor/sandbox"}, "the sandbox runs tools and knows nothing of media"},
		{"executor", []string{"dag", "effects", "executor"}, "executors get files and a scratch folder; they know no cache, catalog or engine"},
		{"analysis", []string{"dag", "executor/sandbox", "executor/ffmpeg", "analysis"}, "analysis measures a file; storing the result is the caller's"},
		{"peer", []string{"dag", "cache"}, "peer moves content between caches; where it may be is told by a Locator and Sources"},
		{"backup", []string{"dag", "cache", "catalog", "provenance"}, "a backup is made of a catalog and a cache folder, no running farm; name the folder's parts in cmd"},
		{"provenance", []string{"dag"}, "a record is a value that is signed; the caller gathers it and stores the document"},
		{"lua", nil, "lua holds the scripts and the names of their keys; package claim calls them"},
		{"claim", []string{"dag", "lua"}, "claim is the protocol; who schedules, works or stores stands above it"},
		{"index", []string{"dag", "lua"}, "index reads and writes maps in Redis; facts come from its callers"},
		{"engine", []string{"dag", "ipfs/cid", "cache", "catalog", "executor", "effects", "analysis", "engine"}, "the engine stands above the parts and below the commands"},
		{"api/client", []string{"dag", "cache", "catalog", "claim", "api"}, "the client knows the API and nothing behind it"},
		{"api", []string{"dag", "cache", "catalog", "claim", "engine"}, "the API serves a Farm; the scheduler implements it"},
		{"tasks", []string{"dag", "lua", "groupcommit", "claim", "index", "cache", "peer", "executor", "engine"}, "tasks carries steps; who plans jobs and records results stands above it"},
		{"metrics", []string{"api", "cache", "catalog", "claim", "pipeline", "tasks"}, "metrics puts into words what a scheduler knows; give it the numbers as a source"},
		{"pipeline", []string{"dag", "claim", "index", "catalog", "cache", "ipfs", "engine", "pipeline"}, "processors stand above the parts; wire them together in cmd"},
	}
}

type rule struct {
	folder string
	may    []string
	why    string
}

type pkg struct {
	ImportPath, Doc  string
	Imports, GoFiles []string
}

func TestImportsPointDownward(t *testing.T) {
	for _, p := range packages(t) {
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		at := slices.IndexFunc(rules(), func(r rule) bool { return within(folder, r.folder) })
		if at < 0 {
			continue
		}
		r := rules()[at]
		for _, imported := range p.Imports {
			target, ours := strings.CutPrefix(imported, module+"/")
			if ours && !slices.ContainsFunc(r.may, func(may string) bool { return within(target, may) }) {
				t.Errorf("%s imports %s: %s", folder, target, r.why)
			}
		}
	}
}

// owners are libraries that one folder alone may import.
func TestLibrariesHaveOneOwner(t *testing.T) {
	owners := []struct{ library, folder, why string }{
		{"github.com/ipfs/", "ipfs", "only ipfs imports an IPFS library; use ipfs/cid"},
		{"github.com/uptrace/bun", "catalog", "only the catalog speaks SQL; add a query there"},
		{"database/sql", "catalog", "only the catalog speaks SQL; add a query there"},
		{"modernc.org/sqlite", "catalog", "only the catalog speaks SQL; add a query there"},
		{"github.com/secure-systems-lab/go-securesystemslib", "provenance", "only provenance signs; use provenance.Sign and Verify"},
		{"github.com/jackc/pgx", "catalog", "only the catalog speaks SQL; add a query there"},
		{"os/exec", "executor/sandbox", "tools run in the sandbox only; use sandbox.Runner"},
	}
	for _, p := range packages(t) {
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, o := range owners {
			for _, imported := range p.Imports {
				if strings.HasPrefix(imported, o.library) && !within(folder, o.folder) && !within(folder, "bench") && !strings.HasSuffix(folder, "test") {
					t.Errorf("%s imports %s: %s", folder, imported, o.why)
				}
			}
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment; begin its main file with // Package ...", p.ImportPath)
		}
	}
}

// A path of one machine, written down, works on no other.
func TestNoPathsOfOneMachine(t *testing.T) {
	out, err := exec.Command("git", "ls-files").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	bad := regexp.MustCompile(`(^|[\s"'(=])/(work/|root/|home/[a-z]+/)[a-z./]*`)
	for _, file := range strings.Fields(string(out)) {
		if slices.Contains([]string{".sum", ".ttf", ".png", ".jpg"}, filepath.Ext(file)) || strings.HasSuffix(file, "house_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue // removed in the work tree
		}
		if found := bad.Find(text); found != nil {
			t.Errorf("%s holds the path %q", file, found)
		}
	}
}

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports,GoFiles", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(fmt.Errorf("go list: %w", err))
		}
		all = append(all, p)
	}
}
