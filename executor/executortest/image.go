package executortest

import (
	"path/filepath"
	"strconv"
	"testing"
)

// Image makes one picture in a folder of the test and returns its path. name
// has the extension that decides the format; n chooses which of many different
// pictures it is.
func Image(t testing.TB, name, size string, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	FFmpeg(t, "-f", "lavfi", "-i", "testsrc2=size="+size+":rate=25",
		"-vf", "trim=start_frame="+strconv.Itoa(n)+":end_frame="+strconv.Itoa(n+1), "-frames:v", "1",
		"-fflags", "+bitexact", "-update", "1", path)
	return path
}
