package stamps

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func picture() image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range p.Pix {
		p.Pix[i] = byte(i * i)
	}
	p.Set(1, 1, color.NRGBA{255, 0, 0, 128})
	return p
}

func encoded(t testing.TB, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, picture())
	case "jpeg":
		err = jpeg.Encode(&b, picture(), nil)
	case "exr":
		return exr(t)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exr returns an image written by ffmpeg.
func exr(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.exr")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=40x30,format=gbrpf32le", "-frames:v", "1", "-compression", "zip16", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// stamped adds what Blender adds.
func stamped(format string, image []byte, stamp string) []byte {
	switch format {
	case "png":
		chunk := append([]byte("tEXtcycles.ViewLayer.render_time\x00"), stamp...)
		whole := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
		whole = append(whole, chunk...)
		whole = binary.BigEndian.AppendUint32(whole, crc32.ChecksumIEEE(chunk))
		const afterHeader = len(pngSignature) + 25
		return bytes.Join([][]byte{image[:afterHeader], whole, image[afterHeader:]}, nil)
	case "jpeg":
		comment := binary.BigEndian.AppendUint16([]byte{0xff, jpegComment}, uint16(len(stamp)+2))
		return bytes.Join([][]byte{image[:2], comment, []byte(stamp), image[2:]}, nil)
	}
	attribute := binary.LittleEndian.AppendUint32([]byte("cycles.ViewLayer.render_time\x00string\x00"), uint32(len(stamp)))
	attribute = append(attribute, stamp...)
	out := bytes.Join([][]byte{image[:exrPreamble], attribute, image[exrPreamble:]}, nil)
	_, length, _ := cleanHeader(out[exrPreamble:])
	end := uint64(len(out))
	for at := exrPreamble + length; uint64(at) < end; at += 8 {
		offset := binary.LittleEndian.Uint64(out[at:]) + uint64(len(attribute))
		binary.LittleEndian.PutUint64(out[at:], offset)
		end = min(end, offset)
	}
	return out
}

func TestCleanTakesStampsOut(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "jpeg", "exr"} {
		plain := encoded(t, format)
		for _, stamp := range []string{"00:00.12", "00:01:00.1"} {
			with := stamped(format, plain, stamp)
			got, err := Clean(with)
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s with %q: %d bytes, want %d, error %v", format, stamp, len(got), len(plain), err)
			}
			if !bytes.Contains(with, []byte(stamp)) {
				t.Errorf("%s: the test did not stamp", format)
			}
		}
		if got, err := Clean(plain); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s without stamps changed: %v", format, err)
		}
	}
}

// A file cut short anywhere is refused, and never a panic.
func TestCleanRefusesBrokenFiles(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "jpeg", "exr"} {
		whole := encoded(t, format)
		header := len(whole)
		if format == "exr" {
			// Where a chunk ends only its decoder knows.
			_, length, _ := cleanHeader(whole[exrPreamble:])
			header = exrPreamble + length + 8
		}
		for n := range header {
			if _, err := Clean(whole[:n]); !errors.Is(err, ErrFormat) {
				t.Errorf("%s cut to %d of %d bytes: got %v", format, n, len(whole), err)
			}
		}
	}
}

func TestStripRewritesTheFile(t *testing.T) {
	t.Parallel()
	plain := encoded(t, "png")
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, stamped("png", plain, "00:00.12"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Strip(path); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("got %d bytes, want %d: %v", len(got), len(plain), err)
	}
	if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Strip(path); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want ErrFormat with the path", err)
	}
}

func FuzzClean(f *testing.F) {
	for _, format := range []string{"png", "jpeg", "exr"} {
		f.Add(stamped(format, encoded(f, format), "00:00.12"))
	}
	f.Fuzz(func(t *testing.T, image []byte) {
		once, err := Clean(image)
		if err != nil {
			return
		}
		twice, err := Clean(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("cleaning twice differs: %d and %d bytes, %v", len(once), len(twice), err)
		}
	})
}
