package ffmpeg

import (
	"context"
	"fmt"
	"os"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

// Measure returns the facts and the media type of a file. Formats that artdag
// makes itself are read in process; the rest costs one ffprobe. A file that is
// no media has Kind Data; it is not an error.
func Measure(ctx context.Context, run sandbox.Runner, path string) (*dag.Facts, string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", fmt.Errorf("measure: %w", err)
	}
	facts, mediaType, err := probe(ctx, run, path)
	if err != nil {
		return nil, "", err
	}
	facts.Size = info.Size()
	return facts, mediaType, nil
}
