package engine

import (
	"bytes"
	"io"
	"os"
)

// sniffed is the extension that the first bytes of a file call for: content
// that came by its hash has no name, and tools look at extensions, ffmpeg above
// all for still images. Where the bytes do not tell, it is none.
func sniffed(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "" // whoever reads the file says why
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	return extensionOf(head[:n])
}

// extensionOf knows what steps produce and what people commonly give.
func extensionOf(head []byte) string {
	for _, m := range magics() {
		if len(head) > m.at && bytes.HasPrefix(head[m.at:], []byte(m.bytes)) {
			return m.ext(head)
		}
	}
	return ""
}

// magic is what a format begins with.
type magic struct {
	at    int
	bytes string
	ext   func(head []byte) string
}

func magics() []magic {
	is := func(ext string) func([]byte) string { return func([]byte) string { return ext } }
	return []magic{
		{0, "\x1aE\xdf\xa3", matroskaExt},
		{0, "\x89PNG\r\n\x1a\n", is(".png")},
		{0, "\xff\xd8\xff", is(".jpg")},
		{0, "\x76\x2f\x31\x01", is(".exr")},
		{4, "ftypqt  ", is(".mov")},
		{4, "ftypM4A ", is(".m4a")},
		{4, "ftyp", is(".mp4")},
		{8, "WEBP", is(".webp")},
		{8, "WAVE", is(".wav")},
		{8, "AVI ", is(".avi")},
		{8, "AIF", is(".aiff")},
		{0, "fLaC", is(".flac")},
		{0, "OggS", is(".ogg")},
		{0, "ID3", is(".mp3")},
		{0, "GIF8", is(".gif")},
		{0, "II*\x00", is(".tif")},
		{0, "MM\x00*", is(".tif")},
		{0, "BLENDER", is(".blend")},
	}
}

// matroskaExt tells WebM by the document type that its header names.
func matroskaExt(head []byte) string {
	if bytes.Contains(head, []byte("webm")) {
		return ".webm"
	}
	return ".mkv"
}
