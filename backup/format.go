package backup

import (
	"errors"
	"fmt"
	"time"

	"github.com/artdag/artdag/dag"
)

// Format is the version of the archive's layout that this program writes, and the
// newest that it reads.
const Format = 1

// The kinds of archive that are refused, with errors.Is.
var (
	// ErrForeign: it is no backup.
	ErrForeign = errors.New("this is no backup of artdag")
	// ErrCut: its end is missing.
	ErrCut = errors.New("the backup is cut off")
	// ErrDamaged: it holds other bytes than were written.
	ErrDamaged = errors.New("the backup is damaged")
	// ErrNewer: a newer program wrote it.
	ErrNewer = errors.New("the backup was made by a newer artdag: update this one")
)

const (
	headerName   = "backup.json"
	manifestName = "manifest.json"
	keyName      = "keys/farm.key"
)

// Header is what an archive says of itself first.
type Header struct {
	Format int       `json:"format"`
	Schema int       `json:"schema"` // version of the tables
	Made   time.Time `json:"made"`
	By     string    `json:"by"` // version of the program
}

// Member is one file of an archive.
type Member struct {
	Name string          `json:"name"`
	Size int64           `json:"size"` // bytes
	Hash dag.ContentHash `json:"sha3_256"`
}

// Manifest is what an archive holds.
type Manifest struct {
	Header
	Tables     map[string]int64 `json:"tables"` // rows of each
	KeyID      string           `json:"key,omitempty"`
	Plans      int              `json:"plans"`
	Provenance int              `json:"provenance"`
	// What jobs name and the folder no longer had.
	PlansGone      int      `json:"plans_gone"`
	ProvenanceGone int      `json:"provenance_gone"`
	Members        []Member `json:"members"`
}

// check refuses what this program cannot read.
func (h Header) check(schema int) error {
	switch {
	case h.Format < 1:
		return ErrForeign
	case h.Format > Format:
		return fmt.Errorf("%w (it has format %d, this one reads %d)", ErrNewer, h.Format, Format)
	case h.Schema > schema:
		return fmt.Errorf("%w (its tables have version %d, this one knows %d)", ErrNewer, h.Schema, schema)
	}
	return nil
}
