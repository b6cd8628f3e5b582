package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
)

func TestPutAndGet(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	facts := &dag.Facts{Kind: dag.Video, Format: "matroska", Duration: 1.5, Video: &dag.VideoFacts{Width: 4, Height: 2, FPS: dag.Rate{Num: 25, Den: 1}}}
	made := Made{
		Type: "SEGMENT@1", Config: json.RawMessage(`{"a":"<&>"}`), Inputs: []dag.ContentHash{{7}}, Seconds: 0.25, Toolchain: "ffmpeg 5",
	}
	path := write(t, c, "made.mkv", "abc")
	got, err := c.Put(t.Context(), stepID("a"), stepID("resolved"), Output{Path: path, Facts: facts, Made: made})
	if err != nil {
		t.Fatal(err)
	}
	made.Resolved = stepID("resolved")
	dir := filepath.Join(c.Dir(), stepID("a").String())
	want := &Entry{
		ID: stepID("a"), Content: dag.HashContent([]byte("abc")), Size: 3, MediaType: "video/x-matroska", Facts: facts,
		CID:     "bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu",
		Created: got.Created, Made: made, Dir: dir, Path: filepath.Join(dir, "output.mkv"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Put (-want +got):\n%s", diff)
	}
	again, err := c.Get(stepID("a"))
	if diff := cmp.Diff(want, again); diff != "" || err != nil {
		t.Errorf("Get: %v (-want +got):\n%s", err, diff)
	}
	if text := read(t, got.Path); text != "abc" {
		t.Errorf("the file holds %q", text)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still in the scratch folder: %v", err)
	}
	resolved, err := c.Get(stepID("resolved"))
	if err != nil || resolved.Content != want.Content || resolved.ID != stepID("resolved") {
		t.Errorf("Get of the resolved_id = %+v, %v", resolved, err)
	}
	sameFile(t, got.Path, resolved.Path)
	counted(t, c)
	sound(t, c)
}

func sameFile(tb testing.TB, a, b string) {
	tb.Helper()
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	if err1 != nil || err2 != nil || !os.SameFile(x, y) {
		tb.Errorf("%s and %s are not one file (%v, %v)", a, b, err1, err2)
	}
}

func TestPutFilesAreReadOnly(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	info, err := os.Stat(put(t, c, "a", "abc").Path)
	if err != nil || info.Mode().Perm() != 0o444 {
		t.Errorf("mode %v, %v, want 0444", info.Mode(), err)
	}
}

func TestPutIdenticalBytesOnce(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	a, b := put(t, c, "a", "same"), put(t, c, "b", "same")
	sameFile(t, a.Path, b.Path)
	path, err := c.Content(a.Content)
	if err != nil {
		t.Fatal(err)
	}
	sameFile(t, a.Path, path)
	counted(t, c)
}

func TestPutAgain(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	first := put(t, c, "a", "abc")
	if again := put(t, c, "a", "abc"); !cmp.Equal(first, again) {
		t.Errorf("storing the same again changed the entry: %s", cmp.Diff(first, again))
	}
	_, err := c.Put(t.Context(), stepID("a"), stepID("r"), Output{Path: write(t, c, "x.mkv", "other")})
	var different *DifferentError
	if !errors.As(err, &different) {
		t.Fatalf("other bytes: got %v, want a DifferentError", err)
	}
	want := DifferentError{ID: stepID("a"), Recorded: first.Content, Got: dag.HashContent([]byte("other"))}
	if *different != want {
		t.Errorf("got %+v, want %+v", *different, want)
	}
	_, err = c.Get(stepID("r"))
	wantErr(t, "the resolved_id of refused bytes", err, ErrMissing)
	_, err = c.Content(want.Got)
	wantErr(t, "the refused bytes", err, ErrMissing)
	if text := read(t, first.Path); text != "abc" {
		t.Errorf("the recorded bytes are now %q", text)
	}
	counted(t, c)
}

func TestPutReplacesDamaged(t *testing.T) {
	t.Parallel()
	damages := map[string]func(e *Entry) error{
		"file gone":      func(e *Entry) error { return os.Remove(e.Path) },
		"file cut short": func(e *Entry) error { return os.Truncate(e.Path, 1) },
		"same size": func(e *Entry) error {
			return overwrite(e.Path, "abX")
		},
		"metadata gone": func(e *Entry) error { return os.Remove(filepath.Join(e.Dir, metadataName)) },
		"metadata torn": func(e *Entry) error { return os.Truncate(filepath.Join(e.Dir, metadataName), 40) },
		"metadata newer": func(e *Entry) error {
			return os.WriteFile(filepath.Join(e.Dir, metadataName), []byte(`{"format":2}`), 0o644)
		},
		"another's metadata": func(e *Entry) error {
			return os.WriteFile(filepath.Join(e.Dir, metadataName), []byte(`{"format":1,"cache_id":"x","content_hash":"`+e.Content.String()+`"}`), 0o644)
		},
		"file outside": func(e *Entry) error {
			text := strings.Replace(readString(e.Dir), "output.mkv", "../../x", 1)
			return os.WriteFile(filepath.Join(e.Dir, metadataName), []byte(text), 0o644)
		},
		"empty folder": func(e *Entry) error { return errors.Join(os.RemoveAll(e.Dir), os.Mkdir(e.Dir, 0o755)) },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, t.TempDir(), Options{})
			e := put(t, c, "a", "abc")
			if err := damage(e); err != nil {
				t.Fatal(err)
			}
			_, err := c.Get(e.ID)
			wantErr(t, "Get of a damaged entry", err, ErrMissing)
			again := put(t, c, "a", "abc")
			if text := read(t, again.Path); text != "abc" {
				t.Errorf("after storing again the file holds %q", text)
			}
			sound(t, c)
		})
	}
}

