package analysis

import (
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, args string
		want             map[string]any
	}{
		{"video with sound", "a.mp4", small + " " + tone + " " + h264 + " -c:a aac -shortest", map[string]any{
			"kind": "video", "format": "mp4", "duration": 4.0, "fps": 25.0, "rate": "25", "variable": false, "frames": 100.0,
			"width": 320.0, "height": 180.0, "has_video": true, "has_audio": true, "video_codec": "h264", "audio_codec": "aac",
			"sample_rate": 48000.0, "channels": 1.0, "rotation": 0.0,
		}},
		{"23.976 in Matroska, which counts milliseconds", "a.mkv", "-f lavfi -i testsrc2=s=64x64:r=24000/1001 -frames:v 240 -c:v ffv1", map[string]any{
			"format": "matroska", "rate": "24000/1001", "variable": false, "frames": 240.0, "duration": 10.01, "has_audio": false,
		}},
		{"59.94 with B-frames", "a.mp4", "-f lavfi -i testsrc2=s=64x64:r=60000/1001 -frames:v 120 -c:v libx264 -bf 3", map[string]any{
			"rate": "60000/1001", "variable": false, "frames": 120.0, "duration": 2.002,
		}},
		{"AVI, which has no presentation times", "a.avi", small + " -c:v mpeg4 -bf 2", map[string]any{
			"format": "avi", "rate": "25", "variable": false, "frames": 100.0, "duration": 4.0,
		}},
		{"sample aspect", "a.mkv", small + " -vf setsar=4/3 -c:v ffv1", map[string]any{"width": 427.0, "height": 180.0}},
		{"variable rate", "a.mp4", small + " -vf select='not(between(n\\,20\\,60))' -vsync vfr " + h264, map[string]any{
			"variable": true, "frames": 59.0, "duration": 4.0,
		}},
		{"audio", "a.wav", "-f lavfi -i sine=d=3:r=44100 -ac 2", map[string]any{
			"kind": "audio", "format": "wav", "duration": 3.0, "audio_duration": 3.0, "samples": 132300.0, "channels": 2.0,
			"has_video": false, "fps": nil, "width": nil,
		}},
		{"mp3", "a.mp3", tone, map[string]any{"kind": "audio", "format": "mp3", "audio_codec": "mp3"}},
		{"still image", "a.png", small + " -frames:v 1", map[string]any{
			"kind": "image", "format": "png", "width": 320.0, "height": 180.0, "frames": 1.0, "duration": nil, "fps": nil, "has_audio": false,
		}},
		{"jpeg", "a.jpg", small + " -frames:v 1", map[string]any{"kind": "image", "format": "jpeg"}},
		{"moving gif", "a.gif", small, map[string]any{"kind": "video", "format": "gif", "frames": 100.0}},
		{"still gif", "a.gif", small + " -frames:v 1", map[string]any{"kind": "image", "format": "gif", "frames": 1.0}},
		{"a pattern as a name", "%d.png", small + " -frames:v 1 -update 1 -f image2", map[string]any{"kind": "image"}},
		{"a colon in the name", "a:b.mkv", small + " -c:v ffv1", map[string]any{"kind": "video", "frames": 100.0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := measure(t, film(t, test.file, test.args), "probe")
			for field, want := range test.want {
				if got[field] != want {
					t.Errorf("%s: got %v, want %v", field, got[field], want)
				}
			}
		})
	}
}

func TestProbeRotation(t *testing.T) {
	t.Parallel()
	flat := film(t, "flat.mp4", small+" "+h264)
	dir := filepath.Dir(flat)
	turned := filepath.Join(dir, "turned.mp4")
	remux(t, dir, "-i", flat, "-c", "copy", "-metadata:s:v", "rotate=90", turned)
	got := measure(t, turned, "probe")
	if got["width"] != 180.0 || got["height"] != 320.0 || math.Mod(got["rotation"].(float64), 180) != 90 {
		t.Errorf("got %vx%v turned by %v, want 180x320 turned by a quarter", got["width"], got["height"], got["rotation"])
	}
}

func TestProbeCoverPictureIsNoPicture(t *testing.T) {
	t.Parallel()
	cover := film(t, "cover.png", small+" -frames:v 1")
	dir := filepath.Dir(cover)
	song := filepath.Join(dir, "song.mp3")
	remux(t, dir, "-f", "lavfi", "-i", "sine=d=4", "-i", cover, "-map", "0", "-map", "1", "-c:v", "png", song)
	got := measure(t, song, "probe")
	if got["kind"] != "audio" || got["has_video"] != false || len(got["streams"].([]any)) != 2 {
		t.Errorf("got kind %v, has_video %v, streams %v; want audio, false, two", got["kind"], got["has_video"], got["streams"])
	}
}

