package sandbox

import (
	"os"
	"strings"
)

func executable(tool string) string {
	if strings.HasSuffix(strings.ToLower(tool), ".exe") {
		return tool
	}
	return tool + ".exe"
}

func runnable(info os.FileInfo) bool { return info.Mode().IsRegular() }
