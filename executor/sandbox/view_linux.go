package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// system are the folders and files of the system that every tool may read.
// Without /etc/alternatives neither ffmpeg nor Blender starts.
func system() []string {
	return []string{"/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/fonts", "/nix/store"}
}

// roots are those of /usr's folders that also have a name at the top: links on
// most systems, folders of their own on a few.
func roots() []string { return []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"} }

// crowd is how many files of one folder are shown one by one; of more, the
// whole folder is shown, because each costs a mount.
const crowd = 32

// visible returns what of the user's a tool is shown read-only: cmd.Read, with
// the folder instead of its files where it holds many of them. The folder the
// tool writes in, and what contains it, is never shown read-only as a whole.
func visible(cmd Command) []string {
	perFolder := map[string]int{}
	for _, path := range cmd.Read {
		perFolder[filepath.Dir(path)]++
	}
	var paths []string
	for _, path := range cmd.Read {
		folder := filepath.Dir(path)
		if perFolder[folder] <= crowd || within(cmd.Dir, folder) {
			paths = append(paths, path)
			continue
		}
		paths = append(paths, folder)
		// A link in a folder leads to where it leads.
		if real, err := filepath.EvalSymlinks(path); err == nil && !within(real, folder) {
			paths = append(paths, real)
		}
	}
	slices.Sort(paths)
	var shown []string
	for _, path := range paths {
		// Sorted, so a folder comes before what it contains.
		if n := len(shown); path != cmd.Dir && (n == 0 || !within(path, shown[n-1])) {
			shown = append(shown, path)
		}
	}
	return shown
}

// within reports whether path is folder or lies in it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}

// toolFolder returns the folder to show for a tool that is not in the system's
// own, or nothing. Where that is somebody's home only the tool is shown.
func toolFolder(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	for _, dir := range system() {
		if within(real, dir) {
			return ""
		}
	}
	folder := filepath.Dir(real)
	home, err := os.UserHomeDir()
	if err != nil || within(home, folder) {
		return real
	}
	return folder
}