func TestFactsOf(t *testing.T) {
	t.Parallel()
	path := film(t, "a.mkv", small+" "+tone+" -c:v ffv1 -c:a pcm_s16le -shortest")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	want := &dag.Facts{
		Kind: dag.Video, Format: "matroska", Duration: 4, Size: info.Size(),
		Video: &dag.VideoFacts{Codec: "ffv1", Width: 320, Height: 180, FPS: dag.Rate{Num: 25, Den: 1}, Frames: 100, PixFmt: "yuv420p"},
		Audio: &dag.AudioFacts{Codec: "pcm_s16le", Rate: 48000, Channels: 1},
	}
	if diff := cmp.Diff(want, FactsOf(measure(t, path, "probe"))); diff != "" {
		t.Errorf("facts differ (-want +got):\n%s", diff)
	}
	if got := FactsOf(map[string]any{"beats": []any{1.0}}); got != nil {
		t.Errorf("a document without a probe gave %+v, want nil", got)
	}
}

func TestTruncated(t *testing.T) {
	t.Parallel()
	noise := "-f lavfi -i testsrc2=s=320x180:r=25:d=12 -f lavfi -i anoisesrc=d=12:r=48000:seed=1 "
	sound := "-f lavfi -i anoisesrc=d=12:r=48000:seed=1 "
	for _, test := range []struct{ name, file, args, want string }{
		{"matroska", "a.mkv", noise + "-c:v mpeg4 -c:a pcm_s16le", "truncated: "},
		{"mp4, index first", "a.mp4", noise + "-c:v mpeg4 -c:a aac -movflags faststart", "truncated: "},
		{"mp4, index last", "a.mp4", noise + "-c:v mpeg4 -c:a aac", "cut short"},
		{"avi", "a.avi", noise + "-c:v mpeg4 -c:a pcm_s16le", "truncated: "},
		{"wav", "a.wav", sound, "truncated: "},
		{"flac", "a.flac", sound, "truncated: "},
		{"mp3 with a header", "a.mp3", sound, "truncated: "},
		{"png", "a.png", small + " -frames:v 1", "decode"},
		{"jpeg", "a.jpg", small + " -frames:v 1", "decode"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			whole := film(t, test.file, test.args)
			measure(t, whole, "probe")
			data, err := os.ReadFile(whole)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{test.want}
			if test.want == "truncated: " {
				want = append(want, " s of 12.0 s")
			}
			refuse(t, source(t, write(t, test.file, data[:len(data)/3]), ""), []string{"probe"}, want...)
		})
	}
}

// A file that declares nothing is what is there.
func TestPartOfAStreamIsWhole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, args string }{
		{"a.ts", "-f lavfi -i testsrc2=s=320x180:r=25:d=12 -c:v mpeg2video"},
		{"a.mp3", "-f lavfi -i anoisesrc=d=12:seed=1 -write_xing 0"},
	} {
		data, err := os.ReadFile(film(t, test.file, test.args))
		if err != nil {
			t.Fatal(err)
		}
		got := measure(t, write(t, test.file, data[:len(data)/2]), "probe")["duration"].(float64)
		if got < 4 || got > 8 {
			t.Errorf("half of a %s of 12 s lasts %v s, want about 6", test.file, got)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	video := film(t, "video.mp4", small+" "+h264)
	sound := film(t, "sound.wav", tone)
	image := film(t, "image.png", small+" -frames:v 1")
	corrupted, err := os.ReadFile(video)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		corrupted[i] = byte(i * 7)
	}
	for _, test := range []struct {
		name    string
		in      Source
		feature string
		want    []string
	}{
		{"empty", source(t, write(t, "empty.mp4", nil), dag.Video), "probe", []string{"is empty"}},
		{"folder", Source{Path: t.TempDir()}, "probe", []string{"is a folder"}},
		{"absent", Source{Path: filepath.Join(t.TempDir(), "absent.mp4")}, "probe", []string{"no such file"}},
		{"text", source(t, write(t, "notes.mp4", []byte("hello, this is text\n")), dag.Video), "probe", []string{"cannot be read", "Invalid data"}},
		{"corrupted header", source(t, write(t, "broken.mp4", corrupted), dag.Video), "probe", []string{"cannot be read"}},
		{"beats of a silent film", source(t, video, ""), "beats", []string{"has no sound", "a video (mp4, h264 320x180, no sound, 4.0 s)"}},
		{"energy of a silent film", source(t, video, ""), "energy", []string{"has no sound"}},
		{"onsets of a silent film", source(t, video, ""), "onsets", []string{"has no sound"}},
		{"loudness of a silent film", source(t, video, ""), "loudness", []string{"has no sound"}},
		{"silence of a silent film", source(t, video, ""), "silence", []string{"has no sound"}},
		{"scenes of a song", source(t, sound, ""), "scenes", []string{"has no moving picture", "an audio (wav, no picture, pcm_s16le 48000 Hz, 4.0 s)"}},
		{"scenes of an image", source(t, image, ""), "scenes", []string{"has no moving picture", "an image (png, png 320x180)"}},
		{"a song as a video", source(t, sound, dag.Video), "probe", []string{"declared as video", "audio"}},
		{"a silent film as a song", source(t, video, dag.Audio), "probe", []string{"declared as audio", "no sound"}},
		{"a video as an image", source(t, video, dag.Image), "probe", []string{"declared as image", "video"}},
		{"an image as a scene", source(t, image, dag.Blend), "probe", []string{"not a scene saved by Blender"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			refuse(t, test.in, []string{test.feature}, test.want...)
		})
	}
}

