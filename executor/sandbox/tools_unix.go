//go:build !windows

package sandbox

import "os"

func executable(tool string) string { return tool }

func runnable(info os.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
