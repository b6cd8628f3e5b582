package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

// Formats are the demuxers that may open a file of the user's. Playlists
// (hls, concat, dash), devices and filter graphs are not among them: they open
// what the file names.
const Formats = "matroska,mov,avi,mpegts,mpeg,flv,asf,mxf,gif,ogg,flac,wav,w64,aiff,mp3,aac,ac3,eac3,dts,caf,au,amr,ivf,nut,y4m,yuv4mpegpipe," +
	"h264,hevc,av1,obu,m4v,mpegvideo,dv,dvd,rm,wtv,apng,image2,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,exr_pipe,ppm_pipe,pgm_pipe,tga_pipe,jpegxl_pipe,j2k_pipe,psd_pipe,qoi_pipe,sgi_pipe,dpx_pipe,pam_pipe"

// probe asks ffprobe, which reads the whole file to count packets. It gets an
// empty folder to write in, not that of the file: inputs are read-only.
func probe(ctx context.Context, run sandbox.Runner, path string) (*dag.Facts, error) {
	// The sandbox shows files, and a link leads out of what it shows.
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	dir, err := os.MkdirTemp("", "artdag-measure-")
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	defer os.RemoveAll(dir)
	var out bytes.Buffer
	err = run.Run(ctx, sandbox.Command{
		Tool: "ffprobe", Dir: dir, Read: []string{path}, Stdout: &out,
		Args: []string{"-v", "error", "-threads", "1", "-protocol_whitelist", "file", "-format_whitelist", Formats,
			"-count_packets", "-show_format", "-show_streams", "-of", "json", "file:" + path},
	})
	var exit *sandbox.ExitError
	switch {
	case errors.As(err, &exit) && exit.Why == "":
		return &dag.Facts{Kind: dag.Data}, nil
	case err != nil:
		return nil, fmt.Errorf("measure %s: %w", filepath.Base(path), err)
	}
	var report probeReport
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		return nil, fmt.Errorf("measure %s: ffprobe's report: %w", filepath.Base(path), err)
	}
	return report.facts(), nil
}

type probeReport struct {
	Streams []probeStream `json:"streams"`
	Format  struct {
		Name     string `json:"format_name"`
		Duration string `json:"duration"`
	} `json:"format"`
}

type probeStream struct {
	Type        string `json:"codec_type"`
	Codec       string `json:"codec_name"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	PixFmt      string `json:"pix_fmt"`
	Aspect      string `json:"sample_aspect_ratio"`
	Rate        string `json:"r_frame_rate"`
	Average     string `json:"avg_frame_rate"`
	Packets     string `json:"nb_read_packets"`
	Duration    string `json:"duration"`
	TimeBase    string `json:"time_base"`
	SampleRate  string `json:"sample_rate"`
	Channels    int    `json:"channels"`
	Disposition struct {
		AttachedPic int `json:"attached_pic"`
	} `json:"disposition"`
	SideData []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

func (r probeReport) facts() *dag.Facts {
	facts := &dag.Facts{Kind: dag.Data, Format: formatName(r.Format.Name)}
	facts.Duration, _ = strconv.ParseFloat(r.Format.Duration, 64)
	for _, s := range r.Streams {
		switch {
		case s.Type == "video" && s.Disposition.AttachedPic == 0 && facts.Video == nil:
			facts.Video = s.video()
		case s.Type == "audio" && facts.Audio == nil:
			facts.Audio = s.audio()
		}
	}
	setKind(facts)
	return facts
}

// setKind derives the kind from the streams; a still image has no duration.
func setKind(facts *dag.Facts) {
	switch {
	case facts.Video != nil && isImage(facts.Format):
		facts.Kind, facts.Duration = dag.Image, 0
		facts.Video.FPS, facts.Video.Frames = dag.Rate{}, 1
	case facts.Video != nil:
		facts.Kind = dag.Video
	case facts.Audio != nil:
		facts.Kind = dag.Audio
	default:
		facts.Kind, facts.Duration = dag.Data, 0
	}
}

func isImage(format string) bool {
	switch format {
	case "png", "jpeg", "webp", "bmp", "tiff", "exr", "ppm", "pgm", "tga", "jpegxl", "j2k", "psd", "qoi", "sgi", "dpx", "pam", "image2":
		return true
	}
	return false
}

func (s probeStream) video() *dag.VideoFacts {
	v := &dag.VideoFacts{Codec: s.Codec, Width: s.Width, Height: s.Height, PixFmt: s.PixFmt, FPS: s.fps()}
	v.Frames, _ = strconv.ParseInt(s.Packets, 10, 64)
	if num, den, ok := strings.Cut(s.Aspect, ":"); ok {
		n, err1 := strconv.ParseFloat(num, 64)
		d, err2 := strconv.ParseFloat(den, 64)
		if err1 == nil && err2 == nil && n > 0 && d > 0 && n != d {
			v.Width = int(math.Round(float64(s.Width) * n / d))
		}
	}
	for _, side := range s.SideData {
		if quarter := int(math.Abs(math.Round(side.Rotation / 90))); quarter%2 == 1 {
			v.Width, v.Height = v.Height, v.Width
		}
	}
	return v
}

// fps prefers the nominal rate; a rate that varies is told by its average
// being elsewhere, and then the average is what a constant rate should be.
func (s probeStream) fps() dag.Rate {
	nominal, err1 := dag.ParseRate(s.Rate)
	average, err2 := dag.ParseRate(s.Average)
	switch {
	case err1 != nil && err2 != nil:
		return dag.Rate{}
	case err2 != nil:
		return nominal
	}
	if err1 == nil && math.Abs(nominal.Float()-average.Float()) < 0.01*nominal.Float() {
		return snapped(nominal)
	}
	return snapped(average)
}

// snapped returns the usual rate that r is a rounding of.
func snapped(r dag.Rate) dag.Rate {
	usual, err := dag.RateOf(r.Float())
	if err != nil {
		return dag.Rate{}
	}
	return usual
}

func (s probeStream) audio() *dag.AudioFacts {
	a := &dag.AudioFacts{Codec: s.Codec, Channels: s.Channels}
	a.Rate, _ = strconv.Atoi(s.SampleRate)
	if seconds, err := strconv.ParseFloat(s.Duration, 64); err == nil {
		a.Samples = int64(math.Round(seconds * float64(a.Rate)))
	}
	return a
}

// formatName gives the short name that facts use for a demuxer's name list.
func formatName(names string) string {
	first, _, _ := strings.Cut(names, ",")
	if names == "mov,mp4,m4a,3gp,3g2,mj2" {
		return "mp4"
	}
	return strings.TrimSuffix(first, "_pipe")
}

// mediaType returns the IANA media type that facts stand for.
func mediaType(f *dag.Facts) string {
	switch f.Format {
	case "matroska":
		if f.Kind == dag.Audio {
			return "audio/x-matroska"
		}
		return "video/x-matroska"
	case "mp4", "webm", "ogg":
		if f.Kind == dag.Audio {
			return "audio/" + f.Format
		}
		return "video/" + f.Format
	case "mov":
		return "video/quicktime"
	case "mp3":
		return "audio/mpeg"
	case "wav":
		return "audio/wav"
	case "flac":
		return "audio/flac"
	case "gif", "png", "jpeg", "webp", "bmp", "tiff":
		return "image/" + f.Format
	case "exr":
		return "image/x-exr"
	}
	return "application/octet-stream"
}
