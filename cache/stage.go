package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// staging is a result on its way into the cache: complete folders in a scratch
// folder, which commit moves to where they belong. All puts of an open cache
// share that folder: one of their own would be two more files to make and to
// remove for each, which takes longer than storing a small result.
type staging struct {
	cache   *Cache
	name    string   // absolute; what begins with it is this one's
	made    []string // names that may be left, to be removed
	first   string   // the folder that takes the files; see folderPath
	folders []stagedFolder
	unsaved []string // what has to be synced before the rename
	adopted []string // names in content/ that a commit made and that failed since
}

// stagedFolder is one folder and its future place, relative to the cache.
type stagedFolder struct {
	dir, place string
	meta       *metadata
	metaSize   int64 // bytes of metadata.json
}

func (c *Cache) newStaging() (*staging, error) {
	dir, err := c.stagingFolder()
	if err != nil {
		return nil, err
	}
	return &staging{cache: c, name: filepath.Join(dir, randomName())}, nil
}

// stagingFolder returns the folder that all puts share. It is made by the first
// and removed by Close.
func (c *Cache) stagingFolder() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.staged == nil {
		s, err := c.Scratch("put")
		if err != nil {
			return "", err
		}
		c.staged = s
	}
	return c.staged.Dir, nil
}

// closeStaged removes that folder.
func (c *Cache) closeStaged() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.staged == nil {
		return nil
	}
	err := c.staged.Close()
	c.staged = nil
	return err
}

// path returns a new name in the staging area, which close removes.
func (s *staging) path(name string) string {
	path := s.name + "-" + name
	s.made = append(s.made, path)
	return path
}

// close removes what was not committed.
func (s *staging) close() error {
	var err error
	for _, path := range s.made {
		err = errors.Join(err, removeAll(path))
	}
	if len(s.adopted) == 0 {
		return err
	}
	return errors.Join(err, s.cache.store.do(func() (err error) {
		for _, name := range s.adopted {
			_, removeErr := removeIfLast(name)
			err = errors.Join(err, removeErr)
		}
		return err
	}))
}

// take moves a finished file to name in the staging area. Bytes that the cache
// holds already are linked instead, and the new file is dropped.
func (s *staging) take(ctx context.Context, path, name string) (storedFile, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return storedFile{}, err
	}
	if !info.Mode().IsRegular() {
		return storedFile{}, fmt.Errorf("%s: not a regular file", path)
	}
	d, err := s.digestWritten(ctx, path, info.Size())
	if err != nil {
		return storedFile{}, err
	}
	return storedFile{name, d}, s.place(path, name, d)
}

// digestWritten reads a file that was just written, while the kernel brings it
// to the disk.
func (s *staging) digestWritten(ctx context.Context, path string, size int64) (digest, error) {
	f, err := os.Open(path)
	if err != nil {
		return digest{}, err
	}
	defer f.Close()
	startWriteback(f, 0, size)
	return s.cache.digest(ctx, f, nil)
}

// largeFile is from how many bytes on a file is synced by its own put: those who
// share a sync should not wait for a film.
const largeFile = 16 << 20

// place puts a file whose digest is known under name.
func (s *staging) place(path, name string, d digest) error {
	dest := filepath.Join(s.folderPath(), name)
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return full(err)
	}
	shared, err := s.cache.linkContent(d, dest)
	if err != nil {
		return err
	}
	if shared {
		return os.Remove(path)
	}
	if err := moveAlone(path, dest); err != nil {
		return err
	}
	if err := seal(dest); err != nil {
		return err
	}
	if d.size >= largeFile {
		return syncPath(dest)
	}
	s.unsaved = append(s.unsaved, dest)
	return nil
}

// folderPath is where the folder is made that takes the files.
func (s *staging) folderPath() string {
	if s.first == "" {
		s.first = s.path("new")
	}
	return s.first
}

// moveAlone renames a file that has no other name. One that has (a tool linked
// its output from elsewhere) is copied: nothing outside the cache may ever share
// its files.
func moveAlone(path, dest string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if _, links := inodeOf(info); links == 1 {
		return os.Rename(path, dest)
	}
	if err := copyFile(path, dest, 0o600); err != nil {
		return err
	}
	return os.Remove(path)
}

// linkContent links the content into dest and reports whether the cache held it.
func (c *Cache) linkContent(d digest, dest string) (bool, error) {
	have := c.contentPath(d.content)
	if c.check(have, d.size, d.content) != nil {
		return false, nil // absent, or damaged: the new bytes replace it
	}
	err := linkOrCopy(have, dest)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // evicted in between
	}
	return err == nil, full(err)
}

// folder writes the metadata of the staged files. The first folder takes the
// files themselves, each further one gets links to them.
func (s *staging) folder(place string, m *metadata) error {
	dir := s.folderPath()
	if n := len(s.folders); n > 0 {
		first := s.folders[0].dir
		dir = s.path(fmt.Sprintf("new%d", n))
		for _, f := range m.files() {
			if err := linkInto(filepath.Join(first, f.name), filepath.Join(dir, f.name)); err != nil {
				return err
			}
		}
	}
	text, err := m.encode()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, metadataName)
	if err := writeFile(path, text); err != nil {
		return err
	}
	now := s.cache.now()
	if err := os.Chtimes(path, now, now); err != nil {
		return err
	}
	s.folders = append(s.folders, stagedFolder{dir, place, m, int64(len(text))})
	s.unsaved = append(s.unsaved, path)
	s.addFolders(dir, m)
	return nil
}

// addFolders notes the folders that hold names of m's files for the sync.
func (s *staging) addFolders(dir string, m *metadata) {
	noted := map[string]bool{}
	for _, f := range m.files() {
		sub := filepath.Dir(filepath.Join(dir, f.name))
		if !noted[sub] {
			s.unsaved = append(s.unsaved, sub)
		}
		noted[sub] = true
	}
}

func linkInto(old, name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return full(err)
	}
	return full(linkOrCopy(old, name))
}
