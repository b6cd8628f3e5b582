// Package stamps takes out of image files what a renderer notes about the
// rendering, above all how long it took: two renderings of one picture are the
// same bytes after it.
//
// Pixels and what their meaning depends on (size, color space, resolution)
// stay as they are; nothing is decoded.
package stamps

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// ErrFormat reports a file that is not a whole image of a known format.
var ErrFormat = errors.New("not a whole PNG, JPEG or OpenEXR image")

// Strip rewrites a PNG, JPEG or OpenEXR file in place without its stamps. The
// file is read into memory. On an error it is left as it was, except when the
// disk is full.
func Strip(path string) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("stamps: %w", err)
	}
	clean, err := Clean(image)
	if err != nil {
		return fmt.Errorf("stamps: %s: %w", path, err)
	}
	if len(clean) == len(image) {
		return nil
	}
	if err := os.WriteFile(path, clean, 0o644); err != nil {
		return fmt.Errorf("stamps: %w", err)
	}
	return nil
}

// Clean returns the image without its stamps. The format is told by the first
// bytes. The argument is not changed.
func Clean(image []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(image, []byte(pngSignature)):
		return cleanPNG(image)
	case bytes.HasPrefix(image, []byte{0xff, jpegStart}):
		return cleanJPEG(image)
	case bytes.HasPrefix(image, []byte(exrSignature)):
		return cleanEXR(image)
	}
	return nil, ErrFormat
}
