package farm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/artdag/artdag/catalog"
)

// identity returns the id of who works in a folder: the host's name and what
// tells the folder from others of that host. It is made once and kept there.
func identity(role, dir string) string {
	file := filepath.Join(dir, "process.id")
	if text, err := os.ReadFile(file); err == nil && len(text) > 0 {
		return strings.TrimSpace(string(text))
	}
	host, _ := os.Hostname()
	made := catalog.NewJobID(time.Now()) // any unique text
	id := fmt.Sprintf("%s-%s-%s", role, plain(host), strings.ToLower(made[len(made)-6:]))
	// Without the file the next start has another id, which is no harm.
	_ = os.WriteFile(file, []byte(id+"\n"), 0o644)
	return id
}

// plain keeps what may be part of a Redis key or a list divided by commas.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}
