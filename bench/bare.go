package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/artdag/artdag/groupcommit"
)

// bare makes the files and folders that a cache makes for the same content, and
// syncs as it does, but does nothing else: it neither hashes nor takes locks, and
// keeps no journal. No cache of this layout is faster.
type bare struct {
	dir  string
	disk *os.File
	sync *groupcommit.Committer[*error]
}

func newBare(dir string) (*bare, error) {
	folders := []string{"scratch", "sources"}
	for i := range 256 {
		folders = append(folders, filepath.Join("content", strconv.Itoa(i)))
	}
	for _, folder := range folders {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	disk, err := os.Open(dir)
	s := &bare{dir: dir, disk: disk}
	s.sync = groupcommit.New(0, func(group []*error) {
		err := syncAll(s.disk)
		for _, e := range group {
			*e = err
		}
	})
	return s, err
}

func (s *bare) durable() error {
	var err error
	s.sync.Do(&err)
	return err
}

// put stores the bytes of a file under a name.
func (s *bare) put(path, name string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	folder := filepath.Join(s.dir, "scratch", name)
	source := filepath.Join(folder, "source")
	stored := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	err = errors.Join(os.Mkdir(folder, 0o755), os.WriteFile(source, data, 0o444), os.Chtimes(source, stored, stored),
		os.WriteFile(filepath.Join(folder, "metadata.json"), make([]byte, 300), 0o644), s.durable())
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(name)
	return errors.Join(err, os.Link(source, filepath.Join(s.dir, "content", strconv.Itoa(number%256), name)),
		os.Rename(folder, filepath.Join(s.dir, "sources", name)), s.durable())
}

// filesAlone stores files as a worker of eight slots does, but barely.
func (b *bench) filesAlone(paths []string) (took float64, err error) {
	dir, err := b.passing("bare")
	if err != nil {
		return 0, err
	}
	s, err := newBare(dir)
	if err != nil {
		return 0, err
	}
	defer s.disk.Close() // was only read
	return seconds(func() error {
		return each(paths, slotsOfWorker, func(path string) error { return s.put(path, filepath.Base(path)) })
	})
}
