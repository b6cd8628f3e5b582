// Package fonts holds the font that text is drawn with. It is shipped because
// the fonts of a machine differ, and with them the bytes of every title.
package fonts

import _ "embed"

// sans is DejaVu Sans 2.37, which may be redistributed: see LICENSE-DejaVu.
//
//go:embed DejaVuSans.ttf
var sans []byte

// Sans returns a copy of the font file, TrueType.
func Sans() []byte { return append([]byte(nil), sans...) }