// Damage inside packets is found by what decodes them.
func TestCorruptedInside(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, args, feature string }{
		{"a.mp4", small + " " + h264 + " -movflags faststart", "scenes"},
		{"a.mp3", "-f lavfi -i anoisesrc=d=4:seed=1", "energy"},
		{"a.flac", "-f lavfi -i anoisesrc=d=4:seed=1", "beats"},
	} {
		data, err := os.ReadFile(film(t, test.file, test.args))
		if err != nil {
			t.Fatal(err)
		}
		for i := len(data) / 2; i < len(data)-1000; i += 1000 {
			data[i] ^= 0x55
			data[i+1] ^= 0x55
		}
		refuse(t, source(t, write(t, test.file, data), ""), []string{test.feature}, "cannot be decoded", "exit code")
	}
}

func TestOtherKinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		kind       dag.Kind
		want       string
	}{
		{"scene.blend", "BLENDER-v304 and more", dag.Blend, "blend"},
		{"scene.blend", "BLENDER-v304 and more", "", "blend"},
		{"packed.blend", "\x28\xb5\x2f\xfd and more", dag.Blend, "blend"},
		{"table.json", `{"a": 1}`, dag.Data, "data"},
	} {
		path := write(t, test.name, []byte(test.text))
		doc, err := newAnalyst(t).Measure(t.Context(), source(t, path, test.kind), []string{"probe"}, nil)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		want := &dag.Facts{Kind: dag.Kind(test.want), Format: test.want, Size: int64(len(test.text))}
		if diff := cmp.Diff(want, FactsOf(doc.Values)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	clip := source(t, film(t, "a.mkv", small+" -c:v ffv1"), dag.Data)
	doc, err := newAnalyst(t).Measure(t.Context(), clip, []string{"probe"}, nil)
	if err != nil || doc.Values["kind"] != "video" {
		t.Errorf("a video declared as data: got %s, %v; want what it is", doc.JSON, err)
	}
}

// A file that names a URL must not have it fetched.
func TestPlaylistsFetchNothing(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			conn.Close()
		}
	}()
	secret := film(t, "secret.ts", small+" -c:v mpeg2video")
	url := "http://" + listener.Addr().String() + "/a.ts"
	for name, text := range map[string]string{
		"remote.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + url + "\n",
		"local.m3u8":  "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + secret + "\n#EXT-X-ENDLIST\n",
		"movie.mp4":   "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + url + "\n",
		"list.txt":    "ffconcat version 1.0\nfile '" + url + "'\n",
		"local.txt":   "ffconcat version 1.0\nfile '" + filepath.Base(secret) + "'\n",
		"dash.mpd":    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation id="1"><BaseURL>` + url + `</BaseURL></Representation></AdaptationSet></Period></MPD>`,
		"scene.sdp":   "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
	} {
		path := filepath.Join(filepath.Dir(secret), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		refuse(t, source(t, path, dag.Video), []string{"probe"}, "cannot be read")
	}
	listener.Close()
	<-done
	if n := calls.Load(); n > 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestDisplayed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		aspect, rotation string
		want             [3]float64
	}{
		{"1:1", "", [3]float64{640, 360, 0}},
		{"0:1", "", [3]float64{640, 360, 0}},
		{"4:3", "", [3]float64{853, 360, 0}},
		{"4:3", "-90", [3]float64{360, 853, 90}},
		{"N/A", "180", [3]float64{640, 360, 180}},
		{"1:1", "-270", [3]float64{360, 640, 270}},
	} {
		w, h, turned := displayed(section{"width": "640", "height": "360", "sample_aspect_ratio": test.aspect, "rotation": test.rotation})
		if got := [3]float64{w, h, turned}; got != test.want {
			t.Errorf("aspect %s, rotation %q: got %v, want %v", test.aspect, test.rotation, got, test.want)
		}
	}
}

func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	var got []string
	l := &lines{each: func(line string) { got = append(got, line) }}
	for range 100 {
		l.Write([]byte(strings.Repeat("x", 1000)))
	}
	l.Write([]byte("\nne"))
	l.Write([]byte("xt\r\nrest"))
	if len(got) != 2 || len(got[0]) != longestLine || got[1] != "next" {
		t.Errorf("got %d lines, the first of %d characters, want one of %d and then %q", len(got), len(got[0]), longestLine, "next")
	}
}
