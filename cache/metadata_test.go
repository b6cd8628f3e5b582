package cache

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
)

func TestMetadataKeepsConfigCanonical(t *testing.T) {
	t.Parallel()
	config := json.RawMessage(`{"a":"<b> & c","n":[1,2]}`)
	m := &metadata{
		Format: 1, ID: stepID("a").String(), Content: dag.ContentHash{1}, File: "x",
		Created: time.Unix(1, 0).UTC(), Made: &Made{Config: config},
	}
	text, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), string(config)) {
		t.Errorf("the config was rewritten: %s", text)
	}
	got, err := parseMetadata(text)
	if diff := cmp.Diff(m, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func FuzzMetadata(f *testing.F) {
	hash := strings.Repeat("ab", 32)
	f.Add([]byte(`{"format":1,"content_hash":"` + hash + `","file":"source","size":3}`))
	f.Add([]byte(`{"format":1,"content_hash":"` + hash + `","members":[{"file":"../x"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseMetadata(text)
		if err != nil || m.valid(hash) != nil {
			return
		}
		for _, file := range m.files() {
			if !filepath.IsLocal(file.name) {
				t.Fatalf("names %q outside its folder", file.name)
			}
		}
	})
}
