package executor

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/executor/ffmpeg"
	"github.com/artdag/artdag/executor/matroska"
)

// cutBuilder adds one cut to a call: its inputs, and graphs that end in [v]
// and [a] followed by its label.
type cutBuilder struct {
	cut
	call  *ffmpeg.Call
	label string
	seek  float64
}

func (b cutBuilder) build() ([]string, error) {
	var graphs []string
	input := len(b.call.Inputs)
	usesPicture := b.form.hasPicture() && b.in.Facts.Video != nil
	usesSound := b.form.channels > 0 && b.in.Facts.Audio != nil
	if usesPicture || usesSound && !isIntermediate(b.in.Facts) {
		b.call.Inputs = append(b.call.Inputs, b.source())
	}
	switch {
	case usesPicture:
		graphs = append(graphs, b.picture(input))
	case b.form.hasPicture():
		graphs = append(graphs, b.blank())
	}
	switch {
	case usesSound:
		sound, err := b.sound(input)
		if err != nil {
			return nil, err
		}
		graphs = append(graphs, sound)
	case b.form.channels > 0:
		graphs = append(graphs, b.silence())
	}
	return graphs, nil
}

func (b cutBuilder) source() ffmpeg.Input {
	input := ffmpeg.Input{Path: b.in.Path}
	if b.seek > 0 {
		input.Options = []string{"-noaccurate_seek", "-ss", fmt.Sprintf("%.2f", b.seek)}
	}
	return input
}

// picture puts the first frame of the cut at time 0 of an even grid. The grid
// takes the nearest frame, so that timestamps which the container rounded to a
// millisecond do not matter.
func (b cutBuilder) picture(input int) string {
	v := b.in.Facts.Video
	shift := fmt.Sprintf("setpts=PTS-%d", int64(math.Round((b.start()-b.seek)*1e6)))
	if b.loose {
		shift = "setpts=PTS-STARTPTS"
	}
	graph := fmt.Sprintf("[%d:v:0]settb=AVTB,%s,fps=%s:start_time=0", input, shift, b.form.fps)
	if hold := b.from + b.length - b.form.units(v.FPS.Seconds(v.Frames)); v.Frames > 0 && hold > 0 {
		// Only as many as are stated to be missing: a file that breaks off
		// early must not pass for a whole one.
		graph += fmt.Sprintf(",tpad=stop_mode=clone:stop=%d", hold)
	}
	graph += fmt.Sprintf(",trim=end_frame=%d,%s", b.length, b.fitted(v.Width, v.Height))
	return graph + b.format() + "[v" + b.label + "]"
}

// fitted scales the whole picture into the form and fills the rest with the
// background. Square pixels always.
func (b cutBuilder) fitted(width, height int) string {
	w, h := fit(width, height, b.form.width, b.form.height)
	graph := fmt.Sprintf("scale=%d:%d,setsar=1", w, h)
	if w == b.form.width && h == b.form.height {
		return graph
	}
	x, y := (b.form.width-w)/2&^1, (b.form.height-h)/2&^1
	return graph + fmt.Sprintf(",pad=%d:%d:%d:%d:color=%s", b.form.width, b.form.height, x, y, filterColor(b.form.background))
}

// fit returns the largest size of the same shape inside another, even where it
// is smaller, because colors are stored for pairs of pixels.
func fit(width, height, intoWidth, intoHeight int) (w, h int) {
	if width*intoHeight == height*intoWidth {
		return intoWidth, intoHeight
	}
	if width*intoHeight > height*intoWidth {
		h = int(math.Round(float64(height) * float64(intoWidth) / float64(width)))
		return intoWidth, min(max(h&^1, 2), intoHeight)
	}
	w = int(math.Round(float64(width) * float64(intoHeight) / float64(height)))
	return min(max(w&^1, 2), intoWidth), intoHeight
}

func (b cutBuilder) format() string {
	if b.form.pixFmt == "" {
		return ""
	}
	return ",format=" + b.form.pixFmt
}

// blank is the picture of an input that is sound alone.
func (b cutBuilder) blank() string {
	return fmt.Sprintf("color=c=%s:size=%dx%d:rate=%s,trim=end_frame=%d,setsar=1%s[v%s]",
		filterColor(b.form.background), b.form.width, b.form.height, b.form.fps, b.length, b.format(), b.label)
}

func (b cutBuilder) silence() string {
	_, n := b.samples()
	return fmt.Sprintf("anullsrc=channel_layout=%s:sample_rate=%d,atrim=end_sample=%d,aformat=sample_fmts=s32[a%s]",
		ffmpeg.Layout(b.form.channels), ffmpeg.Rate, n, b.label)
}

// sound cuts to the sample and lasts as long as the picture.
func (b cutBuilder) sound(input int) (string, error) {
	first, n := b.samples()
	end := fmt.Sprintf(",apad=whole_len=%d[a%s]", n, b.label)
	if b.in.Facts.Video == nil && first+n <= soundLength(b.in.Facts) {
		end = "[a" + b.label + "]" // silence would hide that the file breaks off
	}
	if isIntermediate(b.in.Facts) {
		raw, err := b.extractSound(first, n)
		b.call.Inputs = append(b.call.Inputs, raw)
		return fmt.Sprintf("[%d:a]%s%s", len(b.call.Inputs)-1, ffmpeg.Sound(b.form.channels), end), err
	}
	// What precedes time 0 goes before resampling, which then always starts at
	// a whole number of 10 ms, and so always gives the same samples.
	from := "atrim=start=0,aresample=48000:async=1:first_pts=0:internal_sample_fmt=s32p"
	skip := first - samplesIn(b.seek)
	if b.loose {
		from, skip = "asetpts=PTS-STARTPTS,aresample=48000:internal_sample_fmt=s32p", 0
	}
	return fmt.Sprintf("[%d:a:0]%s,%s,atrim=start_sample=%d:end_sample=%d,asetpts=PTS-STARTPTS%s",
		input, from, ffmpeg.SoundFormat(b.form.channels), skip, skip+n, end), nil
}

// extractSound copies the samples of an intermediate to a file of their own,
// because timestamps, which Matroska rounds to a millisecond, cannot name one.
func (b cutBuilder) extractSound(first, n int64) (ffmpeg.Input, error) {
	in, err := os.Open(b.in.Path)
	if err != nil {
		return ffmpeg.Input{}, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return ffmpeg.Input{}, err
	}
	path := filepath.Join(b.call.Dir, "sound"+b.label+".pcm")
	out, err := os.Create(path)
	if err != nil {
		return ffmpeg.Input{}, err
	}
	_, err = matroska.CopyPCM(out, in, info.Size(), first, n)
	if err = errors.Join(err, out.Close()); err != nil {
		return ffmpeg.Input{}, fmt.Errorf("copy sound: %w", err)
	}
	return ffmpeg.RawSound(path, b.in.Facts.Audio.Channels), nil
}

// filterColor writes a normalised color as filters take it; black when empty.
func filterColor(color string) string {
	if color == "" {
		return "0x000000"
	}
	return "0x" + strings.TrimPrefix(color, "#")
}