// overwrite is what a careless program does to a file of the cache.
func overwrite(path, text string) error {
	return errors.Join(os.Chmod(path, 0o644), os.WriteFile(path, []byte(text), 0o644), os.Chmod(path, 0o444))
}

func readString(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, metadataName))
	return string(text)
}

func TestGetReseals(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	e := put(t, c, "a", "abc")
	if err := os.Chtimes(e.Path, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(e.ID); err != nil {
		t.Errorf("an entry with another time and the right bytes: %v", err)
	}
	info, err := os.Stat(e.Path)
	if err != nil || !sealed(info) {
		t.Errorf("not sealed again: %v, %v", info, err)
	}
}

func TestPutMembers(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	out := Output{Multi: true, Members: []OutputMember{
		{Name: "00000001", Path: write(t, c, "b.png", "abc"), Facts: &dag.Facts{Kind: dag.Image}},
		{Name: "00000000", Path: write(t, c, "a.png", "")},
		{Name: "00000002", Path: write(t, c, "c.png", "abc")},
	}}
	e, err := c.Put(t.Context(), stepID("m"), stepID("mr"), out)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Members) != 3 || e.Members[0].Name != "00000000" || e.Size != 6 || !e.Multi {
		t.Fatalf("entry %+v", e)
	}
	m, ok := e.Member("00000001")
	if !ok || read(t, m.Path) != "abc" || m.MediaType != "image/png" || m.Facts == nil || filepath.Base(m.Path) != "00000001.png" {
		t.Errorf("Member = %+v, %v", m, ok)
	}
	sameFile(t, m.Path, e.Members[2].Path)
	if dag.HashContent([]byte(read(t, e.Path))) != e.Content {
		t.Errorf("the content hash is not the manifest's")
	}
	for _, h := range []dag.ContentHash{e.Content, m.Content} {
		if _, err := c.Content(h); err != nil {
			t.Errorf("Content: %v", err)
		}
	}
	counted(t, c)
	sound(t, c)
	if err := os.Remove(e.Members[0].Path); err != nil {
		t.Fatal(err)
	}
	_, err = c.Get(e.ID)
	wantErr(t, "Get without one member", err, ErrMissing)
}

// The manifest's vector was made by an independent program.
func TestManifestVector(t *testing.T) {
	t.Parallel()
	members := []Member{
		{Name: "00000000", Content: dag.HashContent(nil), CID: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"},
		{Name: "00000001", Content: dag.HashContent([]byte("abc")), CID: "bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu", Size: 3},
	}
	text, err := Manifest(members)
	const want = "bce12623c8f748f365f48b75a1ed376b8d77e9074ac42cd340d3b52e3d35ed30"
	if got := dag.HashContent(text).String(); got != want || err != nil {
		t.Errorf("Manifest = %s, %v\nhash %s, want %s", text, err, got, want)
	}
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	link := filepath.Join(filepath.Dir(write(t, c, "x.png", "x")), "link.png")
	if err := os.Symlink("x.png", link); err != nil {
		t.Fatal(err)
	}
	file := func() string { return write(t, c, "f.png", "f") }
	tests := map[string]Output{
		"no file":        {Path: filepath.Join(c.Dir(), "scratch", "nothing")},
		"a folder":       {Path: filepath.Dir(link)},
		"a symlink":      {Path: link},
		"a path as name": {Multi: true, Members: []OutputMember{{Name: "a/b", Path: file()}}},
		"dots as name":   {Multi: true, Members: []OutputMember{{Name: "..", Path: file()}}},
		"no name":        {Multi: true, Members: []OutputMember{{Path: file()}}},
		"names twice":    {Multi: true, Members: []OutputMember{{Name: "a", Path: file()}, {Name: "a", Path: file()}}},
	}
	for name, out := range tests {
		if e, err := c.Put(t.Context(), stepID(name), dag.CacheID{}, out); err == nil {
			t.Errorf("%s: stored as %+v", name, e)
		}
		if _, err := c.Get(stepID(name)); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: after the refusal Get says %v", name, err)
		}
	}
	counted(t, c)
}

