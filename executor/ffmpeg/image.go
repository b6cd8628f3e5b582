package ffmpeg

// PNG returns the output options of images between steps. The muxer takes each
// % in a path for a pattern; see Pattern.
func PNG() []string {
	return []string{"-c:v", "png", "-f", "image2", "-update", "1"}
}

// JPEG returns the output options of images for people. The integer transforms
// give the same bytes on every CPU.
func JPEG() []string {
	return []string{"-c:v", "mjpeg", "-dct", "int", "-idct", "simple", "-q:v", "2", "-f", "image2", "-update", "1"}
}
