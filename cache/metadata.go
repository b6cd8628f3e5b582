package cache

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/artdag/artdag/dag"
)

// metadataFormat is the version of metadata.json that this program writes, and
// the newest it reads.
const metadataFormat = 1

// metadata is metadata.json: what an entry's or a source's folder says of
// itself. File names are relative to the folder.
type metadata struct {
	Format    int             `json:"format"`
	ID        string          `json:"cache_id,omitempty"` // not for sources
	Content   dag.ContentHash `json:"content_hash"`
	CID       string          `json:"cid"`
	File      string          `json:"file"`
	Size      int64           `json:"size"` // bytes of File
	MediaType string          `json:"media_type,omitempty"`
	Facts     *dag.Facts      `json:"facts,omitempty"`
	Multi     bool            `json:"multi,omitempty"`
	Members   []memberData    `json:"members,omitempty"`
	Created   time.Time       `json:"created_at"`
	Made      *Made           `json:"made,omitempty"`
}

type memberData struct {
	Name      string          `json:"name"`
	Content   dag.ContentHash `json:"content_hash"`
	CID       string          `json:"cid"`
	File      string          `json:"file"`
	Size      int64           `json:"size"`
	MediaType string          `json:"media_type,omitempty"`
	Facts     *dag.Facts      `json:"facts,omitempty"`
}

const metadataName = "metadata.json"

// readMetadata reads the metadata of a folder, whose name it must agree with.
func readMetadata(dir string) (*metadata, error) {
	path := filepath.Join(dir, metadataName)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := parseMetadata(text)
	if err == nil {
		err = m.valid(filepath.Base(dir))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

func parseMetadata(text []byte) (*metadata, error) {
	var m metadata
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

func (m *metadata) valid(folder string) error {
	name := m.ID
	if name == "" {
		name = m.Content.String()
	}
	switch {
	case m.Format > metadataFormat:
		return fmt.Errorf("has format %d; this program reads up to %d: use a newer artdag", m.Format, metadataFormat)
	case m.Format < 1 || m.Content.IsZero():
		return errors.New("has no format or no content hash")
	case name != folder:
		return fmt.Errorf("belongs to %s", name)
	}
	for _, f := range m.files() {
		if !filepath.IsLocal(f.name) {
			return fmt.Errorf("names a file outside its folder: %q", f.name)
		}
	}
	return nil
}

// storedFile is one file of a folder as its metadata has it.
type storedFile struct {
	name string // relative to the folder
	digest
}

// files returns the files of the folder except metadata.json itself.
func (m *metadata) files() []storedFile {
	out := make([]storedFile, 0, 1+len(m.Members))
	out = append(out, storedFile{m.File, digest{m.Content, m.CID, m.Size}})
	for _, member := range m.Members {
		out = append(out, storedFile{member.File, digest{member.Content, member.CID, member.Size}})
	}
	return out
}

// encode returns the text of metadata.json. Config stays canonical: it is
// neither indented nor escaped for HTML.
func (m *metadata) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(m)
	return b.Bytes(), err
}

// entry returns what the metadata says, with absolute paths.
func (m *metadata) entry(dir string) (*Entry, error) {
	e := &Entry{
		Content: m.Content, CID: m.CID, Size: m.Size, MediaType: m.MediaType, Facts: m.Facts,
		Multi: m.Multi, Created: m.Created, Dir: dir, Path: filepath.Join(dir, m.File),
	}
	if m.Made != nil {
		e.Made = *m.Made
	}
	if m.Multi {
		e.Size = 0
	}
	for _, f := range m.Members {
		e.Size += f.Size
		e.Members = append(e.Members, Member{
			Name: f.Name, Content: f.Content, CID: f.CID, Size: f.Size,
			MediaType: f.MediaType, Facts: f.Facts, Path: filepath.Join(dir, f.File),
		})
	}
	return e, e.ID.UnmarshalText([]byte(m.ID))
}
