package dag

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Kind is what an input or an output is.
type Kind string

// The kinds. Images is several image files in order; every other kind is one
// file.
const (
	Video  Kind = "video" // a picture track, with or without sound
	Audio  Kind = "audio"
	Image  Kind = "image"
	Images Kind = "images"
	Blend  Kind = "blend"
	Data   Kind = "data" // anything else; fits where any kind does
)

// Rate is an exact frame rate in frames per second: 30000/1001. The zero value
// means unknown.
type Rate struct{ Num, Den int64 }

// ParseRate reads "25", "29.97" (as the exact NTSC rate when it is within
// 0.005 of one) or "30000/1001".
func ParseRate(s string) (Rate, error) {
	num, den, fraction := strings.Cut(s, "/")
	if !fraction {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return Rate{}, fmt.Errorf("frame rate %q: want a number or a fraction such as 30000/1001", clip(s))
		}
		return RateOf(f)
	}
	n, err1 := strconv.ParseInt(num, 10, 64)
	d, err2 := strconv.ParseInt(den, 10, 64)
	if err1 != nil || err2 != nil || n <= 0 || d <= 0 {
		return Rate{}, fmt.Errorf("frame rate %q: want two positive integers", clip(s))
	}
	return Rate{n, d}.reduced(), checkRate(float64(n) / float64(d))
}

func checkRate(f float64) error {
	if !(f >= 0.001 && f <= 1000) {
		return fmt.Errorf("frame rate %v: want at least 0.001 and at most 1000", f)
	}
	return nil
}

// RateOf returns the exact rate that f stands for: an integer, an NTSC rate
// (n*1000/1001) within 0.005, or f to three decimals.
func RateOf(f float64) (Rate, error) {
	if err := checkRate(f); err != nil {
		return Rate{}, err
	}
	if whole := math.Round(f); math.Abs(f-whole) < 1e-9 {
		return Rate{int64(whole), 1}, nil
	}
	up := math.Ceil(f)
	if math.Abs(up*1000/1001-f) < 0.005 {
		return Rate{int64(up) * 1000, 1001}.reduced(), nil
	}
	return Rate{int64(math.Round(f * 1000)), 1000}.reduced(), nil
}

func (r Rate) reduced() Rate {
	a, b := r.Num, r.Den
	for b != 0 {
		a, b = b, a%b
	}
	return Rate{r.Num / a, r.Den / a}
}

// Float returns frames per second, 0 when unknown.
func (r Rate) Float() float64 {
	if r.Den == 0 {
		return 0
	}
	return float64(r.Num) / float64(r.Den)
}

// Frames returns how many frames last seconds, to the nearest.
func (r Rate) Frames(seconds float64) int64 {
	if r.Den == 0 {
		return 0
	}
	return int64(math.Round(seconds * float64(r.Num) / float64(r.Den)))
}

// Seconds returns the time at which frame n starts.
func (r Rate) Seconds(n int64) float64 {
	if r.Num == 0 {
		return 0
	}
	return float64(n) * float64(r.Den) / float64(r.Num)
}

// String returns "25" or "30000/1001".
func (r Rate) String() string {
	if r.Den == 1 {
		return strconv.FormatInt(r.Num, 10)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

// MarshalText returns the form of String.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the form of String; "0/0" is unknown.
func (r *Rate) UnmarshalText(text []byte) error {
	if string(text) == "0/0" {
		*r = Rate{}
		return nil
	}
	parsed, err := ParseRate(string(text))
	*r = parsed
	return err
}

// Facts is what is known of a file without reading it again: measured when it
// was stored, or expected before it is made. Zero fields are unknown or do not
// apply.
type Facts struct {
	Kind     Kind        `json:"kind"`
	Format   string      `json:"format,omitempty"`   // container: matroska, mp4, png, wav, ...
	Duration float64     `json:"duration,omitempty"` // seconds; 0 for images and data
	Video    *VideoFacts `json:"video,omitempty"`
	Audio    *AudioFacts `json:"audio,omitempty"`
	Size     int64       `json:"size,omitempty"` // bytes, where estimated or measured
}

// VideoFacts describes the picture: of a track, or of a still image (Frames 1).
type VideoFacts struct {
	Codec  string `json:"codec,omitempty"`
	Width  int    `json:"width"`  // pixels as displayed: after rotation and sample aspect
	Height int    `json:"height"` // pixels
	FPS    Rate   `json:"fps"`
	Frames int64  `json:"frames,omitempty"`
	PixFmt string `json:"pix_fmt,omitempty"`
}

// AudioFacts describes the first sound track.
type AudioFacts struct {
	Codec    string `json:"codec,omitempty"`
	Rate     int    `json:"rate"` // samples per second
	Channels int    `json:"channels"`
	Samples  int64  `json:"samples,omitempty"` // per channel
}
