package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// find returns the absolute path of a tool.
func (s *Sandbox) find(tool string) (string, error) {
	if filepath.IsAbs(tool) {
		return tool, nil
	}
	if strings.ContainsRune(tool, filepath.Separator) {
		return "", fmt.Errorf("%q is no tool: want a plain name such as ffmpeg", tool)
	}
	for _, dir := range filepath.SplitList(s.options.Path) {
		path := filepath.Join(dir, executable(tool))
		if info, err := os.Stat(path); filepath.IsAbs(dir) && err == nil && runnable(info) {
			return path, nil
		}
	}
	return "", Missing(tool)
}

// Missing returns the error for a tool that is not installed: ErrMissing, with
// the package that has it.
func Missing(tool string) error {
	return fmt.Errorf("%s: %w: install the package %s (apt-get install %s)", tool, ErrMissing, packageOf(tool), packageOf(tool))
}

// packageOf returns the Debian package that has the tool.
func packageOf(tool string) string {
	switch tool {
	case "ffprobe":
		return "ffmpeg"
	case "aubiotrack", "aubioonset", "aubio":
		return "aubio-tools"
	case "bwrap":
		return "bubblewrap"
	}
	return tool
}
