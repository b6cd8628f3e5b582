package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
)

// Put stores a result under its cache_id and, where that is another, under its
// resolved_id. Each file of out is read once for its content hash and cid and
// then moved, not copied. Bytes that the cache holds already are stored once.
//
// If an entry is there already, its bytes stand: the same bytes are no change,
// other bytes are a DifferentError and change nothing. A full disk is ErrFull.
// On any error, what was in the scratch folder is lost, and nothing is stored.
func (c *Cache) Put(ctx context.Context, id, resolved dag.CacheID, out Output) (*Entry, error) {
	if err := c.put(ctx, id, resolved, out); err != nil {
		return nil, fmt.Errorf("cache: put %s: %w", id.Short(), full(err))
	}
	return c.Get(id)
}

func (c *Cache) put(ctx context.Context, id, resolved dag.CacheID, out Output) (err error) {
	s, err := c.newStaging()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	m, err := s.files(ctx, out)
	if err != nil {
		return err
	}
	out.Made.Resolved = resolved
	m.Format, m.Made, m.Created = metadataFormat, &out.Made, c.now().UTC()
	return s.store(m, resolved, id)
}

// store commits the staged files under each of the ids. The resolved_id comes
// first: if the process dies between the two renames, early cutoff still finds
// the work.
func (s *staging) store(m *metadata, ids ...dag.CacheID) error {
	for i, id := range ids {
		if id.IsZero() || slices.Contains(ids[:i], id) {
			continue
		}
		named := *m
		named.ID = id.String()
		if err := s.folder(named.ID, &named); err != nil {
			return err
		}
	}
	return s.commit()
}

// files takes the files of a result and returns the metadata that describes
// them.
func (s *staging) files(ctx context.Context, out Output) (*metadata, error) {
	if out.Multi {
		return s.members(ctx, out)
	}
	ext := filepath.Ext(out.Path)
	f, err := s.take(ctx, out.Path, "output"+ext)
	if err != nil {
		return nil, err
	}
	return &metadata{
		Content: f.content, CID: f.cid, File: f.name, Size: f.size, Facts: out.Facts,
		MediaType: orType(out.MediaType, ext),
	}, nil
}

// members takes the files of a result with several outputs and writes their
// manifest, which is its content.
func (s *staging) members(ctx context.Context, out Output) (*metadata, error) {
	m := &metadata{Multi: true, MediaType: "application/json", File: "manifest.json"}
	sorted := slices.SortedFunc(slices.Values(out.Members), func(a, b OutputMember) int {
		return strings.Compare(a.Name, b.Name)
	})
	names := map[string]bool{}
	list := make([]Member, 0, len(sorted))
	for _, member := range sorted {
		name, err := memberFile(member)
		if err != nil {
			return nil, err
		}
		if names[name] {
			return nil, fmt.Errorf("two outputs are called %q", name)
		}
		names[name] = true
		f, err := s.take(ctx, member.Path, filepath.Join("members", name))
		if err != nil {
			return nil, err
		}
		list = append(list, Member{Name: member.Name, Content: f.content, CID: f.cid, Size: f.size})
		m.Members = append(m.Members, memberData{
			Name: member.Name, Content: f.content, CID: f.cid, File: f.name, Size: f.size,
			MediaType: orType(member.MediaType, name), Facts: member.Facts,
		})
	}
	return m, s.manifest(ctx, m, list)
}

func (s *staging) manifest(ctx context.Context, m *metadata, list []Member) error {
	text, err := Manifest(list)
	if err != nil {
		return err
	}
	path := s.path(m.File)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return err
	}
	f, err := s.take(ctx, path, m.File)
	m.Content, m.CID, m.Size = f.content, f.cid, f.size
	return err
}

// memberFile returns the file name of a member: its name, with the extension of
// its file.
func memberFile(m OutputMember) (string, error) {
	if m.Name == "" || m.Name != filepath.Base(m.Name) || !filepath.IsLocal(m.Name) || len(m.Name) > 200 {
		return "", fmt.Errorf("an output cannot be called %q: want a plain file name of at most 200 bytes", m.Name)
	}
	if ext := filepath.Ext(m.Path); ext != filepath.Ext(m.Name) {
		return m.Name + ext, nil
	}
	return m.Name, nil
}

func orType(given, name string) string {
	if given != "" {
		return given
	}
	return mediaType(name)
}

// Link stores the result of one step under another id: the early cutoff of a
// step that would turn the same bytes into the same result. It costs a folder
// and no bytes. The error is ErrMissing when from was evicted meanwhile.
func (c *Cache) Link(id dag.CacheID, from *Entry) (*Entry, error) {
	if err := c.link(id, from); err != nil {
		return nil, fmt.Errorf("cache: link %s to %s: %w", id.Short(), from.ID.Short(), full(err))
	}
	return c.Get(id)
}

func (c *Cache) link(id dag.CacheID, from *Entry) (err error) {
	m, err := c.whole(from.Dir)
	if err != nil {
		return missing(err)
	}
	s, err := c.newStaging()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, f := range m.files() {
		if err := linkInto(filepath.Join(from.Dir, f.name), filepath.Join(s.folderPath(), f.name)); err != nil {
			return missing(err)
		}
	}
	return s.store(m, id)
}
