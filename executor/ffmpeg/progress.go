package ffmpeg

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// Report is ffmpeg's own account of a run: the last values of -progress.
type Report struct {
	Frames  int64   // pictures written
	Seconds float64 // end of what was written
	Bytes   int64
	Ended   bool // progress=end was seen
}

// progressReader parses the key=value lines of -progress while they come.
type progressReader struct {
	duration float64
	report   func(float64)
	last     Report
	rest     []byte
}

func (p *progressReader) Write(data []byte) (int, error) {
	p.rest = append(p.rest, data...)
	for {
		line, rest, found := bytes.Cut(p.rest, []byte("\n"))
		if !found {
			return len(data), nil
		}
		p.rest = rest
		p.line(string(bytes.TrimSpace(line)))
	}
}

func (p *progressReader) line(line string) {
	key, value, _ := bytes.Cut([]byte(line), []byte("="))
	n, err := strconv.ParseInt(string(value), 10, 64)
	switch string(key) {
	case "frame":
		p.last.Frames = n
	case "total_size":
		p.last.Bytes = n
	case "out_time_us":
		// "N/A" before the first packet.
		if err == nil {
			p.last.Seconds = float64(n) / 1e6
		}
	case "progress":
		p.last.Ended = string(value) == "end"
		if p.duration > 0 && p.report != nil {
			p.report(min(1, p.last.Seconds/p.duration))
		}
	}
}

func (c Call) writeGraph(file string) error {
	if len(c.Graph) <= maxGraphArgument {
		return nil
	}
	if err := os.WriteFile(file, []byte(scaler+c.Graph), 0o600); err != nil {
		return fmt.Errorf("ffmpeg: write filter graph: %w", err)
	}
	return nil
}