// A tool may have linked its output from elsewhere; the cache must not share it.
func TestPutSharesNothingOutside(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	path := write(t, c, "out.mkv", "abc")
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Link(path, outside); err != nil {
		t.Fatal(err)
	}
	e, err := c.Put(t.Context(), stepID("a"), dag.CacheID{}, Output{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(outside, []byte("XXX"), 0o644); err != nil {
		t.Fatal(err)
	}
	if text := read(t, e.Path); text != "abc" {
		t.Errorf("a write outside the cache changed the entry to %q", text)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	from := put(t, c, "a", "abc")
	e, err := c.Link(stepID("b"), from)
	if err != nil || e.ID != stepID("b") || e.Content != from.Content {
		t.Fatalf("Link = %+v, %v", e, err)
	}
	sameFile(t, from.Path, e.Path)
	put(t, c, "c", "other")
	_, err = c.Link(stepID("c"), from)
	var different *DifferentError
	if !errors.As(err, &different) {
		t.Errorf("Link over another result: got %v, want a DifferentError", err)
	}
	if _, err := c.Remove(t.Context(), dag.StepInput(from.ID, ""), false); err != nil {
		t.Fatal(err)
	}
	_, err = c.Link(stepID("d"), from)
	wantErr(t, "Link from an evicted entry", err, ErrMissing)
	counted(t, c)
}

func TestBorrowSurvivesEviction(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	e := put(t, c, "a", "abc")
	s, err := c.Scratch("step")
	if err != nil {
		t.Fatal(err)
	}
	metadata := int64(len(readString(e.Dir)))
	path, err := c.Borrow(s, e.Path, "in/0.mkv")
	if err != nil {
		t.Fatal(err)
	}
	sameFile(t, e.Path, path)
	freed, err := c.Remove(t.Context(), dag.StepInput(e.ID, ""), false)
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, path); text != "abc" {
		t.Errorf("after the eviction the step reads %q", text)
	}
	if freed != metadata {
		t.Errorf("freed %d bytes, want the %d of the metadata: the step still has the file", freed, metadata)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s2, err := c.Scratch("step")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Borrow(s2, e.Path, "in")
	wantErr(t, "Borrow of what is gone", err, ErrMissing)
	if err := s2.Close(); err != nil {
		t.Error(err)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	e := put(t, c, "a", "abc")
	dest := filepath.Join(t.TempDir(), "film.mkv")
	for range 2 { // the second replaces the first
		if err := c.Export(t.Context(), e.Path, dest); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dest, []byte("XXX"), 0o644); err != nil {
		t.Fatal(err)
	}
	if text := read(t, e.Path); text != "abc" {
		t.Errorf("writing the exported file changed the cache to %q", text)
	}
	if err := c.Export(t.Context(), e.Path, filepath.Dir(dest)); err == nil {
		t.Error("Export onto a folder succeeded")
	}
	wantErr(t, "Export of nothing", c.Export(t.Context(), e.Path+"x", dest), ErrMissing)
	names, err := os.ReadDir(filepath.Dir(dest))
	if len(names) != 1 || err != nil {
		t.Errorf("Export left %v, %v", names, err)
	}
	if err := c.Export(t.Context(), e.Path, os.DevNull); err != nil {
		t.Errorf("Export to a device: %v", err)
	}
}

func TestPutManyLinks(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	e := put(t, c, "a", "abc")
	links := filepath.Join(c.Dir(), "scratch", "links")
	if err := os.Mkdir(links, 0o755); err != nil {
		t.Fatal(err)
	}
	// Until the file system refuses: 65,000 names on ext4.
	for i := 0; ; i++ {
		err := os.Link(e.Path, filepath.Join(links, fmt.Sprint(i)))
		if tooManyLinks(err) {
			break
		}
		if err != nil || i == 200_000 {
			t.Fatalf("link %d: %v", i, err)
		}
	}
	for _, name := range []string{"b", "c"} {
		if text := read(t, put(t, c, name, "abc").Path); text != "abc" {
			t.Errorf("entry %s holds %q", name, text)
		}
	}
	b, _ := c.Get(stepID("b"))
	d, _ := c.Get(stepID("c"))
	sameFile(t, b.Path, d.Path)
	counted(t, c)
	sound(t, c)
}
