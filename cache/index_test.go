package cache

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
)

func index(tb testing.TB, c *Cache, name string) map[string]string {
	tb.Helper()
	var m map[string]string
	if err := json.Unmarshal([]byte(read(tb, c.path(name))), &m); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return m
}

// indexed compares the index files with what the folders say.
func indexed(tb testing.TB, c *Cache) {
	tb.Helper()
	x := newIndexes()
	for it, err := range c.items(tb.Context()) {
		if err != nil {
			tb.Fatal(err)
		}
		folder := map[Kind]string{KindEntry: it.ID, KindSource: "sources/" + it.ID}[it.Kind]
		if m, err := readMetadata(it.path); err == nil {
			x.add(folder, m)
		}
	}
	if diff := cmp.Diff(x.nodes, index(tb, c, indexName)); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", indexName, diff)
	}
	if diff := cmp.Diff(x.cids, index(tb, c, ipfsName)); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", ipfsName, diff)
	}
	for content, folder := range index(tb, c, contentName) {
		m, err := readMetadata(c.path(folder))
		if err != nil || !slices.ContainsFunc(m.files(), func(f storedFile) bool { return f.content.String() == content }) {
			tb.Errorf("%s: %s is not in %s: %v", contentName, content, folder, err)
		}
	}
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	for i := range 30 {
		put(t, c, fmt.Sprint(i), fmt.Sprint("text ", i%20))
		if i%3 == 0 {
			if _, err := c.Remove(t.Context(), dag.StepInput(stepID(fmt.Sprint(i/2)), ""), false); err != nil && !errors.Is(err, ErrMissing) {
				t.Fatal(err)
			}
		}
		if i%4 == 0 {
			if err := c.snapshot(); err != nil {
				t.Fatal(err)
			}
			indexed(t, c)
		}
	}
	if _, err := c.PutSource(t.Context(), strings.NewReader("a source"), dag.ContentHash{}); err != nil {
		t.Fatal(err)
	}
	if err := c.snapshot(); err != nil {
		t.Fatal(err)
	}
	indexed(t, c)
	if text := read(t, c.path(journalName)); text != "" {
		t.Errorf("the journal still has %q", text)
	}
}

func TestIndexesLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, dir, Options{})
	put(t, c, "a", "abc")
	if err := c.snapshot(); err != nil {
		t.Fatal(err)
	}
	e := put(t, c, "b", "def")
	for _, name := range []string{indexName, contentName, ipfsName, journalName, "usage"} {
		if err := os.Remove(c.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, dir, Options{})
	if _, err := again.Get(e.ID); err != nil {
		t.Error(err)
	}
	if h, err := again.ByCID(e.CID); h != e.Content || err != nil {
		t.Errorf("ByCID = %s, %v", h, err)
	}
	if err := again.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	indexed(t, again)
	counted(t, again)
}

func TestDamagedIndexIsMadeAgain(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"not JSON": "garbage\n", "order": "{\n\"b\":\"1\",\n\"a\":\"2\"\n}\n", "gone": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, t.TempDir(), Options{})
			put(t, c, "a", "abc")
			if err := c.snapshot(); err != nil {
				t.Fatal(err)
			}
			put(t, c, "b", "def")
			err := os.Remove(c.path(indexName))
			if text != "" {
				err = os.WriteFile(c.path(indexName), []byte(text), 0o644)
			}
			if err := errors.Join(err, c.snapshot()); err != nil {
				t.Fatal(err)
			}
			indexed(t, c)
		})
	}
}

func TestTornJournal(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	put(t, c, "a", "abc")
	half := "+ " + stepID("b").String()[:20]
	if err := os.WriteFile(c.path(journalName), []byte(read(t, c.path(journalName))+half), 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, c, "c", "def")
	got, _, err := c.readJournal()
	want := map[string]bool{stepID("a").String(): true, stepID("c").String(): true}
	if !maps.Equal(got, want) || err != nil {
		t.Errorf("the journal names %v, %v, want %v", got, err, want)
	}
	if err := c.snapshot(); err != nil {
		t.Fatal(err)
	}
	indexed(t, c)
}

func TestByCID(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	e := put(t, c, "a", "abc")
	find := func(where string) {
		t.Helper()
		if h, err := c.ByCID(e.CID); h != e.Content || err != nil {
			t.Errorf("from the %s: ByCID = %s, %v", where, h, err)
		}
	}
	find("journal")
	if err := c.snapshot(); err != nil {
		t.Fatal(err)
	}
	find("snapshot")
	_, err := c.ByCID("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy")
	wantErr(t, "ByCID of unknown", err, ErrMissing)
	if err := os.RemoveAll(e.Dir); err != nil { // the index still names it
		t.Fatal(err)
	}
	if err := os.Remove(c.contentPath(e.Content)); err != nil {
		t.Fatal(err)
	}
	_, err = c.ByCID(e.CID)
	wantErr(t, "ByCID of what is gone", err, ErrMissing)
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte("{\n\"a\":\"b\",\n\"c\":\"d\"\n}\n"))
	f.Add([]byte("{\n\"\":\"\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		last := ""
		for pair, err := range indexPairs(bytes.NewReader(text)) {
			if err != nil {
				return
			}
			if pair[0] <= last {
				t.Fatalf("%q after %q in %q", pair[0], last, text)
			}
			last = pair[0]
		}
	})
}

func FuzzJournalLine(f *testing.F) {
	f.Add("+ " + strings.Repeat("a", 64) + "\n")
	f.Add("- sources/" + strings.Repeat("0", 64) + "\n")
	f.Fuzz(func(t *testing.T, line string) {
		folder, ok := journalLine(line)
		if ok && !isID(strings.TrimPrefix(folder, "sources/")) {
			t.Fatalf("%q names %q", line, folder)
		}
	})
}
