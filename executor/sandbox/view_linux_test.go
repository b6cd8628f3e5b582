package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	crowded := func(folder string) []string {
		var files []string
		for i := range crowd + 1 {
			files = append(files, fmt.Sprintf("%s/%03d", folder, i))
		}
		return files
	}
	for name, test := range map[string]struct {
		read []string
		want []string
	}{
		"each once":            {[]string{"/b/1", "/a/1", "/a/1"}, []string{"/a/1", "/b/1"}},
		"a folder holds it":    {[]string{"/a/b/1", "/a"}, []string{"/a"}},
		"a name that begins":   {[]string{"/a", "/ab"}, []string{"/a", "/ab"}},
		"a crowd":              {crowded("/a"), []string{"/a"}},
		"the own folder":       {[]string{"/own", "/own/in"}, []string{"/own/in"}},
		"a crowd around":       {append(crowded("/"), "/own/in"), append(crowdedRoot(), "/own/in")},
		"a crowd in the own":   {crowded("/own/in"), []string{"/own/in"}},
		"nothing at all given": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range test.read {
				test.read[i] = filepath.Clean(test.read[i])
			}
			if diff := cmp.Diff(test.want, visible(Command{Dir: "/own", Read: test.read})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func crowdedRoot() []string {
	var files []string
	for i := range crowd + 1 {
		files = append(files, fmt.Sprintf("/%03d", i))
	}
	return files
}

// Many links in one folder are shown with what they lead to.
func TestACrowdOfLinks(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		real, links := t.TempDir(), t.TempDir()
		write(t, filepath.Join(real, "text"), "x")
		var files []string
		for i := range crowd + 1 {
			link := filepath.Join(links, fmt.Sprint(i))
			if err := os.Symlink(filepath.Join(real, "text"), link); err != nil {
				t.Fatal(err)
			}
			files = append(files, link)
		}
		out, err := shell(t, s, `cat "$P"/*`, func(cmd *Command) { cmd.Read, cmd.Env = files, []string{"P=" + links} })
		if err != nil || len(out) != crowd+1 {
			t.Errorf("got %q, %v", out, err)
		}
	})
}
