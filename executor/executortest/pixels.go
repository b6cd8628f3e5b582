package executortest

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// Picture is one decoded picture: red, green, blue and alpha, 8 bits each.
type Picture struct {
	Width, Height int
	RGBA          []byte
}

// Frame decodes frame n of a picture track, or an image as frame 0.
func Frame(t testing.TB, path string, n int) Picture {
	t.Helper()
	if filepath.Ext(path) == ".png" {
		return PNG(t, path)
	}
	var p Picture
	raw := FFmpeg(t, "-i", path, "-map", "0:v:0",
		"-vf", fmt.Sprintf("sws_flags=bicubic+accurate_rnd+full_chroma_int;select='eq(n,%d)',scale,format=rgba", n), "-frames:v", "1", "-f", "image2pipe", "-c:v", "pam", "-")
	header := "P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
	if _, err := fmt.Sscanf(string(raw), header, &p.Width, &p.Height); err != nil {
		t.Fatalf("frame %d of %s: %v in %q", n, path, err, raw[:min(len(raw), 80)])
	}
	p.RGBA = raw[len(raw)-4*p.Width*p.Height:]
	return p
}

// PNG decodes a picture without ffmpeg, whose start alone takes longer.
func PNG(t testing.TB, path string) Picture {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoded, err := png.Decode(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	size := decoded.Bounds()
	straight := image.NewNRGBA(size) // not multiplied with its alpha
	for y := range size.Dy() {
		for x := range size.Dx() {
			straight.Set(x, y, decoded.At(x, y))
		}
	}
	return Picture{Width: size.Dx(), Height: size.Dy(), RGBA: straight.Pix}
}

// RGBHash is the MD5 that FrameHashes gives of the picture as rgb24.
func (p Picture) RGBHash() string {
	hash := md5.New()
	for i := 0; i < len(p.RGBA); i += 4 {
		hash.Write(p.RGBA[i : i+3])
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// At returns one pixel.
func (p Picture) At(x, y int) [4]byte { return [4]byte(p.RGBA[4*(y*p.Width+x):]) }

// Near reports whether each channel of two pixels differs by at most
// tolerance: conversions between color spaces round.
func Near(a, b [4]byte, tolerance int) bool {
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > tolerance || d < -tolerance {
			return false
		}
	}
	return true
}
