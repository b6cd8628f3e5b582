package executor_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func TestEncodeDeliveries(t *testing.T) {
	t.Parallel()
	in := small(t, func(c *et.Clip) {
		c.Options = []string{"-vf", "scale=97:75,setsar=1,format=yuv444p", "-c:v", "ffv1", "-c:a", "pcm_s24le"}
	})
	for name, test := range map[string]struct {
		config                          config
		container, video, audio, medium string
		width                           int
	}{
		"h264":         {config{}, "mp4", "h264", "aac", "video/mp4", 96},
		"h264 bitrate": {config{"bitrate": "200k", "container": "mkv"}, "matroska", "h264", "aac", "video/x-matroska", 96},
		"h265":         {config{"format": "h265", "quality": 50}, "mp4", "hevc", "aac", "video/mp4", 96},
		"vp9":          {config{"format": "vp9"}, "webm", "vp9", "opus", "video/webm", 96},
		"vp9 bitrate":  {config{"format": "vp9", "bitrate": 300000}, "webm", "vp9", "opus", "video/webm", 96},
		"av1":          {config{"format": "av1"}, "mp4", "av1", "aac", "video/mp4", 96},
		"av1 bitrate":  {config{"format": "av1", "bitrate": "200k", "container": "webm"}, "webm", "av1", "opus", "video/webm", 96},
		"prores":       {config{"format": "prores"}, "mp4", "prores", "pcm_s24le", "video/quicktime", 96},
		"gif":          {config{"format": "gif"}, "gif", "gif", "", "image/gif", 97},
		"mp3":          {config{"format": "mp3"}, "mp3", "", "mp3", "audio/mpeg", 0},
		"mp3 bitrate":  {config{"format": "mp3", "bitrate": "128k"}, "mp3", "", "mp3", "audio/mpeg", 0},
		"flac":         {config{"format": "flac"}, "flac", "", "flac", "audio/flac", 0},
		"wav":          {config{"format": "wav"}, "wav", "", "pcm_s24le", "audio/wav", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewEncode(), test.config, in)
			f := got.Facts
			if f.Format != test.container || got.MediaType != test.medium {
				t.Errorf("got %s, %s", f.Format, got.MediaType)
			}
			if (f.Video != nil) != (test.video != "") || f.Video != nil && (f.Video.Codec != test.video || f.Video.Width != test.width || f.Video.Frames != 25) {
				t.Errorf("picture: got %+v", f.Video)
			}
			if (f.Audio != nil) != (test.audio != "") || f.Audio != nil && f.Audio.Codec != test.audio {
				t.Errorf("sound: got %+v", f.Audio)
			}
			data, err := os.ReadFile(got.Path)
			if err != nil {
				t.Fatal(err)
			}
			if moov, mdat := bytes.Index(data, []byte("moov")), bytes.Index(data, []byte("mdat")); test.container == "mp4" && moov > mdat {
				t.Error("the index of the file is at its end: it cannot start to play while it loads")
			}
		})
	}
}

func TestEncodeNormalize(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config config
		want   string
	}{
		"container":         {config{"format": "vp9", "container": "mov"}, "vp9 is kept in webm, mkv, mp4, not in mov"},
		"both":              {config{"bitrate": "1M", "quality": 5}, "give one of them"},
		"lossless":          {config{"format": "flac", "quality": 5}, "loses nothing"},
		"no bitrate":        {config{"format": "prores", "bitrate": "1M"}, "has none to choose"},
		"bitrate nonsense":  {config{"bitrate": "fast"}, "as 2500000, 2500k or 2.5M"},
		"bitrate too small": {config{"bitrate": 5}, "bitrate"},
	} {
		if _, err := executor.NewEncode().Normalize(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	a, _ := executor.NewEncode().Normalize(config{"bitrate": "2.5M"})
	b, err := executor.NewEncode().Normalize(config{"bitrate": 2500000, "format": "h264", "container": "mp4"})
	if err != nil || a["bitrate"] != b["bitrate"] || a["container"] != b["container"] {
		t.Errorf("one bitrate in two spellings: %v and %v, %v", a, b, err)
	}
}
