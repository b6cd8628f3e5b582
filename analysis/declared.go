package analysis

import (
	"io"
	"os"
	"slices"
)

// tolerance is by how many seconds a whole file may fall short of what it
// declares: containers round, and count padding that is not heard.
const tolerance = 0.5

// compare refuses a file whose packets end before its container says.
func (s *session) compare(r *report) error {
	file, err := os.Open(s.path)
	if err != nil {
		return &InputError{File: s.name(), Err: err}
	}
	defer file.Close()
	format := r.format["format_name"]
	if declared, ok := riffSeconds(format, file); ok {
		return s.short(r.length(), declared)
	}
	if !declares(format, file) {
		return nil
	}
	return s.compareStreams(r)
}

// compareStreams compares each track with what it declares; where tracks
// declare nothing, as in Matroska, all of the file.
func (s *session) compareStreams(r *report) error {
	declaring := false
	for _, stream := range r.streams {
		declared, ok := stream.number("duration")
		if kind := stream["codec_type"]; !ok || kind != "video" && kind != "audio" || stream["disposition:attached_pic"] == "1" {
			continue
		}
		declaring = true
		there := 0.0
		if t := r.tracks[stream["index"]]; t != nil {
			there = t.length()
		}
		if err := s.short(there, declared); err != nil {
			return err
		}
	}
	if declared, ok := r.format.number("duration"); ok && !declaring {
		return s.short(r.length(), declared)
	}
	return nil
}

// short is an error when there is less than was declared, in seconds.
func (s *session) short(there, declared float64) error {
	if declared-there <= tolerance {
		return nil
	}
	return s.bad("truncated: %.1f s of %.1f s", there, declared)
}

// length is the time from the start of the file to the end of its last packet,
// of any stream.
func (r *report) length() float64 {
	start, _ := r.format.number("start_time")
	end := start
	for _, t := range r.tracks {
		if t.timed > 0 {
			end = max(end, t.end)
		}
	}
	return end - start
}

// declares reports whether the duration that ffprobe gives was written down in
// the file. For other formats it is derived from the file's size.
func declares(format string, file io.ReadSeeker) bool {
	if format == "mp3" {
		return hasXing(file)
	}
	return slices.Contains([]string{
		"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flac", "flv", "asf", "mxf", "nut", "aiff", "caf",
	}, format)
}
