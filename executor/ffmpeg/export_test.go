package ffmpeg

// For the tests in ffmpeg_test.
var (
	Ask       = probe
	InProcess = inProcess
)
