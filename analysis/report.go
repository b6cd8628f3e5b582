package analysis

import (
	"math"
	"strconv"
	"strings"
)

// report is what ffprobe said of a file: its container, its streams, and how
// far each one's packets reach.
type report struct {
	format  section
	streams []section
	tracks  map[string]*track // by stream index
	// seen is told the place in the file of each packet.
	seen func(pos float64)
}

// section is one line of ffprobe's compact writer: "stream|index=0|...".
type section map[string]string

// entries are what the probe asks for; none of them holds free text of the
// file's.
const entries = "format=format_name,duration,start_time" +
	":stream=index,codec_type,codec_name,width,height,sample_aspect_ratio,pix_fmt,r_frame_rate,avg_frame_rate,sample_rate,channels,duration" +
	":stream_disposition=attached_pic:stream_side_data=rotation" +
	":packet=stream_index,pts_time,dts_time,duration_time,pos,flags"

func (r *report) line(line string) {
	kind, rest, _ := strings.Cut(strings.ToValidUTF8(line, "?"), "|")
	values := make(section, 12)
	for field := range strings.SplitSeq(rest, "|") {
		if key, value, ok := strings.Cut(field, "="); ok {
			values[key] = value
		}
	}
	switch kind {
	case "packet":
		r.packet(values)
	case "stream":
		r.streams = append(r.streams, values)
	case "format":
		r.format = values
	}
}

func (r *report) packet(p section) {
	index := p["stream_index"]
	t := r.tracks[index]
	if t == nil {
		t = &track{}
		r.tracks[index] = t
	}
	if pos, ok := p.number("pos"); ok {
		r.seen(pos)
	}
	// An edit list has packets decoded but not shown.
	if strings.Contains(p["flags"], "D") {
		return
	}
	at, ok := p.number("pts_time")
	if !ok {
		at, ok = p.number("dts_time")
	}
	length, _ := p.number("duration_time")
	t.add(at, length, ok)
}

// largest is beyond any place, time or size of a file that can be processed.
const largest = 1e15

// number reads a value; "N/A" and what cannot be true are none.
func (s section) number(key string) (float64, bool) {
	v, err := strconv.ParseFloat(s[key], 64)
	if err != nil || !(math.Abs(v) < largest) {
		return 0, false
	}
	return v, true
}

// integer reads a count; what is none is 0.
func (s section) integer(key string) float64 {
	v, _ := s.number(key)
	return math.Trunc(v)
}

// of returns the first stream of that type ("video") that is no cover picture,
// with its packets.
func (r *report) of(kind string) (section, *track) {
	for _, s := range r.streams {
		if s["codec_type"] == kind && s["disposition:attached_pic"] != "1" && s["codec_name"] != "" {
			if t := r.tracks[s["index"]]; t != nil {
				return s, t
			}
			return s, &track{}
		}
	}
	return nil, nil
}
